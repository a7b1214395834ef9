//! Database files that must not be touched, and those that are made.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::portal::{Portal, command, content, run};

/// The database of a portal that ran and ended.
fn used() -> TempDir {
    let (code, _, folder) = Portal::start().stop();
    assert_eq!(code, Some(0));
    folder
}

fn start(data: &Path) -> Output {
    run(command().args(["--listen", "127.0.0.1:0", "--data"]).arg(data))
}

#[track_caller]
fn refused(data: &Path, expected: &str) {
    let before = content(data);
    let output = start(data);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.lines().count() == 1 && errors.contains(expected), "{errors}");
    assert!(content(data) == before, "something on disk changed");
}

/// Writes over some bytes of the database.
fn write_at(data: &Path, at: usize, bytes: &[u8]) {
    let path = data.join("portal.sqlite3");
    let mut content = fs::read(&path).unwrap();
    content[at..at + bytes.len()].copy_from_slice(bytes);
    fs::write(path, content).unwrap();
}

#[test]
fn a_database_from_a_newer_version_is_refused_and_left_alone() {
    let folder = used();
    let data = folder.path().join("data");
    write_at(&data, 60, &4_i32.to_be_bytes());
    // It keeps another kind of journal: to open it as ours are opened would change the file.
    write_at(&data, 18, &[1, 1]);
    refused(&data, "is of version 4, this program knows versions up to 3; start the newer program");
}

#[test]
fn a_damaged_or_foreign_database_is_refused_and_left_alone() {
    let folder = used();
    let data = folder.path().join("data");
    let path = data.join("portal.sqlite3");
    let good = fs::read(&path).unwrap();

    fs::write(&path, "this is not a database, however long it may be").unwrap();
    refused(&data, "is damaged: it is not an SQLite database; restore a backup");
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    refused(&data, "is damaged: its end is cut off");
    fs::write(&path, &good).unwrap();
    write_at(&data, 68, b"OTHR");
    refused(&data, "belongs to another program");
    // The second page holds rows; its first byte says what kind of page it is.
    fs::write(&path, &good).unwrap();
    write_at(&data, 4096, &[0xff; 64]);
    refused(&data, "is damaged");

    fs::write(&path, &good).unwrap();
    let portal = Portal::start_in(folder, &[]);
    assert_eq!(portal.get("/health/ready").status, 200);
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;

    let portal = Portal::start();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&portal.data()), 0o700);
    let files = content(&portal.data());
    assert!(files.len() > 1, "database and write-ahead log");
    for (path, _) in files {
        assert_eq!(mode(&path), 0o600, "{path:?}");
    }
}
