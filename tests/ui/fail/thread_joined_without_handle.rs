//! In Python and Java, the object that was started is also joined. Here its handle is.

use threadkit::prelude::*;

struct Download {
    url: String,
}

#[thread(name = "{url}")]
impl Download {
    fn run(&mut self) -> usize {
        self.url.len()
    }
}

#[derive(Thread)]
struct Sum<'a, T: Copy>(&'a [T])
where
    T: Into<u64>;

impl<T: Copy + Into<u64>> Sum<'_, T> {
    fn run(&mut self) {}
}

/// A `join` of the user's own is no mistake.
struct Path(Vec<String>);

#[thread]
impl Path {
    fn run(self) -> Vec<String> {
        self.0
    }

    fn join(&self) -> String {
        self.0.join("/")
    }
}

fn main() {
    let download = Download {
        url: "/index".to_owned(),
    };
    download.start();
    let length: usize = download.join();
    Sum(&[1_u8]).join();
    let path: String = Path(vec!["a".to_owned()]).join();
}
