//! What the stores that others write to have in common.

use super::Lock;
use crate::lockout::claim::Kind;
use crate::lockout::moment::Moment;
use crate::lockout::record::Wait;

/// How many sets there are for each kind: keys with the same first two bytes share one.
pub(super) const SETS: u32 = 1 << 16;

/// A lock as a store lists it: kind, key, failures, end.
pub(super) type Listed = (i64, Vec<u8>, i64, i64);

/// Reads a row of the list.
pub(super) fn listed(row: Listed, now: Moment) -> Option<Lock> {
    let (number, key, failures, until) = row;
    let until = Moment::from_millis(u64::try_from(until).ok()?);
    let wait = match until {
        Moment::NEVER => Wait::ForUnlock,
        until => Wait::For(until.since(now)),
    };
    let failures = u32::try_from(failures).unwrap_or(u32::MAX);
    Some(Lock::new(kind(number)?, key.try_into().ok()?, failures, wait))
}

fn kind(number: i64) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| i64::from(kind.number()) == number)
}
