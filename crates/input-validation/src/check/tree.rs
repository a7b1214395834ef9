//! An input that could not be read at once, kept as it is: with names that repeat and values of any type.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{MAX_DEPTH, MAX_PAIRS, MAX_VALUES};
use crate::issue::{Arg, Breach, Num, code};

/// A value of JSON, or of a query; texts that need no decoding stay where they were sent.
#[derive(Clone, PartialEq)]
pub(super) enum Tree<'a> {
    Null,
    Boolean(bool),
    Number(Num),
    Text(Cow<'a, str>),
    /// A text that may stand for a number: queries and forms have nothing else.
    Loose(Cow<'a, str>),
    /// Something that is no text, of a field that only texts are read from.
    Other,
    Array(Vec<Self>),
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Tree<'a> {
    /// Reads JSON within the bounds.
    pub(super) fn parse(json: &'a str) -> Result<Self, Breach> {
        let budget = Budget { left: Cell::new(MAX_VALUES), exceeded: Cell::new(None) };
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let seed = Seed { budget: &budget, depth: MAX_DEPTH };
        let read = seed.deserialize(&mut deserializer);
        let read = read.and_then(|tree| deserializer.end().map(|()| tree));
        read.map_err(|_| budget.exceeded.get().unwrap_or(Breach::new(code::SYNTAX)))
    }
}

const DEPTH: Breach = Breach::with(code::DEPTH, &[Arg::of("max", MAX_DEPTH)]);
const VALUES: Breach = Breach::with(code::KEYS, &[Arg::of("max", MAX_VALUES)]);
pub(super) const PAIRS: Breach = Breach::with(code::KEYS, &[Arg::of("max", MAX_PAIRS)]);

struct Budget {
    left: Cell<usize>,
    exceeded: Cell<Option<Breach>>,
}

impl Budget {
    fn refuse<E: Error>(&self, breach: Breach) -> E {
        self.exceeded.set(Some(breach));
        E::custom(breach)
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    budget: &'a Budget,
    depth: usize,
}

impl Seed<'_> {
    fn below<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| self.budget.refuse(DEPTH))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Tree<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree<'de>, D::Error> {
        let left = self.budget.left.get().checked_sub(1);
        self.budget.left.set(left.ok_or_else(|| self.budget.refuse(VALUES))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Boolean(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(Num::Int(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(Num::Int(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(Num::Real(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Tree<'de>, A::Error> {
        let seed = self.below()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(seed)? {
            array.push(element);
        }
        Ok(Tree::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree<'de>, A::Error> {
        let seed = self.below()?;
        let mut object = Vec::new();
        while let Some(name) = entries.next_key_seed(Name)? {
            object.push((name, entries.next_value_seed(seed)?));
        }
        Ok(Tree::Object(object))
    }
}

/// Reads a name of an object.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }
}
