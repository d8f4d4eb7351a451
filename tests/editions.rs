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
    // One test after the other, because they share their dependencies.
    for (edition, own) in [
        ("2015", include_str!("editions/before_2024.rs")),
        ("2018", include_str!("editions/before_2024.rs")),
        ("2021", include_str!("editions/before_2024.rs")),
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

/// A package of that name, with the source `text`, that has threadkit from a package that re-exports it, and the
/// `dependencies` beside that. Returns what a command of cargo says.
fn behind_a_facade(
    name: &str,
    dependencies: &str,
    [command, option]: [&str; 2],
    text: &str,
) -> (bool, String) {
    let facade = Package {
        name: "facade",
        edition: "2024",
        dependencies: &threadkit_as("threadkit"),
        sources: &[("lib.rs", "pub use threadkit;")],
    };
    facade.write();
    let package = Package {
        name,
        edition: "2024",
        // Relative, because the word must not occur by chance.
        dependencies: &format!("facade = {{ path = \"../facade\" }}\n{dependencies}"),
        sources: &[("lib.rs", text)],
    };
    let output = package.cargo(command, "editions").arg(option).output();
    let output = output.expect("cargo can be started");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), told)
}

const CHECK: [&str; 2] = ["check", "--lib"];

fn errors(told: &str) -> Vec<&str> {
    told.lines()
        .filter(|line| line.starts_with("error") && !line.contains("could not compile"))
        .collect()
}

/// If the package does not depend on threadkit, each attribute says what to write. The compiler may also report what is
/// missing, and nothing else.
#[test]
fn another_name_that_nothing_tells() {
    let text = format!("pub use facade::threadkit as renamed;\n{}", nameless());
    let (is_fine, told) = behind_a_facade("nameless", "", CHECK, &text);
    assert!(!is_fine);
    let begins = [
        "thread(",
        "thread(",
        "thread(",
        "thread(",
        "synchronized(",
        "synchronized(",
        "synchronized(",
        "monitor(SharedCounter, ",
        "main(",
        "explore(",
    ];
    let ours = begins.map(|begin| {
        format!(
            "error: this package does not depend on threadkit: add it to `Cargo.toml`; or if another crate \
             re-exports it, write its path there, as in `#[{begin}crate = facade::threadkit)]`"
        )
    });
    let theirs = "error[E0433]: cannot find `threadkit` in the crate root";
    let (found, others): (Vec<&str>, Vec<&str>) = errors(&told)
        .into_iter()
        .partition(|line| line.starts_with("error: "));
    assert_eq!(found, ours, "{told}");
    assert!(others.iter().all(|other| *other == theirs), "{told}");
    assert!(!told.contains("consider importing"), "{told}");
}

/// The advice is right: with `crate = ..`, all of them compile.
#[test]
fn another_name_that_each_attribute_tells() {
    let text = format!("pub use facade::threadkit as renamed;\n{}", nameless());
    let mut told = text.clone();
    for (from, to) in [
        ("[renamed::thread(", "[renamed::thread(crate = renamed, "),
        (
            "[derive(renamed::Thread)]",
            "[derive(renamed::Thread)]\n#[thread(crate = renamed)]",
        ),
        (
            "[renamed::synchronized]",
            "[renamed::synchronized(crate = renamed)]",
        ),
        (
            "[renamed::synchronized(n",
            "[renamed::synchronized(crate = renamed, n",
        ),
        (
            "[renamed::synchronized(renamed",
            "[renamed::synchronized(crate = renamed, renamed",
        ),
        (", poison)]", ", poison, crate = facade::threadkit)]"),
        ("[renamed::main]", "[renamed::main(crate = renamed)]"),
        ("[renamed::explore]", "[renamed::explore(crate = renamed)]"),
    ] {
        assert!(told.contains(from), "{from}");
        told = told.replace(from, to);
    }
    let (is_fine, said) = behind_a_facade("named-by-each", "", CHECK, &told);
    assert!(is_fine, "{said}");
    assert_eq!(said, "");
}

/// Only the tests of a package depend on threadkit, and its library has the attribute from elsewhere. The attribute
/// cannot see which of the two it is expanded for. So the library gets the compiler's own error alone, and the tests
/// get none.
#[test]
fn a_dependency_of_the_tests_only() {
    let text = "#[facade::threadkit::synchronized]\npub fn alone() {}\n\
                #[cfg(test)]\nmod tests {\n#[test]\n#[threadkit::synchronized]\nfn alone() {}\n}\n";
    let dependencies = format!("[dev-dependencies]\n{}", threadkit_as("threadkit"));
    let (is_fine, told) = behind_a_facade("dev-only", &dependencies, CHECK, text);
    assert!(!is_fine);
    let expected = "error[E0433]: cannot find `threadkit` in the crate root";
    assert_eq!(errors(&told), [expected], "{told}");
    let (is_fine, told) = behind_a_facade("dev-only", &dependencies, ["test", "--lib"], text);
    assert!(is_fine, "{told}");
    let text = "#[threadkit::synchronized]\npub fn alone() {}\n";
    let (is_fine, told) = behind_a_facade("dev-only-alone", &dependencies, CHECK, text);
    assert!(!is_fine);
    let found = errors(&told);
    assert!(
        found.len() == 1 && found[0].contains("`threadkit`"),
        "the compiler names what is missing: {told}"
    );
}
