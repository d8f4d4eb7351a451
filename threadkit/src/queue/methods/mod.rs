//! The methods that all three queues have, with their docs.

mod finish;
mod get;
mod put;
mod state;

pub(super) use self::finish::finish_methods;
pub(super) use self::get::get_methods;
pub(super) use self::put::put_methods;
pub(super) use self::state::state_methods;

/// The call of a method of a queue, at the line of its caller.
macro_rules! here {
    ($Queue:ident::$method:ident) => {
        Operation::named(concat!(stringify!($Queue), "::", stringify!($method))).here()
    };
}

/// Writes the methods of a queue whose field `inner` is an `Arc<Inner<..>>`.
macro_rules! queue_methods {
    ($Queue:ident, $Store:ty $(, $bound:path)?) => {
        $crate::queue::methods::state_methods!($Queue $(, $bound)?);
        $crate::queue::methods::put_methods!($Queue $(, $bound)?);
        $crate::queue::methods::get_methods!($Queue $(, $bound)?);
        $crate::queue::methods::finish_methods!($Queue $(, $bound)?);

        /// Another handle of the same queue.
        impl<T> Clone for $Queue<T> {
            fn clone(&self) -> Self {
                Self {
                    inner: Arc::clone(&self.inner),
                }
            }
        }

        impl<T $(: $bound)?> AnyQueue for $Queue<T> {
            type Item = T;
        }

        impl<T $(: $bound)?> Tap for $Queue<T> {
            type Got = T;
            type Store = $Store;

            #[inline]
            fn inner(&self) -> &Inner<$Store> {
                &self.inner
            }
        }
    };
}

pub(super) use {here, queue_methods};
