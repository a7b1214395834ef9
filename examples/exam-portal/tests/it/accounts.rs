//! Accounts as their users have them: signing in and out, passwords, the commands of the operator.

use std::process::Command;

use serde_json::json;

use crate::portal::{Client, Portal, account, command, finished};

const LOGIN: &str = "/api/v1/auth/login";
const PASSWORD: &str = "/api/v1/auth/password";
const NEW: &str = "red bicycles under snow";

/// Runs `exam-portal user ...` on the data of a portal.
fn user(portal: &Portal, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command: Command = command();
    command.arg("user").args(args).arg("--data").arg(portal.data());
    finished(&mut command)
}

/// Adds an account; returns its temporary password.
fn added(portal: &Portal, args: &[&str]) -> String {
    let (code, out, errors) = user(portal, args);
    assert_eq!(code, Some(0), "{errors}");
    account(out.trim_end()).unwrap().1
}

fn change(client: &Client<'_>, current: &str, new: &str) -> crate::portal::Answer {
    client.json("POST", PASSWORD, &json!({"current_password": current, "new_password": new}))
}

#[test]
fn the_first_start_prints_three_accounts_once_and_they_work() {
    let portal = Portal::start();
    let passwords = portal.passwords();
    assert_eq!(passwords.keys().collect::<Vec<_>>(), ["admin", "student", "teacher"]);
    for name in ["admin", "teacher", "student"] {
        let body = json!({"username": name, "password": portal.password(name)});
        let welcome = portal.anonymous().json("POST", LOGIN, &body);
        assert_eq!(welcome.status, 200, "{welcome:?}");
        let told = welcome.json();
        assert_eq!(told["must_change_password"], false);
        assert_eq!(
            (&told["user"]["username"], &told["user"]["role"]),
            (&json!(name), &json!(name))
        );
        assert!(told["user"]["id"].is_i64());
        let me = portal.sign_in(name).get("/api/v1/me");
        assert_eq!((me.status, me.json()), (200, told["user"].clone()));
    }
    // A second start would print lines before its address, and overwrite what the test keeps.
    let (_, log, folder) = portal.stop();
    for password in passwords.values() {
        assert!(!log.contains(password.as_str().unwrap()));
    }
    let again = Portal::start_in(folder, &[]);
    assert_eq!(again.passwords(), passwords);
}

#[test]
fn names_are_taken_as_telephones_write_them() {
    let portal = Portal::start();
    let password = portal.password("teacher");
    for name in ["Teacher", " teacher ", "TEACHER"] {
        assert!(portal.sign_in_with(name, &password).is_ok(), "{name}");
    }
}

#[test]
fn who_is_not_signed_in_is_sent_to_the_form_and_refused_by_the_api() {
    let portal = Portal::start();
    let nobody = portal.anonymous();
    for path in ["/", "/students", "/students/S-0001", "/account/password"] {
        let page = nobody.get(path);
        assert_eq!((page.status, page.header("location")), (303, Some("/login")), "{path}");
    }
    for (method, path) in [
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/students"),
        ("GET", "/api/v1/students/S-0001"),
        ("POST", "/api/v1/students"),
        ("PATCH", "/api/v1/students/S-0001"),
        ("DELETE", "/api/v1/students/S-0001"),
        ("POST", PASSWORD),
    ] {
        nobody.json(method, path, &json!({})).is_problem(401, "authentication_required");
    }
    assert_eq!(portal.get("/api/v1/students/S-0001").status, 200, "still there");
}

#[test]
fn signing_out_ends_the_session_and_clears_the_browser() {
    let portal = Portal::start();
    let teacher = portal.sign_in("teacher");
    let bye = teacher.send("POST", "/api/v1/auth/logout", &[], b"");
    assert_eq!((bye.status, bye.body.len()), (204, 0));
    assert!(bye.header("set-cookie").unwrap().starts_with("sid=; Path=/; Max-Age=0"), "{bye:?}");
    assert_eq!(bye.header("clear-site-data"), Some("\"cookies\", \"storage\""));
    teacher.get("/api/v1/me").is_problem(401, "authentication_required");
    let again = teacher.send("POST", "/api/v1/auth/logout", &[], b"");
    assert_eq!(again.status, 204, "signing out twice is signing out");

    let teacher = portal.sign_in("teacher");
    let bye = teacher.form("/logout", &[]);
    assert_eq!((bye.status, bye.header("location")), (303, Some("/login")));
    teacher.get("/api/v1/me").is_problem(401, "authentication_required");
}

#[test]
fn a_new_password_ends_every_other_session_and_the_old_password() {
    let portal = Portal::start();
    let old = portal.password("teacher");
    let mut here = portal.sign_in("teacher");
    let elsewhere = portal.sign_in("teacher");
    let before = here.cookie.clone();
    let changed = change(&here, &old, NEW);
    assert_eq!((changed.status, changed.body.len()), (204, 0), "{changed:?}");
    elsewhere.get("/api/v1/me").is_problem(401, "authentication_required");
    here.get("/api/v1/me").is_problem(401, "authentication_required");
    here.cookie = changed.cookie();
    assert_ne!(here.cookie, before, "the id is a new one");
    assert_eq!(here.get("/api/v1/me").status, 200);
    assert!(portal.sign_in_with("teacher", &old).is_err());
    assert!(portal.sign_in_with("teacher", NEW).is_ok());
}

