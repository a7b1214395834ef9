//! Cross-site request forgery: who may cause unsafe requests.
//!
//! [`check`] decides, [`CrossOriginLayer`] refuses before the service is called. The rules, in
//! order:
//!
//! 1. `GET`, `HEAD` and `OPTIONS` pass, unless they carry a method override (`X-HTTP-Method-Override`,
//!    `X-HTTP-Method`, `X-Method-Override`, or `_method=` in the query) or ask for a WebSocket.
//! 2. `Sec-Fetch-Site: same-origin` or `none` passes; of any other value, or of two headers, only a
//!    trusted origin passes. `same-site` is refused: another port of the host and every subdomain
//!    are `same-site`, with cookies.
//! 3. Without it, `Origin` must be the origin of the request's
//!    [`ExternalUrl`](palisade_edge::ExternalUrl), scheme and port included, or a trusted one;
//!    `null` never is.
//! 4. Without both, the request comes from no browser and passes, unless
//!    [`refuse_without_signal`](Policy::refuse_without_signal) says otherwise.
//! 5. A WebSocket handshake, which browsers send as a `GET` with cookies and `Origin` but not
//!    always with `Sec-Fetch-Site`, must satisfy both 2 and 3.
//!
//! # Where it is stricter than Go's `CrossOriginProtection` and tower-http's `csrf`
//!
//! | request | there | here | because |
//! |---|---|---|---|
//! | WebSocket handshake from another site | passes, a `GET` | refused | the socket then speaks with the user's cookies |
//! | `GET` with a method override | passes | as its method | frameworks behind run it as `DELETE` |
//! | `Origin: http://host` at `https://host` | passes | refused | a clear-text page can be written by the network |
//! | `Sec-Fetch-Site` sent twice or empty | first, or none | refused | no browser sends it |
//! | `Origin` sent twice or empty | first, or none | refused | no browser sends it |
//! | `Origin` with user information, path or upper case | parsed | refused | no browser sends it |
//!
//! It is more exact in one place: an `Origin` is compared with scheme, host and port, so that
//! `Host: EXAMPLE.com` or `Host: example.com:443` is the origin `https://example.com`.
//!
//! # Deployment
//!
//! Behind a proxy that ends TLS, `EdgeLayer` must trust it, or every form looks as if it came from
//! another scheme; the refusal's reason is then [`Reason::OtherScheme`]. Without any
//! [`ExternalUrl`](palisade_edge::ExternalUrl) rule 3 trusts no origin but the listed ones.
//!
//! # Example
//!
//! ```
//! use axum::{Router, routing::post};
//! use palisade_headers::csrf::{CrossOriginLayer, Policy};
//!
//! # fn main() -> Result<(), palisade_headers::ConfigError> {
//! let policy = Policy::new()
//!     .add_trusted_origin("https://admin.example.com")?
//!     .insecure_exempt(http::Method::POST, "/hooks/*")?;
//! let app: Router = Router::new()
//!     .route("/transfer", post(|| async { "sent" }))
//!     .layer(CrossOriginLayer::new(policy));
//! # Ok(())
//! # }
//! ```

mod check;
mod exempt;
mod future;
mod layer;
mod origin;
mod policy;

pub use check::{Denied, Reason, check};
pub use future::ResponseFuture;
pub use layer::{CrossOrigin, CrossOriginLayer};
pub use origin::Origin;
pub use policy::Policy;
