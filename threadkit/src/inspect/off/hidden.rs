//! The threads of this room, which nothing else sees.

use std::io;

use crate::backend;

/// Starts a thread of this room that runs `body`. It is in no list and takes no part in explorations, nothing waits for
/// it, and it ends with the process.
pub(crate) fn spawn_hidden(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    backend::spawn_outside(name, Box::new(body))
}
