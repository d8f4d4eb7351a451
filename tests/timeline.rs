//! Recordings: what is in the page and in the trace.

mod support;

#[cfg(any(debug_assertions, feature = "explore"))]
#[path = "support/recorded.rs"]
mod recorded;

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process;

use threadkit::timeline::{self, Recording};

/// A file for one test.
fn file(name: &str) -> PathBuf {
    env::temp_dir().join(format!("threadkit-{}-{name}", process::id()))
}

fn page_of(recording: &Recording, name: &str) -> String {
    let path = file(&format!("{name}.html"));
    recording.save_html(&path).expect("the page is written");
    let page = fs::read_to_string(&path).expect("the page is text");
    fs::remove_file(&path).expect("it is there");
    page
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let recording = timeline::record().stop();
    let nowhere = file("no-such-folder").join("page.html");
    for result in [recording.save_html(&nowhere), recording.save(&nowhere)] {
        let error = result.expect_err("there is no such folder");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn a_page_needs_no_other_file() {
    let page = page_of(&timeline::record().stop(), "alone");
    for word in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(!page.contains("@@"), "a mark was left");
    assert!(page.ends_with("</html>\n"));
}

#[cfg(not(any(debug_assertions, feature = "explore")))]
#[test]
fn a_build_that_records_nothing_says_so() {
    let recording = timeline::record().stop();
    assert_eq!(recording.lost(), 0);
    let page = page_of(&recording, "off");
    assert!(
        page.contains("Nothing was recorded: this is a release build"),
        "{page}"
    );
    let path = file("off.json");
    recording.save(&path).expect("the trace is written");
    let trace = fs::read_to_string(&path).expect("the trace is text");
    assert!(trace.contains("Nothing was recorded"), "{trace}");
}

#[cfg(any(debug_assertions, feature = "explore"))]
mod on {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Barrier};
    use std::thread as std_thread;

    use serde_json::Value;
    use threadkit::timeline::Recording;
    use threadkit::{
        Condition, Event, Lock, RLock, RwLock, Semaphore, State, Thread, ThreadPool, ThreadRef,
        timeline,
    };

    use super::recorded::{Recorded, Span};
    use super::support::{bounded, eventually, until_waiting};
    use super::{file, page_of};

    fn recorded(recording: &Recording, name: &str) -> Recorded {
        Recorded::in_page(&page_of(recording, name))
    }

    fn trace_of(recording: &Recording, name: &str) -> Value {
        let path = file(&format!("{name}.json"));
        recording.save(&path).expect("the trace is written");
        let text = std::fs::read_to_string(&path).expect("the trace is text");
        std::fs::remove_file(&path).expect("it is there");
        serde_json::from_str(&text).expect("the trace is JSON")
    }

    fn until_waiting_in(operation: &str, thread: &ThreadRef) {
        eventually(
            "it waits",
            || matches!(thread.state(), State::Waiting { what, .. } if what.starts_with(operation)),
        );
    }

    #[test]
    fn a_wait_for_a_lock_names_lock_place_holder_and_releaser() {
        bounded(|| {
            let recorder = timeline::record();
            let lock = Arc::new(Lock::named("ledger", ()));
            let held = lock.acquire();
            let other = Arc::clone(&lock);
            let clerk = Thread::new(move || drop(other.acquire()))
                .name("clerk")
                .start();
            until_waiting(clerk.thread());
            drop(held);
            clerk.join().unwrap();
            let all = recorded(&recorder.stop(), "lock");

            let (me, clerk) = (all.current(), all.thread("clerk"));
            let wait = clerk
                .waits
                .iter()
                .find(|wait| wait.lock.is_some())
                .expect("it waited");
            assert_eq!(wait.text, "acquire");
            assert_eq!(wait.lock.as_deref(), Some("ledger"));
            assert_eq!(wait.whom, Some(me.index));
            assert!(wait.place.contains("timeline.rs:"), "{}", wait.place);
            let hold = clerk
                .holds
                .iter()
                .find(|hold| hold.lock.as_deref() == Some("ledger"));
            let hold = hold.expect("it held the lock");
            assert_eq!(hold.place, wait.place);
            assert!(hold.began >= wait.began && hold.ended >= wait.ended);
            let mine = me
                .holds
                .iter()
                .find(|hold| hold.lock.as_deref() == Some("ledger"));
            let mine = mine.expect("this thread held it before");
            assert!(mine.ended <= hold.began && mine.began <= wait.began);

            let (began, ended) = (
                clerk.began.expect("it began"),
                clerk.ended.expect("it ended"),
            );
            assert!(began <= wait.began && hold.ended <= ended && ended <= all.length);
            let arrow = |kind| {
                let mut those = all.arrows.iter();
                those.find(|arrow| (arrow.to, arrow.kind) == (clerk.index, kind))
            };
            let released = arrow(1).expect("a release");
            assert_eq!(released.from, me.index);
            assert_eq!((released.began, released.ended), (mine.ended, wait.ended));
            let started = arrow(2).expect("a start");
            assert_eq!(started.from, me.index);
            assert_eq!(started.ended, began);
        });
    }

    /// Records how one thread joins another, and whether an arrow leads to it.
    fn is_joined_with_an_arrow() -> bool {
        let recorder = timeline::record();
        let go = Arc::new(Event::new());
        let sleeper = Thread::new({
            let go = Arc::clone(&go);
            move || go.wait()
        });
        let sleeper = sleeper.name("sleeper").start();
        let joiner = Thread::new(|| sleeper.join().unwrap())
            .name("joiner")
            .start();
        until_waiting_in("JoinHandle::join", joiner.thread());
        go.set();
        joiner.join().unwrap();
        let all = recorded(&recorder.stop(), "join");
        let (sleeper, joiner) = (all.thread("sleeper"), all.thread("joiner"));
        let wait = &joiner.waits[0];
        assert_eq!(wait.text, "JoinHandle::join");
        assert_eq!((wait.lock.as_ref(), wait.whom), (None, Some(sleeper.index)));
        let arrow = all.arrows.iter().find(|arrow| arrow.ended == wait.ended);
        if let Some(arrow) = arrow {
            assert_eq!((arrow.from, arrow.to), (sleeper.index, joiner.index));
            assert!(arrow.began >= wait.began && arrow.kind == 0);
        }
        arrow.is_some()
    }

    #[test]
    fn a_wait_for_a_thread_names_it_and_ends_with_an_arrow_from_it() {
        // There is no arrow if the thread ends just before the joining thread falls asleep.
        bounded(|| eventually("an arrow", is_joined_with_an_arrow));
    }

    #[test]
    fn every_kind_of_wait_is_recorded_with_its_waker() {
        bounded(|| {
            let recorder = timeline::record();
            let permits = Arc::new(Semaphore::new(0));
            let state = Arc::new((Lock::named("state", false), Condition::new()));
            let waiter = Thread::new({
                let (permits, state) = (Arc::clone(&permits), Arc::clone(&state));
                move || {
                    permits.acquire().forget();
                    let mut is_set = state.0.acquire();
                    while !*is_set {
                        state.1.wait(&mut is_set);
                    }
                }
            })
            .name("waiter")
            .start();
            eventually("it waits for a permit", || permits.n_waiting() == 1);
            permits.release(1).unwrap();
            eventually("it waits for a notification", || state.1.n_waiting() == 1);
            *state.0.acquire() = true;
            state.1.notify_one();
            waiter.join().unwrap();
            let all = recorded(&recorder.stop(), "kinds");
            let (me, waiter) = (all.current(), all.thread("waiter"));
            for operation in ["Semaphore::acquire", "Condition::wait"] {
                let wait = waiter.waits.iter().find(|wait| wait.text == operation);
                let wait = wait.unwrap_or_else(|| panic!("{operation} in {:?}", waiter.waits));
                let arrow = all.arrows.iter().find(|arrow| arrow.ended == wait.ended);
                let arrow = arrow.unwrap_or_else(|| panic!("{operation} in {:?}", all.arrows));
                assert_eq!((arrow.from, arrow.to), (me.index, waiter.index));
            }
            // The waiting thread has released the lock.
            let holds: Vec<_> = of_lock(&waiter.holds, "state");
            let wait = waiter
                .waits
                .iter()
                .find(|wait| wait.text == "Condition::wait")
                .unwrap();
            assert_eq!(holds.len(), 2, "{holds:?}");
            assert!(
                holds[0].ended <= wait.ended && holds[1].began >= wait.began,
                "{holds:?}"
            );
            assert_eq!(holds[1].place, wait.place);
        });
    }

    fn of_lock<'a>(spans: &'a [Span], lock: &str) -> Vec<&'a Span> {
        let is_it = |span: &&Span| span.lock.as_deref() == Some(lock);
        spans.iter().filter(is_it).collect()
    }

    #[test]
    fn sides_and_levels_of_locks_are_told_apart() {
        let recorder = timeline::record();
        let shelf = RwLock::named("shelf", ());
        drop(shelf.read());
        drop(shelf.write());
        drop(shelf.upgradable());
        let tree = RLock::named("tree", ());
        let outer = tree.acquire();
        drop(tree.acquire());
        drop(outer);
        let all = recorded(&recorder.stop(), "sides");
        let me = all.current();
        let sides: Vec<_> = of_lock(&me.holds, "shelf")
            .iter()
            .map(|hold| hold.side)
            .collect();
        assert_eq!(sides, [1, 3, 2]);
        assert_eq!(of_lock(&me.holds, "tree").len(), 1);
    }

    #[test]
    fn locks_of_one_kind_are_numbered() {
        let recorder = timeline::record();
        let locks: Vec<_> = (0..3).map(|_| Lock::named("fork", ())).collect();
        for lock in &locks {
            drop(lock.acquire());
        }
        let alone = Lock::new(());
        drop(alone.acquire());
        let all = recorded(&recorder.stop(), "numbers");
        let names: Vec<_> = all
            .current()
            .holds
            .iter()
            .map(|hold| hold.lock.clone())
            .collect();
        assert_eq!(
            names[..3],
            ["fork (1)", "fork (2)", "fork (3)"].map(|name| Some(name.to_owned()))
        );
        let unnamed = names[3].as_deref().unwrap_or_default();
        assert!(
            unnamed.starts_with("lock made at ") && !unnamed.ends_with(')'),
            "{unnamed}"
        );
    }

    #[test]
    fn tasks_of_pools_have_the_names_of_their_functions() {
        fn sweep(pool: &ThreadPool) {
            pool.submit(|| drop(Lock::new(()).acquire()))
                .join()
                .unwrap();
        }
        bounded(|| {
            let recorder = timeline::record();
            let pool = ThreadPool::builder(2).name("sweeper").build();
            sweep(&pool);
            sweep(&pool);
            pool.shutdown();
            let all = recorded(&recorder.stop(), "tasks");
            let tasks: Vec<_> = (all.threads.iter())
                .filter(|thread| thread.name.starts_with("sweeper"))
                .flat_map(|thread| &thread.tasks)
                .collect();
            assert_eq!(tasks.len(), 2, "{tasks:?}");
            for task in tasks {
                assert!(task.text.ends_with("::sweep"), "{}", task.text);
                assert!(task.began < task.ended);
            }
        });
    }

    #[test]
    fn what_goes_on_before_and_after_the_recording_is_in_it() {
        bounded(|| {
            let (go, steps) = (Arc::new(Event::new()), Arc::new(Barrier::new(2)));
            let guarded = Arc::new(Lock::named("all along", ()));
            let sleeper = Thread::new({
                let (go, guarded) = (Arc::clone(&go), Arc::clone(&guarded));
                move || {
                    let _held = guarded.acquire();
                    go.wait();
                }
            })
            .name("all along")
            .start();
            until_waiting(sleeper.thread());
            let late = Thread::new({
                let (go, steps) = (Arc::clone(&go), Arc::clone(&steps));
                move || {
                    steps.wait();
                    go.wait();
                }
            })
            .name("late")
            .start();
            let recorder = timeline::record();
            steps.wait();
            until_waiting(late.thread());
            let all = recorded(&recorder.stop(), "around");
            go.set();
            sleeper.join().unwrap();
            late.join().unwrap();

            let thread = all.thread("all along");
            assert_eq!((thread.began, thread.ended), (None, None));
            let whole = |span: &Span| (span.began, span.ended) == (0, all.length);
            assert_eq!(thread.waits.len(), 1, "{:?}", thread.waits);
            assert!(whole(&thread.waits[0]), "{:?}", thread.waits);
            assert_eq!(thread.waits[0].text, "Event::wait");
            assert_eq!(thread.holds.len(), 1, "{:?}", thread.holds);
            assert!(whole(&thread.holds[0]), "{:?}", thread.holds);
            let thread = all.thread("late");
            let wait = thread.waits.last().expect("it waits");
            assert!(wait.began > 0 && wait.ended == all.length, "{wait:?}");
        });
    }

    #[test]
    fn old_events_make_room_and_are_counted() {
        let recorder = timeline::record_latest(2000);
        let lock = Lock::named("counter", 0);
        for _ in 0..50_000 {
            *lock.acquire() += 1;
        }
        let recording = recorder.stop();
        let all = recorded(&recording, "room");
        let kept = of_lock(&all.current().holds, "counter").len() as u64;
        // Threads of other tests may take a part of the room.
        assert!((1..=2256).contains(&kept), "{kept}");
        assert!(
            recording.lost() + kept >= 50_000,
            "{} and {kept}",
            recording.lost()
        );
        assert_eq!(all.lost, recording.lost());
        assert!(all.current().from > 0, "it knows nothing of the beginning");
    }

    #[test]
    fn threads_that_have_ended_make_room_too() {
        bounded(|| {
            let recorder = timeline::record_latest(300);
            for _ in 0..400 {
                Thread::new(|| drop(Lock::new(()).acquire()))
                    .name("brief")
                    .start()
                    .join()
                    .unwrap();
            }
            let all = recorded(&recorder.stop(), "brief");
            let brief = all
                .threads
                .iter()
                .filter(|thread| thread.name == "brief")
                .count();
            assert!((1..=100).contains(&brief), "{brief}");
        });
    }

    #[test]
    fn nothing_is_lost_while_threads_and_recordings_begin_and_end() {
        const THREADS: usize = 8;
        const TIMES: usize = 700;
        bounded(|| {
            let outer = timeline::record_latest(1 << 20);
            let disturbed = Thread::new(|| {
                while !threadkit::stop_token().is_stopped() {
                    drop(timeline::record_latest(50).stop());
                }
            })
            .start();
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    // A thread of std, which ends by itself.
                    std_thread::spawn(|| {
                        let lock = Lock::named("mine", ());
                        for _ in 0..TIMES {
                            drop(lock.acquire());
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            disturbed.stop();
            disturbed.join().unwrap();
            let recording = outer.stop();
            let all = recorded(&recording, "disturbed");
            let mine = |name: &Option<String>| {
                name.as_deref().is_some_and(|name| name.starts_with("mine"))
            };
            let holds = all.threads.iter().flat_map(|thread| &thread.holds);
            let count = holds.filter(|hold| mine(&hold.lock)).count();
            assert_eq!((count, recording.lost()), (THREADS * TIMES, 0));
        });
    }

    #[test]
    fn a_recorder_that_is_dropped_records_no_more() {
        let dropped = timeline::record();
        let kept = timeline::record();
        drop(dropped);
        drop(Lock::named("after", ()).acquire());
        let all = recorded(&kept.stop(), "dropped");
        assert_eq!(of_lock(&all.current().holds, "after").len(), 1);
    }

    #[test]
    fn no_name_breaks_the_page_or_the_trace() {
        const NAME: &str = "</script><!-- <b>\"bold\" & 'quoted'\\ \u{2028}\u{1f980}\n";
        bounded(|| {
            let recorder = timeline::record();
            let lock = Lock::named(NAME, ());
            Thread::new(|| ()).name(NAME).start().join().unwrap();
            drop(lock.acquire());
            let recording = recorder.stop();
            let page = page_of(&recording, "hostile");
            let plain = page_of(&timeline::record().stop(), "plain");
            for tag in ["</script", "<!--", "<b>"] {
                assert_eq!(
                    page.matches(tag).count(),
                    plain.matches(tag).count(),
                    "{tag}"
                );
            }
            let all = Recorded::in_page(&page);
            assert_eq!(all.thread(NAME).name, NAME);
            assert_eq!(of_lock(&all.current().holds, NAME).len(), 1);
            let trace = trace_of(&recording, "hostile");
            let events = trace["traceEvents"].as_array().expect("an array");
            import(events);
            assert!(events.iter().any(|event| event["args"]["name"] == NAME));
        });
    }

    /// The rules of Chrome's trace event format, and of Perfetto's importer, as far as we use them.
    #[test]
    fn the_trace_keeps_the_rules_of_its_format() {
        bounded(|| {
            let recorder = timeline::record();
            let shelf = Arc::new(RwLock::named("library", 0));
            let pool = ThreadPool::builder(4).name("crew").build();
            let tasks: Vec<_> = (0..60)
                .map(|n| {
                    let shelf = Arc::clone(&shelf);
                    pool.submit(move || match n % 3 {
                        0 => *shelf.write() += n,
                        _ => {
                            let one = shelf.read();
                            std_thread::yield_now();
                            assert!(*one < 60 * 60);
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.join().unwrap();
            }
            let (one, two) = (shelf.read(), Arc::clone(&shelf));
            let reader = Thread::new(move || drop(two.read())).start();
            reader.join().unwrap();
            drop(one);
            pool.shutdown();
            let trace = trace_of(&recorder.stop(), "rules");
            assert_eq!(trace["displayTimeUnit"], "ns");
            let events = trace["traceEvents"].as_array().expect("an array");
            check_trace(events);
            import(events);
            let names = |pid: u64| -> Vec<_> {
                let is_it = |event: &&Value| event["name"] == "thread_name" && event["pid"] == pid;
                let named = events.iter().filter(is_it);
                named
                    .map(|event| event["args"]["name"].as_str().unwrap())
                    .collect()
            };
            assert!(names(1).iter().any(|name| name.starts_with("crew")));
            // Two hold it at a time, so it has two tracks.
            assert!(
                names(2).iter().filter(|name| **name == "library").count() >= 2,
                "{:?}",
                names(2)
            );
            assert!(events.iter().any(|event| event["cat"] == "task"));
            assert!(events.iter().any(|event| event["ph"] == "s"));
        });
    }

    /// Fractions of a nanosecond do not matter, but whole nanoseconds must be exact.
    fn nanos(value: &Value) -> u64 {
        let micros = value
            .as_f64()
            .unwrap_or_else(|| panic!("{value} is no time"));
        (micros * 1000.0).round() as u64
    }

    /// The fields of each kind of event.
    fn check_fields(event: &Value) {
        let fields: Vec<_> = event
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = match event["ph"].as_str().unwrap() {
            "M" => vec!["args", "name", "ph", "pid", "tid"],
            "X" => vec!["args", "cat", "dur", "name", "ph", "pid", "tid", "ts"],
            "s" => vec!["cat", "id", "name", "ph", "pid", "tid", "ts"],
            "f" => vec!["bp", "cat", "id", "name", "ph", "pid", "tid", "ts"],
            other => panic!("phase {other}"),
        };
        let mut fields = fields;
        fields.sort_unstable();
        expected.sort_unstable();
        assert_eq!(fields, expected, "{event}");
        for number in ["pid", "tid", "id"] {
            let is_number = event[number].is_null()
                || event[number]
                    .as_u64()
                    .is_some_and(|n| (1..1 << 32).contains(&n));
            assert!(is_number, "{event}");
        }
        for text in ["name", "cat"] {
            let is_text =
                event[text].is_null() || event[text].as_str().is_some_and(|text| !text.is_empty());
            assert!(is_text, "{event}");
        }
        assert!(
            event["args"].is_null() || event["args"].is_object(),
            "{event}"
        );
    }

    /// Reads the events as Perfetto does, and fails where Perfetto would count an error, drop an event or show it in
    /// another place.
    fn import(events: &[Value]) {
        struct Span<'a> {
            event: &'a Value,
            ended: u64,
        }
        let mut sorted: Vec<_> = events
            .iter()
            .map(|event| match event["ph"] == "M" {
                // Names come first.
                true => (0, event),
                false => (nanos(&event["ts"]), event),
            })
            .collect();
        // In the order of the file where times are equal.
        sorted.sort_by_key(|(ts, _)| *ts);
        let mut groups: BTreeMap<u64, u64> = BTreeMap::new();
        let mut named = BTreeMap::new();
        let mut open: BTreeMap<u64, Vec<Span<'_>>> = BTreeMap::new();
        let mut flows: BTreeMap<(u64, &str, &str), &Value> = BTreeMap::new();
        for (ts, event) in sorted {
            check_fields(event);
            let [group, track] = ["pid", "tid"].map(|field| event[field].as_u64().unwrap());
            // It looks for the name of a track by `tid`, without `pid`.
            let first = *groups.entry(track).or_insert(group);
            assert_eq!(first, group, "two groups have track {track}");
            let phase = event["ph"].as_str().unwrap();
            let (name, category) = (&event["name"], &event["cat"]);
            match phase {
                "M" => {
                    assert!(event["args"]["name"].is_string(), "{event}");
                    let key = match name.as_str().unwrap() {
                        "process_name" => ("process", group),
                        "thread_name" => ("thread", track),
                        other => panic!("metadata {other}"),
                    };
                    assert!(
                        named.insert(key, event).is_none(),
                        "{event} is a second name"
                    );
                    continue;
                }
                _ => assert!(
                    named.contains_key(&("thread", track))
                        && named.contains_key(&("process", group)),
                    "{event} is before the names of its tracks"
                ),
            }
            let spans = open.entry(track).or_default();
            if phase == "X" {
                let ended = ts + nanos(&event["dur"]);
                spans.retain(|span| span.ended > ts);
                let outer = spans.last();
                assert!(
                    outer.is_none_or(|outer| outer.ended >= ended),
                    "{event} overlaps"
                );
                spans.push(Span { event, ended });
                continue;
            }
            let span = spans
                .last()
                .unwrap_or_else(|| panic!("{event} is in no span"));
            assert!(
                (nanos(&span.event["ts"])..=span.ended).contains(&ts),
                "{event} is after its span"
            );
            assert_eq!((&span.event["cat"], &span.event["name"]), (category, name));
            let key = (
                event["id"].as_u64().unwrap(),
                category.as_str().unwrap(),
                name.as_str().unwrap(),
            );
            match phase {
                "s" => {
                    assert!(flows.insert(key, event).is_none(), "{event} is there twice");
                }
                _ => {
                    assert_eq!(event["bp"], "e", "{event}");
                    assert!(flows.remove(&key).is_some(), "{event} has no beginning");
                }
            }
        }
        assert!(flows.is_empty(), "{flows:?} have no end");
    }

    fn check_trace(events: &[Value]) {
        let mut tracks: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
        let mut named = Vec::new();
        let mut flows: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
        for event in events {
            let track = (
                event["pid"].as_u64().unwrap(),
                event["tid"].as_u64().unwrap(),
            );
            assert!(event["name"].is_string(), "{event}");
            match event["ph"].as_str().unwrap() {
                "M" => named.push(track),
                "X" => {
                    let from = nanos(&event["ts"]);
                    let to = from + nanos(&event["dur"]);
                    tracks.entry(track).or_default().push((from, to));
                }
                "s" | "f" => flows
                    .entry(event["id"].as_u64().unwrap())
                    .or_default()
                    .push(event),
                other => panic!("phase {other}"),
            }
        }
        for (track, spans) in &mut tracks {
            assert!(named.contains(track), "track {track:?} has no name");
            spans.sort_by_key(|(from, to)| (*from, u64::MAX - to));
            let mut open: Vec<u64> = Vec::new();
            for (from, to) in spans {
                open.retain(|end| end > from);
                let is_inside = open.last().is_none_or(|end| *to <= *end);
                assert!(is_inside, "spans of track {track:?} overlap at {from}");
                open.push(*to);
            }
        }
        for (id, flow) in &flows {
            let [start, end] = flow[..] else {
                panic!("flow {id} has {} events", flow.len());
            };
            assert_eq!((&start["ph"], &end["ph"]), (&"s".into(), &"f".into()));
            assert_eq!(end["bp"], "e");
            assert_eq!((&start["cat"], &start["name"]), (&end["cat"], &end["name"]));
            assert!(
                nanos(&start["ts"]) <= nanos(&end["ts"]),
                "flow {id} goes back"
            );
            for event in [start, end] {
                let track = (
                    event["pid"].as_u64().unwrap(),
                    event["tid"].as_u64().unwrap(),
                );
                let at = nanos(&event["ts"]);
                let is_in = |(from, to): &(u64, u64)| (*from..=*to).contains(&at);
                assert!(tracks[&track].iter().any(is_in), "flow {id} is in no span");
            }
        }
    }
}
