//! `/admin/security`: what an administrator sees, in Chromium too.

use palisade_testkit::browser::Browser;
use palisade_testkit::redis::Redis;
use serde_json::json;

use crate::browser::{draw, picture, sign_in};
use crate::portal::Portal;

const PAGE: &str = "/admin/security";
const LOGIN: &str = "/api/v1/auth/login";

/// Makes refusals, a lock of a known and of an unknown name, and a report of a browser.
fn attack(portal: &Portal) {
    let nobody = portal.anonymous();
    for name in ["student", "nobody"] {
        for _ in 0..5 {
            let body = json!({"username": name, "password": "wrong"});
            assert_eq!(nobody.json("POST", LOGIN, &body).status, 401);
        }
    }
    for _ in 0..9 {
        nobody.json("POST", "/api/v1/auth/reset-request", &json!({"email": "a@b.example"}));
    }
    let csp = nobody.get("/login");
    let csp = csp.header("content-security-policy").unwrap();
    let path = csp.split("report-uri ").nth(1).unwrap().split(';').next().unwrap();
    let report = json!({"csp-report": {
        "document-uri": "http://portal.example/students", "blocked-uri": "https://evil.example/x.js",
        "effective-directive": "script-src-elem", "violated-directive": "script-src-elem"}});
    let kind = [("content-type", "application/csp-report")];
    assert_eq!(nobody.send("POST", path, &kind, report.to_string().as_bytes()).status, 204);
}

/// A table with few resets and many sign-ins.
fn table(portal: &tempfile::TempDir) -> String {
    let path = portal.path().join("limits.toml");
    let text = "match = \"first\"\n[[rule]]\nname = \"resets\"\nquota = \"3 per hour\"\n\
                on = \"POST /api/v1/auth/reset-request\"\n\
                [[rule]]\nname = \"rest\"\nquota = \"60000 per minute\"\n";
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn only_administrators_see_it_and_unlock() {
    let portal = Portal::start();
    let nobody = portal.anonymous().get(PAGE);
    assert_eq!((nobody.status, nobody.header("location")), (303, Some("/login")));
    let fields = [("kind", "account"), ("key", &*"0".repeat(32))];
    for name in ["teacher", "student"] {
        let user = portal.sign_in(name);
        assert_eq!(user.get(PAGE).status, 403, "{name}");
        assert_eq!(user.form("/admin/security/unlock", &fields).status, 403, "{name}");
        assert!(!user.get("/").text().contains(PAGE), "{name}");
    }
    let admin = portal.sign_in("admin");
    assert!(admin.get("/").text().contains(PAGE));
    assert_eq!(admin.get(PAGE).status, 200);
    assert_eq!(admin.form("/admin/security/unlock", &fields).status, 303, "nothing to do");
    for (kind, key) in [("account", "x"), ("accounts", &*"0".repeat(32)), ("account", "+1")] {
        let wrong = admin.form("/admin/security/unlock", &[("kind", kind), ("key", key)]);
        assert_eq!(wrong.status, 422, "{kind} {key}");
    }
}

#[test]
fn it_says_who_is_locked_by_names_of_ours_only() {
    let portal = Portal::start();
    attack(&portal);
    let page = portal.sign_in("admin").get(PAGE).text();
    assert!(
        page.contains(">student</th>") && page.contains("a name that no account has"),
        "{page}"
    );
    assert!(!page.contains(">nobody<"), "what was typed may be a password: {page}");
}

#[test]
fn a_store_that_does_not_answer_is_said_and_the_rest_is_shown() {
    let server = Redis::start().unwrap();
    let portal = Portal::start_with(&["--redis", &server.url()]);
    let admin = portal.sign_in("admin");
    assert!(admin.get(PAGE).text().contains("Nobody is locked."));
    server.kill();
    let page = admin.get(PAGE);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("The store of locks does not answer."), "{}", page.text());
    assert!(!page.text().contains("redis://:"), "no password of the URL");
}

#[tokio::test]
async fn it_is_drawn_as_charts_without_a_word_on_the_console_and_unlocks() {
    let folder = tempfile::tempdir().unwrap();
    let limits = table(&folder);
    let portal = Portal::start_with(&["--limits", &limits]);
    attack(&portal);
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "admin").await;
    let url = format!("http://{}{PAGE}", portal.address);
    draw(&browser, &url, "security", "Refused requests by minute").await;
    assert_eq!(browser.console_messages().await.unwrap(), []);

    browser.viewport(1280, 1600).await.unwrap();
    browser.goto(&url).await.unwrap();
    browser.save_screenshot(&picture("security.png")).await.unwrap();
    for (tile, expected) in [("#refused", "6"), ("#locked", "2"), ("#violations", "1")] {
        assert_eq!(browser.text(tile).await.unwrap(), expected, "{tile}");
    }
    let tallest = "Math.max(...[...document.querySelectorAll('.chart rect')]\
                   .map(bar => bar.getBoundingClientRect().height))";
    assert!(browser.evaluate(tallest).await.unwrap().as_f64().unwrap() > 50.0, "a bar is seen");
    assert!(browser.text("#rules").await.unwrap().contains("resets"));
    assert!(browser.text("#reports").await.unwrap().contains("evil.example"));
    browser.phone().await.unwrap();
    browser.goto(&url).await.unwrap();
    browser.evaluate("document.querySelector('#locks').scrollIntoView()").await.unwrap();
    browser.save_screenshot(&picture("security-locks-phone.png")).await.unwrap();

    for left in ["1", "0"] {
        browser.click("#locks button").await.unwrap();
        browser
            .wait_until(&format!("document.querySelector('#locked').innerText === '{left}'"))
            .await
            .unwrap();
    }
    assert!(portal.sign_in_with("student", &portal.password("student")).is_ok());
    browser.goto(&format!("{url}?live")).await.unwrap();
    assert_eq!(browser.count("meta[http-equiv=refresh]").await.unwrap(), 1);
    assert_eq!(browser.console_messages().await.unwrap(), []);
}

