//! Each finding has a page that breaks in a browser: what is expected happens without the finding's
//! settings and not with them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{HeaderName, HeaderValue, header};
use palisade_edge::{EdgeLayer, TrustedProxies};
use palisade_headers::csp::{Csp, Directive, Grant, Hash, Nonce, Sandbox, Source};
use palisade_headers::{
    EmbedderPolicy, Feature, Finding, Framing, PermissionsPolicy, ResourcePolicy, SecurityHeaders,
    SecurityHeadersLayer, Surroundings,
};
use palisade_testkit::browser::Browser;
use serde_json::{Value, json};

use crate::program::{Without, attacker, collector, serve, site_behind, site_with};

/// Which headers a page is sent with.
#[derive(Clone)]
enum With {
    /// Lines that no set would write, with `{nonce}` for one.
    Raw(&'static str, String),
    Set(Box<SecurityHeaders>),
}

fn set(headers: SecurityHeaders) -> With {
    With::Set(Box::new(headers))
}

fn csp(csp: Csp) -> With {
    set(SecurityHeaders::strict().csp(csp))
}

/// A page with this markup, in which `{nonce}` is a nonce.
struct Page {
    markup: String,
    raw: Option<(&'static str, String)>,
    grant: Option<Grant>,
}

const RAW_NONCE: &str = "cmF3cmF3cmF3cmF3cmF3";

async fn page(nonce: Option<Extension<Nonce>>, State(page): State<Arc<Page>>) -> Response {
    let nonce = nonce.map_or_else(|| RAW_NONCE.to_owned(), |Extension(nonce)| nonce.to_string());
    let body = format!(
        "<!doctype html><title>page</title><link rel=icon href=/picture.svg><body>{}",
        page.markup.replace("{nonce}", &nonce)
    );
    let mut response = Html(body).into_response();
    if let Some((name, value)) = &page.raw {
        let value = value.replace("{nonce}", RAW_NONCE);
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_str(&value).unwrap());
    }
    if let Some(grant) = &page.grant {
        grant.mark(response.extensions_mut());
    }
    response
}

const fn script() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "text/javascript")], "window.hit = true")
}

async fn picture() -> Response {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>";
    ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response()
}

/// Serves a page and what it may load; another port is another origin with the same files.
async fn site(with: &With, markup: &str, grant: Option<Grant>) -> u16 {
    let raw = match with {
        With::Raw(name, value) => Some((*name, value.clone())),
        With::Set(_) => None,
    };
    let state = Arc::new(Page { markup: markup.to_owned(), raw, grant });
    let router = Router::new()
        .route("/", get(page))
        .route("/own.js", get(|| async { script() }))
        .route("/picture.svg", get(picture))
        .with_state(state);
    let router = match with {
        With::Raw(..) => router,
        With::Set(set) => {
            let layer: SecurityHeadersLayer = (**set).clone().finish().unwrap();
            router.layer(layer)
        }
    };
    serve(router.layer(EdgeLayer::new(TrustedProxies::none()))).await
}

/// Files that anybody may load, on a port of their own.
async fn cdn() -> u16 {
    let files = Router::new()
        .route("/foreign.js", get(|| async { script() }))
        .route("/picture.svg", get(picture));
    serve(files).await
}

/// A finding's code, the headers with it and without, a page, and whether it works in each case.
struct Case {
    code: &'static str,
    with: With,
    without: With,
    markup: String,
    works: (bool, bool),
}

