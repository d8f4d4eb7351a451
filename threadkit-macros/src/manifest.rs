//! The name of threadkit in the crate under compilation, from its `Cargo.toml`.
//!
//! A dependency can be renamed: `tk = { package = "threadkit", .. }`. An attribute cannot see the names of the
//! crates, but cargo tells it where the manifest is. The other name is used only if the manifest is unambiguous:
//! exactly one dependency is threadkit under another name, and none is called `threadkit`. In all other cases, and
//! without cargo, the name is `threadkit`. If the word does not occur in the manifest at all, the crate has the
//! attribute from another crate, and must say from where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use std::{env, fs};

/// The name of the library unless it is renamed.
const THREADKIT: &str = "threadkit";

/// The name for one manifest. A compiler needs one; a language server may need many.
struct Known {
    manifest: PathBuf,
    changed: Option<SystemTime>,
    found: Found,
}

/// What the manifest says of threadkit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// A dependency has this name, as far as the manifest shows.
    Named(String),
    /// threadkit is not a dependency.
    Missing,
}

impl Found {
    /// The usual name: the manifest does not contradict it.
    fn usual() -> Self {
        Self::Named(THREADKIT.into())
    }
}

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// The name of threadkit in the crate under compilation.
pub(crate) fn find_threadkit() -> Found {
    // The path comes first, because the manifest of a script is not called `Cargo.toml`.
    let folder =
        || env::var_os("CARGO_MANIFEST_DIR").map(|folder| Path::new(&folder).join("Cargo.toml"));
    let path = env::var_os("CARGO_MANIFEST_PATH").map(PathBuf::from);
    let Some(manifest) = path.or_else(folder) else {
        return Found::usual();
    };
    let changed = fs::metadata(&manifest)
        .and_then(|file| file.modified())
        .ok();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = &*known
        && known.manifest == manifest
        && known.changed == changed
    {
        return known.found.clone();
    }
    let found = read(&manifest).unwrap_or_else(Found::usual);
    *known = Some(Known {
        manifest,
        changed,
        found: found.clone(),
    });
    found
}

/// What the manifest says; `None` if it cannot be read.
fn read(manifest: &Path) -> Option<Found> {
    let text = fs::read_to_string(manifest).ok()?;
    Some(found(&text, || {
        // The manifest of the workspace is the nearest one with a table `[workspace]`, from here upwards.
        let folders = manifest.parent()?.ancestors();
        let texts = folders.map(|folder| fs::read_to_string(folder.join("Cargo.toml")));
        let mut texts = texts.filter_map(Result::ok);
        texts.find(|text| {
            text.lines()
                .any(|line| line.trim_start().starts_with("[workspace"))
        })
    }))
}

/// Like [`read`], from the text of the manifest and, if that inherits from it, of its workspace.
fn found(text: &str, workspace: impl FnOnce() -> Option<String>) -> Found {
    let mut facts = Facts::of(text, false);
    if !facts.inherited.is_empty() {
        let shared = workspace().map(|text| Facts::of(&text, true));
        let renamed = shared.map(|shared| shared.renamed).unwrap_or_default();
        facts
            .renamed
            .extend(facts.inherited.intersection(&renamed).cloned());
    }
    let is_one = facts.renamed.len() == 1 && !facts.names.contains(THREADKIT);
    match facts.renamed.pop_first() {
        // A table that was not understood may still name it.
        None if !text.contains(THREADKIT) => Found::Missing,
        Some(name) if is_one => match name.replace('-', "_") {
            name if syn::parse_str::<syn::Ident>(&name).is_ok() => Found::Named(name),
            _ => Found::usual(),
        },
        _ => Found::usual(),
    }
}

/// The dependencies of a manifest, by their names in it.
#[derive(Default)]
struct Facts {
    /// All of them.
    names: BTreeSet<String>,
    /// Those that are threadkit under another name.
    renamed: BTreeSet<String>,
    /// Those that the workspace describes.
    inherited: BTreeSet<String>,
}

/// The section that a line belongs to.
enum Table {
    /// Dependencies, one per line.
    All,
    /// The dependency of this name.
    One(String),
    Other,
}

