//! A queue bounded by work and fair between lanes: no threads, no clock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

/// Where a job stands: by the virtual time at which its lane is served, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    start: u64,
    number: u64,
}

/// What became of a push: a place, or the job itself among the refused.
pub(crate) struct Pushed<J> {
    pub(crate) place: Option<Place>,
    pub(crate) refused: Vec<J>,
}

struct Entry<J> {
    lane: u64,
    nanos: u64,
    job: J,
}

#[derive(Default)]
struct Lane {
    /// Virtual time at which the lane's next job starts.
    next_start: u64,
    nanos: u64,
    places: VecDeque<Place>,
}

/// Start-time fair queueing (Goyal, Vin, Cheng 1996): each lane gets an equal share of the work,
/// however many jobs it queues. When the queue is full, the lane that holds the most gives way.
pub(crate) struct FairQueue<J> {
    waiting: BTreeMap<Place, Entry<J>>,
    lanes: HashMap<u64, Lane>,
    virtual_now: u64,
    arrivals: u64,
    nanos: u64,
    most_nanos: u64,
    most_jobs: usize,
}

impl<J> FairQueue<J> {
    pub(crate) fn new(most_work: Duration, most_jobs: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            lanes: HashMap::new(),
            virtual_now: 0,
            arrivals: 0,
            nanos: 0,
            most_nanos: nanos(most_work),
            most_jobs,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) const fn work(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    /// Queues a job; into an empty queue one of any size. A full queue takes the newest jobs from
    /// the lane with the most work, unless that is the lane of the newcomer.
    pub(crate) fn push(&mut self, lane: u64, work: Duration, job: J) -> Pushed<J> {
        let nanos = nanos(work);
        let mut refused = Vec::new();
        while self.is_full_for(nanos) {
            let own = self.lanes.get(&lane).map_or(0, |lane| lane.nanos).saturating_add(nanos);
            let heaviest = self.lanes.values().max_by_key(|lane| lane.nanos);
            let newest = heaviest.filter(|lane| lane.nanos > own).and_then(|l| l.places.back());
            let Some(evicted) = newest.copied().and_then(|place| self.remove(place)) else {
                refused.push(job);
                return Pushed { place: None, refused };
            };
            refused.push(evicted);
        }
        Pushed { place: Some(self.admit(lane, nanos, job)), refused }
    }

    fn is_full_for(&self, nanos: u64) -> bool {
        let full = self.nanos.saturating_add(nanos) > self.most_nanos;
        !self.waiting.is_empty() && (full || self.waiting.len() >= self.most_jobs)
    }

    fn admit(&mut self, lane: u64, nanos: u64, job: J) -> Place {
        let queued = self.lanes.entry(lane).or_default();
        let start = queued.next_start.max(self.virtual_now);
        let place = Place { start, number: self.arrivals };
        self.arrivals = self.arrivals.wrapping_add(1);
        queued.next_start = start.saturating_add(nanos);
        queued.nanos = queued.nanos.saturating_add(nanos);
        queued.places.push_back(place);
        self.nanos = self.nanos.saturating_add(nanos);
        self.waiting.insert(place, Entry { lane, nanos, job });
        place
    }

    /// Takes the job that is next in fairness.
    pub(crate) fn pop(&mut self) -> Option<J> {
        let (place, _) = self.waiting.first_key_value()?;
        let place = *place;
        self.virtual_now = place.start;
        let job = self.remove(place);
        if self.waiting.is_empty() {
            self.virtual_now = 0;
        }
        job
    }

    /// Takes one job out, wherever it stands.
    pub(crate) fn remove(&mut self, place: Place) -> Option<J> {
        let Entry { lane: key, nanos, job } = self.waiting.remove(&place)?;
        self.nanos = self.nanos.saturating_sub(nanos);
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.nanos = lane.nanos.saturating_sub(nanos);
            if lane.places.back() == Some(&place) {
                lane.places.pop_back();
                // The newest gave way before it was served: the lane is not charged for it.
                if place.start > self.virtual_now {
                    lane.next_start = place.start;
                }
            } else {
                lane.places.retain(|other| *other != place);
            }
            if lane.places.is_empty() {
                self.lanes.remove(&key);
            }
        }
        Some(job)
    }

