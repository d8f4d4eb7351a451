//! Passes the compiler's version to the binary, which writes it beside the figures.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    // Cargo says which compiler builds the package; another `rustc` may come first on the path.
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok();
    if let Some(text) = version.and_then(|output| String::from_utf8(output.stdout).ok()) {
        println!("cargo::rustc-env=THREADKIT_BENCHES_RUSTC={}", text.trim());
    }
}
