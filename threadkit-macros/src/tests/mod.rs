//! The expansions of whole items: pretty-printed snapshots, and token streams that a compiler would never pass.

mod broken;
mod snapshots;
