//! Child processes that a test owns: ready when they are handed out, gone when they are dropped.
//!
//! [`Process`] starts a [`Program`], waits until it is ready and then can be killed, paused, stopped
//! and started again with the same arguments, so on the same [`Port`] and the same [`Folder`].
//!
//! A child never outlives the tests. It is killed and reaped when its [`Process`] is dropped, and by
//! the kernel when the test process itself is killed. The kernel ties a child to the *thread* that
//! started it, so one thread, which lives as long as the process, starts them all.

mod deadline;
mod folder;
mod owned;
mod port;
mod program;
mod signal;
mod spawner;
mod tree;

pub use folder::Folder;
pub use owned::Process;
pub use port::Port;
pub use program::{Account, Program, find_program};

pub(crate) use deadline::poll_until;
pub(crate) use folder::shared_root;
