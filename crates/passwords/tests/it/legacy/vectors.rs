//! Hashes that others have published, each with its source.

use palisade_passwords::Legacy;

use super::{every_family, understanding, upgrade, verify};

/// Each matches its password alone, in its own family alone, and is replaced.
fn are_verified(legacy: Legacy, vectors: &[(&str, &str)]) {
    let (own, none) = (understanding(legacy), understanding(Legacy::new()));
    for (password, stored) in vectors {
        assert!(upgrade(verify(&own, stored, password)).is_some(), "{stored}");
        assert!(!verify(&own, stored, &format!("{password}x")).is_verified(), "{stored}");
        assert!(!none.understands(stored), "{stored}");
        assert!(!verify(&none, stored, password).is_verified(), "{stored}");
    }
}

#[test]
fn spring_security() {
    // spring-projects/spring-security, crypto/src/test/java/org/springframework/security/crypto/
    // factory/PasswordEncoderFactoriesTests.java and password/MessageDigestPasswordEncoderTests.java.
    are_verified(
        Legacy::new().spring(),
        &[
            ("password", "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG"),
            ("password", "{ldap}{SSHA}igvD9lOiTXm16dmOw0YWRb9OjK2ThZvdQku2EQ=="),
            (
                "password",
                "{MD5}{aRYR+Yp2xSqtgF+vtjH6jNda6M083iEbP+zCFjLt9IA=}905e382a25eed53e22224223b3581092",
            ),
            (
                "password",
                "{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc",
            ),
            (
                "password",
                "{scrypt}$e0801$8bWJaSu2IKSn9Z9kM+TPXfOc/9bdYSrN1oD9qfVThWEwdRTnO7re7Ei+fUZRJ68k9lTyuTeUp4of4g24hHnazw==$OAOec05+bXxvuu/1qZ6NUR+xQYvYv7BeL1QxwRpY5Pc=",
            ),
            (
                "password",
                "{SHA-1}{6581QepZz2qd8jVrT2QYPVtK8DuM2n45dVslmc3UTWc=}4f31573948ddbfb8ac9dd80107dfad13fd8f2454",
            ),
            (
                "password",
                "{SHA-256}{UisHp3pFSMqcqrhQsrhR+hspIG0SyMDyDW/XtY+t6nA=}a98efbaf59277bfd1837c33fd4fde67de5bcfd2205bcba0992f6fc32b03a8f88",
            ),
            (
                "password",
                "{sha256}97cde38028ad898ebc02e690819fa220e88c62e0699403e94fff291cfffaf8410849f27605abcbc0",
            ),
            (
                "password",
                "{argon2}$argon2d$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$Li5eBf5XrCz0cuzQRe9oflYqmA/VAzmzichw4ZYrvEU",
            ),
            ("abc123", "{MD5}{THIS_IS_A_SALT}a68aafd90299d0b137de28fb4bb68573"),
            ("\u{4f60}\u{597d}", "{MD5}7eca689f0d3389d9dea66ae112e5cfd7"),
            ("password", "{MD5}5f4dcc3b5aa765d61d8327deb882cf99"),
            ("password", "{MD5}{}f1026a66095fc2058c1f8771ed05d6da"),
            ("abc123", "{SHA-1}{THIS_IS_A_SALT}b2f50ffcbd3407fe9415c062d55f54731f340d32"),
        ],
    );
}

#[test]
fn the_plain_text_of_spring_security_is_never_a_hash() {
    // The same file: `{noop}password` matches "password" there.
    let scheme = understanding(every_family());
    for stored in ["{noop}password", "password", "{password", "{}password"] {
        assert!(!scheme.understands(stored), "{stored}");
        assert!(!verify(&scheme, stored, "password").is_verified(), "{stored}");
    }
}

