//! `Lock` from the outside.
