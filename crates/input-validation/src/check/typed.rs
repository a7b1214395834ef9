//! Types of this crate.

use super::leaf::noted;
use super::rule::Bounds;
use super::{Check, Node, Numeric, Textual};
use crate::issue::{At, Breach, Issues, Num, code};
use crate::schema::{Format, Schema, Shape};
use crate::{
    Amount, Clamped, CodePattern, Coded, Currency, Cursor, Email, FileName, HttpUrl, Line, Page,
    Patch, PerPage, SafeRedirect, Sort, SortKey, Text, UniqueName, Whole,
};

macro_rules! texts {
    ($([$($generics:tt)*] $kind:ty = $schema:expr;)+) => { $(
        impl<$($generics)*> Check for $kind {
            const SCHEMA: Schema = $schema;

            fn check(&self, _: &At<'_>, _: &mut Issues) {}

            fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
                noted(node.text().and_then(Self::parse), at, issues)
            }
        }
    )+ };
}

const fn chars(min: usize, max: usize) -> Schema {
    Schema::new(Shape::Line(Bounds::new(Some(wide(min)), Some(wide(max)))))
}

#[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
const fn wide(number: usize) -> Num {
    Num::Int(number as i128)
}

texts! {
    [P: CodePattern] Coded<P> = Schema::new(Shape::Coded(const { &P::PATTERN }));
    [] Currency = Schema::new(Shape::Formatted(Format::Currency));
    [K] Cursor<K> = Schema::new(Shape::Formatted(Format::Cursor));
    [] Email = Schema::new(Shape::Formatted(Format::Email));
    [] FileName = Schema::new(Shape::Formatted(Format::FileName));
    [] HttpUrl = Schema::new(Shape::Formatted(Format::Url));
    [const MAX: usize, const MIN: usize] Line<MAX, MIN> = chars(MIN, MAX);
    [] SafeRedirect = Schema::new(Shape::Formatted(Format::Path));
    [K: SortKey] Sort<K> = Schema::new(Shape::Formatted(Format::Order));
    [const MAX: usize, const MIN: usize] Text<MAX, MIN> = chars(MIN, MAX);
    [const MAX: usize] UniqueName<MAX> = chars(1, MAX);
}

macro_rules! textual {
    ($([$($generics:tt)*] $kind:ty;)+) => { $(
        impl<$($generics)*> Textual for $kind {
            fn text(&self) -> Option<&str> {
                Some(self.as_str())
            }
        }
    )+ };
}

textual! {
    [P: CodePattern] Coded<P>;
    [] Email;
    [] FileName;
    [] HttpUrl;
    [const MAX: usize, const MIN: usize] Line<MAX, MIN>;
    [const MAX: usize, const MIN: usize] Text<MAX, MIN>;
    [const MAX: usize] UniqueName<MAX>;
}

impl<T: Whole, const MIN: i64, const MAX: i64, const DEFAULT: i64> Check
    for Clamped<T, MIN, MAX, DEFAULT>
{
    const SCHEMA: Schema = Schema::new(Shape::Anything);
    const OPTIONAL: bool = true;

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, _: &At<'_>, _: &mut Issues) -> Option<Self> {
        let number = node.integer().map(Self::nearest);
        Some(number.or_else(|_| node.text().map(Self::parse)).unwrap_or_else(|_| {
            if node.is_null() { Self::default() } else { Self::nearest_real(node.real().ok()) }
        }))
    }
}

impl<T: Whole, const MIN: i64, const MAX: i64, const DEFAULT: i64> Numeric
    for Clamped<T, MIN, MAX, DEFAULT>
{
    fn number(&self) -> Option<Num> {
        Some(Num::Int(self.get().into()))
    }
}

impl Check for Page {
    const SCHEMA: Schema = Schema::new(Shape::Anything);
    const OPTIONAL: bool = true;

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        Clamped::read(node, at, issues).map(Self::from_clamped)
    }
}

impl<const MAX: i64, const DEFAULT: i64> Check for PerPage<MAX, DEFAULT> {
    const SCHEMA: Schema = Schema::new(Shape::Anything);
    const OPTIONAL: bool = true;

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        Clamped::read(node, at, issues).map(Self::from_clamped)
    }
}

impl<T: Check> Check for Patch<T> {
    const SCHEMA: Schema = Schema::new(Shape::Optional(&T::SCHEMA));
    const OPTIONAL: bool = true;

    fn absent() -> Option<Self> {
        Some(Self::Absent)
    }

    fn check(&self, at: &At<'_>, issues: &mut Issues) {
        if let Self::Value(value) = self {
            value.check(at, issues);
        }
    }

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        if node.is_null() { Some(Self::Null) } else { T::read(node, at, issues).map(Self::Value) }
    }
}

impl<T: Textual> Textual for Patch<T> {
    fn text(&self) -> Option<&str> {
        self.value().and_then(T::text)
    }
}

impl<T: Numeric> Numeric for Patch<T> {
    fn number(&self) -> Option<Num> {
        self.value().and_then(T::number)
    }
}

impl Check for Amount {
    const SCHEMA: Schema = Schema::new(Shape::Formatted(Format::Amount));

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        const NAMES: &[&str] = &["currency", "value"];
        let object = noted(node.object(NAMES, false), at, issues)?;
        if object.has_unknown_names() {
            issues.add(at, Breach::new(code::UNKNOWN));
        }
        let currency = object.field::<Currency>(&["currency"], None, &at.field("currency"), issues);
        let place = at.field("value");
        let digits = object.field::<Digits>(&["value"], None, &place, issues);
        let (currency, digits) = (currency?, digits?);
        noted(Self::parse(&digits.0, currency), &place, issues)
    }
}

/// A text of digits or a whole number.
struct Digits(String);

impl Check for Digits {
    const SCHEMA: Schema = Schema::new(Shape::Text);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        let text = node.text().map(str::to_owned);
        let digits = text.or_else(|_| node.integer().map(|number| number.to_string()));
        noted(digits.map(Self).map_err(|_| Breach::new(code::AMOUNT)), at, issues)
    }
}
