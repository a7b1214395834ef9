//! What a log says of itself.

use std::fmt::Write;

use super::{LogKey, Note, NoteError, VerifierKey};
use crate::merkle::Hash;

/// Why a checkpoint is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note is not one.
    #[error("the checkpoint is not taken: {0}")]
    Note(#[from] NoteError),
    /// The text of the note is not a checkpoint.
    #[error("the signed text is not a checkpoint")]
    Syntax,
    /// It is the checkpoint of another log.
    #[error("the checkpoint is another log's")]
    Origin,
    /// Its account of losses does not add up.
    #[error("the checkpoint's account does not add up: offered is not stored and dropped")]
    Account,
}

/// A signed statement: so many events, under this root, and so many that were lost.
///
/// Beside the lines of the standard it has two more, `offered N` and `dropped N`: every event that the
/// program wanted recorded is either among the `size` stored ones or among those dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    size: u64,
    root: Hash,
    dropped: u64,
    note: String,
}

impl Checkpoint {
    /// Signs the state of a log.
    pub(crate) fn sign(key: &LogKey, size: u64, root: Hash, dropped: u64) -> Self {
        let (name, offered) = (key.verifier().name(), size.saturating_add(dropped));
        let text = format!("{name}\n{size}\n{root}\noffered {offered}\ndropped {dropped}\n");
        Self { size, root, dropped, note: Note::sign(&text, key) }
    }

    /// Reads a checkpoint and checks its signature.
    ///
    /// # Errors
    ///
    /// When that key has not signed it, or has signed something else.
    pub fn verify(bytes: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let text = note.verified(key)?;
        let (origin, size, root, dropped) = parse(text)?;
        if origin != key.name() {
            return Err(CheckpointError::Origin);
        }
        // It was text a moment ago, to the last byte.
        let note = String::from_utf8_lossy(bytes).into_owned();
        Ok(Self { size, root, dropped, note })
    }

    /// Returns how many events the log had.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root over them.
    #[must_use]
    pub const fn root(&self) -> &Hash {
        &self.root
    }

    /// Returns how many events had been lost, from the beginning of the log on.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Returns the signed note, as it is stored and served.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }
}

type Fields<'a> = (&'a str, u64, Hash, u64);

fn parse(text: &str) -> Result<Fields<'_>, CheckpointError> {
    let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Syntax)?.split('\n');
    let mut next = || lines.next().ok_or(CheckpointError::Syntax);
    let (origin, size, root) = (next()?, number(next()?)?, next()?);
    let root = root.parse().map_err(|_| CheckpointError::Syntax)?;
    let (mut offered, mut dropped) = (None, 0);
    for line in lines {
        match line.split_once(' ') {
            _ if line.is_empty() => return Err(CheckpointError::Syntax),
            Some(("offered", count)) => offered = Some(number(count)?),
            Some(("dropped", count)) => dropped = number(count)?,
            // What a later version says beside.
            _ => {}
        }
    }
    let adds_up = offered.is_none_or(|offered| size.checked_add(dropped) == Some(offered));
    if adds_up { Ok((origin, size, root, dropped)) } else { Err(CheckpointError::Account) }
}

/// A number as the standard writes it: digits, without leading zeros.
fn number(text: &str) -> Result<u64, CheckpointError> {
    let number: u64 = text.parse().map_err(|_| CheckpointError::Syntax)?;
    let mut canonical = String::new();
    // Writing to a string cannot fail.
    let _ = write!(canonical, "{number}");
    if canonical == text { Ok(number) } else { Err(CheckpointError::Syntax) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> LogKey {
        LogKey::from_seed(name, &[7; 32]).unwrap()
    }

    fn signed(text: &str, key: &LogKey) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::verify(Note::sign(text, key).as_bytes(), key.verifier())
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_signed() {
        let key = key("example.com/log");
        let root = crate::merkle::leaf(b"one");
        let made = Checkpoint::sign(&key, 5, root, 2);
        let start = format!(
            "example.com/log\n5\n{root}\noffered 7\ndropped 2\n\n\u{2014} example.com/log "
        );
        assert!(made.note().starts_with(&start), "{}", made.note());
        assert_eq!(Checkpoint::verify(made.note().as_bytes(), key.verifier()), Ok(made));
    }

    #[test]
    fn a_changed_byte_is_noticed_wherever_it_is() {
        let key = key("log");
        let made = Checkpoint::sign(&key, 5, Hash::EMPTY, 0);
        for position in 0..made.note().len() {
            for flip in [1, 0x80] {
                let mut bytes = made.note().as_bytes().to_vec();
                bytes[position] ^= flip;
                assert!(Checkpoint::verify(&bytes, key.verifier()).is_err(), "{position}");
            }
        }
    }

    #[test]
    fn the_reference_key_of_the_specification_is_read() {
        // The verifier key of Go's golang.org/x/mod/sumdb/note examples.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key: VerifierKey = text.parse().unwrap();
        assert_eq!(key.to_string(), text);
        let note = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\
            \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let read = Note::parse(note.as_bytes()).unwrap();
        assert!(read.verified(&key).unwrap().starts_with("If you think"));
        let changed = note.replace("answer", "Answer");
        let read = Note::parse(changed.as_bytes()).unwrap();
        assert_eq!(read.verified(&key), Err(NoteError::Signature));
    }

    #[test]
    fn texts_that_say_it_otherwise_are_refused() {
        let key = key("log");
        let root = Hash::EMPTY;
        assert!(signed(&format!("log\n0\n{root}\n"), &key).is_ok());
        assert!(signed(&format!("log\n0\n{root}\nanother line\n"), &key).is_ok());
        for (text, error) in [
            (format!("other\n0\n{root}\n"), CheckpointError::Origin),
            (format!("log\n00\n{root}\n"), CheckpointError::Syntax),
            (format!("log\n+1\n{root}\n"), CheckpointError::Syntax),
            ("log\n1\nshort\n".to_owned(), CheckpointError::Syntax),
            (format!("log\n{root}\n"), CheckpointError::Syntax),
            (format!("log\n3\n{root}\noffered 3\ndropped 1\n"), CheckpointError::Account),
            (format!("log\n3\n{root}\noffered 9\n"), CheckpointError::Account),
        ] {
            assert_eq!(signed(&text, &key), Err(error), "{text}");
        }
        let stranger = LogKey::from_seed("log", &[8; 32]).unwrap();
        let note = Checkpoint::sign(&stranger, 0, root, 0);
        let refused = Checkpoint::verify(note.note().as_bytes(), key.verifier());
        assert_eq!(refused, Err(CheckpointError::Note(NoteError::Unknown)));
    }
}
