//! Functions and methods: `#[synchronized]`, `#[thread]`, `#[threadkit::main]`, `#[threadkit::explore]`.

use super::{Case, Turns, attribute};

/// The parameters of a function.
pub(crate) struct Parameters {
    pub(crate) generics: &'static str,
    pub(crate) list: &'static str,
    pub(crate) bounds: &'static str,
    /// Statements that use them.
    pub(crate) used: &'static str,
    /// A thread could take them.
    pub(crate) owned: bool,
    /// A parameter that can be displayed, for a thread's name.
    pub(crate) shown: Option<&'static str>,
    /// Conditions of a method with these parameters, beside those about the value alone.
    pub(crate) conditions: &'static [&'static str],
}

const fn parameters(
    generics: &'static str,
    list: &'static str,
    bounds: &'static str,
    used: &'static str,
) -> Parameters {
    Parameters {
        generics,
        list,
        bounds,
        used,
        owned: true,
        shown: None,
        conditions: &[],
    }
}

impl Parameters {
    const fn shown(self, name: &'static str) -> Self {
        Self {
            shown: Some(name),
            ..self
        }
    }

    const fn awaited(self, conditions: &'static [&'static str]) -> Self {
        Self { conditions, ..self }
    }

    const fn borrowed(self) -> Self {
        Self {
            owned: false,
            ..self
        }
    }
}

