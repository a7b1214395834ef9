//! What the thread of a writer does.

use std::thread;
use std::time::Duration;

use super::output::{Failure, Output};
use super::queue::{Batch, Outcome, Queue};

/// How long lines gather after a batch: whoever logs wakes the thread once in this time, and not for
/// each line.
const GATHERING: Duration = Duration::from_millis(1);

/// Writes until the queue is closed and empty; `declare` makes the line that tells of losses.
pub(super) fn run(queue: &Queue, mut output: impl Output, declare: impl Fn(u64, u64) -> Vec<u8>) {
    let mut batch = Batch::default();
    // Losses that the log itself does not tell of yet.
    let (mut declared_full, mut undeclared_failed) = (0_u64, 0_u64);
    while queue.take(&mut batch) {
        let mut outcome = write(&mut output, &batch.bytes);
        undeclared_failed = undeclared_failed.saturating_add(outcome.failed);
        let undeclared_full = batch.queue_full.saturating_sub(declared_full);
        if !outcome.failing && (undeclared_full > 0 || undeclared_failed > 0) {
            match output.write(&declare(undeclared_full, undeclared_failed)) {
                Ok(()) => {
                    declared_full = batch.queue_full;
                    undeclared_failed = 0;
                }
                Err(_) => outcome.io_errors = outcome.io_errors.saturating_add(1),
            }
        }
        outcome.io_errors = outcome.io_errors.saturating_add(output.troubles());
        queue.settle(&batch, outcome);
        thread::sleep(GATHERING);
    }
}

/// Writes what can be written: a line that fails is left out, and the next one tried.
fn write(output: &mut impl Output, mut records: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    while !records.is_empty() {
        let Err(Failure { written }) = output.write(records) else {
            outcome.written = outcome.written.saturating_add(lines(records));
            outcome.failing = false;
            break;
        };
        let (done, rest) = records.split_at_checked(written).unwrap_or((records, &[]));
        outcome.written = outcome.written.saturating_add(lines(done));
        outcome.io_errors = outcome.io_errors.saturating_add(1);
        outcome.failing = true;
        let next = rest.iter().position(|byte| *byte == b'\n');
        let next = next.map_or(rest.len(), |end| end.saturating_add(1));
        outcome.failed = outcome.failed.saturating_add(u64::from(!rest.is_empty()));
        records = rest.get(next..).unwrap_or_default();
    }
    outcome
}

fn lines(records: &[u8]) -> u64 {
    let ends = records.split(|byte| *byte == b'\n').skip(1).count();
    u64::try_from(ends).unwrap_or(u64::MAX)
}
