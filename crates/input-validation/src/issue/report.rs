//! Places and what is wrong there.

use std::time::SystemTime;

use palisade_core::{FieldError, Pointer, Problem, Text};

use super::{Breach, Code, Language};

/// The way from the root of an input to the value that is looked at.
///
/// Lives on the stack; it becomes a [`Pointer`] only where something is wrong.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    parent: Option<&'a Self>,
    step: Step,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Root(Option<SystemTime>),
    Field(&'static str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The whole input.
    pub const ROOT: At<'static> = Self::root(None);

    /// The whole input, read at that moment.
    #[must_use]
    pub const fn root(now: Option<SystemTime>) -> At<'static> {
        At { parent: None, step: Step::Root(now) }
    }

    /// Returns when the input is read, if that was said: see [`Reader::at`](crate::check::Reader::at).
    ///
    /// A rule that needs the time refuses without it.
    #[must_use]
    pub fn now(&self) -> Option<SystemTime> {
        match (self.parent, self.step) {
            (None, Step::Root(now)) => now,
            (parent, _) => parent.and_then(At::now),
        }
    }

    /// Goes into a member of an object, by the name that a client writes.
    #[must_use]
    pub const fn field(&'a self, name: &'static str) -> Self {
        Self { parent: Some(self), step: Step::Field(name) }
    }

    /// Goes into an element of an array, counted from 0.
    #[must_use]
    pub const fn index(&'a self, position: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(position) }
    }

    /// Writes the way down.
    #[must_use]
    pub fn pointer(&self) -> Pointer {
        let before = self.parent.map_or_else(Pointer::root, At::pointer);
        match self.step {
            Step::Root(_) => before,
            Step::Field(name) => before.field(name),
            Step::Index(position) => before.index(position),
        }
    }
}

/// What is wrong at one place of an input.
///
/// # Security
///
/// A way through names and positions, a code and numbers of the program: there is no part that
/// could hold what a client sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    pointer: Pointer,
    breach: Breach,
}

impl Issue {
    /// Returns the place.
    #[must_use]
    pub const fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// Returns the machine word of the rule.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.breach.code()
    }

    /// Returns the rule and its numbers.
    #[must_use]
    pub const fn breach(&self) -> Breach {
        self.breach
    }
}

/// Everything that is wrong with an input, in the order of its fields.
///
/// Holds at most [`MAX`](Self::MAX); what comes after is counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Issues {
    told: Vec<Issue>,
    omitted: usize,
}

impl Issues {
    /// How many issues are told one by one: as many as a [`Problem`] shows.
    pub const MAX: usize = Problem::MAX_ERRORS;

    /// Starts without any; allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { told: Vec::new(), omitted: 0 }
    }

    /// Adds one.
    #[cold]
    pub fn add(&mut self, at: &At<'_>, breach: Breach) {
        if self.told.len() < Self::MAX {
            self.told.push(Issue { pointer: at.pointer(), breach });
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    /// Adds what a rule found, if it found something.
    pub fn note(&mut self, at: &At<'_>, found: Result<(), Breach>) {
        if let Err(breach) = found {
            self.add(at, breach);
        }
    }

    /// Tells whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Returns how many there are, those that are only counted among them.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.told.len().saturating_add(self.omitted)
    }

    /// Gives the issues that are told.
    pub fn iter(&self) -> impl Iterator<Item = &Issue> {
        self.told.iter()
    }

    /// Returns `value` if nothing is wrong.
    ///
    /// # Errors
    ///
    /// These issues, if there are any.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Adds every issue to a problem.
    pub fn explain(&self, problem: Problem, language: Language) -> Problem {
        let mut problem = self.told.iter().fold(problem, |problem, issue| {
            problem.error(explain(issue.pointer.clone(), issue.breach, language))
        });
        for _ in 0..self.omitted.min(usize::from(u16::MAX)) {
            problem = problem.error(FieldError::new(Pointer::root(), "", ""));
        }
        problem
    }
}

fn explain(pointer: Pointer, breach: Breach, language: Language) -> FieldError {
    let mut words = String::new();
    // Writing into a String cannot fail.
    let _ = language.write(&breach, &mut words);
    FieldError::new(pointer, breach.code().as_str(), Text::from_program(words))
}
