//! `#[monitor]` on impl blocks of every shape, in a crate that denies warnings.
#![deny(warnings, unused, rust_2018_idioms, nonstandard_style)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub)]
#![deny(single_use_lifetimes, unused_lifetimes, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic, clippy::multiple_inherent_impl)]
#![forbid(unsafe_code, unused_parens, unused_mut)]
// These lints are about the code as written, and not about its expansion.
#![allow(clippy::must_use_candidate, clippy::missing_panics_doc)]
#![allow(clippy::unused_self, clippy::too_many_lines)]

use std::time::Duration;

use threadkit::prelude::*;

/// Conditions that name the type.
mod with_self {
    use threadkit::monitor;

    #[derive(Debug)]
    pub(crate) enum Gate {
        Open,
        Locked(u8),
        Moving { to: u8 },
    }

    #[monitor(SharedGate)]
    impl Gate {
        const FLOORS: u8 = 3;

        #[when(matches!(self, Self::Locked(_)))]
        pub(crate) fn unlock(&mut self) {
            *self = Self::Open;
        }

        #[when(matches!(*self, Self::Moving { to } if to < Self::FLOORS))]
        pub(crate) fn arrive(&mut self) -> u8 {
            let Self::Moving { to } = *self else { return 0 };
            *self = Self::Locked(to);
            to
        }

        #[when(match self { Self::Open => true, Self::Moving { .. } | Self::Locked(_) => false })]
        pub(crate) fn go(&mut self, to: u8) {
            *self = Self::Moving { to };
        }

        #[when(match self { Self::Locked(at) => *at == floor, Self::Open | Self::Moving { .. } => false }, timeout, until)]
        pub(crate) fn locked_at(&self, floor: u8) -> u8 {
            floor
        }
    }

    #[derive(Debug, PartialEq)]
    pub(crate) struct Slot<T> {
        pub(crate) n: Option<T>,
    }

    #[monitor(SharedSlot)]
    impl<T: PartialEq> Slot<T> {
        #[when(*self != Self { n: None })]
        pub(crate) fn take(&mut self) -> Option<T> {
            self.n.take()
        }

        #[when(*self == Self { n: None } && matches!(item, Some(ref new) if Some(new) != self.n.as_ref()), timeout)]
        pub(crate) fn put(&mut self, item: Option<T>) {
            self.n = item;
        }

        #[when(Self::same(self, &item))]
        pub(crate) fn is(&self, item: Option<T>) {
            drop(item);
        }

        #[allow(clippy::ref_option)]
        fn same(&self, item: &Option<T>) -> bool {
            self.n == *item
        }
    }

    #[derive(Debug)]
    pub(crate) struct Unit;

    #[monitor(SharedUnit)]
    impl Unit {
        #[when(matches!(self, Self))]
        pub(crate) fn here(&self) -> bool {
            matches!(self, Self)
        }

        #[when(matches!(self, Self) && yes)]
        pub(crate) fn there(&self, yes: bool) -> bool {
            yes
        }
    }

    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Tuple<'a, T>(pub(crate) &'a str, pub(crate) T);

    #[monitor(SharedTuple)]
    impl<'a, T: Clone + PartialEq> Tuple<'a, T> {
        #[when(Self(self.0, self.1.clone()) == *self)]
        pub(crate) fn same(&self) -> &'a str {
            self.0
        }

        #[when(Self(self.0, other.clone()) == *self)]
        pub(crate) fn is(&self, other: T) -> (T, &'a str) {
            (other, self.0)
        }
    }
}

/// Conditions that name parameters of the method and of the block.
mod with_parameters {
    use std::fmt::{Debug, Display};
    use threadkit::monitor;

    #[derive(Debug)]
    pub(crate) struct Batch<T, const N: usize>(pub(crate) Vec<T>);

    #[monitor(SharedBatch)]
    impl<T: Debug, const N: usize> Batch<T, N> {
        #[when(self.0.len() >= M, timeout, until)]
        pub(crate) fn take<const M: usize>(&mut self) -> Vec<T> {
            self.0.drain(..M).collect()
        }

        #[when(self.0.len() < N)]
        pub(crate) fn put(&mut self, item: T) {
            self.0.push(item);
        }

        #[when(self.0.len() > size_of::<U>() && N > M)]
        pub(crate) fn bigger<U, V: From<U> + Default, const M: usize>(&self) -> V {
            V::default()
        }

        #[when(self.0.iter().is_sorted())]
        pub(crate) fn least(&self) -> Option<T>
        where
            T: Ord + Clone,
        {
            self.0.first().cloned()
        }

        #[when(self.0.iter().map(|item| U::from(item.clone())).any(|all| all == U::default()))]
        #[allow(clippy::extra_unused_type_parameters)]
        pub(crate) fn has_default<U, W>(&self, other: W) -> String
        where
            U: From<T> + PartialEq + Default,
            T: Clone,
            W: Into<String>,
        {
            other.into()
        }

        #[when(self.0.len() == list.len() && list.iter().all(|item| *item < M))]
        pub(crate) fn all_below<const M: u8>(&self, list: &[u8]) -> usize {
            list.len()
        }

        #[when(!self.0.is_empty())]
        pub(crate) fn show<'s, W>(&self, before: &'s str, after: W) -> String
        where
            W: Display + 's,
        {
            format!("{before}{:?}{after}", self.0)
        }

        #[when(!self.0.is_empty())]
        pub(crate) fn shown(&self, with: impl Fn(&T) -> String) -> Vec<String> {
            self.0.iter().map(with).collect()
        }

        #[when(self.0.iter().any(&mut test))]
        pub(crate) fn any(&self, mut test: impl FnMut(&T) -> bool) -> usize {
            self.0.iter().filter(|item| test(item)).count()
        }
    }
}

/// Where clauses and bounds about the type itself.
mod with_bounds {
    use threadkit::monitor;

    #[derive(Debug, Clone, Default)]
    pub(crate) struct Copied<T>(pub(crate) T);

