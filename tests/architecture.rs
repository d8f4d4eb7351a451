//! That no two files of a crate need each other, and that no room of the library uses one above it.
//!
//! The test reads the `use` declarations of every file, and the paths in its code that lead through a
//! module (`backend::park(..)`, `$crate::sync::..`). A name is looked up as the compiler does it, through
//! re-exports, to the file that defines it: there the arrow ends. Left out are code for tests alone and
//! what no path shows: methods, and names that a macro makes.
//!
//! A module's own re-exports are signposts and no arrows of its file, unless its code uses the name.

#[path = "support/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use self::source::{
    Kind, Token, attribute, behind_group, behind_item, files_under, keyword, root_of, tokens,
    without_tests,
};

/// The rooms of the library from the top down: a room uses those on lines below its own, and none else.
const ROOMS: &[&[&str]] = &[
    &["lib", "prelude", "explain", "guards", "errors", "guide"],
    &["private"],
    &["explore", "timeline"],
    &["pool"],
    &["dump", "queue", "timer"],
    &["threads"],
    &["atomic", "sync"],
    &["wait"],
    &["inspect"],
    &["identity", "panics"],
    &["backend"],
    &[
        "debug_as_display",
        "index_map",
        "nested",
        "sort",
        "table",
        "trace",
    ],
    &["local"],
    &["unwind"],
];

/// The rooms of the attributes, from the top down.
const ROOMS_OF_MACROS: &[&[&str]] = &[
    &["lib"],
    &["explore_fn", "main_fn", "monitor", "synchronized", "thread"],
    &["item", "options"],
    &["diagnostics", "paths"],
    &["manifest"],
];

#[test]
fn the_library_has_no_cycles() {
    check_cycles("threadkit");
}

#[test]
fn the_attributes_have_no_cycles() {
    check_cycles("threadkit-macros");
}

#[test]
fn the_rooms_of_the_library_point_downwards() {
    check_rooms("threadkit", ROOMS);
}

#[test]
fn the_rooms_of_the_attributes_point_downwards() {
    check_rooms("threadkit-macros", ROOMS_OF_MACROS);
}

#[test]
fn every_file_is_read() {
    for krate in ["threadkit", "threadkit-macros"] {
        let krate = Crate::from_tokens(files_under(&root_of(krate)), <[Token]>::to_vec);
        for (file, source) in krate.files.iter().enumerate() {
            assert!(
                krate.modules.iter().any(|module| module.file == file),
                "no `mod` leads to {}",
                source.name
            );
        }
    }
}

fn check_cycles(krate: &str) {
    let cycles = Crate::read(files_under(&root_of(krate))).cycles();
    let all: String = cycles.iter().map(Cycle::to_string).collect();
    assert!(
        cycles.is_empty(),
        "files of {krate} need each other:\n{all}"
    );
}

fn check_rooms(krate: &str, rooms: &[&[&str]]) {
    let upward = Crate::read(files_under(&root_of(krate))).upward(rooms);
    assert!(
        upward.is_empty(),
        "rooms of {krate} use what is not below them:\n{upward}"
    );
}

/// From one file to another.
type Arrow = (String, String);

/// The files of a crate and the arrows between them.
struct Crate {
    files: Vec<Source>,
    modules: Vec<Module>,
    /// With the lines of the first file that draw the arrow.
    arrows: BTreeMap<Arrow, BTreeSet<(usize, String)>>,
}

struct Source {
    name: String,
    /// Without comments and tests.
    tokens: Vec<Token>,
}

/// A module, with a file of its own or inside another's.
struct Module {
    file: usize,
    parent: Option<usize>,
    /// Where in the file its items are.
    items: (usize, usize),
    /// Several under one name where a `cfg` chooses.
    children: BTreeMap<String, Vec<usize>>,
    defined: BTreeSet<String>,
    imports: Vec<Import>,
}

/// One name that a `use` declaration brings.
#[derive(Clone)]
struct Import {
    path: Vec<String>,
    /// `*` for all names.
    name: String,
    line: usize,
    /// Whether others may have the name from here.
    is_public: bool,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    /// An item of this file.
    Item(usize),
    /// Another crate's, by a re-export of this file.
    Reexport(usize),
    /// Another crate's.
    Elsewhere,
}

impl Crate {
    /// Reads a crate whose root is `lib.rs`, without its tests.
    fn read(files: Vec<(String, String)>) -> Crate {
        Crate::from_tokens(files, without_tests)
    }

