//! The steps from one version of the tables to the next, in the words of both engines.

/// One step.
pub(super) struct Step {
    pub(super) postgres: &'static str,
    pub(super) sqlite: &'static str,
}

/// The position of a step, counted from 1, is the version it leads to.
pub(super) const STEPS: [Step; 3] = [
    Step {
        postgres: include_str!("postgres/0001_students.sql"),
        sqlite: include_str!("sqlite/0001_students.sql"),
    },
    Step {
        postgres: include_str!("postgres/0002_accounts.sql"),
        sqlite: include_str!("sqlite/0002_accounts.sql"),
    },
    Step {
        postgres: include_str!("postgres/0003_records.sql"),
        sqlite: include_str!("sqlite/0003_records.sql"),
    },
];

/// The version that this program writes and reads.
pub(super) const VERSION: i64 = 3;

/// Returns the steps that a database of version `found` has not taken.
pub(super) fn missing(found: i64) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().skip(usize::try_from(found).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_number_of_steps() {
        assert_eq!(usize::try_from(VERSION), Ok(STEPS.len()));
    }
}
