//! The script of `/admin/security`: when it asks, and when it leaves the portal alone.

use palisade_testkit::browser::Browser;
use serde_json::json;
use tempfile::tempdir;

use crate::browser::sign_in;
use crate::portal::Portal;

const PAGE: &str = "/admin/security";

/// Puts the page's clock, timers and requests into the hands of the test: the clock goes ahead by
/// `shift`, a timer waits for 20 ms at the most and is noted, `hold` keeps requests back.
const HANDS: &str = "(() => {
    const [clock, later, clear] = [performance.now.bind(performance), setTimeout, clearTimeout];
    const send = XMLHttpRequest.prototype.send;
    Object.assign(window, {
        shift: 0, asked: 0, waits: [], pending: new Set(), hold: false, held: null, retry: null,
    });
    performance.now = () => clock() + shift;
    window.setTimeout = (task, wait) => {
        const id = later(() => { pending.delete(id); task(); }, Math.min(wait, 20));
        if (wait > 0) { waits.push(wait); pending.add(id); }
        return id;
    };
    window.clearTimeout = (id) => { pending.delete(id); clear(id); };
    XMLHttpRequest.prototype.send = function () {
        asked += 1;
        this.addEventListener('loadend', () => { retry = this.getResponseHeader('retry-after'); });
        if (hold) held = this; else send.call(this);
    };
    window.release = () => new Promise((done) => {
        held.addEventListener('loadend', done);
        send.call(held);
    });
})()";

/// A page whose script begins anew in the hands of the test.
async fn watched(portal: &Portal) -> Browser {
    let browser = Browser::start().await.unwrap();
    sign_in(&browser, portal, "admin").await;
    browser.goto(&format!("http://{}{PAGE}", portal.address)).await.unwrap();
    browser.evaluate(HANDS).await.unwrap();
    for _ in ["pause", "go on"] {
        browser.click("#pause").await.unwrap();
    }
    browser
}

async fn state(browser: &Browser) -> String {
    browser.text("#state").await.unwrap()
}

/// Waits until it has asked twice more.
async fn it_goes_on(browser: &Browser) {
    browser.evaluate("window.before = asked").await.unwrap();
    browser.wait_until("asked >= before + 2").await.unwrap();
}

/// Asserts that nothing is left that would ask.
async fn it_has_stopped(browser: &Browser) {
    assert_eq!(browser.evaluate("pending.size").await.unwrap(), 0);
    assert_eq!(browser.text("#pause").await.unwrap(), "Go on");
}

#[tokio::test]
async fn a_page_that_nobody_looks_after_asks_for_a_quarter_of_an_hour() {
    let portal = Portal::start();
    let browser = watched(&portal).await;
    let minutes = async |minutes: u32| {
        browser.evaluate(&format!("shift = {minutes} * 60_000")).await.unwrap();
    };
    let nobody = "document.querySelector('#state').innerText.startsWith('Paused: nobody was here')";
    let each = "waits.every((wait) => wait === 5000)";
    it_goes_on(&browser).await;
    assert_eq!(browser.evaluate(each).await.unwrap(), true);
    minutes(14).await;
    it_goes_on(&browser).await;
    // A key, a wheel or a press is somebody.
    let key = json!({"type": "keyDown", "key": "Shift", "code": "ShiftLeft"});
    browser.call("Input.dispatchKeyEvent", key).await.unwrap();
    minutes(28).await;
    it_goes_on(&browser).await;
    let wheel = json!({"type": "mouseWheel", "x": 9, "y": 9, "deltaX": 0, "deltaY": 9});
    browser.call("Input.dispatchMouseEvent", wheel).await.unwrap();
    minutes(42).await;
    it_goes_on(&browser).await;
    minutes(58).await;
    browser.wait_until(nobody).await.unwrap();
    it_has_stopped(&browser).await;
    browser.click("#pause").await.unwrap();
    it_goes_on(&browser).await;
    assert_eq!(state(&browser).await, "Renewed every 5 seconds.");
    assert_eq!(browser.console_messages().await.unwrap(), []);
}

#[tokio::test]
async fn a_page_that_is_not_seen_does_not_ask() {
    let portal = Portal::start();
    let browser = watched(&portal).await;
    let hidden = async |hidden: bool| {
        let script = format!(
            "Object.defineProperty(document, 'hidden', {{configurable: true, value: {hidden}}}); \
             [window.before, window.turns] = [asked, waits.length]"
        );
        browser.evaluate(&script).await.unwrap();
    };
    it_goes_on(&browser).await;
    hidden(true).await;
    browser.wait_until("waits.length >= turns + 5").await.unwrap();
    assert_eq!(browser.evaluate("asked - before").await.unwrap(), 0);
    hidden(false).await;
    it_goes_on(&browser).await;
}

#[tokio::test]
async fn an_answer_that_comes_after_the_pause_changes_nothing() {
    let portal = Portal::start();
    let browser = watched(&portal).await;
    browser.evaluate("hold = true").await.unwrap();
    browser.wait_until("held !== null").await.unwrap();
    browser.click("#pause").await.unwrap();
    browser.evaluate("document.querySelector('#refused').innerText = 'mine'").await.unwrap();
    browser.evaluate("release().then(() => true)").await.unwrap();
    it_has_stopped(&browser).await;
    assert_eq!(state(&browser).await, "Paused.");
    assert_eq!(browser.text("#refused").await.unwrap(), "mine");
    assert_eq!(browser.console_messages().await.unwrap(), []);
}

#[tokio::test]
async fn where_the_portal_refuses_or_is_away_the_figures_are_said_to_be_old() {
    let portal = Portal::start_exactly(tempdir().unwrap(), &[]);
    let browser = watched(&portal).await;
    let old = "The portal does not answer; these figures are old.";
    // Thirty a minute, and then it waits for as long as it is told.
    browser.wait_until("retry !== null").await.unwrap();
    let waits = "waits.at(-1) === Number(retry) * 1000 && retry !== '5' && retry !== '30'";
    assert_eq!(browser.evaluate(waits).await.unwrap(), true);
    assert_eq!(state(&browser).await, old);
    drop(portal);
    browser.wait_until("retry === null && waits.at(-1) === 30_000").await.unwrap();
    assert_eq!(state(&browser).await, old);
    assert_eq!(browser.text("#pause").await.unwrap(), "Pause", "it asks on");
}
