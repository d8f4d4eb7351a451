use threadkit::prelude::*;

use std::borrow::Cow;
use std::path::Path;

#[thread]
fn crawl(url: &str) {
    println!("{url}");
}

#[thread]
fn all(items: &[u8], path: &Path, map: &mut Vec<u8>, text: Cow<'_, str>) -> u8 {
    let _ = (path, map, text);
    items[0]
}

fn main() {
    crawl("a").join().unwrap();
}
