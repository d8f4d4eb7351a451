//! Maps whose threads divide their input, under thousands of schedules, beside twins in which a step is missing.

#[path = "../support/mod.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use support::explored::{holds, is_found};
use threadkit::{Lock, ThreadPool, scope};

#[test]
fn every_integer_of_a_range_is_taken_once_and_its_result_is_in_its_place() {
    holds(2_000, || {
        let pool = ThreadPool::new(2);
        let results = pool.map(3..9_u8, |n| Box::new(2 * n)).into_vec();
        assert!(results.iter().map(|n| **n).eq([6, 8, 10, 12, 14, 16]));
    });
}

#[test]
fn the_results_of_other_items_are_in_their_places_too() {
    holds(1_000, || {
        let pool = ThreadPool::new(2);
        let items: Vec<_> = (0..6_u8).map(Box::new).collect();
        let results = pool.map(items, |n| n).into_vec();
        assert!(results.into_iter().map(|n| *n).eq(0..6));
    });
}

#[test]
fn the_panic_of_the_first_integer_continues_and_all_results_are_dropped() {
    holds(2_000, || {
        let pool = ThreadPool::new(2);
        let held = Arc::new(());
        let result = Arc::clone(&held);
        let map = pool.map(0..4, move |n| {
            assert!(n % 2 == 0, "item {n}");
            Arc::clone(&result)
        });
        let panic = catch_unwind(AssertUnwindSafe(|| map.into_vec())).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&String::from("item 1")));
        pool.wait_idle();
        drop(pool);
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

#[test]
fn a_map_whose_pool_is_emptied_ends_with_all_results_or_none() {
    holds(2_000, || {
        let pool = ThreadPool::new(1);
        scope(|s| {
            s.spawn(|| drop(pool.shutdown_now()));
            let map = pool.map(0..3, |n| n);
            if let Ok(results) = catch_unwind(AssertUnwindSafe(|| map.into_vec())) {
                assert_eq!(results, [0, 1, 2]);
            }
        });
    });
}

/// Two threads write the items of a range into its results, where each takes an item and a place.
fn toy_range(in_one_step: bool) {
    let items = Lock::new(0..3);
    let results = Lock::new(Vec::new());
    scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                loop {
                    let mut items = items.acquire();
                    let Some(item) = items.next() else { break };
                    if !in_one_step {
                        drop(items);
                        results.acquire().push(item);
                        continue;
                    }
                    results.acquire().push(item);
                }
            });
        }
    });
    assert_eq!(*results.acquire(), [0, 1, 2], "a result is out of place");
}

#[test]
fn its_twin_that_takes_an_item_and_then_a_place_mixes_them_up() {
    holds(500, || toy_range(true));
    is_found(
        "pool map",
        "taking items and the place of their results are one step",
        "a result is out of place",
        || toy_range(false),
    );
}

/// Two threads compute items, all but the first of which panic; then no more are taken. The panic that continues is
/// that of the first item, or the first that happened.
fn toy_panics(by_item: bool) {
    let items = Lock::new(0..3);
    let panicked = Lock::new(None);
    scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                loop {
                    let Some(item) = items.acquire().next() else {
                        break;
                    };
                    if item == 0 {
                        continue;
                    }
                    items.acquire().end = 0;
                    let mut panicked = panicked.acquire();
                    if panicked.is_none_or(|earlier| by_item && item < earlier) {
                        *panicked = Some(item);
                    }
                }
            });
        }
    });
    assert_eq!(*panicked.acquire(), Some(1), "a later panic hides it");
}

#[test]
fn its_twin_that_keeps_the_panic_that_comes_first_hides_an_earlier_one() {
    holds(500, || toy_panics(true));
    is_found(
        "pool map",
        "the panic of an earlier item replaces that of a later one",
        "a later panic hides it",
        || toy_panics(false),
    );
}
