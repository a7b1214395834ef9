//! The response future.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::ResponseBody;
use super::layer::Shared;

pin_project! {
    /// Response future of [`LeakGuard`](super::LeakGuard).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        pub(super) inner: F,
        pub(super) shared: Arc<Shared>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let mut response = response.map(|body| ResponseBody::new(body, &this.shared.secrets));
        let checked = this.shared.secrets.check_headers(response.headers());
        let checked = checked.and_then(|()| response.body_mut().read_ahead(cx));
        Poll::Ready(Ok(checked.map_or_else(|leak| this.shared.withheld(leak), |()| response)))
    }
}