const INLINE: &str = "<script>window.hit = true</script>";

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn cases(cdn: u16) -> Vec<Case> {
    let host = || Source::host(&format!("http://localhost:{cdn}")).unwrap();
    let foreign = format!("<script src=http://localhost:{cdn}/foreign.js></script>");
    let image = format!("<img src=http://localhost:{cdn}/picture.svg onerror=0>");
    let only = |directive, sources: Vec<Source>| Csp::strict().only(directive, sources).unwrap();
    let insecure =
        |sources: Vec<Source>| Csp::strict().insecure_only(Directive::Script, sources).unwrap();
    let plain = || "default-src 'none';script-src 'nonce';img-src data:";
    let hash = || Source::Hash(Hash::sha256_of("window.hit = true"));
    let click = "<button onclick=\"window.hit = true\"></button>\
                 <script nonce={nonce}>document.querySelector('button').click()</script>";
    let nonced = "<script nonce={nonce}>window.hit = true</script>";
    let allowed = || Csp::strict().also(Directive::Img, host()).unwrap();
    vec![
        // Attacks that work with the finding.
        Case {
            code: "csp_unrestricted",
            with: csp("img-src 'self'".parse().unwrap()),
            without: csp("default-src 'none';img-src 'self'".parse().unwrap()),
            markup: INLINE.to_owned(),
            works: (true, false),
        },
        Case {
            code: "csp_base_uri_open",
            with: csp(plain().parse().unwrap()),
            without: csp(format!("{};base-uri 'none'", plain()).parse().unwrap()),
            markup: format!(
                "<base href=http://localhost:{cdn}/><script nonce={{nonce}} src=foreign.js></script>"
            ),
            works: (true, false),
        },
        Case {
            code: "csp_any_host",
            with: csp(only(Directive::Script, vec![Source::Any])),
            without: csp(Csp::strict()),
            markup: foreign.clone(),
            works: (true, false),
        },
        Case {
            code: "csp_injection",
            with: csp(insecure(vec![Source::UnsafeInline])),
            without: csp(Csp::strict()),
            markup: INLINE.to_owned(),
            works: (true, false),
        },
        // Pages that break with the finding.
        Case {
            code: "csp_strict_dynamic_alone",
            with: With::Raw("content-security-policy", "script-src 'strict-dynamic' 'self'".into()),
            without: csp(Csp::strict()),
            markup: "<script nonce={nonce} src=/own.js></script>".to_owned(),
            works: (false, true),
        },
        Case {
            code: "csp_dead_address",
            with: csp(only(Directive::Script, vec![Source::Nonce, Source::StrictDynamic, host()])),
            without: csp(only(Directive::Script, vec![Source::Nonce, host()])),
            markup: foreign.clone(),
            works: (false, true),
        },
        Case {
            code: "csp_dead_unsafe_inline",
            with: csp(insecure(vec![Source::Nonce, Source::UnsafeInline])),
            without: csp(insecure(vec![Source::UnsafeInline])),
            markup: INLINE.to_owned(),
            works: (false, true),
        },
        Case {
            code: "csp_dead_unsafe_hashes",
            with: csp(only(Directive::Script, vec![Source::Nonce, Source::UnsafeHashes])),
            without: csp(only(
                Directive::Script,
                vec![Source::Nonce, Source::UnsafeHashes, hash()],
            )),
            markup: click.to_owned(),
            works: (false, true),
        },
        Case {
            code: "csp_dead_grant",
            with: With::Raw(
                "content-security-policy",
                format!("script-src 'nonce-{{nonce}}' 'strict-dynamic' {}", host()),
            ),
            without: csp(only(Directive::Script, vec![Source::Nonce, host()])),
            markup: foreign,
            works: (false, true),
        },
        Case {
            code: "csp_sandbox_stops_scripts",
            with: csp(Csp::strict().sandbox([Sandbox::AllowForms])),
            without: csp(Csp::strict().sandbox([Sandbox::AllowForms, Sandbox::AllowScripts])),
            markup: nonced.to_owned(),
            works: (false, true),
        },
        Case {
            code: "embedder_blocks_allowed_hosts",
            with: set(SecurityHeaders::strict()
                .csp(allowed())
                .embedder(EmbedderPolicy::RequireCorp)),
            without: set(SecurityHeaders::strict()
                .csp(allowed())
                .embedder(EmbedderPolicy::Credentialless)),
            markup: format!(
                "{image}<script nonce={{nonce}}>onload = () => window.hit = \
                document.images[0].naturalWidth > 0</script>"
            ),
            works: (false, true),
        },
    ]
}

/// What has no page here: in another test of these files, or nowhere in a browser.
const ELSEWHERE: &[&str] = &[
    "cors_blocked_by_resource_policy",
    "framing_disagrees",
    // Two grants of one name are the program's own confusion; a browser sees one policy.
    "grant_twice",
    "no_referrer_nulls_origin",
    "report_only_unheard",
    "same_site_none_unframed",
    "sandbox_nulls_origin",
];

fn has(with: &With, code: &str) -> bool {
    match with {
        With::Raw(..) => true,
        With::Set(set) => set.findings().iter().any(|finding| finding.code() == code),
    }
}

