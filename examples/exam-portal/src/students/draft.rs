//! What somebody sends about a student, every error told at once.

use jiff::civil::Date;
use palisade_core::Pointer;
use palisade_input_validation::issue::{At, Breach, Issues, code};
use palisade_input_validation::{
    AsyncCheck, Check, CodePattern, Coded, Email, Line, Patch, Pattern,
};
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

/// Which day it is decides whether somebody can be born on it.
impl AsyncCheck<Date> for NewStudent {
    async fn check_with(&self, today: &Date, issues: &mut Issues) {
        born(Some(&self.birth_date), *today, issues);
    }
}

impl AsyncCheck<Date> for StudentChange {
    async fn check_with(&self, today: &Date, issues: &mut Issues) {
        born(self.birth_date.value(), *today, issues);
    }
}

fn born(day: Option<&BirthDate>, today: Date, issues: &mut Issues) {
    if let Some(day) = day {
        issues.note(&At::ROOT.field(Field::BirthDate.name()), day.until(today));
    }
}

#[cfg(test)]
mod tests {
    use palisade_input_validation::{checked_with, from_json};

    use super::*;

    const TODAY: Date = Date::constant(2026, 11, 21);

    async fn told<T: AsyncCheck<Date> + for<'de> Deserialize<'de>>(body: &str) -> Vec<String> {
        let issues = match from_json::<T>(body.as_bytes()) {
            Ok(value) => checked_with(value, &TODAY).await.err().unwrap_or_default(),
            Err(issues) => issues,
        };
        let told = issues.iter().map(|issue| format!("{} {}", issue.pointer(), issue.code()));
        told.collect()
    }

    #[tokio::test]
    async fn every_error_is_told_at_once() {
        let body = r#"{"code": "a b", "name": 7, "email": "x@y.example", "email": "z@y.example", "id": 1}"#;
        let expected = [
            "# unknown",
            "#/code pattern",
            "#/name type_text",
            "#/email duplicate",
            "#/birthDate missing",
        ];
        assert_eq!(told::<NewStudent>(body).await, expected);
        let body =
            r#"{"code": "a", "name": "A", "email": "x@y.example", "birthDate": "2026-11-22"}"#;
        assert_eq!(told::<NewStudent>(body).await, ["#/birthDate range"]);
    }

    #[tokio::test]
    async fn a_change_names_only_what_changes() {
        let change: StudentChange = from_json(r#"{"name": " Ana "}"#.as_bytes()).unwrap();
        assert_eq!((change.name(), change.code()), (Some("Ana"), None));
        let body = r#"{"name": null, "birthDate": "1899-12-31"}"#;
        assert_eq!(told::<StudentChange>(body).await, ["#/name missing", "#/birthDate range"]);
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
