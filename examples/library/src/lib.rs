//! A library that uses threadkit only with its feature `parallel`.
//!
//! What the library offers is the same with and without the feature, and so are the results. The module `run` has two
//! forms with the same functions, so no other code asks for the feature.
//!
//! ```
//! use threadkit_example_library::longest_words;
//!
//! let texts = ["to be or not", "that is the question"].map(String::from).to_vec();
//! assert_eq!(longest_words(texts), ["not", "question"]);
//! ```

use std::cmp::Reverse;

/// Runs a function for each item.
#[cfg(feature = "parallel")]
mod run {
    use std::thread::available_parallelism;

    use threadkit::{Lazy, ThreadPool};

    // Made at the first use, and shared by all calls.
    static POOL: Lazy<ThreadPool> = Lazy::new(|| {
        let threads = available_parallelism().map_or(1, usize::from);
        ThreadPool::builder(threads).name("example-library").build()
    });

    pub(crate) fn for_each<T: Send + 'static, R: Send + 'static>(
        items: Vec<T>,
        f: impl Fn(T) -> R + Send + Sync + 'static,
    ) -> Vec<R> {
        POOL.map(items, f).collect()
    }
}

/// Runs a function for each item.
#[cfg(not(feature = "parallel"))]
mod run {
    // The bounds of the other form, so that what compiles without the feature compiles with it.
    pub(crate) fn for_each<T: Send + 'static, R: Send + 'static>(
        items: Vec<T>,
        f: impl Fn(T) -> R + Send + Sync + 'static,
    ) -> Vec<R> {
        items.into_iter().map(f).collect()
    }
}

/// The longest word of each text, or the first of several; empty for a text without words.
#[must_use]
pub fn longest_words(texts: Vec<String>) -> Vec<String> {
    run::for_each(texts, |text| {
        let longest = text
            .split_whitespace()
            .min_by_key(|word| Reverse(word.chars().count()));
        longest.unwrap_or_default().to_owned()
    })
}
