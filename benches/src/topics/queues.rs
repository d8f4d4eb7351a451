//! Messages through a queue: many in a row, and a round trip.

use std::sync::{Barrier, Mutex, mpsc};
use std::thread;

use crossfire::{MRx, MTx, mpmc};

use super::Topic;
use crate::channels::{Accounted, ByHand, Channel, StdSender, TokioReceiver, TokioSender};
use crate::harness::{Bench, Pace, Sample, Stopwatch, Table, Unit, repeat};

pub(super) const TOPIC: Topic = Topic {
    name: "queues",
    about: "messages through a queue, 1 or 4 producers, 1 or 4 consumers, bounded or not",
    run,
};

/// How many producers, and how many consumers.
const SHAPES: [(usize, usize); 4] = [(1, 1), (4, 1), (1, 4), (4, 4)];

/// The capacity of a bounded queue: large enough that waiting is rare, small enough to stay in the
/// cache.
const ROOM: usize = 512;

type Crossbeam = (
    crossbeam_channel::Sender<usize>,
    crossbeam_channel::Receiver<usize>,
);
type Flume = (flume::Sender<usize>, flume::Receiver<usize>);
type Kanal = (kanal::Sender<usize>, kanal::Receiver<usize>);
/// crossfire's bounded channel, and its unbounded one.
type Ring = (MTx<mpmc::Array<usize>>, MRx<mpmc::Array<usize>>);
type List = (MTx<mpmc::List<usize>>, MRx<mpmc::List<usize>>);
type Tokio = (TokioSender, Mutex<TokioReceiver>);
type Std = (StdSender, Mutex<mpsc::Receiver<usize>>);
type Queue = threadkit::Queue<usize>;

fn run(bench: &mut Bench) {
    // As its README says: it finds out how long to spin on this machine.
    crossfire::detect_backoff_cfg();
    alone(bench);
    let rounds = bench.pace.pick(15, 2);
    let messages = bench.pace.pick(400_000, 8_000);
    for (name, room) in [("bounded", Some(ROOM)), ("unbounded", None)] {
        for (putters, takers) in SHAPES {
            let title = format!("{name}, {putters}:{takers}");
            let flow = Flow {
                putters,
                takers,
                messages,
                room,
            };
            // The peer to compare with comes first.
            let table = match room {
                Some(_) => {
                    let table = flow.row::<Kanal>(flow.table::<Crossbeam>(title, rounds));
                    flow.row::<Ring>(table)
                }
                None => {
                    let table = flow.row::<Crossbeam>(flow.table::<Kanal>(title, rounds));
                    flow.row::<List>(table)
                }
            };
            let table = flow.row::<Accounted>(flow.row::<Queue>(table));
            let table = flow.row::<ByHand>(flow.row::<Flume>(table));
            bench.run(flow.row::<Std>(flow.row::<Tokio>(table)));
        }
    }
    let exchanges = bench.pace.pick(20_000, 500);
    let table = Table::new(
        "there and back, room for one",
        Unit::Nanoseconds,
        rounds,
        Crossbeam::NAME,
        move || there_and_back::<Crossbeam>(exchanges),
    )
    .peer(Kanal::NAME, move || there_and_back::<Kanal>(exchanges))
    .peer(Ring::NAME, move || there_and_back::<Ring>(exchanges))
    .peer(Queue::NAME, move || there_and_back::<Queue>(exchanges))
    .peer(Flume::NAME, move || there_and_back::<Flume>(exchanges))
    .peer(ByHand::NAME, move || there_and_back::<ByHand>(exchanges))
    .peer(Tokio::NAME, move || there_and_back::<Tokio>(exchanges))
    .peer(Std::NAME, move || there_and_back::<Std>(exchanges));
    bench.run(table);
}

/// One thread that puts an item and takes it out again: what the operations themselves cost.
fn alone(bench: &mut Bench) {
    let (pace, rounds) = (bench.pace, bench.pace.pick(15, 2));
    fn there<C: Channel>(pace: Pace, channel: &C) -> impl FnMut() -> Sample {
        let mut take = channel.taker();
        repeat(pace, channel, move |channel| {
            channel.put(1);
            std::hint::black_box(take());
        })
    }
    fn row<'a, C: Channel>(table: Table<'a>, pace: Pace, channel: &'a C) -> Table<'a> {
        table.peer(C::NAME, there(pace, channel))
    }
    for (name, room) in [("bounded", Some(ROOM)), ("unbounded", None)] {
        let (kanal, crossbeam) = (Kanal::new(room), Crossbeam::new(room));
        let (queue, accounted) = (Queue::new(room), Accounted::new(room));
        let (flume, tokio, std) = (Flume::new(room), Tokio::new(room), Std::new(room));
        let (ring, list) = (Ring::new(Some(ROOM)), List::new(None));
        let title = format!("{name}, a put and a get by one thread");
        let base = there(pace, &kanal);
        let table = Table::new(title, Unit::Nanoseconds, rounds, Kanal::NAME, base);
        let table = row(table, pace, &crossbeam);
        let table = match room {
            Some(_) => row(table, pace, &ring),
            None => row(table, pace, &list),
        };
        let table = row(row(table, pace, &queue), pace, &accounted);
        let table = row(row(table, pace, &flume), pace, &tokio);
        bench.run(row(table, pace, &std));
    }
}

/// Messages that go through a queue.
#[derive(Clone, Copy)]
struct Flow {
    putters: usize,
    takers: usize,
    messages: usize,
    room: Option<usize>,
}

impl Flow {
    fn table<'a, C: Channel + 'a>(self, title: String, rounds: usize) -> Table<'a> {
        Table::new(title, Unit::Nanoseconds, rounds, C::NAME, move || {
            self.measure::<C>()
        })
    }

    fn row<'a, C: Channel + 'a>(self, table: Table<'a>) -> Table<'a> {
        if self.takers > 1 && !C::MANY_TAKERS {
            return table;
        }
        table.peer(C::NAME, move || self.measure::<C>())
    }

    /// The time per message, from when all threads are there to when the last has received its
    /// share.
    fn measure<C: Channel>(self) -> Sample {
        let channel = C::new(self.room);
        let start = Barrier::new(self.putters + self.takers + 1);
        thread::scope(|scope| {
            let (channel, start) = (&channel, &start);
            for _ in 0..self.putters {
                scope.spawn(move || {
                    start.wait();
                    for message in 0..self.messages / self.putters {
                        channel.put(message);
                    }
                });
            }
            let takers: Vec<_> = (0..self.takers)
                .map(|_| {
                    scope.spawn(move || {
                        let mut take = channel.taker();
                        start.wait();
                        let taken = 0..self.messages / self.takers;
                        let sum = taken.fold(0, |sum: usize, _| sum.wrapping_add(take()));
                        std::hint::black_box(sum);
                    })
                })
                .collect();
            let watch = Stopwatch::start();
            start.wait();
            for taker in takers {
                taker.join().unwrap();
            }
            watch.sample(self.messages as u64)
        })
    }
}

/// Half the time of a round trip: the time to pass a message to a thread that has nothing else to
/// do.
fn there_and_back<C: Channel>(exchanges: usize) -> Sample {
    let (there, back) = (C::new(Some(1)), C::new(Some(1)));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut take = there.taker();
            (0..exchanges).for_each(|_| back.put(take()));
        });
        let mut take = back.taker();
        let watch = Stopwatch::start();
        for message in 0..exchanges {
            there.put(message);
            take();
        }
        watch.sample(2 * exchanges as u64)
    })
}
