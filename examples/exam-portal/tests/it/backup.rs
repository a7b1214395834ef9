//! Backups: everything is back after the loss of the data, and who changes one is found out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

use serde_json::{Value, json};

use crate::portal::{Client, Portal, command, content, finished};

/// Calls whose answers tell what is in the database.
const CALLS: [&str; 5] = [
    "/api/v1/students?per_page=100",
    "/api/v1/students/export.csv",
    "/api/v1/exams",
    "/api/v1/announcements/welcome",
    "/api/v1/settings",
];

fn pdf(title: &str) -> Vec<u8> {
    let body = format!("%PDF-1.4\n1 0 obj\n<</Type/Catalog/Lang({title})>>\nendobj\n");
    let rest = "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R>>\n";
    format!("{body}{rest}startxref\n{}\n%%EOF\n", body.len()).into_bytes()
}

/// Uploads a copy; returns where it is read.
fn upload(client: &Client<'_>, exam: i64, file: &[u8]) -> String {
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let path = format!("/api/v1/exams/{exam}/copies");
    let kept = client.send("POST", &path, &headers, &body);
    assert_eq!(kept.status, 201, "{kept:?}");
    format!("{path}/{}", kept.json()["id"])
}

/// Does a teacher's work; returns the exam and the copies.
fn work(portal: &Portal) -> (i64, Vec<String>) {
    let teacher = portal.sign_in("teacher");
    let student = json!({"code": "B-1", "name": "Ada Lovelace", "email": "ada@example.com", "birthDate": "2010-12-10"});
    assert_eq!(teacher.json("POST", "/api/v1/students", &student).status, 201);
    let exam = teacher.json("POST", "/api/v1/exams", &json!({"title": "Algebra"}));
    let exam = exam.json()["id"].as_i64().unwrap();
    let copies = ["en", "fr"].map(|title| upload(&teacher, exam, &pdf(title)));
    let grades = json!({"B-1": 17.5, "S-0001": 12});
    assert_eq!(teacher.json("PUT", &format!("/api/v1/exams/{exam}/grades"), &grades).status, 200);
    let text = json!({"markdown": "# Welcome\n\nThe **exam** is on Monday."});
    assert_eq!(teacher.json("PUT", "/api/v1/announcements/welcome", &text).status, 200);
    let payment = json!({"studentCode": "B-1", "amount": "12.50", "currency": "EUR"});
    assert_eq!(teacher.json("POST", "/api/v1/payments", &payment).status, 201);
    (exam, copies.to_vec())
}

fn backup(data: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    finished(command().arg("--data").arg(data).args(args))
}

/// Makes a backup; returns its folder.
fn made(data: &Path, to: &Path, flags: &[&str]) -> (PathBuf, Value) {
    let args = [&["backup", to.to_str().unwrap(), "--json"], flags].concat();
    let (code, out, errors) = backup(data, &args);
    assert_eq!(code, Some(0), "{errors}");
    let report: Value = serde_json::from_str(&out).unwrap();
    (PathBuf::from(report["backup"].as_str().unwrap()), report)
}

#[test]
fn after_the_loss_of_the_data_every_row_every_copy_and_every_proof_is_back() {
    let (portal, kept) = (Portal::start(), tempfile::tempdir().unwrap());
    let (exam, copies) = work(&portal);
    let seen = |portal: &Portal| {
        let teacher = portal.sign_in("teacher");
        let grades = format!("/api/v1/exams/{exam}/grades");
        let paths = CALLS.iter().map(|path| (*path).to_owned()).chain([grades]);
        let all = paths.chain(copies.iter().cloned()).map(|path| teacher.get(&path).body);
        all.collect::<Vec<_>>()
    };
    let before = seen(&portal);
    let admin = portal.sign_in("admin");
    let proof = |admin: &Client<'_>| {
        let answer = admin.get("/api/v1/admin/audit/proof/3");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["event"].clone()
    };
    let proved = proof(&admin);
    let (folder, report) = made(&portal.data(), kept.path(), &[]);
    assert!(report["rows"]["students"].as_u64() == Some(37), "{report}");

    let late =
        json!({"code": "B-2", "name": "Late", "email": "l@example.com", "birthDate": "2010-12-10"});
    assert_eq!(portal.json("POST", "/api/v1/students", &late).status, 201);
    let data = portal.data();
    let home = portal.kill();
    fs::remove_dir_all(&data).unwrap();
    let (code, out, errors) = backup(&data, &["restore", kept.path().to_str().unwrap()]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.starts_with(folder.canonicalize().unwrap().to_str().unwrap()), "{out}");

    let portal = Portal::start_in(home, &[]);
    assert_eq!(seen(&portal), before);
    portal.get("/api/v1/students/B-2").is_problem(404, "unknown_student");
    let admin = portal.sign_in("admin");
    assert_eq!(proof(&admin), proved);
    let events = admin.get("/api/v1/admin/audit?action=backup.restore").json();
    assert_eq!(events["items"][0]["target"]["id"], report["made_at"]);
    let (code, out, errors) =
        finished(command().arg("--data").arg(&data).args(["audit", "verify"]));
    assert_eq!(code, Some(0), "{out}{errors}");
    // New work goes on where the restored one ended.
    assert_eq!(portal.json("POST", "/api/v1/students", &late).status, 201);
}

