//! `CDN-Cache-Control`, which goes before `Cache-Control` and `Expires` (RFC 9213).

use http::HeaderMap;
use sfv::{BareItem, Dictionary, ListEntry, Parser};

use super::directive::MOST_SECONDS;
use super::response::{ResponseControl, Word, word};

/// The field; caches of this crate are targets of it where they are shared.
pub(super) const CDN_CACHE_CONTROL: &str = "cdn-cache-control";

/// Reads the directives of the field; none if it is absent, empty or no dictionary, which are one (section
/// 2.2). A directive of a wrong type is not there.
pub(super) fn parse(headers: &HeaderMap) -> Option<ResponseControl> {
    let mut lines = headers.get_all(CDN_CACHE_CONTROL).iter();
    let first = lines.next()?;
    let mut all = first.as_bytes().to_vec();
    for line in lines {
        all.extend_from_slice(b", ");
        all.extend_from_slice(line.as_bytes());
    }
    let members: Dictionary = Parser::new(&all).parse().ok()?;
    if members.is_empty() {
        return None;
    }
    let mut control = ResponseControl::default();
    for (name, member) in &members {
        let ListEntry::Item(item) = member else { continue };
        match (name.as_str(), &item.bare_item) {
            ("max-age", BareItem::Integer(number)) => {
                control.max_age = Some(seconds((*number).into()));
            }
            ("s-maxage", BareItem::Integer(number)) => {
                control.s_maxage = Some(seconds((*number).into()));
            }
            ("stale-while-revalidate", BareItem::Integer(number)) => {
                control.while_revalidate = Some(seconds((*number).into()));
            }
            ("stale-if-error", BareItem::Integer(number)) => {
                control.if_error = Some(seconds((*number).into()));
            }
            // With fields, which are texts here: as if without.
            ("no-cache", BareItem::Boolean(true) | BareItem::String(_)) => {
                control.say(Word::NoCache);
            }
            ("private", BareItem::Boolean(true) | BareItem::String(_)) => {
                control.say(Word::Private);
            }
            (name, BareItem::Boolean(true)) => {
                if let Some(word) = word(name.as_bytes()) {
                    control.say(word);
                }
            }
            _ => {}
        }
    }
    Some(control)
}

/// A negative number is as good as none that can be read.
fn seconds(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(MOST_SECONDS).min(MOST_SECONDS)
}
