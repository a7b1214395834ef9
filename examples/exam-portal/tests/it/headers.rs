//! Response headers and violation reports.

use std::net::TcpListener;

use palisade_testkit::browser::{Browser, ConsoleMessage};
use serde_json::json;

use crate::between::{Between, Changes};
use crate::portal::{PATIENCE, Portal};

#[test]
fn answers_of_every_kind_carry_the_strict_set() {
    let portal = Portal::start();
    let answers = [
        portal.get("/"),
        portal.anonymous().get("/login"),
        portal.anonymous().get("/api/v1/me"),
        portal.get("/api/v1/students"),
        portal.get("/assets/portal.css"),
        portal.get("/health"),
        portal.get("/no/such/page"),
        portal.send("DELETE", "/login", &[], b""),
        portal.send("POST", "/api/v1/students", &[("content-type", "application/json")], b"{"),
        portal.send("GET", "/", &[("host", "stranger.example")], b""),
        portal.send("POST", "/logout", &[("sec-fetch-site", "cross-site")], b""),
        portal.send("POST", "/api/v1/csp-reports", &[], b""),
    ];
    for answer in answers {
        let set = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        // Browsers want isolation asked for over trustworthy connections only.
        let isolated = (answer.status != 421).then_some("same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), isolated, "{answer:?}");
        for (name, value) in set {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
        let csp = answer.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(csp.contains(part), "{csp}");
        }
        assert!(csp.contains("report-uri /api/v1/csp-reports?p=pages&d="), "{csp}");
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("server"), None);
    }
}

#[test]
fn what_is_said_of_tls_follows_the_public_url_and_the_proxy() {
    let behind = |scheme: &'static str| {
        [
            ("host", "exams.example.org"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", scheme),
        ]
    };
    let proxied = |url: &str| {
        let flags = [
            "--public-url",
            url,
            "--trusted-proxy",
            "127.0.0.1/32",
            "--allowed-host",
            "exams.example.org",
        ];
        Portal::start_signed_out(tempfile::tempdir().unwrap(), &flags)
    };
    let portal = proxied("https://exams.example.org");
    let answer = portal.send("GET", "/login", &behind("https"), b"");
    let hsts = answer.header("strict-transport-security").unwrap();
    assert_eq!(hsts, "max-age=63072000; includeSubDomains");
    let endpoint = answer.header("reporting-endpoints").unwrap();
    assert!(endpoint.starts_with("pages=\"/api/v1/csp-reports?p=pages&d="), "{endpoint}");
    assert!(answer.header("content-security-policy").unwrap().ends_with(";report-to pages"));
    let clear = portal.send("GET", "/login", &behind("http"), b"");
    assert_eq!(clear.header("strict-transport-security"), None);
    assert_eq!(clear.header("reporting-endpoints"), None);
    // Nobody has promised TLS for this name.
    let answer = proxied("http://exams.example.org").send("GET", "/login", &behind("https"), b"");
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[test]
fn reports_are_answered_204_and_told_once_without_their_words() {
    let portal = Portal::start();
    let nobody = portal.anonymous();
    let page = nobody.get("/login");
    let csp = page.header("content-security-policy").unwrap();
    let path = csp.split("report-uri ").nth(1).unwrap().split(';').next().unwrap();
    let report = json!({"csp-report": {
        "document-uri": "http://portal.example/canary?4711-canary", "blocked-uri": "inline",
        "effective-directive": "script-src-elem", "violated-directive": "script-src-elem"}});
    let send = |path: &str, kind: &str, body: &[u8]| {
        let answer = nobody.send("POST", path, &[("content-type", kind)], body);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{answer:?}");
    };
    let report = report.to_string();
    let kind = "application/csp-report";
    send("/api/v1/csp-reports", kind, report.as_bytes());
    send(&path.replace("&t=", "&t=A"), kind, report.as_bytes());
    send(path, "text/plain", report.as_bytes());
    send(path, kind, b"{");
    send(path, kind, &vec![b' '; 100_000]);
    // A page in a sandbox reports with an opaque origin.
    let sandboxed = [("content-type", kind), ("origin", "null"), ("sec-fetch-site", "cross-site")];
    for _ in 0..3 {
        assert_eq!(nobody.send("POST", path, &sandboxed, report.as_bytes()).status, 204);
    }
    let (_, log, _) = portal.stop();
    assert_eq!(log.matches("browser_policy_violation").count(), 1, "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[test]
fn a_socket_of_another_site_is_refused() {
    let portal = Portal::start();
    let upgrade = [("upgrade", "websocket"), ("sec-websocket-version", "13")];
    for (origin, status) in [("http://evil.example", 403), ("http://127.0.0.1:1", 403)] {
        let headers = [&upgrade[..], &[("origin", origin)]].concat();
        let answer = portal.send("GET", "/", &headers, b"");
        assert_eq!(answer.status, status, "{origin}");
    }
    let own = format!("http://{}", portal.address);
    let headers = [&upgrade[..], &[("origin", own.as_str())]].concat();
    assert_eq!(portal.send("GET", "/", &headers, b"").status, 200);
}

/// Signs the teacher in through a form of the portal at this address.
async fn sign_in(browser: &Browser, portal: &Portal, address: std::net::SocketAddr) {
    browser.goto(&format!("http://{address}/login")).await.unwrap();
    browser.fill("#username", "teacher").await.unwrap();
    browser.fill("#password", &portal.password("teacher")).await.unwrap();
    browser.submit("main form").await.unwrap();
    browser.wait_until("location.pathname === '/'").await.unwrap();
}

/// A page of somebody else on a port of their own.
pub(crate) fn attacker(body: &str) -> u16 {
    use std::io::{Read, Write};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let page =
        format!("<!doctype html><title>attacker</title><link rel=icon href=data:,><body>{body}");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream?, [0; 4096]);
            let _ = stream.read(&mut head)?;
            let length = page.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{page}"
            )?;
        }
        Ok::<_, std::io::Error>(())
    });
    port
}

