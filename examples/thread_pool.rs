//! Ten tasks, four threads: the pool hands each task to a thread that is free.
//!
//! Prints a line for each task, in the order in which the threads happen to run.

use threadkit::{TaskError, ThreadPool};

fn worker_task(task: u32) {
    // Do some work here.
    println!("Task processed: {task}");
}

fn main() -> Result<(), TaskError> {
    let pool = ThreadPool::new(4);

    let mut tasks = Vec::new();
    for task in 1..=10 {
        tasks.push(pool.submit(move || worker_task(task)));
    }
    for task in tasks {
        task.join()?;
    }
    Ok(())
}
