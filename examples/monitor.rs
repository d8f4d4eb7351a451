//! Three objects that threads share, whose code knows of no lock.
//!
//! The first is a buffer with room for two items, between a producer and a consumer. The second is
//! an account whose withdrawals wait for money. The third is a library that readers enter together
//! and the librarian enters alone. Prints the items in the order in which they were made, what is
//! left on the account, and how often a reader met the librarian: never.

use std::collections::VecDeque;
use threadkit::prelude::*;

struct Buffer {
    items: VecDeque<u32>,
    room: usize,
}

#[monitor(SharedBuffer)]
impl Buffer {
    fn with_room(room: usize) -> Self {
        let items = VecDeque::new();
        Self { items, room }
    }

    pub(crate) fn new() -> Self {
        Self::with_room(2)
    }

    #[when(self.items.len() < self.room)]
    pub(crate) fn put(&mut self, item: u32) {
        self.items.push_back(item);
    }

    #[when(!self.items.is_empty())]
    pub(crate) fn take(&mut self) -> Option<u32> {
        self.items.pop_front()
    }
}

#[thread]
fn producer(buffer: SharedBuffer) {
    (1..=8).for_each(|item| buffer.put(item));
}

#[thread]
fn consumer(buffer: SharedBuffer) -> Vec<u32> {
    (1..=8).filter_map(|_| buffer.take()).collect()
}

struct Account {
    balance: u64,
}

#[monitor(SharedAccount)]
impl Account {
    pub(crate) fn deposit(&mut self, n: u64) {
        self.balance += n;
    }

    #[when(self.balance >= n)]
    pub(crate) fn withdraw(&mut self, n: u64) -> u64 {
        self.balance -= n;
        self.balance
    }
}

#[derive(Default)]
struct Library {
    readers: u32,
    librarian: bool,
    met: u32,
}

#[monitor(SharedLibrary)]
impl Library {
    #[when(!self.librarian)]
    pub(crate) fn enter(&mut self) {
        self.readers += 1;
    }

    pub(crate) fn leave(&mut self) {
        self.met += u32::from(self.librarian);
        self.readers -= 1;
    }

    #[when(self.readers == 0 && !self.librarian)]
    pub(crate) fn close(&mut self) {
        self.librarian = true;
    }

    pub(crate) fn open(&mut self) {
        self.met += self.readers;
        self.librarian = false;
    }

    pub(crate) fn met(&self) -> u32 {
        self.met
    }
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let buffer = SharedBuffer::new();
    let (producer, consumer) = (producer(buffer.clone()), consumer(buffer));
    producer.join()?;
    println!("taken: {:?}", consumer.join()?);

    let account = SharedAccount::from(Account { balance: 0 });
    let shop = account.clone();
    let customer = threadkit::spawn(move || shop.withdraw(70));
    (0..4).for_each(|_| account.deposit(20));
    println!("left on the account: {}", customer.join()?);

    let library = SharedLibrary::from(Library::default());
    let mut visitors: Vec<_> = (0..4)
        .map(|_| {
            let library = library.clone();
            threadkit::spawn(move || {
                for _ in 0..100 {
                    library.enter();
                    library.leave();
                }
            })
        })
        .collect();
    let librarian = library.clone();
    visitors.push(threadkit::spawn(move || {
        for _ in 0..100 {
            librarian.close();
            librarian.open();
        }
    }));
    threadkit::join_all(visitors)?;
    println!("meetings: {}", library.met());
    Ok(())
}
