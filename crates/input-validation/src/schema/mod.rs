//! What a type asks, as data: one constant from which checking, JSON Schema and HTML are made.

mod html;
mod json;

use crate::check::{Bounds, Kind, Rule};
use crate::pattern::Pattern;

pub use html::Attribute;

/// What a type asks.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    shape: Shape,
}

/// The kind of value that a type takes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shape {
    /// Whatever is sent; a [`Clamped`](crate::Clamped) corrects it.
    Anything,
    /// An array of such elements.
    Array(&'static Schema),
    /// True or false.
    Boolean,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A text of that form.
    Coded(&'static Pattern),
    /// A text, or an object, that a type of this crate reads.
    Formatted(Format),
    /// A whole number.
    Integer(Bounds),
    /// A text that is trimmed and normalised before its characters are counted.
    Line(Bounds),
    /// A number.
    Number,
    /// An object.
    Object(&'static Object),
    /// Such a value, or null.
    Optional(&'static Schema),
    /// A text.
    Text,
}

/// A text that a type of this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// [`Amount`](crate::Amount), an object.
    Amount,
    /// [`Currency`](crate::Currency).
    Currency,
    /// [`Cursor`](crate::Cursor).
    Cursor,
    /// [`Email`](crate::Email).
    Email,
    /// [`FileName`](crate::FileName).
    FileName,
    /// [`Sort`](crate::Sort).
    Order,
    /// [`SafeRedirect`](crate::SafeRedirect).
    Path,
    /// [`HttpUrl`](crate::HttpUrl).
    Url,
}

/// The members of an object.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    fields: &'static [Field],
    open: bool,
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    name: &'static str,
    required: bool,
    schema: Schema,
    rules: &'static [Rule],
    each: &'static [Rule],
}

impl Schema {
    /// States what is taken.
    #[must_use]
    pub const fn new(shape: Shape) -> Self {
        Self { shape }
    }

    /// Returns what is taken.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    const fn inside(&self) -> &Self {
        match &self.shape {
            Shape::Optional(inside) => inside.inside(),
            _ => self,
        }
    }

    /// Compares a rule with what the type asks already: there must be values that keep both.
    const fn agrees(&self, rule: &Rule) -> bool {
        match (&self.inside().shape, rule.kind()) {
            (Shape::Line(own), Kind::Chars(asked)) | (Shape::Integer(own), Kind::Range(asked)) => {
                own.meets(asked)
            }
            _ => true,
        }
    }
}

impl Object {
    /// Lists the members; `open` ignores all others.
    #[must_use]
    pub const fn new(fields: &'static [Field], open: bool) -> Self {
        Self { fields, open }
    }

    /// Returns the members.
    #[must_use]
    pub const fn fields(&self) -> &'static [Field] {
        self.fields
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
impl Field {
    /// Names a member.
    ///
    /// # Panics
    ///
    /// If no value keeps the rules of the field and those of its type; in a `const`, an error of the
    /// compiler.
    #[must_use]
    pub const fn new(
        name: &'static str,
        required: bool,
        schema: Schema,
        rules: &'static [Rule],
        each: &'static [Rule],
    ) -> Self {
        let mut at = 0;
        while at < rules.len() {
            assert!(schema.agrees(&rules[at]), "no value of this type keeps this rule");
            at += 1;
        }
        if let Shape::Array(element) = schema.inside().shape {
            at = 0;
            while at < each.len() {
                assert!(element.agrees(&each[at]), "no element of this type keeps this rule");
                at += 1;
            }
        }
        Self { name, required, schema, rules, each }
    }

    /// Returns the name that clients write.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Tells whether it must be there.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required
    }

    /// Returns what its type asks.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Returns what is asked beside that.
    #[must_use]
    pub const fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    /// Returns what is asked of its elements.
    #[must_use]
    pub const fn each(&self) -> &'static [Rule] {
        self.each
    }
}
