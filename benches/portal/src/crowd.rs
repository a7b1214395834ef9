//! Many at once, and how long each waited.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use palisade_core::{Clock as _, SystemClock};

pub(crate) fn now() -> Instant {
    SystemClock::new().now()
}

/// Lets so many begin in the same moment; returns what each has, and how long it took.
pub(crate) fn at_once<T: Send>(
    many: u16,
    act: impl Fn(u16) -> T + Sync,
) -> (Vec<T>, Vec<Duration>) {
    let start = Barrier::new(usize::from(many));
    let (start, act) = (&start, &act);
    let done = thread::scope(|scope| {
        let threads = (0..many).map(|number| {
            scope.spawn(move || {
                start.wait();
                let begun = now();
                let result = act(number);
                (result, begun.elapsed())
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().expect("a client")).collect::<Vec<_>>()
    });
    done.into_iter().unzip()
}

/// Prints a line of the table.
pub(crate) fn tell(load: &str, came: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let part = |of: usize| times[(times.len() - 1) * of / 1000].as_secs_f64() * 1e3;
    println!("| {load} | {came} | {:.1} | {:.1} | {:.1} |", part(500), part(990), part(1000));
}
