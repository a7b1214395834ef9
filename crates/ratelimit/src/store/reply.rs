//! The words that a script or a function of a shared store answers with.

use std::time::{Duration, SystemTime};

use super::{Ask, Reading, Readings, StoreError, StoreErrorKind, Verdict};
use crate::quota::{Gcra, Meter, Step, Tickets};

/// Shared stores count in microseconds: what is left of 2^53 lasts until the year 2255.
const TICK: u64 = 1000;

const ADMITTED: i64 = 0;
const EARLY: i64 = 1;
const NEVER: i64 = 2;

/// A meter in the ticks of shared stores.
#[cfg(any(feature = "redis", feature = "sqlx-postgres", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    /// 0 for a bucket, 1 for tickets.
    pub(crate) kind: u64,
    /// Interval or window, in microseconds, rounded up.
    pub(crate) period: u64,
    /// Burst or count.
    pub(crate) size: u64,
}

#[cfg(any(feature = "redis", feature = "sqlx-postgres", test))]
impl Wire {
    pub(crate) fn of(meter: Meter) -> Self {
        match meter {
            Meter::Bucket(gcra) => {
                let gcra = bucket(gcra);
                Self { kind: 0, period: gcra.interval(), size: gcra.burst().into() }
            }
            Meter::Strict(tickets) => {
                let tickets = strict(tickets);
                Self { kind: 1, period: tickets.window(), size: tickets.count().into() }
            }
        }
    }
}

/// Years of microseconds that can be added to a date and stay exact in Lua.
const MOST: u64 = 1 << 52;

fn bucket(gcra: Gcra) -> Gcra {
    let interval = gcra.interval().div_ceil(TICK).clamp(1, MOST);
    let fits = u32::try_from(MOST.div_euclid(interval)).unwrap_or(u32::MAX);
    Gcra::new(interval, gcra.burst().min(fits))
}

const fn strict(tickets: Tickets) -> Tickets {
    Tickets::new(tickets.count(), tickets.window().div_ceil(TICK))
}

impl Verdict {
    /// Reads the answer of a shared store to these asks: its time in microseconds since the Unix
    /// epoch, 1 if the request is admitted, and for each ask what became of it (0 admitted, 1 early,
    /// 2 never), how many moments its count holds, and these moments.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Answer`] for words that answer something else.
    pub fn from_words(asks: &[Ask], words: &[i64]) -> Result<Self, StoreError> {
        read(asks, words).ok_or(StoreError::new(StoreErrorKind::Answer))
    }
}

fn read(asks: &[Ask], words: &[i64]) -> Option<Verdict> {
    let (&[now, admitted], mut rest) = words.split_first_chunk::<2>()?;
    let now = u64::try_from(now).ok()?;
    let mut readings = Readings::new();
    for ask in asks {
        let (&[outcome, count], others) = rest.split_first_chunk::<2>()?;
        let (moments, others) = others.split_at_checked(usize::try_from(count).ok()?)?;
        rest = others;
        let moments: Option<Vec<u64>> =
            moments.iter().map(|moment| u64::try_from(*moment).ok()).collect();
        readings.push(reading(ask, outcome, &moments?, now)?);
    }
    let admitted = match admitted {
        0 => false,
        1 => true,
        _ => return None,
    };
    let wall = SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(now))?;
    rest.is_empty().then(|| Verdict::new(admitted, readings).at(wall))
}

fn reading(ask: &Ask, outcome: i64, moments: &[u64], now: u64) -> Option<Reading> {
    match ask.meter() {
        Meter::Bucket(gcra) => {
            let gcra = bucket(gcra);
            let tat = moments.iter().copied().max().unwrap_or(0);
            // A clock that went back owes no more than a whole burst.
            let tat = tat.min(now.saturating_add(gcra.span()));
            let step = match outcome {
                ADMITTED => Step::Admitted { tat },
                EARLY => match gcra.decide(tat, now, ask.amount()) {
                    Step::Early { wait } => Step::Early { wait },
                    // Free again, but another was faster: the next moment will do.
                    Step::Admitted { .. } | Step::Never => Step::Early { wait: 1 },
                },
                NEVER => Step::Never,
                _ => return None,
            };
            Some(Reading::of_bucket(step, gcra, tat, now, TICK))
        }
        Meter::Strict(tickets) => {
            let tickets = strict(tickets);
            if moments.len() > usize::from(tickets.count())
                || !(ADMITTED..=NEVER).contains(&outcome)
            {
                return None;
            }
            let last = tickets.taken(now);
            let moments: Vec<u64> = moments.iter().map(|moment| (*moment).min(last)).collect();
            let admitted = outcome == ADMITTED;
            Some(Reading::of_tickets(admitted, ask.amount(), tickets, &moments, now, TICK))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Quota;
    use crate::store::{Outcome, RuleId, Subject};

    fn ask(quota: Quota) -> Ask {
        Ask::new(Subject::from_hash(1), RuleId::of("r", 0), quota.meter().unwrap())
    }

    #[test]
    fn a_bucket_and_tickets_are_read_as_the_store_wrote_them() {
        let asks = [ask(Quota::per_hour(100)), ask(Quota::per_minute(5).strict())];
        let now = 1_800_000_000_000_000;
        let words =
            [now, 0, 0, 1, now + 72_000_000, 1, 5, now + 9, now + 8, now + 7, now + 6, now + 5];
        let verdict = Verdict::from_words(&asks, &words).unwrap();
        assert!(!verdict.is_admitted());
        let [bucket, tickets] = verdict.readings() else { panic!("two") };
        assert_eq!((bucket.outcome(), bucket.remaining()), (Outcome::Admitted, 98));
        assert_eq!((tickets.outcome(), tickets.remaining()), (Outcome::Early, 0));
        assert_eq!(tickets.retry_after(), Duration::from_micros(5));
    }

    #[test]
    fn words_that_answer_something_else_are_refused() {
        let asks = [ask(Quota::per_hour(100))];
        let table: [&[i64]; 9] = [
            &[],
            &[1],
            &[1, 1],
            &[1, 2, 0, 0],
            &[-1, 1, 0, 0],
            &[1, 1, 3, 0],
            &[1, 1, 0, 1],
            &[1, 1, 0, -1],
            &[1, 1, 0, 0, 0],
        ];
        for words in table {
            assert!(Verdict::from_words(&asks, words).is_err(), "{words:?}");
        }
        let strict = [ask(Quota::per_minute(1).strict())];
        assert!(Verdict::from_words(&strict, &[1, 1, 0, 2, 1, 1]).is_err(), "two of one ticket");
    }

    #[test]
    fn intervals_are_rounded_up_and_stay_exact_in_lua() {
        let wire = Wire::of(Quota::per_second(3).meter().unwrap());
        assert_eq!(wire, Wire { kind: 0, period: 333_334, size: 3 });
        let huge = Wire::of(Meter::Bucket(Gcra::new(1 << 61, 2)));
        assert!(huge.period.saturating_mul(huge.size) <= MOST);
    }

    proptest! {
        #[test]
        fn any_words_are_read_or_refused(words in prop::collection::vec(any::<i64>(), 0..40)) {
            let asks = [ask(Quota::per_hour(100)), ask(Quota::per_minute(5).strict())];
            let _ = Verdict::from_words(&asks, &words);
        }
    }
}
