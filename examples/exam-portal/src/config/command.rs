//! What the program is to do.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::accounts::Role;
use crate::backup::{BackupTask, Keep};
use crate::trail::AuditTask;

/// One run of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Serve,
    /// Say what is wrong with these settings.
    Check {
        json: bool,
    },
    Users(UserTask),
    Audit(AuditTask),
    Backup {
        task: BackupTask,
        json: bool,
    },
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
pub(super) fn commands() -> [Command; 5] {
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
    [users, audit(), backup(), restore(), check()]
}

fn check() -> Command {
    Command::new("check")
        .about("Prints what is wrong with these settings for real users; exit code 1 on an error")
        .arg(json())
}

fn audit() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let count = |help: &'static str| {
        option("limit", "N", help).value_parser(value_parser!(u64)).default_value("50")
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
                .arg(pinned.value_parser(value_parser!(PathBuf))),
        )
        .subcommand(query)
        .subcommand(
            Command::new("tail")
                .about("Prints the last events as JSON lines, oldest first")
                .arg(count("How many, at most 200").short('n')),
        )
}

fn backup() -> Command {
    let count = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let verify = Command::new("verify")
        .about("Restores a backup on trial and compares it with what was kept")
        .arg(folder("A backup, or the folder that holds them, of which the newest is taken"))
        .arg(json());
    Command::new("backup")
        .about("Copies database, scanned copies, audit trail and keys, while the portal serves")
        .long_about(
            "Copies the database, the scanned copies, the audit trail and the keys of the data folder \
             into a folder named by the time, while the portal serves, and restores it on trial \
             before it counts. Whoever reads a backup has the keys.",
        )
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .subcommand(verify)
        .arg(folder("The folder that holds the backups, made if it is not there"))
        .arg(
            count("keep", "N", "Then removes older ones, but for the newest N")
                .value_parser(value_parser!(usize)),
        )
        .arg(
            count("keep-days", "D", "Then removes older ones, but for those of the last D days")
                .value_parser(value_parser!(u32)),
        )
        .arg(json())
}

fn restore() -> Command {
    Command::new("restore")
        .about("Brings a backup into the data folder, which must be empty or not there")
        .arg(folder("A backup, or the folder that holds them, of which the newest is taken"))
        .arg(json())
}

fn folder(help: &'static str) -> Arg {
    Arg::new("dir").value_name("DIR").required(true).value_parser(value_parser!(PathBuf)).help(help)
}

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Prints what was done as JSON")
}

/// Reads which one was asked for.
pub(super) fn task(matches: &ArgMatches) -> Task {
    let Some((about, matches)) = matches.subcommand() else { return Task::Serve };
    if matches!(about, "backup" | "restore") {
        return backup_task(about, matches);
    }
    if about == "check" {
        return Task::Check { json: matches.get_flag("json") };
    }
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

fn backup_task(about: &str, matches: &ArgMatches) -> Task {
    let verify = matches.subcommand().map(|(_, matches)| matches);
    let of = verify.unwrap_or(matches);
    let dir = of.get_one::<PathBuf>("dir").cloned().unwrap_or_default();
    let task = match (about, verify) {
        ("restore", _) => BackupTask::Restore { from: dir },
        (_, Some(_)) => BackupTask::Verify { of: dir },
        (_, None) => BackupTask::Make {
            to: dir,
            keep: Keep {
                newest: matches.get_one("keep").copied(),
                days: matches.get_one("keep-days").copied(),
            },
        },
    };
    Task::Backup { task, json: of.get_flag("json") }
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
