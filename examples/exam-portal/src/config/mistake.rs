//! What is wrong with a setting, in one line.

use std::fmt;

/// One mistake: where it stands, what is wrong, and what to write instead.
///
/// Displays as one line whatever the value held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    line: String,
}

impl Mistake {
    pub(super) fn new(place: &impl fmt::Display, wrong: &str, instead: &str) -> Self {
        Self::told(place, &format!("{wrong}; {instead}"))
    }

    /// Takes a sentence that says both.
    pub(super) fn told(place: &impl fmt::Display, sentence: &str) -> Self {
        Self { line: one_line(&format!("{place}: {sentence}")) }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// All mistakes of one start, at most [`Mistakes::MAX`] of them told one by one.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    found: Vec<Mistake>,
    more: usize,
}

impl Mistakes {
    const MAX: usize = 32;

    pub(super) fn add(&mut self, mistake: Mistake) {
        if self.found.len() < Self::MAX {
            self.found.push(mistake);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Writes one line per mistake, each beginning with the program's name.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.found.iter().map(|mistake| format!("exam-portal: {mistake}")).collect();
        if self.more > 0 {
            lines.push(format!("exam-portal: {} more mistakes of this kind", self.more));
        }
        lines
    }
}

/// Quotes a value, control characters escaped, cut after 60 characters.
pub(super) fn quote(value: &str) -> String {
    const SHOWN: usize = 60;
    let shown: String = value.chars().take(SHOWN).collect();
    if shown.len() < value.len() { format!("{shown:?}...") } else { format!("{shown:?}") }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_stays_on_one_short_line() {
        let value = format!("a\nb\u{1b}[31m{}", "x".repeat(1000));
        let line = Mistake::new(&"--listen", &quote(&value), "write\nanother").to_string();
        assert!(line.chars().all(|c| !c.is_control()), "{line}");
        assert!(line.len() < 160, "{line}");
    }

    #[test]
    fn a_flood_of_mistakes_is_counted_and_not_repeated() {
        let mut mistakes = Mistakes::default();
        for _ in 0..1000 {
            mistakes.add(Mistake::new(&"x", "y", "z"));
        }
        let lines = mistakes.lines();
        assert_eq!(lines.len(), Mistakes::MAX + 1);
        assert_eq!(lines.last().unwrap(), "exam-portal: 968 more mistakes of this kind");
    }
}
