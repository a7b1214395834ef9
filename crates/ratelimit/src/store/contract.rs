//! The contract of all stores, as functions that any store's tests can call.
//!
//! A case returns what it saw instead of panicking, so that it can be run against a store of yours.

use std::time::Duration;

use thiserror::Error;

use super::together::Together;
use super::{
    Act, Ask, Asks, Outcome, Overflow, Reading, RuleId, Store, StoreError, Subject, Verdict,
};
use crate::quota::{Meter, Quota};

/// A store to try, empty, and its clock.
pub trait Fixture {
    /// Returns the store.
    fn store(&self) -> &dyn Store;

    /// Moves the store's time forward; says whether it can be moved.
    fn advance(&self, by: Duration) -> bool;
}

/// A clause that a store does not keep.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Broken {
    /// The store answered otherwise than the contract says.
    #[error("{clause}: {saw}")]
    Clause {
        /// The clause.
        clause: &'static str,
        /// What was seen.
        saw: String,
    },
    /// The store gave no answer.
    #[error("the store gave no answer")]
    Store(#[from] StoreError),
}

const LOGIN: Quota = Quota::per_hour(3).strict();
const API: Quota = Quota::per_hour(3);

/// Runs every clause.
///
/// # Errors
///
/// The first [`Broken`] clause.
pub async fn holds(fixture: &dyn Fixture) -> Result<(), Broken> {
    counts_to_the_quota_and_no_further(fixture).await?;
    keeps_subjects_rules_and_windows_apart(fixture).await?;
    a_refused_request_consumes_nothing_anywhere(fixture).await?;
    advice_refuses_nothing(fixture).await?;
    peeking_changes_nothing(fixture).await?;
    a_cost_above_the_burst_is_never(fixture).await?;
    a_refund_gives_back(fixture).await?;
    a_crowd_gets_what_one_gets(fixture).await?;
    who_waits_as_told_is_admitted(fixture).await
}

fn clause(holds: bool, clause: &'static str, saw: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken::Clause { clause, saw: saw() }) }
}

fn ask(subject: u128, name: &str, quota: Quota) -> Ask {
    // A concurrency quota has no meter; the cases use none.
    let meter = quota.meter().unwrap_or(Meter::Bucket(crate::quota::Gcra::new(1, 0)));
    Ask::new(Subject::from_hash(subject), RuleId::of(name, 0), meter).overflow(Overflow::Strict)
}

fn asks(list: &[Ask]) -> Asks {
    let mut asks = Asks::new();
    for ask in list {
        asks.push(*ask);
    }
    asks
}

async fn charge(fixture: &dyn Fixture, list: &[Ask]) -> Result<Verdict, StoreError> {
    fixture.store().decide(list, Act::Charge).await
}

fn first(verdict: &Verdict) -> Result<Reading, Broken> {
    verdict.readings().first().copied().ok_or_else(|| Broken::Clause {
        clause: "one reading for each ask",
        saw: format!("{verdict:?}"),
    })
}

async fn counts_to_the_quota_and_no_further(fixture: &dyn Fixture) -> Result<(), Broken> {
    for (subject, quota) in [(0x1001, API), (0x1002, LOGIN)] {
        let list = [ask(subject, "count", quota)];
        for remaining in [2, 1, 0] {
            let verdict = charge(fixture, &list).await?;
            let reading = first(&verdict)?;
            let right = verdict.is_admitted() && reading.remaining() == remaining;
            clause(right, "three pass", || format!("{quota}: {reading:?}"))?;
        }
        let verdict = charge(fixture, &list).await?;
        let reading = first(&verdict)?;
        let right = !verdict.is_admitted() && reading.outcome() == Outcome::Early;
        clause(right, "the fourth does not", || format!("{quota}: {reading:?}"))?;
        // A store may round its ticks up, and a window may have begun a moment ago.
        let most = Duration::from_secs(3601);
        let told = reading.retry_after() > Duration::ZERO && reading.retry_after() <= most;
        clause(told, "a wait is told", || format!("{reading:?}"))?;
    }
    Ok(())
}

async fn keeps_subjects_rules_and_windows_apart(fixture: &dyn Fixture) -> Result<(), Broken> {
    for (subject, name) in [(0x2001, "apart"), (0x2002, "apart"), (0x2001, "other")] {
        let verdict = charge(fixture, &[ask(subject, name, API)]).await?;
        let reading = first(&verdict)?;
        clause(reading.remaining() == 2, "counts are apart", || format!("{reading:?}"))?;
    }
    Ok(())
}

