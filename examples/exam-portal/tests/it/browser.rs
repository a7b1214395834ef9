//! The pages in Chromium: what it draws, what it says on its console, how wide they are.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use palisade_testkit::browser::{Browser, ConsoleMessage};
use serde_json::json;

use crate::portal::{Portal, account, command, finished};

/// Path, name of the picture, and a word that a teacher finds there.
const PAGES: [(&str, &str, &str); 9] = [
    ("/", "dashboard", "Haddad"),
    ("/students", "students", "Haddad"),
    ("/students?q=nobody", "nobody", "No record matches"),
    ("/students/S-0001", "student", "Amina Abdi"),
    ("/exams", "exams", "Add an exam"),
    ("/announcements/new", "announcement", "Nothing is announced"),
    ("/settings", "settings", "Currency"),
    ("/account/password", "password", "Change the password"),
    ("/students/nobody", "missing", "Not found"),
];

const STRICT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// A proxy in front of the portal that adds a content security policy.
fn under_policy(portal: &Portal, policy: &str) -> SocketAddr {
    proxy(portal, &format!("content-security-policy: {policy}\r\n"), &[])
}

/// A proxy that adds lines to answers and takes headers out of requests.
fn proxy(portal: &Portal, added: &str, removed: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (upstream, header) = (portal.address, format!("\r\n{added}"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let header = header.clone();
            std::thread::spawn(move || {
                pass(stream?, TcpStream::connect(upstream)?, &header, removed)
            });
        }
    });
    address
}

/// Passes one request and its answer, the header after the status line.
fn pass(
    mut browser: TcpStream,
    mut portal: TcpStream,
    header: &str,
    removed: &[&str],
) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && browser.read(&mut byte)? == 1 {
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8_lossy(&head).replace("keep-alive", "close");
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let kept = head.split_inclusive("\r\n").filter(|line| !removed.contains(&&*name(line)));
    let head: String = kept.collect();
    portal.write_all(head.as_bytes())?;
    let length = head.lines().find(|line| name(line) == "content-length");
    let length = length.and_then(|line| line.split(':').nth(1)?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    browser.read_exact(&mut body)?;
    portal.write_all(&body)?;
    let mut answer = Vec::new();
    portal.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).replacen("\r\n", header, 1);
    browser.write_all(answer.as_bytes())
}

/// Signs somebody in through the form.
pub(crate) async fn sign_in(browser: &Browser, portal: &Portal, name: &str) {
    sign_in_at(browser, portal.address, portal, name).await;
}

/// Signs somebody in through a proxy.
async fn sign_in_at(browser: &Browser, at: SocketAddr, portal: &Portal, name: &str) {
    browser.goto(&format!("http://{at}/login")).await.unwrap();
    browser.fill("#username", name).await.unwrap();
    browser.fill("#password", &portal.password(name)).await.unwrap();
    browser.submit("main form").await.unwrap();
    let expected = if name == "student" { "Hello student" } else { "Dashboard" };
    assert_eq!(browser.text("h1").await.unwrap(), expected);
}

/// Where pictures are kept for people to look at.
pub(crate) fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exam-portal");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

async fn scheme(browser: &Browser, value: &str) {
    let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
    browser.call("Emulation.setEmulatedMedia", features).await.unwrap();
}

/// Takes pictures of a page in every light and size.
pub(crate) async fn draw(browser: &Browser, url: &str, name: &str, word: &str) {
    for value in ["light", "dark"] {
        scheme(browser, value).await;
        for size in ["wide", "phone"] {
            match size {
                "wide" => browser.viewport(1280, 900).await.unwrap(),
                _ => browser.phone().await.unwrap(),
            }
            browser.goto(url).await.unwrap();
            assert!(browser.text("main").await.unwrap().contains(word), "{url}");
            let file = picture(&format!("{name}-{value}-{size}.png"));
            browser.save_screenshot(&file).await.unwrap();
            let width = browser.evaluate("document.documentElement.scrollWidth").await.unwrap();
            assert!(
                width.as_u64() <= Some(if size == "wide" { 1280 } else { 390 }),
                "{url}: {width}"
            );
        }
    }
    let ground = "getComputedStyle(document.body).backgroundColor";
    let dark = browser.evaluate(ground).await.unwrap();
    scheme(browser, "light").await;
    assert_ne!(browser.evaluate(ground).await.unwrap(), dark, "{url}");
}

