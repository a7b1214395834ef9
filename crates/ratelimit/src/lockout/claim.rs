//! What a sign-in asks of a store, and the decision: plain functions over two sets.

use std::time::Duration;

use super::ladder::Ladder;
use super::moment::Moment;
use super::record::Wait;
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
        let mut disregarded = 0;
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

    /// Copies what a store that others write to has answered, and returns what
    /// [`succeed`](Self::succeed) takes back from the copy.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn learn(
        &self,
        answer: &Answer,
        sets: &mut [&mut Set],
        room: usize,
        now: Moment,
    ) -> Option<Reserved> {
        let mut copied = [Charged::default(); 2];
        for ((subject, set), copied) in self.subjects().zip(sets.iter_mut()).zip(&mut copied) {
            set.age(&subject.ladder, now);
            match answer {
                Answer::Reserved(reserved) => {
                    let charged = match subject.kind {
                        Kind::Account => &reserved.account,
                        Kind::Address => &reserved.address,
                    };
                    let record = set.entry(&subject.key, room, now)?;
                    record.learn(charged, self.source, now);
                    *copied = Charged { until: record.until(), ..*charged };
                }
                Answer::Locked(locked) if locked.kind == subject.kind => {
                    let record = set.entry(&subject.key, room, now)?;
                    record.learn_lock(&subject.ladder, locked.wait, now);
                }
                Answer::Locked(_) => {}
            }
        }
        let [account, address] = copied;
        matches!(answer, Answer::Reserved(_)).then_some(Reserved::new(account, address))
    }
}

/// What a store says to a [`Claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Something is locked; nothing was counted.
    Locked(Locked),
    /// The password may be looked at; it counts as wrong until the store is told otherwise.
    Reserved(Reserved),
}

/// What was counted, and what will be locked unless the password was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reserved {
    /// The account's.
    pub account: Charged,
    /// The address's; nothing when addresses are not locked.
    pub address: Charged,
    /// What a copy in this process has counted beside the store.
    pub(super) copy: Option<(Charged, Charged)>,
}

impl Reserved {
    /// Puts together what a store was told by its engine.
    #[must_use]
    pub const fn new(account: Charged, address: Charged) -> Self {
        Self { account, address, copy: None }
    }
}

/// What was counted against one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charged {
    /// Its failures on the ladder, this one with them.
    pub failures: u32,
    /// Its failures since the last success, this one with them.
    pub consecutive: u32,
    /// The end of the lock that it has now, [`Moment::ZERO`] when it has none.
    pub until: Moment,
    /// The same as a length of time.
    pub wait: Option<Wait>,
}

impl Charged {
    /// Puts together what a store was told by its engine at `now`.
    #[must_use]
    pub fn new(failures: u32, consecutive: u32, until: Moment, now: Moment) -> Self {
        let wait = match until {
            Moment::NEVER => Some(Wait::ForUnlock),
            until if until > now => Some(Wait::For(until.since(now))),
            _ => None,
        };
        Self { failures, consecutive, until, wait }
    }
}

/// A subject is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    kind: Kind,
    wait: Wait,
}

impl Locked {
    /// The subject of this kind must wait so long.
    #[must_use]
    pub const fn new(kind: Kind, wait: Wait) -> Self {
        Self { kind, wait }
    }

    /// Returns what is locked; where both are, the one that waits longer.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns how long.
    #[must_use]
    pub const fn wait(&self) -> Wait {
        self.wait
    }

    /// Returns how long, `None` when an administrator must unlock it.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.wait {
            Wait::For(wait) => Some(wait),
            Wait::ForUnlock => None,
        }
    }
}
