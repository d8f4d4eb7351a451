//! Locks as serde writes and reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use threadkit::{Event, Lock, RLock, RwLock, scope};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_lock_is_written_as_its_value() {
    let scores = BTreeMap::from([("Ada", vec![1, 2]), ("Grace", vec![])]);
    let expected = serde_json::to_string(&scores).unwrap();
    assert_eq!(
        serde_json::to_string(&Lock::new(scores.clone())).unwrap(),
        expected
    );
    assert_eq!(
        serde_json::to_string(&RLock::new(scores.clone())).unwrap(),
        expected
    );
    assert_eq!(
        serde_json::to_string(&RwLock::new(scores)).unwrap(),
        expected
    );
}

#[test]
fn a_lock_is_read_as_one_around_the_value() {
    let text = r#"["a", "b"]"#;
    let lock: Lock<Vec<String>> = serde_json::from_str(text).unwrap();
    assert!(!lock.is_locked());
    assert_eq!(lock.into_inner(), ["a", "b"]);
    let lock: RLock<Vec<String>> = serde_json::from_str(text).unwrap();
    assert_eq!(*lock.acquire(), ["a", "b"]);
    let lock: RwLock<Vec<String>> = serde_json::from_str(text).unwrap();
    assert_eq!(*lock.write(), ["a", "b"]);
}

#[test]
fn a_value_that_cannot_be_read_is_the_error_of_the_value() {
    let error = |text| serde_json::from_str::<u8>(text).unwrap_err().to_string();
    let of_lock = serde_json::from_str::<Lock<u8>>("300").unwrap_err();
    assert_eq!(of_lock.to_string(), error("300"));
    let of_rw_lock = serde_json::from_str::<RwLock<u8>>("\"x\"").unwrap_err();
    assert_eq!(of_rw_lock.to_string(), error("\"x\""));
}

#[test]
fn an_unsized_value_can_be_written() {
    let lock = Lock::new([1, 2, 3]);
    let unsized_lock: &Lock<[u8]> = &lock;
    assert_eq!(serde_json::to_string(unsized_lock).unwrap(), "[1,2,3]");
}

#[test]
fn a_lock_that_is_held_is_written_when_it_is_free() {
    let total = Lock::new(1);
    let begun = Event::new();
    let text = scope(|s| {
        let mut guard = total.acquire();
        let writer = s.spawn(|| {
            begun.set();
            serde_json::to_string(&total).unwrap()
        });
        assert!(begun.wait_timeout(LIMIT));
        *guard = 2;
        guard.release();
        assert!(writer.wait_timeout(LIMIT));
        writer.join().unwrap()
    });
    assert_eq!(text, "2");
}

#[test]
fn readers_do_not_keep_a_reader_from_writing_it_down() {
    let rates = RwLock::new(3);
    let _reader = rates.read();
    let text = scope(|s| {
        let writer = s.spawn(|| serde_json::to_string(&rates).unwrap());
        assert!(writer.wait_timeout(LIMIT));
        writer.join().unwrap()
    });
    assert_eq!(text, "3");
}

#[test]
fn a_nested_lock_is_written_under_its_holder() {
    let total = RLock::new(5);
    let _held = total.acquire();
    assert_eq!(serde_json::to_string(&total).unwrap(), "5");
}
