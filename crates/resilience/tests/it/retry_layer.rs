//! Retry around an HTTP client.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Method, Request, Response};
use palisade_core::Clock;
use palisade_resilience::RuntimeClock;
use palisade_resilience::deadline::{CarriesDeadline, Deadline, DeadlineError};
use palisade_resilience::retry::{Repeatable, Retry, RetryLayer, RetryPolicy, Verdict};
use tower::{Layer, Service, ServiceExt};

fn now() -> Instant {
    RuntimeClock::new().now()
}

/// A server that gives these answers in turn, and refuses to be called without being ready.
#[derive(Default)]
struct Server {
    answers: Arc<Mutex<Vec<Response<()>>>>,
    seen: Arc<Mutex<Vec<(Instant, String)>>>,
    ready: bool,
}

impl Clone for Server {
    fn clone(&self) -> Self {
        Self { answers: Arc::clone(&self.answers), seen: Arc::clone(&self.seen), ready: false }
    }
}

impl Service<Request<String>> for Server {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        self.seen.lock().unwrap().push((now(), request.into_body()));
        ready(Ok(self.answers.lock().unwrap().remove(0)))
    }
}

fn server(answers: &[(u16, Option<&str>)]) -> Server {
    let answers = answers.iter().map(|(status, retry_after)| {
        let mut response = Response::builder().status(*status);
        if let Some(wait) = retry_after {
            response = response.header("retry-after", *wait);
        }
        response.body(()).unwrap()
    });
    Server { answers: Arc::new(Mutex::new(answers.collect())), ..Server::default() }
}

fn layer() -> RetryLayer {
    RetryLayer::new(Retry::new(RetryPolicy::default()))
}

fn request(method: Method) -> Request<String> {
    Request::builder().method(method).body("body".to_owned()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_be_repeated_is_and_sends_its_body_again() {
    for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
        let server = server(&[(503, None), (502, None), (200, None)]);
        let request = request(method.parse().unwrap());
        let response = layer().layer(server.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let seen = server.seen.lock().unwrap();
        assert_eq!(seen.iter().map(|seen| seen.1.as_str()).collect::<Vec<_>>(), ["body"; 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_is_charged_twice() {
    for method in ["POST", "PATCH", "CONNECT", "TRANSFER"] {
        let server = server(&[(503, None), (200, None)]);
        let request = request(method.parse().unwrap());
        let response = layer().layer(server.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 503, "{method} must not be repeated");
        assert_eq!(server.seen.lock().unwrap().len(), 1);
    }
    let server = server(&[(503, None), (200, None)]);
    let mut keyed = request(Method::POST);
    keyed.extensions_mut().insert(Repeatable);
    let response = layer().layer(server).oneshot(keyed).await.unwrap();
    assert_eq!(response.status(), 200, "one that says it is safe is repeated");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_sent_once_is_sent_once() {
    let server = server(&[(503, None), (200, None)]);
    let layer = layer().with_replay(|_: &String| None);
    let response = layer.layer(server.clone()).oneshot(request(Method::PUT)).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_answers_that_may_pass_are_asked_for_again() {
    for (status, tries) in [(200, 1), (400, 1), (404, 1), (500, 1), (501, 1)]
        .into_iter()
        .chain([408, 429, 502, 503, 504].map(|status| (status, 3)))
    {
        let server = server(&[(status, None); 3]);
        let response = layer().layer(server.clone()).oneshot(request(Method::GET)).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(server.seen.lock().unwrap().len(), tries, "{status}");
    }
    let server = server(&[(500, None), (500, None), (200, None)]);
    let layer = layer().with_judge(|result: &Result<Response<()>, Infallible>| match result {
        Ok(response) if response.status() == 200 => Verdict::Done,
        _ => Verdict::Again,
    });
    let response = layer.layer(server).oneshot(request(Method::GET)).await.unwrap();
    assert_eq!(response.status(), 200, "another judge, another verdict");
}

#[tokio::test(start_paused = true)]
async fn nobody_comes_back_before_retry_after_says_so() {
    let server = server(&[(429, Some("3")), (200, None)]);
    layer().layer(server.clone()).oneshot(request(Method::GET)).await.unwrap();
    let seen = server.seen.lock().unwrap();
    let wait = seen[1].0 - seen[0].0;
    assert!(wait >= Duration::from_secs(3) && wait < Duration::from_millis(3110), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_cannot_hold_a_caller_with_retry_after() {
    for wait in ["3600", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let (start, server) = (now(), server(&[(503, Some(wait)), (200, None)]));
        let response = layer().layer(server).oneshot(request(Method::GET)).await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(now(), start);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_would_miss_the_deadline_is_not_waited_for() {
    let (start, server) = (now(), server(&[(503, Some("2")), (200, None)]));
    let mut request = request(Method::GET);
    request.set_deadline(Deadline::after(start, Duration::from_secs(1)));
    let response = layer().layer(server).oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), now()), (503, start));
}

#[tokio::test(start_paused = true)]
async fn a_try_that_hangs_is_given_up() {
    let start = now();
    let policy = RetryPolicy::default().try_limit(Duration::from_millis(50));
    let layer = RetryLayer::new(Retry::new(policy));
    let hangs = tower::service_fn(|_: Request<String>| {
        std::future::pending::<Result<Response<()>, Infallible>>()
    });
    let result = layer.layer(hangs).oneshot(request(Method::GET)).await;
    assert!(matches!(result, Err(DeadlineError::Exceeded(_))));
    assert!(now() - start < Duration::from_millis(460), "{:?}", now() - start);
}

/// Ready for its first call and never again.
#[derive(Clone)]
struct Once(Arc<Mutex<bool>>);

impl Service<Request<String>> for Once {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if std::mem::take(&mut *self.0.lock().unwrap()) {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        ready(Ok(Response::builder().status(503).body(()).unwrap()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_becomes_ready_again_does_not_hold_the_caller() {
    let start = now();
    let mut request = request(Method::GET);
    request.set_deadline(Deadline::after(start, Duration::from_secs(1)));
    let client = Once(Arc::new(Mutex::new(true)));
    let result = layer().layer(client).oneshot(request).await;
    assert!(matches!(result, Err(DeadlineError::Exceeded(_))));
    assert!(now() - start <= Duration::from_millis(1001));
}

#[test]
fn a_service_adds_one_pointer() {
    assert_eq!(size_of_val(&layer().layer(())), size_of::<usize>());
}
