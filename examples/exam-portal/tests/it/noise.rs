//! Any request gets an answer below 500, and every refusal is a small problem.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::portal::Portal;

const PATHS: &[&str] = &[
    "/api/v1/students",
    "/api/v1/students/S-0001",
    "/api/v1/students/import",
    "/api/v1/students/export.csv",
    "/api/v1/exams",
    "/api/v1/exams/1/grades",
    "/api/v1/exams/1/copies",
    "/api/v1/exams/1/copies/1",
    "/api/v1/announcements/welcome",
    "/api/v1/payments",
    "/api/v1/settings",
    "/api/v1/me",
    "/api/v1/auth/login",
    "/students",
    "/exams",
    "/announcements/welcome",
    "/settings",
    "/",
];

const TYPES: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=",
    "text/csv",
    "text/plain",
    "application/merge-patch+json",
];

fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = "(\\{|\\}|\\[|\\]|:|,|null|true|1e999|-0|1|NaN|\"(code|name|email|birthDate|title|date|\
                markdown|studentCode|amount|currency|schoolName|contactEmail|S-0001|\\\\ud800|EUR|12.50|\
                a@b.example|2026-01-01)\"){0,30}";
    let pairs =
        "((title|date|markdown|schoolName|contactEmail|currency|code)=|&|%|%00|%ff|x|=|\\+){0,20}";
    let parts = "(--x\r\n|--x--\r\n|Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"|\
                 \r\n\r\n|%PDF-1.4\n|\r\n|name=\"studentCode\"|S-0001){0,12}";
    let table = "(code,name,email,birthDate\r\n|\"|,|\n|=1|S-9|a@b.example|2008-01-01){0,20}";
    let good = prop::sample::select(vec![
        r#"{"code":"N-1","name":"N","email":"n@b.example","birthDate":"2008-01-01"}"#,
        r#"{"title":"T","date":"2026-01-01"}"#,
        r##"{"markdown":"# T\n\n[x](y)"}"##,
        r#"{"studentCode":"S-0001","amount":"1.00","currency":"EUR"}"#,
        r#"{"schoolName":"S","contactEmail":null,"currency":"EUR"}"#,
        r#"{"S-0001":1}"#,
    ]);
    prop_oneof![
        json.prop_map(String::into_bytes),
        pairs.prop_map(String::into_bytes),
        parts.prop_map(String::into_bytes),
        table.prop_map(String::into_bytes),
        good.prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..80),
    ]
}

/// `PALISADE_NOISE_REQUESTS`, or 400.
fn requests() -> u32 {
    let asked = std::env::var("PALISADE_NOISE_REQUESTS").ok();
    asked.map_or(400, |count| count.parse().unwrap())
}

#[test]
fn no_request_is_a_mistake_of_the_portal() {
    let portal = Portal::start();
    let admin = portal.sign_in("admin");
    let seed = *b"noise against the whole portal.."; // The same on every machine.
    let config = Config { cases: requests(), failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let request = (
        prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
        prop::sample::select(PATHS),
        "([?&](page|per_page|sort|q)=([0-9]{1,22}|-1|NaN|%00|%ff|name|x){1})?{0,3}|/[a-z0-9%.]{0,9}",
        prop::sample::select(TYPES),
        body(),
    );
    let done = runner.run(&request, |(method, path, more, kind, body)| {
        let answer = admin.send(method, &format!("{path}{more}"), &[("content-type", kind)], &body);
        prop_assert!(answer.status < 500, "{answer:?}");
        let api = path.starts_with("/api/") && answer.status >= 400 && method != "HEAD";
        if api {
            prop_assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            prop_assert!(answer.body.len() <= 8 * 1024);
        }
        Ok(())
    });
    done.unwrap();
    let (_, log, _) = portal.stop();
    assert!(!log.contains("panicked"), "{log}");
}
