//! A thread that counts, and a `main` that waits for it.
//!
//! Prints the numbers from 0 to 4, then that the thread has ended.

fn print_numbers() {
    for i in 0..5 {
        println!("{i}");
    }
}

fn main() -> Result<(), threadkit::JoinError> {
    let thread = threadkit::spawn(print_numbers);
    thread.join()?;
    println!("Thread execution completed");
    Ok(())
}
