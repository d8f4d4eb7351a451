//! A recording, ready to be written: names and places are numbers, and spans are in the order of their beginnings.

use core::panic::Location;
use std::collections::HashMap;
use std::sync::Arc;

use crate::backend::{Side, TaskId};
use crate::inspect::{Recorded, RecordedEvent, RecordedLock, RecordedThread};
use crate::sort;

const NOT_BUILT_FOR_IT: &str = "Nothing was recorded: this is a release build of threadkit without its feature \
     `inspect`. A debug build, or a build with `--features threadkit/inspect`, records.";

/// All times are nanoseconds since the recording began.
pub(super) struct Model {
    pub(super) length: u64,
    pub(super) lost: u64,
    /// How many events it keeps.
    pub(super) room: usize,
    /// Why a recording is empty, for its reader.
    pub(super) note: Option<&'static str>,
    pub(super) places: Vec<String>,
    /// Operations, and names of tasks.
    pub(super) texts: Vec<String>,
    pub(super) locks: Vec<Lock>,
    /// In the order of their numbers.
    pub(super) threads: Vec<Thread>,
    pub(super) wakes: Vec<Wake>,
    pub(super) starts: Vec<Start>,
}

pub(super) struct Lock {
    pub(super) name: Option<&'static str>,
    pub(super) made: usize,
    /// Its number among those with the same name that were made at the same place; zero if it is the only one.
    pub(super) number: usize,
}

pub(super) struct Thread {
    pub(super) id: TaskId,
    pub(super) name: Arc<str>,
    /// `None` if that was before the recording.
    pub(super) began: Option<u64>,
    /// `None` if that was after the recording.
    pub(super) ended: Option<u64>,
    /// The first time of which it is known what the thread did.
    pub(super) from: u64,
    pub(super) waits: Vec<Wait>,
    pub(super) holds: Vec<Held>,
    pub(super) tasks: Vec<Task>,
}

#[derive(Clone, Copy)]
pub(super) struct Wait {
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) operation: usize,
    pub(super) lock: Option<usize>,
    pub(super) place: usize,
    pub(super) whom: Option<usize>,
    /// The address of the word that ended it, or zero.
    pub(super) word: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) lock: usize,
    pub(super) side: Option<Side>,
    pub(super) place: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Task {
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) name: usize,
}

/// A thread has changed a word for which others wait.
pub(super) struct Wake {
    pub(super) word: usize,
    pub(super) at: u64,
    pub(super) thread: usize,
}

/// A thread has started another one.
pub(super) struct Start {
    pub(super) at: u64,
    pub(super) by: usize,
    pub(super) thread: usize,
}

/// Texts with numbers, no text twice.
#[derive(Default)]
struct Texts {
    all: Vec<String>,
    // Names may be chosen by others, so this wants hashes that nobody can foresee.
    numbers: HashMap<String, usize>,
}

impl Texts {
    fn number(&mut self, text: String) -> usize {
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        let number = self.all.len();
        self.all.push(text.clone());
        self.numbers.insert(text, number);
        number
    }
}

impl Model {
    /// The model of a recording; without one, it is empty and says why.
    pub(super) fn new(recorded: Option<Recorded>, room: usize) -> Self {
        let note = recorded.is_none().then_some(NOT_BUILT_FOR_IT);
        let recorded = recorded.unwrap_or_default();
        let mut reader = Reader {
            model: Self {
                length: recorded.length,
                lost: recorded.lost,
                room,
                note,
                places: Vec::new(),
                texts: Vec::new(),
                locks: Vec::new(),
                threads: Vec::new(),
                wakes: Vec::new(),
                starts: Vec::new(),
            },
            ids: recorded.threads.iter().map(|thread| thread.id).collect(),
            places: Texts::default(),
            texts: Texts::default(),
            locks: Texts::default(),
            kinds: Texts::default(),
            counts: Vec::new(),
            kind_of: Vec::new(),
        };
        for thread in recorded.threads {
            reader.read(thread);
        }
        reader.finish()
    }
}

