//! What attackers do.

use std::sync::atomic::Ordering;

use palisade_headers::cookies::{Policy, harden};
use palisade_headers::{ReferrerPolicy, SecurityHeaders, Site};
use palisade_testkit::browser::{Browser, ConsoleMessage};
use serde_json::json;

use crate::program::{Without, attacker, site, site_with};

/// The page is loopback, where browsers send `Sec-Fetch-Site`, and a host in clear text, where they
/// do not.
const HOSTS: [&str; 2] = ["localhost", "site.example"];

#[tokio::test]
async fn the_strict_page_works_without_a_console_message() {
    let browser = Browser::start().await.unwrap();
    let (port, _) = site(Without::Nothing).await;
    for host in HOSTS {
        browser.goto(&format!("http://{host}:{port}/")).await.unwrap();
        assert_eq!(browser.evaluate("document.body.dataset.own").await.unwrap(), json!("ran"));
        assert_eq!(browser.console_messages().await.unwrap(), [], "{host}");
    }
}

#[tokio::test]
async fn injected_markup_runs_script() {
    let browser = Browser::start().await.unwrap();
    let attacks = [
        "<script>document.body.dataset.attack='ran'</script>",
        "<img src=data:, onerror=\"document.body.dataset.attack='ran'\">",
        "<script src=\"data:text/javascript,document.body.dataset.attack='ran'\"></script>",
    ];
    for (without, works) in [(Without::Headers, true), (Without::Nothing, false)] {
        let (port, _) = site(without).await;
        for attack in attacks {
            let encoded = attack.replace('%', "%25").replace('<', "%3C").replace('>', "%3E");
            let encoded = encoded.replace(' ', "%20").replace('"', "%22").replace('=', "%3D");
            browser.goto(&format!("http://localhost:{port}/?q={encoded}")).await.unwrap();
            let ran = browser.evaluate("document.body.dataset.attack === 'ran'").await.unwrap();
            assert_eq!(ran, json!(works), "{without:?} {attack}");
            assert_eq!(browser.evaluate("document.body.dataset.own").await.unwrap(), json!("ran"));
            let blocked = browser
                .console_messages()
                .await
                .unwrap()
                .iter()
                .any(ConsoleMessage::is_csp_violation);
            assert_eq!(blocked, !works, "{without:?} {attack}");
            browser.clear_console();
        }
    }
}

#[tokio::test]
async fn another_site_frames_the_page() {
    let browser = Browser::start().await.unwrap();
    for (without, works) in [(Without::Headers, true), (Without::Nothing, false)] {
        let (port, _) = site(without).await;
        let attacker = attacker(format!(
            "<script>addEventListener('message', () => window.framed = true)</script>\
             <iframe src=\"http://localhost:{port}/\" onload=\"window.loaded = true\"></iframe>"
        ))
        .await;
        browser.goto(&format!("http://localhost:{attacker}/")).await.unwrap();
        let end = if works { "window.framed" } else { "window.loaded" };
        browser.wait_until(end).await.unwrap();
        let framed = browser.evaluate("window.framed === true").await.unwrap();
        assert_eq!(framed, json!(works), "{without:?}");
    }
}

#[tokio::test]
async fn another_site_runs_a_text_as_script() {
    let browser = Browser::start().await.unwrap();
    for (without, works) in [(Without::Headers, true), (Without::Nothing, false)] {
        let (port, _) = site(without).await;
        let attacker =
            attacker(format!("<script src=\"http://localhost:{port}/notes.txt\"></script>")).await;
        browser.goto(&format!("http://localhost:{attacker}/")).await.unwrap();
        let sniffed = browser.evaluate("window.sniffed === 1").await.unwrap();
        assert_eq!(sniffed, json!(works), "{without:?}");
    }
}

#[tokio::test]
async fn another_port_or_host_causes_a_transfer_or_opens_a_socket() {
    let browser = Browser::start().await.unwrap();
    for host in HOSTS {
        for (without, works) in [(Without::CrossOrigin, true), (Without::Nothing, false)] {
            let (port, calls) = site(without).await;
            let target = format!("http://{host}:{port}/transfer");
            let attacks = [
                format!(
                    "<iframe name=f></iframe><form method=post target=f action=\"{target}\"></form>\
                         <script>document.forms[0].submit()</script>"
                ),
                format!(
                    "<script>fetch('{target}', {{method: 'POST', mode: 'no-cors', credentials: 'include'}})</script>"
                ),
                format!("<script>navigator.sendBeacon('{target}', 'x')</script>"),
                format!("<script>new WebSocket('ws://{host}:{port}/live')</script>"),
                format!(
                    "<iframe sandbox=\"allow-scripts allow-forms\" srcdoc=\"<form method=post action='{target}'></form>\
                         <script>document.forms[0].submit()</script>\"></iframe>"
                ),
            ];
            for attack in attacks {
                let attacker = attacker(attack.clone()).await;
                for from in [host, "attacker.example"] {
                    calls.handled.store(false, Ordering::SeqCst);
                    browser.goto(&format!("http://{from}:{attacker}/")).await.unwrap();
                    calls.answered.notified().await;
                    let handled = calls.handled.load(Ordering::SeqCst);
                    assert_eq!(handled, works, "{without:?} from {from} to {host}: {attack}");
                }
            }
        }
    }
}

