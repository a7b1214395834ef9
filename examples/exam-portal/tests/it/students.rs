//! The calls about students.

use std::sync::{Arc, Barrier};

use serde_json::{Value, json};

use crate::portal::Portal;

const STUDENTS: &str = "/api/v1/students";

fn ada() -> Value {
    json!({"code": "A-1", "name": "Ada Byron", "email": "ada@school.example", "birthDate": "2008-12-10"})
}

#[test]
fn a_student_is_created_read_changed_and_deleted() {
    let portal = Portal::start();
    let created = portal.json("POST", STUDENTS, &ada());
    assert_eq!((created.status, created.header("location")), (201, Some("/api/v1/students/A-1")));
    let student = created.json();
    for name in ["code", "name", "email", "birthDate"] {
        assert_eq!(student[name], ada()[name]);
    }
    let path = "/api/v1/students/A-1";
    assert_eq!(portal.get(path).json(), student);

    let changed = portal.json("PATCH", path, &json!({"name": "Ada Lovelace", "code": "A-2"}));
    assert_eq!(changed.status, 200);
    assert_eq!(changed.json()["name"], "Ada Lovelace");
    assert_eq!(changed.json()["email"], "ada@school.example");
    portal.get(path).is_problem(404, "unknown_student");

    let path = "/api/v1/students/A-2";
    let deleted = portal.send("DELETE", path, &[], b"");
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    portal.send("DELETE", path, &[], b"").is_problem(404, "unknown_student");
    portal.json("PATCH", path, &json!({"name": "x"})).is_problem(404, "unknown_student");
}

#[test]
fn every_error_of_a_student_is_told_at_once() {
    let portal = Portal::start();
    let body =
        json!({"code": "", "name": 5, "email": "no", "birthDate": "2008-02-30", "admin": true});
    let refused = portal.json("POST", STUDENTS, &body);
    refused.is_problem(422, "invalid_input");
    let errors = refused.json()["errors"].clone();
    let pointers: Vec<&str> =
        errors.as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["#", "#/code", "#/name", "#/email", "#/birthDate"]);
}

#[test]
fn a_code_is_given_once() {
    let portal = Portal::start();
    assert_eq!(portal.json("POST", STUDENTS, &ada()).status, 201);
    portal.json("POST", STUDENTS, &ada()).is_problem(409, "duplicate_code");
    let taken = json!({"code": "A-1"});
    portal.json("PATCH", "/api/v1/students/S-0001", &taken).is_problem(409, "duplicate_code");
}

#[test]
fn of_many_creates_of_one_code_exactly_one_succeeds() {
    const CALLERS: usize = 24;
    let portal = Portal::start();
    let gate = Arc::new(Barrier::new(CALLERS));
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let call = || {
            let gate = Arc::clone(&gate);
            let portal = &portal;
            scope.spawn(move || {
                gate.wait();
                portal.json("POST", STUDENTS, &ada()).status
            })
        };
        let callers: Vec<_> = (0..CALLERS).map(|_| call()).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, [409; CALLERS - 1].as_slice()));
}

#[test]
fn a_list_has_pages_that_neither_overlap_nor_leave_anybody_out() {
    let portal = Portal::start();
    for sort in ["name", "-name", "code", "-code", "email", "-email", "birthDate", "-birthDate"] {
        let mut seen = Vec::new();
        for page in 1..=4 {
            let path = format!("{STUDENTS}?page={page}&per_page=10&sort={sort}");
            let list = portal.get(&path).json();
            assert_eq!((list["page"].as_u64(), list["per_page"].as_u64()), (Some(page), Some(10)));
            assert_eq!(list["total"], 36);
            let items = list["items"].as_array().unwrap().clone();
            seen.extend(items.iter().map(|item| item["code"].as_str().unwrap().to_owned()));
        }
        assert_eq!(seen.len(), 36, "{sort}");
        let first = seen[0].clone();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 36, "{sort}");
        if sort == "-code" {
            assert_eq!(first, "S-0036");
        }
    }
}

#[test]
fn numbers_out_of_range_and_unknown_orders_fall_back() {
    let portal = Portal::start();
    let default = portal.get(STUDENTS).json();
    assert_eq!((default["page"].as_u64(), default["per_page"].as_u64()), (Some(1), Some(20)));
    for query in [
        "page=0&per_page=101",
        "page=-1",
        "page=x&sort=id",
        "per_page=0",
        "page=18446744073709551616",
    ] {
        assert_eq!(portal.get(&format!("{STUDENTS}?{query}")).json(), default, "{query}");
    }
    let beyond = portal.get(&format!("{STUDENTS}?page=1000000&per_page=100")).json();
    assert_eq!(
        (beyond["items"].as_array().unwrap().len(), beyond["total"].as_u64()),
        (0, Some(36))
    );
}

#[test]
fn a_search_takes_wildcards_literally() {
    let portal = Portal::start();
    let mut student = ada();
    student["name"] = json!("100% _Ada_ \\o/");
    assert_eq!(portal.json("POST", STUDENTS, &student).status, 201);
    let table = [
        ("%25", 1),
        ("_", 1),
        ("%5C", 1),
        ("100%25", 1),
        ("aMiNa", 3),
        ("S-00", 36),
        ("%25%25", 0),
        ("s%001", 0),
    ];
    for (q, expected) in table {
        let found = portal.get(&format!("{STUDENTS}?q={q}")).json();
        assert_eq!(found["total"], expected, "{q}");
    }
}

#[test]
fn a_restart_keeps_the_data_and_makes_no_demo_data_again() {
    let portal = Portal::start();
    assert_eq!(portal.json("POST", STUDENTS, &ada()).status, 201);
    assert_eq!(portal.send("DELETE", "/api/v1/students/S-0001", &[], b"").status, 204);
    let before = portal.get(STUDENTS).json();
    let (code, _, folder) = portal.stop();
    assert_eq!(code, Some(0));
    let portal = Portal::start_in(folder, &[]);
    assert_eq!(portal.get(STUDENTS).json(), before);
    portal.get("/api/v1/students/S-0001").is_problem(404, "unknown_student");
}