#[test]
fn a_backup_in_which_anything_was_changed_is_refused_and_nothing_is_restored() {
    let (portal, kept) = (Portal::start(), tempfile::tempdir().unwrap());
    work(&portal);
    let (folder, _) = made(&portal.data(), kept.path(), &[]);
    drop(portal);
    let new = kept.path().join("new");
    let whole = content(&folder);
    assert!(whole.len() >= 8, "{:?}", whole.iter().map(|(path, _)| path).collect::<Vec<_>>());
    for (path, bytes) in &whole {
        let mut other = bytes.clone();
        let middle = other.len() / 2;
        other[middle] ^= 1;
        fs::write(path, &other).unwrap();
        let (code, out, errors) = backup(&new, &["backup", "verify", folder.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{path:?} {errors}");
        fs::remove_file(path).unwrap();
        let (code, _, errors) = backup(&new, &["restore", folder.to_str().unwrap()]);
        assert_eq!(code, Some(1), "without {path:?}: {errors}");
        fs::write(path, bytes).unwrap();
    }
    for added in ["stray", "copies/stray.pdf"] {
        fs::write(folder.join(added), "").unwrap();
        let (code, _, errors) = backup(&new, &["restore", folder.to_str().unwrap()]);
        assert!(code == Some(1) && errors.contains("was added"), "{errors}");
        fs::remove_file(folder.join(added)).unwrap();
    }
    let left: Vec<_> = fs::read_dir(kept.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the backup and the lock, and nothing half restored: {left:?}");
    let (code, out, errors) = backup(&new, &["backup", "verify", folder.to_str().unwrap()]);
    assert!(code == Some(0) && out.contains(": whole, of 2"), "{out}{errors}");
}

#[test]
fn what_a_manifest_says_leads_nowhere_outside() {
    let (portal, kept) = (Portal::start(), tempfile::tempdir().unwrap());
    let (folder, _) = made(&portal.data(), kept.path(), &[]);
    let new = kept.path().join("new");
    let path = folder.join("manifest.json");
    let manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let outside = kept.path().join("outside");
    fs::write(&outside, "secret").unwrap();
    for name in ["../../outside", "copies/../../../outside", outside.to_str().unwrap(), "audit/x"] {
        let mut other = manifest.clone();
        other["files"][name] = json!({"bytes": 6, "sha256": "00"});
        fs::write(&path, other.to_string()).unwrap();
        let (code, _, errors) = backup(&new, &["restore", folder.to_str().unwrap()]);
        assert_eq!(code, Some(1), "{name}: {errors}");
    }
    let mut other = manifest;
    other["format"] = 2.into();
    fs::write(&path, other.to_string()).unwrap();
    let (code, _, errors) = backup(&new, &["restore", folder.to_str().unwrap()]);
    assert!(code == Some(1) && errors.contains("of form 2"), "{errors}");
}

#[test]
fn a_backup_is_whole_while_others_write() {
    let (portal, kept) = (Portal::start(), tempfile::tempdir().unwrap());
    let (exam, _) = work(&portal);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let portal = &portal;
                scope.spawn(move || {
                    let teacher = portal.sign_in("teacher");
                    for number in 0..20 {
                        upload(&teacher, exam, &pdf(&format!("w{writer}-{number}")));
                    }
                })
            })
            .collect();
        let (_, report) = made(&portal.data(), kept.path(), &[]);
        assert!(report["rows"]["copies"].as_u64().unwrap() >= 2, "{report}");
        for writer in writers {
            writer.join().unwrap();
        }
    });
}

