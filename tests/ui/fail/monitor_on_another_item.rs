use threadkit::prelude::*;

#[monitor(SharedAccount)]
struct Account(u64);

#[monitor(SharedClone)]
impl Clone for Account {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

trait Shape {}

#[monitor(SharedShape)]
impl dyn Shape {
    pub fn length(&self) -> usize {
        0
    }
}

struct Text<'a>(&'a str);

#[monitor(SharedText)]
impl Text<'_> {
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn main() {}
