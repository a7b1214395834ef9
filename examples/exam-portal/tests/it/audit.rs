//! The audit trail: every change of state and every sign-in is in it, and who changes it is found out.

use std::fs;
use std::path::{Path, PathBuf};

use palisade_testkit::postgres::Postgres;
use serde_json::{Value, json};

use crate::portal::{Portal, command, finished};

const LIST: &str = "/api/v1/admin/audit";

fn student(code: &str) -> Value {
    json!({"code": code, "name": "Ada Lovelace", "email": "ada@example.com", "birthDate": "2010-12-10"})
}

fn audit(data: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    finished(command().args(["--data"]).arg(data).arg("audit").args(args))
}

/// The files of events, in order.
fn segments(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("audit")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")).collect();
    found.sort();
    found
}

#[test]
fn changes_and_sign_ins_are_recorded_with_who_what_whereto_and_outcome() {
    let portal = Portal::start();
    assert!(portal.sign_in_with("teacher", "wrong").is_err());
    let teacher = portal.sign_in("teacher");
    assert_eq!(teacher.json("POST", "/api/v1/students", &student("AU-1")).status, 201);
    let change = json!({"name": "Ada King"});
    assert_eq!(teacher.json("PATCH", "/api/v1/students/AU-1", &change).status, 200);
    assert_eq!(teacher.send("DELETE", "/api/v1/students/AU-1", &[], b"").status, 204);
    assert_eq!(teacher.send("POST", "/api/v1/admin/users/1/reset-password", &[], b"").status, 403);
    let admin = portal.sign_in("admin");
    let found = |query: &str| {
        let answer = admin.get(&format!("{LIST}?{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["items"].as_array().unwrap().clone()
    };
    for (action, outcome) in [
        ("student.create", "success"),
        ("student.update", "success"),
        ("student.delete", "success"),
    ] {
        let events = found(&format!("action={action}&target=AU-1"));
        assert_eq!(events[0]["outcome"], outcome, "{action}: {events:?}");
        assert_eq!(events[0]["actor"]["id"], "teacher");
        assert_eq!(events[0]["ip"], "127.0.0.1");
    }
    let exam = json!({"title": "Algebra", "date": "2026-12-01"});
    teacher.json("POST", "/api/v1/exams", &exam);
    let exams = found("action=exam.create");
    assert!(
        exams[0]["actor"]["id"] == "teacher" && exams[0]["request_id"].is_string(),
        "{exams:?}"
    );
    let refused = found("actor=teacher&action=user.password.reset");
    assert_eq!(refused[0]["outcome"], "denied", "{refused:?}");
    let sign_ins = found("action=authn.login");
    let outcome_of = |outcome: &str, name: &str, who: &str| {
        sign_ins.iter().any(|event| event["outcome"] == outcome && event[who]["id"] == name)
    };
    assert!(outcome_of("denied", "teacher", "target"), "{sign_ins:?}");
    assert!(outcome_of("success", "teacher", "actor") && outcome_of("success", "admin", "actor"));
    // What the libraries report is there too, and no password is.
    assert!(!found("action=authn_login_success").is_empty());
    let everything: String =
        segments(&portal.data()).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for (_, password) in portal.passwords() {
        assert!(!everything.contains(password.as_str().unwrap()));
    }
}

#[test]
fn pages_of_the_list_follow_each_other_and_only_administrators_see_it() {
    let portal = Portal::start();
    for number in 0..5 {
        assert_eq!(
            portal.json("POST", "/api/v1/students", &student(&format!("PG-{number}"))).status,
            201
        );
    }
    assert_eq!(portal.get(LIST).status, 403);
    assert_eq!(portal.get("/admin/audit").status, 403);
    assert_eq!(portal.anonymous().get(LIST).status, 401);
    let admin = portal.sign_in("admin");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{LIST}?action=student.*&limit=3&cursor={cursor}")).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
        assert_eq!(page["has_more"], true);
    }
    assert_eq!(seen.len(), 10, "each change has a beginning and an end");
    assert!(seen.is_sorted_by(|newer, older| newer > older));
    admin.get(&format!("{LIST}?cursor=nonsense")).is_problem(400, "invalid_cursor");
    admin.get(&format!("{LIST}?actor=x&cursor={cursor}")).is_problem(400, "invalid_cursor");
    let told = admin.get(&format!("{LIST}?since=yesterday&actor=%00&limit=x"));
    let told = told.is_problem(422, "invalid_input").json();
    let told = |place: usize| (&told["errors"][place]["pointer"], &told["errors"][place]["code"]);
    assert_eq!(told(0), (&json!("#/actor"), &json!("control")));
    assert_eq!(told(1), (&json!("#/since"), &json!("since")));
    assert_eq!(admin.get("/admin/audit?since=yesterday").status, 422);
    assert_eq!(admin.get(&format!("{LIST}?since=2999-01-01")).json()["items"], json!([]));
    let page = admin.get("/admin/audit?action=student.*&limit=3");
    let text = page.text();
    assert_eq!(page.status, 200);
    assert!(text.contains("student.create") && text.contains("rel=\"next\""), "{text}");
    assert!(text.contains("/api/v1/admin/audit/proof/"));
    // The next page is one of the same search.
    let change = json!({"name": "Ada King"});
    assert_eq!(portal.json("PATCH", "/api/v1/students/PG-1", &change).status, 200);
    let search = "actor=teacher&action=student.*&target=PG-1&since=2026-01-01&limit=1";
    let page = admin.get(&format!("/admin/audit?{search}")).text();
    let link = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = admin.get(&link.replace("&#38;", "&"));
    assert_eq!((next.status, next.text().matches("</time>").count()), (200, 2), "{link}");
    let first =
        |page: &str| page.split("/proof/").nth(1).unwrap().split('"').next().map(str::to_owned);
    assert_ne!(first(&next.text()), first(&page), "{link}");
}

#[test]
fn every_event_can_be_proved_to_whoever_has_the_key() {
    let portal = Portal::start();
    assert_eq!(portal.json("POST", "/api/v1/students", &student("PR-1")).status, 201);
    let admin = portal.sign_in("admin");
    let key = fs::read_to_string(portal.data().join("audit.vkey")).unwrap();
    let key: palisade_audit::VerifierKey = key.parse().unwrap();
    let note = admin.get("/api/v1/admin/audit/checkpoint");
    let checkpoint = palisade_audit::Checkpoint::verify(&note.body, &key).unwrap();
    let seq = checkpoint.size() - 1;
    let proof = admin.get(&format!("/api/v1/admin/audit/proof/{seq}")).json();
    let text = |name: &str| proof[name].as_str().unwrap().to_owned();
    let path: Vec<palisade_audit::merkle::Hash> = proof["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hash| hash.as_str().unwrap().parse().unwrap())
        .collect();
    let signed = palisade_audit::Checkpoint::verify(text("checkpoint").as_bytes(), &key).unwrap();
    let leaf = palisade_audit::merkle::leaf(text("event").as_bytes());
    palisade_audit::merkle::verify_inclusion(&leaf, seq, signed.size(), signed.root(), &path)
        .unwrap();
    // What is asked for now covers what was recorded a moment ago.
    let newest = |code: &str| {
        assert_eq!(portal.json("POST", "/api/v1/students", &student(code)).status, 201);
        let found = admin.get(&format!("{LIST}?action=student.create&target={code}")).json();
        found["items"][0]["seq"].as_u64().unwrap()
    };
    let seq = newest("PR-2");
    let note = admin.get("/api/v1/admin/audit/checkpoint");
    assert!(palisade_audit::Checkpoint::verify(&note.body, &key).unwrap().size() > seq);
    let seq = newest("PR-3");
    assert_eq!(admin.get(&format!("/api/v1/admin/audit/proof/{seq}")).json()["seq"], seq);
    admin.get("/api/v1/admin/audit/proof/999999").is_problem(404, "unknown_event");
    admin.get("/api/v1/admin/audit/proof/x").is_problem(404, "unknown_event");
    admin.get("/api/v1/admin/audit/proof/%eb").is_problem(404, "unknown_event");
    let reset = admin.send("POST", "/api/v1/admin/users/%eb/reset-password", &[], b"");
    reset.is_problem(404, "unknown_user");
}

#[test]
fn verify_names_the_first_bad_event_of_a_changed_cut_or_reordered_file() {
    let portal = Portal::start();
    for number in 0..4 {
        assert_eq!(
            portal.json("POST", "/api/v1/students", &student(&format!("TA-{number}"))).status,
            201
        );
    }
    // Beside the portal that serves, too.
    let (code, out, _) = audit(&portal.data(), &["verify"]);
    assert_eq!(code, Some(0), "{out}");
    let (code, _, folder) = portal.stop();
    assert_eq!(code, Some(0));
    let data = folder.path().join("data");
    let (code, out, err) = audit(&data, &["verify"]);
    assert!(code == Some(0) && out.starts_with("verified: "), "{out} {err}");
    let (_, tail, _) = audit(&data, &["tail", "-n", "3"]);
    assert!(tail.lines().last().unwrap().contains("audit.closed"), "{tail}");
    let (_, found, _) = audit(&data, &["query", "--action", "student.create", "--target", "TA-2"]);
    assert_eq!(found.lines().count(), 1, "{found}");
    let (_, found, _) = audit(&data, &["query", "--action", "student.create"]);
    assert_eq!(found.lines().count(), 8, "each has a beginning and an end: {found}");

    let path = segments(&data).pop().unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let changed = whole.replacen("student.create", "student.delete", 1);
    let first = lines.iter().position(|line| line.contains("student.create")).unwrap();
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let cut = lines[..lines.len() - 2].join("\n") + "\n";
    for (bad, seq) in [(changed, first), (swapped.join("\n") + "\n", 2), (cut, lines.len() - 2)] {
        fs::write(&path, bad).unwrap();
        let (code, out, err) = audit(&data, &["verify"]);
        assert_eq!(code, Some(1), "{out}");
        assert!(err.contains(&format!("event {seq} ")), "{seq}: {err}");
        // Nor does the portal go on from there.
        let (code, _, err) =
            finished(command().args(["--listen", "127.0.0.1:0", "--data"]).arg(&data));
        assert!(code == Some(2) && err.contains(&format!("event {seq} ")), "{seq}: {err}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(audit(&data, &["verify"]).0, Some(0));
}

#[test]
fn an_older_trail_is_known_by_a_checkpoint_that_was_kept() {
    let portal = Portal::start();
    let (_, _, folder) = portal.stop();
    let (data, older) = (folder.path().join("data"), folder.path().join("older"));
    fs::create_dir(&older).unwrap();
    for entry in fs::read_dir(data.join("audit")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, older.join(path.file_name().unwrap())).unwrap();
    }
    let disabled =
        finished(command().arg("--data").arg(&data).args(["user", "disable", "student"]));
    assert_eq!(disabled.0, Some(0), "{disabled:?}");
    let kept = folder.path().join("kept");
    fs::copy(data.join("audit/checkpoint"), &kept).unwrap();
    let pinned = ["verify", "--pinned", kept.to_str().unwrap()];
    assert_eq!(audit(&data, &pinned).0, Some(0));
    fs::remove_dir_all(data.join("audit")).unwrap();
    fs::rename(&older, data.join("audit")).unwrap();
    assert_eq!(audit(&data, &["verify"]).0, Some(0), "it was signed as it is");
    let (code, out, err) = audit(&data, &pinned);
    assert!(code == Some(1) && err.contains("event "), "{out} {err}");
    fs::write(&kept, "no checkpoint").unwrap();
    assert_eq!(audit(&data, &pinned).0, Some(1));
}

#[test]
fn what_a_change_changed_is_recorded_before_and_after() {
    let portal = Portal::start();
    let admin = portal.sign_in("admin");
    let settings = json!({"schoolName": "New", "contactEmail": null, "currency": "NPR"});
    assert_eq!(admin.json("PUT", "/api/v1/settings", &settings).status, 200);
    for text in ["# One", "# Two"] {
        let announcement = json!({"markdown": text});
        let path = "/api/v1/announcements/welcome-back";
        assert_eq!(portal.json("PUT", path, &announcement).status, 200);
    }
    assert_eq!(portal.json("POST", "/api/v1/students", &student("CH-1")).status, 201);
    let change = json!({"name": "Ada King"});
    assert_eq!(portal.json("PATCH", "/api/v1/students/CH-1", &change).status, 200);
    let exam = portal.json("POST", "/api/v1/exams", &json!({"title": "Algebra", "date": null}));
    let grades = format!("/api/v1/exams/{}/grades", exam.json()["id"]);
    for points in [12.5, 17.0] {
        assert_eq!(portal.json("PUT", &grades, &json!({"CH-1": points})).status, 200);
    }
    let payment = json!({"studentCode": "CH-1", "amount": "12.50", "currency": "EUR"});
    assert_eq!(portal.json("POST", "/api/v1/payments", &payment).status, 201);
    let changes = |action: &str| {
        let found = admin.get(&format!("{LIST}?action={action}&limit=1")).json();
        found["items"][0]["changes"].clone()
    };
    let one = |name: &str, old: Value, new: Value| json!({"name": name, "old": old, "new": new});
    let set = changes("settings.update");
    let currency = one("currency", json!("EUR"), json!("NPR"));
    assert!(set.as_array().unwrap().contains(&currency), "{set}");
    let markdown = json!([one("markdown", json!("# One"), json!("# Two"))]);
    assert_eq!(changes("announcement.publish"), markdown);
    let name = json!([one("name", json!("Ada Lovelace"), json!("Ada King"))]);
    assert_eq!(changes("student.update"), name);
    let name = one("name", Value::Null, json!("Ada Lovelace"));
    assert_eq!(changes("student.create")[1], name);
    assert_eq!(changes("exam.create"), json!([one("title", Value::Null, json!("Algebra"))]));
    for (action, kind) in [("exam.create", "exam"), ("payment.record", "payment")] {
        let found = admin.get(&format!("{LIST}?action={action}&limit=1")).json();
        let target = &found["items"][0]["target"];
        assert!(target["kind"] == kind && target["id"] != "", "{found}");
    }
    assert_eq!(changes("grades.set"), json!([one("CH-1", json!("12.5"), json!("17"))]));
    assert_eq!(changes("payment.record")[1], one("minorUnits", Value::Null, json!(1250)));
    // The page does what the call does.
    let form = "schoolName=Newer&contactEmail=&currency=NPR";
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(admin.send("POST", "/settings", &typed, form.as_bytes()).status, 303);
    let name = json!([one("schoolName", json!("New"), json!("Newer"))]);
    assert_eq!(changes("settings.update"), name);
    let teacher = portal.sign_in("teacher");
    let filled = |path: &str, fields: &[(&str, &str)]| {
        let answer = teacher.form(path, fields);
        assert_eq!(answer.status, 303, "{path}: {answer:?}");
    };
    let born = ("birthDate", "2010-12-10");
    let (code, email) = (("code", "CH-2"), ("email", "ada@example.com"));
    filled("/students", &[code, ("name", "Ada"), email, born]);
    assert_eq!(changes("student.create")[0], one("code", Value::Null, json!("CH-2")));
    filled("/students/CH-2", &[code, ("name", "Ann"), email, born]);
    assert_eq!(changes("student.update"), json!([one("name", json!("Ada"), json!("Ann"))]));
    filled("/exams", &[("title", "Latin"), ("date", "")]);
    assert_eq!(changes("exam.create"), json!([one("title", Value::Null, json!("Latin"))]));
    filled("/announcements/welcome-back", &[("markdown", "# Three")]);
    let markdown = json!([one("markdown", json!("# Two"), json!("# Three"))]);
    assert_eq!(changes("announcement.publish"), markdown);
    let answer = portal.anonymous().get("/metrics");
    let figures = answer.text();
    for name in
        ["events_total{outcome=\"stored\"}", "queue_bytes", "sync_seconds_count", "recording 1"]
    {
        assert!(figures.contains(&format!("palisade_audit_{name}")), "{name}: {figures}");
    }
}

#[test]
fn a_cursor_shows_nothing_and_is_good_for_whom_it_was_made() {
    let portal = Portal::start();
    let admin = portal.sign_in("admin");
    let page = admin.get(&format!("{LIST}?limit=1")).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert!(cursor.parse::<palisade_audit::query::Cursor>().is_err(), "{cursor}");
    assert_eq!(admin.get(&format!("{LIST}?limit=1&cursor={cursor}")).status, 200);
    // A position that the client made.
    let made = "AQAAAAAAAAAqZGlnZXN0MTI";
    assert!(made.parse::<palisade_audit::query::Cursor>().is_ok());
    admin.get(&format!("{LIST}?cursor={made}")).is_problem(400, "invalid_cursor");
    let mut changed = cursor.to_owned().into_bytes();
    changed[3] = if changed[3] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    admin.get(&format!("{LIST}?limit=1&cursor={changed}")).is_problem(400, "invalid_cursor");
}

#[test]
fn commands_about_accounts_are_recorded_or_it_is_said_that_they_are_not() {
    let portal = Portal::start();
    let user = |data: &Path, args: &[&str]| {
        finished(command().arg("--data").arg(data).arg("user").args(args))
    };
    let (code, _, err) = user(&portal.data(), &["disable", "student"]);
    assert!(code == Some(0) && err.contains("not recorded in the audit trail"), "{err}");
    let (_, _, folder) = portal.stop();
    let data = folder.path().join("data");
    let add = ["add", "second", "--role", "admin", "--email", "second@school.example"];
    let (code, out, err) = user(&data, &add);
    assert!(code == Some(0) && !err.contains("not recorded"), "{err}");
    let password = out.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(user(&data, &["disable", "nobody"]).0, Some(1));
    assert_eq!(user(&data, &["enable", "student"]).0, Some(0));
    let password_of = |args: &[&str]| {
        let (code, out, err) = user(&data, args);
        assert_eq!(code, Some(0), "{err}");
        out.trim().rsplit(' ').next().unwrap().to_owned()
    };
    let reset = password_of(&["reset", "student"]);
    password_of(&["unlock", "student"]);
    assert!(user(&data, &["list"]).1.contains("second"));
    let (_, found, _) = audit(&data, &["query", "--actor", "exam-portal user"]);
    let events: Vec<Value> = found.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let told: Vec<_> = events
        .iter()
        .map(|e| (e["action"].as_str().unwrap(), e["outcome"].as_str().unwrap()))
        .collect();
    let expected = [
        ("lockout.unlock", "success"),
        ("lockout.unlock", "pending"),
        ("user.password.reset", "success"),
        ("user.password.reset", "pending"),
        ("user.enable", "success"),
        ("user.enable", "pending"),
        ("user.disable", "failure"),
        ("user.disable", "pending"),
        ("user.create", "success"),
        ("user.create", "pending"),
    ];
    assert_eq!(told, expected, "{found}");
    let added = events.iter().find(|event| event["action"] == "user.create").unwrap();
    assert_eq!(
        (&added["target"]["id"], &added["severity"]),
        (&json!("second"), &json!("important"))
    );
    let role = json!({"name": "role", "value": "admin"});
    assert!(added["details"].as_array().unwrap().contains(&role), "{added}");
    let everything: String =
        segments(&data).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(!everything.contains(&password) && !everything.contains(&reset));
    assert!(everything.contains("user_created"));
    assert_eq!(audit(&data, &["verify"]).0, Some(0));
}

#[test]
fn every_instance_shows_the_events_of_all() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let first = Portal::start_with(&["--postgres", &url]);
    let mut second = Portal::start_with(&["--postgres", &url]);
    second.share_session_of(&first);
    let admin = first.sign_in("admin");
    for (portal, code) in [(&first, "IN-1"), (&second, "IN-2"), (&first, "IN-3")] {
        assert_eq!(portal.json("POST", "/api/v1/students", &student(code)).status, 201);
    }
    let logs = |codes: &[&str]| -> Vec<String> {
        let log = |code: &&str| loop {
            // The other instance's copy is on its way.
            let query = format!("{LIST}?action=student.create&target={code}");
            let found = admin.get(&query).json();
            match found["items"][0]["log"].as_str() {
                Some(log) => break log.to_owned(),
                None => std::thread::yield_now(),
            }
        };
        codes.iter().map(log).collect()
    };
    let of = logs(&["IN-1", "IN-2", "IN-3"]);
    assert!(of[0] == of[2] && of[0] != of[1], "{of:?}");
    // Each instance proves its own events, and says whose the others are.
    let event = |code: &str| {
        let query = format!("{LIST}?action=student.create&target={code}");
        admin.get(&query).json()["items"][0].clone()
    };
    let proof = |event: &Value| {
        let log = event["log"].as_str().unwrap().replace('+', "%2B");
        admin.get(&format!("/api/v1/admin/audit/proof/{}?log={log}", event["seq"]))
    };
    let (own, other) = (event("IN-1"), event("IN-2"));
    assert_eq!(proof(&own).json()["seq"], own["seq"]);
    let told = proof(&other);
    told.is_problem(404, "event_elsewhere");
    let instance = other["log"].as_str().unwrap().rsplit_once('+').unwrap().0;
    assert!(told.json()["detail"].as_str().unwrap().contains(instance), "{told:?}");
    let nobody = json!({"log": "example.com/none+00000000+AA", "seq": 1});
    proof(&nobody).is_problem(404, "unknown_event");
    // The command shows all of them too, from any machine.
    let empty = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let (code, out, err) = finished(
            command().arg("--data").arg(empty.path()).args(["--postgres", &url]).args(args),
        );
        assert_eq!(code, Some(0), "{err}");
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let found = run(&["audit", "query", "--action", "student.create", "--target", "IN-2"]);
    assert!(found.iter().all(|event| event["log"] == of[1].as_str()) && found.len() == 1);
    let tail = run(&["audit", "tail", "-n", "200"]);
    let times = tail.iter().map(|event| event["ts"].as_str().unwrap());
    assert!(
        times.is_sorted() && of.iter().all(|log| tail.iter().any(|e| e["log"] == log.as_str()))
    );
    // Page by page, each once.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{LIST}?action=student.create&limit=1&cursor={cursor}");
        let page = admin.get(&path).json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|e| (e["log"].clone(), e["seq"].clone())),
        );
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let all = seen.len();
    seen.dedup();
    assert_eq!((all, seen.len()), (6, 6));
    let page = admin.get("/admin/audit?action=student.create");
    for log in &of {
        let instance = log.split('+').nth(1).unwrap();
        assert!(page.text().contains(instance), "{}", page.text());
    }
    // What an instance records while the server is away arrives when it is back.
    server.kill();
    assert_eq!(second.json("POST", "/api/v1/students", &student("IN-4")).status, 503);
    server.restart().unwrap();
    let found = |query: &str| loop {
        let answer = admin.get(&format!("{LIST}?{query}"));
        match answer.json()["items"].as_array() {
            Some(items) if !items.is_empty() => break items.clone(),
            _ => std::thread::yield_now(),
        }
    };
    let refused = found("action=student.create&outcome=error&since=2026-01-01");
    assert!(refused.iter().any(|event| event["log"] == of[1].as_str()), "{refused:?}");
}

#[test]
fn a_killed_portal_has_everything_that_it_answered() {
    let portal = Portal::start();
    for number in 0..10 {
        assert_eq!(
            portal.json("POST", "/api/v1/students", &student(&format!("KI-{number}"))).status,
            201
        );
    }
    let folder = portal.kill();
    let portal = Portal::start_in(folder, &[]);
    let admin = portal.sign_in("admin");
    for number in 0..10 {
        let found = admin.get(&format!("{LIST}?action=student.create&target=KI-{number}")).json();
        assert_eq!(found["items"][0]["outcome"], "success", "{found}");
    }
    assert_eq!(audit(&portal.data(), &["verify"]).0, Some(0));
}
