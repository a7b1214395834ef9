//! Panics as events.

/// The target of the event of a panic.
pub(super) const TARGET: &str = "palisade_observe::panic";

pub(super) fn set() {
    std::panic::set_hook(Box::new(|panic| {
        let told = panic.payload_as_str().unwrap_or("a value that is no text");
        let location = panic.location().map(tracing::field::display);
        let thread = std::thread::current();
        tracing::error!(
            target: TARGET,
            panic = told, location, thread = thread.name(),
            "a task panicked"
        );
    }));
}
