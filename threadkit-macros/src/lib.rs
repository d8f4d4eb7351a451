//! The attribute macros of threadkit; use them through the `threadkit` crate, which re-exports them.
//!
//! Each attribute is a folder: its arguments as written (`args`), the checked facts (`model`), and the
//! expansion (`expand`). Mistakes are collected and reported together, and the user's item is always
//! emitted. The manuals are in `docs/`, with a table of where each attribute may stand (`places.md`) and a page of
//! all messages (`messages.md`).
#![forbid(unsafe_code)]

mod diagnostics;
mod explore_fn;
mod item;
mod main_fn;
mod manifest;
mod monitor;
mod options;
mod paths;
mod synchronized;
#[cfg(test)]
mod tests;
mod thread;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/thread.md")]
#[proc_macro_attribute]
pub fn thread(args: TokenStream, item: TokenStream) -> TokenStream {
    thread::attribute(args.into(), item.into()).into()
}

#[doc = include_str!("../docs/derive_thread.md")]
#[proc_macro_derive(Thread, attributes(thread))]
pub fn derive_thread(item: TokenStream) -> TokenStream {
    thread::derive(item.into()).into()
}

#[doc = include_str!("../docs/synchronized.md")]
#[proc_macro_attribute]
pub fn synchronized(args: TokenStream, item: TokenStream) -> TokenStream {
    synchronized::attribute(args.into(), item.into()).into()
}

#[doc = include_str!("../docs/monitor.md")]
#[proc_macro_attribute]
pub fn monitor(args: TokenStream, item: TokenStream) -> TokenStream {
    monitor::attribute(args.into(), item.into()).into()
}

/// The condition for which a method of a [`#[monitor]`](macro@monitor) waits.
///
/// `#[monitor(Name)]` reads it and removes it from the methods of its impl block. Anywhere else it is a mistake
/// and reports an error.
///
/// # Examples
///
/// ```
/// use threadkit::prelude::*;
///
/// #[derive(Default)]
/// struct Door {
///     open: bool,
/// }
///
/// #[monitor(SharedDoor)]
/// impl Door {
///     pub fn open(&mut self) {
///         self.open = true;
///     }
///
///     #[when(self.open)]
///     pub fn enter(&self) -> &'static str {
///         "inside"
///     }
/// }
///
/// let door = SharedDoor::from(Door::default());
/// let guest = door.clone();
/// let guest = threadkit::spawn(move || guest.enter());
/// door.open();
/// assert_eq!(guest.join().unwrap(), "inside");
/// ```
#[proc_macro_attribute]
pub fn when(_args: TokenStream, item: TokenStream) -> TokenStream {
    monitor::stray(item.into()).into()
}

#[doc = include_str!("../docs/main.md")]
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::attribute(args.into(), item.into()).into()
}

#[doc = include_str!("../docs/explore.md")]
#[proc_macro_attribute]
pub fn explore(args: TokenStream, item: TokenStream) -> TokenStream {
    explore_fn::attribute(args.into(), item.into()).into()
}