    fn from_tokens(files: Vec<(String, String)>, kept: fn(&[Token]) -> Vec<Token>) -> Crate {
        let mut krate = Crate {
            files: files
                .into_iter()
                .map(|(name, text)| {
                    let mut tokens = kept(&tokens(&text));
                    tokens.retain(|token| token.kind != Kind::Comment);
                    Source { name, tokens }
                })
                .collect(),
            modules: Vec::new(),
            arrows: BTreeMap::new(),
        };
        let root = krate.file("lib.rs").expect("a file lib.rs");
        krate.add_file(root, None);
        for module in 0..krate.modules.len() {
            krate.draw(module);
        }
        krate
    }

    fn file(&self, name: &str) -> Option<usize> {
        self.files.iter().position(|file| file.name == name)
    }

    fn add_file(&mut self, file: usize, parent: Option<usize>) -> usize {
        let end = self.files[file].tokens.len();
        self.add_module(file, parent, (0, end))
    }

    /// Notes the module's items and those of the modules in it.
    fn add_module(&mut self, file: usize, parent: Option<usize>, items: (usize, usize)) -> usize {
        let id = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            items,
            children: BTreeMap::new(),
            defined: BTreeSet::new(),
            imports: Vec::new(),
        });
        let tokens = self.files[file].tokens.clone();
        let (mut at, end) = items;
        let mut path = None;
        while at < end {
            if let Some(open) = attribute(&tokens, at) {
                let behind = behind_group(&tokens, open);
                path = path.or_else(|| path_attribute(&tokens[open..behind]));
                at = behind;
                continue;
            }
            let behind = behind_item(&tokens, at).max(at + 1);
            if let Some(word) = keyword(&tokens, at) {
                let is_public = tokens[at].is("pub");
                self.add_item(id, &tokens, (word, behind), is_public, path.as_deref());
            }
            path = None;
            at = behind;
        }
        id
    }

    /// Notes the item whose keyword is at the beginning of `place`.
    fn add_item(
        &mut self,
        module: usize,
        tokens: &[Token],
        (word, behind): (usize, usize),
        is_public: bool,
        path: Option<&str>,
    ) {
        let file = self.modules[module].file;
        if tokens[word].is("use") {
            let imports = imports(&tokens[word + 1..behind], is_public);
            self.modules[module].imports.extend(imports);
            return;
        }
        let after = word + 1 + usize::from(tokens[word].is("macro_rules"));
        let Some(name) = tokens.get(after) else {
            return;
        };
        if !tokens[word].is("mod") {
            // Implementations have no name; `mut` does no harm.
            if name.is_word() && !tokens[word].is("impl") {
                self.modules[module].defined.insert(name.text.clone());
            }
            return;
        }
        let child = if tokens[word + 2].is("{") {
            self.add_module(file, Some(module), (word + 3, behind - 1))
        } else {
            let child = self.file_of_module(module, &name.text, path);
            self.add_file(child, Some(module))
        };
        let children = &mut self.modules[module].children;
        children.entry(name.text.clone()).or_default().push(child);
    }

    /// The file of `mod name;`.
    fn file_of_module(&self, module: usize, name: &str, path: Option<&str>) -> usize {
        let own = self.files[self.modules[module].file].name.as_str();
        let (folder, own) = own.rsplit_once('/').unwrap_or(("", own));
        let folder = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let inner = match own {
            "lib.rs" | "mod.rs" => folder.clone(),
            _ => format!("{folder}{}/", own.trim_end_matches(".rs")),
        };
        let found = match path {
            Some(path) => self.file(&format!("{folder}{path}")),
            None => self
                .file(&format!("{inner}{name}.rs"))
                .or_else(|| self.file(&format!("{inner}{name}/mod.rs"))),
        };
        found.unwrap_or_else(|| panic!("no file for `mod {name}` of {folder}{own}"))
    }

    /// Draws the arrows of a module.
    fn draw(&mut self, module: usize) {
        let Module { file, items, .. } = self.modules[module];
        let tokens = self.files[file].tokens.clone();
        let mut inner = Vec::new();
        let mut code = Vec::new();
        let (mut at, end) = items;
        while at < end {
            if let Some(open) = attribute(&tokens, at) {
                at = behind_group(&tokens, open);
                continue;
            }
            if tokens[at].is("use") {
                let behind = behind_item(&tokens, at);
                let is_own = self.modules[module].imports.iter().any(|import| {
                    (tokens[at].line..=tokens[behind - 1].line).contains(&import.line)
                });
                if !is_own {
                    inner.extend(imports(&tokens[at + 1..behind], false));
                }
                at = behind;
            } else if tokens[at].is("mod") && tokens[at + 1].is_word() {
                at = behind_item(&tokens, at);
            } else {
                code.push(&tokens[at]);
                at += 1;
            }
        }
        // Those of a function's inside are found from everywhere in the module: near enough.
        self.modules[module].imports.extend(inner);
        let imports = self.modules[module].imports.clone();
        for import in &imports {
            let is_used = code
                .iter()
                .any(|token| token.is_word() && token.is(&import.name));
            if import.name == "*" {
                self.draw_glob(module, import, &code);
            } else if !import.is_public || is_used {
                self.draw_path(module, &import.path, import.line);
            }
        }
        let mut at = 0;
        while at < code.len() {
            let start = at;
            let mut path = Vec::new();
            while code[at].is_word() {
                path.push(code[at].text.clone());
                if !(code.get(at + 1).is_some_and(|mark| mark.is("::"))
                    && code.get(at + 2).is_some_and(|next| next.is_word()))
                {
                    break;
                }
                at += 2;
            }
            let is_inside = start > 0 && code[start - 1].is("::");
            if path.len() > 1 && !is_inside {
                self.draw_path(module, &path, code[start].line);
            }
            at += 1;
        }
    }

    /// `use module::*`: an arrow for every name of the module that the code has.
    fn draw_glob(&mut self, module: usize, import: &Import, code: &[&Token]) {
        for target in self.resolve(module, &import.path) {
            let Target::Module(from) = target else {
                continue;
            };
            let words: BTreeSet<&str> = code
                .iter()
                .filter(|token| token.is_word())
                .map(|token| token.text.as_str())
                .collect();
            for word in words {
                if self.has(from, word) || !self.globs(from, word, &mut Vec::new()).is_empty() {
                    let path = [import.path.clone(), vec![word.to_owned()]].concat();
                    self.draw_path(module, &path, import.line);
                }
            }
        }
    }

    fn has(&self, module: usize, name: &str) -> bool {
        let module = &self.modules[module];
        module.children.contains_key(name)
            || module.defined.contains(name)
            || module.imports.iter().any(|import| import.name == name)
    }

    fn draw_path(&mut self, module: usize, path: &[String], line: usize) {
        let from = self.modules[module].file;
        for target in self.resolve(module, path) {
            let to = match target {
                Target::Item(file) => file,
                // Where another crate's name enters the room says nothing of its files.
                Target::Reexport(file)
                    if room(&self.files[file].name) != room(&self.files[from].name) =>
                {
                    file
                }
                _ => continue,
            };
            if to != from {
                let arrow = (self.files[from].name.clone(), self.files[to].name.clone());
                let text = path.join("::");
                self.arrows.entry(arrow).or_default().insert((line, text));
            }
        }
    }

    /// Where a path leads that is written in `module`.
    fn resolve(&self, module: usize, path: &[String]) -> BTreeSet<Target> {
        let mut targets = BTreeSet::new();
        self.follow(module, path, &mut Vec::new(), &mut targets);
        // A name may be that of a type of ours and of a macro of another crate.
        if targets
            .iter()
            .any(|target| matches!(target, Target::Item(_)))
        {
            targets.retain(|target| !matches!(target, Target::Reexport(_)));
        }
        targets
    }

    fn follow(
        &self,
        module: usize,
        path: &[String],
        seen: &mut Vec<(usize, String)>,
        targets: &mut BTreeSet<Target>,
    ) {
        let mut at = module;
        let mut rest = path;
        let mut is_relative = false;
        while let [first, others @ ..] = rest {
            match first.as_str() {
                "crate" => at = 0,
                "self" => {}
                "super" => match self.modules[at].parent {
                    Some(parent) => at = parent,
                    None => return,
                },
                _ => break,
            }
            is_relative = true;
            rest = others;
        }
        match rest {
            [] => {
                targets.insert(Target::Module(at));
            }
            // A name that no `use` imports is another crate's, a type parameter or std's.
            [first, ..] if !is_relative && !self.has(at, first) => {
                let globs = self.globs(at, first, seen);
                if globs.is_empty() {
                    targets.insert(Target::Elsewhere);
                }
                for glob in globs {
                    self.walk(glob, rest, seen, targets);
                }
            }
            _ => self.walk(at, rest, seen, targets),
        }
    }

    /// The modules from which `use module::*` brings the name.
    fn globs(&self, module: usize, name: &str, seen: &mut Vec<(usize, String)>) -> Vec<usize> {
        let mut found = Vec::new();
        for import in &self.modules[module].imports {
            if import.name != "*" {
                continue;
            }
            let mut targets = BTreeSet::new();
            self.follow(module, &import.path, seen, &mut targets);
            for target in targets {
                let Target::Module(from) = target else {
                    continue;
                };
                let step = (from, format!("{name} by *"));
                if from == module || seen.contains(&step) {
                    continue;
                }
                seen.push(step);
                if self.has(from, name) || !self.globs(from, name, seen).is_empty() {
                    found.push(from);
                }
            }
        }
        found
    }

    /// Where a path leads from the inside of `module`.
    fn walk(
        &self,
        module: usize,
        path: &[String],
        seen: &mut Vec<(usize, String)>,
        targets: &mut BTreeSet<Target>,
    ) {
        let file = self.modules[module].file;
        let [first, rest @ ..] = path else {
            targets.insert(Target::Module(module));
            return;
        };
        if let Some(children) = self.modules[module].children.get(first) {
            for child in children {
                self.walk(*child, rest, seen, targets);
            }
            return;
        }
        if self.modules[module].defined.contains(first) {
            targets.insert(Target::Item(file));
            return;
        }
        let step = (module, first.clone());
        if seen.contains(&step) {
            return;
        }
        seen.push(step);
        let imports: Vec<&Import> = self.modules[module]
            .imports
            .iter()
            .filter(|import| import.name == *first)
            .collect();
        for import in &imports {
            let mut here = BTreeSet::new();
            self.follow(module, &import.path, seen, &mut here);
            for target in here {
                match target {
                    Target::Module(into) => self.walk(into, rest, seen, targets),
                    Target::Elsewhere => {
                        targets.insert(Target::Reexport(file));
                    }
                    found => {
                        targets.insert(found);
                    }
                }
            }
        }
        if imports.is_empty() {
            let globs = self.globs(module, first, seen);
            if globs.is_empty() {
                // Made by a macro.
                targets.insert(Target::Item(file));
            }
            for glob in globs {
                self.walk(glob, path, seen, targets);
            }
        }
    }

    /// The sets of files that all need each other.
    fn cycles(&self) -> Vec<Cycle> {
        let mut cycles: Vec<Cycle> = Vec::new();
        for Source { name, .. } in &self.files {
            if cycles.iter().any(|cycle| cycle.files.contains(name)) {
                continue;
            }
            let from_here = self.reach(name, |(from, to)| (from, to));
            let to_here = self.reach(name, |(from, to)| (to, from));
            if from_here.contains(name.as_str()) {
                let files: Vec<String> = from_here
                    .intersection(&to_here)
                    .map(|file| (*file).to_owned())
                    .collect();
                cycles.push(Cycle::new(self, files));
            }
        }
        cycles
    }

    /// The files that arrows lead to from `start`, read by `direction`.
    fn reach<'a>(
        &'a self,
        start: &'a str,
        direction: impl Fn(&'a Arrow) -> (&'a String, &'a String),
    ) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for arrow in self.arrows.keys() {
                let (from, to) = direction(arrow);
                if from == at && reached.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        reached
    }

    /// The shortest way round from a file to itself.
    fn way_round(&self, start: &str, within: &[String]) -> Vec<String> {
        let mut ways = vec![vec![start.to_owned()]];
        let mut seen = BTreeSet::new();
        loop {
            let mut longer = Vec::new();
            for way in ways {
                let last = way.last().expect("a way has a beginning");
                for (from, to) in self.arrows.keys() {
                    if from != last || !within.contains(to) {
                        continue;
                    }
                    if to == start {
                        return [way.clone(), vec![to.clone()]].concat();
                    }
                    if seen.insert(to.clone()) {
                        longer.push([way.clone(), vec![to.clone()]].concat());
                    }
                }
            }
            assert!(!longer.is_empty(), "{start} is in no cycle");
            ways = longer;
        }
    }

    fn describe(&self, arrow: &Arrow) -> String {
        let (from, to) = arrow;
        let mut text = format!("    {from} uses {to}\n");
        for (line, path) in &self.arrows[arrow] {
            writeln!(text, "        {from}:{line}: {path}").expect("a string takes everything");
        }
        text
    }

    /// The arrows that do not point to a room on a line below, one a line.
    fn upward(&self, rooms: &[&[&str]]) -> String {
        let floor = |file: &str| {
            let room = room(file);
            rooms
                .iter()
                .position(|rooms| rooms.contains(&room))
                .unwrap_or_else(|| panic!("the room `{room}` has no place in the order of rooms"))
        };
        self.arrows
            .keys()
            .filter(|(from, to)| room(from) != room(to) && floor(from) >= floor(to))
            .map(|arrow| self.describe(arrow))
            .collect()
    }
}

