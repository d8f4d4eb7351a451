//! What happens in a process that gets Ctrl-C.

use threadkit::{spawn, stop_token};

use crate::endings::{EVER, end, say, start};

/// Starts the thread beside `main`, prints `ready`, and ends `main` in the way that the first word names: when it was
/// stopped, unless `main` is to ignore the stop or not to wait.
pub(crate) fn run() -> Result<(), String> {
    let mut words = std::env::args().skip(1);
    let how = words.next().expect("how `main` ends");
    words.for_each(|who| start(&who));
    match &*how {
        "deaf" => {
            let _heard = stop_token().on_stop(|| say("main is deaf"));
            say("ready");
            threadkit::sleep(EVER);
            Ok(())
        }
        "leaves" => {
            say("ready");
            end("returns")
        }
        how => {
            say("ready");
            stop_token().wait();
            // Started after the request, it is stopped from the beginning.
            spawn(|| stop_token().wait()).join().expect("it waits");
            end(how)
        }
    }
}