#[test]
fn asp_net_core_identity() {
    // dotnet/aspnetcore, src/Identity/test/Identity.Test/PasswordHasherTest.cs.
    are_verified(
        Legacy::new().aspnet(),
        &[
            ("my password", "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg=="),
            ("my password", "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M"),
            (
                "my password",
                "AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=",
            ),
            ("my password", "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw"),
            (
                "my password",
                "AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==",
            ),
            (
                "my password",
                "AQAAAAIAACcQAAAAEAABAgMEBQYHCAkKCwwNDg9B0Oxwty+PGIDSp95gcCfzeDvA4sGapUIUov8usXfD6A==",
            ),
            (
                "my password",
                "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/Q8A0WMKbtHQJQ2DHCdoEeeFBrgNlldq6vH4qX/CGqGQ==",
            ),
        ],
    );
    // The failures of the same file: another hash, too short, something at the end.
    let scheme = understanding(Legacy::new().aspnet());
    for stored in [
        "AAABAgMEBQYHCAkKCwwNDg+uAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAALtH1uJg==",
        "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggE=",
        "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJgAAAAAAAAAAAAA=",
        "AQAAAAAAAAD6AAAAEAhftMyfTJyAAAAAAAAAAAAAAAAAAAih5WsjXaR3PA9M",
        "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4A=",
        "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHwAAAAAAAAAAAA",
    ] {
        assert!(!verify(&scheme, stored, "my password").is_verified(), "{stored}");
    }
}

#[test]
fn wordpress() {
    // hashcat, src/modules/module_35500.c and module_00400.c: the self-tests of both formats.
    let vectors = [
        ("hashcat", "$wp$2y$10$lzlQrRRhLSjz486bA9CKHuZRPoKz4uviT251Sq/r5OzKUBbrXwnQW"),
        ("hashcat", "$P$984478476IagS59wHZvyQMArzfx58u."),
    ];
    are_verified(Legacy::new().wordpress(), &vectors);
    // Signing in at WordPress trims the password (PHP's trim), as setting it did.
    let scheme = understanding(Legacy::new().wordpress());
    for (_, stored) in vectors {
        for (password, right) in
            [(" hashcat\t\r\n", true), ("\0hashcat\u{b}", true), ("hash cat", false), (" ", false)]
        {
            assert_eq!(verify(&scheme, stored, password).is_verified(), right, "{password:?}");
        }
    }
}

#[test]
fn laravel_and_php() {
    are_verified(
        Legacy::new().bcrypt(),
        &[
            // laravel/laravel 10.x, database/factories/UserFactory.php.
            ("password", "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi"),
            // The PHP manual, password_verify().
            ("rasmuslerdorf", "$2y$12$4Umg0rCJwMswRw/l.SwHvuQV01coP0eWmGzd61QH2RvAOMANUBGC."),
            // Openwall's crypt_blowfish 1.3, wrapper.c: bytes that are UTF-8, in the version that
            // takes them as negative.
            ("\u{451}", "$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS"),
        ],
    );
}

#[test]
fn ldap() {
    are_verified(
        Legacy::new().ldap(),
        &[
            // spring-projects/spring-security, LdapShaPasswordEncoderTests.java, by slappasswd.
            ("boabspasswurd", "{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE="),
            ("boabspasswurd", "{sha}ddSFGmjXYPbZC+NXR2kCzBRjqiE="),
            ("boabspasswurd", "{SSHA}25ro4PKC8jhQZ26jVsozhX/xaP0suHgX"),
            ("boabspasswurd", "{ssha}PQy2j+6n5ytA+YlAKkM8Fh4p6u2JxfVd"),
            // hashcat, the self-tests of src/modules/module_00111.c, module_01411.c, module_01711.c.
            ("hashcat", "{SSHA}AZKja92fbuuB9SpRlHqaoXxbTc43Mzc2MDM1Ng=="),
            ("hashcat", "{SSHA256}OZiz0cnQ5hgyel3Emh7NCbhBRCQ+HVBwYplQunHYnER7TLuV"),
            (
                "hashcat",
                "{SSHA512}ALtwKGBdRgD+U0fPAy31C28RyKYx7+a8kmfksccsOeLknLHv2DBXYI7TDnTolQMBuPkWDISgZr2cHfnNPFjGZTEyNDU4OTkw",
            ),
        ],
    );
}

#[test]
fn phc_strings() {
    // RustCrypto/password-hashes, password-auth/src/lib.rs.
    are_verified(
        Legacy::new().scrypt(),
        &[(
            "password",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        )],
    );
    are_verified(
        Legacy::new().pbkdf2(),
        &[(
            "passwordPASSWORDpassword",
            "$pbkdf2-sha256$i=4096,l=40$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+HGNVGMfaxH6Q",
        )],
    );
}
