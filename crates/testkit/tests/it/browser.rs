//! A real Chromium opens real pages.

use palisade_testkit::browser::Browser;
use palisade_testkit::process::Folder;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::seen::{eventually, family_of, is_alive};

const PAGE: &str = "<!doctype html><meta charset=utf-8><title>t</title>\
    <link rel=icon href='data:,'><h1 id=h data-kind=head>before</h1>\
    <script nonce=abc>document.getElementById('h').textContent = 'nonce ran';\
    console.log('hello', 42);</script>\
    <script>document.getElementById('h').textContent = 'inline ran'</script>\
    <form id=f method=post action=/send enctype=multipart/form-data>\
    <input name=who value=old><select name=kind><option>a<option>b</select>\
    <input type=file name=scan><button id=go>Go</button></form>\
    <button id=boom>boom</button><button id=ask>ask</button><script nonce=abc>\
    document.getElementById('boom').onclick = () => { throw new Error('planted') };\
    document.getElementById('ask').onclick = () => { alert('stop'); document.title = 'went on' };\
    </script>";

/// A site with one page and a form that shows what it was sent.
fn site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    format!("http://portal.example:{port}/")
}

fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let Ok(length @ 1..) = stream.read(&mut part) else { return };
        request.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let wanted = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
            })
            .unwrap_or(0);
        if body.len() >= wanted {
            break;
        }
    }
    let text = String::from_utf8_lossy(&request);
    let (status, page) = if text.starts_with("GET / ") {
        ("200 OK", PAGE.to_owned())
    } else if text.starts_with("POST /send ") {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let cookie = head.lines().find(|line| line.to_ascii_lowercase().starts_with("cookie:"));
        let shown = format!("{} {body}", cookie.unwrap_or("no cookie"));
        ("200 OK", format!("<link rel=icon href='data:,'><pre id=sent>{shown}</pre>"))
    } else {
        ("404 Not Found", "gone".to_owned())
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Content-Security-Policy: script-src 'nonce-abc'\r\n\
         Set-Cookie: session=canary; Path=/; HttpOnly; SameSite=Strict\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}

#[tokio::test]
async fn sees_what_the_policy_blocks_and_what_scripts_say() {
    let browser = Browser::start().await.unwrap();
    browser.goto(&site()).await.unwrap();
    assert_eq!(browser.text("#h").await.unwrap(), "nonce ran");
    assert!(browser.dump_dom().await.unwrap().contains("nonce ran"));
    assert_eq!(browser.attr("#h", "data-kind").await.unwrap().as_deref(), Some("head"));
    assert_eq!(browser.attr("#h", "data-none").await.unwrap(), None);

    let console = browser.console_messages().await.unwrap();
    let violations: Vec<_> = console.iter().filter(|message| message.is_csp_violation()).collect();
    assert_eq!(violations.len(), 1, "{console:?}");
    assert!(violations[0].text.contains("inline"), "{violations:?}");
    assert!(console.iter().any(|m| m.source == "script" && m.text == "hello 42"), "{console:?}");
    assert_eq!(console.len(), 2, "{console:?}");

    browser.clear_console();
    browser.click("#boom").await.unwrap();
    let console = browser.console_messages().await.unwrap();
    assert_eq!(console.len(), 1, "{console:?}");
    assert!(console[0].source == "exception" && console[0].text.contains("planted"), "{console:?}");

    browser.clear_console();
    browser.click("#ask").await.unwrap();
    browser.wait_until("document.title === 'went on'").await.unwrap();
    let console = browser.console_messages().await.unwrap();
    assert!(console[0].source == "dialog" && console[0].text == "stop", "{console:?}");
}

#[tokio::test]
async fn fills_a_form_sends_a_file_keeps_cookies_and_takes_pictures() {
    let browser = Browser::start().await.unwrap();
    let folder = Folder::new("scan").unwrap();
    let scan = folder.path().join("scan.txt");
    fs::write(&scan, "scanned words").unwrap();
    browser.goto(&site()).await.unwrap();

    let cookies = browser.cookies().await.unwrap();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert_eq!((cookies[0].name.as_str(), cookies[0].value.as_str()), ("session", "canary"));
    assert_eq!(cookies[0].domain, "portal.example");
    assert!(cookies[0].http_only && !cookies[0].secure && cookies[0].session);
    assert_eq!(cookies[0].same_site.as_deref(), Some("Strict"));

    browser.fill("[name=who]", "Zo\u{eb}").await.unwrap();
    browser.fill("[name=kind]", "b").await.unwrap();
    browser.attach_file("[name=scan]", &scan).await.unwrap();
    browser.click("#go").await.unwrap();
    assert!(browser.url().await.unwrap().ends_with("/send"));
    let sent = browser.text("#sent").await.unwrap();
    for part in ["session=canary", "Zo\u{eb}", "b", "scan.txt", "scanned words"] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    assert!(!sent.contains("old"), "the field was emptied first");

    browser.phone().await.unwrap();
    assert_eq!(browser.evaluate("innerHeight > innerWidth").await.unwrap(), true);
    let png = browser.screenshot().await.unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(png[16..24], [0, 0, 3, 12, 0, 0, 6, 152], "780 by 1688 device pixels");
    browser.save_screenshot(&folder.path().join("page.png")).await.unwrap();
    browser.viewport(800, 600).await.unwrap();
    assert_eq!(browser.evaluate("innerWidth").await.unwrap(), 800);
}

#[tokio::test]
async fn says_what_is_wrong_and_leaves_nothing_behind() {
    let browser = Browser::start().await.unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = browser.goto(&format!("http://{nobody}/")).await.unwrap_err();
    assert!(error.to_string().contains("ERR_CONNECTION_REFUSED"), "{error}");
    let error = browser.click("#none").await.unwrap_err();
    assert!(error.to_string().contains("no element #none"), "{error}");
    let error = browser.evaluate("missing.thing").await.unwrap_err();
    assert!(error.to_string().contains("ReferenceError"), "{error}");
    browser.goto(&site()).await.unwrap();
    browser.submit("#f").await.unwrap();
    assert_eq!(browser.count("#sent").await.unwrap(), 1);

    let root = browser.pid().unwrap();
    let family = family_of(root);
    assert!(family.len() > 2, "renderers and helpers: {family:?}");
    drop(browser);
    eventually("all of Chromium is gone", || !family.iter().any(|pid| is_alive(*pid)));
}
