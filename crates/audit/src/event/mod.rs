//! What happened: who did what to which object, from where, with what outcome.

mod body;
mod context;
mod text;
mod time;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

pub use context::Context;
pub use time::parse as parse_time;
pub(crate) use time::{micros, parse_micros};
pub use value::{Auditable, Value};

pub(crate) use body::Body;

use text::quoted;

use crate::segment;

/// Bytes of an event as it is stored, at most: what an entry of a tile can hold.
pub const MAX_EVENT: usize = 65_535;

/// Bytes of changes and details together; what would exceed them is left out and counted.
const ROOM: usize = 40 * 1024;
/// Bytes of a name, an id and other words of the frame; longer ones are cut and counted.
const WORD: usize = 256;

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and not done.
    Failure,
    /// It was not allowed.
    Denied,
    /// It broke on the way; what was done is not known.
    Error,
    /// It has begun.
    Pending,
    /// It began and nobody said how it ended.
    Aborted,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] =
        &[Self::Success, Self::Failure, Self::Denied, Self::Error, Self::Pending, Self::Aborted];

    /// Returns the word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Denied => "denied",
            Self::Error => "error",
            Self::Pending => "pending",
            Self::Aborted => "aborted",
        }
    }

    /// Returns the outcome of that word, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.as_str() == name)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much an event matters when not all can be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Daily work.
    #[default]
    Routine,
    /// What changes rights or many objects.
    Important,
    /// What a defender must see.
    Security,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Routine => "routine",
            Self::Important => "important",
            Self::Security => "security",
        }
    }
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    kind: Cow<'static, str>,
    id: Cow<'static, str>,
}

impl Actor {
    /// Names an actor of another kind.
    pub fn new(kind: impl Into<Cow<'static, str>>, id: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }

    /// Names a user.
    pub fn user(id: impl Into<Cow<'static, str>>) -> Self {
        Self::new("user", id)
    }

    /// Names a service or a program.
    pub fn service(id: impl Into<Cow<'static, str>>) -> Self {
        Self::new("service", id)
    }

    /// Names somebody who has not said who they are.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { kind: Cow::Borrowed("anonymous"), id: Cow::Borrowed("") }
    }
}

/// An event that is to be recorded.
///
/// Values come by [`Auditable`], which secrets do not implement. Everything that a client can choose is
/// escaped: control characters, marks that turn the direction of text, and characters that cannot be
/// seen are stored as `\uXXXX`. Texts that are too long are cut and values that have no room are left
/// out; the event then says how many, in `"cut"` and `"omitted"`.
///
/// # Example
///
/// ```
/// use palisade_audit::{Actor, Event, Outcome};
///
/// let event = Event::new("user.role.update")
///     .actor(Actor::user("u1"))
///     .target("user", "u7")
///     .outcome(Outcome::Success)
///     .change("role", "teacher", "admin");
/// # let _ = event;
/// ```
///
/// A secret is not a value:
///
/// ```compile_fail
/// use palisade_audit::Event;
///
/// struct Password(String);
/// let event = Event::new("user.password.change").detail("new", &Password("hunter2".to_owned()));
/// ```
///
/// # Cost
///
/// One allocation for changes and details together, and one for each id that is not `'static`.
#[derive(Clone, Debug)]
#[must_use = "an event is nothing until it is recorded"]
pub struct Event {
    action: Cow<'static, str>,
    actor: Option<Actor>,
    target: Option<(Cow<'static, str>, Cow<'static, str>)>,
    outcome: Outcome,
    severity: Severity,
    context: Context,
    begun: Option<u64>,
    own: bool,
    changes: Vec<u8>,
    details: Vec<u8>,
    cut: u32,
    omitted: u32,
}

impl Event {
    /// Begins an event: a verb behind its nouns, `user.role.update`.
    pub fn new(action: impl Into<Cow<'static, str>>) -> Self {
        Self {
            action: action.into(),
            actor: None,
            target: None,
            outcome: Outcome::Success,
            severity: Severity::Routine,
            context: Context::default(),
            begun: None,
            own: false,
            changes: Vec::new(),
            details: Vec::new(),
            cut: 0,
            omitted: 0,
        }
    }

    /// Says who acted.
    pub fn actor(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Says on what: a kind and an id.
    pub fn target(
        mut self,
        kind: impl Into<Cow<'static, str>>,
        id: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.target = Some((kind.into(), id.into()));
        self
    }

    /// Says how it ended; without this, in success.
    pub const fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Says how much it matters.
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says from where it came.
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Adds a value before and after.
    pub fn change<V: Auditable + ?Sized>(mut self, name: &str, old: &V, new: &V) -> Self {
        let length = self.changes.len();
        separate(&mut self.changes);
        self.changes.extend_from_slice(b"{\"name\":");
        self.cut = self.cut.saturating_add(quoted(&mut self.changes, name, WORD));
        self.changes.extend_from_slice(b",\"old\":");
        self.cut = self.cut.saturating_add(Value::write(&mut self.changes, old));
        self.changes.extend_from_slice(b",\"new\":");
        self.cut = self.cut.saturating_add(Value::write(&mut self.changes, new));
        self.changes.push(b'}');
        if self.is_over() {
            self.changes.truncate(length);
            self.omitted = self.omitted.saturating_add(1);
        }
        self
    }

    /// Adds a value that did not change.
    pub fn detail<V: Auditable + ?Sized>(mut self, name: &str, value: &V) -> Self {
        let length = self.details.len();
        separate(&mut self.details);
        self.details.extend_from_slice(b"{\"name\":");
        self.cut = self.cut.saturating_add(quoted(&mut self.details, name, WORD));
        self.details.extend_from_slice(b",\"value\":");
        self.cut = self.cut.saturating_add(Value::write(&mut self.details, value));
        self.details.push(b'}');
        if self.is_over() {
            self.details.truncate(length);
            self.omitted = self.omitted.saturating_add(1);
        }
        self
    }

    /// Returns the action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Returns the line that would be stored under that number at that time: for tests of what an application
    /// records. Nothing is recorded.
    #[must_use]
    pub fn to_line(&self, seq: u64, now: SystemTime) -> Vec<u8> {
        let mut line = Vec::with_capacity(512);
        self.with_body(now, |body| segment::push(&mut line, seq, None, &body.0));
        line
    }

    pub(crate) const fn importance(&self) -> Severity {
        self.severity
    }

    /// Says which event began what this one ends.
    pub(crate) const fn begun(mut self, begun: u64) -> Self {
        self.begun = Some(begun);
        self
    }

    /// Makes it an event of the log about itself.
    pub(crate) const fn own(mut self) -> Self {
        self.own = true;
        self
    }

    /// Returns the line, without number, that will be stored.
    pub(crate) fn body(&self, now: SystemTime) -> Body {
        Body::of(self, now, Vec::new())
    }

    /// Shows the line, without number, that will be stored; nothing is allocated for it.
    pub(crate) fn with_body<R>(&self, now: SystemTime, act: impl FnOnce(&Body) -> R) -> R {
        Body::with(self, now, act)
    }

    const fn is_over(&self) -> bool {
        self.changes.len().saturating_add(self.details.len()) > ROOM
    }
}

/// Begins a value behind those that are there.
fn separate(list: &mut Vec<u8>) {
    const USUAL: usize = 192;
    if list.is_empty() {
        list.reserve(USUAL);
    } else {
        list.push(b',');
    }
}
