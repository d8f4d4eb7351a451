//! Work at a later time and at regular intervals, without a thread for each.
//!
//! A clock ticks at a fixed rate until it is stopped. A job runs three times with a pause between
//! its runs. One timer runs once, and one is cancelled in time. All of them share one thread.
//!
//! Prints three ticks, three attempts, and what happened to the other two timers.

use std::time::Duration;
use threadkit::{Latch, Queue, Timer};

fn main() {
    let ticks = Queue::unbounded();
    let clock = Timer::every(Duration::from_millis(20), {
        let ticks = ticks.clone();
        let mut n = 0;
        move || {
            n += 1;
            let _ = ticks.put(n); // shut down already: one tick too many
        }
    });
    for n in ticks.iter().take(3) {
        println!("tick {n}");
    }
    println!("clock stopped in time: {}", clock.cancel());
    ticks.shutdown();

    static ATTEMPTS: Latch = Latch::new(3);
    let mut n = 0;
    let job = Timer::with_pause(Duration::from_millis(5), move || {
        n += 1;
        if n <= 3 {
            println!("attempt {n}");
            ATTEMPTS.count_down();
        }
    });
    ATTEMPTS.wait();
    job.cancel();
    job.wait(); // it may be running at the moment

    let tea = Timer::after(Duration::from_millis(30), || println!("the tea is ready"));
    let alarm = Timer::after(Duration::from_secs(3600), || println!("never printed"));
    tea.wait();
    println!("tea called off in time: {}", tea.cancel());
    println!("alarm called off in time: {}", alarm.cancel());
}
