//! The server and what it holds.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::background::Background;
use crate::error::Error;
use crate::errors::envelope::{Envelope, parse};
use crate::inbox::Inbox;

const MAX_BODY: usize = 20 << 20;

/// What an [`ErrorSink`] does to its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SinkFault {
    /// Answers 500 and keeps nothing.
    Fail,
    /// Takes the request and never answers.
    Hang,
    /// Takes every envelope.
    #[default]
    None,
    /// Answers 429 with that many seconds in `Retry-After` and keeps nothing.
    RateLimit(u32),
}

#[derive(Debug)]
struct Shared {
    inbox: Inbox<Envelope>,
    refused: Mutex<Vec<String>>,
    requests: AtomicUsize,
    fault: Mutex<SinkFault>,
}

/// An HTTP server on 127.0.0.1 that keeps the envelopes posted to `/api/{project}/envelope/`.
#[derive(Debug)]
pub struct ErrorSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    background: Background,
}

impl ErrorSink {
    /// Starts a sink.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when no port can be listened on.
    pub fn start() -> Result<Self, Error> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("listen for errors"))?;
        let address = listener.local_addr().map_err(Error::io("listen for errors"))?;
        let background = Background::start()?;
        let listener = background.listener(listener)?;
        let shared = Arc::new(Shared {
            inbox: Inbox::new(),
            refused: Mutex::default(),
            requests: AtomicUsize::new(0),
            fault: Mutex::default(),
        });
        let for_requests = Arc::clone(&shared);
        background.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&for_requests);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                let io = TokioIo::new(stream);
                drop(tokio::spawn(async move {
                    let _ = http1::Builder::new().serve_connection(io, service).await;
                }));
            }
        });
        Ok(Self { address, shared, background })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the DSN for a client: key `key`, project 1.
    #[must_use]
    pub fn dsn(&self) -> String {
        format!("http://key@{}/1", self.address)
    }

    /// Switches what the next requests meet.
    pub fn set(&self, fault: SinkFault) {
        *lock(&self.shared.fault) = fault;
    }

    /// Returns the envelopes so far, oldest first.
    #[must_use]
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.shared.inbox.all()
    }

    /// Returns why requests were refused as malformed, oldest first.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        lock(&self.shared.refused).clone()
    }

    /// Returns how many requests came, whatever became of them.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Waits until there are so many envelopes and returns all.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`].
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Envelope>, Error> {
        self.shared.inbox.wait_for(&self.background, "envelopes", count, limit).await
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<String>, Infallible> {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let fault = *lock(&shared.fault);
    Ok(match fault {
        SinkFault::Fail => respond(StatusCode::INTERNAL_SERVER_ERROR, "told to fail"),
        SinkFault::Hang => std::future::pending().await,
        SinkFault::RateLimit(seconds) => {
            let mut response = respond(StatusCode::TOO_MANY_REQUESTS, "told to limit");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        SinkFault::None => match take(request).await {
            Ok(envelope) => {
                let id = serde_json::json!({ "id": envelope.headers.get("event_id") });
                shared.inbox.push(envelope);
                respond(StatusCode::OK, &id.to_string())
            }
            Err((status, why)) => {
                lock(&shared.refused).push(why.clone());
                respond(status, &why)
            }
        },
    })
}

async fn take(request: Request<Incoming>) -> Result<Envelope, (StatusCode, String)> {
    let wrong = |why: String| (StatusCode::BAD_REQUEST, why);
    let path = request.uri().path().to_owned();
    let project = path
        .strip_prefix("/api/")
        .and_then(|rest| rest.strip_suffix("/envelope/"))
        .filter(|project| !project.is_empty() && !project.contains('/'))
        .ok_or_else(|| (StatusCode::NOT_FOUND, format!("no such path: {path}")))?
        .to_owned();
    if request.method() != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, format!("{} is not POST", request.method())));
    }
    if let Some(encoding) = request.headers().get(header::CONTENT_ENCODING) {
        let why = format!("content encoding {encoding:?} is not understood");
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let signed = request.headers().get("x-sentry-auth").and_then(|value| value.to_str().ok());
    let auth = signed.or_else(|| request.uri().query()).map(str::to_owned);
    let body = Limited::new(request.into_body(), MAX_BODY)
        .collect()
        .await
        .map_err(|error| wrong(format!("the body: {error}")))?;
    let bytes = body.to_bytes().to_vec();
    let (headers, items) = parse(&bytes).map_err(wrong)?;
    Ok(Envelope { project, auth, headers, items, bytes })
}

fn respond(status: StatusCode, body: &str) -> Response<String> {
    let mut response = Response::new(body.to_owned());
    *response.status_mut() = status;
    response
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
