//! Answers that are kept: by what rules, for whom, and until when.

mod differential;
mod layer;
mod leaks;
mod policy;
mod scene;

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Fields from lines of text.
pub(crate) fn fields(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    headers
}
