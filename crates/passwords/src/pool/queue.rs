//! A queue bounded by work and fair between lanes: no threads, no clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
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
    /// Lanes without a job that have had more than their share, by the time it is settled.
    settling: BTreeSet<(u64, u64)>,
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
            settling: BTreeSet::new(),
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
        let mut evicted = Vec::new();
        while self.is_full_for(nanos) {
            let own = self.lanes.get(&lane).map_or(0, |lane| lane.nanos).saturating_add(nanos);
            let heaviest = self.lanes.values().max_by_key(|lane| lane.nanos);
            let newest = heaviest.filter(|lane| lane.nanos > own).and_then(|l| l.places.back());
            let Some((place, entry)) =
                newest.copied().and_then(|place| Some((place, self.take_out(place)?)))
            else {
                // Nobody gives way to a newcomer that does not get in.
                for (place, entry) in evicted.into_iter().rev() {
                    self.stand(place, entry);
                }
                return Pushed { place: None, refused: vec![job] };
            };
            evicted.push((place, entry));
        }
        let refused = evicted.into_iter().map(|(_, entry)| entry.job).collect();
        Pushed { place: Some(self.admit(lane, nanos, job)), refused }
    }

    fn is_full_for(&self, nanos: u64) -> bool {
        let full = self.nanos.saturating_add(nanos) > self.most_nanos;
        !self.waiting.is_empty() && (full || self.waiting.len() >= self.most_jobs)
    }

    fn admit(&mut self, lane: u64, nanos: u64, job: J) -> Place {
        let next_start = self.lanes.get(&lane).map_or(0, |lane| lane.next_start);
        let place = Place { start: next_start.max(self.virtual_now), number: self.arrivals };
        self.arrivals = self.arrivals.wrapping_add(1);
        self.stand(place, Entry { lane, nanos, job });
        place
    }

    /// Lets a job stand at a place behind all others of its lane.
    fn stand(&mut self, place: Place, entry: Entry<J>) {
        let lane = self.lanes.entry(entry.lane).or_default();
        self.settling.remove(&(lane.next_start, entry.lane));
        lane.next_start = place.start.saturating_add(entry.nanos);
        lane.nanos = lane.nanos.saturating_add(entry.nanos);
        lane.places.push_back(place);
        self.nanos = self.nanos.saturating_add(entry.nanos);
        self.waiting.insert(place, entry);
    }

    /// Takes the job that is next in fairness.
    pub(crate) fn pop(&mut self) -> Option<J> {
        let (place, _) = self.waiting.first_key_value()?;
        let place = *place;
        self.virtual_now = place.start;
        let job = self.remove(place);
        if self.waiting.is_empty() {
            self.virtual_now = 0;
            self.lanes.clear();
            self.settling.clear();
        }
        job
    }

    /// Forgets lanes that owe nothing, and those that owe least when there are too many.
    fn settle(&mut self) {
        while let Some((until, lane)) = self.settling.first().copied() {
            if until > self.virtual_now && self.settling.len() <= self.most_jobs {
                return;
            }
            self.settling.pop_first();
            self.lanes.remove(&lane);
        }
    }

    /// Takes one job out, wherever it stands.
    pub(crate) fn remove(&mut self, place: Place) -> Option<J> {
        self.take_out(place).map(|entry| entry.job)
    }

    fn take_out(&mut self, place: Place) -> Option<Entry<J>> {
        let entry = self.waiting.remove(&place)?;
        self.nanos = self.nanos.saturating_sub(entry.nanos);
        if let Some(lane) = self.lanes.get_mut(&entry.lane) {
            lane.nanos = lane.nanos.saturating_sub(entry.nanos);
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
                self.settling.insert((lane.next_start, entry.lane));
            }
        }
        self.settle();
        Some(entry)
    }

    /// Takes all jobs.
    pub(crate) fn clear(&mut self) -> Vec<J> {
        self.lanes.clear();
        self.settling.clear();
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
    fn a_lane_that_queues_one_job_at_a_time_gets_no_more_than_its_share() {
        let mut queue = queue(1000, 100);
        for _ in 0..4 {
            queue.push(1, MS, "cheap");
        }
        queue.push(2, MS * 30, "dear");
        let mut order = Vec::new();
        for _ in 0..5 {
            let job = queue.pop().unwrap();
            order.push(job);
            // The next one is sent as soon as the last one left the queue.
            if job == "dear" {
                queue.push(2, MS * 30, "dear");
            }
        }
        assert_eq!(order.iter().filter(|job| **job == "cheap").count(), 4, "{order:?}");
    }

    #[test]
    fn nobody_gives_way_to_a_newcomer_that_is_refused() {
        let mut queue = queue(60, 100);
        for _ in 0..6 {
            queue.push(1, MS * 10, "patient");
        }
        let refused = queue.push(2, MS * 50, "dear");
        assert!(refused.place.is_none());
        assert_eq!(refused.refused, ["dear"]);
        assert_eq!((queue.len(), queue.work()), (6, MS * 60));
        assert_eq!(std::iter::from_fn(|| queue.pop()).count(), 6);
    }

    #[test]
    fn what_lanes_owe_is_remembered_within_a_bound() {
        let mut queue = queue(1_000_000, 8);
        queue.push(0, MS, "first");
        queue.push(0, MS, "second");
        for lane in 1..1000 {
            queue.push(lane, MS * 5, "flood");
            queue.pop();
        }
        // Nor does hanging up before being served fill it.
        for lane in 1000..2000 {
            let hung_up = queue.push(lane, MS * 5, "flood").place.unwrap();
            queue.remove(hung_up);
        }
        assert!(queue.lanes.len() <= 16, "{} lanes", queue.lanes.len());
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
                prop_assert!(queue.lanes.len().saturating_sub(queue.settling.len()) <= queue.len());
                prop_assert!(queue.settling.len() <= 12);
                let in_lanes: u64 = queue.lanes.values().map(|lane| lane.nanos).sum();
                prop_assert_eq!(in_lanes, sum);
            }
        }
    }
}
