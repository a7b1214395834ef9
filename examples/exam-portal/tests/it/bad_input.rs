//! Starts that are refused: one line that says what to do, exit code 2, nothing changed on disk.

use std::net::TcpListener;
use std::path::Path;

use tempfile::tempdir;

use crate::portal::{Portal, command, content, run};

/// Runs a start in `folder` that must fail and leave the folder as it is.
#[track_caller]
fn refused(folder: &Path, args: &[&str]) -> Vec<String> {
    refused_by(command().args(args), folder)
}

#[track_caller]
fn refused_by(command: &mut std::process::Command, folder: &Path) -> Vec<String> {
    let before = content(folder);
    let output = run(command.current_dir(folder));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(output.stdout.is_empty());
    assert!(content(folder) == before, "something on disk changed");
    let lines: Vec<String> = errors.lines().map(str::to_owned).collect();
    assert!(lines.iter().all(|line| line.starts_with("exam-portal: ")), "{errors}");
    lines
}

#[test]
fn each_mistake_is_one_line_that_says_what_to_write() {
    let table: [(&[&str], &str); 20] = [
        (
            &["--lisen", "x"],
            "\"--lisen\": unknown flag; did you mean --listen? `exam-portal --help`",
        ),
        (&["--production"], "--production: needs a secret key of its own; make one with `openssl"),
        (&["--secret-key-file", "missing.key"], "missing.key: it cannot be read"),
        (
            &["--copies", "shared"],
            "--copies: is a folder for instances that share a database; give --postgres too",
        ),
        (&["extra"], "\"extra\": unknown command; `exam-portal --help` lists"),
        (&["user", "reset"], "command line: without <NAME>; "),
        (
            &["user", "add", "ada", "--role", "boss", "--email", "a@b.example"],
            "write one of admin, teacher, student",
        ),
        (&["user", "add", "ada"], "without --role <ROLE> --email <ADDRESS>"),
        (&["--listen"], "--listen: has no value; write --listen VALUE"),
        (&["--listen", "8080"], "--listen: \"8080\" is not an address with a port; write an IP"),
        (&["--listen", "127.0.0.1:99999"], "is not an address with a port"),
        (&["--listen", "localhost:80"], "is not an address with a port"),
        (
            &["--listen", "127.0.0.1:0", "--listen", "[::1]:0"],
            "--listen: given more than once; give it once",
        ),
        (
            &["--trusted-proxy", "10.0.0.0/33"],
            "--trusted-proxy: invalid range \"10.0.0.0/33\"; write `10.0.0.0/8`",
        ),
        (&["--trusted-proxy", "10.0.0.1/8"], "did you mean \"10.0.0.0/8\"?"),
        (
            &["--trusted-proxy", "0.0.0.0/1", "--trusted-proxy", "128.0.0.0/1"],
            "trusts every address, so",
        ),
        (
            &["--public-url", "exams.example.org"],
            "--public-url: \"exams.example.org\" is not an http or https URL; write scheme",
        ),
        (&["--allowed-host", "a/b"], "--allowed-host: invalid host \"a/b\"; write `example.com`"),
        (&["--log", "xml"], "--log: \"xml\" is not a log format; write pretty or json"),
        (&["--config", "missing.toml"], "configuration file \"missing.toml\": No such file"),
    ];
    for (args, expected) in table {
        let folder = tempdir().unwrap();
        let lines = refused(folder.path(), args);
        assert!(lines.len() == 1 && lines[0].contains(expected), "{args:?}: {lines:?}");
    }
}

