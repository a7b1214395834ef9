//! Addresses of pages.

use palisade_input_validation::{HttpUrl, SafeRedirect};
use proptest::prelude::*;
use url::Url;

/// What a browser does with `Location: TEXT` on our page.
fn followed(text: &str) -> Option<Url> {
    Url::parse("https://portal.example/login").unwrap().join(text).ok()
}

/// Comparing beginnings is what open redirects are made of.
#[test]
fn a_prefix_check_is_led_astray_where_this_type_is_not() {
    let prefix_check = |text: &str| text.starts_with('/') && !text.starts_with("//");
    for text in ["/\\evil.example", "/\t/evil.example"] {
        assert!(prefix_check(text), "{text:?}");
        let led = followed(text).unwrap_or_else(|| panic!("{text:?}"));
        assert_eq!(led.host_str(), Some("evil.example"), "{text:?}");
        assert_eq!(SafeRedirect::or_root(text).as_str(), "/");
    }
    // A server that normalises the path before it sends it makes the leak itself.
    let normal = followed("/.//evil.example").unwrap();
    assert_eq!(followed(normal.path()).unwrap().host_str(), Some("evil.example"));
    assert!(SafeRedirect::parse("/.//evil.example").is_err());
}

proptest! {
    #[test]
    fn a_redirect_stays_on_the_site(
        text in "[/\\\\.@:?#%a-z0-9\t\n ]{0,16}|/(\\PC){0,16}|(/|\\.|%2e|%2f|\\\\|evil\\.example){1,8}",
    ) {
        if let Ok(next) = SafeRedirect::parse(&text) {
            let url = followed(next.as_str()).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), "https://portal.example");
            prop_assert_eq!(SafeRedirect::parse(next.as_str()).unwrap(), next);
        }
    }

    #[test]
    fn a_url_is_what_the_standard_writes(
        text in "(https?|HTTPS)://[a-z0-9.-]{1,12}(:[0-9]{1,5})?(/[a-z0-9./?&=%#-]{0,16})?|https://\\PC{0,24}",
    ) {
        if let Ok(url) = HttpUrl::parse(&text) {
            let parsed = Url::parse(&text).unwrap();
            prop_assert_eq!(url.as_str(), parsed.as_str());
            prop_assert!(matches!(parsed.scheme(), "http" | "https"));
            prop_assert_eq!(url.origin(), parsed.origin().ascii_serialization());
            prop_assert!(url.as_str().is_ascii() && parsed.username().is_empty());
        }
    }
}