    #[monitor(SharedCopied)]
    impl<T> Copied<T>
    where
        Self: Default,
        T: PartialOrd,
    {
        #[when(*self.least() < self.0)]
        pub(crate) fn copy(&self) -> Self
        where
            Self: Clone,
        {
            self.clone()
        }

        pub(crate) fn all(&self) -> Vec<Self>
        where
            Vec<Self>: Clone,
            Self: Clone,
        {
            vec![self.clone()]
        }

        pub(crate) fn take(&mut self) -> Self {
            std::mem::take(self)
        }

        #[when(self.0 > other.0)]
        pub(crate) fn above(&self, other: &Self) -> bool {
            self.0 > other.0
        }

        pub(crate) fn apply(&mut self, with: impl FnOnce(&mut Self) -> bool) -> bool {
            with(self)
        }

        fn least(&self) -> &T {
            static_default(&self.0)
        }
    }

    fn static_default<T>(least: &T) -> &T {
        least
    }

    pub(crate) trait Kind {
        type Item: Clone;
        const ROOM: usize;
    }

    #[derive(Debug)]
    pub(crate) struct Letters;

    impl Kind for Letters {
        type Item = char;
        const ROOM: usize = 2;
    }

    #[derive(Debug)]
    pub(crate) struct Of<K: Kind>(pub(crate) Vec<K::Item>);

    #[monitor(SharedOf)]
    impl<K> Of<K>
    where
        K: Kind,
        K::Item: PartialEq,
    {
        #[when(self.0.len() < K::ROOM)]
        pub(crate) fn put(&mut self, item: K::Item) {
            self.0.push(item);
        }

        #[when(self.0.contains(item))]
        pub(crate) fn find(&self, item: &K::Item) -> Option<<K as Kind>::Item> {
            self.0.iter().find(|each| *each == item).cloned()
        }
    }
}

/// Parameters with names that generated code uses.
mod with_names {
    use std::time::Duration;
    use threadkit::monitor;

    #[derive(Debug)]
    pub(crate) struct Names(pub(crate) u64);

    #[monitor(SharedNames, poison)]
    impl Names {
        #[when(self.0 > 0, timeout, until)]
        pub(crate) fn wait(&mut self, timeout: Duration, until: u64, inside: u64) -> u64 {
            self.0 += until + inside;
            timeout.as_secs()
        }

        #[when(self.0 > timeout + until + inside + value + ended, timeout, until)]
        pub(crate) fn all(&self, timeout: u64, until: u64, inside: u64, value: u64, ended: u64) {
            assert!(self.0 > timeout + until + inside + value + ended);
        }

        pub(crate) fn pair(&self, (a, b): (u64, u64), argument_0: u64, [c]: [u64; 1]) -> u64 {
            self.0 + a + b + argument_0 + c
        }

        pub(crate) fn several(&self, argument_1: u64, _: u64, argument_1_: u64) -> u64 {
            argument_1 + argument_1_
        }

        #[when(self.n() > 0 && self.0 != 7)]
        pub(crate) fn field(&self, (n, _): (u64, u64)) -> u64 {
            n
        }

        fn n(&self) -> u64 {
            self.0
        }
    }

    #[derive(Debug)]
    pub(crate) struct R(pub(crate) u8);
    #[derive(Debug)]
    pub(crate) struct Holds<T>(pub(crate) T);

    #[monitor(SharedHolds, poison)]
    impl Holds<R> {
        pub(crate) fn get(&self) -> u8 {
            self.0.0
        }
    }

    #[derive(Debug)]
    pub(crate) struct Limits<'until>(pub(crate) &'until str);

    #[monitor(SharedLimits)]
    impl<'until> Limits<'until> {
        #[when(!self.0.is_empty(), until)]
        pub(crate) fn get(&self) -> &'until str {
            self.0
        }

        #[when(!self.0.is_empty() && !text.is_empty(), until)]
        pub(crate) fn other<'until_>(&self, text: &'until_ str) -> (&'until str, &'until_ str) {
            (self.0, text)
        }
    }
}

/// Names of the standard library that mean something else.
#[allow(dead_code, non_camel_case_types)]
mod with_other_names {
    use threadkit::monitor;

    #[derive(Debug)]
    pub(crate) struct Option(pub(crate) u8);
    #[derive(Debug)]
    pub(crate) struct Clone;
    #[derive(Debug)]
    pub(crate) struct Duration;
    #[derive(Debug)]
    pub(crate) struct Ok;
    pub(crate) type bool = ();
    macro_rules! matches {
        () => {};
    }
    mod core {}
    mod std {}
    mod threadkit_private {}

    #[monitor(Result)]
    impl Option {
        matches!();

        #[when(self.0 > 0, timeout, until)]
        pub(crate) fn get(&self, _: Clone, _ok: Ok) -> u8 {
            self.0
        }

        #[when(self.0 > from, timeout, until)]
        pub(crate) fn map(&mut self, from: u8, _: Duration) -> u8 {
            self.0 - from
        }
    }
}

/// Lengths, many arguments, and other things that clippy checks.
pub mod with_lints {
    use threadkit::monitor;

    /// Private, but not its handle.
    #[derive(Debug)]
    struct Stack {
        items: Vec<u8>,
    }

    #[allow(unreachable_pub)]
    #[monitor(SharedStack)]
    impl Stack {
        /// How many.
        pub fn len(&self) -> usize {
            self.items.len()
        }

        /// Takes a lot, under `#[allow]`.
        #[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
        #[when(self.items.len() < usize::from(a), timeout)]
        pub fn put(&mut self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) {
            self.items.extend([a, b, c, d, e, f, g, h]);
        }

        /// Takes a lot and gives it.
        #[expect(clippy::too_many_arguments, reason = "as it is")]
        #[when(self.items.is_empty(), timeout)]
        pub fn sum(&self, a: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, h: u8) -> u8
        where
            Vec<u8>: Clone,
        {
            a + h
        }

        /// Takes as many as it may; with a limit there is one more.
        #[allow(clippy::too_many_arguments)]
        #[when(self.items.is_empty(), timeout, until)]
        pub fn most(&self, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8) {}