pub(crate) const PARAMETERS: &[Parameters] = &[
    parameters("", "", "", ""),
    parameters("", "n: u8", "", "touch(&n);")
        .shown("n")
        .awaited(&[
            "self.count > usize::from(n)",
            "self.closed || usize::from(n) < Self::LIMIT",
            "matches!(n, 1..=3) && Self::may(self)",
            "let Some(m) = n.checked_sub(1) && usize::from(m) < self.count",
            "format!(\"{n}\").len() < self.count",
            "(usize::from(n)..Self::LIMIT).contains(&self.count)",
            "[n, 1].iter().all(|&n| usize::from(n) < self.count)",
        ]),
    parameters("", "mut n: u8", "", "n += 1; touch(&n);")
        .shown("n")
        .awaited(&["self.count > usize::from(n)"]),
    parameters("", "_: u8", "", ""),
    parameters("", "_n: u8, _: String", "", ""),
    parameters("", "(a, mut b): (u8, u8)", "", "b += a; touch(&b);"),
    parameters("", "[a, .., _]: [u8; 3]", "", "touch(&a);"),
    parameters(
        "",
        "Point { x, y: _ }: Point, n: u8",
        "",
        "touch(&x); touch(&n);",
    )
    .shown("n"),
    parameters(
        "",
        "whole @ Point { x, .. }: Point",
        "",
        "touch(&x); touch(&whole);",
    ),
    parameters(
        "",
        "r#type: u8, r#gen: String",
        "",
        "touch(&r#type); touch(&r#gen);",
    )
    .shown("type")
    .awaited(&["usize::from(r#type) < self.count && !r#gen.is_empty()"]),
    parameters("", "#[allow(unused_variables)] n: u8", "", "").shown("n"),
    parameters(
        "",
        "a: u8, #[expect(unused_variables)] n: u8",
        "",
        "touch(&a);",
    )
    .shown("a"),
    parameters("", "#[expect(unused_mut)] mut n: u8", "", "touch(&n);"),
    parameters(
        "",
        "#[cfg_attr(not(miri), allow(unused_variables))] n: u8",
        "",
        "",
    ),
    parameters("", "f: fn(&str) -> &str", "", "touch(f(\"a\"));")
        .awaited(&["f(\"a\").len() < self.count"]),
    parameters(
        "",
        "f: Box<dyn Fn(&str) -> Option<&str> + Send>",
        "",
        "touch(&f(\"a\"));",
    ),
    parameters(
        "",
        "f: impl FnOnce() -> u8 + Send + 'static",
        "",
        "touch(&f());",
    ),
    parameters(
        "<T: Clone + Send + 'static>",
        "item: T",
        "",
        "let copy = item.clone(); touch(&copy); touch(&item);",
    ),
    parameters(
        "<T>",
        "item: T, n: u8",
        "where T: Debug + Display + Send + 'static,",
        "touch(&format!(\"{item:?}{n}\"));",
    )
    .shown("item")
    .awaited(&[
        "item.to_string().len() < self.count",
        "format!(\"{item}{n}\").len() < self.count",
        "size_of::<T>() < self.count",
    ]),
    parameters("<const N: usize>", "items: [u8; N]", "", "touch(&items);").awaited(&[
        "self.count >= N",
        "self.count >= N && items.iter().any(|&item| item > 1)",
        "N < Self::LIMIT || self.closed",
    ]),
    parameters(
        "<T, const N: usize>",
        "items: [Option<T>; N]",
        "where T: Copy + Send + 'static, [T; N]: Sized",
        "touch(&items);",
    )
    .awaited(&[
        "self.count >= N",
        "items.iter().any(Option::is_some) && size_of::<T>() < self.count",
    ]),
    parameters(
        "<I: IntoIterator<Item = u8> + Send + 'static>",
        "items: I",
        "",
        "touch(&items.into_iter().count());",
    ),
    parameters("", "n: &u8, list: &mut Vec<u8>", "", "list.push(*n);")
        .borrowed()
        .awaited(&["usize::from(*n) < self.count && list.len() < Self::LIMIT"]),
    parameters("", "&n: &u8, text: &str", "", "touch(&n); touch(text);")
        .borrowed()
        .awaited(&["text.len() < self.count"]),
    parameters(
        "<'a>",
        "list: &mut Vec<&'a str>, text: &'a str",
        "",
        "list.push(text);",
    )
    .borrowed()
    .awaited(&["list.contains(&text) || text.len() < self.count"]),
    parameters(
        "<'a, 'b: 'a>",
        "list: &mut Vec<&'a str>, other: &mut Vec<&'b str>",
        "",
        "list.extend(other.iter()); other.extend([\"b\"].map(|text: &'b str| text));",
    )
    .borrowed(),
    parameters("", "f: &dyn Fn(&str) -> &str", "", "touch(f(\"a\"));")
        .borrowed()
        .awaited(&["f(\"a\").len() < self.count"]),
    parameters(
        "<T: ?Sized + Debug>",
        "item: &T",
        "",
        "touch(&format!(\"{item:?}\"));",
    )
    .borrowed(),
];

/// What a function returns.
pub(crate) struct Output {
    pub(crate) ty: &'static str,
    pub(crate) value: &'static str,
    /// A statement before the value.
    pub(crate) before: &'static str,
    /// For `else = ..`.
    pub(crate) late: &'static [&'static str],
    /// A thread could return it.
    pub(crate) owned: bool,
}

const fn output(ty: &'static str, value: &'static str, late: &'static [&'static str]) -> Output {
    Output {
        ty,
        value,
        before: "",
        late,
        owned: true,
    }
}

