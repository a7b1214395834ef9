//! Which names of fields are hidden, remembered by thread.

use std::cell::RefCell;

const SLOTS: usize = 256;

/// A name by its place in the program, which never moves, the redactor that was asked, its answer.
type Slot = (usize, usize, u32, bool);

thread_local! {
    static ANSWERS: RefCell<Vec<Slot>> = RefCell::new(vec![(0, 0, 0, false); SLOTS]);
}

/// Returns the answer of an earlier call for this name, or asks and remembers it.
pub(super) fn remembered(redactor: u32, name: &'static str, ask: impl Fn() -> bool) -> bool {
    let (place, length) = (name.as_ptr().addr(), name.len());
    let known = ANSWERS.try_with(|answers| {
        let mut answers = answers.try_borrow_mut().ok()?;
        let slot = answers.get_mut((place ^ (place >> 8)) % SLOTS)?;
        if (slot.0, slot.1, slot.2) != (place, length, redactor) {
            *slot = (place, length, redactor, ask());
        }
        Some(slot.3)
    });
    known.ok().flatten().unwrap_or_else(ask)
}
