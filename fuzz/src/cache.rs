//! Targets of `palisade-cache`.

use http::{HeaderMap, HeaderValue, Method};
use palisade_cache::etag::{EntityTag, Validators, Verdict, evaluate};

/// The fields of conditional requests, one a line, decided for a read and for a change.
pub fn cache_conditional(data: &[u8]) {
    const FIELDS: [&str; 4] =
        ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(8) {
        let Some((first, value)) = line.split_first() else { continue };
        let field = FIELDS[usize::from(*first) % FIELDS.len()];
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(field, value);
        }
        if let Some(tag) = EntityTag::parse(value) {
            // What is read is what would be written.
            assert_eq!(tag.to_value().expect("a tag is a value").as_bytes(), value);
            assert!(tag.weakly_equals(&tag));
            assert_eq!(tag.strongly_equals(&tag), !tag.is_weak());
        }
    }
    let stored = Validators::some()
        .tag(EntityTag::of(b"7"))
        .modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000));
    let protects = headers.contains_key("if-match") || headers.contains_key("if-unmodified-since");
    for stored in [stored, Validators::none()] {
        let read = evaluate(&Method::GET, &headers, &stored);
        assert!(protects || read != Verdict::Failed, "a read fails by what protects alone");
        assert_ne!(evaluate(&Method::PUT, &headers, &stored), Verdict::NotModified);
    }
}