pub(crate) const OUTPUTS: &[Output] = &[
    output(
        "",
        "",
        &[
            "()",
            "{}",
            "return",
            "touch(\"late\")",
            "{ touch(\"late\") }",
            "panic!(\"late\")",
        ],
    ),
    output(
        "-> u8",
        "1",
        &[
            "0",
            "return 0",
            "std::process::exit(1)",
            "loop { touch(\"late\") }",
        ],
    ),
    Output {
        before: "if LOCK.is_locked() { return None; }",
        ..output(
            "-> Option<Vec<(u8, String)>>",
            "Some(Vec::new())",
            &["None", "{ touch(\"late\"); return None; }"],
        )
    },
    Output {
        before: "let n: u8 = \"1\".parse().map_err(|_| String::new())?;",
        ..output(
            "-> Result<u8, String>",
            "Ok(n)",
            &[
                "Err(\"late\".into())",
                "bail!()",
                "Err(String::from(\"late\"))?",
            ],
        )
    },
    output(
        "-> Box<dyn Fn(u8) -> u8 + Send>",
        "Box::new(|n| n + 1)",
        &["Box::new(|n| n)"],
    ),
    output(
        "-> &'static str",
        "\"text\"",
        &["\"late\"", "if cfg!(unix) { \"a\" } else { \"b\" }"],
    ),
    output("-> [u8; 2]", "[1, 2]", &["[0; 2]"]),
    output(
        "-> !",
        "panic!(\"never\")",
        &["panic!(\"late\")", "loop { touch(\"late\") }"],
    ),
    Output {
        owned: false,
        ..output(
            "-> impl Iterator<Item = u8>",
            "core::iter::once(1)",
            &["core::iter::once(0)"],
        )
    },
    Output {
        owned: false,
        ..output("-> impl Debug", "1_u8", &["0_u8"])
    },
    output("-> fn(&str) -> &str", "str::trim", &["str::trim_start"]),
    Output {
        before: "let list = Arc::new(Lock::new(vec![1_u8]));",
        ..output("-> usize", "list.acquire().len()", &["0"])
    },
];

/// Where a function stands: what opens the block around it, its receiver, and whether a thread could take that.
struct Place {
    block: &'static str,
    receiver: &'static str,
    owned: bool,
    vis: &'static [&'static str],
}

const ALL: &[&str] = &["pub ", "pub(crate) ", "pub(super) ", "pub(in crate) "];

const fn place(block: &'static str, receiver: &'static str, owned: bool) -> Place {
    Place {
        block,
        receiver,
        owned,
        vis: ALL,
    }
}

const GENERIC: &str = "impl<'g, G, const M: usize> Generic<'g, G, M> where G: Clone, Self: 'g";
const OWNING: &str = "impl<G: Clone + Send + Sync + 'static, const M: usize> Owning<G, M>";

const PLACES: &[Place] = &[
    place("", "", true),
    place("impl Subject", "", true),
    place("impl Subject", "&self", false),
    place("impl Subject", "&mut self", false),
    place("impl Subject", "self", true),
    place("impl Subject", "self: Arc<Self>", true),
    place("impl Subject", "self: &Arc<Self>", false),
    place("impl Subject", "self: Box<Self>", true),
    place("impl Subject", "self: Pin<&mut Self>", false),
    place("impl<G: Clone> Generic<'_, G, 3>", "&self", false),
    place(GENERIC, "&self", false),
    place(OWNING, "self", true),
    place(OWNING, "self: Arc<Self>", true),
];

/// What else stands on a function.
const BESIDE: &[&str] = &[
    "",
    "#[inline]",
    "#[cfg(any(unix, not(unix)))]",
    "#[cfg_attr(not(miri), inline(always))] #[allow(clippy::inline_always)]",
    "#[track_caller]",
    "#[doc(hidden)]",
    "#[expect(clippy::cognitive_complexity, reason = \"none\")] #[allow(unfulfilled_lint_expectations)]",
];

/// A function under `attribute`, and what takes its place without.
#[allow(clippy::too_many_arguments)]
fn case(
    number: usize,
    attribute: &str,
    place: &Place,
    vis: &str,
    beside: &str,
    parameters: &Parameters,
    output: &Output,
) -> Case {
    let list = [place.receiver, parameters.list];
    let list: Vec<&str> = list.into_iter().filter(|part| !part.is_empty()).collect();
    let list = list.join(", ");
    let Parameters {
        generics,
        bounds,
        used,
        ..
    } = parameters;
    let Output {
        ty, value, before, ..
    } = output;
    let text = |attribute: &str| {
        let function = format!(
            "/// A function.\n{beside} {attribute} {vis}fn f{number}{generics}({list}) {ty} {bounds} {{ {used} {before} {value} }}"
        );
        match place.block {
            "" => function,
            block => format!("{block} {{ {function} }}"),
        }
    };
    Case {
        with: text(attribute),
        without: text(""),
    }
}

