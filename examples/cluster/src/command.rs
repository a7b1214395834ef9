//! What the command says and does.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cluster::{Account, Cluster, ClusterError, Settings};
use serde::Serialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Exit code of a cluster that did not start.
const NOT_STARTED: u8 = 2;

/// Two exam portals on one Redis and one PostgreSQL, behind nginx: no container, nothing left behind.
#[derive(Debug, Parser)]
#[command(
    name = "cluster",
    version,
    after_help = "Ctrl-C or SIGTERM drains: running requests end, then everything does. \
                  SIGHUP restarts one instance after the other.\n\
                  Exit codes: 0 drained, 1 something did not end or restart as it should, 2 not started.\n\
                  Needs nginx, redis-server and PostgreSQL: `cargo xtask setup` installs them."
)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
    /// Address of this machine to listen on [default: a free port of 127.0.0.1].
    #[arg(long, value_name = "ADDR", value_parser = loopback)]
    listen: Option<SocketAddr>,
    /// TOML file of the rate limits, as of `exam-portal --limits`.
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// Says where everything is as one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Runs one portal; the arguments are those of `exam-portal`.
    #[command(hide = true, disable_help_flag = true)]
    Instance {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What stands where, for programs.
#[derive(Serialize)]
struct Places<'a> {
    url: String,
    accounts: &'a [Account],
    instances: Vec<Place>,
    redis: String,
    postgres: String,
}

#[derive(Serialize)]
struct Place {
    name: &'static str,
    url: String,
    pid: Option<u32>,
}

/// Runs the command line of this process.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Task::Instance { arguments }) = cli.task {
        let name = OsString::from("exam-portal");
        return exam_portal::run(std::iter::once(name).chain(arguments));
    }
    match start(&cli) {
        Ok((cluster, signals)) => serve(cluster, signals),
        Err(error) => {
            tell(&error.to_string());
            ExitCode::from(NOT_STARTED)
        }
    }
}

fn start(cli: &Cli) -> Result<(Cluster, Signals), ClusterError> {
    let of_system = |what| move |source| ClusterError::Io { what, source };
    // A signal that comes while it starts is answered when it has.
    let signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(of_system("signals"))?;
    let program = std::env::current_exe().map_err(of_system("the path of this program"))?;
    let mut settings = Settings::new(program);
    if let Some(limits) = &cli.limits {
        // Instances have a folder of their own.
        let limits = limits.canonicalize().map_err(of_system("--limits"))?;
        settings = settings.limits(limits);
    }
    if let Some(address) = cli.listen {
        settings = settings.listen(address);
    }
    let cluster = Cluster::start(&settings, &mut tell)?;
    let places = Places::of(&cluster);
    if cli.json {
        say(&serde_json::to_string(&places).unwrap_or_default());
    } else {
        places.lines().iter().for_each(|line| say(line));
    }
    Ok((cluster, signals))
}

/// Lives until a signal says otherwise.
fn serve(cluster: Cluster, mut signals: Signals) -> ExitCode {
    let mut ended = Ok(());
    for signal in signals.forever() {
        if signal != SIGHUP {
            break;
        }
        ended = cluster.roll(&mut tell);
        match &ended {
            Ok(()) => tell("every instance was restarted"),
            Err(error) => tell(&error.to_string()),
        }
    }
    tell("draining");
    let drained = cluster.drain();
    match ended.and(drained) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

impl<'a> Places<'a> {
    fn of(cluster: &'a Cluster) -> Self {
        let place = |instance: &cluster::Instance| Place {
            name: instance.name(),
            url: format!("http://{}", instance.address()),
            pid: instance.pid(),
        };
        Self {
            url: format!("http://{}", cluster.address()),
            accounts: cluster.accounts(),
            instances: cluster.instances().iter().map(place).collect(),
            redis: cluster.redis().url(),
            postgres: cluster.database(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let accounts = self.accounts.iter();
        let mut lines: Vec<String> = accounts
            .map(|account| format!("account {} password {}", account.name, account.password))
            .collect();
        lines.extend(self.instances.iter().map(|it| format!("instance {} {}", it.name, it.url)));
        lines.push(format!("redis {}", self.redis));
        lines.push(format!("postgres {}", self.postgres));
        lines.push(format!("listening on {}", self.url));
        lines
    }
}

/// The accounts have passwords that are shown: nobody else's machine may see the portal.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: Option<SocketAddr> = text.parse().ok();
    let local = address.filter(|address| address.ip().is_loopback() && address.port() > 0);
    local.ok_or_else(|| "write a loopback address and a port, such as 127.0.0.1:8080".to_owned())
}

/// Writes a line of progress; where nobody reads it, nobody misses it.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "cluster: {line}");
}

fn say(line: &str) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
