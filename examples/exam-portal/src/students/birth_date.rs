//! Days on which students are born.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use palisade_input_validation::check::Node;
use palisade_input_validation::issue::{At, Breach, Code, Issues, code};
use palisade_input_validation::schema::{Schema, Shape};
use palisade_input_validation::{Check, Pattern};
use serde::de::{Deserialize, Deserializer, Error};

const DAY: &Pattern = &Pattern::new(r"\d{4}-\d{2}-\d{2}");
const DATE: Code = Code::saying("date", "must be a day of the calendar as YYYY-MM-DD");
const RANGE: Code = Code::saying("range", "must not be before 1900 or in the future");

/// A day that the calendar has, from 1900 on; who reads one refuses what has not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BirthDate {
    text: Box<str>,
    date: Date,
}

impl BirthDate {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    fn parse(text: &str) -> Result<Self, Breach> {
        let date = DAY.matches(text).then(|| text.parse::<Date>().ok()).flatten();
        match date {
            None => Err(DATE.into()),
            Some(date) if date.year() < 1900 => Err(RANGE.into()),
            Some(date) => Ok(Self { text: text.into(), date }),
        }
    }

    /// Refuses a day that has not come, in UTC; without a clock, all days.
    fn until(&self, now: Option<SystemTime>) -> Result<(), Breach> {
        let now = now.ok_or(Breach::new(code::INVALID))?;
        let now = Timestamp::try_from(now).unwrap_or(Timestamp::MAX);
        if self.date > now.to_zoned(TimeZone::UTC).date() { Err(RANGE.into()) } else { Ok(()) }
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for BirthDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl Check for BirthDate {
    const SCHEMA: Schema = Schema::new(Shape::Coded(DAY));

    fn check(&self, at: &At<'_>, issues: &mut Issues) {
        issues.note(at, self.until(at.now()));
    }

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        let day =
            node.text().and_then(Self::parse).map_err(|breach| issues.add(at, breach)).ok()?;
        day.check(at, issues);
        Some(day)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_of_the_calendar_from_1900_to_today() {
        let now = "2026-11-21T23:59:59Z".parse::<Timestamp>().unwrap();
        let judged =
            |text: &str| BirthDate::parse(text).and_then(|day| day.until(Some(now.into()))).err();
        for good in ["2008-02-29", "1900-01-01", "2026-11-21"] {
            assert_eq!(judged(good), None, "{good}");
        }
        let table = [
            ("2007-02-29", DATE),
            ("2008-13-01", DATE),
            ("2008-00-10", DATE),
            ("08-01-01", DATE),
            ("2008-1-1", DATE),
            ("+008-01-01", DATE),
            ("2008-01-01T00:00", DATE),
            ("", DATE),
            ("1899-12-31", RANGE),
            ("2026-11-22", RANGE),
        ];
        for (text, expected) in table {
            assert_eq!(judged(text).map(|breach| breach.code()), Some(expected), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_day_of_the_calendar_is_taken_as_it_is_written(days in 0_i64..46_000) {
            let date = Date::constant(1900, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let text = date.to_string();
            prop_assert_eq!(BirthDate::parse(&text).map(|day| day.to_string()), Ok(text));
        }
    }
}