async fn a_refused_request_consumes_nothing_anywhere(fixture: &dyn Fixture) -> Result<(), Broken> {
    for quota in [API, LOGIN] {
        let subject = if quota == API { 0x3001 } else { 0x3002 };
        let (wide, narrow) = (ask(subject, "wide", quota), ask(subject, "narrow", quota.times(0)));
        for list in [[wide, narrow], [narrow, wide]] {
            let verdict = charge(fixture, &list).await?;
            clause(!verdict.is_admitted(), "one refusal refuses", || format!("{verdict:?}"))?;
        }
        let reading = first(&fixture.store().decide(&[wide], Act::Peek).await?)?;
        let untouched = reading.remaining() == 3 || reading.full() == Duration::ZERO;
        clause(untouched, "a refused request consumes nothing", || format!("{reading:?}"))?;
    }
    Ok(())
}

async fn advice_refuses_nothing(fixture: &dyn Fixture) -> Result<(), Broken> {
    let never = ask(0x4001, "advice", API.times(0)).advisory();
    let list = [never, ask(0x4001, "real", API)];
    let verdict = charge(fixture, &list).await?;
    clause(verdict.is_admitted(), "advice refuses nothing", || format!("{verdict:?}"))?;
    let shown = !first(&verdict)?.is_admitted();
    clause(shown, "advice is read", || format!("{verdict:?}"))?;
    let counted = verdict.readings().get(1).is_some_and(|reading| reading.remaining() == 2);
    clause(counted, "what binds is charged beside it", || format!("{verdict:?}"))
}

async fn peeking_changes_nothing(fixture: &dyn Fixture) -> Result<(), Broken> {
    let list = [ask(0x5001, "peek", API), ask(0x5001, "peek-strict", LOGIN)];
    for _ in 0..5 {
        let verdict = fixture.store().decide(&list, Act::Peek).await?;
        clause(verdict.is_admitted(), "a peek answers", || format!("{verdict:?}"))?;
    }
    let verdict = charge(fixture, &list).await?;
    let whole = verdict.readings().iter().all(|reading| reading.remaining() == 2);
    clause(whole, "a peek takes nothing", || format!("{verdict:?}"))
}

async fn a_cost_above_the_burst_is_never(fixture: &dyn Fixture) -> Result<(), Broken> {
    for quota in [API, LOGIN] {
        let list = [ask(0x6001, "cost", quota).cost(4)];
        let reading = first(&charge(fixture, &list).await?)?;
        let never = reading.outcome() == Outcome::Never;
        clause(never, "more than there ever is", || format!("{quota}: {reading:?}"))?;
    }
    let list = [ask(0x6002, "cost", LOGIN).cost(2)];
    let reading = first(&charge(fixture, &list).await?)?;
    clause(reading.remaining() == 1, "a cost is taken whole", || format!("{reading:?}"))
}

async fn a_refund_gives_back(fixture: &dyn Fixture) -> Result<(), Broken> {
    for (subject, quota) in [(0x7001, API), (0x7002, LOGIN)] {
        let list = [ask(subject, "refund", quota)];
        charge(fixture, &list).await?;
        charge(fixture, &list).await?;
        fixture.store().refund(&list).await?;
        let reading = first(&charge(fixture, &list).await?)?;
        clause(reading.remaining() == 1, "a refund gives back one", || {
            format!("{quota}: {reading:?}")
        })?;
    }
    Ok(())
}

async fn a_crowd_gets_what_one_gets(fixture: &dyn Fixture) -> Result<(), Broken> {
    for (subject, quota) in [(0x8001, Quota::per_day(50)), (0x8002, Quota::per_day(16).strict())] {
        let list = asks(&[ask(subject, "crowd", quota)]);
        let crowd = (0..200).map(|_| fixture.store().decide(&list, Act::Charge));
        let verdicts = Together::new(crowd).await;
        let mut admitted = 0_u32;
        for verdict in verdicts {
            admitted = admitted.saturating_add(u32::from(verdict?.is_admitted()));
        }
        let right = admitted == quota.count();
        clause(right, "a crowd gets the quota", || format!("{quota}: {admitted} admitted"))?;
    }
    Ok(())
}

async fn who_waits_as_told_is_admitted(fixture: &dyn Fixture) -> Result<(), Broken> {
    for (subject, quota) in [(0x9001, API), (0x9002, LOGIN)] {
        let list = [ask(subject, "wait", quota)];
        for _ in 0..3 {
            charge(fixture, &list).await?;
        }
        let wait = first(&charge(fixture, &list).await?)?.retry_after();
        if !fixture.advance(wait) {
            return Ok(());
        }
        let verdict = charge(fixture, &list).await?;
        clause(verdict.is_admitted(), "who waits passes", || format!("{quota}: {verdict:?}"))?;
    }
    Ok(())
}
