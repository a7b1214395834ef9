use palisade_cache::http::HttpCacheLayer;

fn main() {
    // For whom are these answers?
    let _ = HttpCacheLayer::new();
    let _ = HttpCacheLayer::default();
    let _ = HttpCacheLayer::private_by();
    let _ = HttpCacheLayer::builder().build();
}
