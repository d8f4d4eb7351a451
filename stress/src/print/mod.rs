//! A program as Rust that compiles against threadkit.
//!
//! The printed program does what `run` does, except for the counting. So it repeats a hang, an abort or
//! a panic. To repeat a failure of the counts, run the tape.

mod pools;
mod printer;
mod statements;
mod tasks;

use std::fmt::Write;

use self::printer::Printer;
use crate::program::Program;

/// The source of a whole program.
pub(crate) fn source(program: &Program) -> String {
    let mut printer = Printer::default();
    printer.line("fn body() {");
    printer.depth += 1;
    for (id, spec) in program.pools.iter().enumerate() {
        printer.pool(id, spec);
    }
    printer.next_pool = program.pools.len();
    printer.block(&program.body);
    for id in 0..program.pools.len() {
        printer.line(&format!("p{id}.shutdown();"));
    }
    printer.depth -= 1;
    printer.line("}");

    let mut text = String::from(
        "#![allow(unused, unused_comparisons, dropping_copy_types)]\n\
         use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};\n\
         use std::sync::Arc;\n\
         use std::time::Duration;\n\
         use threadkit::*;\n\n\
         fn ms(ms: u64) -> Duration {\n    Duration::from_millis(ms)\n}\n\n",
    );
    for item in &printer.items {
        text.push_str(item);
        text.push_str("\n\n");
    }
    text.push_str(&printer.text);
    text.push_str("\nfn main() {\n    body(); // or, with the feature `explore`: threadkit::explore::check(body)\n}\n");
    for module in &printer.modules {
        let source = match *module {
            "barrier" => include_str!("../gadgets/barrier.rs"),
            "chain" => include_str!("../gadgets/chain.rs"),
            "events" => include_str!("../gadgets/events.rs"),
            "latch" => include_str!("../gadgets/latch.rs"),
            "once" => include_str!("../gadgets/once.rs"),
            "pipes" => include_str!("../gadgets/pipes.rs"),
            "rwlock" => include_str!("../gadgets/rwlock.rs"),
            "semaphore" => include_str!("../gadgets/semaphore.rs"),
            _ => include_str!("../gadgets/turns.rs"),
        };
        let _ = write!(text, "\nmod {module} {{\n{source}}}\n");
    }
    text
}
