//! Ten tasks, a thread each.
//!
//! The data of each thread is moved into it. Prints a line for each task, in the order in which the
//! threads happen to run.

use threadkit::prelude::*;

fn thread_task(task: u32) {
    // Do some work here.
    println!("Task processed: {task}");
}

fn main() -> Result<(), JoinError> {
    let tasks = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    let mut threads = Vec::new();
    for task in tasks {
        threads.push(Thread::new(move || thread_task(task)).start());
    }
    for thread in threads {
        thread.join()?;
    }
    Ok(())
}
