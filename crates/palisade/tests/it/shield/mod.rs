//! Every layer in the one right order, and what another order loses.

#[cfg(feature = "metrics")]
mod answers;
mod cost;
mod deployment;
mod order;
mod servers;
mod whole;

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use palisade::edge::Peer;
use palisade::headers::csp::Nonce;
use palisade::shield::Body;
use tower::{Service, ServiceExt, service_fn};

pub(crate) const HOST: &str = "exams.example.org";

/// A request of a client on a connection, over TLS.
pub(crate) fn request(method: &str, path: &str) -> Request<Body> {
    let mut request =
        Request::builder().method(method).uri(path).header("host", HOST).body(Body::default());
    let peer = Peer::new(([192, 0, 2, 7], 50123).into()).over_tls();
    request.as_mut().unwrap().extensions_mut().insert(peer);
    request.unwrap()
}

pub(crate) async fn ask<S, B>(service: &S, request: Request<Body>) -> Response<B>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
{
    service.clone().oneshot(request).await.unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.into()).unwrap()
}

/// An application: it panics, hangs, reads bodies and says hello.
pub(crate) fn app()
-> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    service_fn(async |request: Request<Body>| {
        let (parts, body) = request.into_parts();
        match parts.uri.path() {
            "/page" => {
                let nonce = parts.extensions.get::<Nonce>().unwrap().value().unwrap();
                let page = format!("<script nonce={nonce}></script>");
                let page = Body::from(Bytes::from(page));
                return Ok(Response::builder().header("etag", "\"1\"").body(page).unwrap());
            }
            "/tagged" => {
                let page = Body::from(Bytes::from_static(b"tagged"));
                return Ok(Response::builder().header("etag", "\"1\"").body(page).unwrap());
            }
            "/panics" => panic!("the secret is 4711"),
            "/hangs" => std::future::pending().await,
            "/reads" => {
                let read = body.collect().await;
                let status = if read.is_ok() { 200 } else { 413 };
                let answer = Response::builder().status(status).body(Body::default());
                return Ok(answer.unwrap());
            }
            _ => {}
        }
        Ok::<_, Infallible>(Response::new(Body::from(Bytes::from_static(b"hello"))))
    })
}
