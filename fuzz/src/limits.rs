//! What limits read: rule files, snapshots, requests; and what they write.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Request};
use palisade_core::ManualClock;
use palisade_ratelimit::fields::{Draft, Fields, Reset};
use palisade_ratelimit::key::{Key, KeyHasher};
use palisade_ratelimit::rule::{Route, RuleFile};
use palisade_ratelimit::store::{Act, Ask, MemoryStore, RuleId, Store};
use palisade_ratelimit::{Head, Limits, Mistakes, Quota, Rule};
use sfv::{BareItem, List, ListEntry, Parser};

/// Reads a table as JSON and as TOML; whatever is taken makes limits, or is told to be wrong.
///
/// # Panics
///
/// If a rule is broken: that is the finding.
pub fn ratelimit_rules(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let told = |mistakes: &Mistakes| {
        assert!((1..=Mistakes::MOST).contains(&mistakes.list().len()), "{mistakes}");
    };
    for file in [RuleFile::from_json(text), RuleFile::from_toml(text)] {
        let built = file.and_then(|file| {
            let user = Key::header(HeaderName::from_static("x-user"));
            Limits::builder().memory(1 << 12).key("user", user).file(file).finish()
        });
        match built {
            Ok(limits) => {
                let request = Request::post("/login").body(()).expect("a request");
                let _ = limits.check(Head::from(&request));
            }
            Err(mistakes) => told(&mistakes),
        }
    }
    if let Ok(quota) = text.parse::<Quota>() {
        assert_eq!(quota.to_string().parse(), Ok(quota), "a quota says itself");
    }
    let _ = Route::parse(text);
}

/// Writes the fields of random rules at random moments; an independent parser reads them, and what
/// they promise holds.
///
/// # Panics
///
/// If a rule is broken: that is the finding.
pub fn ratelimit_fields(data: &[u8]) {
    let (rules, trace) = data.split_at(data.len().min(9));
    let (rules, _) = rules.as_chunks::<3>();
    if rules.is_empty() {
        return;
    }
    let clock = ManualClock::new();
    let fields = Fields::none().ietf(Draft::Eleven).x_ratelimit(Reset::Epoch);
    let mut builder = Limits::builder().memory(1 << 12).with_clock(clock.clone()).fields(fields);
    for (number, [count, seconds, kind]) in rules.iter().enumerate() {
        let window = Duration::from_millis(u64::from(*seconds) * 250 + 1);
        let quota = Quota::per(u32::from(*count) + 1, window).expect("within bounds");
        let quota = match kind % 3 {
            0 => quota,
            1 => quota.strict(),
            _ => quota.burst(u32::from(kind / 3) + 1),
        };
        builder = builder.rule(Rule::new(format!("r{number}"), quota).by(Key::everyone()));
    }
    let limits = builder.finish().expect("rules without a mistake");
    let request = Request::get("/").body(()).expect("a request");
    for pause in trace.iter().take(64) {
        clock.advance(Duration::from_millis(u64::from(*pause) * 7));
        let mut headers = http::HeaderMap::new();
        let Ok(mut admission) = limits.check(Head::from(&request)) else {
            let refused = limits.check(Head::from(&request)).expect_err("no time has passed");
            let wait = refused.retry_after().expect("every quota is above 0");
            clock.advance(wait);
            assert!(limits.check(Head::from(&request)).is_ok(), "who waits passes");
            continue;
        };
        admission.put_fields(&mut headers);
        let least = read(&headers, "ratelimit", rules.len());
        read(&headers, "ratelimit-policy", rules.len());
        for _ in 0..least.min(8) {
            assert!(limits.check(Head::from(&request)).is_ok(), "{least} were told");
        }
    }
}

/// Reads a field, checks its form, and returns the least `r`.
fn read(headers: &http::HeaderMap, name: &str, count: usize) -> i64 {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).expect("a field");
    let list: List = Parser::new(text).parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(list.len(), count, "{text}");
    let mut least = i64::MAX;
    for entry in list {
        let ListEntry::Item(item) = entry else { panic!("{text}") };
        assert!(matches!(item.bare_item, BareItem::String(_)), "{text}");
        for (key, value) in item.params {
            let BareItem::Integer(number) = value else { panic!("{text}") };
            let number = i64::from(number);
            assert!(number >= i64::from(matches!(key.as_str(), "t" | "w")), "{text}");
            least = if key.as_str() == "r" { least.min(number) } else { least };
        }
    }
    least
}

/// A snapshot is refused or taken; one of any content with a right checksum is no other.
///
/// # Panics
///
/// If a rule is broken: that is the finding.
pub fn ratelimit_snapshot(data: &[u8]) {
    let hasher = KeyHasher::keyed(b"0123456789abcdef");
    let store = || MemoryStore::with_bytes(1 << 12).expect("a size").with_clock(ManualClock::new());
    assert!(store().restore(data, &hasher).is_err(), "nobody guesses the checksum");
    // As whoever has the key could.
    let mut bytes = store().snapshot(&hasher);
    bytes.truncate(8 + 8 + 4);
    bytes.extend(data);
    bytes.extend(hasher.bytes(0xF0, &bytes).to_bytes());
    let restored = store();
    if restored.restore(&bytes, &hasher).is_ok() {
        let again = store();
        again.restore(&restored.snapshot(&hasher), &hasher).expect("our own snapshot");
        assert!(again.live() <= restored.capacity());
        let meter = Quota::per_minute(5).meter().expect("a rate");
        let ask = Ask::new(hasher.word(1, 1), RuleId::of("login", 0), meter);
        assert!(restored.decide_now(&[ask], Act::Charge).is_some());
    }
}

/// Whoever sends the same key twice is counted as one, whatever its bytes and the path's.
///
/// # Panics
///
/// If a rule is broken: that is the finding.
pub fn ratelimit_key(data: &[u8]) {
    let (path, key) = data.split_at(data.len() / 2);
    let path: String =
        path.iter().filter(|byte| byte.is_ascii_graphic()).map(|b| char::from(*b)).collect();
    let Ok(uri) = format!("/{path}").parse::<http::Uri>() else { return };
    let mut request = Request::get("/").body(()).expect("a request");
    *request.uri_mut() = uri;
    for line in key.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            request.headers_mut().append("x-api-key", value);
        }
    }
    let header = Key::header(HeaderName::from_static("x-api-key"));
    let limits = Limits::builder()
        .memory(1 << 12)
        .exempt(palisade_edge::ExemptPaths::none())
        .rule(Rule::new("key", Quota::per_hour(1)).by(header.clone()))
        .rule(Rule::new("path", Quota::per_hour(9)).on("/login").by(Key::client_ip().and(header)))
        .finish()
        .expect("rules without a mistake");
    let has_key = request.headers().contains_key("x-api-key");
    assert!(limits.check(Head::from(&request)).is_ok());
    assert_eq!(limits.check(Head::from(&request)).is_ok(), !has_key);
}
