//! What a hash costs.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use palisade_core::{Clock, ManualClock};
use palisade_passwords::{ConfigError, Params, Scheme};

#[test]
fn the_presets_are_the_rows_of_owasp_with_at_least_two_passes() {
    let rows = [
        (Params::OWASP_19M, 19_456, 2),
        (Params::OWASP_12M, 12_288, 3),
        (Params::OWASP_9M, 9_216, 4),
        (Params::OWASP_7M, 7_168, 5),
    ];
    for (preset, memory_kib, passes) in rows {
        assert_eq!((preset.memory_kib(), preset.passes(), preset.lanes()), (memory_kib, passes, 1));
        assert_eq!(Params::new(memory_kib, passes, 1).unwrap(), preset);
        assert!(Scheme::new(preset).is_ok());
        let weaker = Params::new(memory_kib, passes - 1, 1);
        assert!(matches!(weaker, Err(ConfigError::WeakParams { .. })), "{memory_kib}");
    }
    // The row with one pass, whose first block survives in memory.
    assert!(matches!(Params::new(47_104, 1, 1), Err(ConfigError::WeakParams { .. })));
    assert!(Params::new(65_536, 3, 4).is_ok_and(|params| params == Params::RFC9106_64M));
}

/// A clock on which each measurement takes the next of these times.
struct Measured {
    clock: ManualClock,
    steps: Mutex<Vec<Duration>>,
}

impl Measured {
    fn new(times: [u64; 3]) -> Self {
        // One question before each hash and one behind it.
        let steps =
            times.into_iter().rev().flat_map(|ms| [Duration::from_millis(ms), Duration::ZERO]);
        Self { clock: ManualClock::new(), steps: Mutex::new(steps.collect()) }
    }
}

impl Clock for Measured {
    fn now(&self) -> Instant {
        self.clock.advance(self.steps.lock().unwrap().pop().unwrap_or_default());
        self.clock.now()
    }

    fn wall(&self) -> SystemTime {
        UNIX_EPOCH
    }
}

#[test]
fn calibration_takes_the_best_of_its_measurements() {
    let target = Duration::from_millis(70);
    for (times, passes) in [([20, 20, 20], 7), ([900, 20, 41], 7), ([14, 14, 14], 10)] {
        let params = Params::calibrate(target, 8192, &Measured::new(times)).unwrap();
        assert_eq!((params.memory_kib(), params.passes()), (8192, passes), "{times:?}");
        assert!(Scheme::new(params).is_ok());
    }
    // A slow machine gets what is needed, not what fits.
    let slow = Params::calibrate(target, 8192, &Measured::new([900, 900, 900])).unwrap();
    assert_eq!(slow.passes(), 5, "7 MiB x 5 is the least: 8 MiB x 5");
    let impossible = Params::calibrate(target, 7, &ManualClock::new());
    assert!(matches!(impossible, Err(ConfigError::ArgonParams { memory_kib: 7, .. })));
}
