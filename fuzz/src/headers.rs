//! Targets of `palisade-headers`.

use http::Request;
use palisade_headers::Site;
use palisade_headers::cookies::{Policy as Cookies, harden};
use palisade_headers::csp::{Csp, Directive, Source};
use palisade_headers::csrf::{Origin, Policy, check};

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
