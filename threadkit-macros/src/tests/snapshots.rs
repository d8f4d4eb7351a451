//! Snapshots of the expansion of every form of every attribute.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p threadkit-macros` rewrites them; read the diff.

use std::fs;
use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{explore_fn, main_fn, monitor, synchronized, thread};

/// Compares `tokens`, pretty-printed, to the snapshot called `name`.
#[track_caller]
fn check(name: &str, tokens: TokenStream) {
    let file = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{error} in\n{tokens}"));
    let text = prettyplease::unparse(&file);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/tests/snapshots")
        .join(name)
        .with_extension("txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &text).expect("a snapshot can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == known,
        "{name} expands to\n{text}\nand not any more to\n{known}"
    );
}

#[test]
fn thread_on_an_impl_block() {
    let item = quote! {
        impl Worker {
            fn run(&mut self) -> u32 { self.count() }
        }
    };
    check("thread_impl", thread::attribute(quote!(), item));
}

#[test]
fn thread_on_an_impl_block_with_everything() {
    let item = quote! {
        #[cfg(unix)]
        impl<'a, T: Clone, const N: usize> Worker<'a, T, N> where T: Ord {
            /// Runs.
            fn run(mut self, stop: &StopToken) -> Self { self }
        }
    };
    let args = quote!(
        name = "worker-{id:03}",
        daemon,
        stack_size = 64 * 1024,
        crate = facade::threadkit
    );
    check("thread_impl_full", thread::attribute(args, item));
}

#[test]
fn thread_on_the_impl_of_a_trait() {
    let item = quote! {
        impl Job<u8> for Worker {
            fn run(&self) -> ! { loop {} }
        }
    };
    check("thread_trait_impl", thread::attribute(quote!(), item));
}

