//! Who may sign in.

use serde::Serialize;

/// An account that the first instance made, with the password that it printed.
///
/// It lives as long as the cluster, on this machine alone: its password is meant to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Account {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl Account {
    /// Reads `account NAME password PASSWORD`.
    fn read(line: &str) -> Option<Self> {
        let (name, password) = line.strip_prefix("account ")?.split_once(" password ")?;
        Some(Self { name: name.to_owned(), password: password.trim_end().to_owned() })
    }

    /// Reads all that stand in what an instance printed.
    pub(crate) fn all(printed: &str) -> Vec<Self> {
        printed.lines().filter_map(Self::read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_between_other_lines() {
        let printed = "a warning\naccount ada password b c\nlistening on http://x\naccount x\n";
        let ada = Account { name: "ada".to_owned(), password: "b c".to_owned() };
        assert_eq!(Account::all(printed), [ada]);
    }
}
