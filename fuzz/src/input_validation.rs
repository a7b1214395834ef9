//! Targets of `palisade-input-validation`.

use std::time::{Duration, SystemTime};

use palisade_input_validation::issue::Language;
use palisade_input_validation::text::forbidden;
use palisade_input_validation::{
    Amount, Check, Clamped, Currency, Cursor, CursorKeys, Email, FileName, HttpUrl, Line, LogText,
    Page, Pattern, SafeRedirect, Scope, Sort, SortKey, Text, UniqueName, from_fields, from_json,
    from_pairs,
};
use url::Url;

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// Texts and names: what a type takes, it takes again as it is, and holds nothing forbidden.
pub fn input_validation_text(data: &[u8]) {
    let text = text(data);
    if let Ok(line) = Line::<64>::parse(text) {
        assert_eq!(Line::parse(line.as_str()), Ok(line.clone()));
        assert!(forbidden(line.as_str()).is_ok() && !line.as_str().contains(['\n', '\r', '\t']));
        assert!((1..=64).contains(&line.as_str().chars().count()));
    }
    if let Ok(several) = Text::<64>::parse(text) {
        assert_eq!(Text::parse(several.as_str()), Ok(several.clone()));
        assert!(forbidden(several.as_str()).is_ok() && !several.as_str().contains('\r'));
    }
    if let Ok(name) = UniqueName::<64>::parse(text) {
        assert_eq!(UniqueName::<64>::parse(name.as_str()).expect("taken before").key(), name.key());
    }
    if let Ok(name) = FileName::parse(text) {
        assert_eq!(FileName::parse(name.as_str()), Ok(name.clone()));
        assert!(!name.as_str().contains(['/', '\\', ':', '\0']) && name.as_str() != "..");
    }
}

/// Addresses: one `@`, nothing that a mail header gives a meaning to.
pub fn input_validation_email(data: &[u8]) {
    let Ok(email) = Email::parse(text(data)) else { return };
    let text = email.as_str();
    assert!(text.is_ascii() && text.len() <= Email::MAX && text.matches('@').count() == 1);
    assert!(!text.bytes().any(|byte| byte <= b' ' || b"\"(),:;<>[]\\\x7f".contains(&byte)));
    assert_eq!(Email::parse(text), Ok(email.clone()));
}

/// Links and redirects against the parser that browsers' rules are written in.
pub fn input_validation_url(data: &[u8]) {
    let text = text(data);
    if let Ok(url) = HttpUrl::parse(text) {
        let parsed = Url::parse(text).expect("a URL");
        assert_eq!(url.as_str(), parsed.as_str());
        assert!(matches!(parsed.scheme(), "http" | "https") && parsed.username().is_empty());
        assert_eq!(url.origin(), parsed.origin().ascii_serialization());
    }
    let site = HttpUrl::parse("https://portal.example/").expect("a URL");
    for next in [SafeRedirect::parse(text), SafeRedirect::within(text, &site)].into_iter().flatten()
    {
        let base = Url::parse("https://portal.example/login").expect("a URL");
        let followed = base.join(next.as_str()).expect("a URL");
        assert_eq!(followed.origin(), base.origin());
        assert_eq!(SafeRedirect::parse(next.as_str()), Ok(next.clone()));
    }
}

/// What goes into headers, logs and statements: one line, one language, one of the known columns.
pub fn input_validation_header(data: &[u8]) {
    #[derive(Clone, Copy, Debug, PartialEq, SortKey)]
    #[serde(rename_all = "camelCase")]
    enum Key {
        Name,
        CreatedAt,
    }

    let text = text(data);
    let language = Language::negotiate(text);
    assert!(["ar", "en", "fr", "ne"].contains(&language.tag()));
    let line = LogText::<64>(text).to_string();
    let moves = ['\u{200b}', '\u{202e}', '\u{2028}', '\u{2066}', '\u{feff}'];
    assert!(!line.chars().any(|c| c.is_control() || moves.contains(&c)), "{line:?}");
    assert!(line.len() <= 64 * 10 + 40, "{line:?}");
    if let Ok(name) = FileName::parse(text) {
        let value = name.attachment();
        let value = value.to_str().expect("ASCII");
        assert!(value.starts_with("attachment; filename=\"") && value.matches('"').count() == 2);
    }
    if let Ok(sort) = Sort::<Key>::parse(text) {
        assert!(["name", "created_at"].contains(&sort.column()));
        assert!(["name", "-name", "createdAt", "-createdAt"].contains(&text));
    }
}

