//! The one table of settings: flag, environment and file are three spellings of its rows.

use std::fmt;

/// A setting and where it may be written.
pub(super) struct Setting {
    /// The flag without its dashes, and the name by which the program asks.
    pub(super) name: &'static str,
    /// The key in the file; nothing where the file cannot say it.
    pub(super) key: Option<&'static str>,
    /// The environment variable.
    pub(super) env: Option<&'static str>,
    /// The environment variable that names a file with the value, for a value that is a secret.
    pub(super) env_file: Option<&'static str>,
    pub(super) value_name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
}

/// How often a setting is written, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any number of values.
    List,
    /// It stands there or not: in the file as `true` or `false`.
    Switch,
    /// One value.
    Value,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "listen",
        key: Some("listen"),
        env: Some("PORTAL_LISTEN"),
        env_file: None,
        value_name: "ADDR",
        kind: Kind::Value,
        help: "Address and port to serve on; port 0 takes a free one [default: 127.0.0.1:8080]",
    },
    Setting {
        name: "data",
        key: Some("data"),
        env: Some("PORTAL_DATA"),
        env_file: None,
        value_name: "DIR",
        kind: Kind::Value,
        help: "Folder of all state, made at the first start [default: ./portal-data]",
    },
    Setting {
        name: "copies",
        key: Some("copies"),
        env: Some("PORTAL_COPIES"),
        env_file: None,
        value_name: "DIR",
        kind: Kind::Value,
        help: "Folder of scanned copies that all instances on one PostgreSQL server see [default: copies in the data folder]",
    },
    Setting {
        name: "public-url",
        key: Some("public_url"),
        env: Some("PORTAL_PUBLIC_URL"),
        env_file: None,
        value_name: "URL",
        kind: Kind::Value,
        help: "Origin that people type, such as https://exams.example.org",
    },
    Setting {
        name: "allowed-host",
        key: Some("allowed_hosts"),
        env: None,
        env_file: None,
        value_name: "HOST",
        kind: Kind::List,
        help: "Host that requests may name, repeatable [default: the public url's host, localhost, 127.0.0.1]",
    },
    Setting {
        name: "trusted-proxy",
        key: Some("trusted_proxies"),
        env: None,
        env_file: None,
        value_name: "CIDR",
        kind: Kind::List,
        help: "Network of a reverse proxy whose X-Forwarded-* headers count, repeatable [default: none]",
    },
    Setting {
        name: "postgres",
        key: Some("postgres"),
        env: Some("PORTAL_POSTGRES"),
        env_file: Some("PORTAL_POSTGRES_FILE"),
        value_name: "URL",
        kind: Kind::Value,
        help: "PostgreSQL database in place of SQLite, as postgres://USER@HOST/DATABASE?sslmode=verify-full",
    },
    Setting {
        name: "redis",
        key: Some("redis"),
        env: Some("PORTAL_REDIS"),
        env_file: Some("PORTAL_REDIS_FILE"),
        value_name: "URL",
        kind: Kind::Value,
        help: "Redis server for limits and lockouts that portals share, as rediss://USER:PASSWORD@HOST",
    },
    Setting {
        name: "limits",
        key: Some("limits"),
        env: None,
        env_file: None,
        value_name: "FILE",
        kind: Kind::Value,
        help: "TOML file of the rate limits [default: the built-in table, limits.toml of the sources]",
    },
    Setting {
        name: "mail",
        key: Some("mail"),
        env: Some("PORTAL_MAIL"),
        env_file: None,
        value_name: "DIR",
        kind: Kind::Value,
        help: "Folder into which mails are written as .eml files [default: outbox in the data folder]",
    },
    Setting {
        name: "smtp",
        key: Some("smtp"),
        env: Some("PORTAL_SMTP"),
        env_file: Some("PORTAL_SMTP_FILE"),
        value_name: "URL",
        kind: Kind::Value,
        help: "Server that takes mails, as smtps://USER:PASSWORD@HOST or smtp://HOST?tls=required",
    },
    Setting {
        name: "secret-key-file",
        key: Some("secret_key_file"),
        env: None,
        env_file: None,
        value_name: "FILE",
        kind: Kind::Value,
        help: "File of the secret key, older ones on further lines [default: SECRET_KEY, or one made in the data folder]",
    },
    Setting {
        name: "production",
        key: Some("production"),
        env: None,
        env_file: None,
        value_name: "",
        kind: Kind::Switch,
        help: "Make no demo data and no demo accounts, and refuse a start that is not safe for real users",
    },
    Setting {
        name: "log",
        key: Some("log"),
        env: None,
        env_file: None,
        value_name: "FORMAT",
        kind: Kind::Value,
        help: "Form of the log lines on standard error: pretty or json [default: pretty]",
    },
    Setting {
        name: "log-dir",
        key: Some("log_dir"),
        env: None,
        env_file: None,
        value_name: "DIR",
        kind: Kind::Value,
        help: "Folder of log files as JSON lines, app.log and errors.log, 10 MiB and 5 older ones each [default: none]",
    },
    Setting {
        name: "ready-check",
        key: Some("ready_checks"),
        env: None,
        env_file: None,
        value_name: "NAME",
        kind: Kind::List,
        help: "What /health/ready asks for beside the database, repeatable: disk (64 MiB free) or redis [default: nothing]",
    },
    Setting {
        name: "sentry-dsn",
        key: Some("sentry_dsn"),
        env: Some("PORTAL_SENTRY_DSN"),
        env_file: Some("PORTAL_SENTRY_DSN_FILE"),
        value_name: "DSN",
        kind: Kind::Value,
        help: "Sentry project that is told of panics and errors, as https://KEY@HOST/PROJECT [default: nobody is]",
    },
    Setting {
        name: "sentry-environment",
        key: Some("sentry_environment"),
        env: Some("PORTAL_SENTRY_ENVIRONMENT"),
        env_file: None,
        value_name: "NAME",
        kind: Kind::Value,
        help: "Name under which Sentry keeps these errors apart [default: production with --production, else development]",
    },
    Setting {
        name: "sentry-ca",
        key: Some("sentry_ca"),
        env: Some("PORTAL_SENTRY_CA"),
        env_file: None,
        value_name: "FILE",
        kind: Kind::Value,
        help: "Certificates in PEM of who signed the certificate of Sentry [default: the roots of Mozilla]",
    },
    Setting {
        name: "config",
        key: None,
        env: Some("PORTAL_CONFIG"),
        env_file: None,
        value_name: "FILE",
        kind: Kind::Value,
        help: "TOML file with the keys listen, data, copies, public_url, allowed_hosts, trusted_proxies, postgres, redis, limits, mail, smtp, secret_key_file, production, log, log_dir, ready_checks, sentry_dsn, sentry_environment, sentry_ca",
    },
];

/// Where a value was written.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Environment(&'static str),
    File { file: String, line: usize, key: &'static str },
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => f.write_str(name),
            Self::File { file, line, key } => write!(f, "{file} line {line}, {key}"),
            Self::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// A value and where it was written.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// Everything that one source says, in its order.
#[derive(Default)]
pub(super) struct Written {
    given: Vec<(&'static str, Given)>,
}

impl Written {
    pub(super) fn add(&mut self, name: &'static str, given: Given) {
        self.given.push((name, given));
    }

    /// Returns what was written for a setting.
    pub(super) fn all(&self, name: &str) -> Vec<Given> {
        let of_name = self.given.iter().filter(|(at, _)| *at == name);
        of_name.map(|(_, given)| given.clone()).collect()
    }
}
