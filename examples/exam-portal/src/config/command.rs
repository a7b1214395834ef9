//! What the program is to do.

use clap::{Arg, ArgMatches, Command};

use crate::accounts::Role;

/// One run of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Serve,
    Users(UserTask),
}

/// What is done with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UserTask {
    Add { name: String, role: Role, email: String, student: Option<String> },
    Disable { name: String },
    Enable { name: String },
    List,
    Reset { name: String },
    Unlock { name: String },
}

/// Returns the commands beside serving.
pub(super) fn commands() -> [Command; 1] {
    let name = || Arg::new("name").value_name("NAME").required(true).help("Name of the account");
    let of_name =
        |command: &'static str, about: &'static str| Command::new(command).about(about).arg(name());
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let add = of_name("add", "Adds an account and prints its password, which is to be changed")
        .arg(
            option("role", "ROLE", "What it may do")
                .required(true)
                .value_parser(["admin", "teacher", "student"]),
        )
        .arg(option("email", "ADDRESS", "Where its mails go").required(true))
        .arg(option("student", "CODE", "Whose records a student account reads"));
    let users = Command::new("user")
        .about("Adds, lists and mends accounts")
        .subcommand_required(true)
        .subcommand(add)
        .subcommand(of_name(
            "reset",
            "Prints a new password, which is to be changed, and ends the account's sessions",
        ))
        .subcommand(of_name("disable", "Closes an account and ends its sessions"))
        .subcommand(of_name("enable", "Undoes that"))
        .subcommand(of_name("unlock", "Forgets the failed sign-ins of an account"))
        .subcommand(Command::new("list").about("Lists the accounts"));
    [users]
}

/// Reads which one was asked for.
pub(super) fn task(matches: &ArgMatches) -> Task {
    let Some(("user", matches)) = matches.subcommand() else { return Task::Serve };
    let Some((command, matches)) = matches.subcommand() else { return Task::Serve };
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let name = || text("name").unwrap_or_default();
    Task::Users(match command {
        "add" => UserTask::Add {
            name: name(),
            role: text("role").and_then(|role| Role::parse(&role)).unwrap_or(Role::Student),
            email: text("email").unwrap_or_default(),
            student: text("student"),
        },
        "disable" => UserTask::Disable { name: name() },
        "enable" => UserTask::Enable { name: name() },
        "reset" => UserTask::Reset { name: name() },
        "unlock" => UserTask::Unlock { name: name() },
        _ => UserTask::List,
    })
}
