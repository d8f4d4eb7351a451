//! A trait for all channels, so that one measurement works for all.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, mpsc};

use crossfire::{MRx, MTx, mpmc};

/// A queue of messages between threads.
pub(crate) trait Channel: Send + Sync {
    /// The name of the row.
    const NAME: &'static str;

    /// Whether several threads can receive at once.
    const MANY_TAKERS: bool = true;

    /// A new channel, with that capacity or without a limit.
    fn new(room: Option<usize>) -> Self;

    /// Puts a message, waiting for room.
    fn put(&self, message: usize);

    /// What a consumer calls for each message: it takes one, waiting for it. A receiver that cannot be shared belongs to
    /// one consumer as long as the function lives.
    fn taker(&self) -> impl FnMut() -> usize;
}

/// threadkit's queue with a `task_done` for every item, so that it could be joined.
pub(crate) struct Accounted(threadkit::Queue<usize>);

/// A queue built from std: a mutex and two condition variables.
pub(crate) struct ByHand {
    messages: Mutex<VecDeque<usize>>,
    room: usize,
    came: Condvar,
    went: Condvar,
}

impl Channel for threadkit::Queue<usize> {
    const NAME: &'static str = "threadkit Queue";

    fn new(room: Option<usize>) -> Self {
        room.map_or_else(Self::unbounded, Self::bounded)
    }

    fn put(&self, message: usize) {
        self.put(message).unwrap();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || self.get().unwrap()
    }
}

impl Channel for Accounted {
    const NAME: &'static str = "threadkit Queue, task_done";

    fn new(room: Option<usize>) -> Self {
        Self(Channel::new(room))
    }

    fn put(&self, message: usize) {
        self.0.put(message).unwrap();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || {
            let message = self.0.get().unwrap();
            self.0.task_done().unwrap();
            message
        }
    }
}

impl Channel
    for (
        crossbeam_channel::Sender<usize>,
        crossbeam_channel::Receiver<usize>,
    )
{
    const NAME: &'static str = "crossbeam-channel";

    fn new(room: Option<usize>) -> Self {
        room.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded)
    }

    fn put(&self, message: usize) {
        self.0.send(message).unwrap();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || self.1.recv().unwrap()
    }
}

impl Channel for (flume::Sender<usize>, flume::Receiver<usize>) {
    const NAME: &'static str = "flume";

    fn new(room: Option<usize>) -> Self {
        room.map_or_else(flume::unbounded, flume::bounded)
    }

    fn put(&self, message: usize) {
        self.0.send(message).unwrap();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || self.1.recv().unwrap()
    }
}

impl Channel for (kanal::Sender<usize>, kanal::Receiver<usize>) {
    const NAME: &'static str = "kanal";

    fn new(room: Option<usize>) -> Self {
        room.map_or_else(kanal::unbounded, kanal::bounded)
    }

    fn put(&self, message: usize) {
        self.0.send(message).unwrap();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || self.1.recv().unwrap()
    }
}

/// crossfire's bounded channel, a type of its own.
impl Channel for (MTx<mpmc::Array<usize>>, MRx<mpmc::Array<usize>>) {
    const NAME: &'static str = "crossfire";

    fn new(room: Option<usize>) -> Self {
        mpmc::bounded_blocking(room.expect("a capacity"))
    }

    fn put(&self, message: usize) {
        self.0.send(message).unwrap();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || self.1.recv().unwrap()
    }
}

/// Its unbounded one.
impl Channel for (MTx<mpmc::List<usize>>, MRx<mpmc::List<usize>>) {
    const NAME: &'static str = "crossfire";

    fn new(room: Option<usize>) -> Self {
        assert!(room.is_none(), "no capacity");
        mpmc::unbounded_blocking()
    }

    fn put(&self, message: usize) {
        self.0.send(message).unwrap();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || self.1.recv().unwrap()
    }
}

