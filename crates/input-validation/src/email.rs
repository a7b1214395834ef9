//! Addresses of mailboxes.

use url::Host;

use crate::issue::{Breach, code};
use crate::macros::text_type;
use crate::text::Bytes;

const EMAIL: Breach = Breach::new(code::EMAIL);

/// An e-mail address that a person has: the grammar of HTML's `input type=email` (WHATWG), less
/// what no mailbox on the internet needs.
///
/// Refused beside what that grammar refuses: a dot at either end of the local part or two in a row,
/// a domain of one label or with a last label of digits, address literals, quoted local parts and
/// local parts beyond ASCII. Lengths are those of RFC 5321 4.5.3.1: 64 bytes before the `@`, 254 in
/// all. The domain is written in lower case, an internationalised one in its ASCII form (UTS 46);
/// the local part stays as it is, since only its host may say what is equal (RFC 5321 2.4).
///
/// Every character is a letter, a digit or one of ``!#$%&'*+-/=?^_`{|}~.@``: there is no room for a
/// line break, a second address or a header.
///
/// # Example
///
/// ```
/// use palisade_input_validation::Email;
///
/// let email: Email = "Zoe@B\u{fc}cher.example".parse()?;
/// assert_eq!(email.as_str(), "Zoe@xn--bcher-kva.example");
/// assert!("zoe@example.com\r\nBcc: all@example.com".parse::<Email>().is_err());
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
///
/// # Cost
///
/// One pass and one allocation; domains beyond ASCII pay for UTS 46.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email {
    text: Box<str>,
}

impl Email {
    /// The most bytes that an address has.
    pub const MAX: usize = 254;

    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`code::EMAIL`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        let at = text.bytes().rposition(|byte| byte == b'@').ok_or(EMAIL)?;
        let (local, rest) = text.split_at_checked(at).ok_or(EMAIL)?;
        let domain = rest.get(1..).unwrap_or_default();
        if text.len() > Self::MAX || !is_local_part(local.as_bytes()) {
            return Err(EMAIL);
        }
        if is_domain(domain.as_bytes()) {
            let mut text = Box::<str>::from(text);
            if let Some(domain) = text.get_mut(at..) {
                domain.make_ascii_lowercase();
            }
            return Ok(Self { text });
        }
        if domain.is_ascii() {
            return Err(EMAIL);
        }
        let Ok(Host::Domain(ascii)) = Host::parse(domain) else { return Err(EMAIL) };
        let length = local.len().saturating_add(ascii.len()).saturating_add(1);
        if length > Self::MAX || !is_domain(ascii.as_bytes()) {
            return Err(EMAIL);
        }
        Ok(Self { text: [local, "@", &ascii].concat().into() })
    }

    /// Returns what stands behind the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn is_local_part(text: &[u8]) -> bool {
    let mut before = b'.';
    for byte in text {
        if !LOCAL.has(*byte) || (*byte == b'.' && before == b'.') {
            return false;
        }
        before = *byte;
    }
    before != b'.' && text.len() <= 64
}

/// Two labels at least, the last with a letter.
fn is_domain(text: &[u8]) -> bool {
    let (mut labels, mut length, mut letters) = (1_usize, 0_usize, false);
    let mut before = b'.';
    for byte in text {
        if *byte == b'.' {
            if matches!(before, b'.' | b'-') {
                return false;
            }
            (labels, length, letters) = (labels.saturating_add(1), 0, false);
        } else {
            length = length.saturating_add(1);
            if !DOMAIN.has(*byte) || length > 63 || (*byte == b'-' && before == b'.') {
                return false;
            }
            letters |= byte.is_ascii_alphabetic();
        }
        before = *byte;
    }
    labels >= 2 && letters && before != b'-' && text.len() <= 253
}

const LOCAL: Bytes = Bytes::alphanumeric_and(b"!#$%&'*+-/=?^_`{|}~.");
const DOMAIN: Bytes = Bytes::alphanumeric_and(b"-");

text_type!([] Email);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_people_have_and_refuses_what_no_mailbox_needs() {
        let long = "a".repeat(64);
        let table = [
            ("a@b.co", Some("a@b.co")),
            ("First.Last+tag@Example.COM", Some("First.Last+tag@example.com")),
            ("o'neil@mail.example.org", Some("o'neil@mail.example.org")),
            ("x@xn--bcher-kva.example", Some("x@xn--bcher-kva.example")),
            ("x@\u{92d}\u{93e}\u{930}\u{924}.example", Some("x@xn--h2brj9c.example")),
            ("", None),
            ("@", None),
            ("a@", None),
            ("@b.co", None),
            ("a.b.co", None),
            ("a@b", None),
            ("a@b.1", None),
            ("a@127.0.0.1", None),
            ("a@[127.0.0.1]", None),
            ("a@[IPv6:::1\r\nX: y]", None),
            ("a@b..co", None),
            ("a@-b.co", None),
            ("a@b-.co", None),
            ("a@b.co.", None),
            ("a@b_c.co", None),
            (".a@b.co", None),
            ("a.@b.co", None),
            ("a..b@b.co", None),
            ("\"a b\"@b.co", None),
            ("a@b@c.co", None),
            ("a b@c.co", None),
            (" a@b.co", None),
            ("a@b.co\n", None),
            ("a@b.co\0", None),
            ("a\r\nBcc:x@b.co", None),
            ("a,b@c.co", None),
            ("a<b@c.co", None),
            ("\u{430}dmin@b.co", None),
            ("a@\u{202e}b.co", None),
            ("a@b\u{3002}1", None),
        ];
        for (text, expected) in table {
            let read = Email::parse(text).ok();
            assert_eq!(read.as_ref().map(Email::as_str), expected, "{text:?}");
        }
        assert!(Email::parse(&format!("{long}@b.co")).is_ok());
        assert!(Email::parse(&format!("{long}a@b.co")).is_err());
        let label = "b".repeat(62);
        assert!(Email::parse(&format!("a@{label}.{label}.{label}.{label}.c")).is_err());
        assert!(Email::parse(&format!("a@{label}.{label}.{label}.{}", "b".repeat(63))).is_ok());
    }
}
