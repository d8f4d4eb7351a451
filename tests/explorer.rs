//! Explorers and replays, with the feature `explore` and without it: what they refuse and what they report.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use support::panic_of;
use threadkit::explore;
use threadkit::explore::Explorer;

#[test]
fn explorers_and_replays_refuse_senseless_settings() {
    let message = panic_of(|| drop(Explorer::new().pct(0)));
    assert!(message.contains("at least one step"), "{message}");
    let message = panic_of(|| drop(Explorer::new().runs(0)));
    assert!(message.contains("at least one run"), "{message}");
    let message = panic_of(|| explore::replay("no schedule", || ()));
    assert!(
        message.contains("`no schedule` is not a schedule"),
        "{message}"
    );
}

#[test]
fn a_schedule_is_followed_or_refused() {
    let ran = Arc::new(AtomicBool::new(false));
    let body = {
        let ran = Arc::clone(&ran);
        move || ran.store(true, Ordering::Relaxed)
    };
    if cfg!(feature = "explore") {
        explore::replay("tk1.", body);
        assert!(ran.load(Ordering::Relaxed));
    } else {
        let message = panic_of(|| explore::replay("tk1.", body));
        assert!(
            message.contains("only with the feature `explore`"),
            "{message}"
        );
        assert!(!ran.load(Ordering::Relaxed), "a free run proves nothing");
    }
}

#[test]
fn a_failure_says_how_to_repeat_it() {
    let failure = Explorer::new()
        .try_check(|| panic!("out of cheese"))
        .unwrap_err();
    let how = if cfg!(feature = "explore") {
        "repeat it with: threadkit::explore::replay("
    } else {
        "build with the feature `explore` for a schedule that can be replayed"
    };
    assert!(failure.to_string().contains(how), "{failure}");
}
