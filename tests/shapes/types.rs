//! Types of threads and their impl blocks, blocks under `#[synchronized]` and `#[monitor]`, and items made by
//! `macro_rules!`.

use super::{Case, Turns, attribute};

/// A type, in which `NAME` is its name, and `ATTRIBUTES` and `VIS` stand in front.
struct Shape {
    definition: &'static str,
    /// What an impl block repeats of the generics.
    generics: &'static str,
    arguments: &'static str,
    bounds: &'static str,
    /// For a thread's name.
    hole: Option<&'static str>,
    /// It may be shared among threads.
    sync: bool,
}

const fn shape(definition: &'static str) -> Shape {
    Shape {
        definition,
        generics: "",
        arguments: "",
        bounds: "",
        hole: None,
        sync: true,
    }
}

impl Shape {
    const fn generic(
        self,
        generics: &'static str,
        arguments: &'static str,
        bounds: &'static str,
    ) -> Self {
        Self {
            generics,
            arguments,
            bounds,
            ..self
        }
    }

    const fn shown(self, hole: &'static str) -> Self {
        Self {
            hole: Some(hole),
            ..self
        }
    }
}

const SHAPES: &[Shape] = &[
    shape("ATTRIBUTES VIS struct NAME;"),
    shape("ATTRIBUTES VIS struct NAME(u8, #[allow(dead_code)] String);").shown("0:03"),
    shape("ATTRIBUTES VIS struct NAME { id: u8, r#type: u8, #[cfg(any(unix, not(unix)))] more: Vec<u8> }").shown("type"),
    shape("ATTRIBUTES VIS enum NAME { /// A.\nA, /// B.\nB(u8), /// C.\nC { /// D.\nd: u8 } }"),
    shape("ATTRIBUTES VIS struct NAME<T: Clone + Send + Sync + 'static>(T);").generic(
        "<T: Clone + Send + Sync + 'static>",
        "<T>",
        "",
    ),
    shape("ATTRIBUTES VIS struct NAME<T = u8, const N: usize = 2>([T; N], u8) where T: Clone;")
        .generic("<T, const N: usize>", "<T, N>", "where T: Clone")
        .shown("1"),
    shape("ATTRIBUTES VIS struct NAME<'a>(&'a str);").generic("<'a>", "<'a>", "where Self: 'a").shown("0"),
    shape("ATTRIBUTES VIS struct NAME<'a>(&'a str);").generic("", "<'_>", "").shown("0"),
    shape("ATTRIBUTES VIS struct NAME<'a, 'b, T: Clone + 'static>(&'a str, &'b str, Option<T>);").generic(
        "<'a, 'b, T>",
        "<'a, 'b, T>",
        "where T: Clone + 'a + 'b",
    ),
    shape("ATTRIBUTES VIS struct NAME<T: ?Sized>(Box<T>);").generic("<T: ?Sized>", "<T>", ""),
];

/// A `run`, in which `STOP` may be a parameter.
struct Run {
    /// What it borrows or takes.
    receiver: &'static str,
    /// It can be run while others hold the struct.
    shared: bool,
}

const RUNS: &[Run] = &[
    Run {
        receiver: "self",
        shared: false,
    },
    Run {
        receiver: "&mut self",
        shared: false,
    },
    Run {
        receiver: "&self",
        shared: true,
    },
    Run {
        receiver: "self: Self",
        shared: false,
    },
    Run {
        receiver: "self: &Self",
        shared: true,
    },
];

/// What `run` returns, and an expression for it.
const RESULTS: &[(&str, &str)] = &[
    ("", "touch(\"run\");"),
    ("u8", "touch(\"run\"); 1"),
    (
        "Result<u8, String>",
        "let n: u8 = \"1\".parse().map_err(|_| String::new())?; Ok(n)",
    ),
    ("!", "panic!(\"never\")"),
    ("Box<dyn Fn(&str) -> &str + Send>", "Box::new(str::trim)"),
    ("Vec<Option<&'static str>>", "vec![None]"),
];

const VIS: &[&str] = &["pub", "pub(crate)", "pub(super)", "pub(in crate)", ""];

fn arrow(result: &str) -> String {
    match result {
        "" => String::new(),
        result => format!("-> {result}"),
    }
}

/// A type whose `run` is in an impl block, and where the attribute stands.
fn threads(cases: &mut Vec<Case>, turns: &mut Turns) {
    for shape in SHAPES {
        for run in RUNS {
            for (result, value) in RESULTS {
                for place in ["struct", "derive", "impl", "trait"] {
                    thread(cases, turns, shape, run, (result, value), place);
                }
            }
        }
    }
}

