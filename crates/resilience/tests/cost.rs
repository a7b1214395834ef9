//! The `# Cost` sections, held to their word by the counting allocator and a counting clock.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use palisade_core::{Clock, ManualClock};
use palisade_resilience::breaker::{Breaker, BreakerLayer, BreakerPolicy};
use palisade_resilience::deadline::{Deadline, DeadlineLayer};
use palisade_resilience::retry::{Budget, BudgetPolicy, ErrorsAgain, Retry, RetryPolicy};
use palisade_resilience::{Dice, RuntimeClock};
use palisade_testkit::alloc::{Allocations, CountingAllocator, count, count_async};
use tower_layer::Layer;
use tower_service::Service;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// Counts how often it is read.
#[derive(Clone)]
struct Read(ManualClock, Arc<AtomicUsize>);

impl Read {
    fn new() -> Self {
        Self(ManualClock::new(), Arc::new(AtomicUsize::new(0)))
    }

    fn reads(&self) -> usize {
        self.1.swap(0, Ordering::SeqCst)
    }
}

impl Clock for Read {
    fn now(&self) -> Instant {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.now()
    }

    fn wall(&self) -> SystemTime {
        self.0.wall()
    }
}

fn breaker(policy: BreakerPolicy, clock: &Read) -> Breaker {
    let setup = Breaker::setup("redis", policy).with_clock(clock.clone());
    let breaker = setup.with_dice(Dice::seeded(1)).finish();
    clock.reads();
    breaker
}

fn free(cost: Allocations) {
    assert_eq!((cost.allocations, cost.bytes), (0, 0));
}

#[test]
fn a_closed_breaker_allocates_nothing_and_reads_no_clock_on_success() {
    let clock = Read::new();
    let closed = breaker(BreakerPolicy::default(), &clock);
    free(count(|| (0..100).for_each(|_| closed.acquire().unwrap().success())));
    assert_eq!(clock.reads(), 0);
    free(count(|| closed.acquire().unwrap().failure()));
    assert_eq!(clock.reads(), 1);
    let slow = BreakerPolicy::default().slow_after(Duration::from_secs(1));
    let timed = breaker(slow, &clock);
    free(count(|| timed.acquire().unwrap().success()));
    assert_eq!(clock.reads(), 2);
}

#[test]
fn an_open_breaker_refuses_for_one_clock_read() {
    let clock = Read::new();
    let policy = BreakerPolicy::default().failures_in_a_row(1).unwrap();
    let open = breaker(policy, &clock);
    open.acquire().unwrap().failure();
    clock.reads();
    free(count(|| open.acquire().unwrap_err()));
    assert_eq!(clock.reads(), 1);
}

struct Answers;

impl Service<http::Request<()>> for Answers {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<()>) -> Self::Future {
        ready(Ok(()))
    }
}

async fn call<S: Service<http::Request<()>>>(service: &mut S, request: http::Request<()>) {
    assert!(std::future::poll_fn(|cx| service.poll_ready(cx)).await.is_ok());
    assert!(service.call(request).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn layers_and_functions_allocate_nothing_on_the_way_that_succeeds() {
    let closed = breaker(BreakerPolicy::default(), &Read::new());
    let mut guarded = BreakerLayer::new(closed).layer(Answers);
    free(count_async(call(&mut guarded, http::Request::new(()))).await.1);

    let now = RuntimeClock::new().now();
    let deadline = Deadline::after(now, Duration::from_secs(1));
    free(count_async(deadline.run(ready(()))).await.1);
    let soon = Deadline::after(now, Duration::from_millis(5));
    let (result, cost) = count_async(soon.run(std::future::pending::<()>())).await;
    assert!(result.is_err(), "cut off by its timer");
    free(cost);
    let mut limited = DeadlineLayer::new(Duration::from_secs(1)).layer(Answers);
    let mut request = http::Request::new(());
    request.extensions_mut().insert(deadline);
    free(count_async(call(&mut limited, request)).await.1);
    // The deadline is new to this request: a box for it in a map that there is ...
    let mut request = http::Request::new(());
    request.extensions_mut().insert(7_u8);
    assert_eq!(count_async(call(&mut limited, request)).await.1.allocations, 1);
    // ... and the map with its table where there is none.
    let cost = count_async(call(&mut limited, http::Request::new(()))).await.1;
    assert_eq!(cost.allocations, 3);

    let budget = Budget::with_clock(BudgetPolicy::default(), ManualClock::new());
    let retry = Retry::setup(RetryPolicy::default()).with_budget(budget.clone()).finish();
    let run = retry.run(Some(deadline), |_| ready(Ok::<_, ()>(())), ErrorsAgain);
    free(count_async(run).await.1);
    free(count(|| budget.draw()));
}
