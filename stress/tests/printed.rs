//! Printed programs compile against threadkit, whatever they contain.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// How many programs are printed: enough for every kind of statement to be there several times.
const PROGRAMS: usize = 40;

#[test]
fn printed_programs_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("printed");
    let source = package.join("src/bin");
    fs::create_dir_all(&source).expect("a directory for the crate");
    let threadkit = root.join("../threadkit");
    let manifest = format!(
        "[package]\nname = \"printed\"\nedition = \"2024\"\n\n\
         [dependencies]\nthreadkit = {{ path = {threadkit:?} }}\n\n[workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).expect("a manifest");
    // The versions of this workspace, so that nothing has to be fetched.
    fs::copy(root.join("../Cargo.lock"), package.join("Cargo.lock")).expect("a lock file");
    let mut all = String::new();
    for number in 0..PROGRAMS {
        let printed = Command::new(env!("CARGO_BIN_EXE_threadkit-stress"))
            .args(["print", "--seed", "7", "--number", &number.to_string()])
            .output()
            .expect("the program can be started");
        assert!(printed.status.success(), "program {number} is not printed");
        let text = String::from_utf8(printed.stdout).expect("text");
        all.push_str(&text);
        fs::write(source.join(format!("p{number}.rs")), text).expect("a source file");
    }
    for part in [
        "scope(",
        "map(",
        "Supervisor",
        "AtEnd",
        "OnDrop",
        "Timer",
        "shutdown_now",
        "pipes",
    ] {
        assert!(all.contains(part), "no program has `{part}`");
    }
    let checked = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--offline", "--quiet", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("printed-target"),
        )
        .output()
        .expect("cargo can be started");
    let told = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{told}");
    // This test is not about warnings of the library's own code.
    assert!(
        !told.contains("--> src/bin/"),
        "a printed program has warnings: {told}"
    );
}
