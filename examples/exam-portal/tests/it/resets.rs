//! Forgotten passwords, as their users and as attackers have them.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use palisade_testkit::mail::SmtpSink;
use palisade_testkit::postgres::Postgres;
use serde_json::json;
use tempfile::tempdir;

use crate::portal::{Answer, PATIENCE, Portal, command, run};

const REQUEST: &str = "/api/v1/auth/reset-request";
const RESET: &str = "/api/v1/auth/reset";
const NEW: &str = "red bicycles under snow";
const TEACHER: &str = "teacher@school.example";

fn mails_in(folder: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let paths = files.map(|file| file.unwrap().path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "eml")).collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Waits for so many mails.
pub(crate) fn mails(portal: &Portal, count: usize) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let mails = mails_in(&portal.data().join("outbox"));
        if mails.len() >= count {
            assert_eq!(mails.len(), count, "{mails:?}");
            return mails;
        }
        assert!(begin.elapsed() < PATIENCE, "{} mails", mails.len());
        std::thread::yield_now();
    }
}

fn request(portal: &Portal, email: &str) -> Answer {
    portal.anonymous().json("POST", REQUEST, &json!({"email": email}))
}

fn redeem(portal: &Portal, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "new_password": password});
    portal.anonymous().json("POST", RESET, &body)
}

pub(crate) fn link(mail: &str) -> &str {
    mail.lines().find(|line| line.starts_with("http")).unwrap()
}

fn token(mail: &str) -> &str {
    link(mail).rsplit('/').next().unwrap()
}

/// Asks for a link for the teacher; returns its token.
fn issued(portal: &Portal, mail: usize) -> String {
    assert_eq!(request(portal, TEACHER).status, 202);
    token(&mails(portal, mail)[mail - 1]).to_owned()
}

fn on_both_engines(test: impl Fn(Portal)) {
    test(Portal::start());
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    test(Portal::start_with(&["--postgres", &url]));
}

