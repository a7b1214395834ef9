//! The set as responses carry it.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use palisade_headers::csp::{Csp, Directive, Grant, Nonce, NonceError, NonceSource, Source};
use palisade_headers::{
    EmbedderPolicy, Endpoint, Feature, Framing, IntegrityPolicy, OpenerPolicy, PermissionsPolicy,
    SecurityHeaders, SecurityHeadersLayer, Surroundings,
};
use proptest::prelude::*;

use crate::site::request;

/// Sends `answer` through the layer for a request to `url`.
fn through(layer: &SecurityHeadersLayer, url: &str, mut answer: Response<()>) -> HeaderMap {
    let exchange = layer.open(request("GET", url).extensions_mut());
    exchange.close(&mut answer);
    answer.into_parts().0.headers
}

fn sent(set: SecurityHeaders, url: &str) -> HeaderMap {
    through(&set.finish().unwrap(), url, Response::new(()))
}

fn lines(headers: &HeaderMap) -> Vec<String> {
    let line = |(n, v): (&HeaderName, &HeaderValue)| format!("{n}: {}", v.to_str().unwrap());
    let mut lines: Vec<_> = headers.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn compat_over_https_is_helmet_to_the_byte() {
    let mut expected: Vec<_> = include_str!("../data/helmet-8.3.0.txt").lines().collect();
    expected.sort_unstable();
    assert_eq!(lines(&sent(SecurityHeaders::compat(), "https://example.com/")), expected);
}

#[test]
fn hsts_and_upgrade_insecure_requests_stay_away_from_clear_text() {
    for url in ["http://example.com/", "http://localhost:8080/"] {
        let headers = sent(SecurityHeaders::compat(), url);
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY), "{url}");
        let csp = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(!csp.contains("upgrade-insecure-requests"), "{url}: {csp}");
    }
}

#[test]
fn what_each_site_gets() {
    let table = [
        ("https://example.com/", true, true),
        ("http://localhost:3000/", false, true),
        ("http://app.localhost/", false, true),
        ("http://127.0.0.1/", false, true),
        ("http://[::1]:8080/", false, true),
        ("http://127.example.com/", false, false),
        ("http://localhost.example.com/", false, false),
        ("http://10.0.0.5/", false, false),
    ];
    for (url, hsts, isolated) in table {
        let headers = sent(SecurityHeaders::strict(), url);
        assert_eq!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY), hsts, "{url}");
        for name in ["cross-origin-opener-policy", "origin-agent-cluster"] {
            assert_eq!(headers.contains_key(name), isolated, "{url} {name}");
        }
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
}

#[test]
fn without_the_edge_nothing_is_promised_about_tls() {
    let layer = SecurityHeaders::strict().finish().unwrap();
    let mut answer = Response::new(());
    layer.open(&mut http::Extensions::new()).close(&mut answer);
    assert!(!answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    assert_eq!(answer.headers()["x-frame-options"], "DENY");
}

#[test]
fn dev_never_pins_localhost_to_https() {
    let headers = sent(SecurityHeaders::dev(), "https://localhost/");
    assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY));
}

#[test]
fn api_forbids_loading_and_keeping() {
    let headers = sent(SecurityHeaders::api(), "https://example.com/");
    assert_eq!(headers["content-security-policy"], "default-src 'none';frame-ancestors 'none'");
    assert_eq!(headers["cache-control"], "no-store");
    let answer = Response::builder().header("cache-control", "max-age=60").body(()).unwrap();
    let layer = SecurityHeaders::api().finish().unwrap();
    assert_eq!(through(&layer, "https://example.com/", answer)["cache-control"], "max-age=60");
}

#[test]
fn the_handler_cannot_weaken_a_header_unless_it_may() {
    let loose = || {
        Response::builder()
            .header("referrer-policy", "unsafe-url")
            .header("x-frame-options", "ALLOWALL")
            .header("server", "acme/1.0")
            .header("x-powered-by", "acme")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("x-own", "kept")
            .body(())
            .unwrap()
    };
    let strict = SecurityHeaders::strict().finish().unwrap();
    let headers = through(&strict, "https://example.com/", loose());
    assert_eq!(headers["referrer-policy"], "strict-origin-when-cross-origin");
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["x-own"], "kept");
    assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"));
    assert_eq!(headers.get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);

    let may = SecurityHeaders::strict().handler_may_set(header::REFERRER_POLICY).finish().unwrap();
    let headers = through(&may, "https://example.com/", loose());
    assert_eq!(headers["referrer-policy"], "unsafe-url");
    assert_eq!(headers["x-frame-options"], "DENY");
}