#[test]
fn old_backups_go_as_asked_and_one_command_works_at_a_time() {
    let (portal, kept) = (Portal::start(), tempfile::tempdir().unwrap());
    let (newest, _) = made(&portal.data(), kept.path(), &[]);
    let old = |name: &str| {
        let folder = kept.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::copy(newest.join("manifest.json"), folder.join("manifest.json")).unwrap();
    };
    old("portal-20200101T000000Z");
    old("portal-20210101T000000Z");
    fs::create_dir(kept.path().join("portal-20190101T000000Z")).unwrap();
    fs::create_dir(kept.path().join("photos")).unwrap();
    // What a command that was killed has left.
    fs::create_dir(kept.path().join(".partial")).unwrap();
    fs::write(kept.path().join(".partial/portal.sqlite3"), "half").unwrap();
    let names = || {
        let entries = fs::read_dir(kept.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let (_, report) = made(&portal.data(), kept.path(), &["--keep", "3"]);
    assert_eq!(report["removed"], json!(["portal-20200101T000000Z"]));
    let (_, report) = made(&portal.data(), kept.path(), &["--keep", "1", "--keep-days", "7"]);
    assert_eq!(report["removed"], json!(["portal-20210101T000000Z"]));
    let left = names();
    // A folder without a manifest, and one of another name, are nobody's to remove.
    assert!(
        left.contains(&"photos".to_owned()) && left.contains(&"portal-20190101T000000Z".to_owned())
    );
    assert_eq!(left.iter().filter(|name| name.starts_with("portal-202")).count(), 3, "{left:?}");
    let (_, report) = made(&portal.data(), kept.path(), &["--keep", "1"]);
    assert_eq!(report["removed"].as_array().unwrap().len(), 3);

    let to = kept.path().to_str().unwrap();
    let start = || command().arg("--data").arg(portal.data()).args(["backup", to]).spawn().unwrap();
    let two = [start(), start()].map(Child::wait_with_output).map(Result::unwrap);
    let (won, lost): (Vec<_>, Vec<_>) = two.iter().partition(|output| output.status.success());
    assert_eq!((won.len(), lost.len()), (1, 1));
    assert!(String::from_utf8_lossy(&lost[0].stderr).contains("another command works"));
}

#[test]
fn a_restore_overwrites_nothing_and_a_backup_needs_a_portal() {
    let (portal, kept) = (Portal::start(), tempfile::tempdir().unwrap());
    let (folder, _) = made(&portal.data(), kept.path(), &[]);
    let home = portal.kill();
    let before = content(&home.path().join("data"));
    let restore = |data: &Path| backup(data, &["restore", folder.to_str().unwrap()]);
    let (code, _, errors) = restore(&home.path().join("data"));
    assert!(code == Some(1) && errors.contains("is not empty"), "{errors}");
    assert_eq!(content(&home.path().join("data")), before);

    let empty = kept.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(restore(&empty).0, Some(0));
    let to = kept.path().join("others");
    let (code, _, errors) = backup(&kept.path().join("nobody"), &["backup", to.to_str().unwrap()]);
    assert!(code == Some(1) && errors.contains("holds no portal"), "{errors}");
    for nothing in ["nowhere", "others"] {
        let path = kept.path().join(nothing);
        let (code, _, errors) = backup(&empty, &["backup", "verify", path.to_str().unwrap()]);
        assert!(code == Some(1) && errors.contains("there is none"), "{errors}");
    }
    let url = "postgres://portal@127.0.0.1:1/portal";
    let (code, _, errors) = backup(&empty, &["--postgres", url, "backup", to.to_str().unwrap()]);
    assert!(code == Some(1) && errors.contains("use pg_dump"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (portal, kept) = (Portal::start(), tempfile::tempdir().unwrap());
    let (folder, _) = made(&portal.data(), kept.path(), &[]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for (path, _) in content(&folder) {
        assert_eq!(mode(&path) & 0o077, 0, "{path:?}");
    }
}
