//! What a sign-in asks of a store, and the decision: plain functions over two sets.

use super::answer::{Answer, Charged, Locked, Reserved};
use super::ladder::Ladder;
use super::moment::Moment;
use super::record::{Source, Wait};
use super::set::{Key, Set};

/// What can be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An account, known or not.
    Account,
    /// The network that a client comes from.
    Address,
}

impl Kind {
    /// Both kinds, in the order in which a [`Claim`] names its subjects.
    pub const ALL: [Self; 2] = [Self::Account, Self::Address];

    /// Returns the name in events, metrics and keys of stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
        }
    }

    /// Returns the number in stores.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Account => 0,
            Self::Address => 1,
        }
    }
}

/// One of the things that a sign-in is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// Its keyed hash.
    pub key: Key,
    /// The ladder that it climbs.
    pub ladder: Ladder,
}

impl Subject {
    /// The subject of that kind and key, on that ladder.
    #[must_use]
    pub const fn new(kind: Kind, key: Key, ladder: Ladder) -> Self {
        Self { kind, key, ladder }
    }
}

/// One sign-in: whom it is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    account: Subject,
    address: Option<Subject>,
    source: u32,
}

impl Claim {
    /// Counts a sign-in against an account and, if addresses are locked, against one; `source` is
    /// the hash by which a record tells addresses apart.
    #[must_use]
    pub const fn new(account: Subject, address: Option<Subject>, source: u32) -> Self {
        Self { account, address, source }
    }

    /// Returns the account, then the address if addresses are locked.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        [Some(self.account), self.address].into_iter().flatten()
    }

    /// Returns the 32-bit hash of the address by which a record tells failures apart.
    #[must_use]
    pub const fn source(&self) -> u32 {
        self.source
    }

    /// Decides whether a password may be looked at, and counts it as wrong already when it may.
    ///
    /// `sets` are those of the [`subjects`](Self::subjects), in their order, each with room for
    /// `room` records. Either all subjects are charged or none; a refusal changes nothing but drops
    /// what time has made void.
    ///
    /// # Cost
    ///
    /// Two walks over each set.
    pub fn begin(&self, sets: &mut [&mut Set], room: usize, now: Moment) -> Answer {
        let mut worst: Option<(Wait, Kind)> = None;
        for (subject, set) in self.subjects().zip(sets.iter_mut()) {
            set.age(&subject.ladder, now);
            if let Some(wait) = set.locked(&subject.key, room, now) {
                worst = worst.max(Some((wait, subject.kind)));
            }
        }
        if let Some((wait, kind)) = worst {
            return Answer::Locked(Locked::new(kind, wait));
        }
        let mut charged = [Charged::default(); 2];
        for ((subject, set), charged) in self.subjects().zip(sets.iter_mut()).zip(&mut charged) {
            let Some(record) = set.entry(&subject.key, room, now) else {
                return Answer::Locked(Locked::new(subject.kind, Wait::For(Ladder::MIN_STEP)));
            };
            record.charge(&subject.ladder, self.source, now);
            let (failures, consecutive) = (record.failures(), record.consecutive());
            *charged =
                Charged { failures, consecutive, until: record.until(), wait: record.locked(now) };
        }
        let [account, address] = charged;
        Answer::Reserved(Reserved::new(account, address))
    }

    /// Takes back what [`begin`](Self::begin) has counted, and what this account failed from this
    /// address before: the password was right.
    pub fn succeed(&self, reserved: &Reserved, sets: &mut [&mut Set], now: Moment) {
        let mut disregarded = Source::default();
        let locks = [reserved.account.until, reserved.address.until];
        for ((subject, set), lock) in self.subjects().zip(sets.iter_mut()).zip(locks) {
            set.age(&subject.ladder, now);
            if let Some(record) = set.get_mut(&subject.key) {
                match subject.kind {
                    Kind::Account => {
                        disregarded = record.succeed(&subject.ladder, self.source, lock);
                    }
                    Kind::Address => record.disregard(&subject.ladder, disregarded, lock),
                }
                if record.is_empty() {
                    set.remove(&subject.key);
                }
            }
        }
    }

    /// Does what [`begin`](Self::begin) does where no store can be asked: what is counted is known
    /// here alone.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn begin_alone(&self, sets: &mut [&mut Set], room: usize, now: Moment) -> Answer {
        let answer = self.begin(sets, room, now);
        let Answer::Reserved(reserved) = answer else { return answer };
        for (subject, set) in self.subjects().zip(sets.iter_mut()) {
            if let Some(record) = set.get_mut(&subject.key) {
                record.count_alone(self.source);
            }
        }
        Answer::Reserved(reserved.copied(reserved.account, reserved.address))
    }

    /// Says what is locked here, when no store knows all that it is locked for.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn locked_alone(&self, sets: &[&mut Set], now: Moment) -> Option<Locked> {
        let waits = self.subjects().zip(sets).filter_map(|(subject, set)| {
            set.locked_alone(&subject.key, now).map(|wait| (wait, subject.kind))
        });
        waits.max().map(|(wait, kind)| Locked::new(kind, wait))
    }

    /// Takes over what a store that others write to has answered since `asked`, and says what holds:
    /// what the store reserved is refused where, with what was counted here alone, it is too much.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn learn(
        &self,
        answer: Answer,
        sets: &mut [&mut Set],
        room: usize,
        (asked, now): (Moment, Moment),
    ) -> Answer {
        for (subject, set) in self.subjects().zip(sets.iter_mut()) {
            set.age(&subject.ladder, now);
        }
        match answer {
            Answer::Reserved(reserved) => {
                if let Some(locked) = self.locked_alone(sets, now) {
                    return Answer::Locked(locked);
                }
                let mut charged = [reserved.account, reserved.address];
                for ((subject, set), charged) in
                    self.subjects().zip(sets.iter_mut()).zip(&mut charged)
                {
                    let (mut left_out, by) = (*set.floor(), (&subject.ladder, self.source));
                    *charged = if let Some(record) = set.entry(&subject.key, room, now) {
                        record.learn(charged, by, (asked, now))
                    } else {
                        let charged = left_out.learn(charged, by, (asked, now));
                        set.leave_out(&left_out, now);
                        charged
                    };
                }
                let [account, address] = charged;
                Answer::Reserved(reserved.copied(account, address))
            }
            Answer::Locked(locked) => {
                for (subject, set) in self.subjects().zip(sets.iter_mut()) {
                    if locked.kind() == subject.kind
                        && let Some(record) = set.entry(&subject.key, room, now)
                    {
                        record.learn_lock(&subject.ladder, locked.wait(), now);
                    }
                }
                answer
            }
        }
    }
}

