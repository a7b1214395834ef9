//! Statements counted in tests.

use std::time::UNIX_EPOCH;

use tracing::{Dispatch, Instrument};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::{QueryWatch, attach};
use crate::request::{Ids, Observed};

/// Statements cannot be counted.
#[derive(Debug, thiserror::Error)]
#[error("the subscriber of this process has no QueryWatch; add it there, or set none in tests")]
#[non_exhaustive]
pub struct Unwatched {}

/// Runs a piece of work and counts the statements that it sends; returns both.
///
/// Statements are told by the threads of drivers, so the subscriber has to be that of the process: the
/// first call sets one if there is none.
///
/// # Errors
///
/// [`Unwatched`] where a subscriber is set that does not count.
pub async fn counted<T>(work: impl Future<Output = T>) -> Result<(T, Observed), Unwatched> {
    let watch = QueryWatch::new().with_filter(QueryWatch::filter());
    // Fails where one is set already; whether that one counts is seen next.
    let _ = tracing::dispatcher::set_global_default(Dispatch::new(registry().with(watch)));
    if !tracing::dispatcher::get_default(Dispatch::is::<QueryWatch>) {
        return Err(Unwatched {});
    }
    let ids = Ids::with_key([0; 16]);
    let observed = Observed::new(ids.request(UNIX_EPOCH), ids.trace(None));
    let span = tracing::info_span!(target: "palisade_observe::query", "counted");
    attach(&span, &observed);
    let done = work.instrument(span).await;
    Ok((done, observed))
}

/// Asserts how many statements a future sends to databases, and returns what it gives.
///
/// `assert_queries!(<= 5, app.oneshot(request))`: any comparison and number. Where it fails, it shows
/// every statement with its count.
///
/// # Panics
///
/// As assertions do.
#[macro_export]
macro_rules! assert_queries {
    ($($limit:tt)*) => { $crate::assert_queries_of!([] $($limit)*) };
}

/// Parts the comparison from the future for [`assert_queries!`](crate::assert_queries).
#[doc(hidden)]
#[macro_export]
macro_rules! assert_queries_of {
    ([$($limit:tt)+], $work:expr $(,)?) => {
        async {
            let (done, observed) = match $crate::query::counted($work).await {
                Ok(counted) => counted,
                Err(error) => ::std::panic!("{error}"),
            };
            let queries = observed.queries();
            let count = queries.count();
            ::std::assert!(
                count $($limit)+,
                "{count} statements are not {}: {:#?}",
                ::std::stringify!($($limit)+),
                queries.statements(),
            );
            done
        }
        .await
    };
    ([$($limit:tt)*] $next:tt $($rest:tt)*) => { $crate::assert_queries_of!([$($limit)* $next] $($rest)*) };
}