        /// Looks like the iterator's.
        #[allow(clippy::should_implement_trait)]
        pub fn next(&mut self) -> Option<u8> {
            self.items.pop()
        }

        /// Is called as if it took the value.
        #[allow(clippy::wrong_self_convention)]
        pub fn into_items(&mut self) -> Vec<u8> {
            std::mem::take(&mut self.items)
        }

        /// By reference.
        #[allow(clippy::ptr_arg)]
        #[when(self.items.capacity() > items.capacity())]
        pub fn roomier(&self, items: &Vec<u8>) -> usize {
            items.capacity()
        }

        /// In camel case.
        #[allow(non_snake_case)]
        #[when(self.items.len() > LEAST)]
        pub fn isLong(&self, LEAST: usize) -> usize {
            LEAST
        }

        /// Compares floats.
        #[allow(clippy::float_cmp)]
        #[when(0.5 == f64::from(u32::try_from(self.items.len()).unwrap_or(0)) / 2.0)]
        pub fn half(&self) {}
    }

    /// Made by `new` alone.
    #[derive(Debug)]
    pub struct Fresh(u8);

    #[allow(clippy::new_without_default, clippy::len_without_is_empty)]
    #[monitor(SharedFresh)]
    impl Fresh {
        /// Makes it.
        pub fn new() -> Self {
            Self(1)
        }

        /// Its length.
        pub fn len(&self) -> usize {
            usize::from(self.0)
        }

        /// A parameter that the public may have.
        #[when(self.0 > *least)]
        pub fn above(&self, least: &u8) -> Option<Option<u8>> {
            Some(Some(*least))
        }

        /// What is old.
        #[deprecated]
        pub fn old(&self) {}
    }

    /// Old itself.
    #[deprecated]
    #[derive(Debug)]
    pub struct Old(#[allow(deprecated)] pub u8);

    #[allow(deprecated)]
    #[monitor(SharedOld)]
    impl Old {
        /// Goes in.
        #[when(self.0 > 0)]
        pub fn enter(&self, other: &Old) -> u8 {
            self.0 + other.0
        }
    }
}

/// Visibilities.
pub mod with_visibilities {
    #[allow(clippy::needless_pub_self)]
    pub(crate) mod deep {
        pub(crate) mod deeper {
            use threadkit::monitor;

            #[derive(Debug)]
            pub(in crate::with_visibilities) struct Seen(pub(in crate::with_visibilities) u8);

            #[monitor(SharedSeen)]
            impl Seen {
                pub(in crate::with_visibilities) fn wide(&self) -> u8 {
                    self.narrow()
                }

                pub(super) fn middle(&self) -> u8 {
                    self.0
                }

                #[allow(dead_code)]
                pub(self) fn narrow(&self) -> u8 {
                    self.middle()
                }
            }

            #[derive(Debug)]
            pub(in super::super) struct Upper(pub(in super::super) u8);

            #[monitor(SharedUpper)]
            impl Upper {
                pub(in super::super) fn wide(&self) -> u8 {
                    self.narrow()
                }

                pub(super) fn narrow(&self) -> u8 {
                    self.0
                }
            }

            #[derive(Debug)]
            struct Own(u8);

            #[monitor(SharedOwn)]
            impl Own {
                pub(self) fn narrow(&self) -> u8 {
                    self.0
                }
            }

            pub(in crate::with_visibilities) fn own() -> u8 {
                SharedOwn::from(Own(4)).narrow()
            }
        }
    }

    pub(crate) fn sum() -> u8 {
        use deep::deeper::{Seen, SharedSeen, SharedUpper, Upper};
        SharedSeen::from(Seen(1)).wide() + SharedUpper::from(Upper(2)).wide() + deep::deeper::own()
    }
}

/// Receivers, results, and words in front of `fn`.
#[allow(clippy::needless_arbitrary_self_type, unused_qualifications)]
mod with_signatures {
    use threadkit::monitor;

    #[derive(Debug)]
    pub(crate) struct Words(pub(crate) Vec<String>);

    #[monitor(SharedWords)]
    impl Words {
        pub(crate) fn one(self: &Self, n: usize) -> String {
            self.0[n].clone()
        }

        pub(crate) fn two(self: &mut Self, word: &str) {
            self.0.push(word.to_owned());
        }

        pub(crate) fn three(self: &Words) -> usize {
            self.0.len()
        }

        pub(crate) fn four(&self) -> Result<Words, Box<dyn std::error::Error + Send + Sync>> {
            Ok(Words(vec!["2".parse::<u8>()?.to_string()]))
        }

        pub(crate) extern "C" fn five(&mut self, n: u64) -> u64 {
            n
        }

        pub(crate) fn six(&self) -> ! {
            panic!("six {}", self.0.len())
        }

        #[when(!self.0.is_empty(), timeout)]
        pub(crate) fn seven(&mut self) -> ! {
            panic!("seven {}", self.0.len())
        }

        pub(crate) fn eight(&self) -> Box<dyn Fn(&str) -> bool + Send> {
            let all = self.0.clone();
            Box::new(move |word| all.iter().any(|each| each == word))
        }

        pub(crate) fn nine<'a>(&self, text: &'a str) -> impl_free::Of<'a> {
            impl_free::Of(text, self.0.len())
        }

        pub(crate) fn ten(&mut self, mut words: Vec<&str>, #[allow(unused_variables)] n: u8) {
            words.sort_unstable();
            self.0.extend(words.into_iter().map(str::to_owned));
        }

        pub(crate) fn eleven(&self) -> [u8; Self::ROOM] {
            [1; Self::ROOM]
        }

        pub(crate) fn twelve(&self, each: fn(&Self) -> [u8; Self::ROOM]) -> [u8; Self::ROOM] {
            each(self)
        }

        const ROOM: usize = 2;

        pub(crate) fn make() -> Words {
            Words(Vec::new())
        }

        pub(crate) fn may_make(word: Option<&str>) -> Option<Words> {
            Some(Words(vec![word?.to_owned()]))
        }

