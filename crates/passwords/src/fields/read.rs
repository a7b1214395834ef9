//! From a body as it arrives to the fields in it.

use std::future::poll_fn;
use std::pin::pin;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Body;
use zeroize::{Zeroize, Zeroizing};

use super::{Fields, FieldsError};

#[derive(Clone, Copy)]
enum Kind {
    Form,
    Json,
}

impl Fields {
    /// Reads the body of a request by its `Content-Type`, at most [`MOST_BYTES`](Self::MOST_BYTES).
    ///
    /// A body that says it is longer is refused before anything is read. How long it may take is up
    /// to the deadline of the request.
    ///
    /// # Errors
    ///
    /// [`FieldsError`] for another content type, and for a body that is too long, ends early or
    /// cannot be read.
    pub async fn read<B>(headers: &HeaderMap, body: B) -> Result<Self, FieldsError>
    where
        B: Body<Data = Bytes>,
    {
        let kind = kind(headers).ok_or(FieldsError::UnsupportedType)?;
        let bytes = collect(body).await?;
        match kind {
            Kind::Form => Self::from_form(bytes),
            Kind::Json => Self::from_json(bytes),
        }
    }
}

fn kind(headers: &HeaderMap) -> Option<Kind> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let charset = parameters.trim();
    let utf8 = ["", "charset=utf-8", "charset=\"utf-8\""];
    if !utf8.iter().any(|known| charset.eq_ignore_ascii_case(known)) {
        return None;
    }
    let essence = essence.trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Some(Kind::Json)
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Some(Kind::Form)
    } else {
        None
    }
}

/// Copies the frames into one buffer that never grows, and wipes those that nobody else holds.
async fn collect<B: Body<Data = Bytes>>(body: B) -> Result<Zeroizing<Vec<u8>>, FieldsError> {
    let too_large = FieldsError::TooLarge { most_bytes: Fields::MOST_BYTES };
    let most = u64::try_from(Fields::MOST_BYTES).unwrap_or(u64::MAX);
    let mut body = pin!(body);
    let hint = body.size_hint();
    if hint.lower() > most {
        return Err(too_large);
    }
    let room = hint.upper().map_or(most, |upper| upper.min(most));
    let room = usize::try_from(room).unwrap_or(Fields::MOST_BYTES);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| FieldsError::Aborted)?;
        let Ok(data) = frame.into_data() else { continue };
        let fits = data.len() <= room.saturating_sub(bytes.len());
        if fits {
            bytes.extend_from_slice(&data);
        }
        if let Ok(mut own) = data.try_into_mut() {
            own.as_mut().zeroize();
        }
        if !fits {
            return Err(too_large);
        }
    }
    Ok(bytes)
}
