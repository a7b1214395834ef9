//! The rules that a field can have.

use crate::issue::{Arg, Breach, Code, Num, code};
use crate::pattern::{Charset, Pattern};

/// A rule of a field, made while the program is built.
///
/// Rules are made by the derive; they are public because a [`Schema`](crate::schema::Schema) shows
/// them.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    kind: Kind,
    breach: Breach,
}

/// What a rule asks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Length in bytes of UTF-8.
    Bytes(Bounds),
    /// Length in Unicode scalar values.
    Chars(Bounds),
    /// Characters of one set.
    Charset(&'static Charset),
    /// Number of elements.
    Items(Bounds),
    /// The form of the whole text.
    Pattern(&'static Pattern),
    /// The value of a number.
    Range(Bounds),
}

/// Two bounds, both included; at least one of them is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The least.
    pub(crate) min: Option<Num>,
    /// The greatest.
    pub(crate) max: Option<Num>,
}

impl Bounds {
    /// Names two bounds.
    ///
    /// # Panics
    ///
    /// If they contradict each other; in a `const`, an error of the compiler.
    #[must_use]
    pub const fn new(min: Option<Num>, max: Option<Num>) -> Self {
        if let (Some(min), Some(max)) = (min, max) {
            assert!(
                min.is_at_most(max),
                "these bounds contradict each other: nothing is within both"
            );
        }
        Self { min, max }
    }

    /// Returns the least.
    #[must_use]
    pub const fn min(&self) -> Option<Num> {
        self.min
    }

    /// Returns the greatest.
    #[must_use]
    pub const fn max(&self) -> Option<Num> {
        self.max
    }

    pub(crate) const fn meets(&self, other: &Self) -> bool {
        let below = match (self.min, other.max) {
            (Some(min), Some(max)) => min.is_at_most(max),
            _ => true,
        };
        let above = match (other.min, self.max) {
            (Some(min), Some(max)) => min.is_at_most(max),
            _ => true,
        };
        below && above
    }

    /// Compares positively: NaN is within no bounds.
    fn hold(&self, number: Num) -> bool {
        self.min.is_none_or(|min| min.is_at_most(number))
            && self.max.is_none_or(|max| number.is_at_most(max))
    }
}

impl Rule {
    /// Bounds the length in bytes.
    #[must_use]
    pub const fn bytes(bounds: Bounds, args: &'static [Arg]) -> Self {
        Self::bounded(Kind::Bytes(bounds), code::BYTES, args)
    }

    /// Bounds the length in characters.
    #[must_use]
    pub const fn chars(bounds: Bounds, args: &'static [Arg]) -> Self {
        Self::bounded(Kind::Chars(bounds), code::CHARS, args)
    }

    /// Bounds the number of elements.
    #[must_use]
    pub const fn items(bounds: Bounds, args: &'static [Arg]) -> Self {
        Self::bounded(Kind::Items(bounds), code::ITEMS, args)
    }

    /// Bounds a number.
    #[must_use]
    pub const fn range(bounds: Bounds, args: &'static [Arg]) -> Self {
        Self::bounded(Kind::Range(bounds), code::RANGE, args)
    }

    /// Allows the characters of a set.
    #[must_use]
    pub const fn charset(set: &'static Charset) -> Self {
        Self { kind: Kind::Charset(set), breach: Breach::new(code::CHARSET) }
    }

    /// Asks for a form.
    #[must_use]
    pub const fn pattern(pattern: &'static Pattern) -> Self {
        Self { kind: Kind::Pattern(pattern), breach: Breach::new(code::PATTERN) }
    }

    const fn bounded(kind: Kind, code: Code, args: &'static [Arg]) -> Self {
        Self { kind, breach: Breach::with(code, args) }
    }

    /// Returns what is asked.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    const fn unless(&self, kept: bool) -> Result<(), Breach> {
        if kept { Ok(()) } else { Err(self.breach) }
    }

    /// Applies what it says about text; rules about other things hold.
    fn on_text(&self, text: &str) -> Result<(), Breach> {
        self.unless(match self.kind {
            Kind::Bytes(bounds) => bounds.hold(count(text.len())),
            Kind::Chars(bounds) => bounds.hold(count(text.chars().count())),
            Kind::Charset(set) => set.holds(text),
            Kind::Pattern(pattern) => pattern.matches(text),
            Kind::Items(_) | Kind::Range(_) => true,
        })
    }

    fn on_number(&self, number: Num) -> Result<(), Breach> {
        self.unless(match self.kind {
            Kind::Range(bounds) => bounds.hold(number),
            _ => true,
        })
    }

    fn on_items(&self, length: usize) -> Result<(), Breach> {
        self.unless(match self.kind {
            Kind::Items(bounds) => bounds.hold(count(length)),
            _ => true,
        })
    }
}

fn count(length: usize) -> Num {
    Num::Int(i128::try_from(length).unwrap_or(i128::MAX))
}

/// What has characters: the rules `chars`, `bytes`, `charset` and `pattern` apply to it.
pub trait Textual {
    /// Returns the text; `None` where there is none to judge.
    fn text(&self) -> Option<&str>;

    /// Applies the first rule about text that is broken.
    ///
    /// # Errors
    ///
    /// The breach of that rule.
    #[inline]
    fn obey_as_text(&self, rules: &[Rule]) -> Result<(), Breach> {
        self.text().map_or(Ok(()), |text| rules.iter().try_for_each(|rule| rule.on_text(text)))
    }
}

/// What is a number: the rule `range` applies to it.
pub trait Numeric {
    /// Returns the number; `None` where there is none to judge.
    fn number(&self) -> Option<Num>;

    /// Applies the first rule about numbers that is broken.
    ///
    /// # Errors
    ///
    /// The breach of that rule.
    #[inline]
    fn obey_as_number(&self, rules: &[Rule]) -> Result<(), Breach> {
        self.number()
            .map_or(Ok(()), |number| rules.iter().try_for_each(|rule| rule.on_number(number)))
    }
}

/// What has elements: the rules `items` and `each` apply to it.
pub trait Elements {
    /// An element.
    type Item;

    /// Returns the elements; `None` where there are none to judge.
    fn elements(&self) -> Option<&[Self::Item]>;

    /// Applies the first rule about the number of elements that is broken.
    ///
    /// # Errors
    ///
    /// The breach of that rule.
    #[inline]
    fn obey_as_elements(&self, rules: &[Rule]) -> Result<(), Breach> {
        let Some(elements) = self.elements() else { return Ok(()) };
        rules.iter().try_for_each(|rule| rule.on_items(elements.len()))
    }
}
