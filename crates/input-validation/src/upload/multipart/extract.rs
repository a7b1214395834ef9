//! Forms with files, as an argument of handlers.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use thiserror::Error;

use super::super::DraftError;
use super::receive::{Receiving, Upload};
use super::rules::Uploads;
use super::{Decoder, Event};
use crate::extract::{Rejected, Valid, reader};
use crate::issue::{At, Breach, Issues, code};
use crate::refusal::Reason;
use crate::{Cause, Check, FileName};

/// A form with files: the fields as a type, the files in the jail that [`Uploads`] names.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use axum::{Extension, Router, routing::post};
/// use palisade_input_validation::upload::{FileKind, Jail, Multipart, Uploads};
/// use palisade_input_validation::{Cause, Check, Line, Valid};
///
/// #[derive(Check)]
/// #[check(open)]
/// struct Note {
///     title: Line<80>,
/// }
///
/// async fn add(form: Valid<Multipart<Note>>) -> Result<String, Cause> {
///     let (note, files) = form.into_inner().into_parts();
///     let mut names = Vec::new();
///     for file in files {
///         names.push(file.keep().await?.name().to_string());
///     }
///     Ok(format!("{}: {names:?}", note.title))
/// }
///
/// let folder = tempfile::tempdir()?;
/// let jail = Arc::new(Jail::at(folder.path())?);
/// let uploads = Uploads::into_jail(jail).file("scan", &[FileKind::Png, FileKind::Pdf], 10 << 20);
/// let app: Router = Router::new().route("/notes", post(add)).layer(Extension(uploads));
/// # drop(app);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Multipart<T> {
    fields: T,
    files: Vec<Upload>,
}

impl<T> Multipart<T> {
    /// Returns the fields, and the files in the order in which they were sent.
    #[must_use]
    pub fn into_parts(self) -> (T, Vec<Upload>) {
        (self.fields, self.files)
    }
}

impl<T> Deref for Multipart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}

/// Shows no value.
impl<T> fmt::Debug for Multipart<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Why a form with files does not reach its handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum UploadRejected {
    /// 500: the disk failed, or the route has no [`Uploads`].
    Failed(Cause),
    /// The request is not valid.
    Refused(Rejected),
}

impl IntoResponse for UploadRejected {
    fn into_response(self) -> Response {
        match self {
            Self::Failed(cause) => cause.response(),
            Self::Refused(rejected) => rejected.into_response(),
        }
    }
}

#[derive(Debug, Error)]
#[error("the route takes files, but no `Uploads` is among its extensions")]
struct NoUploads;

impl<T: Check, S: Sync> FromRequest<S> for Valid<Multipart<T>> {
    type Rejection = UploadRejected;

    async fn from_request(request: Request, _: &S) -> Result<Self, UploadRejected> {
        let (parts, body) = request.into_parts();
        let uploads = parts.extensions.get::<Uploads>().cloned();
        let uploads = uploads.ok_or_else(|| UploadRejected::Failed(NoUploads.into()))?;
        let refuse = |why: Stop| why.rejected(&parts.headers);
        let decoder = decoder(&parts.headers, uploads.body_bytes()).map_err(refuse)?;
        let read = read(body, decoder, &uploads).await;
        let (pairs, files) = read.map_err(refuse)?;
        let texts = pairs.iter().map(|(name, text)| (name.as_str(), Some(text.as_str())));
        let fields = reader(&parts).fields(texts).map_err(|issues| refuse(Stop::Issues(issues)))?;
        Ok(Self::from_checked(Multipart { fields, files }))
    }
}

/// Why reading ends early.
enum Stop {
    Issues(Issues),
    Io(std::io::Error),
    Reason(Reason),
}

impl Stop {
    fn at(field: &'static str, breach: Breach) -> Self {
        let mut issues = Issues::new();
        issues.add(&At::ROOT.field(field), breach);
        Self::Issues(issues)
    }

    fn of(field: &'static str, error: DraftError) -> Self {
        match error {
            DraftError::Io(error) => Self::Io(error),
            DraftError::TooLarge => Self::Reason(Reason::BodyTooLarge),
            DraftError::Refused(breach) if breach.code() == code::FILE_KIND => {
                Self::Reason(Reason::UnsupportedType)
            }
            DraftError::Refused(breach) => Self::at(field, breach),
        }
    }

    fn rejected(self, headers: &HeaderMap) -> UploadRejected {
        match self {
            Self::Issues(issues) => UploadRejected::Refused(Rejected::new(issues, headers)),
            Self::Io(error) => UploadRejected::Failed(error.into()),
            Self::Reason(reason) => UploadRejected::Refused(Rejected::new(reason, headers)),
        }
    }
}

