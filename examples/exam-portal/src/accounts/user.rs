//! One account.

use std::fmt;

use palisade_passwords::session::{Account, Stamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name;
use crate::students;

/// The number of an account; it is never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(transparent)]
pub(crate) struct UserId(pub(crate) i64);

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Everything.
    Admin,
    /// Reads its own records and the announcements.
    Student,
    /// Works with students and exams.
    Teacher,
}

impl Role {
    const NAMES: [(&'static str, Self); 3] =
        [("admin", Self::Admin), ("student", Self::Student), ("teacher", Self::Teacher)];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, role)| *role)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, role)| *role == self).map_or("student", |(name, _)| name)
    }

    /// Whether it works with the records of others.
    pub(crate) const fn is_staff(self) -> bool {
        matches!(self, Self::Admin | Self::Teacher)
    }
}

/// An account, without its hash.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    /// Whose records a student account reads.
    pub(crate) student: Option<String>,
    pub(crate) must_change: bool,
    pub(crate) disabled: bool,
    pub(crate) stamp: Stamp,
}

impl User {
    /// What the account says about its sessions; a disabled one has none.
    pub(crate) const fn account(&self) -> Option<Account> {
        if self.disabled {
            return None;
        }
        Some(if self.must_change {
            Account::must_change(self.stamp)
        } else {
            Account::settled(self.stamp)
        })
    }
}

/// An account to add; holds only what keeps the rules.
#[derive(Clone, Debug)]
pub(crate) struct NewUser {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) student: Option<String>,
    pub(crate) must_change: bool,
    /// Until when its password can be used, in seconds since 1970.
    pub(crate) temporary_until: Option<i64>,
}

/// Why an account cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BadUser {
    #[error("the e-mail address is none; write an address such as name@school.example")]
    Email,
    #[error(
        "the name is none; write 1 to 64 letters, digits, '-', '_' and '.', a letter or digit first"
    )]
    Name,
    #[error("only a student account reads the records of one student; leave --student out")]
    Student,
}

impl NewUser {
    /// Checks an account whose password is one that its user chooses.
    pub(crate) fn new(
        name: &str,
        email: &str,
        role: Role,
        student: Option<String>,
    ) -> Result<Self, BadUser> {
        if !name::is_name(name) {
            return Err(BadUser::Name);
        }
        if !students::is_email(email) {
            return Err(BadUser::Email);
        }
        if student.is_some() && role != Role::Student {
            return Err(BadUser::Student);
        }
        let (name, email) = (name.to_owned(), email.to_owned());
        Ok(Self { name, email, role, student, must_change: false, temporary_until: None })
    }

    /// The spelling under which the name is looked up.
    pub(crate) fn name_key(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    /// The spelling under which the address is looked up; mails go to the address as it is written.
    pub(crate) fn email_key(&self) -> String {
        self.email.to_ascii_lowercase()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
