//! Secrets kept out of everything that is written.
//!
//! By type: [`Redacted`] never shows what it holds. By name: a field that is called `password`,
//! `apiKey` or `x-auth-token` shows `[redacted]`, and so does the value behind such a name inside a
//! text (`password=...`, `"token": "..."`, `Authorization: ...`, `Key (password)=(...)`,
//! `name="password"` of a part of a form). By shape:
//! bearer and basic credentials, JSON Web Tokens, keys of well-known services, private keys in PEM,
//! payment cards (by Luhn), IBANs (by their check digits), passwords in URLs, rows in errors of
//! databases, and e-mail addresses by [policy](Emails).
//!
//! One [`Redactor`] serves the log, the error capture and, as a [closure](Redactor::closure), whoever
//! else writes.

mod bank;
mod cache;
mod multipart;
mod names;
mod pair;
mod redacted;
mod scan;
mod sql;
mod token;
mod url;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use names::Names;
pub use redacted::Redacted;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// What becomes of e-mail addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Emails {
    /// `ada@example.com` becomes `a***@example.com`.
    #[default]
    Masked,
    /// They are removed whole.
    Removed,
    /// They stay.
    Shown,
}

/// Finds secrets; see the [module](self). A clone is one reference.
///
/// # Example
///
/// ```
/// use palisade_observe::redact::Redactor;
///
/// let redactor = Redactor::new();
/// assert!(redactor.hides("new_password") && redactor.hides("X-Api-Key") && !redactor.hides("path"));
/// assert_eq!(
///     redactor.text("GET /reset?token=s3cr3t for ada@example.com"),
///     "GET /reset?token=[redacted] for a***@example.com"
/// );
/// assert_eq!(
///     redactor.text("connect to postgres://app:hunter2@db/shop"),
///     "connect to postgres://app:[redacted]@db/shop"
/// );
/// ```
///
/// # Security
///
/// What has neither a telling name nor a shape is not found: a password alone in a sentence stays.
/// Keep secrets in types that do not print, such as [`Redacted`].
///
/// # Cost
///
/// One pass over the text, whose time grows linearly with it whatever it holds; an allocation only
/// where something is replaced.
#[derive(Clone)]
pub struct Redactor {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    /// Tells this one from others in the memory of names.
    id: u32,
    names: Names,
    emails: Emails,
}

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

fn next_id() -> u32 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

impl Redactor {
    /// Makes one that knows the usual names and all shapes, and masks e-mail addresses.
    #[must_use]
    pub fn new() -> Self {
        let (names, emails) = (Names::usual(), Emails::default());
        Self { shared: Arc::new(Shared { id: next_id(), names, emails }) }
    }

    /// Hides also values of this name, as a word among others: `ticket` hides `ticket`,
    /// `user.ticket` and `oldTicket`.
    #[must_use]
    pub fn hide(self, name: &str) -> Self {
        self.with(|shared| shared.names.hide(name))
    }

    /// Shows values of exactly this name, as in `show("token_count")`.
    #[must_use]
    pub fn show(self, name: &str) -> Self {
        self.with(|shared| shared.names.show(name))
    }

    /// Decides about e-mail addresses.
    #[must_use]
    pub fn emails(self, emails: Emails) -> Self {
        self.with(|shared| shared.emails = emails)
    }

    fn with(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Arc::unwrap_or_clone(self.shared);
        change(&mut shared);
        shared.id = next_id();
        Self { shared: Arc::new(shared) }
    }

    /// Tells whether values of this name are hidden.
    #[must_use]
    pub fn hides(&self, name: &str) -> bool {
        self.shared.names.hides(name)
    }

    /// As [`hides`](Self::hides), for the names of fields, which are remembered.
    pub(crate) fn hides_field(&self, name: &'static str) -> bool {
        cache::remembered(self.shared.id, name, || self.hides(name))
    }

    /// Returns the text without secrets.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        scan::scan(text, &self.shared.names, self.shared.emails)
    }

    /// Returns [`text`](Self::text) as a closure, for crates that take one.
    pub fn closure(
        &self,
    ) -> impl for<'t> Fn(&'t str) -> Cow<'t, str> + Clone + Send + Sync + 'static {
        let this = self.clone();
        bound(move |text| this.text(text))
    }
}

/// Shows the compiler that the text lives as long as what comes of it.
const fn bound<F: for<'t> Fn(&'t str) -> Cow<'t, str>>(closure: F) -> F {
    closure
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("emails", &self.shared.emails).finish_non_exhaustive()
    }
}
