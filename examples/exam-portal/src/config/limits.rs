//! The table of rate limits.

use std::path::Path;

use palisade_ratelimit::Mistakes as Wrongs;
use palisade_ratelimit::rule::RuleFile;

use super::file;
use super::mistake::{Mistake, Mistakes, quote};
use super::setting::Given;
use crate::limits;

/// Reads the table of the file that is given, or the one that is part of the program.
pub(super) fn read(given: Vec<Given>, mistakes: &mut Mistakes) -> Option<RuleFile> {
    if let Some(second) = given.get(1) {
        mistakes.add(Mistake::new(&second.origin, "given more than once", "give it once"));
    }
    let Some(Given { value, origin }) = given.into_iter().next() else {
        let built_in = limits::table(limits::BUILT_IN);
        return told(built_in, &"the built-in limits", mistakes);
    };
    match file::load(Path::new(&value)) {
        Ok(text) => told(limits::table(&text), &format!("{origin}, {value}"), mistakes),
        Err(wrong) => {
            let wrong = format!("{}: {wrong}", quote(&value));
            mistakes.add(Mistake::new(&origin, &wrong, "name a readable file of rules"));
            None
        }
    }
}

fn told(
    table: Result<RuleFile, Wrongs>,
    place: &impl std::fmt::Display,
    mistakes: &mut Mistakes,
) -> Option<RuleFile> {
    let tell = |wrongs: Wrongs| {
        for wrong in wrongs.list() {
            mistakes.add(Mistake::told(place, &wrong.to_string()));
        }
    };
    table.map_err(tell).ok()
}
