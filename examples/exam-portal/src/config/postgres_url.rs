//! Where the PostgreSQL server is, and how to show it.

use std::fmt;

use form_urlencoded::parse;
use sqlx::postgres::PgConnectOptions;

use super::value::{Wrong, masked};

/// What may stand behind the `?`; the driver would log others with their value.
const PARAMETERS: [&str; 5] = ["host", "sslcert", "sslkey", "sslmode", "sslrootcert"];

const FORM: &str = "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?sslmode=verify-full \
                    over a network";

/// The URL of a database, its password kept to itself.
///
/// Displays with `***` in place of the password; so does `Debug`.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    options: PgConnectOptions,
    shown: String,
}

impl PostgresUrl {
    /// Reads a URL; no refusal repeats any part of it.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let wrong = |what| Err(Wrong::Hidden { what, instead: FORM });
        let rest = ["postgres://", "postgresql://"].iter().find_map(|it| text.strip_prefix(it));
        let Some(rest) = rest else { return wrong("is not a postgres:// URL") };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        if text.chars().any(char::is_control) || text.contains('#') {
            return wrong("has a control character or a '#'");
        }
        if place.split_once('/').is_none_or(|(_, database)| database.is_empty()) {
            return wrong("names no database");
        }
        if parse(query.as_bytes()).any(|(key, _)| !PARAMETERS.contains(&key.as_ref())) {
            let what = "has another parameter than host, sslcert, sslkey, sslmode and sslrootcert";
            return wrong(what);
        }
        match text.parse() {
            Ok(options) => Ok(Self { options, shown: masked("postgres", place) }),
            Err(_) => wrong("is not a URL that can be read, or its sslmode is none"),
        }
    }

    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Self::parse(text).unwrap()
    }

    pub(crate) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_everything_but_the_password_and_the_parameters() {
        let table = [
            ("postgres://localhost/exams", "postgres://localhost/exams"),
            ("postgresql://ada@db:5433/exams", "postgres://ada@db:5433/exams"),
            ("postgres://ada:s3cret@db/exams?sslmode=verify-full", "postgres://ada:***@db/exams"),
            ("postgres://ada:s3%40cr:et@db/exams", "postgres://ada:***@db/exams"),
            ("postgres://ada:s3@cret@db/exams", "postgres://ada:***@db/exams"),
            ("postgres:///exams?host=/run/postgresql", "postgres:///exams"),
        ];
        for (text, expected) in table {
            let url = PostgresUrl::parse(text).unwrap();
            assert_eq!((url.to_string(), format!("{url:?}")), (expected.into(), expected.into()));
        }
    }

    #[test]
    fn refuses_what_is_no_database_and_repeats_nothing_of_it() {
        let table = [
            ("", "not a postgres:// URL"),
            ("mysql://ada:s3cret@db/exams", "not a postgres:// URL"),
            ("postgres://ada:s3cret@db", "names no database"),
            ("postgres://ada:s3cret@db/", "names no database"),
            ("postgres://ada:s3cret@db:99999/exams", "can be read"),
            ("postgres://ada:s3cret@db/exams?sslmode=s3cret", "sslmode"),
            ("postgres://ada@db/exams?password=s3cret", "another parameter"),
            ("postgres://ada@db/exams?pasword=s3cret", "another parameter"),
            ("postgres://ada:s3cret@db/exams\n", "control character"),
            ("postgres://ada:s3#cret@db/exams", "'#'"),
        ];
        for (text, expected) in table {
            let mistake = PostgresUrl::parse(text).unwrap_err().of(&"--postgres", text).to_string();
            assert!(mistake.contains(expected) && !mistake.contains("s3"), "{text}: {mistake}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_ever_shown(password in "[a-z0-9:/@?%]{0,20}") {
            let text = format!("postgres://ada:zq{password}zq@db/exams");
            let shown = match PostgresUrl::parse(&text) {
                Ok(url) => format!("{url} {url:?}"),
                Err(wrong) => wrong.of(&"--postgres", &text).to_string(),
            };
            prop_assert!(!shown.contains("zq"), "{}", shown);
        }
    }
}
