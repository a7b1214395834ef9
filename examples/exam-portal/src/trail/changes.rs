//! What a change of state changed, for its event.

use std::borrow::Cow;

use axum::Extension;
use palisade_audit::layer::Addition;
use palisade_audit::{Auditable, Event};

type Add = Box<dyn Fn(Event) -> Event + Send + Sync>;

/// Values before and after; only types whose values may be kept for years have a place in it.
#[derive(Default)]
pub(crate) struct Changes(Vec<Add>);

impl Changes {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Says on what, where only the handler knows.
    pub(crate) fn target(mut self, kind: &'static str, id: impl Into<String>) -> Self {
        let id = id.into();
        self.0.push(Box::new(move |event| event.target(kind, id.clone())));
        self
    }

    /// Adds a value that is another one now.
    pub(crate) fn change<V>(mut self, name: impl Into<Cow<'static, str>>, old: V, new: V) -> Self
    where
        V: Auditable + PartialEq + Send + Sync + 'static,
    {
        if old != new {
            let name = name.into();
            self.0.push(Box::new(move |event| event.change(&name, &old, &new)));
        }
        self
    }

    /// Puts them beside an answer.
    pub(crate) fn beside(self) -> Extension<Addition> {
        Extension(Addition::new(move |event| self.0.iter().fold(event, |event, add| add(event))))
    }
}
