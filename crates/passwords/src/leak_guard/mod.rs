//! Answers that carry a secret, stopped before they leave.
//!
//! The application registers what must never be in an answer: the passwords of a test's accounts, the
//! keys and database passwords of a deployment. [`LeakGuardLayer`] looks for them in the headers,
//! bodies and trailers of answers, [`Secrets`] in any bytes.
//!
//! | form of the secret | found |
//! |---|---|
//! | as it is | yes |
//! | in a JSON string, by its shortest escapes or all in ASCII (`\u00e9`) | yes |
//! | percent-encoded, as a component of a URL or a form (`+`) | yes |
//! | in HTML as askama, maud, `MiniJinja`, Tera and Django write it (`&amp;` or `&#38;`, `'` and `/` escaped or not) | yes |
//! | base64 with either alphabet, alone or inside of a longer text | yes, but for at most two characters at its ends |
//! | hexadecimal, of capitals or small letters | yes |
//! | a part of it; reversed; two forms at once; escapes that need not be (`\u0061` for `a`) | no |
//! | a compressed or encrypted body | no: place the layer inside the compression |
//!
//! # Example
//!
//! ```
//! use axum::{Router, body::Body, routing::get};
//! use http::Request;
//! use palisade_passwords::leak_guard::{LeakGuardLayer, Secrets};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secrets = Secrets::new().add("database password", b"tangerine-basalt-7")?.finish();
//! let app = Router::new()
//!     .route("/", get(|| async { "hello" }))
//!     .route("/debug", get(|| async { "postgres://portal:tangerine-basalt-7@db/portal" }))
//!     .layer(LeakGuardLayer::new(secrets));
//! let get = |path| Request::get(path).body(Body::empty());
//! assert_eq!(app.clone().oneshot(get("/")?).await?.status(), 200);
//! assert_eq!(app.oneshot(get("/debug")?).await?.status(), 500);
//! # Ok(())
//! # }
//! ```

mod automaton;
mod body;
mod forms;
mod future;
mod layer;
mod secrets;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use layer::{LeakGuard, LeakGuardLayer};
pub use secrets::{Leak, Scan, SecretError, Secrets, SecretsBuilder};
