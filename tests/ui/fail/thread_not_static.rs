use threadkit::prelude::*;

struct Worker<'a>(&'a str);

#[thread]
impl Worker<'_> {
    fn run(self) -> usize {
        self.0.len()
    }
}

fn main() {
    let text = String::from("local");
    Worker(&text).start();
}