#[test]
fn the_mistakes_of_flags_environment_and_file_are_told_together() {
    let folder = tempdir().unwrap();
    let file = "listn = \"x\"\nallowed_hosts = [\"a b\"]\nlog = 3\n";
    std::fs::write(folder.path().join("portal.toml"), file).unwrap();
    let mut command = command();
    command.args([
        "--nope",
        "--trusted-proxy",
        "x",
        "--trusted-proxy",
        "y",
        "--config",
        "portal.toml",
    ]);
    command.env("PORTAL_LISTEN", "nowhere").env("PORTAL_PUBLIC_URL", "ftp://x");
    let lines = refused_by(&mut command, folder.path());
    let expected = [
        "\"--nope\": unknown flag",
        "portal.toml line 1: unknown key \"listn\"; the keys are listen, data, copies, public_url",
        "portal.toml line 3, log: not a string",
        "PORTAL_LISTEN: \"nowhere\" is not an address",
        "PORTAL_PUBLIC_URL: \"ftp://x\" is not an http or https URL",
        "portal.toml line 2, allowed_hosts: invalid host \"a b\"",
        "--trusted-proxy: invalid range \"x\"",
        "--trusted-proxy: invalid range \"y\"",
    ];
    for expected in expected {
        assert!(lines.iter().any(|line| line.contains(expected)), "{expected}: {lines:#?}");
    }
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let folder = tempdir().unwrap();
    std::fs::write(
        folder.path().join("p.toml"),
        "listen = \"file\"\npublic_url = \"file\"\nlog = \"file\"\n",
    )
    .unwrap();
    let mut command = command();
    command.args(["--config", "p.toml", "--listen", "flag"]);
    command.env("PORTAL_LISTEN", "env").env("PORTAL_PUBLIC_URL", "env");
    let lines = refused_by(&mut command, folder.path());
    let places: Vec<&str> = lines.iter().filter_map(|line| line.split(": ").nth(1)).collect();
    assert_eq!(places, ["--listen", "PORTAL_PUBLIC_URL", "p.toml line 3, log"]);
}

#[test]
fn an_occupied_port_is_refused_before_any_data_is_made() {
    let folder = tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let lines = refused(folder.path(), &["--listen", &address, "--data", "new"]);
    assert!(lines[0].contains("in use") && lines[0].contains("another port"), "{lines:?}");
    assert!(!folder.path().join("new").exists());
}

#[test]
fn a_data_folder_that_cannot_be_one_is_refused() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    let table = [
        ("file", "is a file; name a folder"),
        ("file/below", "name a folder that this user may write"),
        ("/proc/exam-portal", "name a folder that this user may write"),
        ("", "name a folder, such as ./portal-data"),
    ];
    for (data, expected) in table {
        let lines = refused(folder.path(), &["--listen", "127.0.0.1:0", "--data", data]);
        assert!(lines.len() == 1 && lines[0].contains(expected), "{data}: {lines:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_data_folder_of_somebody_else_is_refused() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    let folder = tempdir().unwrap();
    let path = folder.path();
    let allow =
        |mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o555, 0o000] {
        let mut command = command();
        command.args(["--listen", "127.0.0.1:0", "--data"]).arg(path);
        // Modes mean nothing to root: it tries as another user.
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(65_534).gid(65_534);
        }
        // Under coverage the other user could not write the profile, and would say so.
        command.env("LLVM_PROFILE_FILE", "/dev/null");
        allow(mode);
        let output = run(&mut command);
        allow(0o700);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains("Permission denied") && errors.lines().count() == 1, "{errors}");
        assert!(content(path).is_empty());
    }
}

#[test]
fn help_and_version_are_printed_and_nothing_else_happens() {
    let folder = tempdir().unwrap();
    for (flag, expected) in
        [("--help", "--trusted-proxy <CIDR>"), ("--version", env!("CARGO_PKG_VERSION"))]
    {
        let output = command().arg(flag).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(expected), "{text}");
        assert!(output.stderr.is_empty() && content(folder.path()).is_empty());
    }
}

#[test]
fn a_configuration_file_alone_starts_the_portal() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("portal.toml");
    std::fs::write(&file, "allowed_hosts = [\"a.example\"]\nlog = \"json\"\n").unwrap();
    let portal =
        Portal::start_signed_out(tempdir().unwrap(), &["--config", file.to_str().unwrap()]);
    assert_eq!(portal.send("GET", "/", &[("host", "a.example")], b"").status, 303);
    let (code, log, _) = portal.stop();
    assert_eq!(code, Some(0));
    for line in log.lines() {
        let _: serde_json::Value = serde_json::from_str(line).unwrap();
    }
    assert!(log.contains("\"status\":303"), "{log}");
}