#[tokio::test]
async fn pages_are_drawn_in_light_and_dark_without_a_word_on_the_console() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    let url = |path: &str| format!("http://{}{path}", portal.address);
    draw(&browser, &url("/login"), "login", "Sign in").await;
    sign_in(&browser, &portal, "teacher").await;
    browser.clear_console();
    for (path, name, word) in PAGES {
        draw(&browser, &url(path), name, word).await;
    }
    // A page that is not there is a failed load to the browser, and nothing else.
    let console = browser.console_messages().await.unwrap();
    let told = console.iter().filter(|message| !message.text.contains("404 (Not Found)"));
    assert_eq!(told.count(), 0, "{console:?}");
    browser.goto(&url("/students")).await.unwrap();
    browser.click("summary").await.unwrap();
    browser.evaluate("document.querySelector('.add').scrollIntoView()").await.unwrap();
    browser.save_screenshot(&picture("students-add.png")).await.unwrap();
    browser.click(".who button").await.unwrap();
    sign_in(&browser, &portal, "student").await;
    draw(&browser, &url("/"), "own", "Amina Abdi").await;
}

#[tokio::test]
async fn a_strict_policy_breaks_nothing_and_a_stricter_one_is_heard() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    let strict = under_policy(&portal, STRICT);
    sign_in_at(&browser, strict, &portal, "teacher").await;
    for (path, ..) in &PAGES[..8] {
        browser.goto(&format!("http://{strict}{path}")).await.unwrap();
        let rounded = "getComputedStyle(document.querySelector('.card')).borderRadius";
        assert_eq!(browser.evaluate(rounded).await.unwrap(), "14px", "{path} is styled");
    }
    assert_eq!(browser.console_messages().await.unwrap(), []);
    let stricter = under_policy(&portal, &STRICT.replace("style-src 'self'", "style-src 'none'"));
    browser.goto(&format!("http://{stricter}/")).await.unwrap();
    let console = browser.console_messages().await.unwrap();
    assert!(console.iter().any(ConsoleMessage::is_csp_violation), "{console:?}");
}

#[tokio::test]
async fn a_temporary_password_leads_to_the_form_for_a_new_one_and_nowhere_else() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    let url = |path: &str| format!("http://{}{path}", portal.address);
    let reset =
        ["user", "reset", "teacher", "--data", portal.data().to_str().unwrap()].map(str::to_owned);
    let (_, out, _) = finished(command().args(reset));
    let (_, temporary) = account(&out).unwrap();
    browser.goto(&url("/login")).await.unwrap();
    browser.fill("#username", "teacher").await.unwrap();
    browser.fill("#password", &temporary).await.unwrap();
    browser.submit("main form").await.unwrap();
    assert_eq!(browser.text("h1").await.unwrap(), "Choose a password");
    browser.save_screenshot(&picture("choose.png")).await.unwrap();
    browser.goto(&url("/students")).await.unwrap();
    assert_eq!(browser.text("h1").await.unwrap(), "Choose a password");

    browser.fill("#new", "teacherteacher1").await.unwrap();
    browser.submit("main form").await.unwrap();
    browser.save_screenshot(&picture("choose-refused.png")).await.unwrap();
    assert!(browser.text("ul.wrong").await.unwrap().contains("account or service"));
    browser.fill("#new", "red bicycles under snow").await.unwrap();
    browser.submit("main form").await.unwrap();
    assert!(browser.text("[role=status]").await.unwrap().contains("is changed"));
    browser.goto(&url("/students")).await.unwrap();
    assert_eq!(browser.text("h1").await.unwrap(), "Students");
}

