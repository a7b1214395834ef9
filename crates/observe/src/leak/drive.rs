//! Requests sent, answers read, sinks searched.

use std::fmt::Debug;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use bytes::Buf;
use http::{Request, Response};
use tower_service::Service;

use super::body::State;
use super::requests::Maker;
use super::{Body, Canaries, Driven, Leaks, Sent};

/// Does what [`leak_check!`](crate::leak_check) asserts.
///
/// # Errors
///
/// [`Leaks`]: each canary that came out.
pub async fn check<S, ResBody>(mut service: S, canaries: Canaries) -> Result<Driven, Leaks>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    S::Error: Debug,
    ResBody: http_body::Body,
    ResBody::Error: Debug,
{
    let (mut sent, mut driven, mut leaks) = (Sent::default(), Driven::default(), Vec::new());
    for (method, template) in &canaries.routes {
        for request in Maker::new(&canaries, &mut sent, method, template).all() {
            let asked = format!("the answer to {method} {template}");
            driven.requests = driven.requests.saturating_add(1);
            // What the error of a body says is the client's own, and an answer may repeat it.
            let own = matches!(request.body().state, State::Fails(_));
            let Some((status, text)) = answer(&mut service, request).await else {
                driven.unanswered = driven.unanswered.saturating_add(1);
                continue;
            };
            let count = driven.statuses.entry(status).or_default();
            *count = count.saturating_add(1);
            driven.searched = driven.searched.saturating_add(text.len());
            if !own {
                sent.find(&asked, &text, &mut leaks);
            }
        }
    }
    for (name, read) in &canaries.sinks {
        let text = read();
        driven.searched = driven.searched.saturating_add(text.len());
        sent.find(name, &text, &mut leaks);
    }
    if leaks.is_empty() { Ok(driven) } else { Err(Leaks { leaks }) }
}

/// Returns the status, and head and body as text; nothing where there is no answer.
async fn answer<S, ResBody>(service: &mut S, request: Request<Body>) -> Option<(u16, Vec<u8>)>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    S::Error: Debug,
    ResBody: http_body::Body,
    ResBody::Error: Debug,
{
    let work = async {
        poll_fn(|cx| service.poll_ready(cx)).await.map_err(|error| format!("{error:?}"))?;
        let response = service.call(request).await.map_err(|error| format!("{error:?}"))?;
        let (head, body) = response.into_parts();
        let mut text = format!("{:?}\n", head.headers).into_bytes();
        let mut body = pin!(body);
        while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let frame = frame.map_err(|error| format!("{error:?}"))?;
            if let Ok(mut data) = frame.into_data() {
                text.extend_from_slice(&data.copy_to_bytes(data.remaining()));
            }
        }
        Ok::<_, String>((head.status.as_u16(), text))
    };
    let mut work = pin!(work);
    // A panic that the router lets through would end the connection.
    let caught = poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)))
            .map_or(std::task::Poll::Ready(None), |poll| poll.map(Result::ok))
    });
    caught.await
}