#[cfg(all(test, feature = "palisade-resilience"))]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const ROOM: usize = 3;

    /// Says how an attempt ends; `None` when it is not looked at.
    #[derive(Clone, Copy, Debug)]
    enum Way {
        Alone,
        /// Counted by the store, and the answer is lost.
        Unheard,
        Heard,
        /// Heard after others that began later.
        Late,
    }

    fn way() -> impl Strategy<Value = Way> {
        use Way::{Alone, Heard, Late, Unheard};
        prop_oneof![Just(Alone), Just(Unheard), Just(Heard), Just(Heard), Just(Late)]
    }

    proptest! {
        /// Whatever is heard, late, unheard and decided alone, in a room for three: nobody is looked
        /// at when what this process has let them fail, remembered without bound, would have locked
        /// them.
        #[test]
        fn nobody_is_looked_at_beyond_the_ladder_whatever_a_store_says(
            accounts in 0_u8..8,
            steps in prop::collection::vec((0_u8..8, 1_u32..3, way(), 0_u8..9, 0_u64..60), 1..300),
        ) {
            let [mut store, mut copy, mut truth] = [(); 3].map(|()| Set::default());
            let mut now = Moment::from_millis(1 << 40);
            let mut late = Vec::<(Claim, Answer, Moment)>::new();
            for (account, source, way, what, seconds) in steps {
                let subject = Subject::new(Kind::Account, [account.min(accounts); 16], Ladder::ACCOUNT);
                let claim = Claim::new(subject, None, source);
                if what == 2
                    && let Answer::Reserved(elsewhere) =
                        claim.begin(&mut [&mut store], usize::MAX, now)
                {
                    // A success disregards those that are on their way, too.
                    late.retain(|(other, ..)| other.account != claim.account);
                    claim.succeed(&elsewhere, &mut [&mut store], now);
                    claim.succeed(&Reserved::default(), &mut [&mut truth], now);
                }
                if claim.locked_alone(&[&mut copy], now).is_some() {
                    continue;
                }
                let asked = now;
                now = now.after(Duration::from_millis(1));
                let mut heard = Vec::new();
                match way {
                    Way::Alone => heard.push((claim, claim.begin_alone(&mut [&mut copy], ROOM, now))),
                    Way::Unheard => {
                        claim.begin(&mut [&mut store], usize::MAX, now);
                        heard.push((claim, claim.begin_alone(&mut [&mut copy], ROOM, now)));
                    }
                    Way::Heard | Way::Late => {
                        let answer = claim.begin(&mut [&mut store], usize::MAX, now);
                        late.push((claim, answer, asked));
                    }
                }
                let waits = what == 0;
                if waits || matches!(way, Way::Heard) {
                    // The last first.
                    for (claim, answer, asked) in late.drain(..).rev() {
                        let times = (asked, now);
                        heard.push((claim, claim.learn(answer, &mut [&mut copy], ROOM, times)));
                    }
                }
                for (claim, answer) in heard {
                    let Answer::Reserved(reserved) = answer else { continue };
                    let exact = claim.begin(&mut [&mut truth], usize::MAX, now);
                    let Answer::Reserved(exact) = exact else {
                        return Err(TestCaseError::fail(format!("{claim:?}: {exact:?}")));
                    };
                    if what == 1 {
                        let copied = reserved.copy().unwrap_or_default();
                        late.retain(|(other, ..)| other.account != claim.account);
                        claim.succeed(&reserved, &mut [&mut store], now);
                        claim.succeed(&copied, &mut [&mut copy], now);
                        claim.succeed(&exact, &mut [&mut truth], now);
                    }
                }
                prop_assert!(copy.records().len() <= ROOM);
                if waits {
                    now = now.after(Duration::from_secs(seconds));
                }
            }
        }
    }
}