fn decoder(headers: &HeaderMap, most: u64) -> Result<Decoder, Stop> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let named = types.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = named.split(';').next().unwrap_or_default().trim();
    let is_form = essence.eq_ignore_ascii_case("multipart/form-data");
    // Encoded, a small body is a large one.
    if types.next().is_some() || !is_form || headers.contains_key(CONTENT_ENCODING) {
        return Err(Stop::Reason(Reason::UnsupportedType));
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced: Option<u64> = announced.and_then(|length| length.parse().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(Stop::Reason(Reason::BodyTooLarge));
    }
    Decoder::for_type(named).map_err(|_| Stop::Reason(Reason::Malformed))
}

type Pairs = Vec<(String, String)>;

/// What the bytes belong to that come now.
enum Current {
    File(Box<Receiving>, &'static str),
    Nothing,
    Text(String, Vec<u8>),
}

async fn read(
    body: axum::body::Body,
    mut decoder: Decoder,
    uploads: &Uploads,
) -> Result<(Pairs, Vec<Upload>), Stop> {
    let most = usize::try_from(uploads.body_bytes()).unwrap_or(usize::MAX);
    let mut body = Limited::new(body, most);
    let (mut pairs, mut files) = (Pairs::new(), Vec::new());
    let mut text_bytes = uploads.text_bytes;
    let mut current = Current::Nothing;
    loop {
        let Some(event) = next(&mut decoder, &mut body).await? else { break };
        current = match event {
            Event::Part { name, file_name } => {
                end(current, &mut pairs, &mut files).await?;
                begin(name, file_name, uploads, &files).await?
            }
            Event::Data(data) => match current {
                Current::File(file, field) => {
                    let taken = file.take(&data).await;
                    let taken = taken.map_err(|error| Stop::of(field, error))?;
                    Current::File(Box::new(taken), field)
                }
                Current::Text(name, mut text) => {
                    let left = text_bytes.checked_sub(data.len());
                    text_bytes = left.ok_or(Stop::Reason(Reason::BodyTooLarge))?;
                    text.extend_from_slice(&data);
                    Current::Text(name, text)
                }
                Current::Nothing => Current::Nothing,
            },
        };
    }
    end(current, &mut pairs, &mut files).await?;
    for rule in &uploads.files {
        let count = files.iter().filter(|file| file.field() == rule.name).count();
        if count < rule.min {
            return Err(Stop::at(rule.name, Breach::new(code::MISSING)));
        }
    }
    Ok((pairs, files))
}

/// Returns what comes next, reading as much of the body as it takes.
async fn next(
    decoder: &mut Decoder,
    body: &mut Limited<axum::body::Body>,
) -> Result<Option<Event>, Stop> {
    loop {
        let event = decoder.next().map_err(|_| Stop::Reason(Reason::Malformed))?;
        if event.is_some() {
            return Ok(event);
        }
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    decoder.push(&data);
                }
            }
            Some(Err(error)) if error.is::<LengthLimitError>() => {
                return Err(Stop::Reason(Reason::BodyTooLarge));
            }
            Some(Err(_)) => return Err(Stop::Reason(Reason::Unreadable)),
            None => {
                decoder.finish().map_err(|_| Stop::Reason(Reason::Malformed))?;
                return Ok(None);
            }
        }
    }
}

async fn begin(
    name: String,
    file_name: Option<String>,
    uploads: &Uploads,
    files: &[Upload],
) -> Result<Current, Stop> {
    let Some(rule) = uploads.files.iter().find(|rule| rule.name == name) else {
        return Ok(Current::Text(name, Vec::new()));
    };
    if files.iter().filter(|file| file.field() == rule.name).count() >= rule.max {
        return Err(Stop::at(rule.name, Breach::new(code::DUPLICATE)));
    }
    let file_name = file_name.filter(|name| !name.is_empty()).map(|name| FileName::parse(&name));
    let file_name = file_name.transpose().map_err(|breach| Stop::at(rule.name, breach))?;
    let draft = Receiving::begin(Arc::clone(&uploads.jail), rule.clone(), file_name).await;
    let draft = draft.map_err(|error| Stop::of(rule.name, error))?;
    Ok(Current::File(Box::new(draft), rule.name))
}

async fn end(current: Current, pairs: &mut Pairs, files: &mut Vec<Upload>) -> Result<(), Stop> {
    match current {
        Current::File(file, field) => {
            let file = file.finish().await.map_err(|error| Stop::of(field, error))?;
            files.push(file);
        }
        Current::Text(name, text) => {
            let text = String::from_utf8(text);
            pairs.push((name, text.map_err(|_| Stop::Reason(Reason::Malformed))?));
        }
        Current::Nothing => {}
    }
    Ok(())
}
