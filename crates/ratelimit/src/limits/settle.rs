//! What a store answered becomes what a client gets.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::SecurityEvent;
use palisade_edge::ClientIp;
use smallvec::SmallVec;

use super::Shared;
use super::admission::{Admission, Refund};
use super::ask::{Asked, Mark};
use super::refused::{RateLimited, Reason};
use crate::count::Counted;
use crate::fields::{Lines, Prepared, Shown};
use crate::finding::Finding;
use crate::head::Head;
use crate::rule::{Compiled, Mode, Plan, RuleTable};
use crate::store::{Outcome, Reading, Verdict};

impl Shared {
    /// Admits, in place, since what is admitted is large; or refuses.
    #[expect(clippy::result_large_err, reason = "a refusal allocates nothing")]
    pub(crate) fn settle(
        &self,
        rules: &Arc<RuleTable>,
        asked: &mut Asked,
        verdict: &Verdict,
        admission: &mut Admission,
    ) -> Result<(), RateLimited> {
        let readings = verdict.readings();
        if verdict.is_alone() {
            self.watch.tell(Finding::StoreDown, None, self.now());
        }
        if let Some(wall) = verdict.store_time() {
            self.compare_clocks(wall);
        }
        if !verdict.is_admitted() {
            return Err(self.refuse(rules, asked, readings));
        }
        if !self.fields.are_none() {
            admission.lines = self.lines(rules, asked, readings);
        }
        if !asked.permits.is_empty() {
            admission.permits = std::mem::take(&mut asked.permits);
        }
        let mut refund = Vec::new();
        let mut last = None;
        for ((mark, ask), reading) in asked.marks.iter().zip(asked.asks()).zip(readings) {
            let Some(rule) = rules.rules.get(mark.rule) else { continue };
            if !reading.is_admitted() {
                self.let_pass(rule, mark, *reading, admission);
                continue;
            }
            if last != Some(mark.rule) {
                last = Some(mark.rule);
                count(rule, mark, *reading);
            }
            if !rule.refunds.is_empty() {
                refund.push((mark.rule, *ask));
            }
        }
        if !refund.is_empty() {
            admission.refund = Some(Box::new(Refund { rules: Arc::clone(rules), taken: refund }));
        }
        Ok(())
    }

    /// A rule that does not enforce is over its quota.
    fn let_pass(&self, rule: &Compiled, mark: &Mark, reading: Reading, admission: &mut Admission) {
        rule.tally.add(Counted::WouldRefuse);
        if reading.outcome() == Outcome::Never {
            self.watch.tell(Finding::CostAboveBurst, Some(&rule.name), self.now());
        }
        if rule.mode == Mode::Soft {
            let name = plan(rule, mark).prepared.plain();
            if !admission.soft.contains(name) {
                admission.soft.push(Arc::clone(name));
            }
        }
    }

    fn refuse(&self, rules: &RuleTable, asked: &Asked, readings: &[Reading]) -> RateLimited {
        let mut violated: SmallVec<[Arc<Prepared>; 1]> = SmallVec::new();
        let (mut wait, mut reason) = (Some(Duration::ZERO), Reason::Quota);
        for ((mark, ask), reading) in asked.marks.iter().zip(asked.asks()).zip(readings) {
            let Some(rule) = rules.rules.get(mark.rule) else { continue };
            if reading.is_admitted() || !ask.is_binding() {
                continue;
            }
            if reading.outcome() == Outcome::Never {
                wait = None;
                if plan(rule, mark).most > 0 {
                    reason = Reason::Cost;
                    self.watch.tell(Finding::CostAboveBurst, Some(&rule.name), self.now());
                }
            }
            wait = wait.map(|wait| wait.max(reading.retry_after()));
            // One policy may refuse for several keys.
            let prepared = &plan(rule, mark).prepared;
            if !violated.iter().any(|known| Arc::ptr_eq(known, prepared)) {
                rule.tally.add(Counted::Refused);
                violated.push(Arc::clone(prepared));
            }
        }
        let lines = self.lines(rules, asked, readings);
        RateLimited { reason, violated, wait, lines }
    }

