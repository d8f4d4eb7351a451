//! A bank with a bug in the order of its locks, which no customer has met yet.
//!
//! A transfer locks the account that gives, and then the one that takes. Two tellers with transfers in opposite
//! directions can wait for each other for ever. Here they work one after the other, so nothing happens, and the books
//! are right. Still, a debug build reports the two orders. The second half of the program locks both accounts by
//! `lock_all`, which causes no report.
//!
//! Prints the balances, and how many reports each half has caused. The report with all places goes to standard
//! error. A release build has none, unless the feature `inspect` is on.

use threadkit::Queue;
use threadkit::inspect::order_violations;
use threadkit::prelude::*;

struct Bank {
    savings: Lock<u64>,
    checking: Lock<u64>,
}

/// The way of a transfer, and how it is made.
type Order = fn(&Bank);

fn transfer(from: &Lock<u64>, to: &Lock<u64>, amount: u64) {
    let mut from = from.acquire();
    let mut to = to.acquire(); // while another teller may hold it, and want `from`
    *from -= amount;
    *to += amount;
}

fn transfer_well(from: &Lock<u64>, to: &Lock<u64>, amount: u64) {
    let (mut from, mut to) = threadkit::lock_all((from, to));
    *from -= amount;
    *to += amount;
}

/// Gives each of two tellers one order, and waits for the first before it gives the second.
fn one_after_the_other(bank: &Bank, orders: [Order; 2]) {
    let desks: [Queue<Order>; 2] = [Queue::unbounded(), Queue::unbounded()];
    threadkit::scope(|s| {
        for desk in &desks {
            s.spawn(move || {
                for order in desk.jobs() {
                    order(bank);
                }
            });
        }
        for (desk, order) in desks.iter().zip(orders) {
            desk.put(order).expect("the desk is open");
            desk.join();
        }
        for desk in &desks {
            desk.shutdown();
        }
    });
}

fn main() {
    let bank = Bank {
        savings: Lock::named("savings", 100),
        checking: Lock::named("checking", 100),
    };
    one_after_the_other(
        &bank,
        [
            |bank| transfer_well(&bank.savings, &bank.checking, 50),
            |bank| transfer_well(&bank.checking, &bank.savings, 20),
        ],
    );
    println!("reports of `lock_all`: {}", order_violations().len());
    one_after_the_other(
        &bank,
        [
            |bank| transfer(&bank.savings, &bank.checking, 30),
            |bank| transfer(&bank.checking, &bank.savings, 10),
        ],
    );
    let (savings, checking) = (bank.savings.into_inner(), bank.checking.into_inner());
    println!("savings {savings}, checking {checking}");
    println!("reports of two `acquire`: {}", order_violations().len());
}
