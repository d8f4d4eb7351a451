//! Crates that a test writes beside the workspace's target, and builds with cargo.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A crate that uses threadkit.
pub(crate) struct Package<'p> {
    /// Its name, and that of its folder.
    pub(crate) name: &'p str,
    pub(crate) edition: &'p str,
    /// What it depends on, as lines of its manifest.
    pub(crate) dependencies: &'p str,
    /// The files in `src`.
    pub(crate) sources: &'p [(&'p str, &'p str)],
}

/// The dependency on threadkit, called `name`.
pub(crate) fn threadkit_as(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../threadkit");
    format!("{name} = {{ package = \"threadkit\", path = {path:?} }}")
}

impl Package<'_> {
    /// Writes the crate, and returns a call of cargo for it; what is built is shared by the crates with the
    /// same `target`.
    pub(crate) fn cargo(&self, command: &str, target: &str) -> Command {
        let manifest = self.write();
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args([command, "--offline", "--quiet", "--manifest-path"])
            .arg(manifest)
            .env("CARGO_TARGET_DIR", temporary().join(target));
        cargo
    }

    /// Writes the crate, and returns the path of its manifest.
    pub(crate) fn write(&self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = temporary().join(self.name);
        let manifest = format!(
            "[package]\n\
             name = \"{}\"\n\
             edition = \"{}\"\n\
             publish = false\n\
             \n\
             [dependencies]\n\
             {}\n\
             \n\
             [workspace]\n",
            self.name, self.edition, self.dependencies,
        );
        // The versions of this workspace, so that nothing has to be fetched.
        let lock = root.join("../Cargo.lock");
        let lock = fs::read_to_string(&lock).unwrap_or_else(|error| panic!("{lock:?}: {error}"));
        write(&folder.join("Cargo.toml"), &manifest);
        write(&folder.join("Cargo.lock"), &lock);
        for (file, text) in self.sources {
            write(&folder.join("src").join(file), text);
        }
        folder.join("Cargo.toml")
    }
}

fn temporary() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Writes the file, unless it has this text already: cargo compares times of changes.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return;
    }
    let folder = path.parent().expect("a folder");
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    fs::write(path, text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
}
