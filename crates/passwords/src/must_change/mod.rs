//! Sessions that have to set a password first, told to routes.
//!
//! [`Exits`] decides, [`MustChangeLayer`] refuses before the handler is called. Who may be refused is
//! told by the application, which knows its sessions.
//!
//! # Example
//!
//! ```
//! use axum::{Router, body::Body, routing::{get, post}};
//! use http::{Method, Request};
//! use palisade_passwords::must_change::{Exits, MustChangeLayer};
//! use palisade_passwords::session::Standing;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let exits = Exits::new(Method::POST, "/account/password")?
//!     .and(Method::POST, "/logout")?
//!     .and(Method::GET, "/account/password")?;
//! let layer = MustChangeLayer::new(exits, |parts| {
//!     parts.extensions.get::<Standing<u64>>().is_some_and(Standing::is_pending)
//! });
//! let app = Router::new()
//!     .route("/grades", get(|| async { "grades" }))
//!     .route("/account/password", post(|| async { "changed" }))
//!     .layer(layer);
//! # use palisade_passwords::session::{Account, Lifetime, Session, Stamp};
//! # let account = Account::must_change(Stamp::FIRST);
//! # let now = std::time::SystemTime::UNIX_EPOCH;
//! # let session = Session::begin(7_u64, &account, now).into_session();
//! # let lifetime = Lifetime::new(std::time::Duration::from_hours(1));
//! # let pending = session.standing(Some(&account), now, &lifetime)?;
//! let request = Request::get("/grades").extension(pending).body(Body::empty())?;
//! assert_eq!(app.oneshot(request).await?.status(), 403);
//! # Ok(())
//! # }
//! ```

mod exits;
mod future;
mod layer;

pub use exits::{ExitError, Exits};
pub use future::ResponseFuture;
pub use layer::{MustChange, MustChangeLayer};

#[cfg(feature = "axum")]
pub(crate) use layer::problem;
