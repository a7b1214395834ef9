//! What is told of an error.

use std::sync::Arc;
use std::time::SystemTime;

use super::Frame;
use crate::request::{RequestId, TraceContext};

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An event of level `ERROR` outside of any request.
    Event,
    /// A panic.
    Panic,
    /// A request that failed or was answered with a status of 500 or above.
    Request,
}

impl Kind {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Panic => "panic",
            Self::Request => "request",
        }
    }
}

/// An error as it is told; free of what the redactor finds.
///
/// Its texts, names and values together are about 64 KiB at most.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What kind of error it is.
    pub kind: Kind,
    /// When it was.
    pub at: SystemTime,
    /// Equal for equal faults: the place in the source, and the route.
    pub fingerprint: u64,
    /// How often the same fault was since it was last told, this time not counted.
    pub repeated: u64,
    /// How many reports were lost before this one, and not told of yet.
    pub lost: u64,
    /// What the panic or the event says, else the status.
    pub message: String,
    /// The module that says so.
    pub target: &'static str,
    /// Where that is in the source: file and line.
    pub location: Option<String>,
    /// The fields of the event, each value as JSON.
    pub fields: Vec<(&'static str, String)>,
    /// What the spans around it bind, each value as JSON; noted by [`LogLayer`](crate::log::LogLayer).
    pub context: Vec<(&'static str, String)>,
    /// The stack, innermost call first.
    pub frames: Vec<Frame>,
    /// The status of the answer, if there is one.
    pub status: Option<u16>,
    /// The template of the route.
    pub route: Option<String>,
    /// The name of the request.
    pub request_id: Option<RequestId>,
    /// Its place in a trace.
    pub trace: Option<TraceContext>,
    /// Who asked, by an id.
    pub user: Option<String>,
    /// What runs.
    pub release: Option<Arc<str>>,
    /// Where it runs.
    pub environment: Option<Arc<str>>,
}
