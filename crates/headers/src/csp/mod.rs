//! Content Security Policy Level 3: typed, fail-closed, nonces, grants.
//!
//! 1. A list that loses its last source becomes `'none'`, never nothing.
//! 2. `;`, `,`, spaces and unquoted keywords are refused where the value is written.
//! 3. What lets inline script, `eval` or `data:` scripts run is written with
//!    [`Csp::insecure_only`] or not at all.
//! 4. A route widens the policy by a named [`Grant`] that the policy's owner has registered.
//! 5. A nonce is drawn when somebody asks for it, and only then is it in the policy.

mod directive;
mod grant;
mod hash;
mod host;
mod lint;
mod nonce;
mod parse;
mod policy;
mod render;
mod sandbox;
mod scheme;
mod source;
mod trusted_types;

pub use directive::Directive;
pub use grant::{Grant, GrantLayer, GrantService, ResponseFuture};
pub use hash::Hash;
pub use host::Host;
pub use nonce::{Nonce, NonceError, NonceSource, SystemNonces};
pub use policy::Csp;
pub use sandbox::Sandbox;
pub use scheme::Scheme;
pub use source::Source;
pub use trusted_types::TrustedTypes;

pub(crate) use grant::granted;
pub(crate) use render::{Rendering, Text};
