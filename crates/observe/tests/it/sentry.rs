//! Reports as Sentry takes them, against a server of our own.

use std::time::Duration;

use palisade_observe::capture::{Authorities, Dsn, SentrySink, Setup};
use palisade_observe::redact::Redactor;
use palisade_testkit::errors::{Envelope, ErrorSink, SinkFault};
use palisade_testkit::proxy::{AUTHORITY, Nginx, ReverseProxy};
use serde_json::Value;

use crate::capture::{CANARY, Stage};

const LONG: Duration = Duration::from_secs(30);

fn stage(server: &ErrorSink) -> Stage {
    let dsn: Dsn = server.dsn().parse().unwrap();
    let setup = Setup::new(Redactor::new()).release("shop@1.4.2").environment("production");
    let setup = setup.sample(1).interval(Duration::ZERO).most_a_minute(u32::MAX);
    Stage::new(setup.to(SentrySink::new(&dsn)))
}

#[tokio::test]
async fn an_error_arrives_as_an_event_without_secrets() {
    let server = ErrorSink::start().unwrap();
    let stage = stage(&server);
    assert_eq!(stage.ask(&["/panic", "/error", "/inside"]).await, [500; 3]);
    let envelopes = server.wait_for(3, LONG).await.unwrap();
    assert_eq!(server.refused(), Vec::<String>::new());
    for envelope in &envelopes {
        let text = String::from_utf8_lossy(&envelope.bytes);
        assert!(!text.contains(CANARY), "{text}");
        assert!(envelope.auth.as_deref().unwrap().contains("sentry_key=key"));
    }
    let events: Vec<_> = envelopes.iter().flat_map(Envelope::events).collect();
    let (panic, error) = (&events[0], &events[1]);
    // Without a word it is `error`.
    assert_eq!((&panic["level"], &error["level"]), (&"fatal".into(), &Value::Null));
    assert_eq!(panic["transaction"], "/panic");
    assert_eq!(
        (&panic["release"], &panic["environment"]),
        (&"shop@1.4.2".into(), &"production".into())
    );
    let exception = &panic["exception"]["values"][0];
    assert_eq!(exception["value"], "no row for Authorization: [redacted]");
    assert_eq!(exception["mechanism"]["handled"], false);
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    let innermost = frames.last().unwrap();
    assert!(innermost["function"].as_str().unwrap().ends_with("panics_deep"), "{innermost}");
    assert_eq!(innermost["in_app"], true);
    assert_eq!(panic["user"]["id"], "u7");
    assert_eq!(panic["contexts"]["trace"]["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(panic["contexts"]["spans"]["client"], "203.0.113.9");
    assert_eq!(error["tags"]["status"], "500");
    let id = error["tags"]["request_id"].as_str().unwrap();
    assert!(stage.lines.text().contains(id));
    assert_eq!(error["extra"]["password"], "[redacted]");
    assert!(panic["server_name"].is_null() && panic["request"].is_null());
    assert_ne!(panic["fingerprint"], error["fingerprint"]);
}

#[tokio::test]
async fn a_server_that_fails_costs_reports_and_nothing_else() {
    let server = ErrorSink::start().unwrap();
    let stage = stage(&server);
    server.set(SinkFault::Fail);
    assert_eq!(stage.ask(&["/error", "/panic"]).await, [500; 2]);
    stage.flushed();
    assert_eq!((stage.capture.tally().failed, server.requests()), (2, 2));
    server.set(SinkFault::None);
    assert_eq!(stage.ask(&["/error"]).await, [500]);
    let envelopes = server.wait_for(1, LONG).await.unwrap();
    assert_eq!(envelopes[0].events().next().unwrap()["extra"]["lost"], 2);
}

#[tokio::test]
async fn a_server_that_asks_for_a_pause_gets_one() {
    let server = ErrorSink::start().unwrap();
    let stage = stage(&server);
    server.set(SinkFault::RateLimit(3600));
    assert_eq!(stage.ask(&["/error", "/panic", "/error"]).await, [500; 3]);
    stage.flushed();
    assert_eq!((stage.capture.tally().failed, server.requests()), (3, 1));
}

#[tokio::test]
async fn a_server_that_hangs_or_is_not_there_holds_nobody() {
    let server = ErrorSink::start().unwrap();
    server.set(SinkFault::Hang);
    let stage = stage(&server);
    assert_eq!(stage.ask(&["/error"; 80]).await, [500; 80]);
    assert!(!stage.capture.flush(Duration::ZERO), "it still waits for an answer");
    assert!((15..=16).contains(&stage.capture.tally().queue_full));
    let gone: Dsn = "http://key@127.0.0.1:1/1".parse().unwrap();
    let stage = Stage::new(Setup::new(Redactor::new()).to(SentrySink::new(&gone)));
    assert_eq!(stage.ask(&["/error"]).await, [500]);
    stage.flushed();
    assert_eq!(stage.capture.tally().failed, 1);
}

#[tokio::test]
async fn a_server_is_believed_that_a_trusted_authority_signed_and_no_other() {
    let server = ErrorSink::start().unwrap();
    let nginx = Nginx::start(&ReverseProxy::to(server.address()).over_tls()).unwrap();
    let dsn: Dsn = format!("https://key@{}/1", nginx.address()).parse().unwrap();
    let inside = Authorities::from_pem(AUTHORITY.as_bytes()).unwrap();
    let stage = |sink| Stage::new(Setup::new(Redactor::new()).to(sink));

    let believing = stage(SentrySink::with_authorities(&dsn, &inside));
    assert_eq!(believing.ask(&["/error"]).await, [500]);
    let envelopes = server.wait_for(1, LONG).await.unwrap();
    assert_eq!(envelopes[0].events().count(), 1);

    let usual = stage(SentrySink::new(&dsn));
    assert_eq!(usual.ask(&["/error"]).await, [500]);
    usual.flushed();
    assert_eq!((usual.capture.tally().failed, server.requests()), (1, 1));
}

#[test]
fn authorities_that_cannot_be_read_are_refused() {
    let broken = AUTHORITY.replace("-----END", "");
    for pem in ["", "nothing", &broken, &AUTHORITY.replace("CERTIFICATE", "X509 CRL")] {
        let error = Authorities::from_pem(pem.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("BEGIN CERTIFICATE"), "{error}");
    }
    let two = Authorities::from_pem(AUTHORITY.repeat(2).as_bytes()).unwrap();
    assert_eq!(format!("{two:?}"), "Authorities { certificates: 2 }");
}

#[test]
fn no_word_of_a_dsn_shows_its_key() {
    let dsn: Dsn = "https://k3y:s3cret@errors.example.com/42".parse().unwrap();
    let shown = format!("{dsn} {dsn:?} {:?}", SentrySink::new(&dsn));
    assert!(!shown.contains("k3y") && !shown.contains("s3cret"), "{shown}");
    assert_eq!(dsn.to_string(), "https://***@errors.example.com:443/42");
    let error = "https://k3y@errors.example.com".parse::<Dsn>().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("k3y"));
}
