//! Addresses of pages.

mod http_url;
mod redirect;

pub use http_url::HttpUrl;
pub use redirect::SafeRedirect;
