//! A monitor's method does not wait in its middle and does not notify, as those of Java do.

use std::time::Duration;

use threadkit::monitor;

struct Stock {
    items: Vec<u32>,
}

#[monitor(SharedStock)]
impl Stock {
    pub fn put(&mut self, item: u32) {
        self.items.push(item);
        self.notify();
    }

    pub fn take(&mut self) -> u32 {
        while self.items.is_empty() {
            self.wait();
        }
        self.notifyAll();
        self.items.remove(0)
    }

    pub fn settled(&self, limit: Duration) -> bool {
        self.wait_timeout(limit)
    }
}

fn main() {
    let stock = SharedStock::from(Stock { items: Vec::new() });
    stock.put(1);
    stock.take();
}