        pub(crate) fn may(n: u8) -> core::result::Result<Self, [u8; Self::ROOM]> {
            if n == 0 {
                Err([0; Self::ROOM])
            } else {
                Ok(Self::make())
            }
        }

        pub(crate) const fn room() -> usize {
            Self::ROOM
        }

        fn all(&self) -> impl Iterator<Item = &String> {
            self.0.iter()
        }

        #[when(self.all().count() > 0)]
        pub(crate) fn last(&self) -> Option<String> {
            self.all().last().cloned()
        }
    }

    pub(crate) mod impl_free {
        #[derive(Debug)]
        #[allow(dead_code)]
        pub(crate) struct Of<'a>(pub(crate) &'a str, pub(crate) usize);
    }
}

/// `cfg`, docs and other attributes.
pub mod with_attributes {
    #![allow(clippy::doc_markdown)]
    use threadkit::monitor;

    /// A shelf.
    #[derive(Debug)]
    pub struct Shelf(pub(crate) Vec<u8>);

    #[monitor(SharedShelf)]
    impl Shelf {
        #![cfg_attr(any(unix, not(unix)), allow(clippy::len_without_is_empty))]
        #![allow(clippy::unused_self)]

        /// Up to [`Self::LIMIT`] or [so many](Self::LIMIT), see [`Self::len`] and [`Shelf`].
        pub const LIMIT: usize = 3;

        /// Puts up to [`Self::LIMIT`] or [so many](Self::LIMIT), see [`Self::len`] and [`Shelf`].
        ///
        /// ```text
        /// [Self::LIMIT]
        /// ```
        #[when(self.0.len() < Self::LIMIT, timeout, until)]
        #[cfg(any(unix, not(unix)))]
        pub fn put(&mut self, item: u8) {
            self.0.push(item);
        }

        /// Another form of it.
        #[when(self.0.len() < Self::LIMIT && missing)]
        #[cfg(all(unix, not(unix)))]
        pub fn put(&mut self, missing: Missing) {}

        #[cfg_attr(any(unix, not(unix)), doc = "Its length.", must_use, inline)]
        #[cfg_attr(all(unix, not(unix)), deprecated)]
        pub fn len(&self) -> usize {
            self.0.len()
        }

        #[doc = concat!("Its ", "top.")]
        #[inline(always)]
        #[allow(clippy::inline_always)]
        #[cold]
        #[track_caller]
        pub fn top(&self) -> Option<u8> {
            self.0.last().copied()
        }

        /** Of some other kind. */
        #[doc(alias = "none")]
        #[doc(hidden)]
        pub fn nothing(&self) {}

        /// Under a `cfg` that holds, in a `cfg_attr`.
        #[cfg_attr(any(unix, not(unix)), cfg(any(unix, not(unix))))]
        #[when(self.0.is_empty())]
        pub fn empty(&self) {}

        /// Under one that does not.
        #[cfg_attr(any(unix, not(unix)), cfg(all(unix, not(unix))))]
        #[when(self.0.is_missing())]
        pub fn missing(&self, missing: Missing) {}
    }
}

/// Results of types that only the method knows, which say what they capture.
mod with_opaque_results {
    use std::fmt::Display;

    use threadkit::monitor;

    #[derive(Debug)]
    pub(crate) struct Shown<T>(pub(crate) Vec<T>);

    #[monitor(SharedShown)]
    impl<T: Clone + Display> Shown<T> {
        pub(crate) fn items(&self) -> impl Iterator<Item = T> + use<T> {
            self.0.clone().into_iter()
        }

        pub(crate) fn first(&mut self) -> Option<impl Display + use<T>> {
            self.0.pop()
        }

        #[when(!self.0.is_empty(), timeout)]
        pub(crate) fn beside<N: Display>(&self, n: N) -> impl Display + use<T, N> {
            format!("{}{n}", self.0[0])
        }
    }

    #[derive(Debug)]
    pub(crate) struct Bytes(pub(crate) [u8; 2]);

    #[monitor(SharedBytes)]
    impl Bytes {
        pub(crate) fn each(&self) -> impl Iterator<Item = impl Display + use<>> + use<> {
            self.0.into_iter()
        }
    }
}

/// Conditions of unusual syntax.
mod with_conditions {
    use threadkit::monitor;

    #[derive(Debug, Clone, Copy, PartialEq)]
    pub(crate) struct Level {
        pub(crate) n: Option<u32>,
        pub(crate) on: bool,
    }

    macro_rules! above {
        ($level:expr, $least:expr) => {
            $level.n.is_some_and(|n| n > $least)
        };
    }

    #[monitor(SharedLevel)]
    impl Level {
        #[when(let Some(n) = self.n && n > 3)]
        pub(crate) fn chain(&self) -> Option<u32> {
            self.n
        }

        #[when(self.on && let Some(n) = self.n && n > least, timeout)]
        pub(crate) fn chain_with(&self, least: u32) -> u32 {
            least
        }

        #[when(self.on && *self != Self { n: None, on: true } && let Some(n) = self.n && let 1.. = n && (n > 2 || self.on))]
        pub(crate) fn long_chain(&self) -> bool {
            self.on
        }

        #[when(let Level { on: true, .. } = self)]
        pub(crate) fn pattern(&self) -> bool {
            self.on
        }

        #[when(if let Some(n) = self.n { n > 1 } else { false })]
        pub(crate) fn if_let(&self) -> bool {
            self.on
        }

        #[when(match self.n { Some(n) => n > 1, None => false } && self.on)]
        pub(crate) fn match_and(&self) -> bool {
            self.on
        }

        #[when({ let on = self; on.on } && { self.n.is_some() })]
        pub(crate) fn blocks(&self) -> bool {
            self.on
        }

        #[when(above!(self, 2))]
        pub(crate) fn macros(&self) -> bool {
            self.on
        }

        #[when(above!(self, least) && *self != Self { n: Some(least), on: false })]
        pub(crate) fn macros_with(&self, least: u32) -> u32 {
            least
        }

        #[when(format!("{self:?}").contains("on"))]
        pub(crate) fn formatted(&self) -> bool {
            self.on
        }

