//! What the program is to do.

use clap::{Arg, ArgMatches, Command};

use crate::accounts::Role;
use crate::trail::AuditTask;

/// One run of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Serve,
    Users(UserTask),
    Audit(AuditTask),
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
pub(super) fn commands() -> [Command; 2] {
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
    [users, audit()]
}

fn audit() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let count = |help: &'static str| {
        option("limit", "N", help).value_parser(clap::value_parser!(u64)).default_value("50")
    };
    let query = Command::new("query")
        .about("Prints events as JSON lines, newest first")
        .arg(option("actor", "NAME", "Who acted"))
        .arg(option("action", "ACTION", "What was done; student.* for all that begin so"))
        .arg(option("target", "ID", "On what"))
        .arg(count("How many, at most 200"));
    let pinned = option("pinned", "FILE", "A checkpoint that was kept elsewhere");
    Command::new("audit")
        .about("Checks and reads the audit trail")
        .subcommand_required(true)
        .subcommand(
            Command::new("verify")
                .about("Checks every event; names the first that was changed, moved or removed")
                .arg(pinned.value_parser(clap::value_parser!(std::path::PathBuf))),
        )
        .subcommand(query)
        .subcommand(
            Command::new("tail")
                .about("Prints the last events as JSON lines, oldest first")
                .arg(count("How many, at most 200").short('n')),
        )
}

/// Reads which one was asked for.
pub(super) fn task(matches: &ArgMatches) -> Task {
    let Some((about, matches)) = matches.subcommand() else { return Task::Serve };
    let Some((command, matches)) = matches.subcommand() else { return Task::Serve };
    if about == "audit" {
        return Task::Audit(audit_task(command, matches));
    }
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

fn audit_task(command: &str, matches: &ArgMatches) -> AuditTask {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let count = || matches.get_one::<u64>("limit").copied().unwrap_or(50);
    match command {
        "query" => AuditTask::Query {
            actor: text("actor"),
            action: text("action"),
            target: text("target"),
            limit: count(),
        },
        "tail" => AuditTask::Tail { count: count() },
        _ => AuditTask::Verify { pinned: matches.get_one("pinned").cloned() },
    }
}
