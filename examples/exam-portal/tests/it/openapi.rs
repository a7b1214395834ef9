//! The document about the API, against the API.

use serde_json::{Value, json};

use crate::portal::Portal;

/// A body is refused for what it holds just where its schema refuses it.
#[test]
fn a_schema_takes_what_the_call_takes() {
    let portal = Portal::start();
    let admin = portal.sign_in("admin");
    let document = admin.get("/api/openapi.json");
    assert_eq!(document.header("content-type"), Some("application/json"));
    let document = document.json();
    let student = |member: &str, value: Value| {
        let mut student = json!({
            "code": "A-1", "name": "Ada", "email": "ada@school.example", "birthDate": "2008-12-10",
        });
        student[member] = value;
        student
    };
    let payment = |amount: Value, currency: &str| json!({"studentCode": "S-0001", "amount": amount, "currency": currency});
    let students = "/api/v1/students";
    let code = "/api/v1/students/{code}";
    let table = [
        ("post", students, student("code", json!("A-1"))),
        ("post", students, student("code", json!("a b"))),
        ("post", students, student("code", json!("Z".repeat(33)))),
        ("post", students, student("name", json!(7))),
        ("post", students, student("name", json!(""))),
        ("post", students, student("email", json!("no"))),
        ("post", students, student("birthDate", json!("2008-12-1"))),
        ("post", students, student("admin", json!(true))),
        ("post", students, json!({})),
        ("post", students, json!([])),
        ("patch", code, json!({"name": "Ada Byron"})),
        ("patch", code, json!({})),
        ("patch", code, json!({"code": ""})),
        ("patch", code, json!({"role": "admin"})),
        ("post", "/api/v1/exams", json!({"title": "T", "date": null})),
        ("post", "/api/v1/exams", json!({"title": "T"})),
        ("post", "/api/v1/exams", json!({"date": "2026-01-01"})),
        ("put", "/api/v1/exams/{id}/grades", json!({"S-0001": 12.5})),
        ("put", "/api/v1/exams/{id}/grades", json!({"S-0001": 1001})),
        ("put", "/api/v1/exams/{id}/grades", json!({"S-0001": "12"})),
        ("put", "/api/v1/announcements/{slug}", json!({"markdown": "# T"})),
        ("put", "/api/v1/announcements/{slug}", json!({"markdown": null})),
        ("post", "/api/v1/payments", payment(json!("12.50"), "EUR")),
        ("post", "/api/v1/payments", payment(json!(12.5), "EUR")),
        ("post", "/api/v1/payments", payment(json!("12.50"), "eur")),
        ("put", "/api/v1/settings", json!({"schoolName": "S", "currency": "EUR"})),
        ("put", "/api/v1/settings", json!({"schoolName": "", "currency": "EUR"})),
        ("post", "/api/v1/auth/password", json!({"current_password": "x", "new_password": 1})),
        ("post", "/api/v1/auth/reset-request", json!({"email": "a@b.example"})),
        ("post", "/api/v1/auth/reset-request", json!({"email": 7})),
        ("post", "/api/v1/auth/reset", json!({"token": "x"})),
    ];
    let exam = admin.json("POST", "/api/v1/exams", &json!({"title": "T"})).json()["id"].to_string();
    for (method, path, body) in table {
        let operation = &document["paths"][path][method];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let validator = jsonschema::draft202012::options().should_validate_formats(true);
        let fits = validator.build(schema).unwrap().is_valid(&body);
        let path = path.replace("{id}", &exam).replace("{code}", "S-0002").replace("{slug}", "t");
        let answer = admin.json(&method.to_uppercase(), &path, &body);
        assert_eq!(answer.status != 422, fits, "{method} {path} {body}: {answer:?}");
        assert!(answer.status == 422 || answer.status < 300, "{method} {path} {body}: {answer:?}");
    }
}

#[test]
fn a_sign_in_that_cannot_be_read_gets_one_answer_whatever_is_wrong() {
    let portal = Portal::start();
    let nobody = portal.anonymous();
    let answers: Vec<_> = [
        json!({}),
        json!([]),
        json!({"username": 7, "password": "x"}),
        json!({"username": "teacher"}),
        json!({"username": "teacher", "password": "x", "role": "admin"}),
        json!({"username": {"$ne": 1}, "password": {"$ne": 1}}),
    ]
    .iter()
    .map(|body| nobody.json("POST", "/api/v1/auth/login", body))
    .collect();
    for answer in &answers {
        answer.is_problem(400, "invalid_request");
        assert_eq!(answer.body, answers[0].body);
    }
}