impl Facts {
    /// Reads the dependencies of the package, or those that the workspace describes.
    fn of(text: &str, of_workspace: bool) -> Self {
        let mut facts = Self::default();
        let mut table = Table::Other;
        for line in text.lines().map(str::trim) {
            if let Some(header) = line.strip_prefix('[') {
                let header = header.split(']').next().unwrap_or_default();
                table = Table::of(header, of_workspace);
                if let Table::One(name) = &table {
                    facts.names.insert(name.clone());
                }
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            match &table {
                Table::All => facts.dependency(key.trim(), value.trim()),
                Table::One(name) => facts.fact(name, key, value),
                Table::Other => {}
            }
        }
        facts
    }

    /// `name = "1"`, `name = { .. }` or `name.key = value`.
    fn dependency(&mut self, key: &str, value: &str) {
        let (name, inner) = match key.split_once('.') {
            Some((name, inner)) => (unquoted(name), Some(inner)),
            None => (unquoted(key), None),
        };
        self.names.insert(name.into());
        if let Some(inner) = inner {
            return self.fact(name, inner, value);
        }
        let Some(inline) = value.strip_prefix('{') else {
            return;
        };
        let inline = inline.split('}').next().unwrap_or_default();
        for (key, value) in inline.split(',').filter_map(|pair| pair.split_once('=')) {
            self.fact(name, key, value);
        }
    }

    fn fact(&mut self, name: &str, key: &str, value: &str) {
        let value = value.split('#').next().unwrap_or_default();
        match unquoted(key) {
            "package" if unquoted(value) == THREADKIT => {
                self.renamed.insert(name.into());
            }
            "workspace" if value.trim() == "true" => {
                self.inherited.insert(name.into());
            }
            _ => {}
        }
    }
}

impl Table {
    fn of(header: &str, of_workspace: bool) -> Self {
        let path: Vec<&str> = header.split('.').map(unquoted).collect();
        let is_workspaces = path.first() == Some(&"workspace");
        let is_list =
            |word: &&str| ["dependencies", "dev-dependencies", "build-dependencies"].contains(word);
        if is_workspaces != of_workspace {
            return Self::Other;
        }
        match path.as_slice() {
            [.., list, name] if is_list(list) => Self::One((*name).into()),
            [.., list] if is_list(list) => Self::All,
            _ => Self::Other,
        }
    }
}

/// A key or a string without its quotes.
fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        other_name(found(text, || None))
    }

    fn other_name(found: Found) -> Option<String> {
        match found {
            Found::Named(name) if name != THREADKIT => Some(name),
            _ => None,
        }
    }

    #[test]
    fn renamed_in_every_form() {
        for text in [
            "[dependencies]\ntk = { version = \"1\", package = \"threadkit\" }",
            "[dependencies]\ntk={package='threadkit',features=[\"a\",\"b\"]} # here",
            "[ dependencies ]\n\"tk\" = { package = \"threadkit\" }",
            "[dependencies]\ntk.version = \"1\"\ntk.package = \"threadkit\"",
            "[dependencies.tk]\nversion = \"1\"\npackage = \"threadkit\" # the library",
            "[dev-dependencies]\ntk = { package = \"threadkit\" }",
            "[target.'cfg(unix)'.dependencies]\ntk = { package = \"threadkit\" }",
            "[target.'cfg(any(a, b.c))'.dependencies.tk]\npackage = \"threadkit\"",
            "[dependencies]\ntk = { package = \"threadkit\" }\n[dev-dependencies.tk]\npackage = \"threadkit\"",
        ] {
            assert_eq!(name(text).as_deref(), Some("tk"), "{text}");
        }
        let text = "[dependencies]\nthread-kit-1 = { package = \"threadkit\" }";
        assert_eq!(name(text).as_deref(), Some("thread_kit_1"));
    }

    #[test]
    fn no_other_name_where_there_is_doubt() {
        for text in [
            "",
            "[dependencies]\nthreadkit = \"1\"",
            "[dependencies]\nthreadkit.workspace = true",
            "[dependencies]\nthreadkit = \"1\"\ntk = { package = \"threadkit\" }",
            "[dependencies]\na = { package = \"threadkit\" }\nb = { package = \"threadkit\" }",
            "[dependencies]\ntk = { package = \"threadkit-macros\" }",
            "[dependencies]\ntk = { workspace = true }",
            "[workspace.dependencies]\ntk = { package = \"threadkit\" }",
            "[package.metadata.x]\ntk = { package = \"threadkit\" }",
            "# [dependencies]\ntk = { package = \"threadkit\" }",
            "[dependencies]\n# tk = { package = \"threadkit\" }",
            "[dependencies]\nx = { features = [\n  \"a\",\n], package = \"threadkit\" }",
            "[dependencies",
            "=\n[]\n[.]\n{\n\"",
        ] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn renamed_by_the_workspace() {
        let workspace = "[workspace]\n[workspace.dependencies]\ntk = { package = \"threadkit\" }";
        for text in [
            "[dependencies]\ntk = { workspace = true, features = [\"a\"] }",
            "[dependencies]\ntk.workspace = true",
            "[dependencies.tk]\nworkspace = true",
        ] {
            let found = found(text, || Some(workspace.into()));
            assert_eq!(other_name(found).as_deref(), Some("tk"), "{text}");
        }
        let both = format!("{workspace}\n[dependencies]\ntk.workspace = true");
        let named = found(&both, || Some(both.clone()));
        assert_eq!(other_name(named).as_deref(), Some("tk"));
        let other = "[dependencies]\nserde.workspace = true";
        assert_eq!(found(other, || Some(workspace.into())), Found::Missing);
    }

    #[test]
    fn missing_only_where_nothing_names_it() {
        for text in [
            "",
            "[dependencies]\nfacade = \"1\"",
            "[package]\nname = \"user\"",
        ] {
            assert_eq!(found(text, || None), Found::Missing, "{text}");
        }
        for text in [
            "[dependencies]\nthreadkit = \"1\"",
            "[dev-dependencies]\nthreadkit.workspace = true",
            "[dependencies]\ntk = { package = \"threadkit\" }",
            "[dependencies]\nx = { features = [\n  \"a\",\n], package = \"threadkit\" }",
            "[package]\nname = \"threadkit\"",
        ] {
            assert_ne!(found(text, || None), Found::Missing, "{text}");
        }
    }
}
