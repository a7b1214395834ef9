//! Answers of the API that are kept, here and by clients, and asked after each time.
//!
//! What they save is the making of an answer and its way to who has it, not the question: the handler
//! sees each request, so that a right that ended and a change that another instance made count at once,
//! and says 304 where what is kept is good still.

use std::sync::Arc;

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::header::{CACHE_CONTROL, ETAG};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use palisade_cache::etag::{EntityTag, Validators, Verdict, evaluate};
use palisade_cache::http::{HttpCache, HttpCacheLayer};
use palisade_core::Clock;

use crate::accounts::User;
use crate::caches::CachesError;

/// What is kept of answers that take work to make; a clone shares it.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    layer: HttpCacheLayer,
}

impl Answers {
    pub(crate) fn new(clock: &Arc<dyn Clock>) -> Result<Self, CachesError> {
        // Whoever has one role is answered the same way; who has none is nobody's reader.
        let role = |parts: &Parts| parts.extensions.get::<User>().map(|user| user.role.name());
        let layer = HttpCacheLayer::private_by(role).name("portal-answers")?.memory(16 << 20)?;
        Ok(Self { layer: layer.clock(Arc::clone(clock)).build() })
    }

    /// Returns the layer for calls that answer by a [`Version`].
    pub(crate) fn layer(&self) -> HttpCacheLayer {
        self.layer.clone()
    }

    pub(crate) fn cache(&self) -> HttpCache {
        self.layer.cache()
    }
}

/// What an answer is made of, known before it is made.
pub(crate) struct Version(EntityTag);

impl Version {
    /// The version of what this release makes of a text.
    pub(crate) fn of(text: &str) -> Self {
        Self(EntityTag::of([env!("CARGO_PKG_VERSION"), "\0", text].concat().as_bytes()))
    }

    /// Answers 304 to who has this version, and makes the answer for everybody else.
    pub(crate) fn answer<T: IntoResponse, E>(
        self,
        asked: &HeaderMap,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Response, E> {
        let tag = self.0.to_value();
        let current = Validators::some().tag(self.0);
        let known = evaluate(&Method::GET, asked, &current) == Verdict::NotModified;
        let content =
            if known { StatusCode::NOT_MODIFIED.into_response() } else { make()?.into_response() };
        Ok((Revalidated, tag.map(|tag| [(ETAG, tag)]), content).into_response())
    }
}

/// Lets the client keep an answer, if it asks each time whether that is good still.
pub(crate) struct Revalidated;

impl IntoResponseParts for Revalidated {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::Router;
    use axum::body::Body;
    use axum::extract::{ConnectInfo, Request};
    use axum::middleware::map_response;
    use http::header::{COOKIE, IF_NONE_MATCH};
    use http_body_util::BodyExt;
    use serde_json::json;
    use tower::ServiceExt;

    use super::*;
    use crate::accounts::Role;
    use crate::bench::Bench;

    const NEWS: &str = "/api/v1/announcements/news";

    struct Got {
        status: u16,
        headers: HeaderMap,
        text: String,
    }

    impl Got {
        fn members(&self) -> Vec<&str> {
            let members = self.headers.get_all("cache-status").iter();
            members.map(|member| member.to_str().unwrap()).collect()
        }
    }