#[test]
fn a_password_that_breaks_rules_is_refused_with_every_rule() {
    let portal = Portal::start();
    let old = portal.password("teacher");
    let teacher = portal.sign_in("teacher");
    let errors = |answer: &crate::portal::Answer| -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
    };
    let both = |codes: &[(&str, &str)]| -> Vec<(String, String)> {
        codes.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect()
    };
    let refused = change(&teacher, &old, "teacher1");
    refused.is_problem(422, "password_refused");
    let expected = ["password_too_short", "password_common", "password_context_word"];
    assert_eq!(errors(&refused), both(&expected.map(|code| ("#/new_password", code))));
    let refused = change(&teacher, "wrong", "short");
    refused.is_problem(422, "password_refused");
    assert_eq!(errors(&refused)[0], both(&[("#/current_password", "password_wrong")])[0]);
    assert_eq!(errors(&refused)[1], both(&[("#/new_password", "password_too_short")])[0]);
    change(&teacher, "wrong", NEW).is_problem(422, "password_refused");
    let none = teacher.json("POST", PASSWORD, &json!({"current_password": old}));
    assert_eq!(
        (none.status, none.json()["errors"][0]["pointer"].clone()),
        (422, json!("#/new_password"))
    );
    assert!(portal.sign_in_with("teacher", &old).is_ok(), "the old one stays");
    assert_eq!(teacher.get("/api/v1/me").status, 200, "and so does the session");
}

#[test]
fn a_temporary_password_is_good_for_one_sign_in_that_sets_another() {
    let portal = Portal::start();
    let email = ["--email", "ada@school.example"];
    let temporary = added(&portal, &[&["add", "Ada", "--role", "teacher"], &email[..]].concat());

    let body = json!({"username": "ada", "password": temporary});
    let mut ada = portal.anonymous();
    let welcome = ada.json("POST", LOGIN, &body);
    assert_eq!((welcome.status, &welcome.json()["must_change_password"]), (200, &json!(true)));
    ada.cookie = welcome.cookie();
    assert!(portal.sign_in_with("ada", &temporary).is_err(), "it is burnt");

    for (method, path) in
        [("GET", "/api/v1/me"), ("GET", "/api/v1/students"), ("POST", "/api/v1/x")]
    {
        ada.json(method, path, &json!({})).is_problem(403, "password_change_required");
    }
    for path in ["/", "/students", "/nowhere"] {
        let page = ada.get(path);
        assert_eq!(
            (page.status, page.header("location")),
            (303, Some("/account/password")),
            "{path}"
        );
    }
    assert_eq!(ada.get("/account/password").status, 200);
    assert_eq!(ada.get("/assets/portal.css").status, 200);

    let same = ada.json("POST", PASSWORD, &json!({"new_password": temporary}));
    same.is_problem(422, "password_refused");
    assert_eq!(same.json()["errors"][0]["code"], "password_same");
    let changed = ada.json("POST", PASSWORD, &json!({"new_password": NEW}));
    assert_eq!(changed.status, 204, "{changed:?}");
    ada.cookie = changed.cookie();
    assert_eq!(ada.get("/api/v1/students").status, 200);
    assert!(portal.sign_in_with("ada", NEW).is_ok());
}

#[test]
fn the_operator_adds_lists_resets_and_locks_accounts() {
    let portal = Portal::start();
    let code = |args: &[&str]| user(&portal, args);
    let ada = ["add", "ada", "--role", "teacher", "--email", "ada@school.example"];
    added(&portal, &ada);
    for (args, expected) in [
        (&ada[..], "belongs to another account"),
        (&["add", "ADA", "--role", "teacher", "--email", "b@school.example"], "belongs to another"),
        (
            &["add", "bob", "--role", "teacher", "--email", "ADA@school.example"],
            "belongs to another",
        ),
        (&["add", "a b", "--role", "teacher", "--email", "b@school.example"], "the name is none"),
        (&["add", "bob", "--role", "teacher", "--email", "b"], "the e-mail address is none"),
        (
            &["add", "bob", "--role", "student", "--email", "b@school.example", "--student", "x"],
            "no student has this code",
        ),
        (&["reset", "nobody"], "no such account"),
        (&["disable", "nobody"], "no such account"),
    ] {
        let (status, out, errors) = code(args);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{args:?}: {errors}");
        assert!(errors.contains(expected), "{args:?}: {errors}");
    }
    let (status, list, _) = code(&["list"]);
    assert_eq!(status, Some(0));
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 4, "{list}");
    assert_eq!(lines[0], "ada\tteacher\tada@school.example\tmust-change-password");
    assert_eq!(lines[1], "admin\tadmin\tadmin@school.example\tactive");

    let teacher = portal.sign_in("teacher");
    let old = portal.password("teacher");
    let (_, out, _) = code(&["reset", "Teacher"]);
    let (name, new) = account(&out).unwrap();
    assert_eq!(name, "teacher");
    teacher.get("/api/v1/me").is_problem(401, "authentication_required");
    assert!(portal.sign_in_with("teacher", &old).is_err());
    assert!(portal.sign_in_with("teacher", &new).is_ok());

    let admin = portal.sign_in("admin");
    assert_eq!(code(&["disable", "admin"]).0, Some(0));
    admin.get("/api/v1/me").is_problem(401, "authentication_required");
    assert!(portal.sign_in_with("admin", &portal.password("admin")).is_err());
    assert_eq!(code(&["enable", "admin"]).0, Some(0));
    assert!(portal.sign_in_with("admin", &portal.password("admin")).is_ok());
}

