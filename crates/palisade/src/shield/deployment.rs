//! What a shield knows of its deployment.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::net::Ipv4Addr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, HOST, ORIGIN};
use http::{Extensions, HeaderMap, Request, Response};
use palisade_audit::{AuditLayer, Durability};
use palisade_edge::{ExternalUrl, Peer, TrustedProxies, external_url};
use palisade_headers::SecurityHeadersLayer;
use tower::service_fn;
use tower_http::cors::CorsLayer;
use tower_layer::Layer;
use tower_service::Service;

use super::{Part, Shield};
use crate::check::{Audit, Code, Cors, Deployment, Duty, Kept};

impl Shield {
    /// Tells what the shield is made of: proxies, hosts, the headers of a page, limits and where
    /// they are counted, the audit log, who may read from other sites, and every part that was
    /// left out.
    ///
    /// What it cannot know is added: the public url, secrets, instances, files, logins. A part
    /// that is done [`elsewhere`](Self::elsewhere) is not known, and nothing is said of it.
    ///
    /// # Example
    ///
    /// ```
    /// use palisade::check::{Code, Guard};
    /// use palisade::shield::{Part, Shield};
    ///
    /// let shield = Shield::web(["exams.example.org"])?
    ///     .elsewhere(Part::Https) // the proxy leads to it
    ///     .insecure_without(Part::BodyLimit);
    /// let findings = shield
    ///     .deployment()
    ///     .public_url("https://exams.example.org")
    ///     .login("POST /login", &[Guard::Lockout])
    ///     .check();
    /// let codes: Vec<Code> = findings.all().iter().map(|finding| finding.code()).collect();
    /// assert_eq!(codes, [Code::BodiesUnbounded, Code::ForwardingUntrusted, Code::AuditMissing]);
    /// # Ok::<(), palisade::shield::ShieldError>(())
    /// ```
    ///
    /// # Cost
    ///
    /// No I/O.
    pub fn deployment(&self) -> Deployment {
        Part::ORDER.iter().fold(Deployment::new(), |told, part| match duty(*part) {
            _ if self.has(*part) => self.tell(told, *part),
            Some(duty) if self.elsewhere.contains(part) => told.elsewhere(duty),
            None if self.elsewhere.contains(part) => told,
            _ => without(told, *part),
        })
    }

    const fn has(&self, part: Part) -> bool {
        match part {
            Part::Audit => self.audit.is_some(),
            Part::BodyLimit => self.body_limit.is_some(),
            Part::Cookies => self.cookies.is_some(),
            Part::Cors => self.cors.is_some(),
            Part::CrossOrigin => self.cross_origin.is_some(),
            Part::Deadline => self.deadline.is_some(),
            Part::Edge => self.edge.is_some(),
            Part::Etag => self.etag.is_some(),
            Part::Headers => self.headers.is_some(),
            Part::Hosts => self.hosts.is_some(),
            Part::Https => self.https.is_some(),
            Part::Limits => self.limits.is_some(),
            #[cfg(feature = "metrics")]
            Part::Metrics => self.metrics.is_some(),
            #[cfg(not(feature = "metrics"))]
            Part::Metrics => false,
            Part::Panics => self.panics,
            Part::RequestLog => self.request_log.is_some(),
        }
    }

    /// Tells what a part that is there says of itself.
    fn tell(&self, told: Deployment, part: Part) -> Deployment {
        match (part, self) {
            (Part::Audit, Self { audit: Some(layer), .. }) => told.audit(keeping(layer)),
            (Part::Cors, Self { cors: Some(cors), .. }) => told.cors(self.readers(cors)),
            (Part::Edge, Self { edge: Some(edge), .. }) => told.proxies(edge.proxies().ranges()),
            (Part::Headers, Self { headers: Some(headers), .. }) => told.answer(&page(headers)),
            (Part::Hosts, Self { hosts: Some(hosts), .. }) => told.hosts(hosts.hosts().patterns()),
            (Part::Limits, Self { limits: Some(limits), .. }) => {
                let told = told.limits(limits);
                if limits.count_here() { told.kept("limits", Kept::Memory) } else { told }
            }
            _ => told,
        }
    }