#[tokio::test]
async fn every_finding_is_seen_in_a_browser() {
    let browser = Browser::start().await.unwrap();
    let cases = cases(cdn().await);
    let mut codes: Vec<_> =
        cases.iter().map(|case| case.code).chain(ELSEWHERE.iter().copied()).collect();
    codes.sort_unstable();
    assert_eq!(codes, Finding::CODES);
    for Case { code, with, without, markup, works } in cases {
        assert!(
            has(&with, code) && (matches!(without, With::Raw(..)) || !has(&without, code)),
            "{code}"
        );
        for (headers, expected) in [(with, works.0), (without, works.1)] {
            let port = site(&headers, &markup, None).await;
            browser.goto(&format!("http://localhost:{port}/")).await.unwrap();
            let hit = browser.evaluate("window.hit === true").await.unwrap();
            assert_eq!(hit, json!(expected), "{code}: {:?}", browser.console_messages().await);
        }
    }
}

/// Frames a page of the site in one of another site, and returns whether its script ran.
async fn framed(browser: &Browser, headers: SecurityHeaders, grant: Option<Grant>) -> Value {
    let markup = "<script nonce={nonce}>parent.postMessage('framed', '*')</script>";
    let port = site(&set(headers), markup, grant).await;
    let other = attacker(format!(
        "<script>addEventListener('message', () => window.framed = true)</script>\
         <iframe src=\"http://localhost:{port}/\" onload=\"window.loaded = true\"></iframe>"
    ))
    .await;
    browser.goto(&format!("http://127.0.0.1:{other}/")).await.unwrap();
    browser.wait_until("window.loaded === true").await.unwrap();
    browser.evaluate("window.framed === true").await.unwrap()
}

#[tokio::test]
async fn frame_ancestors_wins_over_x_frame_options() {
    let browser = Browser::start().await.unwrap();
    let open = Csp::strict().only(Directive::FrameAncestors, [Source::Any]).unwrap();
    let disagreeing = SecurityHeaders::strict().csp(open).framing(Framing::Deny);
    assert!(has(&set(disagreeing.clone()), "framing_disagrees"));
    assert_eq!(framed(&browser, disagreeing, None).await, json!(true));
    assert_eq!(framed(&browser, SecurityHeaders::strict(), None).await, json!(false));
}

#[tokio::test]
async fn cookies_for_frames_are_of_no_use_where_nobody_may_frame() {
    let browser = Browser::start().await.unwrap();
    let embedded = SecurityHeaders::strict().beside(Surroundings::new().same_site_none_cookies());
    assert!(has(&set(embedded.clone()), "same_site_none_unframed"));
    assert_eq!(framed(&browser, embedded.clone(), None).await, json!(false));
    let partner =
        Grant::new("partner").add(Directive::FrameAncestors, Source::scheme("http").unwrap());
    let partner = partner.unwrap();
    let widened = embedded.add_grant(&partner);
    assert!(!has(&set(widened.clone()), "same_site_none_unframed"));
    assert_eq!(framed(&browser, widened, Some(partner)).await, json!(true));
}

