//! The attribute macros of threadkit; use them through the `threadkit` crate.
#![forbid(unsafe_code)]

mod diagnostics;
mod item;
mod main_fn;
mod options;
mod paths;
mod synchronized;
mod thread;

use proc_macro::TokenStream;

/// See `threadkit`.
#[proc_macro_attribute]
pub fn thread(args: TokenStream, item: TokenStream) -> TokenStream {
    thread::attribute(args.into(), item.into()).into()
}

/// See `threadkit`.
#[proc_macro_derive(Thread, attributes(thread))]
pub fn derive_thread(item: TokenStream) -> TokenStream {
    thread::derive(item.into()).into()
}

/// See `threadkit`.
#[proc_macro_attribute]
pub fn synchronized(args: TokenStream, item: TokenStream) -> TokenStream {
    synchronized::attribute(args.into(), item.into()).into()
}

/// See `threadkit`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::attribute(args.into(), item.into()).into()
}
