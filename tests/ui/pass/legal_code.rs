//! Legal code that is rare: each item compiles with its attribute as it does without.
#![deny(unused_must_use, unused_unsafe, unreachable_code)]
#![allow(dead_code, unused_variables, unused_mut, unused_braces, clippy::all)]

use std::fmt;
use std::ops::Index;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use threadkit::prelude::*;
use threadkit::{Lazy, LockGuard, Lockable, MappedLockGuard, RLock, RwLock};

static LOCK: Lock<u8> = Lock::new(1);
static TABLE: RwLock<u8> = RwLock::new(1);
static LOCKS: [Lock<u8>; 2] = [const { Lock::new(1) }; 2];
const LIMIT: Duration = Duration::from_secs(1);

struct Point {
    x: u8,
    y: u8,
}

mod bodies {
    use super::*;

    #[synchronized(LOCK)]
    fn labels() -> Option<u8> {
        let x = Some(1)?;
        'block: {
            if x == 1 {
                break 'block;
            }
            return None;
        }
        'rows: for _ in 0..3 {
            for _ in 0..3 {
                continue 'rows;
            }
        }
        Some(loop {
            break 3;
        })
    }

    #[synchronized(LOCK)]
    fn chains(given: Option<u8>) -> u8 {
        let Some(x) = given else { return 0 };
        if let Some(y) = given
            && y > 1
            && let 2..=5 = x
        {
            return y;
        }
        x
    }

    #[synchronized(LOCK)]
    fn nested() -> u8 {
        static INNER: Lock<u8> = Lock::new(1);
        #[synchronized(INNER)]
        fn inner() -> u8 {
            2
        }
        struct Local;
        impl Local {
            fn one(&self) -> u8 {
                1
            }
        }
        inner() + Local.one()
    }

    #[synchronized(LOCK)]
    fn attributes() -> u8 {
        #![allow(unused_assignments)]
        #[rustfmt::skip]
        let x = 1;
        #[cfg(any())]
        let x = "never";
        x
    }

    #[synchronized(read(table = TABLE), timeout = LIMIT, else = Err("busy".into()))]
    fn dynamic() -> Result<u8, Box<dyn std::error::Error>> {
        Ok("1".parse::<u8>()? + *table)
    }
}

mod signatures {
    use super::*;

    #[synchronized(total = LOCK)]
    fn generic<'a, T: ?Sized + 'a, const N: usize>(x: &'a [u8; N], _: &'a T) -> &'a [u8; N] {
        *total += 1;
        x
    }

    #[synchronized(LOCK)]
    fn const_block<T: Into<[u8; { 1 + 2 }]>>(value: T) -> [u8; 3] {
        value.into()
    }

    #[synchronized(LOCK)]
    fn bounds<T>(value: T) -> T
    where
        for<'x> &'x T: Send,
    {
        value
    }

    #[synchronized(total = LOCK)]
    fn patterns(
        (a, b): (u8, u8),
        [c, ..]: [u8; 3],
        Point { x, y: ref z }: Point,
        mut n: u8,
        whole @ _: u8,
        &k: &u8,
        _: (),
    ) -> u8 {
        n += *z + a + *total;
        n
    }

    #[synchronized(r#type = LOCK)]
    fn r#match(r#fn: u8) -> u8 {
        *r#type + r#fn
    }

    #[synchronized(LOCK)]
    fn conditional(#[cfg(any())] a: u8, #[cfg(not(any()))] b: u8) -> u8 {
        b
    }

    #[synchronized(LOCK)]
    extern "system" fn foreign(x: i32) -> i32 {
        x
    }

    #[synchronized(LOCK)]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn threadkit_legal_code(x: *const u8) -> u8 {
        unsafe { *x }
    }

    #[synchronized(LOCK)]
    fn function() -> Box<dyn for<'a> Fn(&'a str) -> &'a str> {
        Box::new(|text| text)
    }

    #[synchronized(LOCK)]
    fn opaque<'a>(text: &'a str) -> (u8, impl Iterator<Item = char> + use<'a>) {
        (1, text.chars())
    }

    #[synchronized(LOCK)]
    fn future(x: &u8) -> impl Future<Output = u8> {
        async move { *x }
    }

    #[synchronized(total = LOCK)]
    fn guard() -> LockGuard<'static, u8> {
        total
    }

    #[synchronized(total = LOCK)]
    fn mapped() -> MappedLockGuard<'static, u8> {
        LockGuard::map(total, |total| total)
    }

    #[synchronized(total = LOCK)]
    fn released() {
        total.release();
    }
}