fn thread(
    cases: &mut Vec<Case>,
    turns: &mut Turns,
    shape: &Shape,
    run: &Run,
    (result, value): (&str, &str),
    place: &str,
) {
    let name = format!("T{}", cases.len());
    let vis = *turns.of(VIS);
    let Shape {
        definition,
        generics,
        arguments,
        bounds,
        ..
    } = shape;
    let on_type = matches!(place, "struct" | "derive");
    let mut options = vec![""];
    options.extend([
        "name = \"worker\"",
        "daemon",
        "stack_size = 1 << 16, crate = crate::facade::threads",
    ]);
    let named = shape
        .hole
        .map(|hole| format!("name = \"worker-{{{hole}}}\""));
    options.extend(named.as_deref());
    let mut options: Vec<String> = vec![(*turns.of(&options)).into()];
    if on_type && !result.is_empty() && *result != *"!" {
        options.push(format!("returns = {result}"));
    }
    if run.shared && shape.sync && turns.of(&[true, false, false]) == &true {
        options.push("shared".into());
    }
    options.retain(|option| !option.is_empty());
    let options = options.join(", ");
    let under = attribute("thread", &options);
    let stop = match on_type {
        true => "",
        false => turns.of(&[
            "",
            ", stop: &StopToken",
            ", _: &StopToken",
            ", _stop: &'_ StopToken",
        ]),
    };
    let used = if stop.starts_with(", stop") {
        "touch(stop);"
    } else {
        ""
    };
    let receiver = run.receiver;
    let own_bounds = turns.of(&["", "where Self: Sized", "where u8: Copy"]);
    let text = |with: bool| {
        let under = if with { under.as_str() } else { "" };
        let derived = match (place, with) {
            ("derive", true) => format!("#[derive(Debug, Thread)] {under}"),
            ("struct", true) => format!("{under} #[derive(Debug)]"),
            _ => "#[derive(Debug)]".into(),
        };
        let definition = definition
            .replace("ATTRIBUTES", &derived)
            .replace("VIS", vis)
            .replace("NAME", &name);
        let under = if on_type { "" } else { under };
        let method = |word: &str, result: &str| {
            let arrow = arrow(result);
            format!(
                "/// Runs.\n{word} fn run({receiver}{stop}) {arrow} {own_bounds} {{ {used} {value} }}"
            )
        };
        let block = match place {
            "trait" => {
                let declared = format!(
                    "/// A job.\n{vis} trait Job{name} {{ /// Its result.\ntype Out; /// Runs.\nfn run({}{}) -> {} {own_bounds}; }}",
                    receiver,
                    stop.replace(", stop", ", _stop"),
                    if *result == *"!" { "!" } else { "Self::Out" },
                );
                let out = match result {
                    "" => "()",
                    "!" => "u8",
                    result => result,
                };
                let arrow = if *result == *"!" { "!" } else { "Self::Out" };
                let method = method("", arrow).replace("/// Runs.\n", "");
                format!(
                    "{declared}\n{under} impl{generics} Job{name} for {name}{arguments} {bounds} {{ type Out = {out}; {method} }}"
                )
            }
            _ => {
                let method = method("", result);
                format!("{under} impl{generics} {name}{arguments} {bounds} {{ {method} }}")
            }
        };
        format!("/// A type.\n{definition}\n{block}")
    };
    cases.push(Case {
        with: text(true),
        without: text(false),
    });
}

/// Impl blocks whose methods all lock the same.
fn blocks(cases: &mut Vec<Case>, turns: &mut Turns) {
    const BLOCKS: &[&str] = &[
        "impl Subject",
        "impl<G: Clone> Generic<'_, G, 3>",
        "impl<'g, G, const M: usize> Generic<'g, G, M> where G: Clone, Self: 'g",
        "impl<G: Clone + Send + 'static, const M: usize> Owning<G, M>",
    ];
    const FORMS: &[&str] = &[
        "LOCK",
        "guard = self.lock",
        "self.lock, read(table = self.table)",
        "guard = self.lock, timeout = LIMIT, else = panic!(\"late\")",
        "write(self.table), timeout = LIMIT, else = std::process::exit(1)",
        "guard = OTHER, crate = crate::facade::threads",
    ];
    const METHODS: &[&str] = &[
        "/// No receiver.\nVIS fn aN() -> u8 { 1 }",
        "/// A plain one.\nVIS fn bN(&self, n: u8) -> u8 { n }",
        "/// With a lifetime.\n#[inline] VIS fn cN<'s>(&'s self, _: u8, text: &'s str) -> &'s str { if text.is_empty() { \"a\" } else { text } }",
        "/// Pointed to.\nVIS fn dN(self: Arc<Self>) -> usize { Arc::strong_count(&self) }",
        "/// Generic.\n#[cfg(any(unix, not(unix)))] VIS fn eN<T>(&self, item: T) -> Option<T> where T: Copy { Some(item) }",
        "/// Left alone.\nALONE VIS fn gN(self) -> Self { self }",
        "/// Another lock.\nOWN VIS fn hN(&self) {}",
        "/// Without a name.\nVIS fn iN(&self) -> impl Iterator<Item = u8> { core::iter::once(1) }",
        "/// A number.\nVIS const KN: u8 = 1;",
    ];
    for block in BLOCKS {
        for form in FORMS {
            for vis in VIS {
                let number = cases.len().to_string();
                let beside = turns.of(&["", "#[cfg(any(unix, not(unix)))]", "#[allow(unused)]"]);
                let text = |with: bool| {
                    let under = match with {
                        true => attribute("synchronized", form),
                        false => String::new(),
                    };
                    let methods = METHODS
                        .join("\n")
                        .replace("VIS", vis)
                        .replace("N(", &format!("{number}("))
                        .replace("N<", &format!("{number}<"))
                        .replace("KN:", &format!("K{number}:"))
                        .replace("ALONE", if with { "#[unsynchronized]" } else { "" })
                        .replace("OWN", if with { "#[synchronized(OTHER)]" } else { "" });
                    format!("{under} {beside} {block} {{ {methods} }}")
                };
                cases.push(Case {
                    with: text(true),
                    without: text(false),
                });
            }
        }
    }
}

