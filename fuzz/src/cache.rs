//! Targets of `palisade-cache`.

use http::{HeaderMap, HeaderValue, Method};
use palisade_cache::envelope::{Format, Header, Mark, Packing, open, seal};
use palisade_cache::etag::{EntityTag, Validators, Verdict, evaluate};
use palisade_cache::key::{self, Segments};

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

/// An envelope as a store returns it, and once more with a checksum and a beginning that are right.
pub fn cache_envelope(data: &[u8]) {
    type Value = (String, Vec<u32>, Option<u64>);
    const MOST: usize = 1 << 16;
    let format = Format::new(1).packing(Packing::Lz4).most(MOST).expect("a bound");
    let check = |bytes: &[u8]| {
        let Ok(opened) = open::<Value>(&format, bytes) else { return };
        let sealed = seal(&format, &opened.header, opened.value.as_ref()).expect("it was read");
        let again = open::<Value>(&format, &sealed).expect("it was written");
        assert_eq!(again, opened);
    };
    check(data);
    let value: Value = (String::new(), vec![], None);
    let header = Header::new(Mark::new([0; 16], 1), 1);
    let mut forged = seal(&format, &header, Some(&value)).expect("a small value");
    forged.truncate(36);
    forged.extend_from_slice(data);
    let sum = crc32fast::hash(&forged[8..]);
    forged[4..8].copy_from_slice(&sum.to_be_bytes());
    check(&forged);
}

/// Segments of a key, one a line: written, read, and never taken for others.
pub fn cache_key(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(parts) = key::read(&text) {
        assert_eq!(written(parts.iter().map(String::as_str)), *text);
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let whole = written(lines.iter().copied());
    assert!(whole.len() <= key::LONGEST && whole.is_ascii());
    if !whole.starts_with(":#") {
        let read = key::read(&whole).expect("it was written");
        assert!(read.iter().map(String::as_str).eq(lines));
    }
}

fn written<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    struct Parts(Vec<String>);
    impl key::Key for Parts {
        fn write(&self, segments: &mut Segments) {
            for part in &self.0 {
                segments.push(part);
            }
        }
    }
    key::text(&Parts(parts.map(str::to_owned).collect()))
}