        #[when(format!("{{self}} {n}") != format!("{n}"))]
        pub(crate) fn formatted_n(&self, n: u32) -> u32 {
            n
        }

        #[when(self.n.map_or(false, |n| n > 3) || self.on)]
        #[allow(clippy::unnecessary_map_or)]
        pub(crate) fn closure(&self) -> bool {
            self.on
        }

        #[when((0..n).contains(&1) && (..=n).contains(&2))]
        pub(crate) fn ranges(&self, n: u32) -> u32 {
            n
        }

        #[when(return self.on)]
        pub(crate) fn returns(&self) -> bool {
            self.on
        }

        #[when(self.n? > 3 || self.on)]
        #[cfg(all(unix, not(unix)))]
        pub(crate) fn tries(&self) -> bool {
            self.on
        }

        #[when(self.n == n.n)]
        pub(crate) fn same(&self, n: &Self) -> Option<u32> {
            n.n
        }

        #[when(true)]
        pub(crate) fn always(&self, _unused: u8, _: u8) -> bool {
            self.on
        }
    }
}

/// Blocks out of `macro_rules`.
mod out_of_macros {
    use threadkit::monitor;

    macro_rules! block {
        ($(#[$attr:meta])* $vis:vis $handle:ident for $name:ident<$life:lifetime, $param:ident: $bound:path> { $($body:tt)* }) => {
            $(#[$attr])*
            #[monitor($vis $handle)]
            impl<$life, $param: $bound> $name<$life, $param> { $($body)* }
        };
        ($ty:ty as $handle:ident, $name:ident when $condition:expr => $result:ty $body:block) => {
            #[monitor($handle)]
            impl $ty {
                #[when($condition && self.0 > 0)]
                pub(crate) fn $name(&self) -> $result $body

                #[when(matches!(self, Self(1)), timeout)]
                pub(crate) fn one(&mut self, $name: u8) -> $result { self.0 = $name.into(); self.0 }
            }
        };
    }

    macro_rules! one_method {
        ($name:ident as $handle:ident: $(#[$attr:meta])* fn $method:ident($($arg:ident: $ty:ty),*) -> $result:ty $body:block) => {
            #[derive(Debug)]
            #[allow(dead_code)]
            pub(crate) struct $name(pub(crate) u8);

            #[monitor($handle)]
            impl $name {
                $(#[$attr])*
                pub(crate) fn $method(&self, $($arg: $ty),*) -> $result $body
            }
        };
    }

    one_method! {
        One as SharedOne:
        /// Above the least.
        #[when(n > least, timeout)]
        #[must_use]
        fn above(n: u8, least: u8) -> u8 {
            n - least
        }
    }

    #[derive(Debug)]
    pub(crate) struct Pair<'a, T>(pub(crate) &'a T, pub(crate) T);
    #[derive(Debug)]
    pub(crate) struct Plain(pub(crate) u32);

    block! {
        #[allow(clippy::trivially_copy_pass_by_ref)]
        pub(crate) SharedPair for Pair<'a, T: Ord> {
            #[when(*self.0 > self.1)]
            pub(crate) fn first(&self) -> &'a T {
                self.0
            }

            #[when(*self.0 > *other && { let Self(a, _) = self; **a > *other })]
            pub(crate) fn above(&self, other: &T) -> &'a T {
                let _ = other;
                self.0
            }
        }
    }

    block!(Plain as SharedPlain, get when 1 < 2 || false => u32 { 7 });
}

/// Inside a function, and of a type that stands elsewhere.
mod elsewhere {
    pub(crate) mod types {
        #[derive(Debug)]
        pub(crate) struct Far<T>(pub(crate) T);
    }

    type Alias = types::Far<u8>;

    #[threadkit::monitor(SharedAlias)]
    impl Alias {
        #[when(self.0 > 0 && matches!(self, Self(_)))]
        pub(crate) fn alias(&self) -> u8 {
            self.0
        }

        #[when(self.0 > n && Self::is_far())]
        pub(crate) fn alias_n(&self, n: u8) -> u8 {
            n
        }

        fn is_far() -> bool {
            true
        }
    }

    #[threadkit::monitor(SharedFar, poison)]
    impl types::Far<u16> {
        #[when(matches!(self, Self(n) if *n > least))]
        pub(crate) fn far(&self, least: u16) -> u16 {
            least
        }
    }

    pub(crate) fn far() -> u16 {
        let alias = SharedAlias::from(types::Far(2));
        let far = SharedFar::from(types::Far(3));
        u16::from(alias.alias() + alias.alias_n(1)) + far.far(2)
    }

    pub(crate) fn local() -> u8 {
        #[derive(Debug)]
        struct Local<T>(T);

        #[allow(unreachable_pub)]
        #[threadkit::monitor(SharedLocal)]
        impl<T: Copy + Into<u8>> Local<T> {
            #[when(matches!(self, Self(n) if (*n).into() > 0))]
            pub fn get(&self) -> u8 {
                self.0.into()
            }

            #[when(Into::<u8>::into(self.0) > n)]
            pub fn above(&self, n: u8) -> u8 {
                n
            }
        }

        let local = SharedLocal::from(Local(3));
        local.get() + local.above(1)
    }
}

/// Types whose parameters are left out or unusual.
mod with_defaults {
    use std::fmt::Debug;
    use threadkit::monitor;

    #[derive(Debug)]
    pub(crate) struct Given<T = u8, const N: usize = 3>(pub(crate) Vec<T>);

    #[monitor(SharedGiven)]
    impl Given {
        const ROOM: usize = 3;

        #[when(self.0.len() + n <= Self::ROOM && Self::is_sane(n), timeout)]
        pub(crate) fn put(&mut self, n: usize) {
            self.0.extend(std::iter::repeat_n(1, n));
        }

        #[when(self.0.len() == Self::ROOM)]
        pub(crate) fn full(&self) -> bool {
            true
        }

        fn is_sane(n: usize) -> bool {
            n < 9
        }
    }

