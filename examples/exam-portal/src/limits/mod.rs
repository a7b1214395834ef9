//! Limits and lockouts: the rule table, where both are counted, and what became of them.

mod counts;
mod email;
mod history;

use std::sync::Arc;

use palisade_core::Clock;
use palisade_ratelimit::key::Key;
use palisade_ratelimit::limits::LimitsBuilder;
use palisade_ratelimit::lockout::Lockout;
use palisade_ratelimit::rule::RuleFile;
use palisade_ratelimit::{Limits, MemoryStore, Mistakes, RateLimitLayer};

use crate::accounts::User;

pub(crate) use counts::{Counts, CountsError, Saving};
pub(crate) use email::read as read_email;
pub(crate) use history::History;

/// The rule table where `--limits` names none.
pub(crate) const BUILT_IN: &str = include_str!("../../limits.toml");

/// Why there are no limits.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LimitsError {
    #[error(transparent)]
    Counts(#[from] CountsError),
    /// A mistake of the program: the table was checked when the settings were.
    #[error("the rule table: {0}")]
    Rules(#[from] Mistakes),
}

/// What limits requests, and what is known of it.
///
/// A clone shares everything.
#[derive(Clone)]
pub(crate) struct Guard {
    limits: Limits,
    lockout: Lockout,
    history: Arc<History>,
    /// Where is counted, for people.
    place: String,
}

impl Guard {
    /// Puts the rules in front of the counts.
    pub(crate) fn new(
        table: &RuleFile,
        counts: &Counts,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LimitsError> {
        let limits = builder()
            .file(table.clone())
            .with_shared_store(counts.store())
            .with_hasher(counts.hasher().clone())
            .with_clock(Arc::clone(&clock))
            .finish()?;
        let history = Arc::new(History::new(limits.clone(), clock));
        let (lockout, place) = (counts.lockout().clone(), counts.place().to_owned());
        Ok(Self { limits, lockout, history, place })
    }

    pub(crate) fn layer(&self) -> RateLimitLayer {
        RateLimitLayer::new(self.limits.clone())
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) const fn lockout(&self) -> &Lockout {
        &self.lockout
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Notes once a minute what was refused, until it is dropped.
    pub(crate) async fn watch(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(History::STEP).await;
            self.history.note();
        }
    }
}

/// Reads a rule table, and says everything that is wrong with it.
pub(crate) fn table(text: &str) -> Result<RuleFile, Mistakes> {
    let file = RuleFile::from_toml(text)?;
    counting_nothing(&file)?;
    Ok(file)
}

/// Limits that nobody shares, to see what they would say.
pub(crate) fn counting_nothing(file: &RuleFile) -> Result<Limits, Mistakes> {
    builder().memory(MemoryStore::LEAST_BYTES).file(file.clone()).finish()
}

/// Begins with the keys that a table may name.
fn builder() -> LimitsBuilder {
    let user = |user: &User| user.id.0.cast_unsigned().into();
    Limits::builder()
        .key("user", Key::of("user", move |head| head.extensions().get().map(user)))
        .key("email", email::key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_beside_the_program_hold() {
        for text in [
            BUILT_IN,
            include_str!("../../limits.strict.toml"),
            include_str!("../../limits.load.toml"),
        ] {
            table(text).unwrap();
        }
    }

    #[test]
    fn every_mistake_of_a_table_is_told() {
        let text = "[[rule]]\nname = \"A\"\nquota = \"5 per mniute\"\n\
                    [[rule]]\nname = \"b\"\nquota = \"5 per minute\"\nby = \"usr\"\n\
                    on = \"GET students\"";
        let mistakes = table(text).unwrap_err().to_string();
        assert!(mistakes.contains("rule[0].quota"), "{mistakes}");
        let text = text.replace("mniute", "minute");
        let mistakes = table(&text).unwrap_err();
        assert_eq!(mistakes.list().len(), 3, "{mistakes}");
    }
}
