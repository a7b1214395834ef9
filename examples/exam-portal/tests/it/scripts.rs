//! Stored Markdown in Chromium, its content security policy switched off: what holds is what was
//! rendered.

use palisade_testkit::browser::Browser;
use serde_json::json;

use crate::portal::Portal;

/// What runs scripts somewhere; `alert` tells the test.
const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<iframe srcdoc=\"<script>parent.alert(1)</script>\"></iframe>",
    "<iframe src=\"javascript:parent.alert(1)\"></iframe>",
    "<object data=\"javascript:alert(1)\"></object>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<style>@keyframes x{}</style><p style=\"animation-name:x\" onanimationstart=alert(1)>y</p>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<<script>alert(1)//<</script>",
    "\"><script>alert(1)</script>",
    "<form><button formaction=javascript:alert(1)>x</button></form>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1))",
    "![x](javascript:alert(1))",
    "![x\" onerror=\"alert(1)](https://a.example/b.png)",
    "[x](https://a.example/\"onmouseover=\"alert(1))",
    "[x](#\"onclick=alert(1))",
    "<javascript:alert(1)>",
    "[y]: javascript:alert(1)\n\n[y]",
    "|a|\n|-|\n|<script>alert(1)</script>|",
    "# <img src=x onerror=alert(1)>",
    "> <svg onload=alert(1)>",
    "`</code><script>alert(1)</script>`",
    "```\"onclick=alert(1)\n</code></pre><script>alert(1)</script>\n```",
];

/// A browser in which `alert` leaves a mark, and no policy protects.
async fn browser() -> Browser {
    let browser = Browser::start().await.unwrap();
    let mark = json!({"source": "window.alert = () => { window.top.document.title = 'owned' }"});
    browser.call("Page.enable", json!({})).await.unwrap();
    browser.call("Page.addScriptToEvaluateOnNewDocument", mark).await.unwrap();
    browser.call("Page.setBypassCSP", json!({"enabled": true})).await.unwrap();
    browser
}

async fn is_owned(browser: &Browser) -> bool {
    // Events of pictures and animations come after the page.
    let wait = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))";
    let later = json!({"expression": wait, "awaitPromise": true});
    browser.call("Runtime.evaluate", later).await.unwrap();
    browser.evaluate("document.title").await.unwrap() == "owned"
}

#[tokio::test]
async fn stored_markdown_runs_no_script() {
    let portal = Portal::start();
    let browser = browser().await;
    let at = |path: &str| format!("http://{}{path}", portal.address);
    browser.goto(&at("/login")).await.unwrap();
    browser.fill("#username", "teacher").await.unwrap();
    browser.fill("#password", &portal.password("teacher")).await.unwrap();
    browser.submit("main form").await.unwrap();

    for (number, attacks) in ATTACKS.chunks(6).enumerate() {
        let markdown = attacks.join("\n\n***\n\n");
        let path = format!("/announcements/attack-{number}");
        let put = portal.json("PUT", &format!("/api/v1{path}"), &json!({"markdown": markdown}));
        assert_eq!(put.status, 200, "{put:?}");
        browser.goto(&at(&path)).await.unwrap();
        assert!(browser.count("article *").await.unwrap() > 0);
        assert!(!is_owned(&browser).await, "{markdown}");
        let odd = "[...document.querySelectorAll('article *')].filter(element => \
                   element.matches('script,style,img,svg,math,iframe,object,form,input,video') || \
                   [...element.attributes].some(one => one.name.startsWith('on')) || \
                   (element.tagName === 'A' && element.hasAttribute('href') && \
                    !['http:', 'https:', 'mailto:'].includes(element.protocol))).length";
        assert_eq!(browser.evaluate(odd).await.unwrap(), 0, "{markdown}");
    }
}

/// The same corpus in a page that takes it as it is: the browser, the mark and the attacks work.
#[tokio::test]
async fn the_same_corpus_runs_where_it_is_not_rendered() {
    let browser = browser().await;
    let folder = tempfile::tempdir().unwrap();
    let mut owned = 0;
    for (number, attack) in ATTACKS.iter().enumerate() {
        let file = folder.path().join(format!("{number}.html"));
        std::fs::write(&file, format!("<!doctype html><title>x</title><p>{attack}")).unwrap();
        browser.goto(&format!("file://{}", file.display())).await.unwrap();
        owned += usize::from(is_owned(&browser).await);
    }
    assert!(owned >= 10, "{owned} attacks ran");
}
