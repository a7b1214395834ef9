//! Exams, their scanned copies and their grades.

mod copies;
mod grades;

use jiff::civil::Date;
use palisade_input_validation::issue::{Breach, Code};
use palisade_input_validation::{Check, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::trail::Changes;

pub(crate) use copies::{Copies, Copy, CopyForm, NewCopy};
pub(crate) use grades::{Grade, Grades, Points};

/// An exam as the database has it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exam {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) date: Option<String>,
    /// How many copies there are of it.
    pub(crate) copies: i64,
    pub(crate) created_at: String,
}

impl Exam {
    /// Returns what adding it changed.
    pub(crate) fn changes(&self) -> Changes {
        Changes::new()
            .target("exam", self.id.to_string())
            .change("title", None, Some(self.title.clone()))
            .change("date", None, self.date.clone())
    }
}

/// An exam to add.
#[derive(Check, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewExam {
    pub(crate) title: Line<200>,
    #[check(with = is_day)]
    pub(crate) date: Option<String>,
}

/// A day of the calendar, as YYYY-MM-DD.
#[expect(clippy::ref_option, reason = "what `with` names takes the field")]
fn is_day(text: &Option<String>) -> Result<(), Breach> {
    match text {
        Some(text) if text.len() != 10 || text.parse::<Date>().is_err() => {
            Err(Code::new("date").into())
        }
        _ => Ok(()),
    }
}