/// Numbers and codes: within their bounds whatever is sent, and as an independent reading says.
pub fn input_validation_number(data: &[u8]) {
    const CODE: Pattern = Pattern::new(r"[A-Z]{2}-?\d{2,4}x*");

    let text = text(data);
    assert!((1..=100).contains(&Clamped::<u32, 1, 100, 20>::parse(text).get()));
    if let Ok(page) = serde_json::from_slice::<Page>(data) {
        assert!((1..=Page::MAX).contains(&page.number()));
    }
    for code in ["JPY", "EUR", "KWD", "CLF"] {
        let currency = Currency::parse(code).expect("a currency");
        if let Ok(amount) = Amount::parse_signed(text, currency) {
            let written = amount.to_string();
            assert_eq!(Amount::parse_signed(&written, currency), Ok(amount));
            assert!(written.trim_start_matches('-').starts_with(text.trim_start_matches('-')));
        }
    }
    let rest = text.trim_end_matches('x');
    let letters = rest.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = rest.get(letters..).map(|rest| rest.strip_prefix('-').unwrap_or(rest));
    let expected = letters == 2
        && digits.is_some_and(|digits| {
            (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
    assert_eq!(CODE.matches(text), expected, "{text:?}");
}

/// No bytes but sealed ones open.
pub fn input_validation_cursor(data: &[u8]) {
    let keys = CursorKeys::new(*b"0123456789abcdefFEDCBA9876543210").expect("a key");
    let scope = Scope::new("GET /x");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(5);
    if let Ok(cursor) = Cursor::<String>::parse(text(data)) {
        assert!(keys.open(&scope, &cursor, now).is_err(), "forged");
    }
    let position = text(data).get(..data.len().min(100)).unwrap_or_default().to_owned();
    let later = now + Duration::from_secs(1);
    if let Ok(cursor) = keys.seal(&scope, &position, later) {
        assert_eq!(keys.open(&scope, &cursor, now), Ok(position));
        assert!(keys.open(&scope, &cursor, later).is_err(), "expired");
    }
}

/// A body: what is valid is valid whichever way it is read, and no refusal repeats what was sent.
pub fn input_validation_json(data: &[u8]) {
    #[derive(Check, Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Form {
        #[check(chars(3..=32), charset = "a-z0-9_")]
        user_name: String,
        email: Option<Email>,
        #[check(range(13..=120))]
        age: u8,
        #[check(items(..=10))]
        tags: Vec<Line<20>>,
    }

    match from_json::<Form>(data) {
        Ok(form) => {
            let again = serde_json::to_vec(&form).expect("a form");
            assert_eq!(from_json::<Form>(&again), Ok(form), "valid once, valid always");
        }
        Err(issues) => {
            assert!(!issues.is_empty() && issues.iter().count() <= 32);
            for issue in issues.iter() {
                let place = issue.pointer().to_string();
                let known = ["#", "#/userName", "#/email", "#/age", "#/tags"];
                let element =
                    place.strip_prefix("#/tags/").is_some_and(|at| at.parse::<u32>().is_ok());
                assert!(known.contains(&place.as_str()) || element, "{place}");
            }
        }
    }
    let pairs = text(data);
    let read = from_pairs::<Form>(pairs);
    let fields: Vec<_> = form_urlencoded::parse(pairs.as_bytes()).collect();
    let fields = fields.iter().map(|(name, value)| (&**name, Some(&**value)));
    assert_eq!(from_fields::<Form>(fields), read, "one reading");
}