/// Either of tokio's senders.
pub(crate) enum TokioSender {
    Bounded(tokio::sync::mpsc::Sender<usize>),
    Unbounded(tokio::sync::mpsc::UnboundedSender<usize>),
}

/// Either of its receivers.
pub(crate) enum TokioReceiver {
    Bounded(tokio::sync::mpsc::Receiver<usize>),
    Unbounded(tokio::sync::mpsc::UnboundedReceiver<usize>),
}

/// The receiver cannot be shared, so its consumer locks it once, and no message pays for that.
impl Channel for (TokioSender, Mutex<TokioReceiver>) {
    const NAME: &'static str = "tokio mpsc";
    const MANY_TAKERS: bool = false;

    fn new(room: Option<usize>) -> Self {
        let (sender, receiver) = match room {
            Some(room) => {
                let (sender, receiver) = tokio::sync::mpsc::channel(room);
                (
                    TokioSender::Bounded(sender),
                    TokioReceiver::Bounded(receiver),
                )
            }
            None => {
                let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
                (
                    TokioSender::Unbounded(sender),
                    TokioReceiver::Unbounded(receiver),
                )
            }
        };
        (sender, Mutex::new(receiver))
    }

    fn put(&self, message: usize) {
        match &self.0 {
            TokioSender::Bounded(sender) => sender.blocking_send(message).unwrap(),
            TokioSender::Unbounded(sender) => sender.send(message).unwrap(),
        }
    }

    fn taker(&self) -> impl FnMut() -> usize {
        let mut receiver = self.1.lock().unwrap();
        move || match &mut *receiver {
            TokioReceiver::Bounded(receiver) => receiver.blocking_recv().unwrap(),
            TokioReceiver::Unbounded(receiver) => receiver.blocking_recv().unwrap(),
        }
    }
}

/// Either of std's senders.
pub(crate) enum StdSender {
    Bounded(mpsc::SyncSender<usize>),
    Unbounded(mpsc::Sender<usize>),
}

/// The receiver cannot be shared, so its consumer locks it once, and no message pays for that.
impl Channel for (StdSender, Mutex<mpsc::Receiver<usize>>) {
    const NAME: &'static str = "std mpsc";
    const MANY_TAKERS: bool = false;

    fn new(room: Option<usize>) -> Self {
        let (sender, receiver) = match room {
            Some(room) => {
                let (sender, receiver) = mpsc::sync_channel(room);
                (StdSender::Bounded(sender), receiver)
            }
            None => {
                let (sender, receiver) = mpsc::channel();
                (StdSender::Unbounded(sender), receiver)
            }
        };
        (sender, Mutex::new(receiver))
    }

    fn put(&self, message: usize) {
        match &self.0 {
            StdSender::Bounded(sender) => sender.send(message).unwrap(),
            StdSender::Unbounded(sender) => sender.send(message).unwrap(),
        }
    }

    fn taker(&self) -> impl FnMut() -> usize {
        let receiver = self.1.lock().unwrap();
        move || receiver.recv().unwrap()
    }
}

impl Channel for ByHand {
    const NAME: &'static str = "Mutex and Condvar";

    fn new(room: Option<usize>) -> Self {
        Self {
            messages: Mutex::new(VecDeque::new()),
            room: room.unwrap_or(usize::MAX),
            came: Condvar::new(),
            went: Condvar::new(),
        }
    }

    fn put(&self, message: usize) {
        let messages = self.messages.lock().unwrap();
        let mut messages = self
            .went
            .wait_while(messages, |messages| messages.len() >= self.room)
            .unwrap();
        messages.push_back(message);
        drop(messages);
        self.came.notify_one();
    }

    fn taker(&self) -> impl FnMut() -> usize {
        || {
            let messages = self.messages.lock().unwrap();
            let mut messages = self
                .came
                .wait_while(messages, |messages| messages.is_empty())
                .unwrap();
            let message = messages.pop_front().unwrap();
            drop(messages);
            self.went.notify_one();
            message
        }
    }
}
