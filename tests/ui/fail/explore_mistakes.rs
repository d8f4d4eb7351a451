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

#[threadkit::explore(preemptions)]
fn how_many() {}

#[threadkit::explore(exhaustive, preemptions = 2)]
fn all_or_some() {}

#[threadkit::explore(max_steps, time_limit)]
fn how_long() {}

#[threadkit::explore]
struct Test;

fn main() {
    awaits();
    takes();
    misspelt();
    torn();
    how_deep();
    how_many();
    all_or_some();
    how_long();
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
