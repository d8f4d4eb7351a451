//! Finding a race in a few lines.
//!
//! Two threads each draw 80 from an account that holds 100, if it holds enough. They look under the
//! lock and draw under the lock, but release it in between. On free threads the bug almost never
//! shows. Prints how the test failed under some schedule. The failure carries that schedule, and
//! `threadkit::explore::replay` can repeat it.
//!
//! Choosing schedules needs a feature: `cargo run --example find_a_race --features explore`.

use std::sync::Arc;
use threadkit::explore::Explorer;
use threadkit::prelude::*;

fn draw(account: &Lock<i64>, amount: i64) {
    let enough = *account.acquire() >= amount;
    if enough {
        *account.acquire() -= amount;
    }
}

fn two_draw_from_one_account() -> Result<(), String> {
    let account = Arc::new(Lock::new(100));
    let drawers = [(); 2].map(|()| {
        let account = Arc::clone(&account);
        threadkit::spawn(move || draw(&account, 80))
    });
    threadkit::join_all(drawers).map_err(|error| error.to_string())?;

    let left = *account.acquire();
    if left < 0 {
        return Err(format!("the account holds {left}"));
    }
    Ok(())
}

fn main() {
    match Explorer::new().try_check(two_draw_from_one_account) {
        Ok(report) => println!("nothing found in {} runs", report.runs()),
        Err(failure) => println!("found: {}", failure.what()),
    }
}