    pub(super) fn too_many_running(&self, rule: &Compiled, plan: &Plan) -> RateLimited {
        rule.tally.add(Counted::Refused);
        let shown = Shown {
            prepared: &plan.prepared,
            limit: plan.quota.count(),
            remaining: 0,
            next: Duration::ZERO,
        };
        RateLimited {
            reason: Reason::Concurrency,
            violated: SmallVec::from_iter([Arc::clone(&plan.prepared)]),
            wait: (plan.quota.count() > 0).then_some(Duration::from_secs(1)),
            lines: Lines::of(self.fields, &[shown], || self.clock.wall()),
        }
    }

    /// Writes what the rules that are not shadows say.
    fn lines(&self, rules: &RuleTable, asked: &Asked, readings: &[Reading]) -> Lines {
        if self.fields.are_none() {
            return Lines::default();
        }
        let mut all: SmallVec<[Shown<'_>; 4]> = SmallVec::new();
        for (mark, reading) in asked.marks.iter().zip(readings) {
            let rule = rules.rules.get(mark.rule).filter(|rule| rule.mode != Mode::Shadow);
            let Some(Plan { prepared, most, .. }) = rule.map(|rule| plan(rule, mark)) else {
                continue;
            };
            let (remaining, next) = reading.standing();
            show(&mut all, Shown { prepared, limit: *most, remaining, next });
        }
        for running in &asked.running {
            let window = rules.rules.get(running.rule).and_then(|r| r.windows.get(running.window));
            let Some(Plan { prepared, quota, .. }) = window.map(|window| &window.plan) else {
                continue;
            };
            let (limit, remaining) = (quota.count(), running.left);
            show(&mut all, Shown { prepared, limit, remaining, next: Duration::ZERO });
        }
        Lines::of(self.fields, &all, || self.clock.wall())
    }

    fn compare_clocks(&self, store: std::time::SystemTime) {
        let here = self.clock.wall();
        let apart = here.duration_since(store).or_else(|_| store.duration_since(here));
        if apart.is_ok_and(|apart| apart > Duration::from_secs(2)) {
            self.watch.tell(Finding::ClockSkew, None, self.now());
        }
    }

    /// Reports a refusal, ten a second at the most.
    pub(crate) fn report(&self, head: &Head<'_>, refused: &RateLimited) {
        let Some(untold) = self.watch.tells_refusal(self.now()) else { return };
        let client = head.extensions().get::<ClientIp>();
        tracing::warn!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::RateLimitExceeded.as_str(),
            policy = refused.policies().next(),
            client = client.map(tracing::field::display),
            untold,
            "a rate limit refused a request"
        );
    }
}

/// Shows a policy; of two counts of one the one that has less left: until more is left, both must have
/// more.
fn show<'a>(all: &mut SmallVec<[Shown<'a>; 4]>, shown: Shown<'a>) {
    let Some(other) = all.iter_mut().find(|other| std::ptr::eq(other.prepared, shown.prepared))
    else {
        all.push(shown);
        return;
    };
    match shown.remaining.cmp(&other.remaining) {
        std::cmp::Ordering::Less => *other = shown,
        std::cmp::Ordering::Equal => other.next = other.next.max(shown.next),
        std::cmp::Ordering::Greater => {}
    }
}

/// Returns the plan that an ask came from.
fn plan<'a>(rule: &'a Compiled, mark: &Mark) -> &'a Plan {
    let tier = mark.tier.and_then(|tier| rule.tiers.get(tier)).map(|(_, plan)| plan);
    let window = || rule.windows.get(mark.window).or_else(|| rule.windows.first());
    tier.or_else(|| window().map(|window| &window.plan)).unwrap_or(&rule.fallback)
}

/// Counts an admission, and whether a fifth or less is left.
fn count(rule: &Compiled, mark: &Mark, reading: Reading) {
    rule.tally.add(Counted::Admitted);
    if reading.has_at_most(plan(rule, mark).most / 5) {
        rule.tally.add(Counted::NearLimit);
    }
}
