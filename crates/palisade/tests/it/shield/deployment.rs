//! A shield tells its mistakes: each wrong one has its finding, a right one none.

use std::path::Path;

use http::header::HeaderValue;
use palisade::audit::layer::{Level, Policy};
use palisade::audit::{AuditLayer, AuditLog, Durability, LogKey};
use palisade::check::{Code, Deployment, Finding, Guard};
use palisade::edge::hosts::{AllowedHosts, AllowedHostsLayer};
use palisade::edge::https::{HttpsPolicy, HttpsRedirectLayer};
use palisade::edge::{Forwarding, TrustedProxies};
use palisade::headers::{Hsts, SecurityHeaders, SecurityHeadersLayer};
use palisade::ratelimit::key::{Key, Name};
use palisade::ratelimit::store::{Act, Ask, Store, StoreFuture, Verdict};
use palisade::ratelimit::{Limits, Quota, Rule};
use palisade::shield::{Part, Shield};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::HOST;

fn log(folder: &Path, durability: Durability) -> AuditLayer {
    let key = LogKey::from_seed("exams.example.org/audit", &[7; 32]).unwrap();
    let folder = tempfile::tempdir_in(folder).unwrap().keep();
    let log = AuditLog::builder(folder, key).durability(durability).open().unwrap();
    AuditLayer::new(log, Policy::new().rule(&[], "*", Level::Metadata))
}

/// Nothing is wrong with it.
fn right(preset: Shield, folder: &Path) -> Shield {
    let proxies = TrustedProxies::in_ranges(["10.0.0.0/8"], Forwarding::XForwardedFor).unwrap();
    let hosts = AllowedHosts::new([HOST]).unwrap();
    preset
        .proxies(proxies)
        .https(HttpsRedirectLayer::new(HttpsPolicy::new(hosts)))
        .audit(log(folder, Durability::Synced))
}

fn deployed(shield: &Shield) -> Deployment {
    shield
        .deployment()
        .public_url(format!("https://{HOST}"))
        .login("POST /login", &[Guard::Lockout])
}

fn codes(deployment: &Deployment) -> Vec<Code> {
    deployment.check().all().iter().map(Finding::code).collect()
}

fn behind(ranges: &[&str]) -> TrustedProxies {
    let one = std::num::NonZeroU8::new(1).unwrap();
    TrustedProxies::hops(one, ranges, Forwarding::XForwardedFor).unwrap()
}

fn sends(headers: SecurityHeaders) -> SecurityHeadersLayer {
    headers.finish().unwrap()
}

fn limits(rule: Rule) -> Limits {
    let key = Key::of("user", |head| Some(Name::from(head.extensions().get::<u64>().copied()?)));
    Limits::builder().key("user", key).rule(rule).finish().unwrap()
}

/// A store that waits for somebody.
#[derive(Debug)]
struct Far;

impl Store for Far {
    fn name(&self) -> &'static str {
        "far"
    }

    fn decide<'a>(&'a self, _: &'a [Ask], _: Act) -> StoreFuture<'a, Verdict> {
        Box::pin(std::future::pending())
    }

    fn refund<'a>(&'a self, _: &'a [Ask]) -> StoreFuture<'a, ()> {
        Box::pin(std::future::pending())
    }
}

fn cors(origin: impl Into<AllowOrigin>) -> CorsLayer {
    CorsLayer::new().allow_origin(origin)
}

const fn origin(text: &'static str) -> [HeaderValue; 1] {
    [HeaderValue::from_static(text)]
}

#[test]
fn a_right_shield_has_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    for preset in [Shield::web([HOST]).unwrap(), Shield::api([HOST]).unwrap()] {
        let shield = right(preset, folder.path());
        assert_eq!(deployed(&shield).check().all(), []);
        let partner = shield.cors(cors(origin("https://partner.example")));
        assert_eq!(deployed(&partner).check().all(), []);
        let fixed = AllowOrigin::exact(HeaderValue::from_static("https://partner.example"));
        assert_eq!(deployed(&partner.cors(cors(fixed))).check().all(), []);
    }
}

