//! What crates report is recorded.

use palisade_audit::SecurityEventLayer;
use palisade_core::SecurityEvent;
use tracing_subscriber::layer::SubscriberExt;

use crate::{json, lines, open};

#[tokio::test]
async fn security_events_are_recorded_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let subscriber = tracing_subscriber::registry().with(SecurityEventLayer::new(log.clone()));
    tracing::subscriber::with_default(subscriber, || {
        tracing::warn!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::LoginFail.as_str(),
            user = %"ada\u{202e}\n",
            code = "wrong_password",
            tries = 3,
            "a sign-in failed"
        );
        tracing::warn!(event = "authn_login_fail", "of another target");
        tracing::warn!(target: SecurityEvent::TARGET, "without a name");
    });
    log.close().await.unwrap();
    let lines = lines(folder.path());
    assert_eq!(lines.len(), 4);
    assert_eq!(json(&lines[2])["action"], "security");
    let event = json(&lines[1]);
    assert_eq!(event["action"], "authn_login_fail");
    assert_eq!((&event["outcome"], &event["severity"]), (&"failure".into(), &"security".into()));
    assert_eq!(event["actor"]["id"], "ada\u{202e}\n");
    assert!(lines[1].contains("\\u202e\\u000a"));
    let details = event["details"].as_array().unwrap();
    for (name, value) in
        [("code", "wrong_password"), ("tries", "3"), ("message", "a sign-in failed")]
    {
        let detail = serde_json::json!({"name": name, "value": value});
        assert!(details.contains(&detail), "{event}");
    }
}
