//! The governor crate as a store, for who already runs it.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{NotUntil, RateLimiter};

use super::Verdict;
use super::{Act, Ask, Outcome, Reading, Readings, Store, StoreError, StoreErrorKind, StoreFuture};
use crate::quota::{Gcra, Meter, Quota};

type Limiter<C> =
    RateLimiter<(u128, u64), DashMapStateStore<(u128, u64)>, C, StateInformationMiddleware>;

/// Counts in keyed limiters of the governor crate, one for each quota.
///
/// It keeps less of the [contract](super) than the stores of this crate: governor cannot look without
/// charging, nor give back. Of several asks those before the one that refuses stay charged; a peek
/// and a refund are errors; strict windows of up to 16 are errors. Nothing bounds its memory but
/// [`retain_recent`](Self::retain_recent), called now and then.
pub struct GovernorStore<C: Clock = MonotonicClock> {
    limiters: Vec<(Gcra, Limiter<C>)>,
    clock: C,
}

impl GovernorStore {
    /// Makes a limiter for each of these quotas that has a burst.
    pub fn for_quotas(quotas: impl IntoIterator<Item = Quota>) -> Self {
        Self::with_clock(quotas, MonotonicClock)
    }
}

impl<C: Clock + Clone> GovernorStore<C> {
    /// Does the same with a clock of governor's.
    pub fn with_clock(quotas: impl IntoIterator<Item = Quota>, clock: C) -> Self {
        let mut limiters = Vec::new();
        for meter in quotas.into_iter().filter_map(Quota::meter) {
            let Meter::Bucket(gcra) = meter else { continue };
            let quota = governor::Quota::with_period(Duration::from_nanos(gcra.interval()));
            if let Some((quota, burst)) = quota.zip(NonZeroU32::new(gcra.burst())) {
                let limiter =
                    RateLimiter::dashmap_with_clock(quota.allow_burst(burst), clock.clone());
                limiters.push((gcra, limiter.with_middleware()));
            }
        }
        Self { limiters, clock }
    }
}

impl<C: Clock> GovernorStore<C> {
    /// Forgets keys that owe nothing; reads every key.
    pub fn retain_recent(&self) {
        for (_, limiter) in &self.limiters {
            limiter.retain_recent();
        }
    }

    fn take(&self, ask: &Ask) -> Option<Reading> {
        let Meter::Bucket(gcra) = ask.meter() else { return None };
        let interval = gcra.interval();
        if ask.amount() > gcra.burst() {
            return Some(Reading::new(Outcome::Never, 0, 0, interval, interval));
        }
        let (_, limiter) = self.limiters.iter().find(|(known, _)| *known == gcra)?;
        let key = (ask.subject().hash(), ask.rule().bits());
        let amount = NonZeroU32::new(ask.amount())?;
        Some(match limiter.check_key_n(&key, amount).ok()? {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let full = interval.saturating_mul(gcra.burst().saturating_sub(remaining).into());
                Reading::new(Outcome::Admitted, remaining, 0, interval, full)
            }
            Err(not_until) => {
                let wait = wait(&not_until, &self.clock);
                Reading::new(Outcome::Early, 0, wait, wait, gcra.span())
            }
        })
    }
}

fn wait<C: Clock>(not_until: &NotUntil<C::Instant>, clock: &C) -> u64 {
    let wait = not_until.wait_time_from(clock.now());
    u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX).max(1)
}

impl<C: Clock + Send + Sync + 'static> Store for GovernorStore<C>
where
    C::Instant: Send + Sync,
{
    fn name(&self) -> &'static str {
        "governor"
    }

    fn decide_now(&self, asks: &[Ask], act: Act) -> Option<Verdict> {
        let (mut admitted, mut readings) = (act == Act::Charge, Readings::new());
        for ask in asks {
            let reading = if admitted { self.take(ask) } else { None };
            let known = reading.unwrap_or(Reading::new(Outcome::Never, 0, 0, 0, 0));
            admitted &= known.is_admitted() || !ask.is_binding();
            readings.push(known);
        }
        Some(Verdict::new(admitted, readings))
    }

    fn decide<'a>(&'a self, asks: &'a [Ask], act: Act) -> StoreFuture<'a, Verdict> {
        Box::pin(async move {
            let refused = StoreError::new(StoreErrorKind::Refused);
            if act == Act::Peek {
                return Err(refused);
            }
            self.decide_now(asks, act).ok_or(refused)
        })
    }

    fn refund<'a>(&'a self, _: &'a [Ask]) -> StoreFuture<'a, ()> {
        Box::pin(async { Err(StoreError::new(StoreErrorKind::Refused)) })
    }
}

impl<C: Clock> fmt::Debug for GovernorStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GovernorStore")
            .field("quotas", &self.limiters.len())
            .finish_non_exhaustive()
    }
}
