//! Who really sent a request, and to which name.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request};

use crate::config::Config;

pub(crate) fn layers(router: Router, _config: &Config) -> Router {
    router
}

pub(crate) fn client(request: &Request) -> Option<String> {
    request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip().to_string())
}
