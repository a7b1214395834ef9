//! What every page has around its content.

use crate::accounts::{Role, User};

/// Who sees the page.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) user: Option<Seen>,
}

/// The signed-in user, as pages name them.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) role: &'static str,
    /// Whether it works with the records of others.
    pub(super) staff: bool,
    /// Whether it looks after the portal.
    pub(super) admin: bool,
    /// Whether nothing but the password form is open.
    pub(super) pending: bool,
}

impl Frame {
    pub(super) fn of(user: &User) -> Self {
        let seen = Seen {
            name: user.name.clone(),
            role: user.role.name(),
            staff: user.role.is_staff(),
            admin: user.role == Role::Admin,
            pending: user.must_change,
        };
        Self { user: Some(seen) }
    }

    pub(super) fn is_staff(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.staff)
    }
}
