//! One line for each request, written when its answer has gone or its client has.
//!
//! [`RequestLogLayer`] gives each request an [id](RequestId) and a [place in a trace](TraceContext),
//! opens the span `request`, so that every event inside carries both, and writes the line at the end
//! of the body or when it is dropped: a client that hangs up is seen. [`NoteLayer`], inside of the
//! router, notes what only the inside knows: the matched route and the user.

mod body;
mod id;
mod layer;
mod line;
mod note;
mod observed;
mod service;
mod trace;

pub use body::ResponseBody;
pub use id::{Ids, RequestId};
pub use layer::{RequestLogLayer, Trust};
pub(crate) use line::TARGET;
pub use note::{Note, NoteLayer};
pub use observed::Observed;
pub use service::{RequestLog, ResponseFuture};
pub use trace::TraceContext;
