use threadkit::prelude::*;

static L: [Lock; 9] = [const { Lock::new(()) }; 9];

#[synchronized(L[0], L[1], L[2], L[3], L[4], L[5], L[6], L[7], L[8])]
fn all() {}

fn main() {}