const PAGES: [&str; 6] = [
    "/",
    "/students",
    "/students/S-0002",
    "/students?q=nobody",
    "/account/password",
    "/no/such/page",
];

#[tokio::test]
async fn no_page_says_a_word_on_the_console_under_the_enforced_policy() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    for path in ["/login", "/reset"] {
        browser.goto(&format!("http://{}{path}", portal.address)).await.unwrap();
        assert_eq!(browser.console_messages().await.unwrap(), [], "{path}");
    }
    sign_in(&browser, &portal, portal.address).await;
    for path in PAGES {
        browser.goto(&format!("http://{}{path}", portal.address)).await.unwrap();
        let console = browser.console_messages().await.unwrap();
        // A missing page is itself a line of the browser's.
        let missing = |line: &ConsoleMessage| line.source == "network" && path.contains("such");
        assert!(console.iter().all(missing), "{path}: {console:?}");
        browser.clear_console();
    }
    let rounded = "getComputedStyle(document.querySelector('.card')).borderRadius";
    browser.goto(&format!("http://{}/students", portal.address)).await.unwrap();
    assert_eq!(browser.evaluate(rounded).await.unwrap(), "14px", "the page is styled");
}

#[tokio::test]
async fn markup_that_slipped_into_a_page_runs_its_script() {
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    let slip: &[_] = &[("</body>", "<script>document.body.dataset.attack = 'ran'</script></body>")];
    for (works, answered_without) in [(true, &["content-security-policy"][..]), (false, &[])] {
        let between = Between::start(
            &portal,
            Changes { answered_without, instead: slip, ..Changes::default() },
        );
        browser.goto(&format!("http://{}/login", between.address)).await.unwrap();
        let ran = browser.evaluate("document.body.dataset.attack === 'ran'").await.unwrap();
        assert_eq!(ran, works);
        if !works {
            // The browser tells the portal.
            let answer = between.reports.recv_timeout(PATIENCE).unwrap();
            assert!(answer.contains("204"), "{answer}");
        }
    }
    let (_, log, _) = portal.stop();
    assert!(log.contains("browser_policy_violation"), "{log}");
}

