//! The registration of a callback.

use core::fmt;
use std::sync::{Arc, Weak};

use super::callback::Callback;
use super::stop_state::{Key, StopState};
use crate::inspect::Call;

/// Keeps a callback registered; dropping this unregisters it.
///
/// Made by [`StopToken::on_stop`](crate::StopToken::on_stop). When the drop returns, the callback is not
/// running and will not run: the drop waits for a callback that runs on another thread. It does not wait
/// inside the callback itself, nor in a task that the callback waits for and that runs inline on the
/// same thread. [`detach`](Self::detach) leaves the callback in place.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::{Lock, StopSource};
///
/// let (source, called) = (StopSource::new(), Arc::new(Lock::new(Vec::new())));
/// let [first, _second] = ["first", "second"].map(|name| {
///     let called = Arc::clone(&called);
///     source.token().on_stop(move || called.acquire().push(name))
/// });
/// drop(first);
/// source.stop();
/// assert_eq!(*called.acquire(), ["second"]);
/// ```
#[must_use = "the callback is taken back at once; bind it, or call `detach`; `let _ = ..` drops it at once too"]
pub struct Registration {
    /// `None` if there is nothing to unregister.
    registered: Option<Registered>,
}

struct Registered {
    callback: Arc<Callback>,
    /// Weak: a callback does not keep its source alive.
    state: Weak<StopState>,
    key: Key,
    /// Where it was registered.
    call: Call,
}

impl Registration {
    pub(super) fn at(
        callback: Arc<Callback>,
        state: &Arc<StopState>,
        key: Key,
        call: Call,
    ) -> Self {
        Self {
            registered: Some(Registered {
                callback,
                state: Arc::downgrade(state),
                key,
                call,
            }),
        }
    }

    /// Unregisters the callback without waiting for it if it runs at this moment.
    pub(crate) fn withdraw(mut self) {
        let registered = self.registered.take();
        if let Some((registered, state)) =
            registered.and_then(|it| it.state.upgrade().map(|state| (it, state)))
        {
            state.remove_callback(registered.key);
        }
    }

    /// The registration of a callback that has run.
    pub(super) fn over() -> Self {
        Self { registered: None }
    }

    /// Leaves the callback registered for as long as there is a source.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Event, StopSource};
    ///
    /// let source = StopSource::new();
    /// let stopped = Arc::new(Event::new());
    /// let event = Arc::clone(&stopped);
    /// source.token().on_stop(move || event.set()).detach();
    /// source.stop();
    /// assert!(stopped.is_set());
    /// ```
    pub fn detach(mut self) {
        self.registered = None;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Some(Registered {
            callback,
            state,
            key,
            call,
        }) = self.registered.take()
        else {
            return;
        };
        // Off the list first: a stop that comes now does not find it, or has it already.
        if let Some(state) = state.upgrade() {
            state.remove_callback(key);
        }
        callback.revoke(call);
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").finish_non_exhaustive()
    }
}