    /// Takes all jobs.
    pub(crate) fn clear(&mut self) -> Vec<J> {
        self.lanes.clear();
        self.nanos = 0;
        std::mem::take(&mut self.waiting).into_values().map(|entry| entry.job).collect()
    }
}

fn nanos(work: Duration) -> u64 {
    u64::try_from(work.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn queue(work: u32, jobs: usize) -> FairQueue<&'static str> {
        FairQueue::new(MS.saturating_mul(work), jobs)
    }

    #[test]
    fn a_newcomer_does_not_wait_behind_a_flood() {
        let mut queue = queue(100, 100);
        for _ in 0..50 {
            queue.push(1, MS, "flood");
        }
        assert_eq!(queue.pop(), Some("flood"));
        queue.push(2, MS, "ada");
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert!(order.iter().position(|job| *job == "ada").unwrap() <= 1, "{order:?}");
    }

    #[test]
    fn a_flood_from_one_lane_cannot_fill_the_queue() {
        let mut queue = queue(10, 100);
        for _ in 0..10 {
            assert!(queue.push(1, MS, "flood").refused.is_empty());
        }
        let more = queue.push(1, MS, "flood");
        assert!(more.place.is_none(), "the heaviest lane gets no more");
        let ada = queue.push(2, MS, "ada");
        assert!(ada.place.is_some());
        assert_eq!(ada.refused, ["flood"]);
        assert_eq!(queue.work(), MS * 10);
    }

    #[test]
    fn lanes_share_by_work_and_not_by_jobs() {
        let mut queue = queue(1000, 1000);
        for _ in 0..10 {
            queue.push(1, MS * 10, "dear");
        }
        for _ in 0..100 {
            queue.push(2, MS, "cheap");
        }
        let first: Vec<_> = std::iter::from_fn(|| queue.pop()).take(22).collect();
        let dear = first.iter().filter(|job| **job == "dear").count();
        assert!((2..=3).contains(&dear), "{first:?}");
    }

    #[test]
    fn a_job_dearer_than_the_whole_queue_is_taken_when_nothing_waits() {
        let mut queue = queue(1, 10);
        assert!(queue.push(1, MS * 50, "dear").place.is_some());
        assert!(queue.push(2, MS * 50, "dear").place.is_none());
    }

    proptest! {
        /// Random pushes, pops and removals against a plain list of what should be inside.
        #[test]
        fn keeps_its_sums_and_its_bound(ops in prop::collection::vec((0u8..4, 0u64..5, 1u64..9), 1..200)) {
            let mut queue = FairQueue::new(Duration::from_nanos(40), 12);
            let mut model: HashMap<u64, (u64, Place)> = HashMap::new();
            for (id, (op, lane, nanos)) in (0u64..).zip(ops) {
                match op {
                    0 | 1 => {
                        let pushed = queue.push(lane, Duration::from_nanos(nanos), id);
                        for gone in pushed.refused {
                            model.remove(&gone);
                        }
                        if let Some(place) = pushed.place {
                            model.insert(id, (nanos, place));
                        }
                    }
                    2 => {
                        let popped = queue.pop();
                        prop_assert_eq!(popped.is_some(), !model.is_empty());
                        popped.map(|id| model.remove(&id));
                    }
                    _ => {
                        let some = model.iter().next().map(|(id, (_, place))| (*id, *place));
                        if let Some((id, place)) = some {
                            prop_assert_eq!(queue.remove(place), Some(id));
                            prop_assert_eq!(queue.remove(place), None);
                            model.remove(&id);
                        }
                    }
                }
                let sum: u64 = model.values().map(|(nanos, _)| nanos).sum();
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.work(), Duration::from_nanos(sum));
                prop_assert!(sum <= 40 || model.len() == 1);
                prop_assert!(queue.lanes.len() <= queue.len());
                let in_lanes: u64 = queue.lanes.values().map(|lane| lane.nanos).sum();
                prop_assert_eq!(in_lanes, sum);
            }
        }
    }
}
