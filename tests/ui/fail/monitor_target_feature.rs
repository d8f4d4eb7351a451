//! A handle cannot know on which processor it will run.

use threadkit::prelude::*;

struct Sum(u64);

#[monitor(SharedSum)]
impl Sum {
    #[cfg_attr(target_arch = "x86_64", doc = "Fast.")]
    #[target_feature(enable = "avx2")]
    pub fn fast(&mut self, n: u64) -> u64 {
        self.0 += n;
        self.0
    }
}

fn main() {
    SharedSum::from(Sum(1)).fast(2);
}
