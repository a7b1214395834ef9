//! Which fields of a request count for a cache.

use http::header::{HeaderMap, HeaderName};
use smallvec::SmallVec;

/// Which fields that a cache heeds a request has, found in one pass over their names: most requests have
/// hardly any of them, and a look-up of each would cost more than the rest of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heeded(u8);

impl Heeded {
    /// What [`Asked`](super::policy::Asked) is read from.
    pub(super) const WISHES: Self = Self(1);
    /// Conditions that a cache may decide.
    pub(super) const CONDITIONS: Self = Self(2);
    /// Conditions that are none of a cache's (RFC 9111, section 4.3.2), and the wish for another protocol.
    pub(super) const FOR_THE_ORIGIN: Self = Self(4);
    /// The wish for a part.
    pub(super) const RANGE: Self = Self(8);

    fn of(name: &HeaderName) -> Self {
        match name.as_str() {
            "authorization" | "cache-control" | "cookie" | "pragma" => Self::WISHES,
            "if-modified-since" | "if-none-match" => Self::CONDITIONS,
            "if-match" | "if-unmodified-since" | "upgrade" => Self::FOR_THE_ORIGIN,
            "range" => Self::RANGE,
            _ => Self(0),
        }
    }

    pub(super) const fn has(self, some: Self) -> bool {
        self.0 & some.0 != 0
    }
}

/// Fields that are in each key, where a request has them.
pub(super) struct Keyed {
    names: Vec<HeaderName>,
    /// Bits of the first bytes of the names, which tell most fields from them.
    firsts: u32,
}

/// The keyed fields of a request, in the order of the [`Keyed`], each with its place there.
pub(super) type Found<'a> = SmallVec<[(usize, &'a HeaderName); 4]>;

impl Keyed {
    pub(super) fn new(names: Vec<HeaderName>) -> Self {
        let firsts = names.iter().fold(0, |firsts, name| firsts | first(name));
        Self { names, firsts }
    }

    /// Goes over the names of a request's fields.
    pub(super) fn find<'a>(&self, headers: &'a HeaderMap) -> (Heeded, Found<'a>) {
        let (mut heeded, mut found) = (Heeded::default(), Found::new());
        for name in headers.keys() {
            heeded.0 |= Heeded::of(name).0;
            if self.firsts & first(name) != 0
                && let Some(place) = self.names.iter().position(|keyed| keyed == name)
            {
                found.push((place, name));
            }
        }
        found.sort_unstable_by_key(|(place, _)| *place);
        (heeded, found)
    }
}

fn first(name: &HeaderName) -> u32 {
    name.as_str().as_bytes().first().map_or(0, |byte| 1 << (byte & 31))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::{
        ACCEPT, AUTHORIZATION, CACHE_CONTROL, COOKIE, FORWARDED, FROM, HOST, IF_MATCH,
        IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, ORIGIN, PRAGMA, RANGE,
        UPGRADE, USER_AGENT, VIA,
    };

    use super::*;
    use crate::http::policy::Asked;

    const X_HOST: HeaderName = HeaderName::from_static("x-host");

    fn fields(names: &[HeaderName]) -> HeaderMap {
        let no_cache = HeaderValue::from_static("no-cache");
        names.iter().map(|name| (name.clone(), no_cache.clone())).collect()
    }

    #[test]
    fn each_field_is_heeded_for_what_it_is_and_wishes_are_what_is_read() {
        let keyed = Keyed::new(Vec::new());
        for (name, heeded) in [
            (AUTHORIZATION, Heeded::WISHES),
            (CACHE_CONTROL, Heeded::WISHES),
            (COOKIE, Heeded::WISHES),
            (PRAGMA, Heeded::WISHES),
            (IF_MODIFIED_SINCE, Heeded::CONDITIONS),
            (IF_NONE_MATCH, Heeded::CONDITIONS),
            (IF_MATCH, Heeded::FOR_THE_ORIGIN),
            (IF_UNMODIFIED_SINCE, Heeded::FOR_THE_ORIGIN),
            (UPGRADE, Heeded::FOR_THE_ORIGIN),
            (RANGE, Heeded::RANGE),
            (ACCEPT, Heeded(0)),
            (FROM, Heeded(0)),
            (HOST, Heeded(0)),
            (IF_RANGE, Heeded(0)),
            (ORIGIN, Heeded(0)),
            (USER_AGENT, Heeded(0)),
            (VIA, Heeded(0)),
            (X_HOST, Heeded(0)),
        ] {
            let headers = fields(&[ACCEPT, name.clone(), HOST]);
            assert_eq!(keyed.find(&headers).0, heeded, "{name}");
            let is_read = Asked::of(&headers) != Asked::default();
            assert_eq!(heeded.has(Heeded::WISHES), is_read, "{name}");
        }
        let all = keyed.find(&fields(&[RANGE, COOKIE])).0;
        assert!(all.has(Heeded::RANGE) && all.has(Heeded::WISHES) && !all.has(Heeded::CONDITIONS));
    }

    #[test]
    fn keyed_fields_are_found_in_one_order() {
        let keyed = Keyed::new(vec![FORWARDED, X_HOST, ACCEPT]);
        let find = |names: &[HeaderName]| {
            let headers = fields(names);
            let (_, found) = keyed.find(&headers);
            found.iter().map(|(place, name)| (*place, (*name).clone())).collect::<Vec<_>>()
        };
        assert_eq!(find(&[HOST, FROM, ORIGIN]), []);
        let all = [(0, FORWARDED), (1, X_HOST), (2, ACCEPT)];
        assert_eq!(find(&[FORWARDED, HOST, X_HOST, ACCEPT]), all);
        assert_eq!(find(&[ACCEPT, X_HOST, FROM, FORWARDED]), all);
        assert_eq!(find(&[X_HOST]), [(1, X_HOST)]);
    }
}
