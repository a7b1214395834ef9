//! What is remembered of one subject, and how it changes; integers only.

use std::time::Duration;

#[cfg(feature = "palisade-resilience")]
use super::answer::Charged;
use super::ladder::Ladder;
use super::moment::Moment;

/// What is remembered of one account or one address.
///
/// As [`words`](Self::words) it is eight integers below 2^53, the form in which every store keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    failures: u32,
    consecutive: u32,
    last: Moment,
    until: Moment,
    sources: [Source; Self::SOURCES],
    /// Of the failures, those that only this process knows; never in [`words`](Self::words).
    alone: u32,
}

/// Failures that came from one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    tag: u32,
    failures: u16,
    /// Of those, the ones that only this process knows.
    alone: u16,
}

impl Record {
    /// The integers of a record.
    pub const WORDS: usize = 8;
    /// From how many addresses failures are told apart; more of them share what they did.
    const SOURCES: usize = 4;
    const TAG: u64 = 1 << 16;

    /// Reads the integers that [`words`](Self::words) gave; whatever they are, the result is a record.
    #[must_use]
    pub fn from_words(words: [u64; Self::WORDS]) -> Self {
        let [failures, consecutive, last, until, sources @ ..] = words;
        Self {
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
            consecutive: u32::try_from(consecutive).unwrap_or(u32::MAX),
            last: Moment::from_millis(last),
            until: Moment::from_millis(until),
            sources: sources.map(Source::from_word),
            alone: 0,
        }
    }

    /// Returns failures, consecutive failures, the last of them, the end of the lock, and four
    /// addresses with their failures.
    #[must_use]
    pub fn words(&self) -> [u64; Self::WORDS] {
        let [a, b, c, d] = self.sources.map(Source::word);
        let (last, until) = (self.last.as_millis(), self.until.as_millis());
        [self.failures.into(), self.consecutive.into(), last, until, a, b, c, d]
    }

    /// Returns the failures that count on the ladder.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns the failures since the last success.
    #[must_use]
    pub const fn consecutive(&self) -> u32 {
        self.consecutive
    }

    /// Returns when it failed last.
    #[must_use]
    pub const fn last(&self) -> Moment {
        self.last
    }

    /// Returns the end of its lock, [`Moment::ZERO`] when it has none.
    #[must_use]
    pub const fn until(&self) -> Moment {
        self.until
    }