#[tokio::test]
async fn a_student_is_added_changed_and_removed_with_the_mouse() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "teacher").await;
    browser.goto(&format!("http://{}/students", portal.address)).await.unwrap();
    browser.click("summary").await.unwrap();
    for (field, text) in [("code", "A-1"), ("name", "Ada"), ("email", "ada@school.example")] {
        browser.fill(&format!("#add-{field}"), text).await.unwrap();
    }
    browser
        .evaluate("document.querySelector('#add-birthDate').value = '2008-12-10'")
        .await
        .unwrap();
    browser.click(".add button").await.unwrap();
    assert_eq!(browser.text("h1").await.unwrap(), "Ada");
    browser.fill("#name", "Ada Lovelace").await.unwrap();
    browser.click(".grid button").await.unwrap();
    assert_eq!(browser.text("h1").await.unwrap(), "Ada Lovelace");
    browser.click(".danger summary").await.unwrap();
    browser.click("button.danger").await.unwrap();
    assert_eq!(browser.text("h1").await.unwrap(), "Students");
    portal.get("/api/v1/students/A-1").is_problem(404, "unknown_student");
    assert_eq!(browser.console_messages().await.unwrap(), []);
}

/// A page of somebody else with a form that is not what it seems.
fn trap(target: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let page = format!(
        "<!doctype html><title>Win a prize</title><form method=post \
         action=\"http://{target}/students/S-0002/remove\"><button>Win</button></form>"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream?;
            let mut taken = [0; 4096];
            let _ = stream.read(&mut taken)?;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
                page.len()
            );
            stream.write_all(answer.as_bytes())?;
        }
        std::io::Result::Ok(())
    });
    address
}

#[tokio::test]
async fn a_form_of_another_port_removes_nobody_and_would_if_the_browser_kept_quiet() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "teacher").await;
    let there = |portal: &Portal| portal.get("/api/v1/students/S-0002").status;
    // Another port is the same site: the cookie rides along, whatever its SameSite says.
    browser.goto(&format!("http://{}/", trap(portal.address))).await.unwrap();
    browser.submit("form").await.unwrap();
    assert!(browser.text("body").await.unwrap().contains("cross_site_request"));
    assert_eq!(there(&portal), 200);

    // The same attack through a proxy that takes away what the browser says of it.
    let quiet = proxy(&portal, "", &["origin", "sec-fetch-site"]);
    browser.goto(&format!("http://{}/", trap(quiet))).await.unwrap();
    browser.submit("form").await.unwrap();
    assert_eq!(there(&portal), 404, "the attack works without the protection");
}

#[tokio::test]
async fn no_page_is_wider_than_a_phone() {
    let portal = Portal::start();
    let email = format!("{}@b.example", "w".repeat(60));
    let body = json!({
        "code": "W".repeat(32), "name": "W".repeat(120), "email": email, "birthDate": "2000-01-01"
    });
    assert_eq!(portal.json("POST", "/api/v1/students", &body).status, 201);
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "teacher").await;
    browser.phone().await.unwrap();
    for path in ["/", "/students?sort=-code", "/students?q=nobody"] {
        browser.goto(&format!("http://{}{path}", portal.address)).await.unwrap();
        let width = browser.evaluate("document.documentElement.scrollWidth").await.unwrap();
        assert_eq!(width, 390, "{path}");
    }
}

#[tokio::test]
async fn the_keyboard_alone_reaches_content_search_and_order() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "teacher").await;
    browser.goto(&format!("http://{}/students", portal.address)).await.unwrap();
    let tab = json!({"type": "keyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9});
    let mut reached = Vec::new();
    for _ in 0..14 {
        browser.call("Input.dispatchKeyEvent", tab.clone()).await.unwrap();
        let name = "document.activeElement.innerText.trim() || document.activeElement.name";
        reached.push(browser.evaluate(name).await.unwrap().as_str().unwrap().to_owned());
        let outline = "getComputedStyle(document.activeElement).outlineStyle";
        assert_ne!(browser.evaluate(outline).await.unwrap(), "none", "{reached:?}");
    }
    let expected = [
        "Skip to the content",
        "Exam portal",
        "Dashboard",
        "Students",
        "Exams",
        "Settings",
        "teacher teacher",
        "Sign out",
        "q",
        "Search",
        "Name",
        "Code",
        "E-mail",
        "Born",
    ];
    assert_eq!(reached, expected);

    browser.fill("#q", "Amina").await.unwrap();
    browser.submit("form.search").await.unwrap();
    browser.wait_until("document.querySelectorAll('tbody tr').length === 3").await.unwrap();
    assert!(browser.url().await.unwrap().contains("q=Amina"));
}
