//! A text and the signatures under it.

use base64ct::{Base64, Encoding};

use super::key::is_name;
use super::{LogKey, VerifierKey};

/// Bytes of a note, at most.
const LONGEST: usize = 64 * 1024;
const SIGNATURES: usize = 64;

/// Why a note is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// It is not written as a signed note.
    #[error("it is not a signed note")]
    Syntax,
    /// A signature of a known key is false.
    #[error("its signature is false")]
    Signature,
    /// No known key has signed it.
    #[error("no known key has signed it")]
    Unknown,
}

/// A text with signatures, none of which has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    ///
    /// [`NoteError::Syntax`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        parse(bytes).ok_or(NoteError::Syntax)
    }

    /// Returns the text if that key has signed it; the signatures of others are left alone.
    ///
    /// # Errors
    ///
    /// [`NoteError::Signature`] and [`NoteError::Unknown`].
    pub fn verified(&self, key: &VerifierKey) -> Result<&str, NoteError> {
        let mut found = false;
        for line in &self.signatures {
            if line.name == key.name() && line.id == key.id() {
                if !key.verify(&self.text, &line.signature) {
                    return Err(NoteError::Signature);
                }
                found = true;
            }
        }
        if found { Ok(&self.text) } else { Err(NoteError::Unknown) }
    }

    /// Signs a text that ends with its line.
    pub(super) fn sign(text: &str, key: &LogKey) -> String {
        format!("{text}\n{}", key.sign(text))
    }
}

fn parse(bytes: &[u8]) -> Option<Note> {
    let note = std::str::from_utf8(bytes).ok().filter(|note| note.len() <= LONGEST)?;
    if note.chars().any(|c| c.is_control() && c != '\n') {
        return None;
    }
    let (text, rest) = note.rsplit_once("\n\n")?;
    let lines = rest.strip_suffix('\n')?;
    let signatures: Option<Vec<Line>> =
        lines.split('\n').take(SIGNATURES.saturating_add(1)).map(line).collect();
    let signatures = signatures.filter(|lines| lines.len() <= SIGNATURES)?;
    Some(Note { text: format!("{text}\n"), signatures })
}

fn line(line: &str) -> Option<Line> {
    let (name, value) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = Base64::decode_vec(value).ok().filter(|_| is_name(name))?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (!signature.is_empty()).then(|| Line {
        name: name.to_owned(),
        id: *id,
        signature: signature.to_vec(),
    })
}
