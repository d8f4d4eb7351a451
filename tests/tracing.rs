//! Spans that go along into threads, and failures as events. There is one subscriber for the whole
//! process, and so one test.

use std::fmt::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use threadkit::{Supervisor, Thread, scope, spawn};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, info, info_span};

/// What the subscriber heard: events with the spans they were in, as text.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static STACK: Mutex<Vec<(Id, &'static Metadata<'static>)>> = const { Mutex::new(Vec::new()) };
}

static METADATA: Mutex<Vec<&'static Metadata<'static>>> = Mutex::new(Vec::new());

struct Listener(AtomicU64);

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        METADATA.lock().unwrap().push(span.metadata());
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let spans = STACK.with(|stack| {
            let stack = stack.lock().unwrap();
            let names = stack.iter().map(|(_, metadata)| metadata.name());
            names.collect::<Vec<_>>().join("/")
        });
        HEARD.lock().unwrap().push(format!("[{spans}]{}", words.0));
    }

    fn enter(&self, id: &Id) {
        let metadata = METADATA.lock().unwrap()[id.into_u64() as usize - 1];
        STACK.with(|stack| stack.lock().unwrap().push((id.clone(), metadata)));
    }

    fn exit(&self, id: &Id) {
        STACK.with(|stack| {
            let mut stack = stack.lock().unwrap();
            let at = stack
                .iter()
                .rposition(|(of, _)| of == id)
                .expect("it was entered");
            stack.remove(at);
        });
    }

    fn current_span(&self) -> tracing_core::span::Current {
        STACK.with(|stack| match stack.lock().unwrap().last() {
            Some((id, metadata)) => tracing_core::span::Current::new(id.clone(), metadata),
            None => tracing_core::span::Current::none(),
        })
    }
}

fn heard() -> Vec<String> {
    std::mem::take(&mut *HEARD.lock().unwrap())
}

#[test]
fn spans_go_along_and_failures_are_events() {
    tracing::subscriber::set_global_default(Listener(AtomicU64::new(0))).unwrap();

    {
        let _span = info_span!("request").entered();
        let worker = spawn(|| {
            info!("from the thread");
            spawn(|| info!("from its child")).join().unwrap();
        });
        worker.join().unwrap();
        scope(|s| {
            s.spawn(|| info!("from a scope"));
        });
    }
    spawn(|| info!("from elsewhere")).join().unwrap();
    assert_eq!(
        heard(),
        [
            "[request] message=from the thread",
            "[request] message=from its child",
            "[request] message=from a scope",
            "[] message=from elsewhere",
        ]
    );

    {
        let _span = info_span!("job").entered();
        let worker = Thread::new(|| panic!("oops")).name("worker").start();
        let error = worker.join().unwrap_err();
        let place = error.place().unwrap().to_string();
        let heard = heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        for part in [
            "[job]",
            "thread=\"worker\"",
            "oops",
            &place,
            "thread panicked",
        ] {
            assert!(heard[0].contains(part), "{heard:?} lacks {part}");
        }
    }

    let worker = Thread::new(|| "x".parse::<u8>()).name("parser");
    let worker = worker.report_errors().start();
    worker.wait();
    drop(worker);
    let lost = heard();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(
        lost[0].contains("nobody joined a thread that failed"),
        "{lost:?}"
    );
    assert!(lost[0].contains("invalid digit"), "{lost:?}");

    let supervisor = Supervisor::new(|n| move || if n == 0 { Err("again") } else { Ok(()) })
        .pauses(
            std::time::Duration::ZERO,
            std::time::Duration::from_secs(60),
        );
    supervisor.start().join().unwrap().unwrap();
    let again = heard();
    assert_eq!(again.len(), 1, "{again:?}");
    assert!(again[0].contains("again"), "{again:?}");
}
