//! The options of a thread.

/// The options of a thread that is to be started.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Setup {
    pub(super) target: &'static str,
    pub(super) name: Option<String>,
    pub(super) daemon: bool,
    pub(super) stack_size: Option<usize>,
}

impl Setup {
    /// The path of what the thread runs, from which the default name is made.
    pub fn target(&mut self, path: &'static str) {
        self.target = path;
    }

    /// The name of the thread.
    pub fn name(&mut self, name: impl Into<String>) {
        self.name = Some(name.into());
    }

    /// Whether the process may end while the thread runs.
    pub fn daemon(&mut self, daemon: bool) {
        self.daemon = daemon;
    }

    /// The size of the stack in bytes.
    pub fn stack_size(&mut self, bytes: usize) {
        self.stack_size = Some(bytes);
    }
}
