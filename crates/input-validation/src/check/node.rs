//! A place of an input that is being read with all its mistakes.

use super::{Check, Tree};
use crate::issue::{At, Breach, Issues, Num, code};

/// A value whose type is not known yet.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree<'a>,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Node(of a request)")
    }
}

impl<'a> Node<'a> {
    pub(super) const fn new(tree: &'a Tree<'a>) -> Self {
        Self { tree }
    }

    /// Tells whether it is `null`.
    #[must_use]
    pub const fn is_null(self) -> bool {
        matches!(self.tree, Tree::Null)
    }

    /// Tells whether it is a field of a query or a form in which nothing was written.
    #[must_use]
    pub fn is_blank(self) -> bool {
        matches!(self.tree, Tree::Loose(text) if text.is_empty())
    }

    /// Takes it as a text.
    ///
    /// # Errors
    ///
    /// [`code::TYPE_TEXT`].
    pub fn text(self) -> Result<&'a str, Breach> {
        match self.tree {
            Tree::Text(text) | Tree::Loose(text) => Ok(text),
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
        let mut found = vec![Found::default(); names.len()];
        let mut unknown = false;
        for (name, tree) in entries {
            let place = names.iter().position(|known| known == name);
            match place.and_then(|place| found.get_mut(place)) {
                Some(found) => found.add(tree),
                None => unknown = true,
            }
        }
        Ok(Object { names, found, unknown: unknown && !open })
    }
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, Default)]
struct Found<'a> {
    tree: Option<&'a Tree<'a>>,
    is_repeated: bool,
}

impl<'a> Found<'a> {
    const fn add(&mut self, tree: &'a Tree<'a>) {
        self.is_repeated = self.tree.is_some();
        self.tree = Some(tree);
    }
}

impl std::fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tree(of a request)")
    }
}

/// The members of an object, by the names that the program knows.
#[derive(Debug)]
pub struct Object<'a> {
    names: &'static [&'static str],
    found: Vec<Found<'a>>,
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
        let places = self.names.iter().zip(&self.found).filter(|(name, _)| names.contains(name));
        let mut found = places.filter_map(|(_, found)| found.tree.map(|tree| (tree, found)));
        let Some((tree, first)) = found.next() else {
            if absent.is_none() {
                issues.add(at, Breach::new(code::MISSING));
            }
            return absent;
        };
        if first.is_repeated || found.next().is_some() {
            issues.add(at, Breach::new(code::DUPLICATE));
            return None;
        }
        T::read(Node::new(tree), at, issues)
    }
}
