//! Students: what one is, what may be written about one, and how a list of them is asked for.

mod birth_date;
mod draft;
mod list;

use std::time::SystemTime;

use palisade_input_validation::{CodePattern, Email};
use schemars::JsonSchema;
use serde::Serialize;

use crate::trail::Changes;

pub(crate) use birth_date::BirthDate;
pub(crate) use draft::{Field, NewStudent, StudentChange, StudentCode};
pub(crate) use list::{ListQuery, Sort};

/// A student as the database has it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Student {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) birth_date: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

impl Student {
    /// Returns what became of a record: what is new if it was not there.
    pub(crate) fn changes(before: Option<&Self>, after: &Self) -> Changes {
        let both = |of: fn(&Self) -> &String| (before.map(of).cloned(), Some(of(after).clone()));
        let fields = [
            ("code", both(|student| &student.code)),
            ("name", both(|student| &student.name)),
            ("email", both(|student| &student.email)),
            ("birthDate", both(|student| &student.birth_date)),
        ];
        let none = Changes::new();
        fields.into_iter().fold(none, |changes, (name, (old, new))| changes.change(name, old, new))
    }
}

/// Returns whether a text can be the code of a student.
pub(crate) fn is_code(text: &str) -> bool {
    const { &StudentCode::PATTERN }.matches(text)
}

/// Returns whether a text can be an e-mail address, however its domain is written.
pub(crate) fn is_email(text: &str) -> bool {
    Email::parse(text).is_ok_and(|email| email.as_str().eq_ignore_ascii_case(text))
}

/// Writes a time as the database and the API have it: RFC 3339, UTC, whole seconds.
pub(crate) fn written(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        // Ten thousand years from now.
        Err(_) => "9999-12-31T23:59:59Z".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_in_utc_with_whole_seconds() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_763_697_601_999);
        assert_eq!(written(time), "2025-11-21T04:00:01Z");
    }
}
