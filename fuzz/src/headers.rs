//! Targets of `palisade-headers`.

use std::net::SocketAddr;
use std::sync::LazyLock;

use http::header::STRICT_TRANSPORT_SECURITY;
use http::{HeaderName, HeaderValue, Request, Response};
use palisade_edge::{Forwarding, Peer, TrustedProxies, external_url};
use palisade_headers::cookies::{Policy as Cookies, harden};
use palisade_headers::csp::{Csp, Directive, Source};
use palisade_headers::csrf::{Origin, Policy, check};
use palisade_headers::reports::{Noise, Violation, parse};
use palisade_headers::{SecurityHeaders, SecurityHeadersLayer, Site};

/// A `Set-Cookie` value: hardening appends only, and twice is once.
pub fn headers_cookies(data: &[u8]) {
    let policy = Cookies::new().script_may_read("theme");
    for site in [Site::Http, Site::Https, Site::LoopbackHttp] {
        if let Ok(once) = harden(data, &policy, site) {
            assert!(once.as_bytes().starts_with(data));
            assert_eq!(harden(once.as_bytes(), &policy, site).as_ref(), Ok(&once));
        }
    }
}

/// The text of a policy: what is taken is one policy, reads back the same, and lets no injected
/// script run.
pub fn headers_csp(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(csp) = text.parse::<Csp>() else { return };
    let written = csp.to_string();
    assert!(written.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
    assert!(!written.contains(','));
    let again: Csp = written.parse().expect("what was written reads back");
    assert_eq!(again.to_string(), written);
    for directive in [Directive::Script, Directive::ScriptElem, Directive::ScriptAttr] {
        let list = csp.effective(directive).unwrap_or_default();
        assert!(!list.contains(&Source::UnsafeInline) && !list.contains(&Source::UnsafeEval));
    }
}

/// An origin in the set-up and in a request that nobody vouches for.
pub fn headers_origin(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(origin) = text.parse::<Origin>()
    {
        assert_eq!(origin.as_str().parse::<Origin>().as_ref(), Ok(&origin));
    }
    let Ok(request) = Request::post("/").header("origin", data).body(()) else { return };
    let (parts, ()) = request.into_parts();
    let trusting = Policy::new().add_trusted_origin("https://admin.example").expect("an origin");
    assert_eq!(check(&parts, &trusting).is_ok(), data == b"https://admin.example");
}

/// The body of a violation report: what is kept of it is short and visible.
pub fn headers_reports(data: &[u8]) {
    let Ok(batch) = parse(data) else { return };
    assert!(batch.reports().len() <= 32);
    for report in batch.reports() {
        let _ = Noise::of(report);
        let Some(violation) = Violation::read("pages", report) else { continue };
        for text in [violation.page(), violation.blocked(), violation.source().unwrap_or_default()]
        {
            assert!(text.len() <= 256 && text.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}

/// A request behind a trusted proxy, one header a line: `Host`, `X-Forwarded-Proto`,
/// `X-Forwarded-Host`, `Origin`. Headers follow the scheme that the edge tells, and of origins the
/// one alone passes that the edge names.
pub fn headers_request(data: &[u8]) {
    static STRICT: LazyLock<SecurityHeadersLayer> =
        LazyLock::new(|| SecurityHeaders::strict().finish().expect("no findings"));
    let mut request = Request::post("/").body(()).expect("a request");
    let names = ["host", "x-forwarded-proto", "x-forwarded-host", "origin"];
    for (name, line) in names.into_iter().zip(data.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(line)
            && !line.is_empty()
        {
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    request.headers_mut().insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
    let peer = Peer::new(SocketAddr::from(([10, 0, 0, 1], 4000)));
    let proxies = TrustedProxies::in_ranges(["10.0.0.0/8"], Forwarding::XForwardedFor);
    let Ok(url) = external_url(&peer, (&request).into(), &proxies.expect("a range")) else {
        return;
    };
    request.extensions_mut().insert(url.clone());
    let exchange = STRICT.open(request.extensions_mut());
    let mut answer = Response::new(());
    exchange.close(&mut answer);
    assert_eq!(answer.headers().contains_key(STRICT_TRANSPORT_SECURITY), url.is_https());
    let (parts, ()) = request.into_parts();
    let Some(origin) = parts.headers.get("origin").map(HeaderValue::as_bytes) else { return };
    let own = format!("{}://{}", url.scheme().as_str(), url.host());
    let spellings = [format!("{own}:{}", url.port()), url.to_string()];
    let passes = check(&parts, &Policy::new()).is_ok();
    assert_eq!(passes, spellings.iter().any(|own| own.as_bytes() == origin));
}