    #[derive(Debug)]
    pub(crate) enum Either<L = u8, R = u8> {
        Left(L),
        Right { it: R },
        Neither,
    }

    #[monitor(SharedEither)]
    impl Either {
        #[when(match self { Self::Left(it) | Self::Right { it } => *it > n, Self::Neither => false })]
        pub(crate) fn above(&self, n: u8) -> u8 {
            n
        }

        #[when(matches!(self, Self::Neither) != yes)]
        pub(crate) fn is(&self, yes: bool) -> bool {
            yes
        }

        pub(crate) fn set(&mut self, to: Self) {
            *self = to;
        }
    }

    #[derive(Debug)]
    pub(crate) struct Unsized<T: ?Sized>(pub(crate) Box<T>);

    #[monitor(SharedUnsized)]
    impl<T: ?Sized + Debug> Unsized<T> {
        #[when(!format!("{:?}", self.0).is_empty())]
        pub(crate) fn show(&self) -> String {
            format!("{:?}", self.0)
        }
    }

    #[monitor(SharedArray)]
    impl Given<[u16; 2], { 1 + 1 }> {
        #[when(self.0.len() > n)]
        pub(crate) fn at(&self, n: usize) -> [u16; 2] {
            self.0[n]
        }
    }

    /// Two blocks with a method of one name, for different parameters.
    #[derive(Debug)]
    pub(crate) struct Tagged<T>(pub(crate) T);

    #[monitor(SharedTaggedU8)]
    impl Tagged<u8> {
        #[when(self.0 > 0)]
        pub(crate) fn get(&self) -> u8 {
            self.0
        }
    }

    #[allow(unused_qualifications)]
    #[monitor(SharedTaggedChar)]
    impl self::Tagged<char> {
        #[when(matches!(self, Self('a')))]
        pub(crate) fn get(&self) -> char {
            self.0
        }

        #[when(matches!(self, Self(c) if *c == other))]
        pub(crate) fn is(&self, other: char) -> char {
            other
        }
    }
}

/// Constructors, lifetimes of receivers, and parameters of every kind.
mod with_more {
    use std::collections::HashMap;
    use std::fmt::Write;
    use std::hash::Hash;
    use threadkit::monitor;

    #[derive(Debug, Default)]
    pub(crate) struct Table<K: Eq + Hash, V>(pub(crate) HashMap<K, V>);

    #[monitor(SharedTable)]
    impl<K: Eq + Hash + Clone, V> Table<K, V> {
        pub(crate) fn of(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
            Self(pairs.into_iter().collect())
        }

        pub(crate) fn filled<const N: usize, F: Fn(usize) -> (K, V)>(pair: F) -> Table<K, V> {
            Table((0..N).map(pair).collect())
        }

        pub(crate) fn read(text: &str) -> std::io::Result<Self>
        where
            K: Default,
            V: Default,
        {
            match text {
                "" => Err(std::io::ErrorKind::InvalidData.into()),
                _ => Ok(Self::of([(K::default(), V::default())])),
            }
        }

        #[when(self.0.contains_key(key), timeout, until)]
        pub(crate) fn take<'a>(&'a mut self, key: &'a K) -> V {
            self.0.remove(key).expect("it is there")
        }

        #[when(keys.iter().all(|key| self.0.contains_key(key)))]
        pub(crate) fn all<'k, const N: usize>(&self, keys: [&'k K; N]) -> Vec<&'k K> {
            keys.to_vec()
        }

        pub(crate) fn each<W: Write, E>(
            &self,
            out: &mut W,
            show: impl Fn(&mut W, &K, &V) -> Result<(), E>,
        ) -> Result<usize, E> {
            self.0
                .iter()
                .try_for_each(|(key, value)| show(out, key, value))?;
            Ok(self.0.len())
        }

        #[allow(clippy::toplevel_ref_arg, clippy::needless_pass_by_value)]
        #[allow(clippy::trivially_copy_pass_by_ref)]
        pub(crate) fn patterns(
            &mut self,
            &n: &usize,
            ref text: String,
            [first, .., last]: [u8; 3],
            mut by_mut: Vec<u8>,
            whole @ (left, _): (u8, u8),
        ) -> usize
        where
            Self: Sized,
            for<'x> &'x K: PartialEq,
        {
            by_mut.push(first + last + left + whole.1);
            n + text.len() + by_mut.len()
        }

        #[when(self.0.len() < _limit)]
        #[allow(clippy::used_underscore_binding)]
        pub(crate) fn underscored(&self, _limit: usize) {}

        #[when(self.0.len() < limit)]
        pub(crate) fn only_in_condition(&self, limit: usize) {}

        #[when(self.0.keys().cloned().collect::<Vec<K>>().len() == self.0.values().count())]
        pub(crate) fn commas(&self) -> usize {
            self.0.len()
        }

        #[when(self.0.keys().map(|key| (key, size)).collect::<HashMap<&K, usize>>().len() < size)]
        pub(crate) fn commas_with(&self, size: usize) -> usize {
            size
        }
    }

    /// Locks of its own, beside that of the handle.
    #[derive(Debug)]
    pub(crate) struct Locked(pub(crate) threadkit::Lock<u8>);

    #[monitor(SharedLocked)]
    #[threadkit::synchronized(own = self.0)]
    impl Locked {
        #[when(*self.0.acquire() > 0, timeout)]
        pub(crate) fn get(&self) -> u8 {
            *own
        }

        #[unsynchronized]
        pub(crate) fn plain(&self) -> u8 {
            *self.0.acquire()
        }
    }

    /// A union, whose value no condition can look into.
    #[derive(Clone, Copy)]
    pub(crate) union Bits {
        #[allow(dead_code)]
        pub(crate) n: u32,
    }

    impl std::fmt::Debug for Bits {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Bits")
        }
    }

    #[allow(clippy::trivially_copy_pass_by_ref)]
    #[monitor(SharedBits, poison)]
    impl Bits {
        #[when(Self { n: 1 }.size() == self.size())]
        pub(crate) fn size_when(&self) -> usize {
            self.size()
        }

        #[when(Self { n }.size() == self.size())]
        pub(crate) fn set(&mut self, n: u32) {
            *self = Self { n };
        }

        fn size(self) -> usize {
            size_of_val(&self)
        }
    }
}

