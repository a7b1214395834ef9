//! The command line and the environment.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::error::{ContextKind, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::command::{Task, commands, task};
use super::file;
use super::mistake::quote;
use super::setting::{Given, Kind, Origin, SETTINGS, Setting, Written};
use super::{Mistake, Mistakes};

/// What the command line asks for.
pub(super) enum Asked {
    Print(String),
    /// Do this with what flags and environment hold, a flag before its variable.
    Run(Task, Written),
}

pub(super) fn read(args: impl IntoIterator<Item = OsString>, mistakes: &mut Mistakes) -> Asked {
    let mut args: Vec<OsString> = args.into_iter().collect();
    // The parser stops at the first mistake: each one is taken out and the rest read again.
    loop {
        let error = match command().try_get_matches_from(&args) {
            Ok(matches) => return Asked::Run(task(&matches), collect(&matches, mistakes)),
            Err(error) => error,
        };
        if !error.use_stderr() {
            return Asked::Print(error.render().to_string());
        }
        let named = named_argument(&error);
        mistakes.add(mistake(&error, &named));
        if choices(&error).is_some() || !take_out(&mut args, &named, error.kind()) {
            return Asked::Run(Task::Serve, Written::default());
        }
    }
}

fn command() -> Command {
    let arg = |setting: &'static Setting| {
        let arg = Arg::new(setting.name)
            .long(setting.name)
            .value_name(setting.value_name)
            .help(setting.help)
            .global(true);
        let arg = match setting.kind {
            Kind::Switch => arg.action(ArgAction::SetTrue),
            Kind::List | Kind::Value => {
                arg.value_parser(value_parser!(OsString)).action(ArgAction::Append)
            }
        };
        match setting.env {
            Some(name) => arg.env(name).hide_env_values(true),
            None => arg,
        }
    };
    Command::new("exam-portal")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A school's exam portal: the reference application of Palisade")
        .after_help(
            "A flag wins over the environment, the environment over the file.\n\
             Without a command it serves. SIGTERM or Ctrl-C drains: running requests end, then the program does.",
        )
        .args(SETTINGS.iter().map(arg))
        .subcommands(commands())
}

fn collect(matches: &ArgMatches, mistakes: &mut Mistakes) -> Written {
    let mut written = Written::default();
    for setting in SETTINGS {
        let from_env = matches.value_source(setting.name) == Some(ValueSource::EnvVariable);
        let origin = match setting.env {
            Some(name) if from_env => Origin::Environment(name),
            _ => Origin::Flag(setting.name),
        };
        if setting.kind == Kind::Switch {
            if matches.get_flag(setting.name) {
                written.add(setting.name, Given { value: "true".to_owned(), origin });
            }
            continue;
        }
        for value in matches.get_many::<OsString>(setting.name).into_iter().flatten() {
            match value.to_str() {
                Some(value) => {
                    let value = value.to_owned();
                    written.add(setting.name, Given { value, origin: origin.clone() });
                }
                None => mistakes.add(Mistake::new(&origin, "not UTF-8", "write it in UTF-8")),
            }
        }
        if let Some(name) = setting.env_file
            && (from_env || written.all(setting.name).is_empty())
        {
            written_in_file(setting.name, name, &mut written, mistakes);
        }
        // The others are read by whoever takes them.
        if setting.name == "config" && written.all("config").len() > 1 {
            mistakes.add(Mistake::new(&origin, "given more than once", "give it once"));
        }
    }
    written
}

/// Takes a value from the file that a variable names; a line end behind it does not count.
fn written_in_file(
    setting: &'static str,
    variable: &'static str,
    written: &mut Written,
    mistakes: &mut Mistakes,
) {
    let Some(path) = std::env::var_os(variable) else { return };
    match file::load(Path::new(&path)) {
        Ok(text) => {
            let value = text.trim_end_matches(['\r', '\n']).to_owned();
            written.add(setting, Given { value, origin: Origin::Environment(variable) });
        }
        Err(wrong) => {
            let wrong = format!("{}: {wrong}", quote(&path.to_string_lossy()));
            mistakes.add(Mistake::new(&variable, &wrong, "name a readable file"));
        }
    }
}

/// Returns the argument that the parser complains about, as it was typed.
fn named_argument(error: &clap::Error) -> String {
    let context = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let context = context.into_iter().find_map(|kind| error.get(kind));
    let context = context.map(ToString::to_string).unwrap_or_default();
    let word = context.split([' ', '=']).next().unwrap_or_default();
    word.to_owned()
}

/// Returns the values that an argument can have, if they are few.
fn choices(error: &clap::Error) -> Option<String> {
    let choices = error.get(ContextKind::ValidValue)?.to_string();
    (error.kind() == ErrorKind::InvalidValue && !choices.is_empty()).then_some(choices)
}

fn mistake(error: &clap::Error, named: &str) -> Mistake {
    let help = "`exam-portal --help` lists the flags";
    if let Some(choices) = choices(error) {
        let instead = format!("write one of {choices}");
        return Mistake::new(&named, "has another value than it can have", &instead);
    }
    match error.kind() {
        ErrorKind::UnknownArgument if named.starts_with('-') => {
            let instead = match error.get(ContextKind::SuggestedArg) {
                Some(similar) => format!("did you mean {similar}? {help}"),
                None => help.to_owned(),
            };
            Mistake::new(&quote(named), "unknown flag", &instead)
        }
        ErrorKind::UnknownArgument => Mistake::new(&quote(named), "unexpected argument", help),
        ErrorKind::InvalidSubcommand => {
            Mistake::new(&quote(named), "unknown command", "`exam-portal --help` lists them")
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = error.get(ContextKind::InvalidArg);
            let missing = missing.map(|it| it.to_string().replace(", ", " ")).unwrap_or_default();
            Mistake::new(&"command line", &format!("without {missing}"), help)
        }
        ErrorKind::InvalidValue | ErrorKind::WrongNumberOfValues => {
            Mistake::new(&named, "has no value", &format!("write {named} VALUE; {help}"))
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Mistake::new(&"command line", first, help)
        }
    }
}

/// Removes the argument `named` so that what comes after it can be read; an unknown flag takes
/// what looks like its value along.
fn take_out(args: &mut Vec<OsString>, named: &str, kind: ErrorKind) -> bool {
    let is_it = |arg: &OsStr| {
        let arg = arg.to_string_lossy();
        arg == named || arg.split('=').next() == Some(named)
    };
    let Some(position) =
        args.iter().skip(1).position(|arg| is_it(arg)).map(|i| i.saturating_add(1))
    else {
        return false;
    };
    let alone = !args.remove(position).to_string_lossy().contains('=');
    let value_follows =
        args.get(position).is_some_and(|next| !next.as_encoded_bytes().starts_with(b"-"));
    if kind == ErrorKind::UnknownArgument && named.starts_with('-') && alone && value_follows {
        args.remove(position);
    }
    true
}
