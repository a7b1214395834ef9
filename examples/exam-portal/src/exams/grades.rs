//! Grades: a code and its points, as many as a school has students.

use std::collections::HashSet;
use std::fmt;

use palisade_input_validation::check::Node;
use palisade_input_validation::issue::{At, Code, Issues};
use palisade_input_validation::schema::{Schema, Shape};
use palisade_input_validation::{Check, Line};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::trail::Changes;

/// Points of an exam in hundredths: 0 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Points {
    hundredths: i64,
}

impl Points {
    pub(crate) const fn hundredths(self) -> i64 {
        self.hundredths
    }

    /// Writes hundredths as a number of JSON.
    pub(crate) fn number(hundredths: i64) -> Option<serde_json::Number> {
        let (whole, rest) = (hundredths.checked_div(100)?, hundredths.checked_rem(100)?);
        let text = if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:02}") };
        text.parse().ok()
    }

    /// Returns which points are others now.
    pub(crate) fn changes(before: &[Option<i64>], now: &[Grade]) -> Changes {
        let shown = |hundredths: i64| Self::number(hundredths).map(|number| number.to_string());
        before.iter().zip(now).fold(Changes::new(), |changes, (old, grade)| {
            let new = shown(grade.points.hundredths());
            changes.change(grade.student.to_string(), old.and_then(shown), new)
        })
    }

    /// Reads plain digits with two decimals at most: what a number of JSON is written with, if it
    /// needs no more.
    fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
            return None;
        }
        let (whole, decimals): (i64, i64) =
            (whole.parse().ok()?, format!("{decimals:0<2}").parse().ok()?);
        let hundredths = whole.checked_mul(100)?.checked_add(decimals)?;
        (hundredths <= 100_000).then_some(Self { hundredths })
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Self::parse(&number.to_string()).ok_or_else(|| Error::custom("points"))
    }
}

/// One grade.
#[derive(Clone, Debug)]
pub(crate) struct Grade {
    pub(crate) student: Line<32>,
    pub(crate) points: Points,
}

/// The grades of a call, each student once.
pub(crate) struct Grades(pub(crate) Vec<Grade>);

impl Grades {
    const MOST: usize = 1_000;
    const CODE: Code = Code::new("grades");
}

impl<'de> Deserialize<'de> for Grades {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(GradesVisitor)
    }
}

struct GradesVisitor;

impl<'de> Visitor<'de> for GradesVisitor {
    type Value = Grades;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of codes and points")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Grades, A::Error> {
        let (mut grades, mut seen) = (Vec::new(), HashSet::new());
        while let Some((student, points)) = map.next_entry::<Line<32>, Points>()? {
            if !seen.insert(student.as_str().to_owned()) || grades.len() >= Grades::MOST {
                return Err(A::Error::custom("grades"));
            }
            grades.push(Grade { student, points });
        }
        Ok(Grades(grades))
    }
}

/// What is wrong is told of the whole: the names of the members are the client's, and are not
/// repeated.
impl Check for Grades {
    const SCHEMA: Schema = Schema::new(Shape::Anything);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(_: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        issues.add(at, Self::CODE.into());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_plain_numbers_and_each_student_has_them_once() {
        let table = [
            (r#"{"S-1": 17, "S-2": 12.5, "S-3": 0.25, "S-4": 1000}"#, true),
            ("{}", true),
            (r#"{"S-1": 17, "S-1": 18}"#, false),
            (r#"{"S-1": -1}"#, false),
            (r#"{"S-1": 1000.01}"#, false),
            (r#"{"S-1": 1.005}"#, false),
            (r#"{"S-1": 1e400}"#, false),
            (r#"{"S-1": NaN}"#, false),
            (r#"{"S-1": "17"}"#, false),
            (r#"{"S-1": null}"#, false),
            (r#"{"": 1}"#, false),
            ("[]", false),
        ];
        for (body, fits) in table {
            assert_eq!(serde_json::from_str::<Grades>(body).is_ok(), fits, "{body}");
        }
        assert_eq!(Points::parse("12.5").map(Points::hundredths), Some(1250));
        assert_eq!(Points::number(1250).unwrap().to_string(), "12.5");
        assert_eq!(Points::number(1700).unwrap().to_string(), "17");
        let many: Vec<String> = (0..1_001).map(|at| format!("\"S-{at}\":1")).collect();
        assert!(serde_json::from_str::<Grades>(&format!("{{{}}}", many.join(","))).is_err());
    }
}
