//! Processes that somebody presses Ctrl-C on: run by `ctrl_c.rs`, one scenario a process.
//!
//! Each says `ready` when it can be interrupted.

use std::io::{self, Write};
use std::time::Duration;

use threadkit::{Event, JoinHandle, Thread, spawn, stop_token};

/// As long as nobody waits.
const EVER: Duration = Duration::from_secs(3600);

/// A line on standard output, written at once and whole.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("somebody reads");
}

fn listener(says: &'static str) -> Thread<impl threadkit::Run<Output = ()> + Send + 'static> {
    Thread::new(move || {
        stop_token().wait();
        say(says);
    })
}

/// A thread that hears nothing, and that is known to run.
fn deaf(daemon: bool) -> JoinHandle<()> {
    let runs = std::sync::Arc::new(Event::new());
    let tell = runs.clone();
    let body = move || {
        tell.set();
        threadkit::sleep(EVER);
    };
    let thread = Thread::new(body).daemon(daemon).start();
    runs.wait();
    thread
}

#[threadkit::main]
fn main() -> Result<(), String> {
    threadkit::stop_on_ctrl_c();
    threadkit::stop_on_ctrl_c(); // does nothing
    match &*std::env::args().nth(1).unwrap_or_default() {
        "worker-listens" => {
            let worker = listener("worker stopped").start();
            say("ready");
            worker.join().unwrap();
            assert!(stop_token().is_stopped(), "main is stopped too");
            // Started after the request, it is stopped from the beginning.
            spawn(|| stop_token().wait()).join().unwrap();
        }
        "main-listens-and-fails" => {
            say("ready");
            stop_token().wait();
            return Err("interrupted".to_owned());
        }
        "main-has-returned" => {
            drop(listener("worker stopped").start());
            drop(deaf(true));
            say("ready");
        }
        "daemon-listens" => {
            drop(listener("daemon stopped").daemon(true).start());
            say("ready");
            stop_token().wait();
        }
        "nobody-listens" => {
            drop(deaf(false));
            spawn(|| {
                stop_token().wait();
                say("once");
            });
            say("ready");
            threadkit::sleep(EVER);
        }
        other => panic!("no scenario `{other}`"),
    }
    say("main");
    Ok(())
}
