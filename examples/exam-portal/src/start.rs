//! From the command line to a serving process and to its end.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use palisade::check::Findings;
use palisade::serve::{Ended, Signals};
use palisade_core::{Clock, SystemClock};
use palisade_observe::health::Health;
use palisade_passwords::SecretKeys;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::accounts::{self, Accounts, AccountsError, Printed, TaskError};
use crate::answers::Answers;
use crate::app::{App, AppError};
use crate::backup::{self, BackupError, BackupTask};
use crate::caches::{Caches, CachesError};
use crate::config::{self, Asked, Config, Task, UserTask};
use crate::exams::Copies;
use crate::headers::{self, HeadersError};
use crate::limits::{Counts, CountsError, Guard, LimitsError, Saving};
use crate::log::Logs;
use crate::resets::{Resets, ResetsError};
use crate::secret::{self, SecretError};
use crate::state::Portal;
use crate::store::{Limits, OpenError, Seed, Store};
use crate::trail::{self, AuditTask, Reports, Shared, Trail, TrailError, TrailTaskError};
use crate::{deployment, figures, health, server};

/// Exit code of a start that was refused; nothing on disk was changed.
const REFUSED: u8 = 2;

/// Why the portal does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Caches(#[from] CachesError),
    #[error("the folder of copies: {0}; see that this user may write it")]
    Copies(#[source] io::Error),
    #[error(transparent)]
    Counts(#[from] CountsError),
    /// A mistake of the program.
    #[error("the figures of the process: {0}")]
    Figures(String),
    #[error(transparent)]
    Headers(#[from] HeadersError),
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// All of them, warnings included.
    #[error("--production: not for real users; `exam-portal check` says this too:\n{0}")]
    Findings(Findings),
    #[error("--listen {listen}: {source}; {}", advice(.source))]
    Listen { listen: SocketAddr, source: io::Error },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Resets(#[from] ResetsError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the system refuses what the program needs to run: {0}")]
    System(#[source] io::Error),
    #[error(transparent)]
    Task(#[from] TaskError),
    #[error(transparent)]
    Trail(#[from] TrailError),
    #[error(transparent)]
    TrailTask(#[from] TrailTaskError),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "stop what serves there, or give --listen another port (0 takes a free one)"
        }
        io::ErrorKind::PermissionDenied => "give --listen a port above 1023",
        _ => "give --listen an address of this machine",
    }
}

/// Runs the portal with the given command line, program name first, and the process environment.
///
/// Returns when it was drained (0), cut off while draining (1) or refused to start (2).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (task, config) = match config::read(args) {
        Ok(Asked::Run(task, config)) => (task, config),
        Ok(Asked::Print(text)) => {
            say(&mut io::stdout(), text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(mistakes) => {
            mistakes.lines().iter().for_each(|line| say(&mut io::stderr(), line));
            return ExitCode::from(REFUSED);
        }
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    // A command beside a portal that serves does not write into its files.
    let folder = config.log_dir.as_deref().filter(|_| matches!(task, Task::Serve));
    let logs = match Logs::start(&config, folder, &clock) {
        Ok(logs) => logs,
        Err(error) => {
            say(&mut io::stderr(), &format!("exam-portal: {error}"));
            return ExitCode::from(REFUSED);
        }
    };
    let figures = figures::start(logs.clone(), clock.wall());
    let figures = figures.map_err(|error| StartError::Figures(error.to_string()));
    let runtime = figures.and_then(|()| Runtime::new().map_err(StartError::System));
    let ended = runtime.and_then(|runtime| {
        let ended = runtime.block_on(async {
            match task {
                Task::Serve => serve(&config, clock).await,
                Task::Check { json } => check(&config, json),
                Task::Users(task) => users(&config, &clock, task).await,
                Task::Audit(task) => audit(&config, clock, task).await,
                Task::Backup { task, json } => backup(&config, &clock, &task, json).await,
            }
        });
        // A statement that still runs has its own deadline; nobody waits for its answer.
        runtime.shutdown_background();
        ended
    });
    logs.finish();
    match ended {
        Ok(Ended::Drained) => ExitCode::SUCCESS,
        Ok(Ended::Cut) => ExitCode::FAILURE,
        Err(error @ (StartError::Backup(_) | StartError::Task(_) | StartError::TrailTask(_))) => {
            say(&mut io::stderr(), &format!("exam-portal: {error}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&mut io::stderr(), &format!("exam-portal: {error}"));
            ExitCode::from(REFUSED)
        }
    }
}

/// Prints the findings; errors among them are the exit code.
fn check(config: &Config, json: bool) -> Result<Ended, StartError> {
    let findings = deployment::check(config)?;
    let text = if json {
        serde_json::to_string_pretty(&findings).unwrap_or_default()
    } else {
        findings.to_string()
    };
    if !text.is_empty() {
        say(&mut io::stdout(), &text);
    }
    Ok(if findings.has_errors() { Ended::Cut } else { Ended::Drained })
}

/// Finds what is wrong; a portal for real users does not start with an error.
fn findings(config: &Config) -> Result<Findings, StartError> {
    let findings = deployment::check(config)?;
    if config.production && findings.has_errors() {
        return Err(StartError::Findings(findings));
    }
    Ok(findings)
}

fn log(findings: &Findings) {
    for finding in findings.all() {
        let (level, fix) = (finding.level().name(), finding.fix());
        let (code, reason) = (finding.code().name(), finding.reason());
        tracing::info!(level, code, reason, fix, "deployment finding");
    }
}

async fn serve(config: &Config, clock: Arc<dyn Clock>) -> Result<Ended, StartError> {
    let findings = findings(config)?;
    let mut signals = Signals::listen().map_err(StartError::System)?;
    let of_socket = |source| StartError::Listen { listen: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(of_socket)?;
    let address = listener.local_addr().map_err(of_socket)?;

    let health = Health::new(Arc::clone(&clock));
    let app = App::new(config, &clock)?;
    let service = app.service(config, Arc::clone(&clock), health.clone());
    let mut server = palisade::serve(listener, service, server::limits());
    let seed = if config.production { Seed::Nothing } else { Seed::Demo { today: clock.wall() } };
    let origin = origin(config, address);
    let opened = assemble(config, &clock, seed, &origin);
    let Assembled { portal, made, saving } = tokio::select! {
        never = server.accept() => match never {},
        () = signals.next() => return Ok(Ended::Drained),
        opened = opened => opened?,
    };
    print(&made);
    drop(made);
    Reports::into(portal.trail.log());
    let (store, resets) = (portal.store.clone(), portal.resets.clone());
    let (guard, trail) = (portal.guard.clone(), portal.trail.clone());
    app.open(portal, config, Arc::clone(&clock))?;
    health.started(health::checks(store.clone(), config));
    log(&findings);
    say(&mut io::stdout(), &format!("listening on http://{address}"));

    let end = tokio::select! {
        end = server::run(server, &health, &mut signals) => end,
        never = guard.watch() => match never {},
        never = figures::tidy(&*clock) => match never {},
    };
    resets.stop().await;
    if let Some(saving) = saving {
        saving.finish().await;
    }
    trail.close().await;
    if end == Ended::Drained {
        store.close().await;
    }
    Ok(end)
}

/// A portal whose parts are all there.
pub(crate) struct Assembled {
    pub(crate) portal: Portal,
    /// The accounts that this start made.
    pub(crate) made: Vec<Printed>,
    pub(crate) saving: Option<Saving>,
}

/// Opens everything that requests need; links of mails begin with `origin`.
pub(crate) async fn assemble(
    config: &Config,
    clock: &Arc<dyn Clock>,
    seed: Seed,
    origin: &str,
) -> Result<Assembled, StartError> {
    let Opened { store, accounts, counts, keys } = open(config, clock, seed).await?;
    let made = match seed {
        Seed::Demo { .. } => accounts::make_demo(&accounts).await?,
        Seed::Nothing => Vec::new(),
    };
    let caches = Caches::open(config)?;
    if let Some(caches) = &caches {
        figures::of_caches(caches.clone());
    }
    let store = store.with_caches(caches);
    let resets = Resets::start(store.clone(), accounts.clone(), &config.mail, origin, clock)?;
    let reports = headers::collector(&keys, Arc::clone(clock))?;
    let guard = Guard::new(&config.limits, &counts, Arc::clone(clock))?;
    let shared = Shared::open(store.server()).await?;
    let trail = Trail::open(&config.data, shared, &keys, Arc::clone(clock))?;
    let saving = counts.keep().await;
    let copies = match &config.copies {
        Some(folder) => Copies::share(folder, clock.wall()),
        None => Copies::open(&config.data),
    };
    let copies = copies.map_err(StartError::Copies)?;
    let answers = Answers::new(clock)?;
    figures::of_answers(answers.cache());
    let portal = Portal { store, accounts, resets, guard, copies, trail, reports, answers };
    Ok(Assembled { portal, made, saving })
}

async fn audit(
    config: &Config,
    clock: Arc<dyn Clock>,
    task: AuditTask,
) -> Result<Ended, StartError> {
    let store = match (&config.postgres, &task) {
        (Some(_), AuditTask::Query { .. } | AuditTask::Tail { .. }) => {
            let (postgres, limits) = (config.postgres.as_ref(), Limits::default());
            Some(Store::open(postgres, &config.data, limits, clock, Seed::Nothing).await?)
        }
        // The files of this instance are enough.
        _ => None,
    };
    let shared = Shared::open(store.as_ref().and_then(Store::server)).await?;
    for line in trail::run(config.data.clone(), shared, task).await? {
        say(&mut io::stdout(), &line);
    }
    Ok(Ended::Drained)
}

async fn backup(
    config: &Config,
    clock: &Arc<dyn Clock>,
    task: &BackupTask,
    json: bool,
) -> Result<Ended, StartError> {
    if config.postgres.is_some() {
        return Err(BackupError::Server.into());
    }
    let tell = |what: &str| {
        if io::stderr().is_terminal() {
            said(what);
        }
    };
    let done = match task {
        BackupTask::Make { to, .. } if config.data.join("audit").exists() => {
            let (shared, event) = (Shared::default(), Some(trail::of_backup(to)));
            let recorded =
                trail::begin(&config.data, shared, Arc::clone(clock), event, said).await?;
            let done = backup::run(&config.data, task, clock, &tell).await;
            recorded.finish(done.is_ok()).await?;
            done
        }
        _ => backup::run(&config.data, task, clock, &tell).await,
    };
    let report = done?;
    let line = if json { serde_json::to_string(&report) } else { Ok(report.line()) };
    say(&mut io::stdout(), &line.map_err(|error| StartError::System(error.into()))?);
    Ok(Ended::Drained)
}

/// Says something to whoever runs a command.
fn said(what: &str) {
    say(&mut io::stderr(), &format!("exam-portal: {what}"));
}

/// What every run of the program begins with.
struct Opened {
    store: Store,
    accounts: Accounts,
    counts: Counts,
    keys: SecretKeys,
}

/// Opens the database and what stands on it.
async fn open(config: &Config, clock: &Arc<dyn Clock>, seed: Seed) -> Result<Opened, StartError> {
    let (postgres, limits) = (config.postgres.as_ref(), Limits::default());
    let store = Store::open(postgres, &config.data, limits, Arc::clone(clock), seed).await?;
    let keys = match &config.secret_keys {
        Some(keys) => keys.clone(),
        None => secret::of_folder(&config.data)?,
    };
    let counts = Counts::open(config, &keys, clock).await?;
    let lockout = counts.lockout().clone();
    let accounts = Accounts::start(store.clone(), &keys, lockout, Arc::clone(clock)).await?;
    Ok(Opened { store, accounts, counts, keys })
}

async fn users(
    config: &Config,
    clock: &Arc<dyn Clock>,
    task: UserTask,
) -> Result<Ended, StartError> {
    let Opened { store, accounts, .. } = open(config, clock, Seed::Nothing).await?;
    let done = async {
        let shared = Shared::open(store.server()).await?;
        let event = trail::of_user(&task);
        let recorded = trail::begin(&config.data, shared, Arc::clone(clock), event, said).await?;
        let done = accounts::run(&accounts, task).await;
        recorded.finish(done.is_ok()).await?;
        Ok::<_, StartError>(done?)
    };
    let done = done.await;
    store.close().await;
    print(&done?);
    Ok(Ended::Drained)
}

/// What links begin with: the public url, or else the address that is served on.
fn origin(config: &Config, address: SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.to_string(),
        None if address.ip().is_unspecified() => format!("http://localhost:{}", address.port()),
        None => format!("http://{address}"),
    }
}

fn print(lines: &[Printed]) {
    for line in lines {
        say(&mut io::stdout(), line.line());
    }
}

/// Writes a line; where nobody reads it, nobody misses it.
fn say(out: &mut impl Write, line: &str) {
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
