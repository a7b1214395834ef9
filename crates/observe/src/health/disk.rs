//! Whether a disk has room.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Check;

impl Check {
    /// Asks the system whether so many bytes are free for this process where a folder is (feature
    /// `rustix`).
    ///
    /// The system is asked on a thread of its own, since a network disk that is away does not answer;
    /// while it is still asked the answer is no.
    ///
    /// # Example
    ///
    /// ```
    /// use palisade_observe::health::Check;
    /// use std::time::Duration;
    ///
    /// let check = Check::disk("disk", "/tmp".into(), 64 << 20).holds(Duration::from_secs(10));
    /// assert_eq!(check.name(), "disk");
    /// ```
    #[must_use]
    pub fn disk(name: &'static str, folder: PathBuf, least: u64) -> Self {
        let (folder, asked) = (Arc::new(folder), Arc::new(AtomicBool::new(false)));
        Self::new(name, move || {
            let (folder, asked) = (Arc::clone(&folder), Arc::clone(&asked));
            async move {
                if asked.swap(true, Ordering::SeqCst) {
                    return false;
                }
                let free = tokio::task::spawn_blocking(move || {
                    let free = rustix::fs::statvfs(&*folder);
                    asked.store(false, Ordering::SeqCst);
                    free.map_or(0, |free| free.f_bavail.saturating_mul(free.f_frsize))
                });
                free.await.is_ok_and(|free| free >= least)
            }
        })
    }
}
