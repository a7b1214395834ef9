//! What somebody sends about a student, every error told at once.

use palisade_core::Pointer;
use palisade_input_validation::issue::{Breach, code};
use palisade_input_validation::{Check, CodePattern, Coded, Email, Line, Patch, Pattern};
use serde::Deserialize;

use super::BirthDate;

/// A member of a student.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Code,
    Name,
    Email,
    BirthDate,
}

impl Field {
    pub(crate) const ALL: [Self; 4] = [Self::Code, Self::Name, Self::Email, Self::BirthDate];

    /// The name that the API and the forms have for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::Email => "email",
            Self::BirthDate => "birthDate",
        }
    }

    /// The member that something is wrong with; nothing for the student as a whole.
    pub(crate) fn at(place: &Pointer) -> Option<Self> {
        Self::ALL.into_iter().find(|field| Pointer::root().field(field.name()) == *place)
    }
}

/// The form of codes: letters, digits, `.`, `_` and `-`, a letter or digit first, 32 at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StudentCode;

impl CodePattern for StudentCode {
    const PATTERN: Pattern = Pattern::new(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,31}");
}

/// A student to add.
#[derive(Check, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewStudent {
    code: Coded<StudentCode>,
    name: Line<200>,
    email: Email,
    birth_date: BirthDate,
}

impl NewStudent {
    pub(crate) fn code(&self) -> &str {
        self.code.as_str()
    }

    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    pub(crate) fn email(&self) -> &str {
        self.email.as_str()
    }

    pub(crate) fn birth_date(&self) -> &str {
        self.birth_date.as_str()
    }
}

/// What of a student changes (RFC 7396): what is not mentioned stays, and nothing can be taken away.
#[derive(Check, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StudentChange {
    #[serde(default)]
    #[check(with = stays)]
    code: Patch<Coded<StudentCode>>,
    #[serde(default)]
    #[check(with = stays)]
    name: Patch<Line<200>>,
    #[serde(default)]
    #[check(with = stays)]
    email: Patch<Email>,
    #[serde(default)]
    #[check(with = stays)]
    birth_date: Patch<BirthDate>,
}

fn stays<T>(field: &Patch<T>) -> Result<(), Breach> {
    if matches!(field, Patch::Null) { Err(code::MISSING.into()) } else { Ok(()) }
}

impl StudentChange {
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.value().map(Coded::as_str)
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.value().map(Line::as_str)
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.email.value().map(Email::as_str)
    }

    pub(crate) fn birth_date(&self) -> Option<&str> {
        self.birth_date.value().map(BirthDate::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use palisade_input_validation::check::Reader;
    use palisade_input_validation::from_json;
    use serde::de::DeserializeOwned;

    use super::*;

    /// The last second of 2026-11-21.
    fn reader() -> Reader {
        let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1_795_305_599));
        Reader::at(time.unwrap())
    }

    fn told<T: Check + DeserializeOwned>(reader: Reader, body: &str) -> Vec<String> {
        let issues = reader.json::<T>(body.as_bytes()).err().unwrap_or_default();
        let told = issues.iter().map(|issue| format!("{} {}", issue.pointer(), issue.code()));
        told.collect()
    }

    #[test]
    fn every_error_is_told_at_once() {
        let body = r#"{"code": "a b", "name": 7, "email": "x@y.example", "email": "z@y.example", "id": 1}"#;
        let expected = [
            "# unknown",
            "#/code pattern",
            "#/name type_text",
            "#/email duplicate",
            "#/birthDate missing",
        ];
        assert_eq!(told::<NewStudent>(reader(), body), expected);
        let body = |code: &str, day: &str| {
            format!(
                r#"{{"code": "{code}", "name": "A", "email": "x@y.example", "birthDate": "{day}"}}"#
            )
        };
        assert!(told::<NewStudent>(reader(), &body("a", "2026-11-21")).is_empty());
        let future = ["#/birthDate range"];
        assert_eq!(told::<NewStudent>(reader(), &body("a", "2026-11-22")), future);
        // A day that has not come is told with the rest, and without a clock every day is refused.
        let both = ["#/code pattern", "#/birthDate range"];
        assert_eq!(told::<NewStudent>(reader(), &body("a b", "2026-11-22")), both);
        let timeless = told::<NewStudent>(Reader::new(), &body("a", "2008-02-29"));
        assert_eq!(timeless, ["#/birthDate invalid"]);
    }

    #[test]
    fn a_change_names_only_what_changes() {
        let change: StudentChange = from_json(r#"{"name": " Ana "}"#.as_bytes()).unwrap();
        assert_eq!((change.name(), change.code()), (Some("Ana"), None));
        let body = r#"{"name": null, "birthDate": "1899-12-31"}"#;
        let expected = ["#/name missing", "#/birthDate range"];
        assert_eq!(told::<StudentChange>(reader(), body), expected);
        let body = r#"{"name": null, "birthDate": "2026-11-22"}"#;
        assert_eq!(told::<StudentChange>(reader(), body), expected);
    }

    #[test]
    fn codes() {
        for good in ["S-0001", "a", "9.b_c", "Z".repeat(32).as_str()] {
            assert!(StudentCode::PATTERN.matches(good), "{good}");
        }
        for bad in
            ["", "-a", ".", "..", "a/b", "a b", "a%2f", "\u{e9}", "a\0", "Z".repeat(33).as_str()]
        {
            assert!(!StudentCode::PATTERN.matches(bad), "{bad:?}");
        }
    }
}