/// A script that tells the page around it; of the two headers against frames each holds alone.
#[tokio::test]
async fn another_site_frames_the_sign_in_and_embeds_files() {
    const TELLS: (&str, &str) =
        ("</body>", "<script>parent.postMessage('framed', '*')</script></body>");
    const RUNS: (&str, &str) = ("script-src 'none'", "script-src 'unsafe-inline'");
    const CSP: &str = "content-security-policy";
    const XFO: &str = "x-frame-options";
    type Row = (bool, &'static [&'static str], &'static [(&'static str, &'static str)]);
    const ROWS: [Row; 3] = [
        (true, &[CSP, XFO, "cross-origin-resource-policy"], &[TELLS]),
        (false, &[CSP], &[TELLS]),
        (false, &[XFO], &[TELLS, RUNS]),
    ];
    let portal = Portal::start();
    let browser = Browser::start().await.unwrap();
    for (works, answered_without, instead) in ROWS {
        let changes = Changes { answered_without, instead, ..Changes::default() };
        let site = Between::start(&portal, changes).address;
        let page = attacker(&format!(
            "<script>addEventListener('message', () => window.framed = true)</script>\
             <iframe src=http://{site}/login onload=\"window.loaded = true\"></iframe>\
             <img src=http://{site}/assets/icon.svg>"
        ));
        browser.goto(&format!("http://127.0.0.1:{page}/")).await.unwrap();
        browser.wait_until("window.loaded === true").await.unwrap();
        let framed = browser.evaluate("window.framed === true").await.unwrap();
        assert_eq!(framed, works, "{answered_without:?}");
        let seen = browser.evaluate("document.images[0].naturalWidth > 0").await.unwrap();
        assert_eq!(seen, works, "{answered_without:?}");
    }
}

#[tokio::test]
async fn another_port_removes_a_student_with_the_teachers_cookie() {
    let portal = Portal::start();
    let signals = &["origin", "sec-fetch-site"][..];
    for (works, asked_without) in [(false, &[][..]), (true, signals)] {
        let browser = Browser::start().await.unwrap();
        let between = Between::start(&portal, Changes { asked_without, ..Changes::default() });
        sign_in(&browser, &portal, between.address).await;
        for (student, attack) in [
            (
                "S-0002",
                "<iframe name=f onload=\"window.loads = (window.loads || 0) + 1\"></iframe>\
                 <form method=post target=f action=TARGET></form>\
                 <script>document.forms[0].submit()</script>",
            ),
            (
                "S-0003",
                "<script>fetch('TARGET', {method: 'POST', mode: 'no-cors', credentials: 'include', \
                 body: new URLSearchParams()}).catch(() => 0).finally(() => window.loads = 2)</script>",
            ),
        ] {
            let target = format!("http://{}/students/{student}/remove", between.address);
            let page = attacker(&attack.replace("TARGET", &target));
            browser.goto(&format!("http://127.0.0.1:{page}/")).await.unwrap();
            browser.wait_until("window.loads >= 2").await.unwrap();
            let there = portal.get(&format!("/api/v1/students/{student}")).status == 200;
            assert_eq!(!there, works, "{student}: {attack}");
        }
    }
}

#[tokio::test]
async fn a_script_reads_the_session() {
    let portal = Portal::start();
    for (works, instead) in [(true, &[("; HttpOnly", "")][..]), (false, &[])] {
        let browser = Browser::start().await.unwrap();
        let between = Between::start(&portal, Changes { instead, ..Changes::default() });
        sign_in(&browser, &portal, between.address).await;
        let stolen = browser.evaluate("document.cookie.includes('sid=')").await.unwrap();
        assert_eq!(stolen, works);
        let kept = browser.cookies().await.unwrap();
        assert!(kept.iter().any(|cookie| cookie.name == "sid"), "{kept:?}");
    }
}