mod locks {
    use super::*;

    static LAZY: LazyLock<Lock<u8>> = LazyLock::new(|| Lock::new(1));
    static OURS: Lazy<Lock<u8>> = Lazy::new(|| Lock::new(1));

    struct Holder<T>(T);

    impl<T> Holder<T> {
        const LOCK: &'static Lock<u8> = &LOCK;
    }

    fn get() -> &'static Lock<u8> {
        &LOCK
    }

    #[synchronized(LOCKS[0])]
    fn index() {}
    #[synchronized(*get())]
    fn call() {}
    #[synchronized(get())]
    fn reference() {}
    #[synchronized(super::LOCK)]
    fn path() {}
    #[synchronized(Holder::<u8>::LOCK)]
    fn generic_path() {}
    #[synchronized(<Holder<u8>>::LOCK)]
    fn qualified() {}
    #[synchronized({ &LOCK })]
    fn block() {}
    #[synchronized(if true { &LOCKS[0] } else { &LOCKS[1] })]
    fn branch() {}
    #[synchronized(value = LAZY)]
    fn lazy() {
        *value += 1;
    }
    #[synchronized(value = OURS)]
    fn our_lazy() {
        *value += 1;
    }
    #[synchronized(a = pair.0, b = pair.1)]
    fn pair(pair: &(Lock<u8>, Lock<u8>)) {
        std::mem::swap(&mut *a, &mut *b);
    }
    #[synchronized(lock)]
    fn shared(lock: Arc<Lock<u8>>) {}
    #[synchronized(lock)]
    fn boxed(lock: &Box<Lock<u8>>) {}
    #[synchronized(lock)]
    fn counted(lock: &Rc<Lock<u8>>) {}
    #[synchronized(lock)]
    fn twice_borrowed(lock: &&Lock<u8>) {}
    #[synchronized(lock)]
    fn any<L: Lockable>(lock: &L) {}
    #[synchronized(lock)]
    fn any_at_all(lock: &impl Lockable) {}
}

mod methods {
    use super::*;

    struct Shelf<T = u8, const N: usize = 3> {
        lock: Lock<T>,
        rest: [T; N],
    }

    impl<T: Copy, const N: usize> Shelf<T, N> {
        #[synchronized(value = self.lock)]
        fn shared(self: Arc<Self>) -> T {
            *value
        }

        #[synchronized(value = self.lock)]
        fn counted(self: &Rc<Self>) -> T {
            *value
        }

        #[synchronized(value = self.lock)]
        fn pinned(self: Pin<&mut Self>) -> T {
            *value
        }

        #[synchronized(value = self.lock)]
        fn borrowed<'a, 'b: 'a>(&'a self, other: &'b T) -> (&'a T, T) {
            (other, *value)
        }

        #[synchronized(self.lock)]
        fn rest(&self) -> impl Iterator<Item = &T> {
            self.rest.iter()
        }
    }

    trait Counts {
        fn lock(&self) -> &Lock<u8>;

        #[synchronized(value = *self.lock())]
        fn count(&self) -> u8 {
            *value
        }

        fn depth(&self, n: u8) -> u8;
    }

    static DEPTH: RLock<()> = RLock::new(());

    impl<T: Send> Counts for Shelf<T> {
        fn lock(&self) -> &Lock<u8> {
            &LOCK
        }

        #[synchronized(DEPTH)]
        fn depth(&self, n: u8) -> u8 {
            if n == 0 {
                0
            } else {
                1 + Counts::depth(self, n - 1)
            }
        }
    }

    #[synchronized(value = self.lock)]
    impl Shelf<u8> {
        const ONE: u8 = 1;

        fn never(&self) -> ! {
            loop {}
        }

        fn closure<'a>(&'a self) -> impl Fn() -> &'a u8 {
            || &self.rest[0]
        }

        unsafe fn promised(&self) -> u8 {
            *value
        }

        #[unsynchronized]
        fn into_inner(self) -> u8 {
            self.lock.into_inner()
        }
    }

    #[synchronized(self.lock)]
    impl fmt::Display for Shelf<u8> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", self.rest[0])
        }
    }

    struct Ends;

    impl Drop for Ends {
        #[synchronized(LOCK)]
        fn drop(&mut self) {}
    }

    impl Index<usize> for Ends {
        type Output = str;

        #[synchronized(LOCK)]
        fn index(&self, _: usize) -> &str {
            ""
        }
    }
}

