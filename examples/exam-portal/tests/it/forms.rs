//! The pages' forms, without a script.

use crate::portal::Portal;

#[test]
fn signing_in_by_the_form_leads_to_the_dashboard() {
    let portal = Portal::start();
    let mut nobody = portal.anonymous();
    let page = nobody.get("/login").text();
    for part in ["action=\"/login\" method=\"post\"", "name=\"username\"", "name=\"password\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let password = portal.password("teacher");
    let wrong = nobody.form("/login", &[("username", "teacher"), ("password", "wrong")]);
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, None));
    assert!(wrong.text().contains("Name or password is wrong."));
    let right = nobody.form("/login", &[("username", "teacher"), ("password", &password)]);
    assert_eq!((right.status, right.header("location")), (303, Some("/")));
    nobody.cookie = right.cookie();
    assert!(nobody.get("/").text().contains("<h1>Dashboard</h1>"));
    assert_eq!(nobody.get("/login").header("location"), Some("/"));
}

#[test]
fn the_password_form_says_everything_that_is_wrong_and_then_works() {
    let portal = Portal::start();
    let mut teacher = portal.sign_in("teacher");
    let old = portal.password("teacher");
    let path = "/account/password";
    let fields = |current, new| [("current_password", current), ("new_password", new)];
    let refused = teacher.form(path, &fields("wrong", "aaaaaaaaaaaaaaa"));
    assert_eq!(refused.status, 422);
    let text = refused.text();
    assert!(text.contains("This is not your current password.") && text.contains("repeats a few"));
    assert!(!text.contains("aaaaaaaa"), "no password is shown again");
    let changed = teacher.form(path, &fields(&old, "red bicycles under snow"));
    assert_eq!(changed.status, 200, "{changed:?}");
    assert!(changed.text().contains("Your password is changed."));
    teacher.cookie = changed.cookie();
    assert_eq!(teacher.get("/").status, 200);
}

#[test]
fn students_are_added_changed_and_removed_by_forms() {
    let portal = Portal::start();
    let teacher = portal.sign_in("teacher");
    let wrong = [("code", "a b"), ("name", "<Ada>"), ("email", "no"), ("birthDate", "")];
    let refused = teacher.form("/students", &wrong);
    assert_eq!(refused.status, 422);
    let text = refused.text();
    assert_eq!(text.matches("aria-invalid").count(), 3, "{text}");
    assert!(text.contains("value=\"&#60;Ada&#62;\"") && text.contains("<details open>"), "{text}");

    let ada =
        [("code", "A-1"), ("name", "Ada"), ("email", "a@b.example"), ("birthDate", "2008-12-10")];
    let added = teacher.form("/students", &ada);
    assert_eq!((added.status, added.header("location")), (303, Some("/students/A-1")));
    let again = teacher.form("/students", &ada);
    assert_eq!(again.status, 422);
    assert!(again.text().contains("Another student has this code."));

    let page = teacher.get("/students/A-1").text();
    assert!(page.contains("value=\"2008-12-10\"") && page.contains("action=\"/students/A-1\""));
    let mut change = ada;
    change[0].1 = "A-2";
    change[1].1 = "Ada Lovelace";
    let changed = teacher.form("/students/A-1", &change);
    assert_eq!((changed.status, changed.header("location")), (303, Some("/students/A-2")));
    assert_eq!(portal.get("/api/v1/students/A-2").json()["name"], "Ada Lovelace");
    change[0].1 = "S-0001";
    assert!(
        teacher.form("/students/A-2", &change).text().contains("Another student has this code.")
    );
    assert_eq!(teacher.form("/students/A-1", &change).status, 404);

    let removed = teacher.form("/students/A-2/remove", &[]);
    assert_eq!((removed.status, removed.header("location")), (303, Some("/students")));
    assert_eq!(teacher.form("/students/A-2/remove", &[]).status, 404);
}
