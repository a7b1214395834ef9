//! A request becomes questions.

use std::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::{RateLimited, Shared};
use crate::count::Counted;
use crate::finding::Finding;
use crate::head::Head;
use crate::inflight::Permit;
use crate::key::{Findings, fold, halves};
use crate::rule::{Compiled, Mode, Plan, RuleTable};
use crate::store::{Ask, Asks};

/// The questions of a request, and which rules they come from.
#[derive(Debug, Default)]
pub struct Asked {
    asks: Asks,
    pub(super) marks: SmallVec<[Mark; 4]>,
    pub(super) permits: SmallVec<[Permit; 1]>,
    pub(super) running: SmallVec<[Running; 1]>,
}

/// Where an ask comes from, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) rule: usize,
    pub(super) window: usize,
    pub(super) tier: Option<usize>,
}

/// A concurrency rule of the request, and how many more may run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub(super) rule: usize,
    pub(super) window: usize,
    pub(super) left: u32,
}

impl Asked {
    /// Returns the questions.
    #[must_use]
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }
}

impl Shared {
    /// Asks for all rules that are on a request, in place, since what is asked is large; refused at once if too many of it are running.
    #[expect(clippy::result_large_err, reason = "a refusal allocates nothing")]
    pub(crate) fn ask(
        &self,
        rules: &RuleTable,
        head: &Head<'_>,
        asked: &mut Asked,
    ) -> Result<(), RateLimited> {
        let tier = self.tier_of.as_ref().and_then(|tier_of| tier_of(head));
        let path = head.uri().path();
        let otherwise = rules.otherwise(path);
        for (position, rule) in rules.matching(head.method(), path, otherwise.as_deref()) {
            let mut news = note(&rule.matched);
            let cost = rule.cost.of(head);
            let tier = tier
                .as_ref()
                .and_then(|tier| rule.tiers.iter().position(|(name, _)| tier.is(name)));
            let mut keyed = false;
            for key in &rule.keys {
                let mut found = Findings::default();
                key.find(head, &self.hasher, &mut found);
                if found.nameless {
                    self.watch.tell(Finding::ClientIpMissing, Some(&rule.name), self.now());
                }
                keyed |= !found.list.is_empty();
                self.ask_for_key(rule, Source { position, tier, cost }, &found, asked)?;
            }
            if keyed {
                news |= note(&rule.keyed);
            } else {
                rule.tally.add(Counted::NoKey);
            }
            if news {
                rules.forget_idle_rules();
            }
        }
        self.look_for_idle_rules(rules);
        Ok(())
    }

    #[expect(clippy::result_large_err, reason = "a refusal allocates nothing")]
    fn ask_for_key(
        &self,
        rule: &Compiled,
        source: Source,
        found: &Findings,
        asked: &mut Asked,
    ) -> Result<(), RateLimited> {
        for (number, window) in rule.windows.iter().enumerate() {
            let tier = source.tier.filter(|_| number == 0);
            let plan = tier.and_then(|tier| rule.tiers.get(tier)).map_or(&window.plan, |(_, p)| p);
            for found in &found.list {
                let Some(level) = plan.at(found.level) else { continue };
                let Some(meter) = level.meter else {
                    let subject = found.subject.hash() ^ u128::from(window.id.bits());
                    self.enter(rule, source.position, (number, plan), level.most, subject, asked)?;
                    continue;
                };
                let mut ask = Ask::new(found.subject, window.id, meter)
                    .cost(source.cost)
                    .overflow(rule.overflow)
                    .on_error(rule.on_error);
                if rule.mode != Mode::Enforce {
                    ask = ask.advisory();
                }
                asked.asks.push(ask);
                asked.marks.push(Mark { rule: source.position, window: number, tier });
            }
        }
        Ok(())
    }

    /// Lets one more of a subject run.
    #[expect(clippy::result_large_err, reason = "a refusal allocates nothing")]
    fn enter(
        &self,
        rule: &Compiled,
        position: usize,
        (window, plan): (usize, &Plan),
        most: u32,
        subject: u128,
        asked: &mut Asked,
    ) -> Result<(), RateLimited> {
        let [high, low] = halves(subject);
        let hash = fold(u128::from(low ^ high.rotate_left(17)).wrapping_mul(u128::from(high | 1)));
        match self.inflight.enter(hash, most) {
            Ok((permit, running)) => {
                asked.permits.push(permit);
                let left = plan.quota.count().min(most.saturating_sub(running));
                asked.running.push(Running { rule: position, window, left });
                Ok(())
            }
            // More keys than the table holds: who is not strict runs uncounted.
            Err(crate::inflight::Busy::Crowded)
                if rule.overflow == crate::store::Overflow::Lenient =>
            {
                Ok(())
            }
            Err(_) => Err(self.too_many_running(rule, plan)),
        }
    }

    /// Reports rules that no request matched, or of which none had the key, for an hour.
    fn look_for_idle_rules(&self, rules: &RuleTable) {
        if !rules.are_idle_since(|| self.now().as_secs()) {
            return;
        }
        for rule in &rules.rules {
            if !rule.matched.load(Ordering::Relaxed) {
                self.watch.tell(Finding::RuleUnmatched, Some(&rule.name), self.now());
            } else if !rule.keyed.load(Ordering::Relaxed) {
                self.watch.tell(Finding::KeyMissing, Some(&rule.name), self.now());
            }
        }
    }
}

/// What a rule asks for every key.
#[derive(Clone, Copy)]
struct Source {
    position: usize,
    tier: Option<usize>,
    cost: u32,
}

/// Sets a flag, and says whether it was not set; a flag that is set is only read, so that threads do
/// not fight for its line.
fn note(flag: &std::sync::atomic::AtomicBool) -> bool {
    let is_news = !flag.load(Ordering::Relaxed);
    if is_news {
        flag.store(true, Ordering::Relaxed);
    }
    is_news
}