#[test]
fn thread_on_a_struct() {
    let item = quote! {
        pub(crate) struct Worker { r#type: u8 }
    };
    check(
        "thread_struct",
        thread::attribute(quote!(name = "{type}"), item),
    );
}

#[test]
fn thread_on_a_struct_with_a_result() {
    let item = quote! {
        struct Worker<T: Clone = u8>(T) where T: Send;
    };
    check(
        "thread_struct_returns",
        thread::attribute(quote!(returns = Vec<T>), item),
    );
}

#[test]
fn derive_thread() {
    let item = quote! {
        #[thread(name = "{{{0}}}")]
        pub struct Worker(u8);
    };
    check("thread_derive", thread::derive(item));
}

#[test]
fn thread_shared() {
    let item = quote! {
        impl<T> Download<T> {
            fn run(&self, stop: &StopToken) -> u32 { 1 }
        }
    };
    check(
        "thread_shared_impl",
        thread::attribute(quote!(shared, name = "{url}"), item),
    );
    let item = quote!(
        struct Download(u8);
    );
    check(
        "thread_shared_struct",
        thread::attribute(quote!(shared), item),
    );
}

#[test]
fn thread_on_a_function() {
    let item = quote! {
        /// Crawls.
        pub fn crawl(url: String, (a, mut b): (u8, u8), _: Guard, stop: &StopToken) -> Result<u32, Error> {
            #![allow(unused)]
            fetch(&url)?
        }
    };
    check(
        "thread_function",
        thread::attribute(quote!(name = "crawl-{url}", daemon), item),
    );
}

#[test]
fn thread_on_a_function_without_parameters() {
    check(
        "thread_function_bare",
        thread::attribute(
            quote!(),
            quote!(
                fn beat() {}
            ),
        ),
    );
}

#[test]
fn thread_on_a_method() {
    let item = quote! {
        fn flush<T>(self: Arc<Self>, item: T) -> Self where T: Send + 'static { self.push(item) }
    };
    check(
        "thread_method",
        thread::attribute(quote!(name = "flush-{label}"), item),
    );
}

#[test]
fn thread_after_a_mistake() {
    let item = quote!(
        fn crawl(url: &str) -> usize {
            url.len()
        }
    );
    check("thread_function_mistake", thread::attribute(quote!(), item));
    let item = quote!(impl Worker { async fn run(&self) {} });
    check("thread_impl_mistake", thread::attribute(quote!(), item));
}

#[test]
fn synchronized_without_an_argument() {
    let item = quote!(
        pub fn log<T>(item: T) -> impl Sized + use<T> {
            item
        }
    );
    check("synchronized_bare", synchronized::attribute(quote!(), item));
}

#[test]
fn synchronized_with_a_lock() {
    let item = quote!(
        #[inline]
        unsafe extern "C" fn log() {
            #![allow(unused)]
            let x = 1;
        }
    );
    check(
        "synchronized_lock",
        synchronized::attribute(quote!(LOCK), item),
    );
}

#[test]
fn synchronized_with_a_guard() {
    let item = quote!(
        fn add(&self, n: u64) {
            *total += n;
        }
    );
    check(
        "synchronized_guard",
        synchronized::attribute(quote!(total = self.total), item),
    );
}

#[test]
fn synchronized_with_a_side() {
    let item = quote!(
        fn get() -> u64 {
            *table
        }
    );
    check(
        "synchronized_read",
        synchronized::attribute(quote!(read(table = TABLE)), item),
    );
}

#[test]
fn synchronized_with_several_locks() {
    let item = quote!(
        fn all() -> u64 {
            *a + *b
        }
    );
    let args = quote!(a = A, self_lock.inner(1)[2], write(b = TABLE));
    check("synchronized_several", synchronized::attribute(args, item));
}

#[test]
fn synchronized_with_a_timeout() {
    let item = quote!(
        fn get() -> Option<u64> {
            Some(*a)
        }
    );
    let args = quote!(a = A, timeout = LIMIT, else = None);
    check(
        "synchronized_timeout",
        synchronized::attribute(args, item.clone()),
    );
    let args = quote!(a = A, read(B), timeout = LIMIT, else = return None);
    check(
        "synchronized_several_timeout",
        synchronized::attribute(args, item),
    );
    let item = quote!(
        fn unit() {}
    );
    let args = quote!(timeout = LIMIT, else = ());
    check(
        "synchronized_bare_timeout",
        synchronized::attribute(args, item),
    );
}

#[test]
fn synchronized_on_an_impl_block() {
    let item = quote! {
        impl Counter {
            const ONE: u8 = 1;
            fn new() -> Self { Self }
            /// Counts.
            pub fn count(&self) -> u64 { *state += 1; *state }
            #[unsynchronized]
            fn peek(&self) -> bool { true }
            #[synchronized(self.other)]
            fn other(&self) {}
        }
    };
    check(
        "synchronized_impl",
        synchronized::attribute(quote!(state = self.state), item),
    );
}

#[test]
fn synchronized_after_a_mistake() {
    let item = quote!(
        fn add(n: u64) {
            *total += n;
        }
    );
    check(
        "synchronized_mistake",
        synchronized::attribute(quote!(total = "x"), item),
    );
}

#[test]
fn monitor_on_an_impl_block() {
    let item = quote! {
        impl Account {
            /// Opens it.
            pub fn open(balance: u64) -> Result<Self, Error> { Self::checked(balance) }
            #[inline]
            #[must_use]
            pub fn balance(&self) -> u64 { self.balance }
            #[deprecated]
            pub fn deposit(&mut self, mut n: u64, (a, b): (u8, u8)) { self.balance += n }
            fn hidden(self) {}
        }
    };
    check("monitor", monitor::attribute(quote!(SharedAccount), item));
}

#[test]
fn monitor_that_waits() {
    let item = quote! {
        #[cfg(unix)]
        impl<'a, T: Clone, const N: usize> Buffer<'a, T, N> where T: Ord {
            #[when(self.items.len() < Self::ROOM)]
            pub(crate) fn put(&mut self, item: T) { self.items.push(item) }
            /// Takes several.
            #[when(self.items.len() >= n, timeout, until)]
            #[must_use]
            pub(crate) fn take(&mut self, n: usize) -> Vec<T> { self.items.split_off(n) }
            #[when(self.items.is_empty())]
            pub(crate) fn drained(&self) {}
        }
    };
    let args = quote!(pub(super) SharedBuffer, crate = facade::threadkit);
    check("monitor_when", monitor::attribute(args, item));
}

#[test]
fn monitor_with_conditions_of_all_kinds() {
    let item = quote! {
        impl<T> Gate<T> {
            #[when(let Self::Locked { by } = self && *by != Self::NOBODY)]
            pub fn unlock(&mut self) { *self = Self::Open }
            #[when(self.len() > M)]
            #[allow(clippy::len_zero)]
            pub fn take<const M: usize, U: Into<T>>(&mut self, by: U) -> U { by }
            #[when(matches!(self, Self::Locked { by } if *by == who))]
            pub fn locked<'a>(&'a self, timeout: &'a u8, who: u8) -> Vec<Self> where Self: Clone {}
        }
    };
    let args = quote!(SharedGate);
    check("monitor_conditions", monitor::attribute(args, item));
}

#[test]
fn monitor_that_can_be_poisoned() {
    let item = quote! {
        impl Account {
            pub fn deposit(&mut self, n: u64) { self.balance += n }
        }
    };
    let args = quote!(SharedAccount, poison);
    check("monitor_poison", monitor::attribute(args, item));
}

#[test]
fn monitor_after_a_mistake() {
    let item = quote! {
        impl Account {
            #[when(self.balance > 0)]
            pub fn close(self) {}
            pub fn balance(&self) -> u64 { self.balance }
        }
    };
    check(
        "monitor_mistake",
        monitor::attribute(quote!(SharedAccount), item),
    );
}

#[test]
fn main() {
    let item = quote!(
        pub fn main() -> ExitCode {
            #![allow(unused)]
            run()?
        }
    );
    check("main", main_fn::attribute(quote!(), item.clone()));
    check(
        "main_ctrl_c",
        main_fn::attribute(quote!(ctrl_c = stop), item),
    );
}

#[test]
fn explore() {
    let item = quote! {
        #[test]
        fn nothing_is_lost() -> Result<(), Lost> {
            body()
        }
    };
    check(
        "explore",
        explore_fn::attribute(quote!(runs = 100, pct = 2), item),
    );
}
