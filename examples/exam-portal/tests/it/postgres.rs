//! PostgreSQL in place of the file: shared by programs, reached in secret, never shown.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use palisade_testkit::postgres::Postgres;
use serde_json::json;
use tempfile::tempdir;

use crate::portal::{Portal, command, content, run};

const STUDENTS: &str = "/api/v1/students";

#[test]
fn two_programs_share_one_database() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let first = Portal::start_with(&["--postgres", &url]);
    let mut second = Portal::start_with(&["--postgres", &url]);
    second.share_session_of(&first);
    let ada = json!({"code": "A-1", "name": "Ada Byron", "email": "a@b.example", "birthDate": "2008-12-10"});
    assert_eq!(first.json("POST", STUDENTS, &ada).status, 201);
    second.json("POST", STUDENTS, &ada).is_problem(409, "duplicate_code");
    assert_eq!(second.get(STUDENTS).json()["total"], 37);
    let page = second.get("/students?q=byron&sort=-name");
    assert!(page.text().contains("1 record"), "{}", page.text());
    second.get("/api/v1/students/%00").is_problem(404, "unknown_student");
    assert!(!first.data().join("portal.sqlite3").exists());
    assert_eq!(first.stop().0, Some(0));
    assert_eq!(second.get("/health/ready").status, 200);
}

#[test]
fn a_start_leaves_alone_what_another_program_writes_in_the_folder_of_copies() {
    let (server, folder) = (Postgres::start().unwrap(), tempdir().unwrap());
    let url = server.url(&server.create_database().unwrap());
    let copies = folder.path().join("copies");
    let flags = ["--postgres", &url, "--copies", copies.to_str().unwrap()];
    let first = Portal::start_with(&flags);
    let exam = crate::records::exam(&first);
    let kept = crate::records::copy(&first, exam);
    let path = format!("/api/v1/exams/{exam}/copies/{}", kept.json()["id"]);
    assert_eq!(kept.status, 201, "{kept:?}");
    // A day later: what was kept, what a crash left, and what is being written.
    let now = SystemTime::now();
    let day = now - Duration::from_hours(24);
    let stored = content(&copies).remove(0).0;
    File::options().write(true).open(stored).unwrap().set_modified(day).unwrap();
    for (name, time) in [(".draft-of-a-crash", day), (".draft-of-the-first", now)] {
        File::create(copies.join(name)).unwrap().set_modified(time).unwrap();
    }
    let mut second = Portal::start_with(&flags);
    second.share_session_of(&first);
    assert_eq!(second.get(&path).body, crate::records::pdf());
    assert!(copies.join(".draft-of-the-first").exists() && content(&copies).len() == 2);
    let others = |portal: &Portal| portal.data().join("copies").exists();
    assert!(!others(&first) && !others(&second), "there is no other folder of copies");
}

#[test]
fn a_server_that_goes_away_is_a_refusal_with_retry_after_until_it_is_back() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let portal = Portal::start_with(&["--postgres", &url]);
    server.kill();
    let refused = portal.get(STUDENTS);
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.header("retry-after").is_some());
    server.restart().unwrap();
    let begin = std::time::Instant::now();
    while portal.get("/health/ready").status != 200 {
        assert!(begin.elapsed() < crate::portal::PATIENCE, "never ready");
    }
    assert_eq!(portal.get(STUDENTS).status, 200);
}