    /// Who may read from other sites, as the layer answers: those that can be guessed.
    fn readers(&self, cors: &CorsLayer) -> Cors {
        match reads(cors, "https://anybody.invalid") {
            Some(Credentials::Sent) => return Cors::AnyWithCredentials,
            Some(Credentials::Withheld) => return Cors::Any,
            None => {}
        }
        let hosts = self.hosts.iter().flat_map(|hosts| hosts.hosts().patterns());
        let plain = hosts.map(|host| format!("http://{}", host.trim_start_matches("*.")));
        let guessed = plain.chain(["null".to_owned()]);
        Cors::Origins(guessed.filter(|origin| reads(cors, origin).is_some()).collect())
    }
}

/// What nothing does.
fn without(told: Deployment, part: Part) -> Deployment {
    let code = match part {
        Part::BodyLimit => Code::BodiesUnbounded,
        Part::Cookies => Code::CookiesUnhardened,
        Part::CrossOrigin => Code::CrossSiteUnchecked,
        Part::Deadline => Code::DeadlineMissing,
        Part::Edge => Code::ClientsUnknown,
        Part::Https => return told.answers_clear_text(),
        Part::Limits => Code::LimitsMissing,
        Part::Panics => Code::PanicsUncaught,
        Part::RequestLog => Code::RequestsUnlogged,
        // Nothing told is a finding already, or nothing to find.
        Part::Audit | Part::Cors | Part::Etag | Part::Headers | Part::Hosts | Part::Metrics => {
            return told;
        }
    };
    told.seen(code, format!("the shield is without {part:?}"))
}

const fn duty(part: Part) -> Option<Duty> {
    match part {
        Part::Audit => Some(Duty::Audit),
        Part::Edge => Some(Duty::Forwarding),
        Part::Headers => Some(Duty::Answer),
        Part::Hosts => Some(Duty::Hosts),
        Part::Limits => Some(Duty::Limits),
        _ => None,
    }
}

fn keeping(layer: &AuditLayer) -> Audit {
    match layer.log().durability() {
        _ if !layer.waits() => Audit::Unawaited,
        Durability::Synced => Audit::Synced,
        _ => Audit::Written,
    }
}

/// The headers of a page over https.
fn page(headers: &SecurityHeadersLayer) -> HeaderMap {
    let (mut request, mut response) = (Extensions::new(), Response::new(()));
    if let Some(url) = over_https() {
        request.insert(url);
    }
    headers.open(&mut request).close(&mut response);
    response.into_parts().0.headers
}

/// A URL of no site in particular.
fn over_https() -> Option<ExternalUrl> {
    let request = Request::get("/").header(HOST, "localhost").body(()).ok()?;
    let peer = Peer::new((Ipv4Addr::LOCALHOST, 1).into()).over_tls();
    external_url(&peer, (&request).into(), &TrustedProxies::none()).ok()
}

/// What a page of another site may send along.
enum Credentials {
    Sent,
    Withheld,
}

/// Whether a page of that origin may read; nothing where the layer has to wait for that.
fn reads(cors: &CorsLayer, origin: &str) -> Option<Credentials> {
    let request = Request::get("/").header(ORIGIN, origin).body(()).ok()?;
    let empty = |_: Request<()>| ready(Ok::<_, Infallible>(Response::new(())));
    let answer = pin!(cors.layer(service_fn(empty)).call(request));
    let Poll::Ready(Ok(answer)) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        return None;
    };
    let headers = answer.headers();
    let allowed = headers.get(ACCESS_CONTROL_ALLOW_ORIGIN)?;
    let credentials = headers.get(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    (allowed == "*" || allowed == origin).then_some(match credentials {
        Some(_) => Credentials::Sent,
        None => Credentials::Withheld,
    })
}
