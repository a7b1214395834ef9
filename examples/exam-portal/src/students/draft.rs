//! From a JSON object to a student that may be stored, every error told at once.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;
use jiff::civil::Date;
use palisade_core::{FieldError, Pointer, Problem};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::rules;

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

    fn check(self, text: &str, today: Date) -> Result<(), rules::Broken> {
        match self {
            Self::Code => rules::code(text),
            Self::Name => rules::name(text),
            Self::Email => rules::email(text),
            Self::BirthDate => rules::birth_date(text, today),
        }
    }
}

/// A student to add; holds only what keeps the rules.
#[derive(Debug)]
pub(crate) struct NewStudent {
    code: String,
    name: String,
    email: String,
    birth_date: String,
}

impl NewStudent {
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn birth_date(&self) -> &str {
        &self.birth_date
    }
}

/// What of a student changes; holds only what keeps the rules.
#[derive(Debug)]
pub(crate) struct StudentChange {
    code: Option<String>,
    name: Option<String>,
    email: Option<String>,
    birth_date: Option<String>,
}

impl StudentChange {
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    pub(crate) fn birth_date(&self) -> Option<&str> {
        self.birth_date.as_deref()
    }
}

/// The members of a body before any rule was asked.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    code: Member,
    name: Member,
    email: Member,
    birth_date: Member,
    unknown: bool,
}

/// What is wrong with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The member; nothing for the draft as a whole.
    pub(crate) field: Option<Field>,
    pub(crate) code: &'static str,
    pub(crate) detail: &'static str,
}

/// Everything that is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

#[derive(Debug, Default)]
enum Member {
    #[default]
    Absent,
    Given(Value),
    Twice,
}

impl Draft {
    /// Takes what a form holds.
    pub(crate) fn of_form(value: impl Fn(Field) -> Option<String>) -> Self {
        let member = |field| match value(field) {
            Some(text) => Member::Given(Value::String(text)),
            None => Member::Absent,
        };
        let [code, name, email, birth_date] = Field::ALL.map(member);
        Self { code, name, email, birth_date, unknown: false }
    }

    /// Reads a student to add: every member must be there.
    ///
    /// # Errors
    ///
    /// An entry for each member that is missing, unknown, doubled or breaks its rule.
    pub(crate) fn into_new(self, today: Date) -> Result<NewStudent, Faults> {
        let [code, name, email, birth_date] = self.read(today, true)?;
        // `read` has refused what is absent.
        let (Some(code), Some(name), Some(email), Some(birth_date)) =
            (code, name, email, birth_date)
        else {
            return Err(Faults(Vec::new()));
        };
        Ok(NewStudent { code, name, email, birth_date })
    }

    /// Reads a change: every member may be absent.
    ///
    /// # Errors
    ///
    /// As [`into_new`](Self::into_new).
    pub(crate) fn into_change(self, today: Date) -> Result<StudentChange, Faults> {
        let [code, name, email, birth_date] = self.read(today, false)?;
        Ok(StudentChange { code, name, email, birth_date })
    }

    fn read(self, today: Date, all: bool) -> Result<[Option<String>; 4], Faults> {
        let mut faults = Vec::new();
        if self.unknown {
            let detail = "only code, name, email and birthDate are known";
            faults.push(Fault { field: None, code: "unknown_member", detail });
        }
        let members = [self.code, self.name, self.email, self.birth_date];
        let mut texts = [const { None }; 4];
        for ((field, member), text) in Field::ALL.into_iter().zip(members).zip(&mut texts) {
            let wrong = match member {
                Member::Absent if all => Some(("required", "must be given")),
                Member::Absent => None,
                Member::Twice => Some(("duplicate", "must be given once")),
                Member::Given(Value::String(given)) => match field.check(&given, today) {
                    Ok(()) => {
                        *text = Some(given);
                        None
                    }
                    Err(broken) => Some((broken.code, broken.detail)),
                },
                Member::Given(_) => Some(("type", "must be a string")),
            };
            if let Some((code, detail)) = wrong {
                faults.push(Fault { field: Some(field), code, detail });
            }
        }
        if faults.is_empty() { Ok(texts) } else { Err(Faults(faults)) }
    }
}

impl From<Faults> for Problem {
    fn from(Faults(faults): Faults) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_student")
            .detail("the student was not saved; correct what `errors` names");
        faults.into_iter().fold(problem, |problem, Fault { field, code, detail }| {
            let root = Pointer::root();
            let pointer = match field {
                Some(field) => root.field(field.name()),
                None => root,
            };
            problem.error(FieldError::new(pointer, code, detail))
        })
    }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DraftVisitor)
    }
}

struct DraftVisitor;

impl<'de> Visitor<'de> for DraftVisitor {
    type Value = Draft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Draft, A::Error> {
        let mut draft = Draft::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let member = match key.as_ref() {
                "code" => &mut draft.code,
                "name" => &mut draft.name,
                "email" => &mut draft.email,
                "birthDate" => &mut draft.birth_date,
                _ => {
                    draft.unknown = true;
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let value = map.next_value()?;
            *member = match member {
                Member::Absent => Member::Given(value),
                Member::Given(_) | Member::Twice => Member::Twice,
            };
        }
        Ok(draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 11, 21);

    fn errors(problem: &Problem) -> Vec<(String, String)> {
        let body: Value = serde_json::from_slice(problem.prepare().body()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = body["errors"].as_array().unwrap();
        errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
    }

    #[test]
    fn every_error_is_told_at_once() {
        let body = r#"{"code": "a b", "name": 7, "email": "x@y.example", "email": "z@y.example", "id": 1}"#;
        let draft: Draft = serde_json::from_str(body).unwrap();
        let expected = [
            ("#", "unknown_member"),
            ("#/code", "charset"),
            ("#/name", "type"),
            ("#/email", "duplicate"),
            ("#/birthDate", "required"),
        ];
        let found = errors(&draft.into_new(TODAY).unwrap_err().into());
        assert_eq!(found, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    }

    #[test]
    fn a_change_names_only_what_changes() {
        let draft: Draft = serde_json::from_str(r#"{"name": "Ana"}"#).unwrap();
        let change = draft.into_change(TODAY).unwrap();
        assert_eq!((change.name(), change.code()), (Some("Ana"), None));
        let null: Draft = serde_json::from_str(r#"{"name": null}"#).unwrap();
        let found = errors(&null.into_change(TODAY).unwrap_err().into());
        assert_eq!(found, [("#/name".to_owned(), "type".to_owned())]);
    }
}
