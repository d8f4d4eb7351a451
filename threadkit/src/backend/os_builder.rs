//! The builder of a thread of the operating system.

use std::{io, thread};

/// A builder for a thread of that name and stack size.
///
/// # Errors
///
/// If no address space has room for the stack.
pub(super) fn os_builder(name: String, stack_size: Option<usize>) -> io::Result<thread::Builder> {
    let builder = thread::Builder::new().name(name);
    match stack_size {
        None => Ok(builder),
        // The system rounds up to whole pages, which must not overflow.
        Some(bytes) if bytes > isize::MAX as usize => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "no address space is that large",
        )),
        Some(bytes) => Ok(builder.stack_size(bytes)),
    }
}
