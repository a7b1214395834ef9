//! What a whole shield allocates for a request, exactly.

use bytes::Bytes;
use http::{Request, Response};
use palisade::shield::{Body, Part, Shield, Shielded};
use palisade_testkit::alloc::count_returning;
use tower::{Layer, Service, service_fn};

use super::{HOST, request};

fn allocations(service: &Shielded) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = || {
        let mut service = service.clone();
        let request = request("GET", "/");
        let (answered, made) =
            count_returning(|| runtime.block_on(async { service.call(request).await }));
        assert_eq!(answered.unwrap().status(), 200);
        made.allocations
    };
    // The first round fills what is filled once.
    ask();
    ask();
    ask()
}

fn of(shield: &Shield) -> u64 {
    allocations(&shield.layer(service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(Response::new(Body::from(Bytes::from_static(b"hello"))))
    })))
}

#[test]
fn a_shield_allocates_what_its_parts_do() {
    let whole = Shield::web([HOST]).unwrap();
    let bare =
        Part::ORDER.iter().fold(whole.clone(), |shield, part| shield.insecure_without(*part));
    let (whole, bare) = (of(&whole), of(&bare));
    println!("{whole} allocations, {bare} without any part");
    assert!(bare <= 6, "{bare}");
    assert!(whole <= 34, "{whole}");
}
