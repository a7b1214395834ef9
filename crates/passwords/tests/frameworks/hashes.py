"""Hashes passwords as Django, Werkzeug and passlib do, and says which of them match each hash.

`hashes.py matrix` reads a JSON list of passwords and writes rows of family, scheme, password, hash
and the framework's own verdict for each password of the list. What a framework refuses to hash is
left out; what it refuses to compare does not match. `hashes.py defaults` writes family, scheme and
the hash of "password" at the cost that each hasher has unless it is told otherwise. `hashes.py
unusable` writes what Django stores for an account without a password.
"""

import hashlib
import json
import sys
import warnings

warnings.simplefilter("ignore")

import django.conf
from django.contrib.auth import hashers
from passlib import hash as passlib
from werkzeug.security import check_password_hash, generate_password_hash

django.conf.settings.configure(
    PASSWORD_HASHERS=[
        "django.contrib.auth.hashers." + name
        for name in (
            "PBKDF2PasswordHasher",
            "PBKDF2SHA1PasswordHasher",
            "Argon2PasswordHasher",
            "BCryptSHA256PasswordHasher",
            "BCryptPasswordHasher",
            "ScryptPasswordHasher",
            "MD5PasswordHasher",
        )
    ]
)


def cheap(hasher, **costs):
    """The hasher with lower costs: each hash is compared with each password."""
    return type("Cheap" + hasher.__name__, (hasher,), costs)()


def django_schemes():
    argon2 = {"time_cost": 2, "memory_cost": 64, "parallelism": 2}
    for hasher, costs in (
        (hashers.PBKDF2PasswordHasher, {"iterations": 200}),
        (hashers.PBKDF2SHA1PasswordHasher, {"iterations": 200}),
        (hashers.Argon2PasswordHasher, argon2),
        (hashers.BCryptSHA256PasswordHasher, {"rounds": 4}),
        (hashers.BCryptPasswordHasher, {"rounds": 4}),
        (hashers.ScryptPasswordHasher, {"work_factor": 16}),
        (hashers.MD5PasswordHasher, {}),
    ):
        hasher = cheap(hasher, **costs)
        hash_one = lambda password, hasher=hasher: hasher.encode(password, hasher.salt())
        yield "django", hasher.algorithm, hash_one, hasher.verify


def werkzeug_schemes():
    for method in ("scrypt:1024:8:1", "pbkdf2:sha1:200", "pbkdf2:sha256:200", "pbkdf2:sha512:200"):
        yield (
            "werkzeug",
            method,
            lambda password, method=method: generate_password_hash(password, method),
            lambda password, stored: check_password_hash(stored, password),
        )


def passlib_schemes():
    for family, handler in (
        ("passlib", passlib.pbkdf2_sha1.using(rounds=20)),
        ("passlib", passlib.pbkdf2_sha256.using(rounds=20)),
        ("passlib", passlib.pbkdf2_sha512.using(rounds=20)),
        ("passlib", passlib.bcrypt.using(rounds=4, truncate_error=False)),
        ("passlib", passlib.bcrypt.using(rounds=4, ident="2a")),
        ("passlib", passlib.bcrypt.using(rounds=4, ident="2y")),
        ("passlib", passlib.bcrypt_sha256.using(rounds=4)),
        ("passlib", passlib.bcrypt_sha256.using(rounds=4, version=1, ident="2a")),
        ("passlib", passlib.scrypt.using(rounds=4, parallelism=2)),
        ("ldap", passlib.ldap_sha1),
        ("ldap", passlib.ldap_salted_sha1),
        ("ldap", passlib.ldap_salted_sha256),
        ("ldap", passlib.ldap_salted_sha512),
        ("wordpress", passlib.phpass.using(rounds=7)),
    ):
        yield family, handler.name + str(getattr(handler, "version", "")), handler.hash, handler.verify


def spring_pbkdf2():
    """Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8, written anew over hashlib."""

    def encoded(password, salt):
        key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 310_000, 32)
        return "{pbkdf2@SpringSecurity_v5_8}" + (salt + key).hex()

    return encoded("password", bytes(range(16)))


def defaults():
    password = "password"
    for hasher in hashers.get_hashers():
        yield "django", hasher.algorithm, hasher.encode(password, hasher.salt())
    for method in ("scrypt", "pbkdf2"):
        yield "werkzeug", method, generate_password_hash(password, method)
    for name in ("pbkdf2_sha256", "pbkdf2_sha512", "bcrypt", "bcrypt_sha256", "scrypt"):
        yield "passlib", name, getattr(passlib, name).hash(password)
    yield "wordpress", "phpass", passlib.phpass.hash(password)
    yield "spring", "pbkdf2@SpringSecurity_v5_8", spring_pbkdf2()


def matches(verify, password, stored):
    try:
        return bool(verify(password, stored))
    except (ValueError, TypeError):
        return False


def matrix(passwords):
    rows = []
    for schemes in (django_schemes(), werkzeug_schemes(), passlib_schemes()):
        for family, scheme, hash_one, verify in schemes:
            for password in passwords:
                try:
                    stored = hash_one(password)
                except (ValueError, TypeError):
                    continue
                verdicts = [matches(verify, other, stored) for other in passwords]
                rows.append([family, scheme, password, stored, verdicts])
    return rows


asked, passwords = sys.argv[1], json.load(sys.stdin)
if asked == "matrix":
    answer = matrix(passwords)
elif asked == "defaults":
    answer = list(defaults())
else:
    answer = hashers.make_password(None)
json.dump(answer, sys.stdout)