#[test]
fn a_forgotten_password_is_replaced_in_the_browser() {
    on_both_engines(|portal| {
        let before = portal.sign_in("teacher");
        let mut browser = portal.anonymous();
        assert!(browser.get("/login").text().contains("href=\"/reset\""));
        let asked = browser.form("/reset", &[("email", " Teacher@School.Example ")]);
        assert_eq!(asked.status, 202, "{asked:?}");
        let mail = mails(&portal, 1).remove(0);
        assert!(mail.contains("To: <teacher@school.example>\r\n"), "{mail}");
        let (token, path) = (token(&mail), link(&mail).split_once("/reset/").unwrap().1);
        assert!(link(&mail).starts_with(&format!("http://{}/reset/", portal.address)));

        // A scanner of mail opens the link before its receiver does.
        for _ in 0..5 {
            let opened = browser.get(&format!("/reset/{path}"));
            assert_eq!((opened.status, opened.header("location")), (303, Some("/reset/choose")));
            assert_eq!(opened.header("referrer-policy"), Some("same-origin"));
            let cookie = opened.header("set-cookie").unwrap();
            assert!(cookie.contains("; HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            browser.cookie = opened.cookie();
            let page = browser.get("/reset/choose");
            assert_eq!(page.status, 200);
            assert_eq!(page.header("referrer-policy"), Some("same-origin"));
            assert!(!page.text().contains(token) && !page.head().contains(token));
        }

        let weak = browser.form("/reset/choose", &[("new_password", "teacher1")]);
        assert_eq!(weak.status, 422, "a refused password keeps the link");
        assert!(weak.text().contains("At least 15 characters are needed"), "{}", weak.text());
        assert!(!weak.text().contains("teacher1"));
        let done = browser.form("/reset/choose", &[("new_password", NEW)]);
        assert_eq!(done.status, 200, "{done:?}");
        assert!(done.header("set-cookie").unwrap().starts_with("reset=; Path=/; Max-Age=0"));
        let again = browser.form("/reset/choose", &[("new_password", NEW)]);
        assert_eq!(again.status, 410);
        assert_eq!(browser.get("/reset/choose").status, 410);

        before.get("/api/v1/me").is_problem(401, "authentication_required");
        assert!(portal.sign_in_with("teacher", &portal.password("teacher")).is_err());
        let teacher = portal.sign_in_with("teacher", NEW).unwrap();
        assert_eq!(teacher.get("/api/v1/me").status, 200, "nothing has to be changed");
        let told = mails(&portal, 2).remove(1);
        assert!(told.contains("was changed") && !told.contains("http"), "{told}");
        let (token, (code, log, _)) = (token.to_owned(), portal.stop());
        assert_eq!(code, Some(0));
        assert!(log.contains("authn_token_created") && log.contains("/reset/..."), "{log}");
        for secret in [token.as_str(), NEW, "teacher1"] {
            assert!(!log.contains(secret), "in the log: {log}");
        }
    });
}

#[test]
fn a_link_answers_204_once_422_for_a_weak_password_and_410_after_that() {
    on_both_engines(|portal| {
        let first = issued(&portal, 1);
        let weak = redeem(&portal, &first, "short");
        weak.is_problem(422, "password_refused");
        assert_eq!(weak.json()["errors"][0]["pointer"], "#/new_password");
        let second = issued(&portal, 2);
        redeem(&portal, &first, NEW).is_problem(410, "reset_link_superseded");
        let done = redeem(&portal, &second, NEW);
        assert_eq!((done.status, done.body.len()), (204, 0), "{done:?}");
        redeem(&portal, &second, NEW).is_problem(410, "reset_link_used");
        for forged in ["", "x", &"A".repeat(64), &format!("{}A", &second[..63])] {
            redeem(&portal, forged, NEW).is_problem(410, "reset_link_unknown");
        }
        let no_text = portal.anonymous().form("/reset/%eb", &[("new_password", NEW)]);
        assert_eq!(
            (no_text.status, no_text.header("content-type")),
            (410, Some("text/html; charset=utf-8"))
        );
        assert_eq!(portal.anonymous().get("/reset/%eb").status, 303);
        // At the address of the link, as a program does that follows no redirect.
        let third = issued(&portal, 4);
        let path = format!("/reset/{third}");
        let set = portal.anonymous().form(&path, &[("new_password", "blue bicycles under snow")]);
        assert_eq!(set.status, 200, "{set:?}");
        assert!(portal.sign_in_with("teacher", "blue bicycles under snow").is_ok());
    });
}

#[test]
fn a_change_of_the_password_ends_the_link() {
    on_both_engines(|portal| {
        let token = issued(&portal, 1);
        let teacher = portal.sign_in("teacher");
        let body = json!({"current_password": portal.password("teacher"), "new_password": NEW});
        assert_eq!(teacher.json("POST", "/api/v1/auth/password", &body).status, 204);
        redeem(&portal, &token, "blue bicycles under snow")
            .is_problem(410, "reset_link_superseded");
        assert!(portal.sign_in_with("teacher", NEW).is_ok());
        let told = mails(&portal, 2).remove(1);
        assert!(told.contains("was changed") && told.contains(TEACHER), "{told}");
        assert!(!told.contains("http") && !told.contains(NEW), "{told}");
    });
}

#[test]
fn of_many_who_redeem_one_link_at_once_one_is_served() {
    const MANY: usize = 16;
    on_both_engines(|portal| {
        for round in 0..3 {
            let token = issued(&portal, 2 * round + 1);
            let (together, portal) = (Barrier::new(MANY), &portal);
            let (token, together) = (&token, &together);
            let password = |number: usize| format!("{round} {number} bicycles under the snow");
            let served: Vec<usize> = std::thread::scope(|scope| {
                let ask = |number: usize| {
                    scope.spawn(move || {
                        together.wait();
                        let answer = redeem(portal, token, &password(number));
                        match answer.status {
                            204 => Some(number),
                            410 | 503 => None,
                            _ => panic!("{answer:?}"),
                        }
                    })
                };
                let asked: Vec<_> = (0..MANY).map(ask).collect();
                asked.into_iter().filter_map(|asked| asked.join().unwrap()).collect()
            });
            assert_eq!(served.len(), 1, "round {round}: {served:?}");
            assert!(portal.sign_in_with("teacher", &password(served[0])).is_ok());
            mails(portal, 2 * round + 2);
        }
    });
}

/// Head and body without what names the moment.
fn shape(answer: &Answer) -> (String, Vec<u8>) {
    let head = answer.head().lines().filter(|line| !crate::portal::is_of_the_moment(line));
    (head.collect::<Vec<_>>().join("\n"), answer.body.clone())
}

#[test]
fn the_answer_to_a_request_tells_nobody_who_has_an_account() {
    let portal = Portal::start();
    let known = shape(&request(&portal, TEACHER));
    assert!(known.0.starts_with("HTTP/1.1 202"), "{}", known.0);
    let long = format!("{}@school.example", "a".repeat(2000));
    // The second is CVE-2019-19844: upper case, by Unicode, is that of the teacher's address.
    for other in ["nobody@school.example", "teacher@\u{17f}chool.example", "", "a\r\nb", &long] {
        assert_eq!(shape(&request(&portal, other)), known, "{other:?}");
    }
    let form = |email: &str| shape(&portal.anonymous().form("/reset", &[("email", email)]));
    assert_eq!(form("student@school.example"), form("nobody@school.example"));
    let mails = mails(&portal, 2);
    assert!(mails[0].contains(&format!("To: <{TEACHER}>")), "{}", mails[0]);
    assert!(mails[1].contains("To: <student@school.example>"), "{}", mails[1]);
    let none = portal.anonymous().json("POST", REQUEST, &json!({}));
    assert_eq!(none.status, 422);
}

#[test]
fn the_link_is_of_the_public_url_whatever_the_request_says() {
    let proxy = ["--trusted-proxy", "127.0.0.1/32", "--public-url", "https://exams.example.org"];
    let hosts = ["--allowed-host", "evil.example", "--allowed-host", "127.0.0.1"];
    let portal = Portal::start_signed_out(tempdir().unwrap(), &[proxy, hosts].concat());
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("content-type", "application/json"),
    ];
    let body = json!({"email": TEACHER}).to_string();
    let asked = portal.send("POST", REQUEST, &headers, body.as_bytes());
    assert_eq!(asked.status, 202, "{asked:?}");
    let mail = mails(&portal, 1).remove(0);
    assert!(link(&mail).starts_with("https://exams.example.org/reset/"), "{mail}");
    assert!(!mail.contains("evil"));
}

#[test]
fn an_administrator_has_a_password_reset_without_seeing_one() {
    on_both_engines(|portal| {
        let teacher = portal.sign_in("teacher");
        let id = teacher.get("/api/v1/me").json()["id"].clone();
        let path = format!("/api/v1/admin/users/{id}/reset-password");
        let admin = portal.sign_in("admin");
        teacher.send("POST", &path, &[], b"").is_problem(403, "forbidden");
        portal.anonymous().send("POST", &path, &[], b"").is_problem(401, "authentication_required");
        for unknown in ["999999", "x", "-1"] {
            let path = format!("/api/v1/admin/users/{unknown}/reset-password");
            admin.send("POST", &path, &[], b"").is_problem(404, "unknown_user");
        }
        let done = admin.send("POST", &path, &[], b"");
        assert_eq!((done.status, done.body.len()), (204, 0), "{done:?}");
        teacher.get("/api/v1/me").is_problem(401, "authentication_required");
        let pending = portal.sign_in("teacher");
        pending.get("/api/v1/me").is_problem(403, "password_change_required");
        let mail = mails(&portal, 1).remove(0);
        // Also in a browser that holds the pending session.
        let opened = pending.get(link(&mail).split_once(&portal.address.to_string()).unwrap().1);
        assert_eq!((opened.status, opened.header("location")), (303, Some("/reset/choose")));
        assert_eq!(redeem(&portal, token(&mail), NEW).status, 204);
        let teacher = portal.sign_in_with("teacher", NEW).unwrap();
        assert_eq!(teacher.get("/api/v1/me").status, 200);
    });
}

#[test]
fn whoever_chooses_a_password_in_place_of_the_owner_is_told_on() {
    on_both_engines(|portal| {
        let admin = portal.sign_in("admin");
        let id = portal.sign_in("teacher").get("/api/v1/me").json()["id"].clone();
        let path = format!("/api/v1/admin/users/{id}/reset-password");
        assert_eq!(admin.send("POST", &path, &[], b"").status, 204);
        mails(&portal, 1);
        // The old password still leads to the page where another one is chosen, and nowhere else.
        let mut thief = portal.sign_in("teacher");
        thief.get("/api/v1/students").is_problem(403, "password_change_required");
        let chosen = thief.form("/account/password", &[("new_password", NEW)]);
        assert_eq!(chosen.status, 200, "{chosen:?}");
        thief.cookie = chosen.cookie();
        assert_eq!(thief.get("/api/v1/me").status, 200);
        let told = mails(&portal, 2).remove(1);
        assert!(told.contains("was changed") && told.contains(TEACHER), "{told}");
        // The owner answers with a new link.
        assert_eq!(request(&portal, TEACHER).status, 202);
        let back = token(&mails(&portal, 3)[2]).to_owned();
        assert_eq!(redeem(&portal, &back, "blue bicycles under snow").status, 204);
        thief.get("/api/v1/me").is_problem(401, "authentication_required");
    });
}

#[tokio::test]
async fn mail_goes_by_smtp_or_into_the_folder_that_is_named() {
    let sink = SmtpSink::start().unwrap();
    let portal = Portal::start_with(&["--smtp", &sink.url()]);
    assert_eq!(request(&portal, TEACHER).status, 202);
    let mails = sink.wait_for(1, Duration::from_mins(1)).await.unwrap();
    assert_eq!(mails[0].to, [TEACHER]);
    assert_eq!(mails[0].from, "exam-portal@127.0.0.1");
    assert_eq!(redeem(&portal, token(&mails[0].body()), NEW).status, 204);
    assert!(!portal.data().join("outbox").exists());

    let folder = tempdir().unwrap();
    let portal = Portal::start_with(&["--mail", folder.path().to_str().unwrap()]);
    assert_eq!(request(&portal, TEACHER).status, 202);
    // What is queued is sent before the program ends.
    assert_eq!(portal.stop().0, Some(0));
    assert_eq!(mails_in(folder.path()).len(), 1);
}

#[test]
fn settings_of_mail_that_cannot_work_are_refused_and_no_password_is_shown() {
    let refused = |flags: &[&str]| {
        let folder = tempdir().unwrap();
        let output = run(command().args(flags).current_dir(folder.path()));
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let plain = refused(&["--smtp", "smtp://ada:s3cret@mail.example.org"]);
    assert!(plain.contains("--smtp") && plain.contains("tls=required"), "{plain}");
    let none = refused(&["--smtp", "http://ada:s3cret@mail.example.org"]);
    let both = refused(&["--smtp", "smtps://ada:s3cret@mail.example.org", "--mail", "x"]);
    assert!(both.contains("stands beside --mail"), "{both}");
    for text in [plain, none, both] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}
