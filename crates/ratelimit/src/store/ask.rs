//! What a store is asked.

use std::fmt;
use std::ops::Deref;

use smallvec::SmallVec;

use super::OnStoreError;
use crate::quota::Meter;

/// Whose count it is: a keyed hash of a client's address, name or key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    hash: u128,
}

impl Subject {
    /// Takes a hash that was made with a secret key; see [`KeyHasher`](crate::key::KeyHasher).
    #[must_use]
    pub const fn from_hash(hash: u128) -> Self {
        Self { hash }
    }

    /// Returns the hash.
    #[must_use]
    pub const fn hash(self) -> u128 {
        self.hash
    }

    /// Returns the bytes that name it in a shared store.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.hash.to_be_bytes()
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Even a hash of who it was does not belong into logs.
        f.write_str("Subject(..)")
    }
}

/// Which count of a subject it is: a rule and one of its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId {
    bits: u64,
}

impl RuleId {
    /// Names the window of a rule by the rule's name and a number that is the same in every release.
    ///
    /// Two rules with one name share their counts. 64 bits of FNV-1a: names are the program's own.
    #[must_use]
    pub const fn of(name: &str, window: u8) -> Self {
        let mut bits: u64 = 0xCBF2_9CE4_8422_2325;
        let mut rest = name.as_bytes();
        while let [byte, others @ ..] = rest {
            bits = Self::mixed(bits, *byte);
            rest = others;
        }
        Self { bits: Self::mixed(Self::mixed(bits, 0xFF), window) }
    }

    const fn mixed(bits: u64, byte: u8) -> u64 {
        #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
        let byte = byte as u64;
        (bits ^ byte).wrapping_mul(0x0000_0100_0000_01B3)
    }

    /// Returns the number.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.bits
    }

    /// Returns the bytes that name it in a shared store.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.bits.to_be_bytes()
    }
}

/// What a store that is full does with a key that it does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a newcomer inherits or does not")]
pub enum Overflow {
    /// The newcomer starts anew. A flood of keys can wash out counts, never refuse newcomers.
    #[default]
    Lenient,
    /// The newcomer inherits what the forgotten ones owed. A flood of keys can refuse newcomers,
    /// never wash out counts: for sign-in and whatever is guessed.
    Strict,
}

/// One question: may this subject take `cost` from this meter?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    subject: Subject,
    rule: RuleId,
    meter: Meter,
    cost: u32,
    overflow: Overflow,
    on_error: OnStoreError,
    binding: bool,
}

impl Ask {
    /// Asks for one, binding.
    #[must_use]
    pub const fn new(subject: Subject, rule: RuleId, meter: Meter) -> Self {
        Self {
            subject,
            rule,
            meter,
            cost: 1,
            overflow: Overflow::Lenient,
            on_error: OnStoreError::Local,
            binding: true,
        }
    }

    /// Asks for so many; 0 takes nothing and is refused only where even 0 is too much.
    #[must_use]
    pub const fn cost(mut self, cost: u32) -> Self {
        self.cost = cost;
        self
    }

    /// Says what a full store does with it.
    #[must_use]
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Says what holds while a store that waits does not answer.
    #[must_use]
    pub const fn on_error(mut self, policy: OnStoreError) -> Self {
        self.on_error = policy;
        self
    }

    /// Refuses no request, whatever the reading says.
    #[must_use]
    pub const fn advisory(mut self) -> Self {
        self.binding = false;
        self
    }

    /// Returns whose count it is.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// Returns which count of the subject it is.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        self.rule
    }

    /// Returns what it is counted by.
    #[must_use]
    pub const fn meter(&self) -> Meter {
        self.meter
    }

    /// Returns how much is asked for.
    #[must_use]
    pub const fn amount(&self) -> u32 {
        self.cost
    }

    /// Returns what a full store does with it.
    #[must_use]
    pub const fn on_overflow(&self) -> Overflow {
        self.overflow
    }

    /// Returns what holds while a store that waits does not answer.
    #[must_use]
    pub const fn on_store_error(&self) -> OnStoreError {
        self.on_error
    }

    /// Returns the same ask of another meter.
    #[must_use]
    pub const fn with_meter(mut self, meter: Meter) -> Self {
        self.meter = meter;
        self
    }

    /// Says whether its refusal refuses the request.
    #[must_use]
    pub const fn is_binding(&self) -> bool {
        self.binding
    }
}

/// All questions of one request; a few of them take no memory of their own.
#[derive(Clone, Debug, Default)]
pub struct Asks {
    list: SmallVec<[Ask; 4]>,
}

impl Asks {
    /// Asks nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { list: SmallVec::new() }
    }

    /// Adds a question.
    pub fn push(&mut self, ask: Ask) {
        self.list.push(ask);
    }
}

impl Deref for Asks {
    type Target = [Ask];

    fn deref(&self) -> &[Ask] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_keeps_its_number_for_ever() {
        // What older releases wrote into shared stores.
        assert_eq!(RuleId::of("login", 0).bits(), 0xA463_DD6A_63CA_7F35);
        assert_ne!(RuleId::of("login", 0), RuleId::of("login", 1));
        assert_ne!(RuleId::of("login", 0), RuleId::of("logim", 0));
    }

    #[test]
    fn a_subject_is_not_shown() {
        assert_eq!(format!("{:?}", Subject::from_hash(7)), "Subject(..)");
    }
}
