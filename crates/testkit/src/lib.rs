#![doc = include_str!("../README.md")]

pub mod alloc;
#[cfg(all(target_os = "linux", feature = "browser"))]
pub mod browser;
#[cfg(all(target_os = "linux", feature = "errors"))]
pub mod errors;
#[cfg(all(target_os = "linux", feature = "fault"))]
pub mod fault;
#[cfg(all(target_os = "linux", feature = "mail"))]
pub mod mail;
#[cfg(target_os = "linux")]
pub mod postgres;
#[cfg(target_os = "linux")]
pub mod process;
#[cfg(target_os = "linux")]
pub mod proxy;
#[cfg(target_os = "linux")]
pub mod redis;

#[cfg(all(
    target_os = "linux",
    any(feature = "browser", feature = "errors", feature = "fault", feature = "mail")
))]
mod background;
mod error;
#[cfg(all(target_os = "linux", any(feature = "errors", feature = "mail")))]
mod inbox;

pub use error::Error;
