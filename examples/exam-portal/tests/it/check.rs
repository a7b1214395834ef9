//! `exam-portal check`, and the start that heeds it.

use std::process::Command;

use serde_json::Value;

use crate::portal::{command, finished, run};

const KEY: &str = "2f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d";

/// What a portal for real users is started with.
fn production(data: &std::path::Path) -> Command {
    let mut command = command();
    command.env("SECRET_KEY", KEY).arg("--data").arg(data).arg("--production");
    command.args(["--public-url", "https://exams.example.org", "--listen", "127.0.0.1:0"]);
    command
}

#[test]
fn every_finding_is_printed_and_errors_are_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (code, text, _) = finished(command().arg("--data").arg(&data).arg("check"));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("error secret_made: the secret key was made by the program; make one"));
    assert!(
        text.contains("error demo_accounts: ") && text.contains("warning public_url_missing: ")
    );

    let (code, text, _) = finished(command().arg("--data").arg(&data).args(["check", "--json"]));
    let findings: Value = serde_json::from_str(&text).unwrap();
    let first = &findings[0];
    assert_eq!((code, &first["level"]), (Some(1), &Value::from("error")), "{text}");
    for field in ["code", "reason", "fix"] {
        assert!(first[field].as_str().is_some_and(|text| !text.is_empty()), "{first}");
    }

    let behind = ["--trusted-proxy", "10.0.0.1", "check"];
    let (code, text, _) = finished(production(&data).args(behind));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.lines().all(|line| line.starts_with("warning ")), "{text}");
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn a_portal_for_real_users_does_not_start_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // TLS ends at a proxy that nobody has named.
    let refused = run(&mut production(&data));
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("error forwarding_untrusted: https://exams.example.org is"),
        "{errors}"
    );
    assert!(!data.exists(), "nothing was made");
}

#[cfg(unix)]
#[test]
fn files_that_others_may_read_are_found() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("portal.sqlite3"), "").unwrap();
    for (mode, found) in [(0o755, true), (0o700, false)] {
        std::fs::set_permissions(&data, std::fs::Permissions::from_mode(mode)).unwrap();
        let (_, text, _) = finished(command().arg("--data").arg(&data).arg("check"));
        assert_eq!(text.contains("error data_readable: "), found, "{mode:o}: {text}");
    }
}
