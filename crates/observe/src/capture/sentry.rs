//! Sentry, and whoever else takes its envelopes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sentry::protocol::{
    Context, Event, Exception, Frame as SentryFrame, Level, Map, Mechanism, Stacktrace, User, Value,
};
use sentry::transports::{RateLimiter, RateLimitingCategory};
use sentry::{Client, ClientOptions, Envelope, Transport};
use ureq::Agent;
use ureq::tls::TlsConfig;

use super::{Authorities, ErrorSink, Frame, Kind, Report, SendError};

/// Tells reports to Sentry, in its envelopes over HTTP or HTTPS.
///
/// Certificates are checked against the roots of Mozilla that come with the program, or against
/// [`Authorities`] of one's own. A proxy is taken from `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`. Where the server says that it is sent too much, it is
/// left alone for as long as it says.
///
/// # Security
///
/// Nothing is sent that a [`Report`] does not hold: no headers, no bodies, no name of the host, no
/// address; what spans bind is sent, and with the span of `RequestLogLayer` that is also the client's
/// address.
pub struct SentrySink {
    client: Client,
    wire: Arc<Wire>,
}

/// Where a project takes reports, and the key to it; `Debug` and `Display` keep the key to themselves.
#[derive(Clone)]
pub struct Dsn {
    dsn: sentry::types::Dsn,
}

/// Text that is no DSN; it is not repeated, for it holds a key.
#[derive(Debug, thiserror::Error)]
#[error("not a DSN: write https://KEY@HOST/PROJECT")]
#[non_exhaustive]
pub struct DsnError {}

impl FromStr for Dsn {
    type Err = DsnError;

    fn from_str(text: &str) -> Result<Self, DsnError> {
        let dsn = text.parse().map_err(|_| DsnError {})?;
        Ok(Self { dsn })
    }
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.dsn.scheme(), self.dsn.host());
        write!(f, "{scheme}://***@{host}:{}/{}", self.dsn.port(), self.dsn.project_id())
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl SentrySink {
    /// How long a report may take on its way.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// Tells the project of this DSN.
    #[must_use]
    pub fn new(dsn: &Dsn) -> Self {
        Self::over(dsn, TlsConfig::default())
    }

    /// Tells the project of this DSN, on a server whose certificate one of these has signed.
    #[must_use]
    pub fn with_authorities(dsn: &Dsn, authorities: &Authorities) -> Self {
        Self::over(dsn, TlsConfig::builder().root_certs(authorities.roots()).build())
    }

    fn over(dsn: &Dsn, tls: TlsConfig) -> Self {
        let Dsn { dsn } = dsn.clone();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(Self::PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        let mut options = ClientOptions::new();
        let wire = Arc::new(Wire {
            agent: config.new_agent(),
            url: dsn.envelope_api_url().to_string(),
            auth: dsn.to_auth(Some(&options.user_agent)).to_string(),
            state: Mutex::new(State { limits: RateLimiter::new(), last: Ok(()) }),
        });
        options.dsn = Some(dsn);
        options.default_integrations = false;
        options.transport = Some(Arc::new(Arc::clone(&wire)));
        Self { client: Client::with_options(options), wire }
    }
}

impl fmt::Debug for SentrySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentrySink").finish_non_exhaustive()
    }
}

impl ErrorSink for SentrySink {
    fn send(&mut self, report: &Report) -> Result<(), SendError> {
        // The client sends at once, through `Wire`.
        self.wire.note(Err("the client did not send it".to_owned()));
        self.client.capture_event(event(report), None);
        self.wire.last().map_err(SendError::new)
    }
}

/// Sends on the thread that calls, so that what becomes of a report is known.
struct Wire {
    agent: Agent,
    url: String,
    auth: String,
    state: Mutex<State>,
}

struct State {
    limits: RateLimiter,
    last: Result<(), String>,
}

impl Wire {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what became of an envelope.
    fn note(&self, outcome: Result<(), String>) {
        self.state().last = outcome;
    }

    /// Returns what became of the last envelope.
    fn last(&self) -> Result<(), String> {
        self.state().last.clone()
    }

