//! What the operator decides: flags, environment and a file, read whole before anything starts.
//!
//! A flag wins over the environment, the environment over the file, the file over the default.
//! Every mistake of all three is found in one go, and nothing on disk is touched to find it.

mod command;
mod file;
mod flags;
mod limits;
mod mail;
mod mistake;
mod postgres_url;
mod public_url;
mod redis_url;
mod secret;
mod sentry;
mod setting;
mod value;

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

pub(crate) use command::{Task, UserTask};
pub(crate) use mail::MailTo;
use mistake::Mistake;
pub(crate) use mistake::Mistakes;
use palisade_edge::{AllowedHosts, ConfigError, TrustedProxies};
use palisade_passwords::SecretKeys;
use palisade_ratelimit::rule::RuleFile;
pub(crate) use postgres_url::PostgresUrl;
pub(crate) use public_url::PublicUrl;
pub(crate) use redis_url::RedisUrl;
pub(crate) use sentry::SentryProject;
use setting::Given;
pub(crate) use value::{LogFormat, ReadyCheck};

/// The settings of one run, each checked.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    /// Where scanned copies are, if other instances see them too.
    pub(crate) copies: Option<PathBuf>,
    /// The database, if it is not the file in the data folder.
    pub(crate) postgres: Option<PostgresUrl>,
    /// Where limits and lockouts are counted, if it is not the database.
    pub(crate) redis: Option<RedisUrl>,
    pub(crate) limits: RuleFile,
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) mail: MailTo,
    /// The operator's; else one is made in the data folder.
    pub(crate) secret_keys: Option<SecretKeys>,
    /// Whether real users are served: no demo data, no demo accounts.
    pub(crate) production: bool,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) log: LogFormat,
    /// The folder of log files, if there are any.
    pub(crate) log_dir: Option<PathBuf>,
    /// What readiness asks for beside the database.
    pub(crate) ready_checks: Vec<ReadyCheck>,
    /// Who is told of errors, if anybody is.
    pub(crate) sentry: Option<SentryProject>,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Text for standard output: the help or the version.
    Print(String),
    /// Do this with these settings.
    Run(Task, Box<Config>),
}

