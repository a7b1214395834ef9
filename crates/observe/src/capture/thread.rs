//! What the thread does.

use std::backtrace::Backtrace;

use super::queue::{Queue, Waiting};
use super::setup::Told;
use super::{ErrorSink, Kind, frame};

/// Sends until the queue is closed and empty.
pub(super) fn run(queue: &Queue, mut sinks: Vec<Box<dyn ErrorSink>>, told: &Told) {
    // Reads the symbols of the program, which takes a while and is then kept: whoever walks a stack
    // meanwhile would wait for it.
    frame::frames(&Backtrace::force_capture(), false);
    // Losses that were told.
    let mut declared = 0_u64;
    while let Some(Waiting { mut report, backtrace }) = queue.take() {
        let lost = queue.tally().lost();
        report.lost = lost.saturating_sub(declared);
        let panic = report.kind == Kind::Panic;
        report.frames =
            backtrace.as_ref().map(|stack| frame::frames(stack, panic)).unwrap_or_default();
        report.release.clone_from(&told.release);
        report.environment.clone_from(&told.environment);
        let mut sent = true;
        for sink in &mut sinks {
            if let Err(error) = sink.send(&report) {
                sent = false;
                // Below `ERROR`: a sink that fails is not told to itself.
                tracing::warn!(%error, lost = lost.saturating_add(1), "cannot report an error");
            }
        }
        if sent {
            declared = lost;
        }
        queue.settle(sent);
    }
}
