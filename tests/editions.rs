//! The attributes in crates of every edition that they may meet, under another name for threadkit.
//!
//! Each edition is a crate of its own, made from `editions/` and run by cargo: the edition is a
//! property of the crate that the tokens come from.

#[path = "support/package.rs"]
mod package;

use package::{Package, threadkit_as};

fn run(edition: &str, own: &str) {
    let package = Package {
        name: &format!("edition-{edition}"),
        edition,
        dependencies: &threadkit_as("renamed"),
        sources: &[
            ("main.rs", include_str!("editions/program.rs")),
            ("own_edition.rs", own),
        ],
    };
    let output = package.cargo("run", "editions").output();
    let output = output.expect("cargo can be started");
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
    for (edition, own) in [
        ("2015", include_str!("editions/2015.rs")),
        ("2018", include_str!("editions/2018.rs")),
        ("2021", include_str!("editions/2021.rs")),
        ("2024", include_str!("editions/2024.rs")),
    ] {
        run(edition, own);
    }
}

/// Items under attributes that do not say what threadkit is called here.
const NAMELESS: &[&str] = &[
    "#[renamed::thread(name = \"worker\", daemon)]\nimpl Worker { fn run(&mut self) -> Result<u8, String> { Ok(1) } }",
    "#[renamed::thread(shared)]\npub struct Unit;\nimpl Unit { fn run(&self) {} }",
    "#[derive(renamed::Thread)]\npub struct Derived<T>(T);\nimpl<T> Derived<T> { fn run(&self) {} }",
    "#[renamed::thread(name = \"{n}\")]\npub fn started(n: u8, stop: &renamed::StopToken) -> Option<u8> { Some(n).filter(|_| !stop.is_stopped()) }",
    "#[renamed::synchronized]\npub fn alone() {}",
    "#[renamed::synchronized(n = LOCK, timeout = LIMIT, else = 1)]\npub fn limited() -> u8 { *n }",
    "#[renamed::synchronized(renamed::Lock::new(1), read(TABLE))]\npub fn several() {}",
    "pub struct Account(pub u8);\n#[renamed::monitor(SharedAccount, poison)]\nimpl Account { \
     pub fn new() -> Self { Self(0) } pub fn made() -> Option<Self> { None } pub fn never(&self) -> ! { loop {} } \
     #[renamed::when(self.0 > n, timeout, until)] pub fn take(&mut self, n: u8) -> u8 { self.0 -= n; n } \
     #[renamed::when(self.0 > 1, timeout, until)] pub fn wait(&self) {} }",
    "#[renamed::main]\npub fn waits() {}",
    "#[renamed::explore]\npub fn explored() {}",
];

fn nameless() -> String {
    let mut text = String::from(
        "pub struct Worker;\n\
         pub static LOCK: renamed::Lock<u8> = renamed::Lock::new(0);\n\
         pub static TABLE: renamed::RwLock<u8> = renamed::RwLock::new(0);\n\
         pub const LIMIT: std::time::Duration = std::time::Duration::from_secs(1);\n",
    );
    text += &NAMELESS.join("\n");
    text
}

/// The attributes read in the manifest what threadkit is called.
#[test]
fn another_name_that_the_manifest_tells() {
    let package = Package {
        name: "another-name",
        edition: "2024",
        dependencies: &threadkit_as("renamed"),
        sources: &[("lib.rs", &nameless())],
    };
    let output = package.cargo("check", "editions").output();
    let output = output.expect("cargo can be started");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(told, "");
}

/// Where nothing tells it, each attribute brings one error, which names what is missing.
#[test]
fn another_name_that_nothing_tells() {
    let facade = Package {
        name: "facade",
        edition: "2024",
        dependencies: &threadkit_as("threadkit"),
        sources: &[("lib.rs", "pub use threadkit;")],
    };
    let manifest = facade.write();
    let folder = manifest.parent().expect("a folder");
    let text = format!("pub use facade::threadkit as renamed;\n{}", nameless());
    let package = Package {
        name: "nameless",
        edition: "2024",
        dependencies: &format!("facade = {{ path = {folder:?} }}"),
        sources: &[("lib.rs", &text)],
    };
    let output = package.cargo("check", "editions").output();
    let output = output.expect("cargo can be started");
    let told = String::from_utf8_lossy(&output.stderr);
    let expected = "error[E0433]: cannot find `threadkit` in the crate root";
    let errors: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("error") && !line.contains("could not compile"))
        .collect();
    assert_eq!(errors, vec![expected; NAMELESS.len()], "{told}");
    assert!(!told.contains("consider importing"), "{told}");
}