/// Counts what `#refused` says.
async fn refused(browser: &Browser) -> u64 {
    browser.text("#refused").await.unwrap().parse().unwrap()
}

#[tokio::test]
async fn its_figures_follow_what_happens_without_a_reload_until_they_are_paused() {
    let folder = tempfile::tempdir().unwrap();
    let limits = table(&folder);
    let portal = Portal::start_with(&["--limits", &limits]);
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, &portal, "admin").await;
    browser.goto(&format!("http://{}{PAGE}", portal.address)).await.unwrap();
    assert!(browser.text("#state").await.unwrap().contains("Renewed every 5 seconds"));
    // No test waits for five seconds; the mark is gone if the page is loaded again.
    browser
        .evaluate("(document.querySelector('#live').dataset.every = '20', window.mark = 1)")
        .await
        .unwrap();
    let press = || async { browser.click("#pause").await.unwrap() };
    press().await;
    assert_eq!(browser.text("#state").await.unwrap(), "Paused.");
    assert_eq!(browser.text("#pause").await.unwrap(), "Go on");
    assert_eq!(refused(&browser).await, 0);
    attack(&portal);
    assert_eq!(refused(&browser).await, 0, "paused");
    press().await;
    browser.wait_until("document.querySelector('#refused').innerText === '6'").await.unwrap();
    // Tiles, bars and tables: the whole of it. A button keeps the focus while it is renewed.
    browser.wait_until("document.querySelectorAll('#locks button').length === 2").await.unwrap();
    assert!(browser.text("#reports").await.unwrap().contains("evil.example"));
    let bar = "Math.max(...[...document.querySelectorAll('.chart rect')].map(bar => Number(bar.getAttribute('height'))))";
    assert_eq!(browser.evaluate(bar).await.unwrap(), 120);
    browser.evaluate("document.querySelector('#locks button').focus()").await.unwrap();
    // Whom the button unlocks is not exchanged while somebody is about to press it.
    let whom = "document.querySelector('#locks input[name=key]').getAttribute('value')";
    let marked = "document.querySelector('#locks input[name=key]').setAttribute('value', 'mine')";
    browser.evaluate(marked).await.unwrap();
    let nobody = portal.anonymous();
    for _ in 0..3 {
        nobody.json("POST", "/api/v1/auth/reset-request", &json!({"email": "b@b.example"}));
    }
    browser.wait_until("document.querySelector('#refused').innerText === '9'").await.unwrap();
    let focus = "document.activeElement === document.querySelector('#locks button')";
    assert_eq!(browser.evaluate(focus).await.unwrap(), true);
    assert_eq!(browser.evaluate(whom).await.unwrap(), "mine");
    browser.evaluate("document.activeElement.blur()").await.unwrap();
    browser.wait_until(&format!("{whom} !== 'mine'")).await.unwrap();
    assert_eq!(browser.evaluate("window.mark").await.unwrap(), 1, "no reload");

    // Bars move, unless the reader wants them not to.
    let motion =
        "getComputedStyle(document.querySelector('.chart rect')).transitionDuration !== '0s'";
    for (wish, moves) in [("no-preference", true), ("reduce", false)] {
        let media = json!({"features": [{"name": "prefers-reduced-motion", "value": wish}]});
        browser.call("Emulation.setEmulatedMedia", media).await.unwrap();
        assert_eq!(browser.evaluate(motion).await.unwrap(), moves, "{wish}");
    }
    assert_eq!(browser.console_messages().await.unwrap(), []);

    // Who is signed out is told so, and asks no more.
    assert_eq!(
        crate::portal::finished(
            crate::portal::command().args(["user", "reset", "admin", "--data"]).arg(portal.data())
        )
        .0,
        Some(0)
    );
    browser
        .wait_until("document.querySelector('#state').innerText.includes('signed out')")
        .await
        .unwrap();
}

#[test]
fn the_page_that_asks_for_itself_has_a_limit_of_its_own() {
    let portal = Portal::start_exactly(tempfile::tempdir().unwrap(), &[]);
    let admin = portal.sign_in("admin");
    for turn in 0..30 {
        assert_eq!(admin.get("/admin/security/live").status, 200, "{turn}");
    }
    assert_eq!(admin.get("/admin/security/live").status, 429);
    assert_eq!(admin.get(PAGE).status, 200, "people are not in its way");
    for name in ["teacher", "student"] {
        assert_eq!(portal.sign_in(name).get("/admin/security/live").status, 403, "{name}");
    }
}
