//! The pages for readers name everything that they promise to name, and show what is really printed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A name on the page for readers from Python.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// The module and the name, as `names.py` prints them.
    name: String,
    /// The minor version of Python 3 that brought it, if its row says so.
    since: Option<u32>,
}

/// The names in the first cells of the tables, under the headings that are modules.
fn names_on(page: &str) -> Vec<Name> {
    let mut module = None;
    let mut names = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("# ") {
            module = heading
                .strip_prefix('`')
                .and_then(|heading| heading.strip_suffix('`'));
        }
        let (Some(module), Some(row)) = (module, line.strip_prefix("| ")) else {
            continue;
        };
        let (cell, _) = row.split_once(" | ").expect("a row has two cells");
        let since = cell.rsplit_once("(3.").map(|(_, version)| {
            let (version, _) = version.split_once(')').expect("a version ends in `)`");
            version.parse().expect("a version is a number")
        });
        // Between the first and the second quotation mark, the third and the fourth, ..
        for code in cell.split('`').skip(1).step_by(2) {
            let name = code.split(['(', ' ']).next().unwrap_or_default();
            let is_name = |part: &str| {
                !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            let rest = &code[name.len()..];
            // A name alone, a call, or an assignment; other code is an idiom, and so is a call on an object.
            let is_use = rest.is_empty() || rest.starts_with('(') || rest.starts_with(" = ");
            let on_object = name.contains('.') && name.starts_with(char::is_lowercase);
            if is_use && !on_object && name.split('.').all(is_name) {
                let name = format!("{module} {name}");
                names.push(Name { name, since });
            }
        }
    }
    names
}

/// The minor version of the Python 3 that is installed, and the names of its modules.
fn names_of_python() -> Result<(u32, BTreeSet<String>), String> {
    let output = Command::new("python3")
        .arg(root().join("tests/guide/names.py"))
        .output()
        .map_err(|error| format!("python3 cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let printed = String::from_utf8(output.stdout).expect("names are text");
    let (version, names) = printed.split_once('\n').expect("a version comes first");
    let minor = version
        .strip_prefix("3 ")
        .unwrap_or_else(|| panic!("python3 is version {version}"));
    let minor = minor.parse().expect("a version is a number");
    Ok((minor, names.lines().map(str::to_owned).collect()))
}

/// What is wrong with a page, for a Python of that version.
fn faults(page: &[Name], minor: u32, python: &BTreeSet<String>) -> Vec<String> {
    let on_page: BTreeSet<_> = page.iter().map(|name| &name.name).collect();
    let lacking = python
        .iter()
        .filter(|name| minor <= NEWEST && !on_page.contains(name))
        .map(|name| format!("the page lacks `{name}`"));
    let unknown = page
        .iter()
        .filter(|name| !python.contains(&name.name))
        // What is deprecated today may be gone from a later version.
        .filter(|name| minor <= NEWEST && name.since.is_none_or(|since| since <= minor))
        .map(|name| format!("Python 3.{minor} has no `{}`", name.name));
    lacking.chain(unknown).collect()
}

/// The version of Python 3 for which the page is complete.
const NEWEST: u32 = 14;

#[test]
fn the_page_for_python_names_everything_that_python_has() {
    let page = names_on(&read("threadkit/docs/guide/from_python.md"));
    match names_of_python() {
        Err(why) => println!("skipped: {why}"),
        Ok((minor, _)) if minor < 9 => println!("skipped: Python 3.{minor} is older than the page"),
        Ok((minor, python)) => {
            let faults = faults(&page, minor, &python);
            assert!(faults.is_empty(), "{}", faults.join("\n"));
            if minor > NEWEST {
                let on_page: BTreeSet<_> = page.iter().map(|name| &name.name).collect();
                let new: Vec<_> = python
                    .iter()
                    .filter(|name| !on_page.contains(name))
                    .collect();
                println!("Python 3.{minor} has names that the page lacks: {new:?}");
            }
        }
    }
}

#[test]
fn a_name_that_is_missing_or_misspelt_is_a_fault() {
    let page = "# `queue`\n| Python | threadkit |\n| `Queue(9)`, `Queue.put` and `with q:` | a |\n| `Old` (3.13) | b |\n";
    let page = names_on(page);
    let python = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let both = python(&["queue Queue", "queue Queue.put"]);
    assert_eq!(faults(&page, 12, &both), [""; 0]);
    assert_eq!(faults(&page, 13, &both), ["Python 3.13 has no `queue Old`"]);
    let other = python(&["queue Queue", "queue Queue.get"]);
    assert_eq!(
        faults(&page, 12, &other),
        [
            "the page lacks `queue Queue.get`",
            "Python 3.12 has no `queue Queue.put`"
        ]
    );
}

/// The targets of the links in a page, without those to other places of the web or of the page.
fn links(page: &str) -> Vec<&str> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

#[test]
fn the_front_pages_lead_to_files_that_exist() {
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "examples/README.md",
    ] {
        let folder = root().join(page).with_file_name("");
        for link in links(&read(page)) {
            assert!(folder.join(link).exists(), "{page} links to {link}");
        }
    }
}

#[test]
fn every_page_of_the_guide_is_in_the_docs_and_on_the_front_page() {
    let (front_page, module) = (read("README.md"), read("threadkit/src/guide.rs"));
    let mut pages = 0;
    for entry in fs::read_dir(root().join("threadkit/docs/guide")).expect("a folder of pages") {
        let file = entry.expect("an entry of the folder").file_name();
        let file = file.to_str().expect("a name that is text");
        let name = file.strip_suffix(".md").expect("a page");
        let included =
            format!("#[doc = include_str!(\"../docs/guide/{file}\")]\npub mod {name} {{}}\n");
        assert!(
            module.contains(&included),
            "guide.rs should contain:\n{included}"
        );
        assert!(
            links(&front_page).contains(&&*format!("threadkit/docs/guide/{file}")),
            "the README should link to {file}"
        );
        pages += 1;
    }
    assert_eq!(
        pages,
        module.matches("include_str!").count(),
        "each page is included once"
    );
}
