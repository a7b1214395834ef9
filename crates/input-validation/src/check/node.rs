//! A place of an input that is being read with all its mistakes.

use std::collections::HashMap;

use super::{Check, Tree};
use crate::issue::{At, Breach, Issues, Num, code};

/// A value whose type is not known yet.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Node(of a request)")
    }
}

impl<'a> Node<'a> {
    pub(super) const fn new(tree: &'a Tree) -> Self {
        Self { tree }
    }

    /// Tells whether it is `null`.
    #[must_use]
    pub const fn is_null(self) -> bool {
        matches!(self.tree, Tree::Null)
    }

    /// Tells whether it is a field of a query or a form in which nothing was written.
    #[must_use]
    pub const fn is_blank(self) -> bool {
        matches!(self.tree, Tree::Loose(text) if text.is_empty())
    }

    /// Takes it as a text.
    ///
    /// # Errors
    ///
    /// [`code::TYPE_TEXT`].
    pub const fn text(self) -> Result<&'a str, Breach> {
        match self.tree {
            Tree::Text(text) | Tree::Loose(text) => Ok(text.as_str()),
            _ => Err(Breach::new(code::TYPE_TEXT)),
        }
    }

    /// Takes it as true or false.
    ///
    /// # Errors
    ///
    /// [`code::TYPE_BOOLEAN`].
    pub fn boolean(self) -> Result<bool, Breach> {
        match self.tree {
            Tree::Boolean(value) => Ok(*value),
            // What browsers send for a ticked box without a value is `on`.
            Tree::Loose(text) if text == "true" || text == "on" => Ok(true),
            Tree::Loose(text) if text == "false" => Ok(false),
            _ => Err(Breach::new(code::TYPE_BOOLEAN)),
        }
    }

    /// Takes it as a whole number, written without point and exponent.
    ///
    /// # Errors
    ///
    /// [`code::TYPE_INTEGER`].
    pub fn integer(self) -> Result<i128, Breach> {
        match self.tree {
            Tree::Number(Num::Int(number)) => Some(*number),
            Tree::Loose(text) => text.parse().ok(),
            _ => None,
        }
        .ok_or(Breach::new(code::TYPE_INTEGER))
    }

    /// Takes it as a number.
    ///
    /// # Errors
    ///
    /// [`code::TYPE_NUMBER`], for NaN and infinity too.
    pub fn real(self) -> Result<f64, Breach> {
        let number = match self.tree {
            Tree::Number(number) => Some(number.as_real()),
            Tree::Loose(text) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number: &f64| number.is_finite()).ok_or(Breach::new(code::TYPE_NUMBER))
    }

    /// Takes it as elements.
    ///
    /// # Errors
    ///
    /// [`code::TYPE_ARRAY`].
    pub fn elements(self) -> Result<impl Iterator<Item = Self>, Breach> {
        match self.tree {
            Tree::Array(elements) => Ok(elements.iter().map(Self::new)),
            _ => Err(Breach::new(code::TYPE_ARRAY)),
        }
    }

    /// Takes it as an object with these names and no others, or any others if it is `open`.
    ///
    /// # Errors
    ///
    /// [`code::TYPE_OBJECT`].
    pub fn object(self, names: &'static [&'static str], open: bool) -> Result<Object<'a>, Breach> {
        let Tree::Object(entries) = self.tree else { return Err(Breach::new(code::TYPE_OBJECT)) };
        let mut known = HashMap::with_capacity(names.len());
        let mut unknown = false;
        for (name, tree) in entries {
            if let Some(name) = names.iter().find(|known| *known == name) {
                let found = known.entry(*name).or_insert(Found { tree, times: 0_usize });
                found.times = found.times.saturating_add(1);
            } else {
                unknown = true;
            }
        }
        Ok(Object { known, unknown: unknown && !open })
    }
}

#[derive(Clone, Copy, Debug)]
struct Found<'a> {
    tree: &'a Tree,
    times: usize,
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tree(of a request)")
    }
}

/// The members of an object, by the names that the program knows.
#[derive(Debug)]
pub struct Object<'a> {
    known: HashMap<&'static str, Found<'a>>,
    unknown: bool,
}

impl Object<'_> {
    /// Tells whether there is a name that the program does not know.
    #[must_use]
    pub const fn has_unknown_names(&self) -> bool {
        self.unknown
    }

    /// Reads the member of a name or of one of its aliases.
    ///
    /// `absent` is what the field holds if there is none; without it, it is [`code::MISSING`].
    pub fn field<T: Check>(
        &self,
        names: &[&'static str],
        absent: Option<T>,
        at: &At<'_>,
        issues: &mut Issues,
    ) -> Option<T> {
        let mut found = names.iter().filter_map(|name| self.known.get(name));
        let Some(first) = found.next() else {
            if absent.is_none() {
                issues.add(at, Breach::new(code::MISSING));
            }
            return absent;
        };
        if first.times > 1 || found.next().is_some() {
            issues.add(at, Breach::new(code::DUPLICATE));
            return None;
        }
        T::read(Node::new(first.tree), at, issues)
    }
}
