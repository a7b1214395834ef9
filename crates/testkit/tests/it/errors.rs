//! The sink is posted to as an error tracker's client posts.

use palisade_testkit::errors::{ErrorSink, SinkFault};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const ENVELOPE: &str = "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}\n\
    {\"type\":\"event\",\"length\":41}\n{\"message\":\"hello world\",\"level\":\"error\"}\n";

fn post(sink: &ErrorSink, path: &str, body: &str, patience: Duration) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(sink.address())?;
    stream.set_read_timeout(Some(patience))?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: errors\r\nX-Sentry-Auth: Sentry sentry_key=key\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn keeps_envelopes_with_their_items() {
    let sink = ErrorSink::start().unwrap();
    let answer = post(&sink, "/api/1/envelope/", ENVELOPE, LONG).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("9ec79c33"), "{answer}");
    let envelope = &sink.wait_for(1, LONG).await.unwrap()[0];
    assert_eq!(envelope.project, "1");
    assert_eq!(envelope.auth.as_deref(), Some("Sentry sentry_key=key"));
    let events: Vec<_> = envelope.events().collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["message"], "hello world");
    assert_eq!(envelope.bytes, ENVELOPE.as_bytes());
    assert!(sink.dsn().ends_with("/1"));
}

#[test]
fn refuses_what_is_no_envelope_and_says_why() {
    let sink = ErrorSink::start().unwrap();
    let answer = post(&sink, "/api/1/envelope/", "nonsense", LONG).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let answer = post(&sink, "/api/1/store/", "{}", LONG).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!(sink.refused().len(), 2);
    assert!(sink.envelopes().is_empty());
}

#[test]
fn fails_limits_and_hangs_when_told() {
    let sink = ErrorSink::start().unwrap();
    sink.set(SinkFault::Fail);
    let answer = post(&sink, "/api/1/envelope/", ENVELOPE, LONG).unwrap();
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    sink.set(SinkFault::RateLimit(7));
    let answer = post(&sink, "/api/1/envelope/", ENVELOPE, LONG).unwrap();
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("retry-after: 7"), "{answer}");
    sink.set(SinkFault::Hang);
    post(&sink, "/api/1/envelope/", ENVELOPE, Duration::from_millis(150)).unwrap_err();
    assert_eq!(sink.requests(), 3);
    assert!(sink.envelopes().is_empty());
}
