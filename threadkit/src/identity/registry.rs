//! The registry of live threads.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;
use std::sync::Arc;

use super::Identity;
use crate::backend::{QuietMutex, TaskId};

/// More than there are threads starting at one moment, so that starts do not queue up.
const SHARDS: usize = 16;

/// Keeps its memory when it is empty, so that a thread that starts and ends asks for none.
type Shard = QuietMutex<HashMap<TaskId, Arc<Identity>, BuildHasherDefault<ById>>>;

/// Ids are counted up, so one multiplication spreads them.
#[derive(Default)]
struct ById(u64);

impl Hasher for ById {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, id: u64) {
        // The map looks at the highest bits as well as at the lowest.
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }
}

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "a recipe, not a value"
)]
const EMPTY: Shard = QuietMutex::new(HashMap::with_hasher(BuildHasherDefault::new()));

/// Every thread that is alive and known, in the shard that its id selects.
///
/// A started thread is in here from just before it starts to just before its end is announced; an
/// adopted one until its thread-locals are destroyed. Each shard is locked for one map operation,
/// and never two at a time.
static LIVE: [Shard; SHARDS] = [const { EMPTY }; SHARDS];

fn shard(id: TaskId) -> &'static Shard {
    &LIVE[id.get() as usize % SHARDS]
}

pub(crate) fn register(identity: &Arc<Identity>) {
    shard(identity.id())
        .lock()
        .insert(identity.id(), Arc::clone(identity));
}

pub(crate) fn unregister(id: TaskId) {
    // Dropped after the shard is free again: this may be the last owner of a name.
    let _gone = shard(id).lock().remove(&id);
}

/// Tasks that run in the midst of others, on threads that are not theirs: known by their ids, and not
/// listed as threads. Seldom more than a few, so one map serves.
static GUESTS: Shard = EMPTY;

pub(super) fn register_guest(identity: &Arc<Identity>) {
    GUESTS.lock().insert(identity.id(), Arc::clone(identity));
}

pub(super) fn unregister_guest(id: TaskId) {
    let _gone = GUESTS.lock().remove(&id);
}

/// The live thread or guest with that id.
pub(crate) fn find(id: TaskId) -> Option<Arc<Identity>> {
    let thread = shard(id).lock().get(&id).cloned();
    thread.or_else(|| GUESTS.lock().get(&id).cloned())
}

/// All live threads, in the order in which they got their ids.
pub(crate) fn alive() -> Vec<Arc<Identity>> {
    let mut all = Vec::new();
    for shard in &LIVE {
        all.extend(shard.lock().values().cloned());
    }
    all.sort_unstable_by_key(|identity| identity.id());
    all
}

pub(crate) fn alive_count() -> usize {
    LIVE.iter().map(|shard| shard.lock().len()).sum()
}
