//! The whole portal in this process, asked anything by anybody: by the tests here, and by the fuzz
//! target `portal_router`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use exam_portal::Inside;
use http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt;
use palisade_core::ManualClock;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::asked::{ACCOUNTS, Asked};

/// After so many requests a new portal takes the place of the one that has grown.
const REQUESTS: u32 = 4_096;
/// The most bytes of a refusal.
const REFUSAL: usize = 8 * 1024;

static PORTAL: Mutex<Option<Portal>> = Mutex::new(None);

/// No request is a mistake of the portal, and every refusal of a call is a small problem (RFC 9457).
pub(crate) fn is_no_mistake(data: &[u8]) {
    let asked = Asked::read(data);
    let mut place = PORTAL.lock().unwrap_or_else(PoisonError::into_inner);
    let busy = |(response, _): &(Response<()>, Vec<u8>)| response.status() == 503;
    // On a machine that stands still for seconds the database is busy once.
    let answer = match answered(&mut place, &asked) {
        Some(first) if busy(&first) => {
            close(&mut place);
            answered(&mut place, &asked)
        }
        other => other,
    };
    let Some((response, body)) = answer else { return };
    let status = response.status().as_u16();
    assert!(status < 500, "{asked:?}: {response:?}");
    if asked.is_call() && status >= 400 {
        let kind = response.headers().get(CONTENT_TYPE);
        assert_eq!(kind.map(HeaderValue::as_bytes), Some(&b"application/problem+json"[..]));
        assert!(body.len() <= REFUSAL, "{asked:?}: {} bytes", body.len());
    }
}

/// Has the request answered by a portal that lets its account in.
fn answered(place: &mut Option<Portal>, asked: &Asked<'_>) -> Option<(Response<()>, Vec<u8>)> {
    loop {
        let portal = place.get_or_insert_with(Portal::open);
        let is_new = portal.requests == 0;
        let session = asked.account.and_then(|name| portal.session(name));
        let is_let_in = session.is_some() || asked.account.is_none();
        if is_let_in && portal.requests < REQUESTS {
            let (response, body) = portal.answer(request(asked, session)?);
            if let Some(name) = asked.account
                && (response.headers().contains_key(SET_COOKIE) || response.status() == 401)
            {
                portal.sessions.remove(name);
            }
            return Some((response, body));
        }
        // An administrator may have locked the others out, and himself.
        assert!(!is_new, "{:?} is not let in", asked.account);
        close(place);
    }
}

fn close(place: &mut Option<Portal>) {
    if let Some(Portal { inside, runtime, .. }) = place.take() {
        runtime.block_on(inside.close());
    }
}

/// Writes the request; none where HTTP has no such request.
fn request(asked: &Asked<'_>, session: Option<HeaderValue>) -> Option<Request<Body>> {
    let mut request = Request::builder().method(asked.method).uri(&asked.path);
    if !asked.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request = request.header(HOST, "localhost");
    }
    for (name, value) in &asked.headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(asked.body.to_vec())).ok()?;
    if let Some(session) = session {
        request.headers_mut().insert(COOKIE, session);
    }
    Some(request)
}

/// A portal with demo data, whose clock stands still.
struct Portal {
    inside: Inside,
    passwords: HashMap<String, String>,
    /// Cookies of those who are signed in.
    sessions: HashMap<&'static str, HeaderValue>,
    requests: u32,
    runtime: Runtime,
    _folder: TempDir,
}

impl Portal {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let limits = folder.path().join("limits.toml");
        std::fs::write(&limits, include_str!("../../limits.load.toml")).unwrap();
        let flags = ["exam-portal", "--limits"].map(Into::into);
        let data = folder.path().join("data");
        let args = flags.into_iter().chain([limits.into(), "--data".into(), data.into()]);
        let clock = Arc::new(ManualClock::starting_at(Duration::from_secs(1_796_000_000)));
        let inside = runtime.block_on(Inside::open(args, clock)).unwrap();
        let passwords = inside.accounts().filter_map(|line| {
            let (name, password) = line.strip_prefix("account ")?.split_once(" password ")?;
            Some((name.to_owned(), password.to_owned()))
        });
        let passwords: HashMap<_, _> = passwords.collect();
        assert_eq!(passwords.len(), ACCOUNTS.iter().flatten().count());
        Self { passwords, inside, sessions: HashMap::new(), requests: 0, runtime, _folder: folder }
    }

    /// Returns the cookie of an account, which may sign in anew; nothing if it is not let in.
    fn session(&mut self, name: &'static str) -> Option<HeaderValue> {
        if let Some(session) = self.sessions.get(name) {
            return Some(session.clone());
        }
        let password = self.passwords.get(name)?;
        let body = format!(r#"{{"username": "{name}", "password": "{password}"}}"#);
        let request = Request::post("/api/v1/auth/login")
            .header(HOST, "localhost")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .ok()?;
        let (response, body) = self.answer(request);
        let pending = body.windows(27).any(|part| part == br#""must_change_password":true"#);
        let cookie = response.headers().get(SET_COOKIE)?.to_str().ok()?;
        let cookie = HeaderValue::from_str(cookie.split(';').next()?).ok()?;
        if !response.status().is_success() || pending {
            return None;
        }
        self.sessions.insert(name, cookie.clone());
        Some(cookie)
    }

    fn answer(&mut self, request: Request<Body>) -> (Response<()>, Vec<u8>) {
        self.requests += 1;
        let client = SocketAddr::from(([127, 0, 0, 1], 50_123));
        self.runtime.block_on(async {
            let (parts, body) = self.inside.answer(request, client).await.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            (Response::from_parts(parts, ()), body.to_vec())
        })
    }
}