/// Files that all need each other.
struct Cycle {
    files: Vec<String>,
    text: String,
}

impl Cycle {
    fn new(krate: &Crate, files: Vec<String>) -> Cycle {
        let way = files
            .iter()
            .map(|file| krate.way_round(file, &files))
            .min_by_key(Vec::len)
            .expect("a cycle has files");
        let mut text = format!("  a cycle of {} files: {}\n", files.len(), files.join(", "));
        writeln!(text, "   the shortest way round: {}", way.join(" -> ")).expect("a string");
        for arrow in krate.arrows.keys() {
            if files.contains(&arrow.0) && files.contains(&arrow.1) {
                text += &krate.describe(arrow);
            }
        }
        Cycle { files, text }
    }
}

impl std::fmt::Display for Cycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// The folder of a file, or its own name where it is in none.
fn room(file: &str) -> &str {
    file.split('/')
        .next()
        .expect("a path has a beginning")
        .trim_end_matches(".rs")
}

/// The file that `#[path = ".."]` names.
fn path_attribute(attribute: &[Token]) -> Option<String> {
    match attribute {
        [_, path, equals, file, _] if path.is("path") && equals.is("=") => {
            Some(file.text.trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// The names of a `use` tree.
fn imports(tree: &[Token], is_public: bool) -> Vec<Import> {
    let mut found = Vec::new();
    // What a macro is given may have the word in another sense.
    let is_tree = tree.split_last().is_some_and(|(last, tree)| {
        let marks = ["::", "{", "}", ",", "*"];
        let belongs = |token: &Token| token.is_word() || marks.iter().any(|mark| token.is(mark));
        last.is(";") && !tree.is_empty() && tree.iter().all(belongs)
    });
    if is_tree {
        read_tree(tree, 0, &[], is_public, &mut found);
    }
    found
}

/// Reads one branch of a `use` tree, and gives the index behind it.
fn read_tree(
    tree: &[Token],
    start: usize,
    prefix: &[String],
    is_public: bool,
    found: &mut Vec<Import>,
) -> usize {
    let mut path = prefix.to_vec();
    let mut at = start;
    if tree[at].is("::") {
        path.push("an extern crate".to_owned());
        at += 1;
    }
    loop {
        let token = &tree[at];
        if token.is("{") {
            at += 1;
            while !tree[at].is("}") {
                at = read_tree(tree, at, &path, is_public, found);
                at += usize::from(tree[at].is(","));
            }
            return at + 1;
        }
        let is_star = token.is("*");
        // `{self}` is the module itself, `self::..` the one we are in.
        if !is_star && (path.is_empty() || !token.is("self")) {
            path.push(token.text.clone());
        }
        at += 1;
        if tree.get(at).is_some_and(|mark| mark.is("::")) {
            at += 1;
            continue;
        }
        let mut name = match path.last() {
            Some(last) if !is_star => last.clone(),
            _ => "*".to_owned(),
        };
        if tree.get(at).is_some_and(|word| word.is("as")) {
            name = tree[at + 1].text.clone();
            at += 2;
        }
        found.push(Import {
            path,
            name,
            line: token.line,
            is_public,
        });
        return at;
    }
}

mod the_reader {
    use super::*;

    fn krate(files: &[(&str, &str)]) -> Crate {
        let mut all: Vec<(String, String)> = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        all.sort();
        Crate::read(all)
    }

    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let krate = krate(files);
        let arrows = krate.arrows.keys();
        arrows.map(|(from, to)| format!("{from} {to}")).collect()
    }

    #[test]
    fn finds_a_planted_cycle_and_prints_it() {
        let cycles = krate(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B;\npub struct A;"),
            ("b.rs", "\nuse crate::c::C;\npub struct B;"),
            ("c.rs", "pub struct C;\nfn f(_: super::a::A) {}"),
        ])
        .cycles();
        let [cycle] = &*cycles else {
            panic!("one cycle expected")
        };
        assert_eq!(cycle.files, ["a.rs", "b.rs", "c.rs"]);
        let text = cycle.to_string();
        for part in [
            "a.rs -> b.rs -> c.rs -> a.rs",
            "a.rs:1: crate::b::B",
            "b.rs:2: crate::c::C",
            "c.rs:2: super::a::A",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn finds_no_cycle_where_there_is_none() {
        let cycles = krate(&[
            ("lib.rs", "mod a; mod b; pub use self::a::A;"),
            ("a.rs", "use crate::b::B;\npub struct A;"),
            ("b.rs", "pub struct B;"),
        ])
        .cycles();
        assert!(cycles.is_empty());
    }

    #[test]
    fn finds_an_arrow_to_a_room_above() {
        let krate = krate(&[
            ("lib.rs", "mod high; mod low;"),
            ("high/mod.rs", "mod x; pub use self::x::X;"),
            ("high/x.rs", "pub struct X;"),
            ("low.rs", "use crate::high::X;"),
        ]);
        let order: &[&[&str]] = &[&["lib"], &["high"], &["low"]];
        let upward = krate.upward(order);
        assert!(upward.contains("low.rs:1: crate::high::X"), "{upward}");
        let turned: &[&[&str]] = &[&["lib"], &["low"], &["high"]];
        assert_eq!(krate.upward(turned), "");
    }

    #[test]
    fn follows_re_exports_to_the_file_that_defines_the_name() {
        let files = [
            ("lib.rs", "mod room; mod user;"),
            ("room/mod.rs", "mod x; pub(crate) use self::x::X as Y;"),
            ("room/x.rs", "pub(crate) struct X;"),
            ("user.rs", "use crate::room::{self, Y};"),
        ];
        assert_eq!(arrows(&files), ["user.rs room/x.rs"]);
    }

    #[test]
    fn a_re_export_that_the_code_uses_is_an_arrow() {
        let files = [
            ("lib.rs", "mod x; pub use self::x::X; type Short = X;"),
            ("x.rs", "pub struct X;"),
        ];
        assert_eq!(arrows(&files), ["lib.rs x.rs"]);
    }

    #[test]
    fn sees_paths_in_code_and_in_macros() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "pub fn a() {}"),
            ("b.rs", "pub fn b() {}"),
            (
                "c.rs",
                "use crate::a; fn f() { a::a(); } macro_rules! m { () => { $crate::b::b() }; }",
            ),
            ("d.rs", "fn f() { use super::c::m; }"),
        ];
        assert_eq!(arrows(&files), ["c.rs a.rs", "c.rs b.rs", "d.rs c.rs"]);
    }

    #[test]
    fn leaves_out_tests_comments_and_strings() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub struct A;"),
            (
                "b.rs",
                "// use crate::a::A;\n/* use crate::a::A; */ const B: &str = \"use crate::a::A;\";\n\
                 const C: char = '\"'; fn f<'a>(_: &'a str) {}\n\
                 #[cfg(test)] mod tests { use crate::a::A; }\n#[cfg(test)]\nuse crate::a::A;",
            ),
        ];
        assert_eq!(arrows(&files), [""; 0]);
    }

    #[test]
    fn sees_both_forms_of_a_module() {
        let files = [
            (
                "lib.rs",
                "#[cfg(x)] #[path = \"on.rs\"] mod form; #[cfg(not(x))] #[path = \"off.rs\"] mod form; mod a;",
            ),
            ("on.rs", "pub struct F;"),
            ("off.rs", "pub struct F;"),
            ("a.rs", "use crate::form::F;"),
        ];
        assert_eq!(arrows(&files), ["a.rs off.rs", "a.rs on.rs"]);
    }

    #[test]
    fn sees_what_a_glob_brings() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub struct A; pub struct B;"),
            (
                "b.rs",
                "mod inner { use super::*; fn f(_: A) {} } use crate::a::*;",
            ),
        ];
        assert_eq!(arrows(&files), ["b.rs a.rs"]);
    }
}
