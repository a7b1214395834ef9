//! Who checks where a request comes from.

use std::convert::Infallible;
use std::future::ready;

use harness::{Contestant, Effort, Shape};
use http::{HeaderName, Request, Response, StatusCode};
use palisade_headers::csrf::{CrossOriginLayer, Policy};
use tower::{Layer, service_fn};
use tower_http::csrf::CsrfLayer;

use crate::contestants::{Body, contestant, inner, request};

pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "form post, Sec-Fetch-Site", contestants: fetch_site, effort: Effort::NANOS },
    Shape { name: "form post, Origin", contestants: origin, effort: Effort::NANOS },
];

const SITE: (&str, &str) = ("sec-fetch-site", "same-origin");
const ORIGIN: (&str, &str) = ("origin", "https://shop.example.com");

/// A form post of a current browser, which sends both.
fn fetch_site() -> Vec<Contestant> {
    contestants(&[SITE, ORIGIN], "sec-fetch-site", "same-origin")
}

fn origin() -> Vec<Contestant> {
    contestants(&[ORIGIN], "origin", "https://shop.example.com")
}

fn contestants(
    headers: &[(&'static str, &'static str)],
    name: &'static str,
    expected: &'static str,
) -> Vec<Contestant> {
    let request = || request("POST", headers);
    let trusted = "https://admin.example.com";
    let policy = Policy::new().add_trusted_origin(trusted).expect("an origin");
    let peer = CsrfLayer::new().add_trusted_origin(trusted).expect("an origin");
    let name = HeaderName::from_static(name);
    let floor = service_fn(move |request: Request<()>| {
        let mut answer = Response::new(Body::default());
        if request.headers().get(&name).is_none_or(|value| value != expected) {
            *answer.status_mut() = StatusCode::FORBIDDEN;
        }
        ready(Ok::<_, Infallible>(answer))
    });
    vec![
        contestant("palisade-headers", CrossOriginLayer::new(policy).layer(inner()), request()),
        contestant("tower-http 0.7 csrf", peer.layer(inner()), request()),
        contestant("floor: look-up and compare, no headers in the answer", floor, request()),
        contestant("no check", inner(), request()),
    ]
}
