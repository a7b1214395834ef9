//! Fuzz targets.

use std::fs;

use anyhow::Result;

use crate::context::Context;
use crate::fuzz::targets;

/// A target starts from seeds and keeps its crashes where plain tests replay them.
pub(super) fn targets_have_seeds(context: &Context) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for target in targets(context)? {
        let seeds = context.root.join("fuzz/seeds").join(&target);
        if fs::read_dir(&seeds).map_or(0, Iterator::count) == 0 {
            broken.push(format!("fuzz/seeds/{target}: a target needs at least one seed"));
        }
    }
    Ok(broken)
}
