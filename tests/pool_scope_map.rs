//! `PoolScope::map`: results computed ahead by tasks that borrow.

mod support;

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{bounded, panic_of};
use threadkit::ThreadPool;

#[test]
fn items_functions_and_results_borrow() {
    let pool = ThreadPool::new(2);
    let text = String::from("to be or not to be");
    let words: Vec<&str> = text.split(' ').collect();
    let counted = AtomicUsize::new(0);
    let found: Vec<&str> = pool.scope(|scope| {
        let results = scope.map(&words, |word| {
            counted.fetch_add(1, Ordering::Relaxed);
            &text[text.find(word).unwrap()..][..word.len()]
        });
        results.collect()
    });
    assert_eq!(found, words);
    assert_eq!(counted.into_inner(), 6);
}

#[test]
fn the_results_are_in_order_and_the_length_is_known() {
    let pool = ThreadPool::new(3);
    let factor = 3;
    pool.scope(|scope| {
        let mut tripled = scope.map(0..5_000_u32, |n| n * factor);
        assert_eq!(tripled.len(), 5_000);
        assert_eq!(tripled.next(), Some(0));
        assert_eq!(tripled.len(), 4_999);
        assert!(tripled.eq((1..5_000).map(|n| 3 * n)));
        // There is no end to the input.
        let first = scope.map(1_u32.., |n| n * factor).find(|n| *n > 1000);
        assert_eq!(first, Some(1002));
    });
}

#[test]
fn the_scope_waits_for_what_an_abandoned_map_has_begun() {
    struct Late<'a>(&'a AtomicUsize);
    impl Drop for Late<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    bounded(|| {
        let pool = ThreadPool::new(2);
        let (begun, dropped) = (AtomicUsize::new(0), AtomicUsize::new(0));
        pool.scope(|scope| {
            let mut results = scope.map(0..1_000_000, |_| {
                begun.fetch_add(1, Ordering::SeqCst);
                Late(&dropped)
            });
            assert!(results.next().is_some());
        });
        assert_eq!(begun.load(Ordering::SeqCst), dropped.load(Ordering::SeqCst));
        assert!(begun.load(Ordering::SeqCst) < 1_000_000);
    });
}

#[test]
fn a_panic_continues_in_next_and_after_the_results_before_it() {
    let pool = ThreadPool::new(2);
    let limit = 3;
    let seen = AtomicUsize::new(0);
    let message = panic_of(|| {
        pool.scope(|scope| {
            for n in scope.map(0..10, |n| {
                assert!(n < limit, "too many");
                n
            }) {
                seen.fetch_max(n + 1, Ordering::SeqCst);
            }
        });
    });
    assert_eq!(message, "too many");
    assert_eq!(seen.into_inner(), 3);
}

#[test]
fn it_can_be_used_inside_a_task_of_the_same_pool() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::builder(1).max_threads(1).build());
        let own = Arc::clone(&pool);
        let task = pool.submit(move || {
            let base = 10;
            own.scope(|scope| scope.map(0..100, |n| n + base).sum::<u32>())
        });
        assert_eq!(task.join().unwrap(), (10..110).sum());
    });
}

#[test]
fn a_shutdown_ends_it() {
    let pool = ThreadPool::new(1);
    let message = panic_of(|| {
        pool.scope(|scope| {
            let mut results = scope.map(0.., |n| n);
            assert_eq!(results.next(), Some(0));
            pool.shutdown();
            results.for_each(drop);
        });
    });
    assert!(message.contains("was shut down"), "{message}");
}

#[test]
fn threads_divide_the_indices_of_a_slice_that_is_borrowed() {
    let pool = ThreadPool::new(2);
    let words: Vec<String> = (0..10_000).map(|n| format!("word {n}")).collect();
    let same = pool.scope(|scope| scope.map(0..words.len(), |n| words[n].as_str()).into_vec());
    assert_eq!(same, words);
}

#[test]
fn threads_divide_a_slice_of_numbers_or_strings_and_the_items_are_its_own() {
    let pool = ThreadPool::new(2);
    let numbers: Vec<u16> = (0..30_000).collect();
    let words: Vec<String> = numbers.iter().map(|n| format!("word {n}")).collect();
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let pairs: Vec<(u16, &str)> = numbers.iter().copied().zip(texts.clone()).collect();
    pool.scope(|scope| {
        let same: Vec<&u16> = scope.map(&numbers, |n| n).into_vec();
        assert!(
            same.into_iter()
                .zip(&numbers)
                .all(|(one, other)| ptr::eq(one, other))
        );
        let same: Vec<&String> = scope.map(&words[1..], |word| word).collect();
        assert!(
            same.into_iter()
                .zip(&words[1..])
                .all(|(one, other)| ptr::eq(one, other))
        );
        let same: Vec<&str> = scope.map(&texts, |text| *text).into_vec();
        assert_eq!(same, texts);
        // Of these, the items are sent.
        let same: Vec<&(u16, &str)> = scope.map(&pairs, |pair| pair).into_vec();
        assert!(same.into_iter().eq(&pairs));
        // They are also the same if they are taken one by one, or after others.
        let mut rest = scope.map(&words, String::as_str);
        assert_eq!(rest.next(), Some("word 0"));
        assert_eq!(rest.size_hint(), (words.len() - 1, Some(words.len() - 1)));
        assert_eq!(rest.into_vec(), texts[1..]);
    });
}

#[test]
fn the_first_panic_over_a_slice_continues() {
    let pool = ThreadPool::new(2);
    let numbers: Vec<u32> = (0..10_000).collect();
    let message = panic_of(|| {
        let check = |n: &u32| assert!(*n < 5_000, "{n} is too large");
        pool.scope(|scope| drop(scope.map(&numbers, check).into_vec()));
    });
    assert!(message.contains("5000 is too large"), "{message}");
}
