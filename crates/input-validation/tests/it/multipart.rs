//! Forms with files.

use std::fs;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::routing::post;
use axum::{Extension, Router};
use http::{Request, Response};
use http_body_util::BodyExt;
use palisade_input_validation::upload::{Decoder, Event, FileKind, Jail, Multipart, Uploads};
use palisade_input_validation::{Cause, Check, Line, Valid};
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt;

use crate::files::{gif, pdf, png};

#[derive(Check)]
#[check(open)]
struct Open {
    title: Line<40>,
}

#[derive(Check, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    title: Line<40>,
}

async fn add(form: Valid<Multipart<Note>>) -> Result<String, Cause> {
    let (note, files) = form.into_inner().into_parts();
    let mut told = note.title.to_string();
    for file in files {
        let name = file.name().map_or_else(String::new, ToString::to_string);
        let kept = file.keep().await?;
        told = format!("{told} {name} {} {:?}", kept.bytes(), kept.kind());
    }
    Ok(told)
}

fn app(folder: &std::path::Path) -> Router {
    let jail = Arc::new(Jail::at(folder).unwrap());
    let uploads = Uploads::into_jail(jail)
        .file("scan", &[FileKind::Png, FileKind::Pdf], 1 << 20)
        .text_bytes(100);
    Router::new()
        .route("/notes", post(add))
        .route("/open", post(async |form: Valid<Multipart<Open>>| form.title.to_string()))
        .layer(Extension(uploads))
        .route("/unprepared", post(add))
}

fn part(disposition: &str, content: &[u8]) -> Vec<u8> {
    let mut part =
        format!("--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").into_bytes();
    part.extend_from_slice(content);
    part.extend_from_slice(b"\r\n");
    part
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = parts.concat();
    body.extend_from_slice(b"--edge--\r\n");
    body
}

/// A body that comes in pieces.
struct Pieces(std::vec::IntoIter<Vec<u8>>);

impl http_body::Body for Pieces {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(http_body::Frame::data(piece.into()))))
    }
}

