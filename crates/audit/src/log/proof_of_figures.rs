//! What the `metrics` facade is told, against what the log holds.

use std::collections::BTreeMap;
use std::iter;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Label, Metadata,
    Recorder, SharedString, Unit,
};
use palisade_core::{Clock, ManualClock};
use tokio::sync::oneshot;

use super::builder::WhenFull;
use super::mirror::{Mirror, Records, Required, Sink, SinkError};
use super::queue::{Asked, Shared, Stats};
use super::thread::Loop;
use super::writer::{Settings, Writer};
use crate::disk::sim::{Random, SimDisk};
use crate::disk::{Disk, TimedDisk};
use crate::event::{Event, Severity};
use crate::note::LogKey;
use crate::segment;

/// What was told last, or in sum; of histograms, how often, and their sum.
#[derive(Clone, Default)]
struct Figures(Arc<Mutex<BTreeMap<String, f64>>>);

struct One(Figures, String);

impl One {
    fn change(&self, change: impl FnOnce(&mut f64)) {
        change(self.0.0.lock().unwrap().entry(self.1.clone()).or_default());
    }
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "small numbers")]
impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.change(|figure| *figure += value as f64);
    }

    fn absolute(&self, value: u64) {
        self.change(|figure| *figure = value as f64);
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.change(|figure| *figure += value);
    }

    fn decrement(&self, value: f64) {
        self.change(|figure| *figure -= value);
    }

    fn set(&self, value: f64) {
        self.change(|figure| *figure = value);
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        self.change(|figure| *figure += 1.0);
        Self(self.0.clone(), format!("{} sum", self.1)).change(|figure| *figure += value);
    }
}

impl Figures {
    fn one(&self, key: &Key) -> Arc<One> {
        let name = key.name().strip_prefix("palisade_audit_").unwrap();
        let words = iter::once(name).chain(key.labels().map(Label::value));
        Arc::new(One(self.clone(), words.collect::<Vec<_>>().join(" ")))
    }

    fn get(&self, name: &str) -> f64 {
        self.0.lock().unwrap()[name]
    }
}

impl Recorder for Figures {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

/// Takes nothing, and may remember that.
struct Failing(Option<u64>);

impl Sink for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn write(&mut self, _: &Records<'_>) -> Result<(), SinkError> {
        Err(SinkError::new("no"))
    }

    fn resume_at(&mut self) -> Result<Option<u64>, SinkError> {
        Ok(self.0)
    }
}

/// Runs a log from its opening to its end: three events, two that were refused, a disk one in so many
/// of whose changes fails and each of whose changes takes a second, and perhaps a mirror.
fn run(disk: &SimDisk, faults: Option<(u64, Random)>, sink: Option<Failing>) -> (Figures, Stats) {
    let figures = Figures::default();
    let stats = metrics::with_local_recorder(&figures, || {
        let manual = ManualClock::new();
        let clock: Arc<dyn Clock> = Arc::new(manual.clone());
        disk.watch(move |_| manual.advance(Duration::from_secs(1)));
        let timed: Arc<dyn Disk> =
            Arc::new(TimedDisk::new(Arc::new(disk.clone()), Arc::clone(&clock)));
        let key = LogKey::from_seed("sim", &[7; 32]).unwrap();
        let settings = Settings { synced: true, segment_bytes: 1 << 20 };
        let disks = Arc::clone(&timed);
        let opened = Writer::open(timed, key, settings, sink.is_some(), SystemTime::UNIX_EPOCH);
        let (writer, _) = opened.unwrap();
        let stored = writer.size();
        let stats = Stats { offered: stored, stored, ..Stats::default() };
        let shared = Arc::new(Shared::new(writer.latest().clone(), stats, 1 << 20));
        for _ in 0..3 {
            let body = Event::new("a").body(SystemTime::UNIX_EPOCH);
            drop(shared.push(&body, Severity::Routine, WhenFull::Refuse, true));
        }
        shared.refuse(2);
        let (send, _receive) = oneshot::channel();
        shared.ask(Asked::Close(send));
        disk.state().faults = faults;
        let mirror = sink.map(|sink| Mirror::start(Box::new(sink), Required::Yes, disks, stored));
        let (mirrors, progress) = mirror.into_iter().unzip();
        let checkpoint_every = Duration::from_hours(1);
        let shared_of = Arc::clone(&shared);
        let mut task = Loop {
            shared: shared_of,
            clock,
            writer,
            mirrors,
            progress,
            checkpoint_every,
            lock: None,
        };
        task.run();
        shared.stats()
    });
    (figures, stats)
}

fn lines(disk: &SimDisk, action: &str) -> f64 {
    let segments = segment::all(disk).unwrap().into_iter().map(segment::name);
    let text: String =
        segments.map(|name| String::from_utf8(disk.content(&name).unwrap()).unwrap()).collect();
    let count = text.lines().filter(|line| line.contains(action)).count();
    u32::try_from(count).unwrap().into()
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers")]
fn figures_say_what_the_log_holds() {
    let disk = SimDisk::default();
    let (figures, _) = run(&disk, None, None);
    // It says of itself that it was opened and closed.
    assert_eq!((figures.get("events_total stored"), lines(&disk, "\"seq\"")), (5.0, 5.0));
    assert_eq!(figures.get("events_total dropped"), 2.0);
    assert_eq!((figures.get("unsigned_total"), figures.get("recording")), (0.0, 1.0));
    assert!(figures.get("queue_bytes") > 100.0 && figures.get("sync_seconds") >= 3.0);
    assert_eq!(figures.get("sync_seconds sum"), figures.get("sync_seconds"));
    assert_eq!(figures.get("sync_failures_total"), 0.0);

    let (mut poisoned, mut failed, mut unsigned) = (0.0, 0.0, 0.0);
    for seed in 0..100 {
        let disk = SimDisk::default();
        let (figures, stats) = run(&disk, Some((6, Random(seed))), None);
        disk.state().faults = None;
        let told = |name: &str| figures.0.lock().unwrap().get(name).copied().unwrap_or(0.0);
        let of = |number: u64| f64::from(u32::try_from(number).unwrap());
        assert_eq!(told("events_total stored"), of(stats.stored), "{seed}");
        assert_eq!(told("events_total dropped"), of(stats.dropped), "{seed}");
        assert_eq!(told("offered_total"), of(stats.offered), "{seed}");
        assert_eq!(told("unsigned_total"), of(stats.unsigned), "{seed}");
        // Each segment that ended badly was replaced, and says so, or nothing is recorded any more.
        let broken = 1.0 - told("recording");
        assert_eq!(told("poisoned_total"), lines(&disk, "audit.poisoned") + broken, "{seed}");
        poisoned += told("poisoned_total");
        failed += told("sync_failures_total");
        unsigned += told("unsigned_total");
    }
    assert!(poisoned > 5.0 && failed > 5.0 && unsigned > 0.0, "{poisoned} {failed} {unsigned}");
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers")]
fn figures_say_how_far_mirrors_are() {
    for (remembers, lag, missed) in [(None, 0.0, 5.0), (Some(0), 5.0, 0.0)] {
        let (figures, stats) = run(&SimDisk::default(), None, Some(Failing(remembers)));
        assert_eq!(stats.stored, 5);
        assert_eq!(figures.get("mirror_lag_events failing"), lag, "{remembers:?}");
        assert_eq!(figures.get("mirror_missed_total failing"), missed, "{remembers:?}");
        assert!(figures.get("mirror_failures_total failing") >= 3.0, "{remembers:?}");
    }
}