    /// Says whether nothing is remembered.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.failures == 0 && self.consecutive == 0 && self.until.as_millis() == 0
    }

    /// Returns how long it is locked from here on; a lock that only an administrator lifts has no end.
    #[must_use]
    pub fn locked(&self, now: Moment) -> Option<Wait> {
        match self.until {
            Moment::NEVER => Some(Wait::ForUnlock),
            until if until > now => Some(Wait::For(until.since(now))),
            _ => None,
        }
    }

    /// Drops what time has made void.
    ///
    /// A clock that went back would lengthen locks: the record is moved back with it.
    pub(super) fn aged(mut self, ladder: &Ladder, now: Moment) -> Self {
        if now < self.last {
            let ahead = self.last.since(now);
            self.last = now;
            if self.until != Moment::NEVER {
                self.until = self.until.before(ahead);
            }
        }
        if self.until == Moment::NEVER {
            return self;
        }
        if self.until <= now {
            self.until = Moment::ZERO;
        }
        let quiet = now.since(self.last);
        if quiet >= ladder.memory() {
            self.failures = 0;
            self.alone = 0;
            self.sources = Default::default();
        }
        if quiet >= Ladder::MAX_MEMORY || ladder.most_consecutive().is_none() {
            self.consecutive = 0;
        }
        self
    }

    /// Counts one failure before it happens: what follows is a success or was a failure already.
    pub(super) fn charge(&mut self, ladder: &Ladder, source: u32, now: Moment) {
        self.failures = self.failures.saturating_add(1);
        self.consecutive = self.consecutive.saturating_add(1);
        self.last = now;
        self.until = self.lock(ladder, now);
        self.source(source);
    }

    fn lock(&self, ladder: &Ladder, now: Moment) -> Moment {
        if ladder.most_consecutive().is_some_and(|most| self.consecutive >= most) {
            return Moment::NEVER;
        }
        ladder.lock_after(self.failures).map_or(Moment::ZERO, |step| now.after(step))
    }

    fn source(&mut self, tag: u32) {
        let known = |source: &Source| source.tag == tag && source.failures > 0;
        let slot = self.sources.iter().position(known).or_else(|| {
            let fewest = self.sources.iter().enumerate().min_by_key(|(_, source)| source.failures);
            fewest.map(|(slot, _)| slot)
        });
        if let Some(source) = slot.and_then(|slot| self.sources.get_mut(slot)) {
            if !known(source) {
                *source = Source { tag, ..Source::default() };
            }
            source.failures = source.failures.saturating_add(1);
        }
    }

    /// Disregards what came from this address (NIST SP 800-63B) and returns it. `lock` is the one
    /// that the attempt itself has set.
    pub(super) fn succeed(&mut self, ladder: &Ladder, tag: u32, lock: Moment) -> Source {
        let mut disregarded = Source::default();
        for source in &mut self.sources {
            if source.tag == tag {
                disregarded = std::mem::take(source);
                break;
            }
        }
        self.consecutive = 0;
        self.disregard(ladder, disregarded, lock);
        disregarded
    }

    /// Takes these failures back, and with them the lock that they were needed for.
    pub(super) fn disregard(&mut self, ladder: &Ladder, taken: Source, lock: Moment) {
        self.alone = self.alone.saturating_sub(taken.alone.into());
        self.failures = self.failures.saturating_sub(taken.failures.into()).max(self.alone);
        if self.until == lock || ladder.lock_after(self.failures).is_none() {
            self.until = Moment::ZERO;
        }
    }

    /// The one that is evicted first is the smallest: fewest failures, then longest ago.
    pub(super) const fn debt(&self) -> (u32, u32, u64) {
        (self.failures, self.consecutive, self.last.as_millis())
    }

    /// What a newcomer owes when `evicted` made room: no less than anybody who was here.
    pub(super) fn floor(self, evicted: &Self) -> Self {
        Self {
            failures: self.failures.max(evicted.failures),
            consecutive: self.consecutive.max(evicted.consecutive),
            last: self.last.max(evicted.last),
            until: self.until,
            alone: self.alone.max(evicted.alone),
            ..Self::default()
        }
    }

    /// Says that what [`charge`](Self::charge) has just counted is known to this process only.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn count_alone(&mut self, tag: u32) {
        self.alone = self.alone.saturating_add(1);
        for source in self.sources.iter_mut().filter(|source| source.tag == tag) {
            source.alone = source.alone.saturating_add(1).min(source.failures);
        }
    }

    /// Returns how long it is locked here, when no store knows all that it is locked for.
    ///
    /// A lock without end is the store's to tell: whoever unlocks may do so on another instance.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn locked_alone(&self, now: Moment) -> Option<Wait> {
        self.locked(now).filter(|wait| self.alone > 0 && *wait != Wait::ForUnlock)
    }

    /// Takes over what a store that others write to has counted since `asked`, on top of what only
    /// this process knows; returns the sum.
    ///
    /// What else was learned since then may be newer: of two answers the higher counts.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn learn(
        &mut self,
        charged: &Charged,
        (ladder, source): (&Ladder, u32),
        (asked, now): (Moment, Moment),
    ) -> Charged {
        let before = *self;
        self.failures = charged.failures.saturating_add(self.alone);
        self.consecutive = charged.consecutive.saturating_add(self.alone);
        let mut sum =
            Charged { failures: self.failures, consecutive: self.consecutive, ..*charged };
        self.until = charged.wait.map_or(Moment::ZERO, |wait| wait.end(now));
        if self.alone > 0 {
            let step = ladder.lock_after(self.failures);
            self.until = self.until.max(step.map_or(Moment::ZERO, |step| now.after(step)));
            sum.wait = self.locked(now);
        }
        if self.failures <= before.failures {
            // Somebody succeeded elsewhere, from an address that is not told, or it is an older answer.
            self.sources.iter_mut().for_each(|source| source.failures = source.alone);
        }
        if before.last >= asked {
            self.failures = self.failures.max(before.failures);
            self.consecutive = self.consecutive.max(before.consecutive);
            self.until = self.until.max(before.until);
        }
        self.last = now;
        self.source(source);
        Charged { until: self.until, ..sum }
    }

    /// Holds newcomers back while this one, for which there is no room, is locked.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn floor_locked(self, left_out: &Self, now: Moment) -> Self {
        // Nobody unlocks a floor.
        let until = left_out.until.min(now.after(Ladder::MAX_STEP));
        Self { until: self.until.max(until), ..self.floor(left_out) }
    }

    /// Takes over that a store that others write to says it is locked.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn learn_lock(&mut self, ladder: &Ladder, wait: Wait, now: Moment) {
        self.failures = self.failures.max(ladder.first_lock());
        self.last = now;
        self.until = self.until.max(wait.end(now));
    }

    /// Carries all times from one clock to another: what was `now` is `then`.
    pub(super) fn carried(mut self, now: Moment, then: Moment) -> Self {
        let carry = |moment: Moment| {
            if moment > now {
                then.after(moment.since(now))
            } else {
                then.before(now.since(moment))
            }
        };
        self.last = carry(self.last);
        if self.until != Moment::NEVER && self.until != Moment::ZERO {
            self.until = carry(self.until);
        }
        self
    }
}

impl Source {
    fn word(self) -> u64 {
        u64::from(self.tag).saturating_mul(Record::TAG).saturating_add(self.failures.into())
    }

    fn from_word(word: u64) -> Self {
        let (tag, failures) = (word / Record::TAG, word % Record::TAG);
        let (tag, failures) = (u32::try_from(tag), u16::try_from(failures));
        tag.ok().zip(failures.ok()).map_or_else(Self::default, |(tag, failures)| Self {
            tag,
            failures,
            alone: 0,
        })
    }
}

/// How long a locked subject has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Wait {
    /// So long.
    For(Duration),
    /// Until an administrator unlocks it.
    ForUnlock,
}

#[cfg(feature = "palisade-resilience")]
impl Wait {
    /// Returns the moment at which a wait that begins here ends.
    fn end(self, now: Moment) -> Moment {
        match self {
            Self::For(wait) => now.after(wait),
            Self::ForUnlock => Moment::NEVER,
        }
    }
}
