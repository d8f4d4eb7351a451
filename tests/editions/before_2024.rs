// In the editions before 2024, `gen` is a name like any other. In 2015 `async` is one too, but not to syn.

use renamed::prelude::*;

mod statics {
    use renamed::prelude::*;

    #[allow(non_upper_case_globals)]
    static gen: Lock<u8> = Lock::new(1);

    #[synchronized(guard = gen, crate = renamed)]
    pub(super) fn locked() -> u8 {
        *guard
    }
}

#[thread(name = "{gen}", crate = renamed)]
struct Fields {
    gen: u8,
}

impl Fields {
    fn run(self) {}
}

struct Block {
    gen: u8,
}

#[thread(name = "{gen}", crate = renamed)]
impl Block {
    fn run(self) -> u8 {
        self.gen
    }
}

#[thread(name = "{gen}", crate = renamed)]
fn function(gen: u8) -> u8 {
    gen
}

#[synchronized(gen = OTHER, crate = renamed)]
fn bound() -> u8 {
    *gen
}

struct Level {
    gen: u8,
}

#[monitor(SharedLevel, crate = renamed)]
impl Level {
    #[when(self.gen > gen, timeout)]
    pub fn gen(&self, gen: u8) -> u8 {
        gen
    }
}

static OTHER: Lock<u8> = Lock::new(2);

pub fn check() {
    assert_eq!(&*Fields { gen: 1 }.start().name(), "1");
    let level = SharedLevel::from(Level { gen: 2 });
    assert_eq!((level.gen(1), level.gen_timeout(2, Default::default()).ok()), (1, None));
    assert_eq!(Block { gen: 2 }.start().join().unwrap(), 2);
    assert_eq!(function(3).join().unwrap(), 3);
    assert_eq!((statics::locked(), bound()), (1, 2));
}
