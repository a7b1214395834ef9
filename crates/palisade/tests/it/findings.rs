//! Each mistake of a deployment has its finding, and each finding its page.

use http::{HeaderMap, HeaderName, HeaderValue};
use palisade::check::{Audit, Code, Cors, Deployment, Duty, Exposed, Guard, Kept, Level, Secret};

const PAGES: &str = include_str!("../../../../docs/FINDINGS.md");

fn headers(changed: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let good = [
        ("content-security-policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
    ];
    for (name, value) in good.iter().chain(changed) {
        let name = HeaderName::from_static(name);
        if value.is_empty() {
            headers.remove(&name);
        } else {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    headers
}

fn with_answer(changed: &[(&'static str, &'static str)]) -> Deployment {
    Deployment::new()
        .public_url("https://exams.example.org")
        .proxies(["10.0.0.0/8"])
        .hosts(["exams.example.org"])
        .answer(&headers(changed))
        .login("POST /login", &[Guard::Limit, Guard::Lockout])
        .secret("SECRET_KEY", Secret::Given)
        .several_instances()
        .kept("limits", Kept::Shared)
        .audit(Audit::Synced)
}

fn good() -> Deployment {
    with_answer(&[])
}

#[test]
fn a_good_deployment_has_no_finding() {
    assert_eq!(good().check().all(), []);
    let local = good().public_url("http://localhost:8080").hosts(["localhost"]).check();
    assert_eq!(local.all(), []);
    let ends_tls = with_answer(&[]).ends_tls();
    assert!(!ends_tls.check().has(Code::ForwardingUntrusted));
    let origins = Cors::Origins(vec!["https://a.example".into(), "http://localhost:3000".into()]);
    assert_eq!(good().cors(origins).check().all(), []);
}

#[test]
fn each_mistake_has_its_finding() {
    let origins = |origin: &str| Cors::Origins(vec![origin.to_owned()]);
    let csp = |value| with_answer(&[("content-security-policy", value)]);
    let hsts = |value| with_answer(&[("strict-transport-security", value)]);
    let behind = || {
        Deployment::new()
            .public_url("https://exams.example.org")
            .hosts(["exams.example.org"])
            .answer(&headers(&[]))
            .audit(Audit::Synced)
    };
    let table: Vec<(Deployment, &[Code])> = vec![
        (good().public_url("http://exams.example.org"), &[Code::PublicUrlHttp]),
        (behind(), &[Code::ForwardingUntrusted]),
        (behind().proxies(["0.0.0.0/0"]), &[Code::ForwardingFromAnywhere]),
        (behind().ends_tls(), &[]),
        (good().answers_clear_text(), &[Code::HttpsOptional]),
        (good().public_url("https://exams.example.net"), &[Code::PublicUrlRefused]),
        (csp(""), &[Code::CspMissing, Code::FramingAllowed]),
        (
            csp("default-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"),
            &[Code::CspPermissive],
        ),
        (csp("default-src 'none'; base-uri 'none'"), &[Code::FramingAllowed]),
        (hsts(""), &[Code::HstsMissing]),
        (hsts("max-age=0"), &[Code::HstsMissing]),
        (hsts("includeSubDomains; max-age=\"600\""), &[Code::HstsShort]),
        (with_answer(&[("x-content-type-options", "")]), &[Code::SniffingAllowed]),
        (good().cors(Cors::Any), &[Code::CorsAny]),
        (good().cors(Cors::AnyWithCredentials), &[Code::CorsAnyWithCredentials]),
        (good().cors(origins("null")), &[Code::CorsNull]),
        (good().cors(origins("http://a.example")), &[Code::CorsPlainOrigin]),
        (good().login("POST /api/login", &[]), &[Code::LoginUnlimited, Code::LoginNoLockout]),
        (good().login("POST /api/login", &[Guard::Limit]), &[Code::LoginNoLockout]),
        (good().secret("KEY", Secret::Made), &[Code::SecretMade]),
        (good().secret("KEY", Secret::Weak("key_short")), &[Code::SecretWeak]),
        (good().kept("lockouts", Kept::Memory), &[Code::StoresInMemory]),
        (good().kept("lockouts", Kept::Machine), &[Code::StoresInMemory]),
        (good().audit(Audit::Written), &[Code::AuditUnsynced]),
        (good().audit(Audit::Unawaited), &[Code::AuditUnsynced]),
        (good().files([Exposed::new("data/key".into(), 0o644)]), &[Code::DataReadable]),
        (good().seen(Code::DebugAnswers, "the errors are sent"), &[Code::DebugAnswers]),
    ];
    for (deployment, expected) in table {
        let findings = deployment.check();
        let codes: Vec<Code> = findings.all().iter().map(palisade::check::Finding::code).collect();
        assert_eq!(codes, expected, "{findings}");
    }
}

#[test]
fn nothing_told_is_nothing_that_protects() {
    let findings = Deployment::new().check();
    for code in [
        Code::AuditMissing,
        Code::CspMissing,
        Code::FramingAllowed,
        Code::HostsAny,
        Code::PublicUrlMissing,
        Code::SniffingAllowed,
    ] {
        assert!(findings.has(code), "{code}");
    }
    assert!(findings.has_errors());
    let levels: Vec<Level> = findings.all().iter().map(palisade::check::Finding::level).collect();
    assert!(levels.is_sorted_by(|one, other| one >= other), "errors first: {levels:?}");
}

#[test]
fn what_is_left_to_others_is_not_found_and_what_is_told_all_the_same_is() {
    let duties = [Duty::Answer, Duty::Audit, Duty::Forwarding, Duty::Hosts, Duty::Limits];
    let others = duties.into_iter().fold(Deployment::new(), Deployment::elsewhere);
    let others = others.public_url("https://exams.example.org").login("/login", &[Guard::Lockout]);
    assert_eq!(others.check().all(), []);
    let told = others.answer(&HeaderMap::new()).audit(Audit::Written).hosts(["example.org"]);
    for code in [Code::CspMissing, Code::HstsMissing, Code::AuditUnsynced, Code::PublicUrlRefused] {
        assert!(told.check().has(code), "{code}");
    }
}

#[test]
fn a_finding_is_one_line_and_one_object() {
    let hostile = good().login("POST /login\n\u{1b}[31m\"forged", &[Guard::Lockout]).check();
    let text = hostile.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("error login_unlimited: POST /login"), "{text}");
    let json = serde_json::to_value(&hostile).unwrap();
    let finding = &json[0];
    assert_eq!((&finding["level"], &finding["code"]), (&"error".into(), &"login_unlimited".into()));
    assert!(finding["fix"].as_str().unwrap().contains("5 per minute"));
    assert!(!finding["reason"].as_str().unwrap().contains(char::is_control));
}

#[test]
fn every_code_has_its_page_and_no_page_is_of_another() {
    let pages: Vec<&str> = PAGES.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    assert_eq!(pages, codes);
    for code in Code::ALL {
        let level = match code.level() {
            Level::Error => "Error",
            _ => "Warning",
        };
        for words in [format!("{level}. {}\n", code.meaning()), format!("Fix: {}.\n", code.fix())] {
            assert!(PAGES.contains(&words), "{code}: {words}");
        }
    }
}
