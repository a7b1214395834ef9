//! How a list of students is asked for.
//!
//! Nothing that can stand in a query is an error: a number out of range, a letter where a number
//! should be or an unknown order falls back to the default.

use std::num::NonZeroU32;

/// Page, order and search text of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    page: NonZeroU32,
    per_page: u32,
    sort: Sort,
    search: String,
}

/// Order of a list; `Down` is the reverse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    BirthDate,
    BirthDateDown,
    Code,
    CodeDown,
    Email,
    EmailDown,
    #[default]
    Name,
    NameDown,
}

impl Sort {
    const NAMES: [(&'static str, Self); 8] = [
        ("birthDate", Self::BirthDate),
        ("-birthDate", Self::BirthDateDown),
        ("code", Self::Code),
        ("-code", Self::CodeDown),
        ("email", Self::Email),
        ("-email", Self::EmailDown),
        ("name", Self::Name),
        ("-name", Self::NameDown),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, sort)| *sort)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, sort)| *sort == self).map_or("name", |(name, _)| name)
    }
}

impl ListQuery {
    /// Characters of a search text that count.
    const SEARCH_CHARS: usize = 100;
    /// Beyond it no list goes: the offset stays far from any overflow.
    const MAX_PAGE: u32 = 1_000_000;
    const MAX_PER_PAGE: u32 = 100;
    const PER_PAGE: u32 = 20;

    /// Reads the query part of a URI; of a parameter that comes twice, the first counts.
    pub(crate) fn parse(query: &str) -> Self {
        let value = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value)
        };
        let number = |name: &str, max: u32| {
            let number: u32 = value(name)?.parse().ok()?;
            (1..=max).contains(&number).then_some(number)
        };
        let search = value("q").unwrap_or_default();
        Self {
            page: number("page", Self::MAX_PAGE)
                .and_then(NonZeroU32::new)
                .unwrap_or(NonZeroU32::MIN),
            per_page: number("per_page", Self::MAX_PER_PAGE).unwrap_or(Self::PER_PAGE),
            sort: value("sort").and_then(|name| Sort::parse(&name)).unwrap_or_default(),
            search: search
                .trim()
                .chars()
                .filter(|c| !c.is_control())
                .take(Self::SEARCH_CHARS)
                .collect(),
        }
    }

    pub(crate) const fn page(&self) -> u32 {
        self.page.get()
    }

    pub(crate) const fn per_page(&self) -> u32 {
        self.per_page
    }

    pub(crate) const fn sort(&self) -> Sort {
        self.sort
    }

    pub(crate) fn search(&self) -> &str {
        &self.search
    }

    /// Rows before the page.
    pub(crate) fn offset(&self) -> i64 {
        i64::from(self.page.get()).saturating_sub(1).saturating_mul(i64::from(self.per_page))
    }

    /// Number of pages that a list of `total` rows has, at least one.
    pub(crate) fn pages(&self, total: u64) -> u64 {
        total.div_ceil(u64::from(self.per_page.max(1))).max(1)
    }

    /// Writes the query of another page, or of the first one in another order.
    pub(crate) fn link(&self, page: u64, sort: Sort) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        if sort != Sort::default() {
            query.append_pair("sort", sort.name());
        }
        if self.per_page != Self::PER_PAGE {
            query.append_pair("per_page", &self.per_page.to_string());
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_out_of_range_falls_back() {
        let default = ListQuery::parse("");
        assert_eq!((default.page(), default.per_page(), default.sort()), (1, 20, Sort::Name));
        for query in [
            "page=0",
            "page=-1",
            "page=abc",
            "page=1000001",
            "page=99999999999999999999",
            "page=1.5",
            "page=NaN",
            "page=",
            "page=%00",
            "per_page=0",
            "per_page=101",
            "per_page=-5",
            "per_page=1e2",
            "sort=id",
            "sort=name;DROP",
            "sort=NAME",
            "q=",
            "q=%20%0a",
            "&&==&",
            "%ff=%fe",
        ] {
            assert_eq!(ListQuery::parse(query), default, "{query}");
        }
    }

    #[test]
    fn what_is_in_range_counts_and_the_first_of_two_wins() {
        let query = ListQuery::parse("page=3&per_page=100&sort=-birthDate&q=%20a+b%00&page=4&q=c");
        assert_eq!((query.page(), query.per_page()), (3, 100));
        assert_eq!(
            (query.sort(), query.search(), query.offset()),
            (Sort::BirthDateDown, "a b", 200)
        );
    }

    #[test]
    fn pages_are_counted_up_and_an_empty_list_has_one() {
        let query = ListQuery::parse("per_page=10");
        for (total, expected) in
            [(0, 1), (1, 1), (10, 1), (11, 2), (u64::MAX, u64::MAX.div_ceil(10))]
        {
            assert_eq!(query.pages(total), expected, "{total}");
        }
    }

    proptest! {
        #[test]
        fn no_query_is_an_error_and_a_link_reads_back(text in ".*") {
            let query = ListQuery::parse(&text);
            let link = query.link(u64::from(query.page()), query.sort());
            prop_assert_eq!(ListQuery::parse(&link), query);
        }
    }
}
