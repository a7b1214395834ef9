//! Why a fixture could not do what the test asked.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a fixture could not do what the test asked.
///
/// `Debug` is written for people as well, since a test unwraps: the message, its causes and the last
/// lines that the server wrote.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered, but not what it should.
    #[error("{what}: {answer}")]
    Answer {
        /// What was asked.
        what: String,
        /// What came back.
        answer: String,
    },
    /// The server ended before it was ready.
    #[error("{what} ended before it was ready ({status})\n{log}")]
    Exited {
        /// The server.
        what: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        log: String,
    },
    /// The operating system refused.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A program is not on this machine.
    #[error("{program} is not installed: run `cargo xtask setup`")]
    Missing {
        /// The program's name.
        program: String,
    },
    /// Something did not come about in time.
    #[error("waited {limit:?} in vain until {what}: {last}\n{log}")]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// What was seen last.
        last: String,
        /// The end of what the server wrote.
        log: String,
    },
}

impl Error {
    /// Wraps what the operating system said with what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// Says what was asked and what came back instead.
    pub(crate) fn answer(what: impl Into<String>, answer: impl Into<String>) -> Self {
        Self::Answer { what: what.into(), answer: answer.into() }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
