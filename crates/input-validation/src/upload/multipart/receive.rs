//! One file, from the wire to a draft.

use std::fmt;

use bytes::{Bytes, BytesMut};

use super::super::draft::Draft;
use super::super::{DraftError, FileKind, Jail, Kept};
use super::rules::FileRule;
use crate::FileName;
use crate::issue::{Breach, code};

/// A file that was received and is what it begins as; removed unless it is kept.
pub struct Upload {
    field: &'static str,
    name: Option<FileName>,
    draft: Draft,
}

impl Upload {
    /// Returns the field that it was sent in.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Returns what the client calls it, for people to read.
    #[must_use]
    pub const fn name(&self) -> Option<&FileName> {
        self.name.as_ref()
    }

    /// Returns its length.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.draft.bytes()
    }

    /// Keeps it, on a thread that may wait for the disk.
    ///
    /// # Errors
    ///
    /// [`DraftError::Io`].
    pub async fn keep(self) -> Result<Kept, DraftError> {
        blocking(move || self.draft.keep()).await
    }
}

/// Shows no value.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("field", &self.field).finish_non_exhaustive()
    }
}

/// A file on its way: what has come is written in large pieces, each on a thread that may wait.
pub(super) struct Receiving {
    rule: FileRule,
    name: Option<FileName>,
    draft: Draft,
    pending: BytesMut,
    is_known: bool,
}

/// Bytes that are gathered before the disk is asked.
const PIECE: usize = 256 * 1024;

impl Receiving {
    pub(super) async fn begin(
        jail: std::sync::Arc<Jail>,
        rule: FileRule,
        name: Option<FileName>,
    ) -> Result<Self, DraftError> {
        let max_bytes = rule.max_bytes;
        let draft = blocking(move || Ok(jail.draft(max_bytes)?)).await?;
        Ok(Self { rule, name, draft, pending: BytesMut::new(), is_known: false })
    }

    /// Takes what has come; a file of another kind is refused by its first bytes.
    pub(super) async fn take(mut self, data: &Bytes) -> Result<Self, DraftError> {
        self.pending.extend_from_slice(data);
        if !self.is_known && self.pending.len() >= 12 {
            let kind = FileKind::sniff(&self.pending).filter(|kind| self.rule.kinds.contains(kind));
            kind.ok_or(DraftError::Refused(Breach::new(code::FILE_KIND)))?;
            self.is_known = true;
        }
        if self.pending.len() < PIECE {
            return Ok(self);
        }
        blocking(move || {
            self.draft.write(&self.pending)?;
            self.pending.clear();
            Ok(self)
        })
        .await
    }

    pub(super) async fn finish(self) -> Result<Upload, DraftError> {
        let Self { rule, name, mut draft, pending, .. } = self;
        let field = rule.name;
        let draft = blocking(move || {
            draft.write(&pending)?;
            draft.inspect(rule.kinds)
        });
        Ok(Upload { field, name, draft: draft.await? })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DraftError> + Send + 'static,
) -> Result<T, DraftError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(std::io::Error::other)?
}
