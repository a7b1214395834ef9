//! How a list of students is asked for.
//!
//! A number out of range, a letter where a number should be and an unknown order fall back to the
//! default; a parameter that comes twice is refused.

use palisade_input_validation::check::Node;
use palisade_input_validation::issue::{At, Issues};
use palisade_input_validation::schema::{Schema, Shape};
use palisade_input_validation::{Check, from_pairs};

/// Page, order and search text of a list.
#[derive(Check, Clone, Debug, Default, PartialEq, Eq)]
#[check(open)]
pub(crate) struct ListQuery {
    /// Beyond a million no list goes: the offset stays far from any overflow.
    page: Within<1_000_000, 1>,
    per_page: Within<100, 20>,
    sort: Sort,
    q: Search,
}

/// A number from 1 to `MAX`; everything else is `DEFAULT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Within<const MAX: u32, const DEFAULT: u32> {
    number: u32,
}

impl<const MAX: u32, const DEFAULT: u32> Default for Within<MAX, DEFAULT> {
    fn default() -> Self {
        Self { number: DEFAULT }
    }
}

impl<const MAX: u32, const DEFAULT: u32> Within<MAX, DEFAULT> {
    fn of(node: Node<'_>) -> Option<Self> {
        let number = u32::try_from(node.integer().ok()?).ok()?;
        (1..=MAX).contains(&number).then_some(Self { number })
    }
}

/// The characters of a search text that count: a hundred, and no controls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Search {
    text: String,
}

impl Search {
    const MAX: usize = 100;

    fn of(node: Node<'_>) -> Option<Self> {
        let text = node.text().ok()?.trim().chars().filter(|c| !c.is_control());
        Some(Self { text: text.take(Self::MAX).collect() })
    }
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

    fn of(node: Node<'_>) -> Option<Self> {
        let text = node.text().ok()?;
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, sort)| *sort)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, sort)| *sort == self).map_or("name", |(name, _)| name)
    }
}

/// What is never refused: whatever is sent is taken, or falls back to the default.
macro_rules! falls_back {
    ($([$($generics:tt)*] $kind:ty;)+) => { $(
        impl<$($generics)*> Check for $kind {
            const SCHEMA: Schema = Schema::new(Shape::Anything);
            const OPTIONAL: bool = true;

            fn absent() -> Option<Self> {
                Some(Self::default())
            }

            fn check(&self, _: &At<'_>, _: &mut Issues) {}

            fn read(node: Node<'_>, _: &At<'_>, _: &mut Issues) -> Option<Self> {
                Some(Self::of(node).unwrap_or_default())
            }
        }
    )+ };
}

falls_back! {
    [const MAX: u32, const DEFAULT: u32] Within<MAX, DEFAULT>;
    [] Search;
    [] Sort;
}

impl ListQuery {
    /// Reads the query of a page, which shows the default where it cannot.
    pub(crate) fn parse(query: &str) -> Self {
        from_pairs(query).unwrap_or_default()
    }

    pub(crate) const fn page(&self) -> u32 {
        self.page.number
    }

    pub(crate) const fn per_page(&self) -> u32 {
        self.per_page.number
    }

    pub(crate) const fn sort(&self) -> Sort {
        self.sort
    }

    pub(crate) fn search(&self) -> &str {
        &self.q.text
    }

    /// Rows before the page.
    pub(crate) fn offset(&self) -> i64 {
        i64::from(self.page.number)
            .saturating_sub(1)
            .saturating_mul(i64::from(self.per_page.number))
    }

    /// Number of pages that a list of `total` rows has, at least one.
    pub(crate) fn pages(&self, total: u64) -> u64 {
        total.div_ceil(u64::from(self.per_page.number.max(1))).max(1)
    }

    /// Writes the query of another page, or of the first one in another order.
    pub(crate) fn link(&self, page: u64, sort: Sort) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.q.text.is_empty() {
            query.append_pair("q", &self.q.text);
        }
        if sort != Sort::default() {
            query.append_pair("sort", sort.name());
        }
        if self.per_page != Within::default() {
            query.append_pair("per_page", &self.per_page.number.to_string());
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
    fn what_is_in_range_counts_and_what_comes_twice_is_refused() {
        let query = ListQuery::parse("page=3&per_page=100&sort=-birthDate&q=%20a+b%00&x=y");
        assert_eq!((query.page(), query.per_page()), (3, 100));
        assert_eq!(
            (query.sort(), query.search(), query.offset()),
            (Sort::BirthDateDown, "a b", 200)
        );
        let issues = from_pairs::<ListQuery>("page=3&page=4&q=a&q=b").unwrap_err();
        assert_eq!(issues.count(), 2);
        assert_eq!(ListQuery::parse("page=3&page=4"), ListQuery::default());
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
        fn no_query_is_a_page_that_cannot_be_shown_and_a_link_reads_back(text in ".*") {
            let query = ListQuery::parse(&text);
            let link = query.link(u64::from(query.page()), query.sort());
            prop_assert_eq!(ListQuery::parse(&link), query);
        }
    }
}