/// Sends a form of the page itself.
const FORM: &str = "form = document.createElement('form'), form.method = 'post', \
    form.action = '/transfer', document.body.append(form), form.submit(), 0";

/// What the finding `no_referrer_nulls_origin` is about.
#[tokio::test]
async fn under_no_referrer_the_own_form_looks_foreign_in_clear_text() {
    let browser = Browser::start().await.unwrap();
    let no_referrer = SecurityHeaders::strict().referrer(ReferrerPolicy::NoReferrer);
    let (port, calls) = site_with(Without::Nothing, no_referrer).await;
    for (host, works) in [("localhost", true), ("site.example", false)] {
        calls.handled.store(false, Ordering::SeqCst);
        browser.goto(&format!("http://{host}:{port}/")).await.unwrap();
        browser.evaluate(FORM).await.unwrap();
        calls.answered.notified().await;
        assert_eq!(calls.handled.load(Ordering::SeqCst), works, "{host}");
    }
}

#[tokio::test]
async fn the_own_page_still_sends_forms_calls_and_sockets() {
    let browser = Browser::start().await.unwrap();
    let (port, calls) = site(Without::Nothing).await;
    for host in HOSTS {
        let actions = [
            "fetch('/transfer', {method: 'POST'}).then(() => 0)",
            "navigator.sendBeacon('/transfer', 'x')",
            "new WebSocket('/live'), 0",
            FORM,
        ];
        for action in actions {
            calls.handled.store(false, Ordering::SeqCst);
            browser.goto(&format!("http://{host}:{port}/")).await.unwrap();
            browser.evaluate(action).await.unwrap();
            calls.answered.notified().await;
            assert!(calls.handled.load(Ordering::SeqCst), "{host}: {action}");
        }
    }
}

#[tokio::test]
async fn a_script_reads_the_session_cookie() {
    let browser = Browser::start().await.unwrap();
    for (without, works) in [(Without::Cookies, true), (Without::Nothing, false)] {
        let (port, _) = site(without).await;
        browser.goto(&format!("http://localhost:{port}/login")).await.unwrap();
        let stolen = browser.evaluate("document.cookie.includes('secret')").await.unwrap();
        assert_eq!(stolen, json!(works), "{without:?}");
        let kept = browser.cookies().await.unwrap();
        assert!(kept.iter().any(|cookie| cookie.domain == "localhost" && cookie.value == "secret"));
    }
}

/// What `harden` refuses, browsers drop; nameless cookies apart, which they keep.
#[tokio::test]
async fn browsers_drop_the_cookies_that_are_not_sent() {
    let browser = Browser::start().await.unwrap();
    let (port, _) = site(Without::Cookies).await;
    let table = [
        ("localhost", "a=1", true),
        ("site.example", "b=1", true),
        ("localhost", "__Host-c=1; Secure; Path=/", true),
        ("localhost", "__Host-d=1; Secure; Path=/raw", false),
        ("localhost", "__HOST-e=1; Secure; Path=/raw", false),
        ("site.example", "__Host-f=1; Path=/", false),
        ("site.example", "__Secure-g=1", false),
        ("site.example", "h=1; Secure", false),
        ("site.example", "i=1; SameSite=None", false),
        ("site.example", "j=1; Partitioned", false),
        ("localhost", "k=1; Partitioned; Secure", true),
        ("localhost", "__Http-l=1; Secure", false),
        ("localhost", "__Http-m=1; Secure; HttpOnly", true),
    ];
    for (host, cookie, kept) in table {
        let encoded = cookie.replace(';', "%3B").replace(' ', "%20").replace('=', "%3D");
        browser.goto(&format!("http://{host}:{port}/raw?cookie={encoded}")).await.unwrap();
        let (name, _) = cookie.split_once('=').unwrap();
        let cookies = browser.cookies().await.unwrap();
        assert_eq!(cookies.iter().any(|cookie| cookie.name == name), kept, "{cookie}");
        let site = if host == "localhost" { Site::LoopbackHttp } else { Site::Http };
        let ours = Policy::new().script_may_read("__Http-l");
        assert_eq!(harden(cookie.as_bytes(), &ours, site).is_ok(), kept, "{cookie}");
    }
}