fn request(path: &str, body: &[u8]) -> Request<Body> {
    let pieces: Vec<_> = body.chunks(1000).map(<[u8]>::to_vec).collect();
    let request = Request::post(path).header("content-type", "multipart/form-data; boundary=edge");
    request.body(Body::new(Pieces(pieces.into_iter()))).unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> Response<bytes::Bytes> {
    let (parts, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

fn code(response: &Response<bytes::Bytes>) -> (u16, String, String) {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first = &body["errors"][0];
    let at = format!("{} {}", text(&first["pointer"]), text(&first["code"]));
    (response.status().as_u16(), text(&body["code"]), at)
}

#[tokio::test]
async fn fields_and_files_reach_the_handler() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let body = form(&[
        part("name=\"title\"", b" Exam 7 "),
        part("name=\"scan\"; filename=\"R\u{e9}sum\u{e9}.pdf\"", &pdf()),
    ]);
    let answer = send(&app, request("/notes", &body)).await;
    let told = String::from_utf8_lossy(answer.body()).into_owned();
    assert_eq!(told, format!("Exam 7 R\u{e9}sum\u{e9}.pdf {} Pdf", pdf().len()));
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(names.len(), 1);
    assert_eq!(fs::read(names[0].path()).unwrap(), pdf());
    assert!(!names[0].file_name().to_string_lossy().contains("sum"), "no name of the client");
}

/// A name, a body, and the status, the word and the place that it gets.
type Case = (&'static str, Vec<u8>, (u16, &'static str, &'static str));

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn what_is_wrong_is_told_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let title = part("name=\"title\"", b"x");
    let scan =
        |name: &str, content: &[u8]| part(&format!("name=\"scan\"; filename=\"{name}\""), content);
    let whole = scan("a.png", &png());
    let polyglot = scan("a.png", &[&png()[..], b"PK\x03\x04"].concat());
    let large = scan("a.png", &[&png()[..], &vec![0; 2 << 20]].concat());
    let bomb = part("name=\"title\"", &[b'x'; 200]);
    let table: Vec<Case> = vec![
        ("no file", form(std::slice::from_ref(&title)), (422, "invalid_input", "#/scan missing")),
        ("no field", form(std::slice::from_ref(&whole)), (422, "invalid_input", "#/title missing")),
        (
            "two files",
            form(&[title.clone(), whole.clone(), whole.clone()]),
            (422, "invalid_input", "#/scan duplicate"),
        ),
        (
            "two fields",
            form(&[title.clone(), title.clone(), whole.clone()]),
            (422, "invalid_input", "#/title duplicate"),
        ),
        (
            "mass assignment",
            form(&[title.clone(), part("name=\"is_admin\"", b"1"), whole.clone()]),
            (422, "invalid_input", "# unknown"),
        ),
        (
            "another kind",
            form(&[title.clone(), scan("a.png", &gif())]),
            (415, "unsupported_media_type", " "),
        ),
        (
            "a script",
            form(&[title.clone(), scan("a.png", b"<script>alert(1)</script>")]),
            (415, "unsupported_media_type", " "),
        ),
        (
            "an empty file",
            form(&[title.clone(), scan("a.png", b"")]),
            (415, "unsupported_media_type", " "),
        ),
        (
            "a polyglot",
            form(&[title.clone(), polyglot]),
            (422, "invalid_input", "#/scan file_content"),
        ),
        (
            "a traversal",
            form(&[title.clone(), scan("../../etc/passwd", &png())]),
            (422, "invalid_input", "#/scan file_name"),
        ),
        (
            "a device",
            form(&[title.clone(), scan("CON.png", &png())]),
            (422, "invalid_input", "#/scan file_name"),
        ),
        ("a large file", form(&[title.clone(), large]), (413, "body_too_large", " ")),
        ("much text", form(&[bomb, whole.clone()]), (413, "body_too_large", " ")),
        ("no end", title.clone(), (400, "malformed_input", " ")),
        (
            "a preamble",
            [b"x".to_vec(), form(&[title.clone(), whole.clone()])].concat(),
            (400, "malformed_input", " "),
        ),
        (
            "an epilogue",
            [form(&[title.clone(), whole.clone()]), b"x".to_vec()].concat(),
            (400, "malformed_input", " "),
        ),
        ("no form", b"--edge--\r\n".to_vec(), (400, "malformed_input", " ")),
        (
            "a long header",
            part(&format!("name=\"{}\"", "x".repeat(5000)), b""),
            (400, "malformed_input", " "),
        ),
        (
            "bytes as text",
            form(&[part("name=\"title\"", b"\xff"), whole.clone()]),
            (400, "malformed_input", " "),
        ),
    ];
    for (name, body, expected) in table {
        let answer = send(&app, request("/notes", &body)).await;
        let (status, word, at) = code(&answer);
        assert_eq!(
            (status, word.as_str(), at.trim_end()),
            (expected.0, expected.1, expected.2.trim_end()),
            "{name}"
        );
    }
    let plain =
        Request::post("/notes").header("content-type", "text/plain").body(Body::empty()).unwrap();
    assert_eq!(code(&send(&app, plain).await).0, 415);
    let mut packed = request("/notes", &form(&[title.clone(), whole.clone()]));
    packed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(code(&send(&app, packed).await).0, 415);
    let mut announced = request("/notes", b"");
    announced.headers_mut().insert("content-length", "99999999".parse().unwrap());
    assert_eq!(code(&send(&app, announced).await).0, 413);
    let unprepared = send(&app, request("/unprepared", &form(&[title, whole]))).await;
    assert_eq!(unprepared.status(), 500);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "every draft is gone");
}

/// A field, its file and its bytes.
type Part = (String, Option<String>, Vec<u8>);

/// Reads a body in pieces of a length.
fn events(body: &[u8], piece: usize) -> Result<Vec<Part>, ()> {
    let mut decoder = Decoder::for_type("multipart/form-data; boundary=edge").unwrap();
    let mut found: Vec<Part> = Vec::new();
    for piece in body.chunks(piece) {
        decoder.push(piece);
        while let Some(event) = decoder.next().map_err(|_| ())? {
            match event {
                Event::Part { name, file_name, .. } => found.push((name, file_name, Vec::new())),
                Event::Data(data) => found.last_mut().unwrap().2.extend_from_slice(&data),
                other => panic!("{other:?}"),
            }
        }
    }
    decoder.finish().map_err(|_| ())?;
    Ok(found)
}

proptest! {
    #[test]
    fn content_comes_back_whatever_the_pieces(
        contents in prop::collection::vec(prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'e'), any::<u8>()], 0..60), 1..4),
        piece in 1..40_usize,
    ) {
        prop_assume!(!contents.iter().any(|content| content.windows(6).any(|window| window == b"--edge")));
        let parts: Vec<_> = contents.iter().map(|content| part("name=\"x\"", content)).collect();
        let body = form(&parts);
        let found = events(&body, piece).unwrap();
        let found: Vec<_> = found.into_iter().map(|(_, _, content)| content).collect();
        prop_assert_eq!(&found, &contents);
        prop_assert_eq!(events(&body, body.len()).is_ok(), true);
    }

    #[test]
    fn noise_is_read_the_same_in_all_pieces(
        body in "(--edge|--|\r\n|Content-Disposition: form-data; name=\"a\"|; filename=b|x|:){0,20}", piece in 1..9_usize,
    ) {
        prop_assert_eq!(events(body.as_bytes(), piece), events(body.as_bytes(), body.len().max(1)));
    }
}
