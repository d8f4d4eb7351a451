//! The attributes in crates of every edition that they may meet, under another name for threadkit.
//!
//! Each edition is a crate of its own, made from `editions/` and run by cargo: the edition is a
//! property of the crate that the tokens come from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Makes the crate and returns its manifest.
fn make(edition: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("edition-{edition}"));
    let source = package.join("src");
    fs::create_dir_all(&source).expect("a directory for the crate");
    let threadkit = root.join("../threadkit");
    let manifest = format!(
        "[package]\n\
         name = \"edition-{edition}\"\n\
         edition = \"{edition}\"\n\
         publish = false\n\
         \n\
         [dependencies]\n\
         renamed = {{ package = \"threadkit\", path = {threadkit:?} }}\n\
         \n\
         [workspace]\n"
    );
    write(&package.join("Cargo.toml"), &manifest);
    // The versions of this workspace, so that nothing has to be fetched.
    write(
        &package.join("Cargo.lock"),
        &read(&root.join("../Cargo.lock")),
    );
    write(
        &source.join("main.rs"),
        &read(&root.join("editions/program.rs")),
    );
    let own = root.join(format!("editions/{edition}.rs"));
    write(&source.join("own_edition.rs"), &read(&own));
    package.join("Cargo.toml")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn run(edition: &str) {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--offline", "--quiet", "--manifest-path"])
        .arg(make(edition))
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("editions"),
        )
        .output()
        .expect("cargo can be started");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "edition {edition}:\n{told}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "passed\n",
        "edition {edition}"
    );
}

#[test]
fn editions() {
    // One after the other: they share what they depend on.
    for edition in ["2015", "2018", "2021", "2024"] {
        run(edition);
    }
}
