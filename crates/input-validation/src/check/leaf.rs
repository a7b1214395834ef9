//! Types of the standard library.

use super::rule::Bounds;
use super::{Check, Elements, Node, Numeric, Textual};
use crate::issue::{At, Breach, Issues, Num, code};
use crate::schema::{Schema, Shape};

/// Adds what is wrong, or returns the value.
pub(super) fn noted<T>(read: Result<T, Breach>, at: &At<'_>, issues: &mut Issues) -> Option<T> {
    read.map_err(|breach| issues.add(at, breach)).ok()
}

impl Check for String {
    const SCHEMA: Schema = Schema::new(Shape::Text);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        noted(node.text().map(str::to_owned), at, issues)
    }
}

impl Textual for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Check for bool {
    const SCHEMA: Schema = Schema::new(Shape::Boolean);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        noted(node.boolean(), at, issues)
    }
}

macro_rules! integers {
    ($($kind:ident)+) => { $(
        impl Check for $kind {
            #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
            const SCHEMA: Schema = Schema::new(Shape::Integer(Bounds::new(
                Some(Num::Int($kind::MIN as i128)),
                Some(Num::Int($kind::MAX as i128)),
            )));

            fn check(&self, _: &At<'_>, _: &mut Issues) {}

            fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
                #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
                const RANGE: Breach = Breach::with(code::RANGE, &[
                    crate::issue::Arg::new("min", Num::Int($kind::MIN as i128)),
                    crate::issue::Arg::new("max", Num::Int($kind::MAX as i128)),
                ]);
                let number = node.integer().and_then(|wide| Self::try_from(wide).map_err(|_| RANGE));
                noted(number, at, issues)
            }
        }

        impl Numeric for $kind {
            fn number(&self) -> Option<Num> {
                Some(Num::Int((*self).into()))
            }
        }
    )+ };
}

integers!(i8 i16 i32 i64 u8 u16 u32 u64);

impl Check for f64 {
    const SCHEMA: Schema = Schema::new(Shape::Number);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        noted(node.real(), at, issues)
    }
}

impl Numeric for f64 {
    fn number(&self) -> Option<Num> {
        Some(Num::Real(*self))
    }
}

impl<T: Check> Check for Option<T> {
    const SCHEMA: Schema = Schema::new(Shape::Optional(&T::SCHEMA));
    const OPTIONAL: bool = true;

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn check(&self, at: &At<'_>, issues: &mut Issues) {
        if let Some(value) = self {
            value.check(at, issues);
        }
    }

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        let nothing = node.is_null() || node.is_blank();
        if nothing { Some(None) } else { T::read(node, at, issues).map(Some) }
    }
}

impl<T: Textual> Textual for Option<T> {
    fn text(&self) -> Option<&str> {
        self.as_ref().and_then(T::text)
    }
}

impl<T: Numeric> Numeric for Option<T> {
    fn number(&self) -> Option<Num> {
        self.as_ref().and_then(T::number)
    }
}

impl<T: Elements> Elements for Option<T> {
    type Item = T::Item;

    fn elements(&self) -> Option<&[T::Item]> {
        self.as_ref().and_then(T::elements)
    }
}

impl<T: Check> Check for Vec<T> {
    const SCHEMA: Schema = Schema::new(Shape::Array(&T::SCHEMA));

    fn check(&self, at: &At<'_>, issues: &mut Issues) {
        for (position, element) in self.iter().enumerate() {
            element.check(&at.index(position), issues);
        }
    }

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        let elements = noted(node.elements(), at, issues)?;
        // Every element is read, also after one that cannot be.
        let read: Vec<Option<T>> = elements
            .enumerate()
            .map(|(position, element)| T::read(element, &at.index(position), issues))
            .collect();
        read.into_iter().collect()
    }
}

impl<T> Elements for Vec<T> {
    type Item = T;

    fn elements(&self) -> Option<&[T]> {
        Some(self)
    }
}

impl<T: Check> Check for Box<T> {
    const SCHEMA: Schema = T::SCHEMA;
    const OPTIONAL: bool = T::OPTIONAL;

    fn absent() -> Option<Self> {
        T::absent().map(Self::new)
    }

    fn check(&self, at: &At<'_>, issues: &mut Issues) {
        (**self).check(at, issues);
    }

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        T::read(node, at, issues).map(Self::new)
    }
}