#[test]
fn production_begins_empty_and_with_a_key_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "0f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d")
        .unwrap();
    let flags = ["--production", "--secret-key-file", key.to_str().unwrap()];
    let portal = Portal::start_in(folder, &flags);
    assert!(portal.passwords().is_empty());
    let (_, list, _) = user(&portal, &["list"]);
    assert_eq!(list, "");
    let boss = ["add", "boss", "--role", "admin", "--email", "boss@school.example"];
    let password = added(&portal, &boss);
    let mut admin = portal.sign_in_with("boss", &password).unwrap_or_else(|no| panic!("{no:?}"));
    admin.cookie = admin.json("POST", PASSWORD, &json!({"new_password": NEW})).cookie();
    assert_eq!(admin.get("/api/v1/students").json()["total"], 0);
    let (_, log, folder) = portal.stop();
    assert!(!log.contains("secret key was made"), "{log}");

    // Without --production the data is used as it is: nobody is invented beside real people.
    let portal = Portal::start_in(folder, &[]);
    assert!(portal.passwords().is_empty());
    assert_eq!(portal.stop().0, Some(0));
}

#[test]
fn the_key_of_the_data_folder_is_made_once_with_a_warning() {
    let warned = "a secret key was made in the data folder";
    let portal = Portal::start();
    let key = std::fs::read_to_string(portal.data().join("secret.key")).unwrap();
    assert_eq!(key.trim_end().len(), 64);
    let (_, log, folder) = portal.stop();
    assert!(log.contains(warned) && !log.contains(key.trim_end()), "{log}");
    let portal = Portal::start_in(folder, &[]);
    assert_eq!(std::fs::read_to_string(portal.data().join("secret.key")).unwrap(), key);
    assert!(!portal.stop().1.contains(warned));
}

#[test]
fn a_student_reads_its_own_record_and_nothing_else() {
    let portal = Portal::start();
    let student = portal.sign_in("student");
    assert_eq!(student.get("/api/v1/students/S-0001").json()["name"], "Amina Abdi");
    student.get("/api/v1/students/S-0002").is_problem(404, "unknown_student");
    let none = student.get("/api/v1/students/nobody");
    assert_eq!(
        none.body,
        student.get("/api/v1/students/S-0002").body,
        "nobody can tell them apart"
    );
    let body = json!({"code": "x", "name": "X", "email": "x@b.example", "birthDate": "2000-01-01"});
    for (method, path) in [
        ("GET", "/api/v1/students"),
        ("POST", "/api/v1/students"),
        ("PATCH", "/api/v1/students/S-0001"),
        ("DELETE", "/api/v1/students/S-0001"),
        ("DELETE", "/api/v1/students/S-0002"),
    ] {
        student.json(method, path, &body).is_problem(403, "forbidden");
    }
    let dashboard = student.get("/").text();
    assert!(dashboard.contains("Amina Abdi") && !dashboard.contains("Haddad"), "{dashboard}");
    assert!(student.get("/students/S-0001").text().contains("Amina Abdi"));
    assert!(!student.get("/students/S-0001").text().contains("<form class=\"grid\""));
    for (path, status) in [("/students", 403), ("/students/S-0002", 404), ("/students/x", 404)] {
        assert_eq!(student.get(path).status, status, "{path}");
    }
    for path in ["/students", "/students/S-0001", "/students/S-0001/remove"] {
        let refused = student.form(path, &[("name", "Mallory")]);
        assert_eq!(refused.status, 403, "{path}");
        assert!(refused.text().contains("Not for your account"));
    }
    // Its code changes, its account follows; its record goes, its account has none.
    let moved = portal.json("PATCH", "/api/v1/students/S-0001", &json!({"code": "S-1"}));
    assert_eq!(moved.status, 200);
    assert_eq!(student.get("/api/v1/students/S-1").status, 200);
    assert_eq!(portal.send("DELETE", "/api/v1/students/S-1", &[], b"").status, 204);
    student.get("/api/v1/students/S-1").is_problem(404, "unknown_student");
    assert!(student.get("/").text().contains("No record belongs to this account"));
}
