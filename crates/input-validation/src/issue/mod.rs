//! What is wrong with an input, in words of the program only.

mod breach;
pub mod code;
mod message;
mod number;
mod report;

pub use breach::{Arg, Breach};
pub use code::Code;
pub use message::Language;
pub use number::Num;
pub use report::{At, Issue, Issues};
