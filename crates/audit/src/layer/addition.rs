//! What only the handler knows of a request.

use std::fmt;
use std::sync::Arc;

use crate::event::Event;

/// What a handler adds to the event of its request, in the extensions of its response.
///
/// # Example
///
/// ```
/// use palisade_audit::layer::Addition;
///
/// let mut response = http::Response::new(());
/// let addition = Addition::new(|event| event.target("order", "o9").change("state", "open", "paid"));
/// response.extensions_mut().insert(addition);
/// ```
#[derive(Clone)]
pub struct Addition(Option<Add>);

type Add = Arc<dyn Fn(Event) -> Event + Send + Sync>;

impl Addition {
    /// Adds what the function adds.
    pub fn new(add: impl Fn(Event) -> Event + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(add)))
    }

    /// Leaves the request out, unless its beginning is recorded: for what is refused in masses and
    /// recorded once elsewhere, such as tries of an account that is locked.
    #[must_use]
    pub const fn omit() -> Self {
        Self(None)
    }

    pub(super) const fn omits(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn to(&self, event: Event) -> Event {
        match &self.0 {
            Some(add) => add(event),
            None => event,
        }
    }
}

impl fmt::Debug for Addition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Addition").finish_non_exhaustive()
    }
}
