//! The body of a sign-in.

use std::collections::BTreeMap;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_passwords::fields::{Fields, FieldsError, Syntax};
use proptest::prelude::*;
use zeroize::Zeroizing;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn json(text: &str) -> Result<Fields, FieldsError> {
    Fields::from_json(Zeroizing::new(text.as_bytes().to_vec()))
}

fn form(text: &str) -> Result<Fields, FieldsError> {
    Fields::from_form(Zeroizing::new(text.as_bytes().to_vec()))
}

fn headers(kind: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))])
}

async fn read(kind: &'static str, body: impl Into<Body>) -> Result<Fields, FieldsError> {
    Fields::read(&headers(kind), body.into()).await
}

#[test]
fn json_texts_are_unescaped_where_they_lie() {
    for (escaped, plain) in [
        ("plain", "plain"),
        ("", ""),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r"caf\u00e9", "caf\u{e9}"),
        (r"\ud83e\udda9 wades", "\u{1f9a9} wades"),
        ("\u{1f9a9}", "\u{1f9a9}"),
    ] {
        let body = format!(" {{\"user\" : \"{escaped}\",\n\"n\":-1.5e+3 , \"b\":true}}\t");
        let fields = json(&body).ok().unwrap();
        assert_eq!(fields.text("user"), Ok(plain), "{body}");
        assert_eq!(fields.text("n"), Err(FieldsError::NotText { name: "n" }));
        assert_eq!(fields.text("b"), Err(FieldsError::NotText { name: "b" }));
        assert_eq!(fields.text("c"), Err(FieldsError::Missing { name: "c" }));
    }
    assert!(json("{}").is_ok());
    assert!(json(r#"{"na\u006de":"ada"}"#).unwrap_or_else(|_| panic!()).text("name").is_ok());
}

#[test]
fn what_is_no_flat_object_is_refused_without_a_quote_of_it() {
    use Syntax::{Json, Nested, NotUtf8, Twice};
    for (body, expected) in [
        ("", Json),
        ("[]", Json),
        ("\"swordfish\"", Json),
        (r#"{"password":"swordfish""#, Json),
        (r#"{"password":"swordfish"} x"#, Json),
        (r#"{"password":"swordfish"}{}"#, Json),
        (r#"{"password":"swordfish",}"#, Json),
        (r#"{"password" "swordfish"}"#, Json),
        ("{\"password\":\"sword\nfish\"}", Json),
        (r#"{"password":"swordfish\x"}"#, Json),
        (r#"{"password":"swordfish\ud83e"}"#, Json),
        (r#"{"password":"swordfish\ud83e\u0041"}"#, Json),
        (r#"{"password":"swordfish\udda9"}"#, Json),
        (r#"{"password":swordfish}"#, Json),
        (r#"{"password":01}"#, Json),
        (r#"{"password":1.}"#, Json),
        (r#"{"password":{"swordfish":1}}"#, Nested),
        (r#"{"password":["swordfish"]}"#, Nested),
        (r#"{"password":"a","password":"swordfish"}"#, Twice),
        (r#"{"password":"a","p\u0061ssword":"swordfish"}"#, Twice),
    ] {
        let refused = json(body).err();
        assert_eq!(refused, Some(FieldsError::Syntax(expected)), "{body}");
        let answer = refused.unwrap().problem().prepare();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(!String::from_utf8_lossy(answer.body()).contains("swordfish"), "{body}");
    }
    let latin = Fields::from_json(Zeroizing::new(b"{\"password\":\"caf\xe9\"}".to_vec()));
    assert_eq!(latin.err(), Some(NotUtf8.into()));
    let latin = Fields::from_form(Zeroizing::new(b"password=caf%e9".to_vec()));
    assert_eq!(latin.err(), Some(NotUtf8.into()));
}

#[test]
fn forms_are_decoded_as_the_url_standard_says() {
    let fields = form("user=ada+l%6Fvelace&password=100%25+%&p%61rt=%zz&empty=&alone&&x=a=b");
    let fields = fields.ok().unwrap();
    for (name, text) in [
        ("user", "ada lovelace"),
        ("password", "100% %"),
        ("part", "%zz"),
        ("empty", ""),
        ("alone", ""),
        ("x", "a=b"),
    ] {
        assert_eq!(fields.text(name), Ok(text), "{name}");
    }
    assert_eq!(form("a=1&b=2&%61=3").err(), Some(Syntax::Twice.into()));
}

#[test]
fn every_field_is_given_with_its_text_or_without_one() {
    let fields = json(r#"{"a": "x\u0020y", "b": 7, "c": null}"#).ok().unwrap();
    let given: Vec<_> = fields.iter().collect();
    assert_eq!(given, [("a", Some("x y")), ("b", None), ("c", None)]);
    let fields = form("a=x+y&b=").ok().unwrap();
    assert_eq!(fields.iter().collect::<Vec<_>>(), [("a", Some("x y")), ("b", Some(""))]);
}

#[test]
fn the_number_of_fields_is_bounded() {
    let most = Fields::MOST_FIELDS;
    let pairs = |count: usize| (0..count).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&");
    assert!(form(&pairs(most)).is_ok());
    assert_eq!(form(&pairs(most + 1)).err(), Some(Syntax::TooMany.into()));
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!("\"f{n}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(json(&members(most)).is_ok());
    assert_eq!(json(&members(most + 1)).err(), Some(Syntax::TooMany.into()));
}

#[tokio::test]
async fn a_body_is_read_by_its_type_and_up_to_its_bound() {
    let body = r#"{"user":"ada"}"#;
    for kind in [JSON, "application/json; charset=UTF-8", "Application/JSON ; charset=\"utf-8\""] {
        assert_eq!(read(kind, body).await.ok().unwrap().text("user"), Ok("ada"), "{kind}");
    }
    assert_eq!(read(FORM, "user=ada").await.ok().unwrap().text("user"), Ok("ada"));
    for kind in ["text/plain", "application/jsonp", "application/json; charset=latin1", ""] {
        assert_eq!(read(kind, body).await.err(), Some(FieldsError::UnsupportedType), "{kind}");
    }
    let none = Fields::read(&HeaderMap::new(), Body::from(body)).await;
    assert_eq!(none.err(), Some(FieldsError::UnsupportedType));

    let most = Fields::MOST_BYTES;
    let long = |bytes: usize| format!("user={}", "a".repeat(bytes - 5));
    assert!(read(FORM, long(most)).await.is_ok());
    let too_large = Some(FieldsError::TooLarge { most_bytes: most });
    assert_eq!(read(FORM, long(most + 1)).await.err(), too_large);
    assert_eq!(form(&long(most + 1)).err(), too_large);
}

/// A body of frames whose length is not told before.
struct Frames(Vec<Result<&'static str, std::io::Error>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        let next = (!self.0.is_empty()).then(|| self.0.remove(0));
        let frame =
            |text: &'static str| http_body::Frame::data(Bytes::from_static(text.as_bytes()));
        std::task::Poll::Ready(next.map(|next| next.map(frame)))
    }
}

#[tokio::test]
async fn frames_are_joined_and_an_aborted_body_gives_nothing() {
    let frames = Frames(vec![Ok("{\"user\":\"a"), Ok(""), Ok("da\"}")]);
    let fields = Fields::read(&headers(JSON), frames).await;
    assert_eq!(fields.ok().unwrap().text("user"), Ok("ada"));
    let frames = Frames(vec![Ok("{\"user\":\"ada\"}"), Err(std::io::ErrorKind::BrokenPipe.into())]);
    let aborted = Fields::read(&headers(JSON), frames).await;
    assert_eq!(aborted.err(), Some(FieldsError::Aborted));
    let endless = (0..2000).map(|_| Ok("0123456789")).collect();
    let endless = Fields::read(&headers(FORM), Frames(endless)).await;
    assert_eq!(endless.err(), Some(FieldsError::TooLarge { most_bytes: Fields::MOST_BYTES }));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn a_handler_takes_fields_and_answers_what_is_wrong_with_them() {
    use axum::{Router, routing::post};
    use http::Request;
    use palisade_core::Problem;
    use tower::ServiceExt;

    let login = async |fields: Fields| -> Result<String, Problem> {
        fields.candidate("password")?;
        Ok(fields.text("username")?.to_owned())
    };
    let app = Router::new().route("/", post(login));
    for (kind, body, status, says) in [
        (JSON, r#"{"username":"ada","password":"x"}"#, 200, "ada"),
        (FORM, "username=ada&password=x", 200, "ada"),
        (FORM, "username=ada", 422, "#/password"),
        (JSON, r#"{"username":"ada","password":7}"#, 422, "#/password"),
        (JSON, "swordfish", 400, "malformed_body"),
        ("text/plain", "username=ada&password=x", 415, "unsupported_body"),
    ] {
        let request = Request::post("/").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
        let answer = axum::body::to_bytes(answer.into_body(), 4096).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.contains(says) && !answer.contains("swordfish"), "{body}: {answer}");
    }
}

proptest! {
    #[test]
    fn json_is_read_as_serde_json_reads_it(fields in prop::collection::btree_map(".{0,12}", ".{0,24}", 0..8), pretty: bool) {
        let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
        let body = write(&fields).unwrap();
        let read = json(&body).ok().unwrap();
        for (name, text) in fields {
            prop_assert_eq!(read.text(name.leak()), Ok(text.as_str()));
        }
    }

    #[test]
    fn no_text_is_json_that_is_none_for_serde_json(
        body in r#"\{("[a-c\\"/u0-9]{0,3}":?("[a-z\\"ud0-9]{0,8}"|[-+.eE0-9truefalsn]{0,5}),?){0,3}\}"#,
    ) {
        let read = json(&body);
        // A number may be too large for a `Value`.
        let syntax = serde_json::from_str::<serde::de::IgnoredAny>(&body);
        prop_assert!(read.is_err() || syntax.is_ok(), "{}", body);
        let other = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(&body);
        for (name, value) in other.into_iter().flatten() {
            if let (Ok(read), Some(text)) = (&read, value.as_str()) {
                prop_assert_eq!(read.text(name.leak()), Ok(text));
            }
        }
    }

    #[test]
    fn forms_are_read_as_browsers_write_them(fields in prop::collection::btree_map(".{0,12}", ".{0,24}", 0..8)) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let read = form(&body).ok().unwrap();
        for (name, text) in fields {
            prop_assert_eq!(read.text(name.leak()), Ok(text.as_str()));
        }
    }

    #[test]
    fn any_bytes_get_an_answer(bytes: Vec<u8>) {
        let _ = Fields::from_json(Zeroizing::new(bytes.clone()));
        let _ = Fields::from_form(Zeroizing::new(bytes));
    }
}