/// Reads the command line, the environment and the file that they name.
///
/// # Errors
///
/// Every mistake found, in the order flags, environment, file.
pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Asked, Mistakes> {
    let mut mistakes = Mistakes::default();
    let (task, flags) = match flags::read(args, &mut mistakes) {
        flags::Asked::Print(text) => return Ok(Asked::Print(text)),
        flags::Asked::Run(task, given) => (task, given),
    };
    let file =
        flags.all("config").pop().map(|given| file::read(Path::new(&given.value), &mut mistakes));
    let pick = |name: &'static str| -> Vec<Given> {
        let from_flags = flags.all(name);
        match &file {
            Some(file) if from_flags.is_empty() => file.all(name),
            _ => from_flags,
        }
    };
    let listen = one(pick("listen"), value::listen, &mut mistakes);
    let listen = listen.unwrap_or_else(value::default_listen);
    let data = one(pick("data"), value::folder, &mut mistakes);
    let data = data.unwrap_or_else(|| PathBuf::from("portal-data"));
    let postgres = one(pick("postgres"), PostgresUrl::parse, &mut mistakes);
    let copies = one(pick("copies"), value::folder, &mut mistakes);
    if copies.is_some() && postgres.is_none() {
        let wrong = "is a folder for instances that share a database";
        mistakes.add(Mistake::new(&"--copies", wrong, "give --postgres too"));
    }
    let redis = one(pick("redis"), RedisUrl::parse, &mut mistakes);
    let limits = limits::read(pick("limits"), &mut mistakes);
    let public_url = one(pick("public-url"), PublicUrl::parse, &mut mistakes);
    let folder = one(pick("mail"), value::folder, &mut mistakes);
    let smtp = one(pick("smtp"), mail::smtp, &mut mistakes);
    let mail = mail::of(folder, smtp, &data, &mut mistakes);
    let production = !pick("production").is_empty();
    let secret_keys = match pick("secret-key-file") {
        none if none.is_empty() => secret::of_environment(production, &mut mistakes),
        given => one(given, secret::of_file, &mut mistakes),
    };
    let log = one(pick("log"), LogFormat::parse, &mut mistakes);
    let log_dir = one(pick("log-dir"), value::folder, &mut mistakes);
    let ready_checks = many(pick("ready-check"), ReadyCheck::parse, &mut mistakes);
    if ready_checks.contains(&ReadyCheck::Redis) && redis.is_none() {
        let wrong = "asks for a Redis server that is not named";
        mistakes.add(Mistake::new(&"--ready-check redis", wrong, "give --redis too"));
    }
    let dsn = one(pick("sentry-dsn"), sentry::dsn, &mut mistakes);
    let environment = one(pick("sentry-environment"), sentry::environment, &mut mistakes);
    let authorities = one(pick("sentry-ca"), sentry::authorities, &mut mistakes);
    let sentry = sentry::of(dsn, environment, authorities, production);
    let allowed_hosts = many(pick("allowed-host"), value::allowed_host, &mut mistakes);
    let ranges = many(pick("trusted-proxy"), value::trusted_proxy, &mut mistakes);
    let host_names = hosts(allowed_hosts, public_url.as_ref(), listen);
    let allowed_hosts = whole(AllowedHosts::new(host_names), "--allowed-host", &mut mistakes);
    let trusted_proxies = whole(value::trusted_proxies(&ranges), "--trusted-proxy", &mut mistakes);
    match (allowed_hosts, trusted_proxies, limits) {
        (Some(allowed_hosts), Some(trusted_proxies), Some(limits)) if mistakes.is_empty() => {
            let config = Config {
                listen,
                data,
                copies,
                postgres,
                redis,
                limits,
                public_url,
                mail,
                secret_keys,
                production,
                allowed_hosts,
                trusted_proxies,
                log: log.unwrap_or_default(),
                log_dir,
                ready_checks,
                sentry,
            };
            Ok(Asked::Run(task, Box::new(config)))
        }
        _ => Err(mistakes),
    }
}

/// Names by which the portal may be addressed: those given, or every name that leads to it.
fn hosts(given: Vec<String>, public_url: Option<&PublicUrl>, listen: SocketAddr) -> Vec<String> {
    if !given.is_empty() {
        return given;
    }
    let address = match listen.ip() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let local = ["localhost".to_owned(), "127.0.0.1".to_owned(), address];
    public_url.map(|url| url.host().to_owned()).into_iter().chain(local).collect()
}

/// Notes what is wrong with a list as a whole.
fn whole<T>(
    read: Result<T, ConfigError>,
    place: &'static str,
    mistakes: &mut Mistakes,
) -> Option<T> {
    read.map_err(|error| mistakes.add(Mistake::told(&place, &value::sentence(&error)))).ok()
}

/// Reads a value that is given once at most; a second one is a mistake of its own.
fn one<T>(
    given: Vec<Given>,
    parse: impl Fn(&str) -> Result<T, value::Wrong>,
    mistakes: &mut Mistakes,
) -> Option<T> {
    if let Some(second) = given.get(1) {
        mistakes.add(Mistake::new(&second.origin, "given more than once", "give it once"));
    }
    many(given.into_iter().take(1).collect(), parse, mistakes).pop()
}

/// Reads every value of a setting that may be repeated.
fn many<T>(
    given: Vec<Given>,
    parse: impl Fn(&str) -> Result<T, value::Wrong>,
    mistakes: &mut Mistakes,
) -> Vec<T> {
    let mut good = Vec::with_capacity(given.len());
    for Given { value, origin } in given {
        match parse(&value) {
            Ok(value) => good.push(value),
            Err(wrong) => mistakes.add(wrong.of(&origin, &value)),
        }
    }
    good
}
