//! What the policies mean, judged by an independent engine: Servo's `content-security-policy`.

use content_security_policy::{
    CheckResult, CspList, Destination, Element, Initiator, InlineCheckType, NavigationCheckType,
    ParserMetadata, PolicyDisposition, PolicySource, Request, Response as Page, Url,
};
use http::Response;
use palisade_headers::SecurityHeaders;
use palisade_headers::csp::{Csp, Directive, Grant, Hash, Nonce, Source};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::site::request;

const CONFIGURATIONS: u32 = 100_000;
const PAGE: &str = "https://site.example/";
/// An inline block whose hash is granted.
const GRANTED: &str = "granted()";
const HOSTS: [&str; 4] =
    ["https://a.example", "https://b.example", "https://*.c.example", "wss://a.example"];
const TARGETS: [&str; 5] = [
    "https://site.example/x",
    "https://a.example/x",
    "https://b.example/x",
    "https://d.c.example/x",
    "https://stranger.example/x",
];
const LOADS: [(Directive, Destination); 9] = [
    (Directive::Connect, Destination::None),
    (Directive::Font, Destination::Font),
    (Directive::Frame, Destination::IFrame),
    (Directive::Img, Destination::Image),
    (Directive::Manifest, Destination::Manifest),
    (Directive::Media, Destination::Video),
    (Directive::Object, Destination::Object),
    (Directive::Style, Destination::Style),
    (Directive::Worker, Destination::Worker),
];

/// How many configurations to judge; the nightly run asks for more.
fn configurations() -> u32 {
    std::env::var("PALISADE_CSP_CONFIGURATIONS")
        .map_or(CONFIGURATIONS, |count| count.parse().expect("a number of configurations"))
}

fn source(rng: &mut SmallRng) -> Source {
    let hash = || Source::from(Hash::sha256_of("known()"));
    match rng.random_range(0..16) {
        0 => Source::Any,
        1 => hash(),
        2 => Source::scheme("https").unwrap(),
        3 => Source::scheme("data").unwrap(),
        4 => Source::StrictDynamic,
        5 => Source::This,
        6 => Source::UnsafeHashes,
        7 => Source::UnsafeInline,
        8 => Source::UnsafeEval,
        9 => Source::ReportSample,
        10 => Source::WasmUnsafeEval,
        11 | 12 => Source::Nonce,
        _ => Source::host(HOSTS.choose(rng).unwrap()).unwrap(),
    }
}

/// A random policy out of whatever the typed interface accepts.
fn policy(rng: &mut SmallRng) -> Csp {
    let mut csp = if rng.random() { Csp::deny_all() } else { Csp::strict() };
    for _ in 0..rng.random_range(0..6) {
        let directive = *Directive::ALL.choose(rng).unwrap();
        let sources: Vec<_> = (0..rng.random_range(0..4)).map(|_| source(rng)).collect();
        if let Ok(accepted) = csp.clone().only(directive, sources) {
            csp = accepted;
        }
    }
    csp
}

fn grant(rng: &mut SmallRng) -> Grant {
    let mut grant = Grant::new("random");
    for _ in 0..rng.random_range(1..4) {
        let more = [Directive::FormAction, Directive::FrameAncestors, Directive::Script];
        let place = rng.random_range(0..LOADS.len() + more.len());
        let directive = LOADS.get(place).map_or_else(|| more[place - LOADS.len()], |load| load.0);
        let source = match rng.random_range(0..6) {
            0 => Source::This,
            1 => Source::scheme("https").unwrap(),
            2 => Source::from(Hash::sha256_of(GRANTED)),
            _ => Source::host(HOSTS[..3].choose(rng).unwrap()).unwrap(),
        };
        // A hash outside of scripts and styles is refused, as it should be.
        grant = grant.clone().add(directive, source).unwrap_or(grant);
    }
    grant
}

fn judge(text: &str) -> CspList {
    CspList::parse(text, PolicySource::Header, PolicyDisposition::Enforce)
}

fn loads(list: &CspList, destination: Destination, target: &str) -> bool {
    list.should_request_be_blocked(&to(destination, target)).0 == CheckResult::Allowed
}

fn to(destination: Destination, target: &str) -> Request {
    let page = Url::parse(PAGE).unwrap();
    let url = Url::parse(target).unwrap();
    Request {
        current_url: url.clone(),
        url,
        origin: page.origin(),
        redirect_count: 0,
        destination,
        initiator: Initiator::None,
        nonce: String::new(),
        integrity_metadata: String::new(),
        parser_metadata: ParserMetadata::ParserInserted,
    }
}

