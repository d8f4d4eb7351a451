//! How each peer is drawn: by its name alone, so that it looks the same in every chart.
//!
//! threadkit's rows are diamonds of warm colours, each kind with its own. A row of another library has the colour of its
//! library and the shape of its kind. The colours of a chart can also be told apart by most people who do not see all
//! colours.

use super::canvas::{Mark, Shape};

/// threadkit's rows: a part of the name, and the colour. The first that fits counts.
const OURS: [(&str, &str); 10] = [
    ("Condition", SAND),
    ("Semaphore", MAGENTA),
    ("#[synchronized]", MAGENTA),
    ("RwLock", PINK),
    ("Barrier", PINK),
    ("indices", PINK),
    ("RLock", ORANGE),
    ("task_done", ORANGE),
    ("collect", ORANGE),
    ("", RED),
];
const RED: &str = "#d62728";
const ORANGE: &str = "#f89614";
const PINK: &str = "#eb91ce";
const MAGENTA: &str = "#c10ee0";
const SAND: &str = "#c6a285";

/// Libraries: the beginning of the name, and the colour. Two that share a colour are in no chart together.
const LIBRARIES: [(&str, &str); 19] = [
    ("parking_lot", BLUE),
    ("crossbeam", BLUE),
    ("rayon", BLUE),
    ("std", SKY),
    ("paralight", SKY),
    ("async-lock", GREEN),
    ("crossfire", GREEN),
    ("chili", GREEN),
    ("rusty_pool", GREEN),
    ("tracing-mutex", GREEN),
    ("saa", OLIVE),
    ("flume", OLIVE),
    ("scoped_threadpool", OLIVE),
    ("deloxide", OLIVE),
    ("tokio", PURPLE),
    ("arc-swap", PURPLE),
    ("kanal", BROWN),
    ("threadpool", BROWN),
    // What is written by hand, without a library.
    ("", GREY),
];
const BLUE: &str = "#0b6fdf";
const SKY: &str = "#61b9db";
const GREEN: &str = "#0cbe66";
const OLIVE: &str = "#be9a02";
const PURPLE: &str = "#8259a0";
const BROWN: &str = "#916217";
const GREY: &str = "#999a94";

/// Kinds of things of other libraries: a part of the name, and the shape. The first that fits counts.
const KINDS: [(&str, Shape); 7] = [
    ("Condvar", Shape::Down),
    ("Semaphore", Shape::Down),
    ("RwLock", Shape::Up),
    ("Reentrant", Shape::Up),
    ("Fair", Shape::Square),
    // Another way to use the same.
    (", ", Shape::Square),
    ("", Shape::Circle),
];

/// Rows that are named after types of threadkit.
const TYPES: [&str; 8] = [
    "#[synchronized]",
    "Lock",
    "Lock + Condition",
    "RLock",
    "RwLock",
    "Semaphore",
    "Timer::after",
    "Event",
];

/// Whether a row is threadkit's.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("threadkit") || TYPES.contains(&name)
}

/// How a peer is drawn.
pub(super) fn mark(name: &str) -> Mark {
    const LAST: &str = "the last entry fits every name";
    if is_ours(name) {
        let ours = OURS.iter().find(|(part, _)| name.contains(part));
        let colour = ours.expect(LAST).1;
        let shape = Shape::Diamond;
        return Mark { shape, colour };
    }
    let library = LIBRARIES.iter().find(|(start, _)| name.starts_with(start));
    let kind = KINDS.iter().find(|(part, _)| name.contains(part));
    Mark {
        shape: kind.expect(LAST).1,
        colour: library.expect(LAST).1,
    }
}

/// Each peer once, in the order in which they are met; threadkit's rows come first.
pub(super) fn legend<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, Mark)> {
    let mut legend: Vec<(&str, Mark)> = Vec::new();
    for name in names {
        if !legend.iter().any(|(known, _)| *known == name) {
            legend.push((name, mark(name)));
        }
    }
    legend.sort_by_key(|(name, _)| !is_ours(name));
    legend
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_come_first_and_are_diamonds() {
        let names = ["std Mutex", "Lock", "std Mutex", "threadkit Queue"];
        let legend: Vec<_> = legend(names.into_iter())
            .into_iter()
            .map(|(name, mark)| (name, mark.shape))
            .collect();
        let expected = [
            ("Lock", Shape::Diamond),
            ("threadkit Queue", Shape::Diamond),
            ("std Mutex", Shape::Circle),
        ];
        assert_eq!(legend, expected);
    }

    #[test]
    fn a_library_has_one_colour() {
        for (one, other) in [
            ("saa Lock", "saa Semaphore"),
            ("std Mutex + Condvar", "std mpsc"),
            ("parking_lot Mutex", "parking_lot RwLock"),
        ] {
            assert_eq!(mark(one).colour, mark(other).colour, "{one} and {other}");
        }
        let [condvar, mutex] = ["std Mutex + Condvar", "parking_lot Mutex"].map(mark);
        assert_ne!(condvar.colour, mutex.colour);
    }

    /// The peers of each chart, separated by semicolons.
    const CHARTS: [&str; 11] = [
        "#[synchronized]; Lock; RLock; by hand; parking_lot FairMutex; parking_lot Mutex; \
         parking_lot ReentrantMutex; std Mutex",
        "Lock; RLock; async-lock Mutex; parking_lot FairMutex; parking_lot Mutex; \
         parking_lot ReentrantMutex; saa Lock; std Mutex",
        "Lock; Lock + Condition; RLock; RwLock; Semaphore; async-lock Mutex; async-lock RwLock; \
         async-lock Semaphore; parking_lot FairMutex; parking_lot Mutex; \
         parking_lot Mutex + Condvar; parking_lot RwLock; saa Lock; std Mutex; \
         std Mutex + Condvar; std RwLock",
        "RwLock; arc-swap, no exclusion; async-lock RwLock; parking_lot RwLock; saa Lock; std RwLock",
        "parking_lot Mutex + Condvar; std Barrier; std Mutex + Condvar; threadkit Barrier; \
         threadkit Event; threadkit Lock + Condition; threadkit Semaphore; tokio Semaphore",
        "paralight; rayon; rusty_pool; scoped_threadpool; threadkit; threadkit, collect; \
         threadkit, indices; threadpool; tokio spawn_blocking",
        "chili; one thread, no fork; rayon; threadkit",
        "Mutex and Condvar; crossbeam-channel; crossfire; flume; kanal; std mpsc; \
         threadkit Queue; threadkit Queue, task_done; tokio mpsc",
        "std; std, named; threadkit",
        "Timer::after; a heap alone; std sleep",
        "Lock; deloxide; parking_lot Mutex; parking_lot, deadlock_detection; tracing-mutex",
    ];

    #[test]
    fn no_two_of_a_chart_look_the_same() {
        for chart in CHARTS {
            let legend = legend(chart.split("; "));
            for (at, (name, mark)) in legend.iter().enumerate() {
                let same = legend[..at].iter().find(|(_, other)| other == mark);
                assert_eq!(same, None, "{name}");
            }
        }
    }
}
