//! Recordings of what threads do, for a browser and for Perfetto.
//!
//! A recording has, for every thread of the process, when it ran, what it waited for and where, which locks it held
//! since where, and which thread woke which. It is saved as one page for a browser, or as a trace for
//! [Perfetto](https://ui.perfetto.dev) and Chrome's `about:tracing`.
//!
//! The page is one file, and needs no network. It shows the threads as rows, with the same colours for running,
//! for waits for locks, and for other waits, and below each row the locks that the thread holds. Point at a span to
//! read the lock, the place, the duration and the thread that was waited for; or search for threads, locks and places.
//! Two tables list the places that are to blame for waits, and the threads.
//!
//! ```
//! use threadkit::{Lock, ThreadPool, timeline};
//!
//! # fn main() -> std::io::Result<()> {
//! static TOTAL: Lock<u64> = Lock::named("total", 0);
//!
//! let recorder = timeline::record();
//! let pool = ThreadPool::new(4);
//! pool.map(1..=100, |n| *TOTAL.acquire() += n).for_each(drop);
//! pool.shutdown();
//! let recording = recorder.stop();
//! # let folder = std::env::temp_dir().join(format!("threadkit-timeline-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//!
//! recording.save_html(folder.join("timeline.html"))?; // open it in a browser
//! recording.save(folder.join("timeline.json"))?; // open it in Perfetto
//! # assert!(std::fs::read_to_string(folder.join("timeline.html"))?.contains("</html>"));
//! # assert!(std::fs::read_to_string(folder.join("timeline.json"))?.starts_with('{'));
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it costs
//!
//! Threads are recorded in debug builds, and in every build with the feature `inspect`. In release builds without the
//! feature a recording is empty, its page says why, and nothing costs anything.
//!
//! Each thread writes into a log of its own. A recording keeps the latest events, about 260,000 unless
//! [`record_latest`] sets another number; each takes about 100 bytes while the program runs. The page and the trace say
//! how many have made room for later ones. A thread that is alive keeps up to 256 of its latest events beside that.
//!
//! # What is not recorded
//!
//! Locks and waits of other libraries, and of `std`, are not seen: a thread in one of them counts as running, as does a
//! thread that is ready and waits for a processor. In an [exploration](mod@crate::explore), whose clock
//! stands still, nothing is recorded.

mod arrows;
mod model;
mod page;
mod recorder;
mod recording;
mod trace_events;

pub use self::recorder::{Recorder, record, record_latest};
pub use self::recording::Recording;