fn submits(list: &CspList, target: &str) -> bool {
    let mut request = to(Destination::Document, target);
    let form = NavigationCheckType::FormSubmission;
    list.should_navigation_request_be_blocked(&mut request, form, |_| None).0
        == CheckResult::Allowed
}

fn is_framed_by(list: &CspList, parent: &str) -> bool {
    let page = Url::parse(PAGE).unwrap();
    let response = Page { url: page.clone(), redirect_count: 0 };
    let parents = vec![Url::parse(parent).unwrap()];
    list.should_navigation_response_to_navigation_request_be_blocked(
        &response,
        &page.origin(),
        &parents,
    )
    .0 == CheckResult::Allowed
}

fn runs_inline(list: &CspList, nonce: Option<&str>, kind: InlineCheckType) -> bool {
    runs(list, nonce, kind, "attack()")
}

fn runs(list: &CspList, nonce: Option<&str>, kind: InlineCheckType, text: &str) -> bool {
    let element = Element { nonce: nonce.map(Into::into) };
    list.should_elements_inline_type_behavior_be_blocked(&element, kind, text).0
        == CheckResult::Allowed
}

/// Returns what goes over the wire, and the nonce if it was drawn.
fn wire(csp: &Csp, draw: bool) -> Option<(String, Option<String>)> {
    let layer = SecurityHeaders::api().csp(csp.clone()).finish().ok()?;
    let mut request = request("GET", PAGE);
    let exchange = layer.open(request.extensions_mut());
    let nonce = request.extensions().get::<Nonce>().filter(|_| draw);
    let nonce = nonce.map(|nonce| nonce.value().unwrap().to_owned());
    let mut answer = Response::new(());
    exchange.close(&mut answer);
    Some((answer.headers()["content-security-policy"].to_str().unwrap().to_owned(), nonce))
}

/// Returns the text of a policy as if a nonce had been drawn, without the layer.
fn written(csp: &Csp) -> (String, Option<String>) {
    let text = csp.to_string();
    let nonce = csp.uses_nonce().then(|| "drawn".to_owned());
    (text.replace("'nonce'", "'nonce-drawn'"), nonce)
}

#[test]
fn no_policy_lets_an_unnonced_inline_script_or_eval_run() {
    let seed = rand::random();
    let count = configurations();
    println!("seed {seed}, {count} configurations");
    let mut rng = SmallRng::seed_from_u64(seed);
    for round in 0..count {
        let csp = policy(&mut rng);
        // Every eighth goes through the whole layer; it refuses those that cannot work.
        let whole = (round % 8 == 0).then(|| wire(&csp, rng.random())).flatten();
        let (text, nonce) = whole.unwrap_or_else(|| written(&csp));
        let list = judge(&text);
        assert!(list.is_valid(), "{text}");
        for kind in [InlineCheckType::Script, InlineCheckType::ScriptAttribute] {
            assert!(!runs_inline(&list, None, kind), "{text}");
            assert!(!runs_inline(&list, Some("guessed"), kind), "{text}");
        }
        assert_eq!(list.is_js_evaluation_allowed("1").0, CheckResult::Blocked, "{text}");
        assert!(!loads(&list, Destination::Script, "data:text/javascript,attack()"), "{text}");
        let keyed = csp.effective(Directive::ScriptElem).unwrap().contains(&Source::Nonce);
        let nonce = nonce.as_deref();
        assert_eq!(
            nonce.is_some() && runs_inline(&list, nonce, InlineCheckType::Script),
            nonce.is_some() && keyed,
            "{text}"
        );
    }
}

