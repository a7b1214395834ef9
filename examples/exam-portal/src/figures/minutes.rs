//! Requests, minute by minute, read from the figures that Prometheus is told.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use palisade_observe::metric::DURATION;

/// Requests of the last minutes; the memory is fixed.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    counted: Totals,
    past: VecDeque<Minute>,
}

/// The requests of one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Minute {
    pub(crate) end: SystemTime,
    pub(crate) requests: u64,
    /// Those of them that were answered with 500 or above.
    pub(crate) failed: u64,
}

/// What the figures say of the whole time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) requests: u64,
    pub(super) failed: u64,
    /// Within this time were nineteen of twenty answered: the bound of a bucket.
    pub(super) most: Option<Duration>,
}

impl Minutes {
    pub(super) const STEP: Duration = Duration::from_mins(1);
    /// How many are kept.
    const KEPT: usize = 29;

    /// Ends a minute.
    pub(super) fn note(&mut self, totals: Totals, now: SystemTime) {
        let minute = self.since(totals, now);
        self.counted = totals;
        if self.past.len() == Self::KEPT {
            self.past.pop_front();
        }
        self.past.push_back(minute);
    }

    /// Returns the minutes from the oldest to the one that is not over.
    pub(super) fn all(&self, totals: Totals, now: SystemTime) -> Vec<Minute> {
        self.past.iter().copied().chain([self.since(totals, now)]).collect()
    }

    const fn since(&self, totals: Totals, end: SystemTime) -> Minute {
        Minute {
            end,
            requests: totals.requests.saturating_sub(self.counted.requests),
            failed: totals.failed.saturating_sub(self.counted.failed),
        }
    }
}

impl Totals {
    /// Reads the text that Prometheus is given.
    pub(super) fn read(text: &str) -> Self {
        let mut this = Self::default();
        let mut buckets: Vec<(f64, u64)> = Vec::new();
        for line in text.lines() {
            let Some(rest) = line.strip_prefix(DURATION) else { continue };
            let Some((series, value)) = rest.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<u64>() else { continue };
            if let Some(labels) = series.strip_prefix("_count{") {
                this.requests = this.requests.saturating_add(value);
                if label(labels, "http_response_status_code").starts_with('5') {
                    this.failed = this.failed.saturating_add(value);
                }
            } else if let Some(labels) = series.strip_prefix("_bucket{")
                && let Ok(bound) = label(labels, "le").parse::<f64>()
            {
                match buckets.iter_mut().find(|(known, _)| known.total_cmp(&bound).is_eq()) {
                    Some((_, count)) => *count = count.saturating_add(value),
                    None => buckets.push((bound, value)),
                }
            }
        }
        buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let enough = this.requests.saturating_mul(19).div_ceil(20);
        let within = buckets.into_iter().find(|(_, count)| *count >= enough && *count > 0);
        this.most = within.and_then(|(bound, _)| Duration::try_from_secs_f64(bound).ok());
        this
    }
}

/// Returns the value of a label; no label of these holds a quote.
fn label<'t>(labels: &'t str, name: &str) -> &'t str {
    let mut pairs = labels.trim_end_matches('}').split(',').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map_or("", |(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const TEXT: &str = "# TYPE http_server_request_duration_seconds histogram\n\
        http_server_request_duration_seconds_bucket{http_route=\"/\",http_response_status_code=\"200\",le=\"0.005\"} 15\n\
        http_server_request_duration_seconds_bucket{http_route=\"/\",http_response_status_code=\"200\",le=\"0.01\"} 18\n\
        http_server_request_duration_seconds_bucket{http_route=\"/\",http_response_status_code=\"200\",le=\"+Inf\"} 18\n\
        http_server_request_duration_seconds_sum{http_route=\"/\",http_response_status_code=\"200\"} 0.1\n\
        http_server_request_duration_seconds_count{http_route=\"/\",http_response_status_code=\"200\"} 18\n\
        http_server_request_duration_seconds_bucket{http_route=\"/x\",http_response_status_code=\"503\",le=\"0.01\"} 1\n\
        http_server_request_duration_seconds_bucket{http_route=\"/x\",http_response_status_code=\"503\",le=\"+Inf\"} 2\n\
        http_server_request_duration_seconds_count{http_route=\"/x\",http_response_status_code=\"503\"} 2\n\
        http_server_active_requests 1\n";

    #[test]
    fn requests_failures_and_time_are_read_from_the_figures() {
        let totals = Totals::read(TEXT);
        assert_eq!((totals.requests, totals.failed), (20, 2));
        assert_eq!(totals.most, Some(Duration::from_millis(10)));
        assert_eq!(Totals::read(""), Totals::default());
    }

    #[test]
    fn minutes_hold_what_came_in_them_and_old_ones_go() {
        let (mut minutes, now) = (Minutes::default(), UNIX_EPOCH);
        let totals = |requests| Totals { requests, failed: requests / 10, most: None };
        (0..100).for_each(|number| minutes.note(totals(number * 10), now));
        let all = minutes.all(totals(1000), now);
        assert_eq!(all.len(), 30);
        assert!(all.iter().all(|minute| (minute.requests, minute.failed) == (10, 1)), "{all:?}");
    }
}
