//! Scanned copies: up and down.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body::{Frame, SizeHint};
use palisade_core::Problem;
use palisade_input_validation::upload::{DraftError, Multipart, StoredName};
use palisade_input_validation::{FileName, Valid};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::JoinHandle;

use super::exams;
use crate::access::{self, Anybody, Staff};
use crate::exams::{Copies, CopyForm, NewCopy};
use crate::refusal;
use crate::store::Store;

/// A copy that was kept.
#[derive(JsonSchema, Serialize)]
pub(super) struct Kept {
    id: i64,
    sha256: String,
}

pub(super) async fn add(
    Staff(_): Staff,
    State(store): State<Store>,
    State(copies): State<Copies>,
    exam: Result<Path<String>, PathRejection>,
    form: Valid<Multipart<CopyForm>>,
) -> Result<(StatusCode, Json<Kept>), Problem> {
    let exam = exams::known(&store, exam).await?;
    let (form, mut files) = form.into_inner().into_parts();
    let student = form.student_code.as_ref().map(AsRef::<str>::as_ref);
    if let Some(code) = student
        && store.student(code).await?.is_none()
    {
        return Err(super::no_such_student());
    }
    // The form has just one.
    let file = files.pop().ok_or_else(refusal::internal)?;
    let name = file.name().cloned();
    let kept = file.keep().await.map_err(|error| failed(&error))?;
    let mut sha256 = String::with_capacity(64);
    for byte in kept.sha256() {
        // Writing into a String cannot fail.
        let _ = write!(sha256, "{byte:02x}");
    }
    let new = NewCopy {
        student,
        stored: kept.name().as_str(),
        file_name: name.as_ref().map(FileName::as_str),
        sha256: &sha256,
        bytes: i64::try_from(kept.bytes()).unwrap_or(i64::MAX),
    };
    match store.add_copy(exam, &new).await {
        Ok(id) => Ok((StatusCode::CREATED, Json(Kept { id, sha256 }))),
        Err(error) => {
            // A file that nothing knows of would stay for ever.
            let jail = copies.jail();
            let removed = tokio::task::spawn_blocking(move || jail.remove(kept.name())).await;
            if !matches!(removed, Ok(Ok(()))) {
                tracing::warn!("a copy that was not noted was not removed");
            }
            Err(error.into())
        }
    }
}

/// To a student account only its own copies are there.
pub(super) async fn read(
    Anybody(user): Anybody,
    State(store): State<Store>,
    State(copies): State<Copies>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let numbers = path
        .ok()
        .and_then(|Path((exam, copy))| Some((exams::number(&exam)?, exams::number(&copy)?)));
    let (exam, copy) = numbers.ok_or_else(unknown)?;
    let copy = store.copy(exam, copy).await?.ok_or_else(unknown)?;
    let is_own = copy.student.as_deref().is_some_and(|code| access::may_read(&user, code));
    if !user.role.is_staff() && !is_own {
        return Err(unknown());
    }
    let stored = StoredName::parse(&copy.stored).map_err(|_| refusal::internal())?;
    let kind = stored.kind().ok_or_else(refusal::internal)?;
    let jail = copies.jail();
    let opened = tokio::task::spawn_blocking(move || {
        let file = jail.open(stored.as_str())?;
        let bytes = file.metadata()?.len();
        io::Result::Ok((file, bytes))
    });
    let opened = opened.await.map_err(io::Error::other).and_then(|opened| opened);
    let (file, bytes) = opened.map_err(|error| failed(&DraftError::Io(error)))?;
    let fallback = || FileName::parse(&format!("copy.{}", kind.extension())).ok();
    let name = copy.file_name.and_then(|name| FileName::parse(&name).ok()).or_else(fallback);
    let disposition = name.map_or(HeaderValue::from_static("attachment"), |name| name.attachment());
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind.media_type())),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, Body::new(Pieces::of(file, bytes))).into_response())
}

fn failed(error: &DraftError) -> Problem {
    tracing::error!(%error, "a copy was not kept or read");
    refusal::internal()
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_copy").detail("no copy has this number")
}

/// A file as a body: each piece is read when it is asked for, on a thread that may wait.
struct Pieces {
    file: Option<File>,
    reading: Option<JoinHandle<io::Result<(File, Bytes)>>>,
    /// Bytes that are still to come.
    left: u64,
}

impl Pieces {
    const fn of(file: File, bytes: u64) -> Self {
        Self { file: Some(file), reading: None, left: bytes }
    }
}

fn piece(mut file: File) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::with_capacity(64 * 1024);
    (&mut file).take(64 * 1024).read_to_end(&mut piece)?;
    Ok((file, piece.into()))
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(file) = self.file.take() {
            self.reading = Some(tokio::task::spawn_blocking(move || piece(file)));
        }
        let Some(task) = &mut self.reading else { return Poll::Ready(None) };
        let read = ready!(Pin::new(task).poll(context));
        self.reading = None;
        match read.map_err(io::Error::other).and_then(|read| read) {
            Ok((_, bytes)) if bytes.is_empty() => Poll::Ready(None),
            Ok((file, bytes)) => {
                self.file = Some(file);
                let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.left = self.left.saturating_sub(read);
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
