//! Handles of the metrics of each route, made once.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use metrics::{Gauge, Histogram, Key, Label};

use super::{ACTIVE, DURATION, METADATA, method};

/// Status codes that have a series each (the registry of IANA); others share that of `0`.
const STATUSES: [u16; 64] = [
    0, 100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303,
    304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414,
    415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503,
    504, 505, 506, 507, 508, 510, 511,
];

/// What unmatched requests are labelled with.
const UNMATCHED: &str = "_unmatched";
/// What requests of routes beyond the bound are labelled with.
const OVERFLOW: &str = "_overflow";

/// The histograms of one route: method by status.
struct Route {
    template: Box<str>,
    methods: [OnceLock<Box<[OnceLock<Histogram>]>>; method::NAMES.len()],
}

impl Route {
    fn new(template: &str) -> Self {
        Self {
            template: template.into(),
            methods: [const { OnceLock::new() }; method::NAMES.len()],
        }
    }

    fn record(&self, method: usize, status: u16, seconds: f64) {
        let statuses = self.methods.get(method).map(|statuses| {
            statuses.get_or_init(|| (0..STATUSES.len()).map(|_| OnceLock::new()).collect())
        });
        let place = STATUSES.binary_search(&status).unwrap_or(0);
        let Some(handle) = statuses.and_then(|statuses| statuses.get(place)) else { return };
        handle.get_or_init(|| self.register(method, place)).record(seconds);
    }

    #[cold]
    fn register(&self, method: usize, status: usize) -> Histogram {
        let method = method::NAMES.get(method).copied().unwrap_or("_OTHER");
        let status = STATUSES.get(status).copied().unwrap_or(0);
        let labels = vec![
            Label::from_static_parts("http_request_method", method),
            Label::new("http_response_status_code", status.to_string()),
            Label::new("http_route", self.template.to_string()),
        ];
        let key = Key::from_parts(DURATION, labels);
        metrics::with_recorder(|recorder| recorder.register_histogram(&key, &METADATA))
    }
}

/// All routes, at most so many.
pub(super) struct Routes {
    known: ArcSwap<HashMap<Box<str>, Arc<Route>>>,
    most: usize,
    unmatched: Route,
    overflow: Route,
    active: [OnceLock<Gauge>; method::NAMES.len()],
}

impl Routes {
    pub(super) fn new(most: usize) -> Self {
        Self {
            known: ArcSwap::from_pointee(HashMap::new()),
            most,
            unmatched: Route::new(UNMATCHED),
            overflow: Route::new(OVERFLOW),
            active: [const { OnceLock::new() }; method::NAMES.len()],
        }
    }

    pub(super) fn record(&self, route: Option<&str>, method: usize, status: u16, seconds: f64) {
        let Some(template) = route else {
            return self.unmatched.record(method, status, seconds);
        };
        if let Some(route) = self.known.load().get(template) {
            return route.record(method, status, seconds);
        }
        self.learn(template);
        match self.known.load().get(template) {
            Some(route) => route.record(method, status, seconds),
            None => self.overflow.record(method, status, seconds),
        }
    }

    /// Adds a template that came for the first time, if there is room.
    #[cold]
    fn learn(&self, template: &str) {
        self.known.rcu(|known| {
            let mut known = HashMap::clone(known);
            if known.len() < self.most && !known.contains_key(template) {
                known.insert(template.into(), Arc::new(Route::new(template)));
            }
            known
        });
    }

    /// Returns the gauge of running requests of a method.
    pub(super) fn active(&self, method: usize) -> Option<&Gauge> {
        let name = method::NAMES.get(method)?;
        let gauge = self.active.get(method)?.get_or_init(|| {
            let labels = vec![Label::from_static_parts("http_request_method", name)];
            let key = Key::from_parts(ACTIVE, labels);
            metrics::with_recorder(|recorder| recorder.register_gauge(&key, &METADATA))
        });
        Some(gauge)
    }
}
