//! The site behind a proxy that ends TLS, and pages in clear text beside it.

use std::sync::atomic::Ordering;

use palisade_edge::TrustedProxies;
use palisade_headers::SecurityHeaders;
use palisade_headers::reports::Disposition;
use palisade_testkit::browser::Browser;
use serde_json::json;

use crate::program::{Without, attacker, collector, loopback, site_behind, tls};

const FLAGS: &[&str] = &["--ignore-certificate-errors", "--short-reporting-delay"];

/// HSTS would keep the browser from the clear-text pages that these attacks come from.
fn strict() -> SecurityHeaders {
    SecurityHeaders::strict().insecure_without_hsts()
}

const FORM: &str = "form = document.createElement('form'), form.method = 'post', \
    form.action = '/transfer', document.body.append(form), form.submit(), 0";

#[tokio::test]
async fn the_site_works_behind_a_proxy_that_it_trusts() {
    let browser = Browser::start_with(FLAGS).await.unwrap();
    let (port, calls) = site_behind(Without::Nothing, strict(), loopback(), &collector()).await;
    let proxy = tls(port);
    let site = format!("https://site.example:{}", proxy.address().port());
    for action in [
        "fetch('/transfer', {method: 'POST'}).then(() => 0)",
        "navigator.sendBeacon('/transfer', 'x')",
        FORM,
        "new WebSocket('/live'), 0", // last: its handshake is no upgrade, which the console tells late
    ] {
        calls.handled.store(false, Ordering::SeqCst);
        browser.goto(&format!("{site}/")).await.unwrap();
        assert_eq!(browser.evaluate("document.body.dataset.own").await.unwrap(), json!("ran"));
        assert_eq!(
            browser.evaluate("isSecureContext && originAgentCluster").await.unwrap(),
            json!(true)
        );
        assert_eq!(browser.console_messages().await.unwrap(), [], "before {action}");
        browser.evaluate(action).await.unwrap();
        calls.answered.notified().await;
        assert!(calls.handled.load(Ordering::SeqCst), "{action}");
        browser.clear_console();
    }
}

#[tokio::test]
async fn behind_a_proxy_that_it_does_not_trust_its_own_socket_looks_foreign() {
    let browser = Browser::start_with(FLAGS).await.unwrap();
    let (port, calls) =
        site_behind(Without::Nothing, strict(), TrustedProxies::none(), &collector()).await;
    let proxy = tls(port);
    browser.goto(&format!("https://site.example:{}/", proxy.address().port())).await.unwrap();
    browser.evaluate("new WebSocket('/live'), 0").await.unwrap();
    calls.answered.notified().await;
    assert!(!calls.handled.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_page_in_clear_text_acts_on_the_site_behind_tls() {
    let browser = Browser::start_with(FLAGS).await.unwrap();
    for (without, works) in [(Without::CrossOrigin, true), (Without::Nothing, false)] {
        let (port, calls) = site_behind(without, strict(), loopback(), &collector()).await;
        let proxy = tls(port);
        let site = format!("site.example:{}", proxy.address().port());
        let attacks = [
            format!(
                "<iframe name=f></iframe><form method=post target=f action=\"https://{site}/transfer\"></form>\
                 <script>document.forms[0].submit()</script>"
            ),
            format!(
                "<script>fetch('https://{site}/transfer', {{method: 'POST', mode: 'no-cors', \
                 credentials: 'include'}})</script>"
            ),
            format!("<script>new WebSocket('wss://{site}/live')</script>"),
        ];
        for attack in attacks {
            let clear = attacker(attack.clone()).await;
            calls.handled.store(false, Ordering::SeqCst);
            // The same host: who controls the network answers for it in clear text.
            browser.goto(&format!("http://site.example:{clear}/")).await.unwrap();
            calls.answered.notified().await;
            assert_eq!(calls.handled.load(Ordering::SeqCst), works, "{without:?} {attack}");
        }
    }
}

#[tokio::test]
async fn a_session_leaves_in_clear_text() {
    for (without, works) in [(Without::Cookies, true), (Without::Nothing, false)] {
        let browser = Browser::start_with(FLAGS).await.unwrap();
        let (port, _) = site_behind(without, strict(), loopback(), &collector()).await;
        let proxy = tls(port);
        let site = format!("https://site.example:{}/login", proxy.address().port());
        browser.goto(&site).await.unwrap();
        assert_eq!(browser.cookies().await.unwrap().len(), 1);
        // Cookies do not know ports: any clear-text request to the host shows them.
        browser.goto(&format!("http://site.example:{port}/cookies")).await.unwrap();
        let leaked = browser.text("body").await.unwrap();
        assert_eq!(leaked.contains("secret"), works, "{without:?}: {leaked}");
    }
}

#[tokio::test]
async fn violations_are_reported_in_both_forms() {
    let attack = "?q=%3Cscript%20src%3Dhttps://evil.example/x.js?token=1%3E%3C/script%3E";
    for https in [true, false] {
        // One of its own: a browser may send a report again.
        let browser = Browser::start_with(FLAGS).await.unwrap();
        let collector = collector();
        let headers = strict().report_to(collector.endpoint("pages", "/reports").unwrap());
        let (port, calls) = site_behind(Without::Nothing, headers, loopback(), &collector).await;
        let proxy = tls(port);
        let page = if https {
            format!("https://site.example:{}/", proxy.address().port())
        } else {
            format!("http://site.example:{port}/")
        };
        browser.goto(&format!("{page}{attack}")).await.unwrap();
        calls.reported.notified().await;
        let form = if https { "application/reports+json" } else { "application/csp-report" };
        assert_eq!(*calls.form.lock().unwrap(), form);
        let snapshot = collector.snapshot();
        let [seen] = snapshot.violations() else { panic!("https {https}: {snapshot:?}") };
        let violation = seen.violation();
        assert_eq!((violation.policy(), violation.what()), ("pages", "script-src-elem"));
        assert_eq!((violation.page(), violation.blocked()), (&*page, "https://evil.example/x.js"));
        assert_eq!(violation.disposition(), Disposition::Enforced);
    }
}
