//! Secrets sent into a router on purpose, and everything it writes searched for them.
//!
//! [`leak_check!`](crate::leak_check) sends *canaries*, values that occur nowhere else: to every route in
//! every header, in the query, the path, cookies, bodies of JSON, form and multipart, whole and
//! broken, in the message of a body that fails and of a body that panics while it is read. Then it looks
//! for them, as they are, in hexadecimal digits and in base64, in what was answered and in every sink
//! that it is told of: logs, captured errors, metrics, mails, a database.
//!
//! A canary stands only where it is a secret: behind a name that tells so, or in the shape of a
//! credential. So one that is found is a secret that got out.

mod body;
mod canary;
mod drive;
mod found;
mod requests;

use std::fmt;

pub use body::Body;
use canary::Canaries as Sent;
pub use drive::check;
pub use found::{Driven, Leak, Leaks};

type Read = dyn Fn() -> Vec<u8>;

/// What a [`leak_check!`](crate::leak_check) sends, and where it looks.
///
/// # Example
///
/// ```
/// use palisade_observe::leak::Canaries;
/// use palisade_observe::leak_check;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let app = axum::Router::new().route("/reset/{token}", axum::routing::get(|| async { "reset" }));
/// let canaries = Canaries::new().route("GET", "/reset/{token}"); // .sink("app.log", || ...)
/// let driven = leak_check!(app, canaries);
/// assert!(driven.requests > 40);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Canaries {
    routes: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    fields: Vec<(String, String)>,
    secrets: Vec<String>,
    params: Vec<(String, String)>,
    prepare: Option<Box<Prepare>>,
    sinks: Vec<(String, Box<Read>)>,
}

type Prepare = dyn Fn(&mut http::Extensions);

impl Canaries {
    /// Knows the usual names of secrets, and no route and no sink yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            routes: Vec::new(),
            headers: Vec::new(),
            fields: Vec::new(),
            secrets: requests::SECRETS.iter().map(|name| (*name).to_owned()).collect(),
            params: Vec::new(),
            prepare: None,
            sinks: Vec::new(),
        }
    }

    /// Asks also for this route: a method, and a template such as `/reset/{token}`.
    ///
    /// A parameter whose name tells of a secret is a canary; others are as [`param`](Self::param) says,
    /// else a word that holds one in the shape of a credential.
    #[must_use]
    pub fn route(mut self, method: &str, template: &str) -> Self {
        self.routes.push((method.to_owned(), template.to_owned()));
        self
    }

    /// Sends this header with every request, such as the cookie of a session.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends this field in every body and query, so that more is reached than a refusal.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a canary in a field of this name too.
    #[must_use]
    pub fn secret(mut self, name: &str) -> Self {
        self.secrets.push(name.to_owned());
        self
    }

    /// Puts this value into the parameter of this name.
    #[must_use]
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds to every request what the server would, such as the address of the peer.
    #[must_use]
    pub fn extensions(mut self, prepare: impl Fn(&mut http::Extensions) + 'static) -> Self {
        self.prepare = Some(Box::new(prepare));
        self
    }

    /// Looks also here, when all requests are answered; let it wait for what is still on its way.
    #[must_use]
    pub fn sink<T: Into<Vec<u8>>>(mut self, name: &str, read: impl Fn() -> T + 'static) -> Self {
        self.sinks.push((name.to_owned(), Box::new(move || read().into())));
        self
    }
}

impl Default for Canaries {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Canaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sinks: Vec<&String> = self.sinks.iter().map(|(name, _)| name).collect();
        f.debug_struct("Canaries")
            .field("routes", &self.routes)
            .field("sinks", &sinks)
            .finish_non_exhaustive()
    }
}

/// Asserts that a router keeps secrets: none of the canaries that are sent to it comes out again.
///
/// Takes a service, such as a `Router`, and [`Canaries`](crate::leak::Canaries); returns what was
/// [`Driven`](crate::leak::Driven). It stands in an `async` test.
///
/// # Panics
///
/// As assertions do, with each leak: which sink shows it, and where the canary was sent.
#[macro_export]
macro_rules! leak_check {
    ($router:expr, $canaries:expr $(,)?) => {
        match $crate::leak::check($router, $canaries).await {
            Ok(driven) => driven,
            Err(leaks) => ::std::panic!("{leaks}"),
        }
    };
}
