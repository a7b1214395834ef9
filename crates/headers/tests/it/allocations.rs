//! What the layers allocate, exactly.

use http::{HeaderValue, Response, header};
use palisade_headers::SecurityHeaders;
use palisade_headers::csp::Nonce;
use palisade_headers::csrf::{Policy, check};
use palisade_testkit::alloc::count;

use crate::site::request;

/// A response with the two headers that most have.
fn answer() -> Response<()> {
    let mut answer = Response::new(());
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("12"));
    answer
}

#[test]
fn the_fixed_set_costs_three_allocations() {
    for preset in [SecurityHeaders::compat(), SecurityHeaders::api()] {
        let layer = preset.finish().unwrap();
        let (mut request, mut answer) = (request("GET", "https://example.com/"), answer());
        let made = count(|| layer.open(request.extensions_mut()).close(&mut answer));
        assert!(made.allocations <= 3, "{made:?}");
    }
}

#[test]
fn a_nonce_costs_three_more() {
    let layer = SecurityHeaders::strict().finish().unwrap();
    let round = || {
        let (mut request, mut answer) = (request("GET", "https://example.com/"), answer());
        count(|| {
            let exchange = layer.open(request.extensions_mut());
            request.extensions().get::<Nonce>().unwrap().value().unwrap();
            exchange.close(&mut answer);
        })
    };
    let made = round();
    assert!(made.allocations <= 6, "{made:?}");
}

#[test]
fn a_cross_site_check_costs_none() {
    let policy = Policy::new().add_trusted_origin("https://admin.example").unwrap();
    let table = [
        ("POST", "sec-fetch-site", "same-origin"),
        ("POST", "sec-fetch-site", "cross-site"),
        ("POST", "origin", "https://example.com"),
        ("POST", "origin", "https://attacker.example"),
        ("GET", "accept", "*/*"),
    ];
    for (method, name, value) in table {
        let mut request = request(method, "https://example.com/?a=b");
        request.headers_mut().insert(name, HeaderValue::from_static(value));
        let (parts, ()) = request.into_parts();
        let made = count(|| check(&parts, &policy).is_ok());
        assert_eq!(made.allocations, 0, "{method} {name}");
    }
}