#[test]
fn a_grant_allows_what_it_lists_and_nothing_else() {
    let seed = rand::random();
    let count = configurations() / 5;
    println!("seed {seed}, {count} configurations");
    let mut rng = SmallRng::seed_from_u64(seed);
    for _ in 0..count {
        let (csp, grant) = (policy(&mut rng), grant(&mut rng));
        let base = judge(&written(&csp).0);
        let widened = judge(&written(&csp.widened(&grant)).0);
        let target = *TARGETS.choose(&mut rng).unwrap();
        let listed = |directive| {
            grant.additions().iter().any(|(granted, source)| {
                *granted == directive
                    && loads(&judge(&format!("img-src {source}")), Destination::Image, target)
            })
        };
        let verdict = |name: &str, before: bool, after: bool, more: bool| {
            assert_eq!(
                after,
                before || more,
                "{name} {target}\n base {csp}\n with {grant:?}\n gives {}",
                csp.widened(&grant)
            );
        };
        for (directive, destination) in LOADS {
            let (before, after) =
                (loads(&base, destination, target), loads(&widened, destination, target));
            verdict(directive.as_str(), before, after, listed(directive));
        }
        let script = |list| loads(list, Destination::Script, target);
        // Beside 'strict-dynamic' an address lets no script in: the finding csp_dead_grant.
        let elements = csp.effective(Directive::ScriptElem).unwrap_or_default();
        let by_address = !elements.contains(&Source::StrictDynamic);
        let more = by_address && listed(Directive::Script);
        verdict("script-src", script(&base), script(&widened), more);
        let more = listed(Directive::FormAction);
        verdict("form-action", submits(&base, target), submits(&widened, target), more);
        let more = listed(Directive::FrameAncestors);
        verdict(
            "frame-ancestors",
            is_framed_by(&base, target),
            is_framed_by(&widened, target),
            more,
        );
        for (kind, directive) in [
            (InlineCheckType::Script, Some(Directive::Script)),
            (InlineCheckType::ScriptAttribute, None),
            (InlineCheckType::Style, Some(Directive::Style)),
        ] {
            let (before, after) =
                (runs_inline(&base, None, kind), runs_inline(&widened, None, kind));
            verdict("inline", before, after, false);
            let hashed = grant.additions().iter().any(|(granted, source)| {
                Some(*granted) == directive && matches!(source, Source::Hash(_))
            });
            let known = |list| runs(list, None, kind, GRANTED);
            verdict("inline by hash", known(&base), known(&widened), hashed);
        }
    }
}

#[test]
fn a_granted_hash_leaves_workers_as_they_were() {
    // Found by the test above: default-src lets workers in by address beside 'strict-dynamic',
    // but the script-src that the grant brings in would not.
    let sources = [Source::scheme("https").unwrap(), Source::StrictDynamic];
    let csp = Csp::api().only(Directive::Default, sources).unwrap();
    let hash = Hash::sha256_of(GRANTED);
    let grant = Grant::new("block").add(Directive::Script, hash.into()).unwrap();
    let widened = csp.widened(&grant);
    for target in TARGETS {
        let loads = |csp: &Csp| loads(&judge(&csp.to_string()), Destination::Worker, target);
        assert!(loads(&csp) && loads(&widened), "{target}: {widened}");
    }
}

#[test]
fn the_judge_sees_a_planted_hole() {
    // An emptied directive that vanished instead of becoming 'none' would fall back to this.
    let holes = ["default-src * 'unsafe-inline'", "default-src *;script-src 'nonce-x' data:"];
    for text in holes {
        let list = judge(text);
        let inline = runs_inline(&list, None, InlineCheckType::Script);
        assert!(inline || loads(&list, Destination::Script, "data:,attack()"), "{text}");
    }
}

#[test]
fn policies_read_back_as_they_were_written() {
    let mut rng = SmallRng::seed_from_u64(7);
    for _ in 0..2_000 {
        let csp = policy(&mut rng).upgrade_insecure_requests();
        let text = csp.to_string();
        assert_eq!(text.parse::<Csp>().unwrap().to_string(), text);
    }
}

#[test]
fn an_emptied_list_is_none_and_separators_do_not_get_in() {
    let csp = Csp::deny_all().only(Directive::Script, []).unwrap();
    assert!(csp.to_string().contains("script-src 'none'"));
    let refused = [
        "self",
        "SELF",
        "none",
        "unsafe-inline",
        "nonce-abc",
        "sha256-abc",
        "'nonce-abc'",
        "'self",
        "'sha256-abc'",
        "a.example; script-src *",
        "a.example, default-src *",
        "a.example\nx",
        "a.example\r",
        "",
        " ",
        "'none'",
        "https://user@a.example",
        "a_b.example",
        "https://[::1]",
        "a.example:99999",
        "a.example:",
        "//a.example",
        "https://",
        "a.example/?q",
        "a.example/#f",
        "1http:",
        "b\u{fc}cher.example",
        "*.*.example",
        "a..example",
    ];
    for text in refused {
        let error = text.parse::<Source>().unwrap_err();
        assert!(!error.instead().is_empty(), "{error}");
    }
    let policies = [
        "",
        ";",
        "img-src 'none' a.example",
        "img-src a.example; img-src b.example",
        "skript-src 'self'",
        "block-all-mixed-content",
        "script-src 'unsafe-inline'",
        "default-src data:",
        "report-uri /x",
        "sandbox allow",
        "trusted-types a",
        "img-src 'nonce'",
        "script-src 'unsafe-eval'",
        "connect-src 'strict-dynamic'",
    ];
    for text in policies {
        text.parse::<Csp>().expect_err(text);
    }
}
