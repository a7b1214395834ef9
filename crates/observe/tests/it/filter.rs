//! Levels, and their change.

use std::sync::Arc;

use palisade_core::ManualClock;
use palisade_observe::Filter;
use palisade_observe::log::{Captured, Format, LogLayer};
use tracing_subscriber::prelude::*;

#[test]
fn levels_change_while_the_program_runs_and_for_this_layer_alone() {
    let clock: Arc<ManualClock> = Arc::new(ManualClock::new());
    let (filtered, other) = (Captured::new(), Captured::new());
    let filter: Filter = "info,quiet=error".parse().unwrap();
    let layer = LogLayer::new(Arc::<ManualClock>::clone(&clock)).to(Format::Json, filtered.clone());
    let subscriber = tracing_subscriber::registry()
        .with(layer.with_filter(filter.clone()))
        .with(LogLayer::new(clock).to(Format::Json, other.clone()));
    let count = |captured: &Captured| captured.text().lines().count();
    let speak = || {
        tracing::debug!("detail");
        tracing::info!("news");
        tracing::warn!(target: "quiet", "hush");
    };
    tracing::subscriber::with_default(subscriber, || {
        speak();
        assert_eq!((count(&filtered), count(&other)), (1, 3));
        filter.set("debug").unwrap();
        speak();
        assert_eq!((count(&filtered), count(&other)), (4, 6));
        assert!(filter.set("info,quiet=loud").is_err());
        assert!(filter.set(" ").is_err());
        assert_eq!(filter.to_string(), "debug", "what is wrong changes nothing");
        filter.set("off").unwrap();
        speak();
        assert_eq!((count(&filtered), count(&other)), (4, 9));
    });
}
