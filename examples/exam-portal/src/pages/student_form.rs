//! The fields of a student, as a form shows them.

use std::time::SystemTime;

use palisade_input_validation::Check;
use palisade_input_validation::check::Reader;
use palisade_input_validation::issue::Issues;
use palisade_passwords::fields::Fields;

use super::password::sentence;
use crate::students::{Field, Student};

/// The four fields with what was typed and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct StudentForm {
    pub(super) inputs: [Input; 4],
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct Input {
    field: Field,
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) hint: &'static str,
    /// Characters, at most.
    pub(super) most: u32,
    pub(super) value: String,
    pub(super) wrong: Option<String>,
}

impl StudentForm {
    /// The form for a new student.
    pub(super) fn empty() -> Self {
        let input = |field: Field, label, kind, most, hint| Input {
            field,
            name: field.name(),
            label,
            kind,
            hint,
            most,
            value: String::new(),
            wrong: None,
        };
        let code = "Letters, digits, '-', '_' and '.', such as S-0042";
        Self {
            inputs: [
                input(Field::Code, "Code", "text", 32, code),
                input(Field::Name, "Name", "text", 200, ""),
                input(Field::Email, "E-mail", "email", 254, ""),
                input(Field::BirthDate, "Born", "date", 10, ""),
            ],
        }
    }

    /// The form with what the database has.
    pub(super) fn of(student: &Student) -> Self {
        Self::empty().filled(|field| match field {
            Field::Code => student.code.clone(),
            Field::Name => student.name.clone(),
            Field::Email => student.email.clone(),
            Field::BirthDate => student.birth_date.clone(),
        })
    }

    /// The form with what was typed.
    pub(super) fn typed(fields: &Fields) -> Self {
        Self::empty().filled(|field| fields.text(field.name()).unwrap_or_default().to_owned())
    }

    fn filled(mut self, value: impl Fn(Field) -> String) -> Self {
        self.inputs.iter_mut().for_each(|input| input.value = value(input.field));
        self
    }

    /// Reads what would be stored.
    pub(super) fn read<T: Check>(&self, now: SystemTime) -> Result<T, Issues> {
        let typed = self.inputs.iter().map(|input| (input.name, Some(input.value.as_str())));
        Reader::at(now).fields(typed)
    }

    /// The form with a word on each field that is wrong.
    pub(super) fn refused(mut self, issues: &Issues) -> Self {
        for input in &mut self.inputs {
            let issue = issues.iter().find(|issue| Field::at(issue.pointer()) == Some(input.field));
            input.wrong = issue.map(|issue| sentence(&issue.breach().to_string()));
        }
        self
    }

    /// The form with a code that another student has.
    pub(super) fn taken(mut self) -> Self {
        let code = self.inputs.iter_mut().filter(|input| input.field == Field::Code);
        code.for_each(|input| input.wrong = Some("Another student has this code.".to_owned()));
        self
    }
}
