//! The two outputs: the terminal, and a file that is checked before anything is measured.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Prints a block of text and a line break.
///
/// A closed pipe (`| head`) must not keep the figures from being written to the file, so a failure
/// here is not an error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A file that could be opened for writing.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
}

impl Output {
    /// Checks that `path` can be written, and keeps its contents until there are new ones.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        match OpenOptions::new().append(true).create(true).open(path) {
            Ok(_) => Ok(Self {
                path: path.to_owned(),
            }),
            Err(error) => Err(cannot_write(path, &error)),
        }
    }

    /// Replaces the file's contents.
    pub(crate) fn write(&self, text: &str) -> Result<(), String> {
        fs::write(&self.path, text).map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write `{}`: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let error = Output::open(Path::new("/no such folder/figures.json")).unwrap_err();
        assert!(
            error.starts_with("cannot write `/no such folder/figures.json`: "),
            "{error}"
        );
    }
}