#[test]
fn the_password_of_the_url_is_shown_nowhere() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "postgres://ada:s3cret@127.0.0.1:1/exams\n").unwrap();
    std::fs::write(folder.path().join("bad"), "mysql://ada:s3cret@127.0.0.1:1/exams\n").unwrap();
    let start = |change: &dyn Fn(&mut Command)| {
        let mut command = command();
        command.args(["--listen", "127.0.0.1:0"]).current_dir(folder.path());
        change(&mut command);
        let output = run(&mut command);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(!errors.contains("s3cret") && output.stdout.is_empty(), "{errors}");
        errors
    };
    let masked = "database postgres://ada:***@127.0.0.1:1/exams: ";
    let errors = start(&|command| {
        command.env("PORTAL_POSTGRES_FILE", &file);
    });
    assert!(errors.contains(masked), "{errors}");
    let errors = start(&|command| {
        command.args(["--postgres", "postgres://ada:s3cret@127.0.0.1:1/exams"]);
        command.env("PORTAL_POSTGRES_FILE", "bad");
    });
    assert!(errors.contains(masked), "a flag wins: {errors}");
    let errors = start(&|command| {
        command.env("PORTAL_POSTGRES_FILE", "bad");
    });
    assert!(
        errors.contains("PORTAL_POSTGRES_FILE: the value is not a postgres:// URL"),
        "{errors}"
    );
    let errors = start(&|command| {
        command.env("PORTAL_POSTGRES", "postgres://ada:s3cret@127.0.0.1:1/exams");
        command.env("PORTAL_POSTGRES_FILE", &file);
    });
    assert!(errors.contains("given more than once"), "{errors}");
    let errors = start(&|command| {
        command.env("PORTAL_POSTGRES_FILE", "missing");
    });
    assert!(errors.contains("PORTAL_POSTGRES_FILE: \"missing\": No such file"), "{errors}");
}

/// Gives a server a certificate of an authority whose own certificate stays in `folder`.
fn use_tls(server: &Postgres, folder: &Path) {
    certify(folder);
    let openssl = |args: &str| openssl(folder, args);
    for file in ["server.key", "server.crt"] {
        // As one line, which `COPY` does not escape; the server writes it as its own.
        openssl(&format!("base64 -A -in {file} -out {file}.b64"));
        let text = std::fs::read_to_string(folder.join(format!("{file}.b64"))).unwrap();
        let copy = format!(
            "COPY (SELECT '{}') TO PROGRAM 'umask 077; base64 -d > {file}'",
            text.trim_end()
        );
        server.query("postgres", &copy).unwrap();
    }
    server.query("postgres", "ALTER SYSTEM SET ssl = on").unwrap();
    server.query("postgres", "SELECT pg_reload_conf()").unwrap();
}

/// Makes `server.crt` for 127.0.0.1, signed by the authority of `ca.crt`, and `other.crt`, which is
/// another authority's.
pub(crate) fn certify(folder: &Path) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for authority in ["ca", "other"] {
        openssl(
            folder,
            &format!(
                "req -x509 {key} -keyout {authority}.key -out {authority}.crt -days 2 -subj /CN={authority}"
            ),
        );
    }
    openssl(folder, &format!("req {key} -keyout server.key -out server.csr -subj /CN=db"));
    std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -days 2 -extfile names -out server.crt",
    );
}

fn openssl(folder: &Path, args: &str) {
    let done = Command::new("openssl").args(args.split(' ')).current_dir(folder).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_connection_is_secret_and_the_server_is_known_as_sslmode_asks() {
    let (server, folder) = (Postgres::start().unwrap(), tempdir().unwrap());
    let database = server.create_database().unwrap();
    use_tls(&server, folder.path());
    let url = |authority: &str| {
        let file = folder.path().join(authority);
        format!("{}?sslmode=verify-full&sslrootcert={}", server.url(&database), file.display())
    };
    let portal = Portal::start_with(&["--postgres", &url("ca.crt")]);
    assert_eq!(portal.get(STUDENTS).json()["total"], 36);
    let secret = "SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING \
                  (pid) WHERE datname = current_database() AND application_name = 'exam-portal'";
    assert_eq!(server.query(&database, secret).unwrap().trim(), "t|t");

    let mut stranger = command();
    stranger.args(["--listen", "127.0.0.1:0", "--postgres", &url("other.crt")]);
    let output = run(stranger.current_dir(folder.path()));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("certificate"), "{errors}");
}
