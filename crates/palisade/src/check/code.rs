//! What a finding can be.

use std::fmt;

/// How much a [`Finding`](super::Finding) matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// Weaker than it should be; the program may start.
    Warning,
    /// Real users must not be served like this.
    Error,
}

impl Level {
    /// Returns the word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $level:ident, $fix:literal;)+) => {
        /// What is wrong with a deployment.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the word that never changes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Returns how much it matters.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)+ }
            }

            /// Says what it means, as the documentation does.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// Says what to do about it.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)+ }
            }
        }
    };
}

codes! {
    /// Nobody can say afterwards who did what.
    AuditMissing = "audit_missing", Warning,
        "record what people change, with `palisade-audit`";
    /// An acknowledged event may be lost when the power fails.
    AuditUnsynced = "audit_unsynced", Error,
        "leave the log at `Durability::Synced`";
    /// Bodies of any size are read: a few clients fill the memory.
    BodiesUnbounded = "bodies_unbounded", Error,
        "give a limit: `Shield::body_limit`";
    /// Nobody knows who sent a request: limits, logs and links follow what it says.
    ClientsUnknown = "clients_unknown", Error,
        "leave `Part::Edge` in, or put an `EdgeLayer` around everything";
    /// Cookies go out as handlers write them.
    CookiesUnhardened = "cookies_unhardened", Warning,
        "leave `Part::Cookies` in, or put a `CookiesLayer` around the routes";
    /// Every site reads answers, of what needs no cookie.
    CorsAny = "cors_any", Warning,
        "name the origins that may read";
    /// Every site reads and does what its visitors may.
    CorsAnyWithCredentials = "cors_any_with_credentials", Error,
        "name the origins that may send credentials";
    /// An origin that anybody can have, a sandboxed frame or a file, may read.
    CorsNull = "cors_null", Error,
        "take \"null\" off the list of origins";
    /// An origin in clear text may read: who is on the way speaks in its name.
    CorsPlainOrigin = "cors_plain_origin", Error,
        "name the origin by https";
    /// Other sites make the browsers of visitors do what those may.
    CrossSiteUnchecked = "cross_site_unchecked", Error,
        "leave `Part::CrossOrigin` in, or put a `CrossOriginLayer` around the routes";
    /// Pages have no policy: what is injected runs.
    CspMissing = "csp_missing", Error,
        "send `Content-Security-Policy`: `SecurityHeaders::strict()`";
    /// The policy lets injected content run.
    CspPermissive = "csp_permissive", Error,
        "use nonces or hashes, no wildcard: `SecurityHeaders::strict()`";
    /// Files of the data are open to every user of the machine.
    DataReadable = "data_readable", Error,
        "take it from the others: `chmod -R o-rwx` on the folder";
    /// A handler that never ends holds what it took.
    DeadlineMissing = "deadline_missing", Warning,
        "give handlers a deadline: `Shield::deadline`";
    /// Answers tell clients how the program failed.
    DebugAnswers = "debug_answers", Error,
        "answer with a problem that says nothing; keep the error for the log";
    /// The program was built for its developers: slower, and it tells more.
    DebugBuild = "debug_build", Warning,
        "build with --release";
    /// The log holds what only developers need, and may hold what people sent.
    DebugLog = "debug_log", Warning,
        "log from `info` upwards";
    /// Accounts whose passwords others have seen.
    DemoAccounts = "demo_accounts", Error,
        "start for real users without demo data";
    /// Addresses from which everybody may come speak for their clients.
    ForwardingFromAnywhere = "forwarding_from_anywhere", Error,
        "name the addresses of the proxies alone";
    /// A proxy ends TLS, and nothing says which: all clients look like one.
    ForwardingUntrusted = "forwarding_untrusted", Error,
        "name the proxies' addresses as trusted, or end TLS in the program";
    /// A page can be framed by every site: clickjacking.
    FramingAllowed = "framing_allowed", Error,
        "send `frame-ancestors 'none'` in the policy: `SecurityHeaders::strict()`";
    /// Any host name is answered, so that links and caches can be poisoned.
    HostsAny = "hosts_any", Error,
        "name the hosts with `AllowedHosts`";
    /// A browser can be led to the site in clear text.
    HstsMissing = "hsts_missing", Error,
        "send `Strict-Transport-Security` on https: `Hsts::one_year()`";
    /// Browsers forget within half a year that the site speaks https.
    HstsShort = "hsts_short", Warning,
        "promise at least half a year: `Hsts::one_year()`";
    /// Who asks in clear text is answered in clear text.
    HttpsOptional = "https_optional", Warning,
        "lead clear text to https: `Shield::https`, or the proxy, with `Shield::elsewhere`";
    /// Everybody may ask as often as they like.
    LimitsMissing = "limits_missing", Warning,
        "limit what a client may ask for: `Shield::limits`";
    /// Passwords of one account can be tried from many addresses.
    LoginNoLockout = "login_no_lockout", Warning,
        "count failures by account, with `Lockout`";
    /// Passwords can be tried without end.
    LoginUnlimited = "login_unlimited", Error,
        "limit the route by client address: 5 per minute is plenty";
    /// A panic ends the connection, without an answer.
    PanicsUncaught = "panics_uncaught", Warning,
        "leave `Part::Panics` in, or put a `CatchPanicLayer` around the routes";
    /// Cookies, passwords and pages go in clear text.
    PublicUrlHttp = "public_url_http", Error,
        "serve by https, and say so in the public url";
    /// Links, cookies and redirects follow what a request says.
    PublicUrlMissing = "public_url_missing", Warning,
        "state the origin that people type";
    /// The host of the public url is not answered: its own links end at 421.
    PublicUrlRefused = "public_url_refused", Error,
        "name the host of the public url among the hosts";
    /// Nobody can say afterwards what was asked, and how it was answered.
    RequestsUnlogged = "requests_unlogged", Warning,
        "leave `Part::RequestLog` in, or put a `RequestLogLayer` around the routes";
    /// The key was made by the program: other instances and a restored backup have another.
    SecretMade = "secret_made", Error,
        "make one with `openssl rand -hex 32` and give it to every instance";
    /// The key can be guessed.
    SecretWeak = "secret_weak", Error,
        "make a new one with `openssl rand -hex 32`";
    /// Browsers guess what a file is, and may run an upload.
    SniffingAllowed = "sniffing_allowed", Error,
        "send `X-Content-Type-Options: nosniff`: `SecurityHeaders::strict()`";
    /// Each instance counts or remembers for itself.
    StoresInMemory = "stores_in_memory", Error,
        "keep it where all instances reach it: Redis or PostgreSQL";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