struct Reader {
    model: Model,
    /// The numbers of the threads, ascending.
    ids: Vec<TaskId>,
    places: Texts,
    texts: Texts,
    /// A text for each lock, by which it gets its number.
    locks: Texts,
    /// The same without the address: a text for all locks that one line makes.
    kinds: Texts,
    /// How many locks there are of each kind, and the kind of each lock.
    counts: Vec<usize>,
    kind_of: Vec<usize>,
}

impl Reader {
    fn place(&mut self, place: &Location<'_>) -> usize {
        self.places.number(place.to_string())
    }

    fn lock(&mut self, lock: RecordedLock) -> usize {
        let RecordedLock {
            address,
            name,
            created,
        } = lock;
        let made = self.place(created);
        let number = self.locks.number(format!("{address} {made} {name:?}"));
        if number == self.model.locks.len() {
            let kind = self.kinds.number(format!("{made} {name:?}"));
            self.counts.resize(self.kinds.all.len(), 0);
            self.counts[kind] += 1;
            self.kind_of.push(kind);
            self.model.locks.push(Lock {
                name,
                made,
                number: self.counts[kind],
            });
        }
        number
    }

    fn thread(&self, id: TaskId) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    fn read(&mut self, recorded: RecordedThread) {
        let index = self.model.threads.len();
        // Its last steps come after it has noted its end.
        let last = recorded.events.iter().map(RecordedEvent::end).max();
        let ended = recorded
            .ended
            .max(last.filter(|_| recorded.ended.is_some()));
        let (mut waits, mut holds, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
        for event in recorded.events {
            match event {
                RecordedEvent::Wait {
                    began,
                    ended,
                    operation,
                    lock,
                    place,
                    whom,
                    word,
                } => waits.push(Wait {
                    began,
                    ended,
                    operation: self.texts.number(operation.to_owned()),
                    lock: lock.map(|lock| self.lock(lock)),
                    place: self.place(place),
                    whom: whom.and_then(|whom| self.thread(whom)),
                    word,
                }),
                RecordedEvent::Hold {
                    began,
                    ended,
                    lock,
                    side,
                    place,
                } => holds.push(Held {
                    began,
                    ended,
                    lock: self.lock(lock),
                    side,
                    place: self.place(place),
                }),
                RecordedEvent::Task { began, ended, name } => tasks.push(Task {
                    began,
                    ended,
                    name: self.texts.number(task_name(name)),
                }),
                RecordedEvent::Wakes { at, word } => self.model.wakes.push(Wake {
                    word,
                    at,
                    thread: index,
                }),
                RecordedEvent::Starts { at, thread } => {
                    let started = self.thread(thread);
                    self.model.starts.extend(started.map(|thread| Start {
                        at,
                        by: index,
                        thread,
                    }));
                }
            }
        }
        // Of two that begin together, the longer one has the other in it.
        sort::by_numbers(&mut waits, |wait: &Wait| {
            (wait.began, u64::MAX - wait.ended)
        });
        sort::by_numbers(&mut holds, |hold: &Held| {
            (hold.began, u64::MAX - hold.ended)
        });
        sort::by_numbers(&mut tasks, |task: &Task| {
            (task.began, u64::MAX - task.ended)
        });
        let first = [
            waits.first().map(|wait| wait.began),
            tasks.first().map(|task| task.began),
        ];
        let known = recorded.began.unwrap_or(0).max(recorded.known_from);
        self.model.threads.push(Thread {
            id: recorded.id,
            name: recorded.name,
            began: recorded.began,
            ended,
            from: first.into_iter().flatten().fold(known, u64::min),
            waits,
            holds,
            tasks,
        });
    }

    fn finish(self) -> Model {
        let mut model = self.model;
        for (lock, kind) in model.locks.iter_mut().zip(self.kind_of) {
            if self.counts[kind] == 1 {
                lock.number = 0;
            }
        }
        model.places = self.places.all;
        model.texts = self.texts.all;
        model
    }
}

/// What to call a task: the path of its function, or of the function whose closure it is.
fn task_name(path: &str) -> String {
    path.replace("::{{closure}}", "")
}