    async fn get(app: Router, path: &str, lines: &[(http::HeaderName, &str)]) -> Got {
        let mut request =
            Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        for (name, value) in lines {
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50123))));
        let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Got { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    async fn announced() -> (Bench, String) {
        let bench = Bench::new().await;
        let own = bench.settle_ada_as(Role::Admin).await;
        let cookie = bench.sign_in(own).await.cookie.unwrap();
        announce(&bench, &cookie, "# One").await;
        (bench, cookie)
    }

    async fn announce(bench: &Bench, cookie: &str, markdown: &str) {
        let body = json!({"markdown": markdown});
        assert_eq!(bench.call("PUT", NEWS, Some(cookie), &body).await.status, 200);
    }

    #[tokio::test]
    async fn an_answer_is_made_once_and_asked_after_each_time() {
        let (bench, cookie) = announced().await;
        let first = get(bench.service(), NEWS, &[(COOKIE, &cookie)]).await;
        assert_eq!(
            (first.status, &first.headers[CACHE_CONTROL]),
            (200, &HeaderValue::from_static("private, no-cache"))
        );
        assert_eq!(first.members(), ["portal-answers; fwd=uri-miss; fwd-status=200; stored"]);
        let again = get(bench.service(), NEWS, &[(COOKIE, &cookie)]).await;
        assert_eq!((again.status, &again.text), (200, &first.text));
        assert_eq!(again.members(), ["portal-answers; fwd=stale; fwd-status=304; stored"]);
        // Who has it gets nothing but that.
        let tag = first.headers[ETAG].to_str().unwrap();
        let known = get(bench.service(), NEWS, &[(COOKIE, &cookie), (IF_NONE_MATCH, tag)]).await;
        assert_eq!((known.status, known.text.as_str()), (304, ""));
        let stats = bench.portal.answers.cache().stats();
        assert_eq!((stats.hits, stats.stored, stats.renewed), (0, 1, 2));
        // What another instance wrote went through no layer of this one.
        bench.portal.store.announce("news", "# Two").await.unwrap();
        let changed = get(bench.service(), NEWS, &[(COOKIE, &cookie), (IF_NONE_MATCH, tag)]).await;
        assert!(changed.status == 200 && changed.text.contains("<h1>Two</h1>"), "{}", changed.text);
    }

    /// A cache outside of the sessions, that takes an answer for fresh, is what this must not be.
    #[tokio::test]
    async fn what_somebody_may_read_is_not_served_to_who_may_not() {
        let (bench, cookie) = announced().await;
        let fresh = async |mut response: Response| {
            let fresh = HeaderValue::from_static("private, max-age=60");
            response.headers_mut().insert(CACHE_CONTROL, fresh);
            response
        };
        let naive = HttpCacheLayer::private_by(|_| Some(())).build();
        let leaks = bench.service().layer(map_response(fresh)).layer(naive);
        for (app, to_nobody) in [(leaks, 200), (bench.service(), 401)] {
            assert_eq!(get(app.clone(), NEWS, &[(COOKIE, &cookie)]).await.status, 200);
            let nobody = get(app, NEWS, &[]).await;
            assert_eq!(
                (nobody.status, nobody.text.contains("# One")),
                (to_nobody, to_nobody == 200)
            );
        }
        // Nor to who may no longer, although nothing has changed in what he read.
        let bob = bench.session("bob", Role::Student).await;
        assert_eq!(get(bench.service(), NEWS, &[(COOKIE, &bob)]).await.status, 200);
        let bob_id = bench.portal.store.users().await.unwrap();
        let bob_id = bob_id.iter().find(|user| user.name == "bob").unwrap().id;
        let path = format!("/api/v1/admin/users/{bob_id}/reset-password");
        assert_eq!(bench.call("POST", &path, Some(&cookie), &json!({})).await.status, 204);
        let bob = get(bench.service(), NEWS, &[(COOKIE, &bob)]).await;
        assert!(bob.status == 401 && !bob.text.contains("# One"), "{}", bob.text);
    }

    #[tokio::test]
    async fn a_page_is_kept_by_nobody_and_what_changes_little_is_sent_once() {
        let (bench, cookie) = announced().await;
        for page in ["/announcements/news", "/", "/settings"] {
            let page = get(bench.service(), page, &[(COOKIE, &cookie)]).await;
            assert_eq!(
                (page.status, &page.headers[CACHE_CONTROL]),
                (200, &HeaderValue::from_static("no-store"))
            );
            assert!(!page.headers.contains_key(ETAG));
        }
        for path in ["/api/v1/settings", "/api/openapi.json"] {
            let first = get(bench.service(), path, &[(COOKIE, &cookie)]).await;
            let tag = first.headers[ETAG].to_str().unwrap();
            let known =
                get(bench.service(), path, &[(COOKIE, &cookie), (IF_NONE_MATCH, tag)]).await;
            assert_eq!((known.status, known.text.as_str()), (304, ""), "{path}");
            let nobody = get(bench.service(), path, &[(IF_NONE_MATCH, tag)]).await;
            assert_eq!(nobody.status, if path.contains("openapi") { 304 } else { 401 });
        }
    }
}
