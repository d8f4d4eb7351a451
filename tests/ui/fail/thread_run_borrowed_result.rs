use threadkit::prelude::*;

struct Worker(String);

#[thread]
impl Worker {
    fn run(&self) -> &str {
        &self.0
    }
}

struct Other(String);

#[thread]
impl Other {
    fn run<'s>(&'s self) -> Option<&'s str> {
        Some(&self.0)
    }
}

fn main() {}