/// Items that `macro_rules!` puts together from fragments.
fn fragments(cases: &mut Vec<Case>) {
    const ITEMS: &[(&str, &str, &str, &[&str])] = &[
        (
            "$(#[$attr:meta])* $vis:vis $name:ident $ty:ty, $value:expr, $body:block",
            "$(#[$attr])* UNDER $vis fn $name(n: $ty) -> $ty { touch(&n); touch(&$value); $body }",
            "/// A function.\n#[inline] pub fN u8, 1 + 1, { 1 }",
            &[
                "synchronized(LOCK)",
                "synchronized(guard = $crate::LOCK, timeout = LIMIT, else = $value)",
                "thread",
                "thread(name = \"{n}\")",
            ],
        ),
        (
            "$vis:vis $name:ident $ty:ty, $body:block",
            "/// A function.\nUNDER $vis fn $name() -> $ty $body",
            "pub(crate) fN Vec<u8>, { Vec::new() }",
            &[
                "synchronized",
                "synchronized(LOCK)",
                "thread",
                "thread(daemon)",
                "threadkit::main",
            ],
        ),
        (
            "$name:ident $pat:pat, $ty:ty, $used:expr, $life:lifetime",
            "/// A function.\nUNDER pub fn $name($pat: $ty) -> Option<&$life str> { touch(&$used); None }",
            "fN (_a, _), (u8, u8), 1, 'static",
            &["synchronized(LOCK)", "thread"],
        ),
        (
            "$item:item",
            "UNDER $item",
            "/// A function.\npub fn fN(n: u8) -> u8 { n }",
            &[
                "synchronized",
                "synchronized(read(TABLE))",
                "thread",
                "thread(name = \"{n}\")",
            ],
        ),
        (
            "$name:ident $ty:ty, $run:block",
            "/// A type.\n#[derive(Debug)] pub struct $name($ty); UNDER impl $name { fn run(mut self) -> $ty { self.0 += 1; touch(&$run); self.0 } }",
            "TN u64, { 1 }",
            &[
                "thread",
                "thread(name = \"{0}\")",
                "thread(stack_size = 65536)",
            ],
        ),
        (
            "$block:item",
            "UNDER $block",
            "impl Subject { /// A method.\npub fn fN(&self) -> u8 { 1 } }",
            &["synchronized(guard = LOCK)", "synchronized(LOCK)"],
        ),
        (
            "$self:ident $lock:expr, $name:ident",
            "impl Subject { /// A method.\nUNDER pub fn $name(&$self) -> u8 { touch(&$lock); 1 } }",
            "self self.lock, fN",
            &["synchronized($lock)", "synchronized(guard = $lock)"],
        ),
    ];
    for (matcher, item, call, attributes) in ITEMS {
        for form in *attributes {
            let number = cases.len();
            let text = |under: &str| {
                let item = item.replace("UNDER", under);
                let call = call
                    .replace("fN", &format!("f{number}"))
                    .replace("TN", &format!("T{number}"));
                format!(
                    "macro_rules! make{number} {{ ({matcher}) => {{ {item} }}; }}\nmake{number}! {{ {call} }}"
                )
            };
            cases.push(Case {
                with: text(&format!("#[{form}]")),
                without: text(""),
            });
        }
    }
}

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut turns = Turns::new();
    threads(cases, &mut turns);
    blocks(cases, &mut turns);
    fragments(cases);
}
