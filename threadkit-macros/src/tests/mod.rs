//! What the attributes make of whole items: pretty-printed snapshots, and token streams that no
//! compiler would send.

mod broken;
mod snapshots;