/// Raw names.
mod raw {
    #[derive(Debug)]
    pub(crate) struct r#Type<'r#a> {
        pub(crate) r#match: &'r#a str,
        pub(crate) r#gen: u8,
    }

    #[threadkit::monitor(r#SharedType)]
    impl<'r#a> r#Type<'r#a> {
        #[when(self.r#gen > 0 && !self.r#match.is_empty(), timeout)]
        pub(crate) fn r#fn(&self) -> &'r#a str {
            self.r#match
        }

        #[when(self.r#gen > r#in, until)]
        pub(crate) fn r#use(&self, r#in: u8, r#type: u8) -> u8 {
            r#in + r#type
        }

        #[when(true, timeout)]
        pub(crate) fn r#gen<r#T: From<u8>>(&self, r#async: r#T) -> [r#T; 2] {
            [r#async, r#T::from(self.r#gen)]
        }
    }
}

fn main() {
    let gate = with_self::SharedGate::from(with_self::Gate::Locked(1));
    assert_eq!(gate.locked_at(1), 1);
    assert!(gate.locked_at_timeout(2, Duration::ZERO).is_err());
    assert!(gate.locked_at_until(2, Duration::ZERO).is_err());
    gate.unlock();
    gate.go(2);
    assert_eq!(gate.arrive(), 2);
    let slot = with_self::SharedSlot::from(with_self::Slot { n: Some(1) });
    assert_eq!(slot.take(), Some(1));
    assert!(slot.put_timeout(None, Duration::ZERO).is_err());
    slot.put(Some(2));
    slot.with(|slot| slot.n = None);
    slot.is(None);
    let unit = with_self::SharedUnit::from(with_self::Unit);
    assert!(unit.here() && unit.there(true));
    let tuple = with_self::SharedTuple::from(with_self::Tuple("a", 1));
    assert_eq!((tuple.same(), tuple.is(1)), ("a", (1, "a")));

    let batch = with_parameters::SharedBatch::<u8, 5>::from(with_parameters::Batch(vec![0, 2]));
    batch.put(3);
    assert_eq!(batch.bigger::<u8, u16, 2>(), 0);
    assert_eq!(batch.least(), Some(0));
    assert_eq!(batch.has_default::<u8, _>("text"), "text");
    assert_eq!(batch.all_below::<3>(&[1, 1, 2]), 3);
    assert_eq!(batch.show("<", '>'), "<[0, 2, 3]>");
    assert_eq!(batch.shown(|item| format!("{item}")).len(), 3);
    assert_eq!(batch.any(|item| *item > 0), 2);
    assert_eq!(batch.take::<2>(), [0, 2]);
    assert!(batch.take_timeout::<2>(Duration::ZERO).is_err());
    assert_eq!(batch.take_until::<1>(Duration::ZERO), Ok(vec![3]));

    let copied = with_bounds::SharedCopied::from(with_bounds::Copied(3));
    assert_eq!(copied.all().len(), 1);
    assert!(copied.above(&with_bounds::Copied(2)) && copied.apply(|copied| copied.0 == 3));
    assert_eq!(copied.take().0, 3);
    let _: fn(&with_bounds::SharedCopied<u8>) -> with_bounds::Copied<u8> =
        with_bounds::SharedCopied::copy;
    let of = with_bounds::SharedOf::<with_bounds::Letters>::from(with_bounds::Of(vec![]));
    of.put('a');
    assert_eq!(of.find(&'a'), Some('a'));

    let names = with_names::SharedNames::from(with_names::Names(1));
    assert_eq!(names.wait(Duration::ZERO, 10, 10), 0);
    assert_eq!(
        names.wait_timeout(Duration::ZERO, 0, 0, Duration::ZERO),
        Ok(0)
    );
    assert_eq!(
        names.wait_until(Duration::ZERO, 0, 0, Duration::ZERO),
        Ok(0)
    );
    names.all(1, 1, 1, 1, 1);
    assert_eq!(names.all_timeout(1, 1, 1, 1, 1, Duration::ZERO), Ok(()));
    assert_eq!(names.all_until(1, 1, 1, 1, 1, Duration::ZERO), Ok(()));
    assert_eq!(names.pair((1, 1), 1, [1]), 25);
    assert_eq!((names.several(1, 0, 2), names.field((5, 6))), (3, 5));
    assert!(!names.is_poisoned());
    let holds = with_names::SharedHolds::from(with_names::Holds(with_names::R(1)));
    assert_eq!(
        holds.with(|holds| holds.0.0) + holds.get() + holds.repair(|_| 1),
        3
    );
    let limits = with_names::SharedLimits::from(with_names::Limits("a"));
    assert_eq!(limits.get_until(Duration::ZERO), Ok(limits.get()));
    assert_eq!(
        limits.other_until("b", Duration::ZERO),
        Ok(limits.other("b"))
    );

    let other = with_other_names::Result::from(with_other_names::Option(3));
    assert_eq!(other.get(with_other_names::Clone, with_other_names::Ok), 3);
    assert_eq!(other.map(1, with_other_names::Duration), 2);

    assert_eq!(with_lints::SharedFresh::new().len(), 1);
    assert_eq!(with_lints::SharedFresh::new().above(&0), Some(Some(0)));
    assert_eq!(with_visibilities::sum(), 7);

    let words = with_signatures::SharedWords::make();
    words.two("b");
    words.ten(vec!["d", "c"], 0);
    assert_eq!(
        (words.one(1), words.three(), words.five(7)),
        ("c".into(), 3, 7)
    );
    assert_eq!(words.four().map(|words| words.0.len()).ok(), Some(1));
    assert!(words.eight()("d") && words.nine("x").1 == 3);
    assert_eq!(words.eleven(), words.twelve(|_| [1, 1]));
    assert_eq!(words.last(), Some("d".to_owned()));
    assert!(with_signatures::SharedWords::may_make(None).is_none());
    assert!(with_signatures::SharedWords::may(0).is_err_and(|none| none == [0, 0]));
    assert_eq!(with_signatures::Words::room(), 2);
    let _: fn(&with_signatures::SharedWords) -> ! = with_signatures::SharedWords::six;
    let _: fn(&with_signatures::SharedWords) -> ! = with_signatures::SharedWords::seven;

    let shelf = with_attributes::SharedShelf::from(with_attributes::Shelf(vec![]));
    shelf.empty();
    shelf.put(1);
    assert!(shelf.put_timeout(2, Duration::ZERO).is_ok());
    assert!(shelf.put_until(3, Duration::ZERO).is_ok());
    assert_eq!((shelf.len(), shelf.top()), (3, Some(3)));

    let level = with_conditions::Level {
        n: Some(4),
        on: true,
    };
    let shared = with_conditions::SharedLevel::from(level);
    assert_eq!((shared.chain(), shared.chain_with(3)), (Some(4), 3));
    assert!(shared.chain_with_timeout(4, Duration::ZERO).is_err());
    assert!(
        shared.pattern()
            && shared.long_chain()
            && shared.if_let()
            && shared.match_and()
            && shared.blocks()
    );
    assert!(shared.macros() && shared.formatted() && shared.closure() && shared.returns());
    assert_eq!(shared.macros_with(3), 3);
    assert_eq!((shared.formatted_n(1), shared.ranges(2)), (1, 2));
    assert_eq!((shared.same(&level), shared.always(1, 2)), (Some(4), true));

    let pair = out_of_macros::SharedPair::from(out_of_macros::Pair(&2, 1));
    assert_eq!((pair.first(), pair.above(&1)), (&2, &2));
    let one = out_of_macros::SharedOne::from(out_of_macros::One(1));
    assert_eq!(
        (
            one.above(2, 1),
            one.above_timeout(1, 1, Duration::ZERO).ok()
        ),
        (1, None)
    );
    let plain = out_of_macros::SharedPlain::from(out_of_macros::Plain(1));
    assert_eq!((plain.get(), plain.one(2)), (7, 2));
    assert!(plain.one_timeout(2, Duration::ZERO).is_err());

    assert_eq!((elsewhere::local(), elsewhere::far()), (4, 5));
    let given = with_defaults::SharedGiven::from(with_defaults::Given(vec![1]));
    given.put(2);
    assert!(given.full() && given.put_timeout(1, Duration::ZERO).is_err());
    let either = with_defaults::SharedEither::from(with_defaults::Either::Left(2));
    assert_eq!(either.above(1), 1);
    either.set(with_defaults::Either::Right { it: 3 });
    assert!(either.above(2) == 2 && either.is(true));
    either.set(with_defaults::Either::Neither);
    assert!(!either.is(false));
    let text: Box<str> = "a".into();
    assert_eq!(
        with_defaults::SharedUnsized::from(with_defaults::Unsized(text)).show(),
        "\"a\""
    );
    let array = with_defaults::SharedArray::from(with_defaults::Given(vec![[1, 2]]));
    assert_eq!(array.at(0), [1, 2]);
    assert_eq!(
        with_defaults::SharedTaggedU8::from(with_defaults::Tagged(1)).get(),
        1
    );
    let tagged = with_defaults::SharedTaggedChar::from(with_defaults::Tagged('a'));
    assert_eq!((tagged.get(), tagged.is('a')), ('a', 'a'));

    let table = with_more::SharedTable::of([(1_u8, 'a'), (2, 'b')]);
    assert_eq!((table.take(&1), table.all([&2])), ('a', vec![&2]));
    assert_eq!(table.take_timeout(&1, Duration::ZERO).ok(), None);
    assert_eq!(table.take_until(&2, Duration::ZERO), Ok('b'));
    let table = with_more::SharedTable::filled::<3, _>(|n| (n, n));
    let mut text = String::new();
    let shown = table.each(&mut text, |out, key, value| {
        std::fmt::Write::write_fmt(out, format_args!("{key}{value}"))
    });
    assert_eq!((shown, text.len()), (Ok(3), 6));
    assert_eq!(table.patterns(&1, "a".into(), [1, 2, 3], vec![], (1, 2)), 3);
    table.underscored(9);
    table.only_in_condition(9);
    assert_eq!((table.commas(), table.commas_with(4)), (3, 4));
    assert!(with_more::SharedTable::<u8, u8>::read("").is_err());
    assert!(with_more::SharedTable::<u8, u8>::read("a").is_ok());
    let locked = with_more::SharedLocked::from(with_more::Locked(Lock::new(1)));
    assert_eq!((locked.get(), locked.plain()), (1, 1));
    assert_eq!(locked.get_timeout(Duration::ZERO), Ok(1));
    let bits = with_more::SharedBits::from(with_more::Bits { n: 1 });
    bits.set(2);
    assert_eq!(bits.size_when(), 4);

    let shown = with_opaque_results::SharedShown::from(with_opaque_results::Shown(vec!['a']));
    assert_eq!(shown.beside(1).to_string(), "a1");
    assert!(shown.beside_timeout("", Duration::ZERO).is_ok());
    assert_eq!(shown.items().collect::<Vec<_>>(), ['a']);
    assert_eq!(shown.first().map(|it| it.to_string()), Some("a".to_owned()));
    let bytes = with_opaque_results::SharedBytes::from(with_opaque_results::Bytes([1, 2]));
    assert_eq!(
        bytes.each().map(|it| it.to_string()).collect::<String>(),
        "12"
    );

    let raw = raw::SharedType::from(raw::Type {
        r#match: "a",
        r#gen: 2,
    });
    assert_eq!((raw.r#fn(), raw.r#use(1, 1)), ("a", 2));
    assert_eq!(raw.fn_timeout(Duration::ZERO), Ok("a"));
    assert_eq!(raw.use_until(1, 2, Duration::ZERO), Ok(3));
    assert_eq!(raw.r#gen(1), [1, 2]);
    assert_eq!(raw.gen_timeout(1, Duration::ZERO), Ok([1, 2]));
}
