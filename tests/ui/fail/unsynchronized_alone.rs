struct Counter(u64);

impl Counter {
    #[unsynchronized]
    fn count(&self) -> u64 {
        self.0
    }
}

fn main() {}
