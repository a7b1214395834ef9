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
    task: &UserTask,
    said: impl FnOnce(&str),
) -> Result<Recorded, TrailError> {
    let Some(event) = event(task) else { return Ok(Recorded { log: None }) };
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
fn event(task: &UserTask) -> Option<Event> {
    let (action, name) = match task {
        UserTask::List => return None,
        UserTask::Add { name, .. } => ("user.create", name),
        UserTask::Disable { name } => ("user.disable", name),
        UserTask::Enable { name } => ("user.enable", name),
        UserTask::Reset { name } => ("user.password.reset", name),
        UserTask::Unlock { name } => ("lockout.unlock", name),
    };
    let mut event = Event::new(action)
        .actor(Actor::service("exam-portal user"))
        .target("account", name.clone())
        .severity(Severity::Important)
        .detail("system_user", &system_user());
    if let UserTask::Add { role, student, .. } = task {
        event = event.detail("role", role.name()).detail("student", student);
    }
    Some(event)
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
