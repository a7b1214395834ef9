//! Any request gets an answer below 500, and every refusal is a small problem.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::asked::{ACCOUNTS, Asked};
use crate::inside;
use crate::portal::Portal;

/// Pages, beside the calls that `/api/openapi.json` lists.
const PAGES: &[&str] = &[
    "/",
    "/login",
    "/logout",
    "/account/password",
    "/students",
    "/students/{code}",
    "/students/{code}/remove",
    "/admin/audit",
    "/admin/security",
    "/admin/security/unlock",
    "/exams",
    "/announcements/{slug}",
    "/settings",
    "/reset",
    "/reset/choose",
    "/reset/{token}",
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

/// Names something that the demo data have in every place of a template.
fn filled(template: &str) -> String {
    let table = [("code", "S-0001"), ("copy", "1"), ("id", "1"), ("seq", "1"), ("slug", "welcome")];
    let named = |path: String, (name, value)| path.replace(&format!("{{{name}}}"), value);
    table.into_iter().fold(template.to_owned(), named).replace("{token}", &"A".repeat(64))
}

/// Every path that the portal says it has, but those that end the sessions that ask.
fn paths(portal: &Portal) -> Vec<String> {
    let document = portal.get("/api/openapi.json").json();
    let calls = document["paths"].as_object().unwrap().keys().map(String::as_str);
    let ends = |path: &&str| path.ends_with("/logout") || path.ends_with("/reset-password");
    calls.chain(PAGES.iter().copied()).filter(|path| !ends(path)).map(filled).collect()
}

#[test]
fn no_request_is_a_mistake_of_the_portal() {
    let portal = Portal::start();
    let client =
        |name: Option<&str>| name.map_or_else(|| portal.anonymous(), |name| portal.sign_in(name));
    let clients = ACCOUNTS.map(|name| (name, client(name)));
    let seed = *b"noise against the whole portal.."; // The same on every machine.
    let config = Config { cases: requests(), failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let request = (
        prop::sample::select(vec!["nobody", "student", "teacher", "admin", "admin", "admin"]),
        prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
        prop::sample::select(paths(&portal)),
        "([?&](page|per_page|sort|q|actor|action|since|limit|cursor)=([0-9]{1,22}|-1|NaN|%00|%ff|name|x){1})?{0,3}|/[a-z0-9%.]{0,9}",
        prop::sample::select(TYPES),
        body(),
    );
    let written = request.prop_map(|(who, method, path, more, kind, body)| {
        let head = format!("{who} {method} {path}{more}\ncontent-type: {kind}\n\n");
        [head.into_bytes(), body].concat()
    });
    let done = runner.run(&written, |data| {
        let asked = Asked::read(&data);
        let (_, client) = clients.iter().find(|(name, _)| *name == asked.account).unwrap();
        let answer = client.send(asked.method, &asked.path, &asked.headers, asked.body);
        prop_assert!(answer.status < 500, "{asked:?} {answer:?}");
        if asked.is_call() && answer.status >= 400 {
            prop_assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            prop_assert!(answer.body.len() <= 8 * 1024);
        }
        Ok(())
    });
    done.unwrap();
    let (_, log, _) = portal.stop();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn every_seed_of_the_fuzz_target_and_every_past_crash_passes() {
    for kind in ["seeds", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(kind);
        let entries = fs::read_dir(folder.join("portal_router")).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| !path.ends_with(".gitkeep"));
        paths.sort();
        assert!(kind == "regressions" || !paths.is_empty());
        for path in paths {
            println!("{}", path.display()); // the last line shown is the one that failed
            inside::is_no_mistake(&fs::read(path).unwrap());
        }
    }
}