#[tokio::test]
async fn a_resource_policy_blocks_what_cors_allows() {
    let browser = Browser::start().await.unwrap();
    let shared = || SecurityHeaders::api().beside(Surroundings::new().cors_with_credentials());
    for (headers, works) in
        [(shared(), false), (shared().resource(ResourcePolicy::CrossOrigin), true)]
    {
        assert_eq!(has(&set(headers.clone()), "cors_blocked_by_resource_policy"), !works);
        let cors = |mut response: Response| async move {
            let allow = [
                (ACCESS_CONTROL_ALLOW_ORIGIN, "http://127.0.0.1"),
                (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
            ];
            response.headers_mut().extend(allow.map(|(n, v)| (n, HeaderValue::from_static(v))));
            response
        };
        let router = Router::new()
            .route("/picture.svg", get(picture))
            .layer(axum::middleware::map_response(cors))
            .layer(headers.finish().unwrap())
            .layer(EdgeLayer::new(TrustedProxies::none()));
        let port = serve(router).await;
        let other = attacker(format!("<img src=http://localhost:{port}/picture.svg>")).await;
        browser.goto(&format!("http://127.0.0.1:{other}/")).await.unwrap();
        let seen = browser.evaluate("document.images[0].naturalWidth > 0").await.unwrap();
        assert_eq!(seen, json!(works));
    }
}

#[tokio::test]
async fn in_a_sandbox_the_own_form_looks_foreign() {
    let browser = Browser::start().await.unwrap();
    let flags = [Sandbox::AllowForms, Sandbox::AllowScripts];
    let boxed = |more: &[Sandbox]| {
        let csp = Csp::strict().sandbox(flags.iter().chain(more).copied());
        SecurityHeaders::strict().csp(csp).beside(Surroundings::new().cross_origin_checks())
    };
    for (headers, works) in [(boxed(&[]), false), (boxed(&[Sandbox::AllowSameOrigin]), true)] {
        assert_eq!(has(&set(headers.clone()), "sandbox_nulls_origin"), !works);
        let (port, calls) = site_with(Without::Nothing, headers).await;
        browser.goto(&format!("http://localhost:{port}/")).await.unwrap();
        browser.evaluate("fetch('/transfer', {method: 'POST', mode: 'no-cors'}), 0").await.unwrap();
        calls.answered.notified().await;
        let handled = calls.handled.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(handled, works);
    }
}

/// Of a report that is heard and one that is not, the second is sent first.
#[tokio::test]
async fn a_policy_without_endpoint_and_report_to_in_clear_text_are_unheard() {
    let browser = Browser::start().await.unwrap();
    let unheard = [
        ("content-security-policy-report-only", "img-src 'none'"),
        ("content-security-policy", "img-src 'none'; report-uri /reports; report-to pages"),
    ];
    let image = "<img src=https://evil.example/x.png>";
    for (name, value) in unheard {
        let collector = collector();
        let headers =
            SecurityHeaders::strict().report_to(collector.endpoint("pages", "/reports").unwrap());
        let (port, calls) =
            site_behind(Without::Nothing, headers, TrustedProxies::none(), &collector).await;
        let value = value.replace("/reports", &format!("http://localhost:{port}/reports"));
        let silent = site(&With::Raw(name, value), image, None).await;
        browser.goto(&format!("http://localhost:{silent}/")).await.unwrap();
        browser
            .goto(&format!("http://localhost:{port}/?q=%3Cimg%20src%3Dhttps://evil.example/x%3E"))
            .await
            .unwrap();
        calls.reported.notified().await;
        assert_eq!(calls.reports.load(std::sync::atomic::Ordering::SeqCst), 1, "{name}");
    }
    let tried = SecurityHeaders::strict().add_csp_report_only(Csp::api());
    assert!(has(&set(tried), "report_only_unheard"));
}

/// What cannot be written with this crate, and why.
#[tokio::test]
async fn what_has_no_spelling_here_breaks_pages_elsewhere() {
    let browser = Browser::start().await.unwrap();
    let own = "<script nonce={nonce} src=/own.js></script>";
    let upgrading = || csp(Csp::strict().upgrade_insecure_requests());
    let raw = || With::Raw("content-security-policy", "upgrade-insecure-requests".into());
    for (headers, works) in [(raw(), false), (upgrading(), true)] {
        let port = site(&headers, own, None).await;
        browser.goto(&format!("http://site.example:{port}/")).await.unwrap();
        assert_eq!(browser.evaluate("window.hit === true").await.unwrap(), json!(works));
    }
    browser.clear_console();
    // A directive that browsers no longer know is a line on every page's console.
    let dead = With::Raw("content-security-policy", "navigate-to 'self'".into());
    assert!("navigate-to 'self'".parse::<Csp>().is_err());
    let port = site(&dead, "", None).await;
    browser.goto(&format!("http://localhost:{port}/")).await.unwrap();
    let console = browser.console_messages().await.unwrap();
    assert!(console.iter().any(|line| line.text.contains("navigate-to")), "{console:?}");
    // Sent with every page, it signs everybody out.
    let clearing = With::Raw("clear-site-data", "\"cookies\"".into());
    let remember = "<script nonce={nonce}>window.hit = document.cookie.includes('sid=1');\
                    document.cookie = 'sid=1'</script>";
    for (headers, kept) in [(clearing, false), (csp(Csp::strict()), true)] {
        let port = site(&headers, remember, None).await;
        for visit in ["first", "second"] {
            browser.goto(&format!("http://localhost:{port}/?{visit}")).await.unwrap();
        }
        assert_eq!(browser.evaluate("window.hit").await.unwrap(), json!(kept));
    }
}

#[tokio::test]
async fn chromium_knows_every_feature() {
    let browser = Browser::start().await.unwrap();
    let all = PermissionsPolicy::new().deny(Feature::ALL.iter().copied());
    let port = site(&set(SecurityHeaders::strict().permissions(all)), "", None).await;
    for host in ["localhost", "site.example"] {
        browser.goto(&format!("http://{host}:{port}/")).await.unwrap();
        assert_eq!(browser.console_messages().await.unwrap(), [], "{host}");
    }
}
