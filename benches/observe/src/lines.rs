//! Who writes lines of JSON.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use harness::{Contestant, Effort, Shape};
use palisade_core::{Clock, SystemClock};
use palisade_observe::log::{Format, Lines, LogLayer};
use palisade_observe::redact::Redactor;
use tracing::{Dispatch, Level, dispatcher};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

pub(crate) const SHAPES: &[Shape] =
    &[Shape { name: "16 lines of JSON", contestants: lines, effort: Effort::MICROS }];

/// Takes lines and drops them.
pub(crate) struct Nowhere;

impl Lines for Nowhere {
    fn line(&self, _: Level, line: &str) {
        black_box(line);
    }
}

/// Our layer, alone in a subscriber.
pub(crate) fn ours(redactor: Option<Redactor>) -> Dispatch {
    let mut layer = LogLayer::new(Arc::new(SystemClock::new())).to(Format::Json, Nowhere);
    if let Some(redactor) = redactor {
        layer = layer.redact(redactor);
    }
    Dispatch::new(registry().with(layer))
}

/// The layer of the peer, alone in a subscriber.
pub(crate) fn theirs() -> Dispatch {
    let layer = tracing_subscriber::fmt::layer().json().with_writer(std::io::sink);
    Dispatch::new(registry().with(layer))
}

const ID: &str = "019a9d7e-3c51-7b0e-a2f4-5d0c1e9b7a66";

fn contestant(name: &'static str, dispatch: Dispatch) -> Contestant {
    let span = dispatcher::with_default(&dispatch, || {
        tracing::info_span!("request", request_id = ID, method = "GET", path = "/students/S-0001")
    });
    Contestant::new(name, move || {
        dispatcher::with_default(&dispatch, || {
            span.in_scope(|| {
                for number in 0..16_u64 {
                    tracing::info!(
                        status = 200_u64,
                        duration_us = black_box(1_250 + number),
                        bytes_out = 5_120_u64,
                        route = "/students/{code}",
                        user = "u7",
                        cached = true,
                        "answered"
                    );
                }
            });
        });
    })
}

fn lines() -> Vec<Contestant> {
    let clock = SystemClock::new();
    let mut line = String::new();
    vec![
        contestant("palisade-observe", ours(None)),
        contestant("tracing-subscriber 0.3 fmt().json()", theirs()),
        contestant("palisade-observe with a Redactor", ours(Some(Redactor::new()))),
        Contestant::new("floor: the same bytes by write!, into a buffer", move || {
            for number in 0..16_u64 {
                line.clear();
                let since = clock.wall().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
                let (seconds, micros) = (since.as_secs(), since.subsec_micros());
                let status = black_box(200);
                write!(
                    line,
                    "{{\"ts\":\"{seconds:019}.{micros:06}Z\",\"level\":\"INFO\",\"target\":\"observe::lines\",\
                     \"message\":\"answered\",\"span\":\"request\",\"context\":{{\"request_id\":\"{ID}\",\
                     \"method\":\"GET\",\"path\":\"/students/S-0001\"}},\"fields\":{{\"status\":{status},\
                     \"duration_us\":{},\"bytes_out\":5120,\"route\":\"/students/{{code}}\",\"user\":\"u7\",\
                     \"cached\":true}}}}",
                    black_box(1_250 + number)
                )
                .expect("a string takes everything");
                black_box(&line);
            }
        }),
    ]
}
