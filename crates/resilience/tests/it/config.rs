//! Settings that make no sense are refused where they are made, with what would make sense.

use std::time::Duration;

use palisade_resilience::breaker::BreakerPolicy;
use palisade_resilience::retry::{BudgetPolicy, RetryPolicy};

#[test]
fn a_bad_setting_is_refused_and_told() {
    let (breaker, retry) = (BreakerPolicy::default(), RetryPolicy::default());
    let (ms, hours) = (Duration::from_millis, Duration::from_hours);
    let table = [
        (breaker.failures_in_a_row(0).err(), "failures_in_a_row must be from 1 to 511, not 0"),
        (breaker.failures_in_a_row(512).err(), "failures_in_a_row must be from 1 to 511, not 512"),
        (
            breaker.failure_ratio(0, 9, 1).err(),
            "failure_ratio percent must be from 1 to 100, not 0",
        ),
        (
            breaker.failure_ratio(5, 1, 1).err(),
            "failure_ratio window must be from 2 to 1022, not 1",
        ),
        (breaker.failure_ratio(5, 9, 7).err(), "failure_ratio minimum must be from 1 to 6, not 7"),
        (breaker.probes(16, 1).err(), "probes at_once must be from 1 to 15, not 16"),
        (breaker.probes(1, 0).err(), "probes successes must be from 1 to 15, not 0"),
        (
            breaker.open_for(ms(1), ms(9)).err(),
            "open_for first must be from 10ms to 86400s, not 1ms",
        ),
        (
            breaker.open_for(ms(50), ms(20)).err(),
            "open_for at_most must be from 50ms to 86400s, not 20ms",
        ),
        (
            breaker.probe_limit(hours(25)).err(),
            "probe_limit must be from 10ms to 86400s, not 90000s",
        ),
        (retry.tries(0).err(), "tries must be from 1 to 20, not 0"),
        (retry.backoff(ms(0), ms(1)).err(), "backoff base must be from 1ms to 3600s, not 0ns"),
        (retry.backoff(ms(9), ms(1)).err(), "backoff cap must be from 9ms to 3600s, not 1ms"),
        (
            retry.longest_retry_after(hours(2)).err(),
            "longest_retry_after must be from 0ns to 3600s, not 7200s",
        ),
        (BudgetPolicy::new(101, 1, 1).err(), "budget percent must be from 0 to 100, not 101"),
        (BudgetPolicy::new(1, 1, 0).err(), "budget most must be from 1 to 16000, not 0"),
    ];
    for (error, expected) in table {
        assert_eq!(error.unwrap().to_string(), expected);
    }
}
