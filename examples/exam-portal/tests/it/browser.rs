//! The pages in Chromium: what it draws, what it says on its console, how wide they are.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use palisade_testkit::browser::{Browser, ConsoleMessage};
use serde_json::json;

use crate::portal::Portal;

const PAGES: [(&str, &str); 2] = [("/", "dashboard"), ("/students", "students")];

const STRICT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// A proxy in front of the portal that adds a content security policy.
fn under_policy(portal: &Portal, policy: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (upstream, header) = (portal.address, format!("\r\ncontent-security-policy: {policy}\r\n"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let header = header.clone();
            std::thread::spawn(move || pass(stream?, TcpStream::connect(upstream)?, &header));
        }
    });
    address
}

/// Passes one request and its answer, the header after the status line.
fn pass(mut browser: TcpStream, mut portal: TcpStream, header: &str) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && browser.read(&mut byte)? == 1 {
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8_lossy(&head).replace("keep-alive", "close");
    portal.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    portal.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).replacen("\r\n", header, 1);
    browser.write_all(answer.as_bytes())
}

/// Signs somebody in through the form.
async fn sign_in(browser: &Browser, portal: &Portal, name: &str) {
    browser.goto(&format!("http://{}/login", portal.address)).await.unwrap();
    browser.fill("#username", name).await.unwrap();
    browser.fill("#password", &portal.password(name)).await.unwrap();
    browser.submit("main form").await.unwrap();
    assert!(browser.text("h1").await.unwrap().contains("Dashboard") || name == "student");
}

/// Where pictures are kept for people to look at.
fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exam-portal");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

async fn scheme(browser: &Browser, value: &str) {
    let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
    browser.call("Emulation.setEmulatedMedia", features).await.unwrap();
}

#[tokio::test]
async fn pages_are_drawn_in_light_and_dark_without_a_word_on_the_console() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "teacher").await;
    for (path, name) in PAGES {
        for value in ["light", "dark"] {
            scheme(&browser, value).await;
            for size in ["wide", "phone"] {
                match size {
                    "wide" => browser.viewport(1280, 900).await.unwrap(),
                    _ => browser.phone().await.unwrap(),
                }
                browser.goto(&format!("http://{}{path}", portal.address)).await.unwrap();
                assert!(browser.text("main").await.unwrap().contains("Haddad"), "{path}");
                let file = picture(&format!("{name}-{value}-{size}.png"));
                browser.save_screenshot(&file).await.unwrap();
            }
        }
        let grounds = "getComputedStyle(document.body).backgroundColor";
        let dark = browser.evaluate(grounds).await.unwrap();
        scheme(&browser, "light").await;
        assert_ne!(browser.evaluate(grounds).await.unwrap(), dark, "{path}");
    }
    assert_eq!(browser.console_messages().await.unwrap(), []);
}

#[tokio::test]
async fn a_strict_policy_breaks_nothing_and_a_stricter_one_is_heard() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "teacher").await;
    let strict = under_policy(&portal, STRICT);
    for (path, _) in PAGES {
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
    for _ in 0..12 {
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