#[test]
fn a_policy_of_the_handler_is_added_and_replaces_only_where_allowed() {
    let own =
        || Response::builder().header("content-security-policy", "img-src *").body(()).unwrap();
    let layer = SecurityHeaders::api().finish().unwrap();
    let headers = through(&layer, "https://example.com/", own());
    let both: Vec<_> = headers.get_all("content-security-policy").iter().collect();
    assert_eq!(both, ["default-src 'none';frame-ancestors 'none'", "img-src *"]);

    let raw = SecurityHeaders::api().handler_may_set(header::CONTENT_SECURITY_POLICY);
    let headers = through(&raw.finish().unwrap(), "https://example.com/", own());
    let one: Vec<_> = headers.get_all("content-security-policy").iter().collect();
    assert_eq!(one, ["img-src *"]);
}

#[test]
fn several_policies_enforced_and_tried_at_once() {
    let set = SecurityHeaders::strict()
        .csp(Csp::deny_all())
        .add_csp("default-src https:".parse().unwrap())
        .add_csp_report_only("script-src 'nonce'; base-uri 'none'".parse().unwrap())
        .report_to(Endpoint::new("csp", "/csp-reports").unwrap());
    let headers = sent(set.clone(), "https://example.com/");
    assert_eq!(
        headers["content-security-policy"],
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none';\
         report-uri /csp-reports;report-to csp, \
         default-src https:;report-uri /csp-reports;report-to csp"
    );
    assert_eq!(
        headers["content-security-policy-report-only"],
        "script-src 'none';base-uri 'none';report-uri /csp-reports;report-to csp"
    );
    assert_eq!(headers["reporting-endpoints"], r#"csp="/csp-reports""#);
    let clear = sent(set, "http://localhost/");
    assert!(!clear.contains_key("reporting-endpoints"));
    let csp = clear["content-security-policy"].to_str().unwrap();
    assert!(csp.contains("report-uri /csp-reports") && !csp.contains("report-to"), "{csp}");
}

fn csp_of(
    layer: &SecurityHeadersLayer,
    status: StatusCode,
    draw: bool,
) -> (Option<HeaderValue>, Nonce) {
    let mut request = request("GET", "https://example.com/");
    let exchange = layer.open(request.extensions_mut());
    let nonce = request.extensions().get::<Nonce>().unwrap().clone();
    if draw {
        nonce.value().unwrap();
    }
    let mut answer = Response::builder().status(status).body(()).unwrap();
    exchange.close(&mut answer);
    (answer.headers().get("content-security-policy").cloned(), nonce)
}

#[test]
fn a_drawn_nonce_is_in_the_policy_and_marked_sensitive() {
    let layer = SecurityHeaders::strict().finish().unwrap();
    let (csp, nonce) = csp_of(&layer, StatusCode::OK, true);
    let csp = csp.unwrap();
    let text = csp.to_str().unwrap();
    let nonce = nonce.value().unwrap();
    assert_eq!(text.matches(&format!("'nonce-{nonce}'")).count(), 2, "{text}");
    assert!(csp.is_sensitive());
    let (other, _) = csp_of(&layer, StatusCode::OK, true);
    assert_ne!(other.unwrap(), csp);
}

#[test]
fn an_unread_nonce_leaves_none_behind_and_cannot_be_drawn_later() {
    let layer = SecurityHeaders::strict().finish().unwrap();
    let (csp, nonce) = csp_of(&layer, StatusCode::OK, false);
    let csp = csp.unwrap();
    let text = csp.to_str().unwrap();
    assert!(text.contains("script-src 'none';style-src 'self';"), "{text}");
    assert!(!csp.is_sensitive());
    assert_eq!(nonce.value(), Err(NonceError::TooLate));
    assert!(write!(String::new(), "{nonce}").is_err());
}

#[test]
fn a_dropped_nonce_does_not_put_unsafe_inline_back_in_force() {
    let style = [Source::Nonce, Source::UnsafeInline];
    let csp = Csp::strict().only(Directive::Style, style).unwrap();
    let layer = SecurityHeaders::strict().csp(csp).finish().unwrap();
    let (csp, _) = csp_of(&layer, StatusCode::OK, false);
    let csp = csp.unwrap();
    assert!(csp.to_str().unwrap().contains("style-src 'none';"), "{csp:?}");
}

#[test]
fn not_modified_carries_no_nonce_policy_but_a_fixed_one() {
    let layer = SecurityHeaders::strict().finish().unwrap();
    for draw in [true, false] {
        assert_eq!(csp_of(&layer, StatusCode::NOT_MODIFIED, draw).0, None);
    }
    let fixed = SecurityHeaders::api().finish().unwrap();
    let answer = Response::builder().status(304).body(()).unwrap();
    assert!(
        through(&fixed, "https://example.com/", answer).contains_key("content-security-policy")
    );
}

#[test]
fn without_randomness_the_policy_says_none() {
    struct Dry;
    impl NonceSource for Dry {
        fn fill(&self, _: &mut [u8; 18]) -> Result<(), NonceError> {
            Err(NonceError::NoRandomness)
        }
    }
    let layer = SecurityHeaders::strict().with_nonces(Dry).finish().unwrap();
    let mut request = request("GET", "https://example.com/");
    let exchange = layer.open(request.extensions_mut());
    let nonce = request.extensions().get::<Nonce>().unwrap();
    assert_eq!(nonce.value(), Err(NonceError::NoRandomness));
    let mut answer = Response::new(());
    exchange.close(&mut answer);
    let csp = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(csp.contains("script-src 'none'"), "{csp}");
}

#[test]
fn a_route_is_widened_by_registered_grants_only() {
    let partner = Grant::new("partner")
        .add(Directive::FrameAncestors, Source::host("https://partner.example").unwrap())
        .unwrap();
    let tiles = Grant::new("tiles")
        .add(Directive::Img, Source::host("https://tiles.example").unwrap())
        .unwrap();
    let asking = |grants: &[&Grant]| {
        let mut answer = Response::new(());
        for grant in grants {
            grant.mark(answer.extensions_mut());
        }
        answer
    };
    let csp = |headers: &HeaderMap| headers["content-security-policy"].to_str().unwrap().to_owned();
    let registered =
        SecurityHeaders::strict().add_grant(&partner).add_grant(&tiles).finish().unwrap();

    let headers = through(&registered, "https://example.com/", asking(&[&partner]));
    assert!(csp(&headers).contains("frame-ancestors https://partner.example"));
    assert!(!headers.contains_key("x-frame-options"));

    let headers = through(&registered, "https://example.com/", asking(&[&tiles, &partner]));
    assert!(csp(&headers).contains("frame-ancestors https://partner.example"));
    assert!(csp(&headers).contains("img-src 'self' https://tiles.example"));

    let plain = SecurityHeaders::strict().finish().unwrap();
    let headers = through(&plain, "https://example.com/", asking(&[&partner, &tiles]));
    assert_eq!(headers, through(&plain, "https://example.com/", Response::new(())));
}

#[test]
fn structured_fields_parse_with_an_independent_parser() {
    let set = SecurityHeaders::strict()
        .report_to(Endpoint::new("csp", "https://reports.example/x?y=%2C").unwrap())
        .integrity(IntegrityPolicy::scripts())
        .embedder(EmbedderPolicy::Credentialless)
        .opener_report_only(OpenerPolicy::SameOriginAllowPopups)
        .permissions(
            PermissionsPolicy::deny_powerful()
                .allow_self(Feature::Fullscreen)
                .allow_origins(Feature::Payment, ["https://pay.example"])
                .unwrap(),
        );
    let headers = sent(set, "https://example.com/");
    for name in ["permissions-policy", "reporting-endpoints", "integrity-policy"] {
        let parsed = sfv::Parser::new(headers[name].as_bytes()).parse::<sfv::Dictionary>();
        assert!(!parsed.unwrap().is_empty(), "{name}");
    }
    let items = [
        "origin-agent-cluster",
        "cross-origin-opener-policy",
        "cross-origin-opener-policy-report-only",
        "cross-origin-embedder-policy",
    ];
    for name in items {
        sfv::Parser::new(headers[name].as_bytes()).parse::<sfv::Item>().expect(name);
    }
    assert_eq!(headers["integrity-policy"], "blocked-destinations=(script), endpoints=(csp)");
}

#[test]
fn contradictions_are_refused_with_reason_and_fix() {
    let host = || Source::host("https://cdn.example").unwrap();
    let scripts = Grant::new("cdn").add(Directive::Script, host()).unwrap();
    let table: [(SecurityHeaders, &str); 4] = [
        (
            SecurityHeaders::strict()
                .csp(Csp::strict().only(Directive::Script, [Source::StrictDynamic]).unwrap()),
            "csp_strict_dynamic_alone",
        ),
        (SecurityHeaders::strict().add_grant(&scripts), "csp_dead_grant"),
        (
            SecurityHeaders::api().add_grant(&Grant::new("a")).add_grant(&Grant::new("a")),
            "grant_twice",
        ),
        (SecurityHeaders::strict().add_csp_report_only(Csp::api()), "report_only_unheard"),
    ];
    for (set, code) in table {
        let findings = set.finish().unwrap_err();
        assert!(findings.all().iter().any(|finding| finding.code() == code), "{findings}");
        assert!(findings.to_string().contains(findings.all()[0].fix()));
    }
    let warned = [
        (
            SecurityHeaders::strict()
                .csp(Csp::strict().only(Directive::FrameAncestors, [host()]).unwrap()),
            "framing_disagrees",
        ),
        (SecurityHeaders::compat().framing(Framing::Deny), "framing_disagrees"),
        (
            SecurityHeaders::strict()
                .csp(Csp::strict().also(Directive::Img, host()).unwrap())
                .embedder(EmbedderPolicy::RequireCorp),
            "embedder_blocks_allowed_hosts",
        ),
        (
            SecurityHeaders::strict()
                .csp(Csp::strict().also(Directive::Script, Source::This).unwrap()),
            "csp_dead_address",
        ),
        (
            SecurityHeaders::compat().beside(Surroundings::new().cross_origin_checks()),
            "no_referrer_nulls_origin",
        ),
        (
            SecurityHeaders::api().beside(Surroundings::new().same_site_none_cookies()),
            "same_site_none_unframed",
        ),
    ];
    for (set, code) in warned {
        assert!(set.findings().iter().any(|finding| finding.code() == code), "{code}");
        assert!(set.finish().is_ok());
    }
    let presets = [
        SecurityHeaders::strict(),
        SecurityHeaders::api(),
        SecurityHeaders::compat(),
        SecurityHeaders::dev(),
    ];
    for preset in presets {
        assert_eq!(preset.findings(), []);
    }
}

proptest! {
    /// Whatever the types take, the fields are what RFC 9651 calls dictionaries.
    #[test]
    fn structured_fields_parse_whatever_is_set(
        features in prop::collection::vec((prop::sample::select(Feature::ALL), 0_u8..3, "https?://[a-zA-Z0-9.:/-]{1,20}"), 1..12),
        name in "[ -~]{0,12}",
        address in "(/|https://)[ -~]{0,30}",
    ) {
        let mut policy = PermissionsPolicy::new();
        for (feature, kind, origin) in &features {
            policy = match kind {
                0 => policy.deny([*feature]),
                1 => policy.allow_self(*feature),
                _ => policy.clone().allow_origins(*feature, [origin.as_str()]).unwrap_or_else(|_| policy.deny([*feature])),
            };
        }
        let mut set = SecurityHeaders::strict().permissions(policy).integrity(IntegrityPolicy::scripts());
        if let Ok(endpoint) = Endpoint::new(&name, &address) {
            set = set.report_to(endpoint);
        }
        let headers = sent(set, "https://example.com/");
        for name in ["permissions-policy", "reporting-endpoints", "integrity-policy"] {
            if let Some(value) = headers.get(name) {
                let parsed = sfv::Parser::new(value.as_bytes()).parse::<sfv::Dictionary>();
                prop_assert!(parsed.is_ok_and(|fields| !fields.is_empty()), "{name}: {value:?}");
            }
        }
    }

    #[test]
    fn applying_the_set_twice_is_applying_it_once(
        draw: bool,
        api: bool,
        site in prop::sample::select(vec!["https://e.example/", "http://e.example/", "http://localhost/"]),
        status in prop::sample::select(vec![200_u16, 204, 304, 404, 500]),
        own in prop::collection::vec(("[a-z]{1,4}|server|x-frame-options|content-security-policy|cache-control|set-cookie", "[a-z ]{0,8}"), 0..6),
    ) {
        let set = if api { SecurityHeaders::api() } else { SecurityHeaders::strict() };
        let layer = set.finish().unwrap();
        let mut request = request("GET", site);
        let outer = layer.open(request.extensions_mut());
        let inner = layer.open(request.extensions_mut());
        if draw && let Some(nonce) = request.extensions().get::<Nonce>() {
            nonce.value().unwrap();
        }
        let mut answer = Response::builder().status(status);
        for (name, value) in &own {
            answer = answer.header(name, value);
        }
        let mut answer = answer.body(()).unwrap();
        inner.close(&mut answer);
        let once = lines(answer.headers());
        outer.close(&mut answer);
        prop_assert_eq!(once, lines(answer.headers()));
    }
}

const fn promised<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}

#[test]
fn a_clone_of_the_service_is_one_pointer() {
    type Service = palisade_headers::security_headers::SecurityHeadersService<()>;
    promised::<Service>();
    promised::<SecurityHeadersLayer>();
    assert_eq!(size_of::<Service>(), size_of::<usize>());
}
