//! The recording in a page, read back.

#![allow(dead_code, reason = "each test file uses a part of this")]

use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) length: u64,
    pub(crate) lost: u64,
    pub(crate) threads: Vec<RecordedThread>,
    pub(crate) arrows: Vec<Arrow>,
}

#[derive(Debug)]
pub(crate) struct RecordedThread {
    pub(crate) index: usize,
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) from: u64,
    pub(crate) began: Option<u64>,
    pub(crate) ended: Option<u64>,
    pub(crate) waits: Vec<Span>,
    pub(crate) holds: Vec<Span>,
    pub(crate) tasks: Vec<Span>,
}

/// A wait, a hold or a task.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) began: u64,
    pub(crate) ended: u64,
    /// The operation, or the name of the task.
    pub(crate) text: String,
    pub(crate) lock: Option<String>,
    pub(crate) place: String,
    pub(crate) whom: Option<usize>,
    pub(crate) side: u64,
}

#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: u64,
}

impl Recorded {
    pub(crate) fn in_page(page: &str) -> Self {
        let begin = "<script type=\"application/json\" id=\"recording\">";
        let (_, rest) = page.split_once(begin).expect("the page has a recording");
        let (json, _) = rest.split_once("</script>").expect("the recording ends");
        Self::of(&serde_json::from_str(json).expect("the recording is JSON"))
    }

    fn of(all: &Value) -> Self {
        let texts = |key: &str, index: usize| all[key][index].as_str().unwrap().to_owned();
        let lock = |index: usize| {
            let lock = &all["locks"][index];
            let name = match lock["name"].as_str() {
                Some(name) => name.to_owned(),
                None => format!(
                    "lock made at {}",
                    texts("places", number(&lock["made"]) as usize)
                ),
            };
            match number(&lock["number"]) {
                0 => name,
                n => format!("{name} ({n})"),
            }
        };
        let one_based = |index: u64| (index > 0).then(|| index as usize - 1);
        let threads = all["threads"].as_array().unwrap().iter().enumerate();
        let threads = threads.map(|(index, thread)| RecordedThread {
            index,
            id: number(&thread["id"]),
            name: thread["name"].as_str().unwrap().to_owned(),
            from: number(&thread["from"]),
            began: thread["began"].as_u64(),
            ended: thread["ended"].as_u64(),
            waits: spans(&thread["waits"], |[began, ended, text, of, place, whom]| {
                Span {
                    began,
                    ended,
                    text: texts("texts", text as usize),
                    lock: one_based(of).map(lock),
                    place: texts("places", place as usize),
                    whom: one_based(whom),
                    side: 0,
                }
            }),
            holds: spans(&thread["holds"], |[began, ended, of, side, place]| Span {
                began,
                ended,
                text: String::new(),
                lock: Some(lock(of as usize)),
                place: texts("places", place as usize),
                whom: None,
                side,
            }),
            tasks: spans(&thread["tasks"], |[began, ended, text]| Span {
                began,
                ended,
                text: texts("texts", text as usize),
                lock: None,
                place: String::new(),
                whom: None,
                side: 0,
            }),
        });
        Self {
            length: number(&all["length"]),
            lost: number(&all["lost"]),
            threads: threads.collect(),
            arrows: spans(&all["arrows"], |[began, ended, from, to, kind]| Arrow {
                began,
                ended,
                from: from as usize,
                to: to as usize,
                kind,
            }),
        }
    }

    pub(crate) fn thread(&self, name: &str) -> &RecordedThread {
        let mut those = self.threads.iter().filter(|thread| thread.name == name);
        let thread = those.next();
        assert!(
            those.next().is_none(),
            "several threads have the name {name}"
        );
        thread.unwrap_or_else(|| panic!("no thread has the name {name}"))
    }

    /// The thread that asks.
    pub(crate) fn current(&self) -> &RecordedThread {
        let id = threadkit::current().ident();
        let thread = self.threads.iter().find(|thread| thread.id == id);
        thread.expect("this thread is in the recording")
    }
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

/// A flat list of spans, in which each begins at a distance from the one before and has a duration.
fn spans<T, const N: usize>(flat: &Value, make: impl Fn([u64; N]) -> T) -> Vec<T> {
    let numbers: Vec<_> = flat.as_array().unwrap().iter().map(number).collect();
    let (spans, []) = numbers.as_chunks::<N>() else {
        panic!("{} numbers are no list of {N} for each", numbers.len());
    };
    let mut before = 0;
    let read = |span: &[u64; N]| {
        let mut span = *span;
        span[0] += before;
        before = span[0];
        span[1] += span[0];
        make(span)
    };
    spans.iter().map(read).collect()
}
