//! Text of people as HTML that runs nothing.

#[cfg(feature = "pulldown-cmark")]
mod escape;
#[cfg(feature = "ammonia")]
mod html;
mod link;
#[cfg(feature = "pulldown-cmark")]
mod markdown;
mod page;
#[cfg(feature = "pulldown-cmark")]
mod quotes;
#[cfg(feature = "pulldown-cmark")]
mod table;

#[cfg(feature = "ammonia")]
pub use html::clean_html;
#[cfg(feature = "pulldown-cmark")]
pub use markdown::render_markdown;
pub use page::SafeHtml;