    fn post(&self, envelope: &Envelope) -> Result<(), String> {
        let mut state = self.state();
        if state.limits.is_disabled(RateLimitingCategory::Error).is_some() {
            return Err("the server asked for a pause".to_owned());
        }
        let mut body = Vec::new();
        envelope.to_writer(&mut body).map_err(|error| error.to_string())?;
        let request = self.agent.post(&self.url).header("X-Sentry-Auth", &self.auth);
        let answer = request.send(&body).map_err(|error| error.to_string())?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some(limits) = header("x-sentry-rate-limits") {
            state.limits.update_from_sentry_header(limits);
        } else if let Some(after) = header("retry-after") {
            state.limits.update_from_retry_after(after);
        } else if answer.status() == 429 {
            state.limits.update_from_429();
        }
        if answer.status().is_success() {
            return Ok(());
        }
        Err(format!("the server answered {}", answer.status().as_u16()))
    }
}

impl Transport for Wire {
    fn send_envelope(&self, envelope: Envelope) {
        let outcome = self.post(&envelope);
        self.note(outcome);
    }
}

fn event(report: &Report) -> Event<'static> {
    let exception = Exception {
        ty: kind(report),
        value: Some(report.message.clone()),
        module: Some(report.target.to_owned()),
        stacktrace: stack(&report.frames),
        mechanism: Some(Mechanism {
            ty: report.kind.as_str().to_owned(),
            handled: Some(report.kind != Kind::Panic),
            ..Mechanism::default()
        }),
        ..Exception::default()
    };
    let mut contexts = Map::new();
    if let Some(trace) = report.trace {
        let trace = sentry::protocol::TraceContext {
            trace_id: trace.trace_id().to_be_bytes().into(),
            span_id: trace.span_id().to_be_bytes().into(),
            ..sentry::protocol::TraceContext::default()
        };
        contexts.insert("trace".to_owned(), trace.into());
    }
    if !report.context.is_empty() {
        contexts.insert("spans".to_owned(), Context::Other(values(&report.context)));
    }
    let mut extra = values(&report.fields);
    extra.insert("repeated".to_owned(), report.repeated.into());
    extra.insert("lost".to_owned(), report.lost.into());
    let tags = [
        ("location", report.location.clone()),
        ("request_id", report.request_id.as_ref().map(ToString::to_string)),
        ("route", report.route.clone()),
        ("status", report.status.map(|status| status.to_string())),
    ];
    let tags = tags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let owned = |text: &Arc<str>| Cow::Owned(String::from(&**text));
    Event {
        level: if report.kind == Kind::Panic { Level::Fatal } else { Level::Error },
        fingerprint: vec![Cow::Owned(format!("{:016x}", report.fingerprint))].into(),
        transaction: report.route.clone(),
        logger: Some(report.target.to_owned()),
        platform: Cow::Borrowed("rust"),
        timestamp: report.at,
        release: report.release.as_ref().map(owned),
        environment: report.environment.as_ref().map(owned),
        user: report.user.clone().map(|id| User { id: Some(id), ..User::default() }),
        contexts,
        exception: vec![exception].into(),
        tags: tags.collect(),
        extra,
        ..Event::default()
    }
}

fn kind(report: &Report) -> String {
    match (report.kind, report.status) {
        (Kind::Request, Some(status)) => format!("status {status}"),
        (kind, _) => kind.as_str().to_owned(),
    }
}

/// Sentry's stacks begin with the outermost call.
fn stack(frames: &[Frame]) -> Option<Stacktrace> {
    let frames = frames.iter().rev().map(|frame| SentryFrame {
        function: Some(frame.function.clone()),
        filename: frame.file.clone(),
        lineno: frame.line.map(u64::from),
        in_app: Some(frame.own),
        ..SentryFrame::default()
    });
    let frames: Vec<SentryFrame> = frames.collect();
    (!frames.is_empty()).then(|| Stacktrace { frames, ..Stacktrace::default() })
}

fn values(list: &[(&'static str, String)]) -> Map<String, Value> {
    let value = |json: &str| json.parse().unwrap_or_else(|_| Value::String(json.to_owned()));
    list.iter().map(|(name, json)| ((*name).to_owned(), value(json))).collect()
}
