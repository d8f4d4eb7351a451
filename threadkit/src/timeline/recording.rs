//! [`Recording`].

use core::fmt;
use std::fs;
use std::io;
use std::path::Path;

use super::model::Model;
use super::{page, trace_events};

/// What threads did, from a call of [`record`](super::record) to [`stop`](super::Recorder::stop).
///
/// # Examples
///
/// See the [module](crate::timeline).
#[must_use = "it was made to be saved"]
pub struct Recording {
    model: Model,
}

impl Recording {
    pub(super) fn of(model: Model) -> Self {
        Self { model }
    }

    /// Saves it as a page for a browser: one file, which needs no other and no network.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    ///
    /// # Examples
    ///
    /// See the [module](crate::timeline).
    pub fn save_html(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, page::page(&self.model))
    }

    /// Saves it as a trace in the JSON format of Chrome, which [Perfetto](https://ui.perfetto.dev) opens.
    ///
    /// Each thread has a track with its tasks and waits. Each lock has one with the threads that hold it, and more if
    /// several hold it at a time. Arrows lead from the thread that ended a wait to the one that waited.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    ///
    /// # Examples
    ///
    /// See the [module](crate::timeline).
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, trace_events::trace(&self.model))
    }

    /// How many events are missing, because later ones took their place or their thread was already being destroyed.
    ///
    /// # Examples
    ///
    /// See [`record_latest`](super::record_latest).
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.model.lost
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("threads", &self.model.threads.len())
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}
