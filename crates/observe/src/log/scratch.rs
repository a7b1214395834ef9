//! Buffers of a thread, used again for every line.

use std::cell::RefCell;

use super::Bound;

/// What is needed while a line is made.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) fields: Bound,
    pub(super) message: String,
    pub(super) line: String,
    /// Names of the context that are written already.
    pub(super) seen: Vec<&'static str>,
}

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Gives an empty text for a value that is looked at before it is written; a value that is formatted
/// while another is gets a new one.
pub(super) fn with_text(work: impl FnOnce(&mut String)) {
    let mut text = TEXT.try_with(RefCell::take).unwrap_or_default();
    text.clear();
    work(&mut text);
    let _ = TEXT.try_with(|place| place.replace(text));
}

/// Gives the buffers, empty; an event that is made while another is formatted gets its own.
pub(super) fn with(work: impl FnOnce(&mut Scratch)) {
    let mut work = Some(work);
    // Fails while the thread ends; then, as within another line, the buffers are new ones.
    let _ = SCRATCH.try_with(|scratch| {
        if let Ok(mut scratch) = scratch.try_borrow_mut()
            && let Some(work) = work.take()
        {
            scratch.fields.clear();
            scratch.message.clear();
            scratch.line.clear();
            scratch.seen.clear();
            work(&mut scratch);
        }
    });
    if let Some(work) = work {
        work(&mut Scratch::default());
    }
}