mod threads {
    use super::*;

    #[thread]
    fn array<T: Send + 'static, const N: usize>(items: [T; N]) -> [T; N] {
        items
    }

    #[thread]
    fn higher(f: for<'a> fn(&'a u8) -> &'a u8, g: impl Fn(&u8) -> &u8 + Send + 'static) -> u8 {
        *f(g(&1))
    }

    #[thread(name = "x-{fn}")]
    fn r#match(r#fn: u8, Point { x, .. }: Point, &k: &'static u8) -> &'static str {
        "ended"
    }

    #[thread]
    fn future(x: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
        Box::pin(async move { x })
    }

    #[thread]
    fn deeper(n: u8) -> u8 {
        if n == 0 {
            0
        } else {
            deeper(n - 1).join().unwrap()
        }
    }

    struct Worker<F: FnOnce() -> R, R>(F, std::marker::PhantomData<R>);

    #[thread]
    impl<F: FnOnce() -> R + Send + 'static, R: Send + 'static> Worker<F, R> {
        fn run(self) -> R {
            (self.0)()
        }
    }

    struct Borrows<'a>(&'a str);

    #[thread]
    impl<'a> Borrows<'a> {
        fn run(self, stop: &StopToken) -> &'a str {
            let Some(text) = self.0.strip_prefix("x") else {
                return "";
            };
            text
        }
    }

    struct Owner(Vec<u8>);

    impl Owner {
        #[thread]
        fn pinned(self: Pin<Box<Self>>) -> usize {
            self.0.len()
        }
    }

    trait Starts: Send + Sync + Sized + 'static {
        #[thread]
        fn begin(self: Arc<Self>) -> u8 {
            1
        }
    }
}

mod monitors {
    use super::*;

    pub(crate) struct Shelf<T, const N: usize> {
        items: Vec<T>,
    }

    #[monitor(pub(crate) SharedShelf, poison)]
    impl<T: Send + Clone + 'static, const N: usize> Shelf<T, N> {
        pub const ONE: usize = 1;

        pub fn new(items: [T; N]) -> Result<Self, String> {
            Ok(Self {
                items: items.into(),
            })
        }

        #[when(self.items.len() < N)]
        pub fn put(&mut self, item: T) {
            self.items.push(item);
        }

        #[when(self.items.len() >= n && !self.items.is_empty(), timeout, until)]
        pub fn take(&mut self, n: usize) -> Option<T> {
            self.items.pop()
        }

        pub fn generic<U, const M: usize>(&self, items: [U; M], f: impl Fn(&T) -> U) -> [U; M]
        where
            for<'x> &'x U: Send,
        {
            items
        }

        pub fn patterns(&mut self, (a, b): (u8, u8), Point { x, .. }: Point, mut n: u8) -> u8 {
            n += a;
            n
        }

        pub fn r#match(&self, r#fn: u8) -> Result<u8, std::num::ParseIntError> {
            Ok("1".parse::<u8>()? + r#fn)
        }

        pub fn given<'x>(&self, text: &'x str) -> &'x str {
            text
        }

        pub extern "C" fn never(&self) -> ! {
            loop {}
        }

        #[when(f(&self.items))]
        pub fn wait(&self, f: impl Fn(&[T]) -> bool) {}
    }
}

fn main() {}
