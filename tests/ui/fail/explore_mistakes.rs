//! Functions that cannot be explored, and wrong options.

#[threadkit::explore]
async fn awaits() {}

#[threadkit::explore]
fn takes(n: u32) {}

#[threadkit::explore(run = 5)]
fn misspelt() {}

#[threadkit::explore(random, pct = 3)]
fn torn() {}

#[threadkit::explore(pct)]
fn how_deep() {}

#[threadkit::explore]
struct Test;

fn main() {
    awaits();
    takes();
    misspelt();
    torn();
    how_deep();
}

#[threadkit::explore]
const fn constant() {}

struct Body;

impl Body {
    #[threadkit::explore]
    fn method(&self) {}
}

trait Bodies {
    #[threadkit::explore]
    fn nothing();
}