/// The arguments of `#[synchronized]` where `place` and `late` are given.
fn synchronized(place: &Place, late: &str) -> Vec<String> {
    let mut forms = vec![
        "LOCK".into(),
        "guard = LOCK".into(),
        "LOCK, OTHER".into(),
        "one = LOCK, other = OTHER, read(TABLE)".into(),
        "read(table = TABLE)".into(),
        "write(TABLE), crate = crate::facade::threads".into(),
        format!("LOCK, timeout = LIMIT, else = {late}"),
        format!("guard = LOCK, read(TABLE), timeout = LIMIT, else = {late}"),
    ];
    match place.receiver {
        "" => {
            forms.push(String::new());
            forms.push(format!("timeout = LIMIT, else = {late}"));
        }
        _ => {
            forms.push("guard = self.lock".into());
            forms.push("write(table = self.table)".into());
        }
    }
    forms
}

/// The arguments of `#[thread]` where the parameters are given.
fn thread(parameters: &Parameters) -> Vec<String> {
    let mut forms = vec![
        String::new(),
        "name = \"worker\"".into(),
        "daemon, stack_size = 64 * 1024".into(),
        "crate = crate::facade::threads, daemon = false".into(),
    ];
    if let Some(shown) = parameters.shown {
        forms.push(format!("name = \"worker-{{{shown}}}\", daemon"));
    }
    forms
}

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut turns = Turns::new();
    for parameters in PARAMETERS {
        for output in OUTPUTS {
            // Each of these pairs in every place, with the forms of the attributes in turn.
            for place in PLACES {
                let late = turns.of(output.late);
                // What locks a field borrows it.
                let forms = match place.receiver.contains("&mut") {
                    true => vec!["guard = LOCK".into()],
                    false => synchronized(place, late),
                };
                let form = turns.of(&forms);
                let under = attribute("synchronized", form);
                let (vis, beside) = (turns.of(place.vis), turns.of(BESIDE));
                cases.push(case(
                    cases.len(),
                    &under,
                    place,
                    vis,
                    beside,
                    parameters,
                    output,
                ));
                if place.owned && parameters.owned && output.owned {
                    let forms = thread(parameters);
                    let form = turns.of(&forms);
                    let under = attribute("thread", form);
                    let (vis, beside) = (turns.of(place.vis), turns.of(BESIDE));
                    cases.push(case(
                        cases.len(),
                        &under,
                        place,
                        vis,
                        beside,
                        parameters,
                        output,
                    ));
                }
            }
        }
    }
    for output in OUTPUTS {
        for place in PLACES.iter().filter(|place| place.receiver.is_empty()) {
            for attribute in [
                "#[threadkit::main]",
                "#[threadkit::main(crate = crate::facade::threads)]",
            ] {
                let (vis, beside) = (turns.of(place.vis), turns.of(BESIDE));
                cases.push(case(
                    cases.len(),
                    attribute,
                    place,
                    vis,
                    beside,
                    &PARAMETERS[0],
                    output,
                ));
            }
        }
    }
    for place in PLACES.iter().filter(|place| place.receiver.is_empty()) {
        for form in [
            "",
            "(runs = 2)",
            "(seed = 7, random)",
            "(pct = 3)",
            "(exhaustive, reset = || ())",
            "(crate = crate::facade::threads)",
        ] {
            let (vis, beside) = (turns.of(place.vis), turns.of(BESIDE));
            let attribute = format!("#[threadkit::explore{form}]");
            cases.push(case(
                cases.len(),
                &attribute,
                place,
                vis,
                beside,
                &PARAMETERS[0],
                &OUTPUTS[0],
            ));
        }
    }
}