#[test]
fn each_mistake_of_a_shield_has_its_finding() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let whole = right(Shield::web([HOST]).unwrap(), folder);
    let whole = || whole.clone();
    let without = |part| whole().insecure_without(part);
    let others = AllowedHostsLayer::new(AllowedHosts::new(["exams.example.net"]).unwrap());
    let by_ip = |rule: Rule| rule.by(Key::client_ip());
    let saves = limits(by_ip(Rule::new("save", Quota::per_minute(5))).on("PUT /students"));
    let users = limits(Rule::new("all", Quota::per_minute(5)).by(Key::named("user")));
    let short = SecurityHeaders::strict().hsts(Hsts::one_day());
    let table: Vec<(Shield, &[Code])> = vec![
        (
            whole().headers(sends(SecurityHeaders::strict().insecure_without_hsts())),
            &[Code::HstsMissing],
        ),
        (whole().headers(sends(short)), &[Code::HstsShort]),
        (
            without(Part::Headers),
            &[Code::CspMissing, Code::FramingAllowed, Code::HstsMissing, Code::SniffingAllowed],
        ),
        (whole().cors(cors(tower_http::cors::Any)), &[Code::CorsAny]),
        (whole().cors(cors(AllowOrigin::mirror_request())), &[Code::CorsAny]),
        (whole().cors(CorsLayer::very_permissive()), &[Code::CorsAnyWithCredentials]),
        (whole().cors(cors(origin("null"))), &[Code::CorsNull]),
        (whole().cors(cors(origin("http://exams.example.org"))), &[Code::CorsPlainOrigin]),
        (whole().proxies(TrustedProxies::none()), &[Code::ForwardingUntrusted]),
        (whole().proxies(behind(&["0.0.0.0/0"])), &[Code::ForwardingFromAnywhere]),
        (without(Part::Edge), &[Code::ClientsUnknown, Code::ForwardingUntrusted]),
        (without(Part::Hosts), &[Code::HostsAny]),
        (whole().hosts(others), &[Code::PublicUrlRefused]),
        (without(Part::Https), &[Code::HttpsOptional]),
        (without(Part::Limits), &[Code::LoginUnlimited, Code::LimitsMissing]),
        (whole().limits(saves), &[Code::LoginUnlimited]),
        (whole().limits(users), &[Code::LoginUnlimited]),
        (without(Part::Audit), &[Code::AuditMissing]),
        (whole().audit(log(folder, Durability::Written)), &[Code::AuditUnsynced]),
        (whole().audit(log(folder, Durability::Synced).best_effort()), &[Code::AuditUnsynced]),
        (without(Part::BodyLimit), &[Code::BodiesUnbounded]),
        (without(Part::Cookies), &[Code::CookiesUnhardened]),
        (without(Part::CrossOrigin), &[Code::CrossSiteUnchecked]),
        (without(Part::Deadline), &[Code::DeadlineMissing]),
        (without(Part::Panics), &[Code::PanicsUncaught]),
        (without(Part::RequestLog), &[Code::RequestsUnlogged]),
        // They protect nothing.
        (without(Part::Cors), &[]),
        (without(Part::Etag), &[]),
        (without(Part::Metrics), &[]),
    ];
    for (shield, expected) in table {
        let findings = deployed(&shield).check();
        let found: Vec<Code> = findings.all().iter().map(Finding::code).collect();
        assert_eq!(found, expected, "{findings}");
    }
}

#[test]
fn of_what_is_done_elsewhere_nothing_is_said_unless_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = right(Shield::web([HOST]).unwrap(), folder.path());
    for part in Part::ORDER {
        let shield = whole.clone().elsewhere(*part);
        assert_eq!(deployed(&shield).check().all(), [], "{part:?}");
        // Of two words the last counts.
        let out = shield.clone().insecure_without(*part);
        let left_out = whole.clone().insecure_without(*part);
        assert_eq!(codes(&deployed(&out)), codes(&deployed(&left_out)), "{part:?}");
    }
    let shield = whole.elsewhere(Part::Headers).elsewhere(Part::Edge).elsewhere(Part::Limits);
    let told = deployed(&shield).answer(&http::HeaderMap::new()).proxies(["0.0.0.0/0"]);
    assert!(told.check().has(Code::CspMissing) && told.check().has(Code::ForwardingFromAnywhere));
    let back = shield.headers(sends(SecurityHeaders::strict().insecure_without_hsts()));
    assert_eq!(codes(&deployed(&back)), [Code::HstsMissing]);
}

#[test]
fn limits_in_memory_do_not_hold_with_several_instances() {
    let folder = tempfile::tempdir().unwrap();
    let whole = right(Shield::web([HOST]).unwrap(), folder.path());
    let several = deployed(&whole).several_instances();
    assert_eq!(codes(&several), [Code::StoresInMemory]);
    let far = |rule: Rule| Limits::builder().rule(rule).with_store(Far).finish().unwrap();
    let rule = |name| Rule::new(name, Quota::per_minute(5)).by(Key::client_ip());
    let shared = |limits| codes(&deployed(&whole.clone().limits(limits)).several_instances());
    assert_eq!(shared(far(rule("all"))), []);
    assert_eq!(shared(far(rule("save").on("PUT /students"))), [Code::LoginUnlimited]);
    assert_eq!(shared(far(rule("soft").soft())), [Code::LoginUnlimited]);
}
