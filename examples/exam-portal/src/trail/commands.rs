//! Commands at the machine, in the trail.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use palisade_audit::{Actor, AuditLog, Event, OpenError, Outcome, Pending, Severity};
use palisade_core::Clock;

use super::{Reports, Shared, TrailError, open_log};
use crate::config::UserTask;

/// How long a copy in the database is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A command that has begun, or why nobody will know of it.
pub(crate) struct Recorded {
    log: Option<(AuditLog, Pending)>,
}

/// Records that a command begins; without a log that can be written, `said` is told.
///
/// # Errors
///
/// A trail that somebody has changed, or that takes nothing: nothing is to be done then.
pub(crate) async fn begin(
    data: &Path,
    shared: Shared,
    clock: Arc<dyn Clock>,
    event: Option<Event>,
    said: impl FnOnce(&str),
) -> Result<Recorded, TrailError> {
    let Some(event) = event else { return Ok(Recorded { log: None }) };
    match open_log(data, shared, clock) {
        Ok(log) => {
            Reports::into(&log);
            let pending = log.begin(event).await?;
            Ok(Recorded { log: Some((log, pending)) })
        }
        Err(TrailError::Open(OpenError::Busy)) => {
            said("not recorded in the audit trail, which the portal that serves has open");
            Ok(Recorded { log: None })
        }
        Err(error) => Err(error),
    }
}

impl Recorded {
    /// Records how the command ended.
    pub(crate) async fn finish(self, done: bool) -> Result<(), TrailError> {
        let Some((log, pending)) = self.log else { return Ok(()) };
        pending.finish(if done { Outcome::Success } else { Outcome::Failure }).await?;
        log.mirrored(PATIENCE).await;
        log.close().await?;
        Ok(())
    }
}

/// Makes the event of a command that changes something.
pub(crate) fn of_user(task: &UserTask) -> Option<Event> {
    let (action, name) = match task {
        UserTask::List => return None,
        UserTask::Add { name, .. } => ("user.create", name),
        UserTask::Disable { name } => ("user.disable", name),
        UserTask::Enable { name } => ("user.enable", name),
        UserTask::Reset { name } => ("user.password.reset", name),
        UserTask::Unlock { name } => ("lockout.unlock", name),
    };
    let mut event = at_the_machine(action, "exam-portal user").target("account", name.clone());
    if let UserTask::Add { role, student, .. } = task {
        event = event.detail("role", role.name()).detail("student", student);
    }
    Some(event)
}

/// Makes the event of a backup into a folder.
pub(crate) fn of_backup(folder: &Path) -> Event {
    let folder = folder.to_string_lossy().into_owned();
    at_the_machine("backup.create", "exam-portal backup").target("backup", folder)
}

/// Records in a restored data folder that it was, and of which time it is.
pub(crate) async fn restored(
    data: &Path,
    made_at: &str,
    clock: Arc<dyn Clock>,
) -> Result<(), TrailError> {
    let event = at_the_machine("backup.restore", "exam-portal restore")
        .target("backup", made_at.to_owned());
    let recorded = begin(data, Shared::default(), clock, Some(event), |_| {}).await?;
    recorded.finish(true).await
}

fn at_the_machine(action: &'static str, program: &'static str) -> Event {
    Event::new(action)
        .actor(Actor::service(program))
        .severity(Severity::Important)
        .detail("system_user", &system_user())
}

/// The number of the account that runs the program, where the system tells.
fn system_user() -> Option<u32> {
    #[cfg(target_os = "linux")]
    return std::fs::metadata("/proc/self")
        .ok()
        .map(|me| std::os::linux::fs::MetadataExt::st_uid(&me));
    #[cfg(not(target_os = "linux"))]
    None
}
