//! The values in locks, for the crate `serde`.
//!
//! A lock is written as its value, and read as a new lock around the value. Writing acquires the lock as its plain form
//! does, so it waits while another thread holds the lock.

use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

use super::lock::Lock;
use super::rlock::RLock;
use super::rwlock::RwLock;

macro_rules! as_its_value {
    ($($lock:ident $acquire:ident)*) => {$(
        impl<T: ?Sized + Serialize> Serialize for $lock<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.$acquire().serialize(serializer)
            }
        }

        impl<'de, T: Deserialize<'de>> Deserialize<'de> for $lock<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::deserialize(deserializer).map(Self::new)
            }
        }
    )*};
}

as_its_value! {
    Lock acquire
    RLock acquire
    RwLock read
}
