//! Accounts for the first look.

use palisade_passwords::temporary::TemporaryPassword;
use zeroize::Zeroizing;

use super::{Accounts, NewUser, Role, TaskError, User};

/// A line for standard output, the only place where a generated password is ever shown.
pub(crate) struct Printed {
    line: Zeroizing<String>,
}

impl Printed {
    pub(super) fn new(name: &str, password: &TemporaryPassword) -> Self {
        Self { line: Zeroizing::new(format!("account {name} password {}", password.reveal())) }
    }

    /// One row of the list of accounts.
    pub(super) fn user(user: &User) -> Self {
        let state = match (user.disabled, user.must_change) {
            (true, _) => "disabled",
            (false, true) => "must-change-password",
            (false, false) => "active",
        };
        let line = format!("{}\t{}\t{}\t{state}", user.name, user.role.name(), user.email);
        Self { line: Zeroizing::new(line) }
    }

    pub(crate) fn line(&self) -> &str {
        &self.line
    }
}

/// Makes the accounts `admin`, `teacher` and `student`, if there is no account yet.
pub(crate) async fn make(accounts: &Accounts) -> Result<Vec<Printed>, TaskError> {
    if !accounts.store.some_hashes(1).await?.is_empty() {
        return Ok(Vec::new());
    }
    let student = accounts.store.student("S-0001").await?.map(|student| student.code);
    let table = [
        ("admin", Role::Admin, None),
        ("teacher", Role::Teacher, None),
        ("student", Role::Student, student),
    ];
    let (mut users, mut lines) = (Vec::new(), Vec::new());
    for (name, role, student) in table {
        let password = TemporaryPassword::generate(&Accounts::random())?;
        let hash = accounts.hasher.hash(password.accepted()).await?;
        let email = format!("{name}@school.example");
        users.push((NewUser::new(name, &email, role, student)?, hash));
        lines.push(Printed::new(name, &password));
    }
    let made = accounts.store.add_first_users(&users).await?;
    Ok(if made { lines } else { Vec::new() })
}
