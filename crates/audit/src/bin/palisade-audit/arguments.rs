//! The command line.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

pub(crate) fn command() -> Command {
    let folder = Arg::new("folder").value_name("FOLDER").required(true).help("The log's folder");
    let folder = folder.value_parser(value_parser!(PathBuf));
    let path = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").help(help).value_parser(value_parser!(PathBuf))
    };
    let key = || path("key", "Verifier key of the log, NAME+HASH+BASE64").required(true);
    let text = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("TEXT").help(help)
    };
    let filters = |command: Command| {
        command
            .arg(text("actor", "Who acted: an id, or kind:id"))
            .arg(text("action", "What was done; user.* for all that begin so"))
            .arg(text("target", "On what: an id, or kind:id"))
            .arg(text("outcome", "success, failure, denied, error, pending or aborted"))
            .arg(text("since", "From that time on: 2026-11-30T08:00:00Z"))
            .arg(text("until", "Before that time"))
    };
    let number = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("N").help(help).value_parser(value_parser!(u64))
    };
    let to = || {
        let to = Arg::new("to").value_name("TARGET").required(true).help("An empty folder");
        to.value_parser(value_parser!(PathBuf))
    };
    let secret = || {
        path(
            "record-with",
            "The log's secret key, 64 hexadecimal digits: what is done is recorded in the log",
        )
    };
    let pinned = || path("pinned", "A checkpoint that was kept elsewhere");
    let sub = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).arg(folder.clone())
    };
    Command::new("palisade-audit")
        .about("Checks, reads, proves, copies and cuts an audit log. Exit codes: 0 good, 1 not what was sealed or not found, 2 nothing found out")
        .subcommand_required(true)
        .arg(Arg::new("json").long("json").global(true).action(ArgAction::SetTrue).help("Answers as JSON"))
        .subcommand(
            sub("verify", "Checks every event; names the first that was changed, moved or removed")
                .arg(key())
                .arg(pinned()),
        )
        .subcommand(
            filters(sub("query", "Prints events as JSON lines, oldest first"))
                .arg(number("limit", "How many, at most; all if not said")),
        )
        .subcommand(
            sub("tail", "Prints the last events as JSON lines")
                .arg(number("lines", "How many").short('n').default_value("10"))
                .arg(Arg::new("follow").short('f').long("follow").action(ArgAction::SetTrue).help("Prints those that come, too")),
        )
        .subcommand(
            sub("prove", "Prints a C2SP tlog-proof of an event")
                .arg(Arg::new("seq").value_name("SEQ").required(true).value_parser(value_parser!(u64)))
                .arg(key()),
        )
        .subcommand(
            filters(sub("export", "Prints events for other programs"))
                .arg(text("format", "jsonl or csv").value_parser(["jsonl", "csv"]).default_value("jsonl")),
        )
        .subcommand(sub("backup", "Copies the log up to its checkpoint and checks the copy").arg(to()).arg(key()).arg(secret()))
        .subcommand(sub("restore", "Checks a copy and brings it into a new folder").arg(to()).arg(key()).arg(pinned()))
        .subcommand(
            sub("prune", "Removes the oldest files; proofs of what is left stay good")
                .arg(key())
                .arg(secret())
                .arg(number("days", "Keeps events that are younger"))
                .arg(number("mebibytes", "Keeps as much of the newest files")),
        )
}
