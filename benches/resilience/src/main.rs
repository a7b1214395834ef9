//! `cargo run --release -p resilience [-- --json]`: a call through a closed breaker.
//!
//! Everybody wraps the same service, which answers at once, and every call succeeds.

mod floor;

use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use harness::{Contestant, Effort, Shape};
use palisade_resilience::breaker::{Breaker, BreakerLayer, BreakerPolicy};
use palisade_testkit::alloc::CountingAllocator;
use tokio::runtime::Builder;
use tower::{Layer, Service, service_fn};
use tower_resilience_circuitbreaker::CircuitBreakerLayer;

use crate::floor::Floor;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const SHAPES: &[Shape] =
    &[Shape { name: "closed breaker, success", contestants: closed, effort: Effort::NANOS }];

fn main() {
    // The peer asks for a runtime, though no timer runs here.
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _inside = runtime.enter();
    harness::main("resilience/breaker", SHAPES);
}

fn answer(number: u64) -> Ready<Result<u64, ()>> {
    ready(Ok(number))
}

fn closed() -> Vec<Contestant> {
    let ours = BreakerLayer::new(Breaker::new("bench", BreakerPolicy::default()));
    let peer = CircuitBreakerLayer::builder()
        .failure_rate_threshold(0.5)
        .sliding_window_size(100)
        .build()
        .expect("valid settings");
    vec![
        contestant("palisade-resilience", ours.layer(service_fn(answer))),
        contestant("tower-resilience-circuitbreaker 0.13", peer.layer(service_fn(answer))),
        contestant("floor: two atomic words", Floor::new(service_fn(answer))),
        contestant("no breaker", service_fn(answer)),
    ]
}

/// Drives a service by hand: it answers at once, so that no runtime is in the figures.
fn contestant<S>(name: &'static str, mut service: S) -> Contestant
where
    S: Service<u64> + 'static,
{
    Contestant::new(name, move || {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready(), "ready at once");
        let future = pin!(service.call(black_box(7)));
        let answered = matches!(future.poll(&mut cx), Poll::Ready(Ok(_)));
        assert!(black_box(answered), "answers at once");
    })
}
