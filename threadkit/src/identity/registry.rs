//! The registry of live threads.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::Identity;
use crate::backend::{QuietMutex, TaskId};

/// More than there are threads starting at one moment, so that starts do not queue up.
const SHARDS: usize = 16;

/// Keeps its memory when it is empty, so that a thread that starts and ends asks for none.
type Shard<I> = QuietMutex<HashMap<TaskId, I, BuildHasherDefault<ById>>>;

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

const fn empty<I>() -> Shard<I> {
    QuietMutex::new(HashMap::with_hasher(BuildHasherDefault::new()))
}

/// Every thread that is known, in the shard that its id selects.
///
/// A thread is in here from just before it starts, or from when it is met, until its identity is
/// dropped; it is listed for as long as it has not [left](Identity::leave). So whoever owns an
/// identity last takes it out: mostly the one who started the thread and joins it, in whose cache the
/// map still is. Each shard is locked for one map operation; only [`alive`] locks several, in their
/// order. No identity is dropped meanwhile, because that locks the shard.
static KNOWN: [Shard<Weak<Identity>>; SHARDS] = [const { empty() }; SHARDS];

fn shard(id: TaskId) -> &'static Shard<Weak<Identity>> {
    &KNOWN[id.get() as usize % SHARDS]
}

pub(crate) fn register(identity: &Arc<Identity>) {
    shard(identity.id())
        .lock()
        .insert(identity.id(), Arc::downgrade(identity));
}

/// The identity with that id is being dropped.
pub(super) fn forget(id: TaskId) {
    shard(id).lock().remove(&id);
}

/// Tasks that run in the midst of others, on threads that are not theirs: known by their ids, and not
/// listed as threads. Seldom more than a few, so one map serves.
static NESTED: Shard<Arc<Identity>> = empty();

pub(super) fn register_nested(identity: &Arc<Identity>) {
    NESTED.lock().insert(identity.id(), Arc::clone(identity));
}

pub(super) fn unregister_nested(id: TaskId) {
    let _gone = NESTED.lock().remove(&id);
}

/// The live thread or nested with that id.
pub(crate) fn find(id: TaskId) -> Option<Arc<Identity>> {
    let known = shard(id).lock().get(&id).and_then(Weak::upgrade);
    let thread = known.filter(|identity| !identity.has_left());
    thread.or_else(|| NESTED.lock().get(&id).cloned())
}

/// All live threads, in the order in which they got their ids.
///
/// As they are at one moment, with all shards locked: a thread that starts another and ends is in here, or
/// the other is. One shard after the other, both could be missed, and whoever waits for the last thread
/// would go on without it.
pub(crate) fn alive() -> Vec<Arc<Identity>> {
    let shards = KNOWN.each_ref().map(QuietMutex::lock);
    let known = shards.iter().flat_map(|shard| shard.values());
    // Looked at now, as whoever has left by now has registered before what it started. But kept, until no
    // shard is locked any more: this may be the last owner of one that has left.
    let (mut alive, left): (Vec<_>, Vec<_>) = known
        .filter_map(Weak::upgrade)
        .partition(|identity: &Arc<Identity>| !identity.has_left());
    drop(shards);
    drop(left);
    alive.sort_unstable_by_key(|identity| identity.id());
    alive
}
