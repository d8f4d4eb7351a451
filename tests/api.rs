//! The public interface, as a list that was reviewed: `api.txt`.
//!
//! `UPDATE_API=1 cargo test -p threadkit-tests --test api` writes the list anew; read the difference, and note in the
//! changelog what users notice. The list is made from what rustdoc knows, with all features. Left out are hidden
//! items, and the traits that every type has or that are derived.
//!
//! rustdoc's own form of this may change with each version of the compiler. The version that `public-api` reads is that
//! of the oldest compiler that threadkit supports; with another one the test says that it is skipped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The version of rustdoc's JSON that this version of `public-api` reads.
const FORMAT: &str = "\"format_version\":57";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What rustdoc knows of the library, as a file.
fn json() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("api");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "rustdoc",
            "--locked",
            "-p",
            "threadkit",
            "--lib",
            "--all-features",
            "--",
        ])
        .args(["-Z", "unstable-options", "--output-format", "json"])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", &target)
        // The form is not stable, so its version is checked above.
        .env("RUSTC_BOOTSTRAP", "1")
        .output()
        .expect("cargo can be started");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    target.join("doc/threadkit.json")
}

#[test]
fn the_public_interface_is_the_one_that_was_reviewed() {
    let json = json();
    let text = fs::read_to_string(&json).expect("rustdoc has written its JSON");
    if !text.contains(FORMAT) {
        println!("skipped: this compiler's rustdoc has another format than {FORMAT}");
        return;
    }
    let interface = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .expect("rustdoc's JSON can be read");
    let interface = format!("{interface}");

    let list = root().join("tests/api.txt");
    if env::var_os("UPDATE_API").is_some() {
        fs::write(&list, interface).expect("the list can be written");
        return;
    }
    let reviewed = fs::read_to_string(&list).expect("the list can be read");
    let only_in = |a: &str, b: &str, sign: &str| -> String {
        let others: std::collections::HashSet<_> = b.lines().collect();
        let only = a.lines().filter(|line| !others.contains(line));
        only.map(|line| format!("{sign} {line}\n")).collect()
    };
    let difference = only_in(&reviewed, &interface, "-") + &only_in(&interface, &reviewed, "+");
    assert!(
        interface == reviewed,
        "the public interface is not that of tests/api.txt; if that is intended, run \
         `UPDATE_API=1 cargo test -p threadkit-tests --test api` and read the difference:\n{difference}"
    );
}
