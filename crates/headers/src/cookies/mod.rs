//! `Set-Cookie`, hardened, and what goes with it: sign-out and `no-store`.
//!
//! [`harden`] rewrites one header value, [`CookiesLayer`] every one of a response, in its place and
//! order, one header for each cookie (RFC 6265bis 3: they must not be folded). What is missing is added:
//!
//! | attribute | added | source |
//! |---|---|---|
//! | `Secure` | on https; where the name, `SameSite=None` or `Partitioned` asks for it, on loopback too | OWASP ASVS 5.0 3.3.1 |
//! | `HttpOnly` | unless [`Policy::script_may_read`] names the cookie | ASVS 3.3.4 |
//! | `SameSite=Lax` | where nothing is said | ASVS 3.3.2 |
//! | `Path=/` | to `__Host-` names | RFC 6265bis 4.1.3.2 |
//!
//! A cookie that browsers would drop all the same is not sent, and the reason is logged: the
//! program finds out in its log instead of by a session that never holds.
//!
//! # Example
//!
//! ```
//! use palisade_headers::Site;
//! use palisade_headers::cookies::{Policy, harden};
//!
//! let cookie = harden(b"id=1; Max-Age=60", &Policy::new(), Site::Https)?;
//! assert_eq!(cookie, "id=1; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
//! assert!(harden(b"__Host-id=1; Domain=example.com", &Policy::new(), Site::Https).is_err());
//! # Ok::<(), palisade_headers::cookies::Dropped>(())
//! ```

mod future;
mod harden;
mod layer;
mod logout;
mod policy;
mod prefix;

pub use future::ResponseFuture;
pub use harden::{Dropped, harden};
pub use layer::{Cookies, CookiesLayer};
pub use logout::{Logout, no_store};
pub use policy::Policy;
pub use prefix::session_name;
