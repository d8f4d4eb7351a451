//! Mixed operations that wait, start and stop, for a given time.
//!
//! A number of threads run one activity after the other, and each activity checks its own result. Every
//! few seconds all threads pause. Then their shared state is checked, the threads are counted, and the
//! memory is measured: a leak shows as memory that grows from pause to pause. If an activity is overdue,
//! the process prints what each thread waits for, and ends.

mod activities;
mod shared;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use self::activities::ACTIVITIES;
use self::shared::Shared;
use crate::child::who_waits;
use crate::memory;
use crate::options::Options;
use crate::tape::Random;

/// How long the threads work between two pauses.
const ROUND: Duration = Duration::from_secs(2);

/// The rounds after which the memory in use no longer grows.
const WARM: usize = 4;

/// How much more may be allocated in a later pause than in any of the first ones.
const MORE_ALLOCATED: isize = 1 << 20;

/// The prefix of the drivers' names.
const DRIVER: &str = "driver-";

/// The exit code after an overdue activity.
const OVERDUE_CODE: i32 = 4;

/// The current activity of a driver, and since when it runs.
#[derive(Default)]
struct Doing(Mutex<Option<(String, Instant)>>);

impl Doing {
    fn set(&self, what: Option<String>) {
        *self.0.lock() = what.map(|what| (what, Instant::now()));
    }

    /// The activities that take longer than `limit`.
    fn overdue(&self, limit: Duration) -> Option<String> {
        let doing = self.0.lock();
        let (what, since) = doing.as_ref()?;
        (since.elapsed() > limit).then(|| format!("{what}, for {:?}", since.elapsed()))
    }
}

/// The state that the drivers and the threads that watch them share.
struct Watch {
    doing: Vec<Doing>,
    counts: Vec<AtomicU64>,
    /// All drivers and the thread that checks, before and after a pause.
    pause: Barrier,
    round: AtomicUsize,
    over: AtomicBool,
    watched: AtomicBool,
}

pub(crate) fn endurance(options: &Options) -> ExitCode {
    // Both stay to the end of the process: a sanitizer does not see that std's scope waits for its threads.
    static WATCH: OnceLock<Watch> = OnceLock::new();
    static SHARED: OnceLock<Shared> = OnceLock::new();
    let watch = WATCH.get_or_init(|| Watch {
        doing: (0..=options.threads).map(|_| Doing::default()).collect(),
        counts: ACTIVITIES.iter().map(|_| AtomicU64::new(0)).collect(),
        pause: Barrier::new(options.threads + 1),
        round: AtomicUsize::new(0),
        over: AtomicBool::new(false),
        watched: AtomicBool::new(true),
    });
    let shared = SHARED.get_or_init(Shared::new);
    let started = Instant::now();
    let complaints = thread::scope(|s| {
        s.spawn(|| look_out(watch, options.overdue));
        for driver in 0..options.threads {
            let name = format!("{DRIVER}{driver}");
            let drive = move || drive(driver, options, watch, shared);
            if let Err(error) = thread::Builder::new().name(name).spawn_scoped(s, drive) {
                panic!("cannot start a driver: {error}");
            }
        }
        let complaints = check_rounds(options, watch, shared, started);
        shared.end();
        watch.watched.store(false, Relaxed);
        complaints
    });
    let done = |count: &AtomicU64| count.load(Relaxed);
    let counts: Vec<_> = (ACTIVITIES.iter().zip(&watch.counts))
        .map(|((name, ..), count)| format!("{name} {}", done(count)))
        .collect();
    let total: u64 = watch.counts.iter().map(done).sum();
    println!(
        "{total} activities in {:?}: {}",
        started.elapsed(),
        counts.join(", ")
    );
    for complaint in &complaints {
        println!("wrong: {complaint}");
    }
    ExitCode::from(u8::from(!complaints.is_empty()))
}

/// Ends the process when an activity takes too long.
fn look_out(watch: &Watch, limit: Duration) {
    while watch.watched.load(Relaxed) {
        thread::sleep(Duration::from_millis(200));
        let doing = watch.doing.iter();
        let overdue: Vec<_> = doing.filter_map(|doing| doing.overdue(limit)).collect();
        if !overdue.is_empty() {
            println!("overdue: {}", overdue.join("; "));
            println!("threads: {}", who_waits());
            std::process::exit(OVERDUE_CODE);
        }
    }
}

/// The activity at that place, of which each has as many as its weight.
fn choose(place: usize) -> usize {
    let mut sum = 0;
    let is_before_end = |(_, weight, _): &(&str, usize, activities::Activity)| {
        sum += weight;
        place < sum
    };
    ACTIVITIES.iter().position(is_before_end).unwrap_or(0)
}

/// One driver: one activity after the other, with a pause after each round.
fn drive(driver: usize, options: &Options, watch: &Watch, shared: &Shared) {
    let mut random = Random::new(options.seed ^ (driver as u64) << 32);
    let total: usize = ACTIVITIES.iter().map(|(_, weight, _)| weight).sum();
    loop {
        let end = Instant::now() + ROUND;
        while Instant::now() < end {
            let chosen = choose(random.below(total));
            let (name, _, activity) = ACTIVITIES[chosen];
            let seed = random.next();
            watch.doing[driver].set(Some(format!(
                "driver {driver} in `{name}` with seed {seed}"
            )));
            activity(shared, options, &mut Random::new(seed));
            watch.counts[chosen].fetch_add(1, Relaxed);
        }
        watch.doing[driver].set(None);
        watch.pause.wait();
        watch.pause.wait();
        if watch.over.load(Relaxed) {
            return;
        }
    }
}

/// Checks the shared state in each pause, until the time is up; returns what was wrong.
fn check_rounds(
    options: &Options,
    watch: &Watch,
    shared: &Shared,
    started: Instant,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let (mut warm_allocated, mut warm_resident) = (0, 0);
    loop {
        watch.pause.wait();
        let round = watch.round.fetch_add(1, Relaxed) + 1;
        let own = &watch.doing[options.threads];
        own.set(Some("the check of a pause".to_owned()));
        complaints.extend(
            shared
                .check()
                .into_iter()
                .map(|what| format!("round {round}: {what}")),
        );
        let (allocated, resident) = (memory::allocated(), memory::resident().unwrap_or(0));
        if round <= WARM {
            warm_allocated = warm_allocated.max(allocated);
            warm_resident = warm_resident.max(resident);
        } else {
            if allocated > warm_allocated + MORE_ALLOCATED {
                complaints.push(format!(
                    "round {round}: {allocated} bytes are allocated, and {warm_allocated} were after the first rounds"
                ));
            }
            if resident > warm_resident + options.resident {
                complaints.push(format!(
                    "round {round}: {resident} bytes are kept, and {warm_resident} were after the first rounds"
                ));
            }
        }
        let over = started.elapsed() >= options.time || !complaints.is_empty();
        if round.is_power_of_two() || over {
            println!(
                "round {round}: {} kB allocated, {} kB resident, {} threads",
                allocated / 1024,
                resident / 1024,
                threadkit::active_count()
            );
        }
        own.set(None);
        watch.over.store(over, Relaxed);
        watch.pause.wait();
        if over {
            return complaints;
        }
    }
}
