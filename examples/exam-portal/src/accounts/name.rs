//! Names of accounts.

/// Returns the one spelling under which a name is looked up; nothing for what cannot be a name.
///
/// Space around it and capitals come from the keyboards of telephones.
pub(super) fn key(typed: &str) -> Option<String> {
    let name = typed.trim();
    is_name(name).then(|| name.to_ascii_lowercase())
}

/// Returns whether a text can be the name of a new account.
pub(super) fn is_name(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(inside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_a_name_in_lower_case_and_leads_to_itself(typed in ".*") {
            if let Some(found) = key(&typed) {
                prop_assert!(is_name(&found) && found == found.to_ascii_lowercase());
                prop_assert_eq!(key(&found), Some(found));
            }
        }
    }

    #[test]
    fn every_spelling_leads_to_one_account() {
        let longest = "a".repeat(64);
        let too_long = "a".repeat(65);
        let table: [(&str, Option<&str>); 12] = [
            ("ada", Some("ada")),
            (" Ada\n", Some("ada")),
            ("ADA.L-2_b", Some("ada.l-2_b")),
            (&longest, Some(&longest)),
            (&too_long, None),
            ("", None),
            ("-a", None),
            ("a b", None),
            ("a\0", None),
            ("\u{430}da", None),
            // The Kelvin sign has the lower case k.
            ("\u{212a}im", None),
            ("a@b.example", None),
        ];
        for (typed, expected) in table {
            assert_eq!(key(typed).as_deref(), expected, "{typed:?}");
        }
    }
}
