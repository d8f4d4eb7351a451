//! The words of Python, Java and other libraries lead, in the search of the docs, to the item that does the same.

#[path = "support/source.rs"]
mod source;

use std::collections::BTreeMap;

use self::source::{Kind, Token, files_under, root_of, tokens};

/// What each word must lead to: functions and types by their names, at least these.
const LEADS_TO: &[(&str, &[&str])] = &[
    ("ArrayBlockingQueue", &["bounded"]),
    ("CompletableFuture", &["Task"]),
    ("CyclicBarrier", &["Barrier"]),
    ("Executors", &["ThreadPool"]),
    ("Phaser", &["Barrier"]),
    ("ReentrantReadWriteLock", &["RwLock"]),
    ("Thread::sleep", &["sleep"]),
    ("add_done_callback", &["on_done"]),
    ("await_termination", &["shutdown_timeout"]),
    ("close", &["shutdown"]),
    ("exception", &["peek"]),
    ("getQueueLength", &["n_waiting"]),
    ("invoke_all", &["wait_all"]),
    ("offer", &["try_put"]),
    ("poll", &["try_get"]),
    ("set_daemon", &["daemon"]),
    ("waiter_count", &["n_waiting"]),
];

/// Every alias in the sources of the library, with the items that have it.
fn aliases() -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, text) in files_under(&root_of("threadkit")) {
        let tokens: Vec<Token> = tokens(&text)
            .into_iter()
            .filter(|token| token.kind != Kind::Comment)
            .collect();
        for (index, window) in tokens.windows(3).enumerate() {
            let [word, equals, alias] = window else {
                unreachable!("windows of three")
            };
            if word.is("alias") && equals.is("=") && alias.kind == Kind::Literal {
                let item = tokens[index..]
                    .windows(2)
                    .find(|pair| {
                        ["fn", "struct", "enum", "trait"]
                            .iter()
                            .any(|it| pair[0].is(it))
                    })
                    // Else the item is named alone, in the invocation of a macro that makes it.
                    .or_else(|| {
                        let mut ends = tokens[index..].windows(2);
                        ends.find(|pair| pair[0].is("]") && !pair[1].is("#"))
                    })
                    .map(|pair| pair[1].text.clone())
                    .expect("an alias stands before an item");
                let alias = alias.text.trim_matches('"').to_owned();
                found.entry(alias).or_default().push(item);
            }
        }
    }
    found
}

#[test]
fn the_words_of_others_lead_to_what_answers() {
    let aliases = aliases();
    for (word, items) in LEADS_TO {
        let found = aliases.get(*word).map_or(&[][..], Vec::as_slice);
        for item in *items {
            assert!(
                found.iter().any(|one| one == item),
                "`{word}` should lead to `{item}`, and leads to {found:?}"
            );
        }
    }
}
