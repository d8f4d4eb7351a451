//! A handle without a constructor is made by `from`. A handle is not a lock, but gives one.

use threadkit::{lock_all, monitor};

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    pub fn balance(&self) -> u64 {
        self.0
    }
}

struct Shelf<T>(Vec<T>);

#[monitor(SharedShelf)]
impl<T> Shelf<T> {
    pub fn put(&mut self, item: T) {
        self.0.push(item);
    }
}

fn main() {
    let account = SharedAccount::new(Account(1));
    let shelf: SharedShelf<u8> = SharedShelf::new();
    let (a, b) = (SharedAccount::from(Account(1)), SharedAccount::from(Account(2)));
    let both = lock_all((&a, &b));
}
