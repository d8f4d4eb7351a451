//! The attribute macros of threadkit; use them through the `threadkit` crate.
#![forbid(unsafe_code)]
