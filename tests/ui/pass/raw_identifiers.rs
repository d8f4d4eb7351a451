//! Keywords as names.
#![deny(warnings)]

use threadkit::prelude::*;

#[allow(non_upper_case_globals)]
static r#static: Lock<u8> = Lock::new(0);

#[synchronized(r#in = r#static)]
fn r#fn(r#type: u8) -> u8 {
    *r#in += r#type;
    *r#in
}

#[synchronized]
fn r#async() {}

#[thread(name = "{type}-{r#gen}")]
struct r#Struct {
    r#type: u8,
    r#gen: u8,
}

impl r#Struct {
    fn run(self) {}
}

struct Block {
    r#type: u8,
}

#[thread(name = "{type}")]
impl Block {
    fn run(self) {}
}

#[thread(name = "{match}-{async}")]
fn r#match(r#match: u8, r#async: u8) -> u8 {
    r#match + r#async
}

struct r#Loop {
    r#type: u8,
}

#[monitor(r#Shared, poison)]
impl r#Loop {
    #[when(self.r#type >= r#in, timeout, until)]
    pub fn r#move(&self, r#in: u8, r#gen: u8) -> u8 {
        self.r#type + r#gen
    }
}

fn main() {
    let shared = Shared::from(Loop { r#type: 1 });
    assert_eq!(shared.r#move(1, 2), 3);
    assert!(shared.move_timeout(2, 2, Default::default()).is_err());
    assert!(shared.move_until(2, 2, std::time::Duration::ZERO).is_err());
    r#fn(1);
    r#async();
    let handle = r#Struct { r#type: 1, r#gen: 2 }.start();
    assert_eq!(&*handle.name(), "1-2");
    assert_eq!(&*Block { r#type: 3 }.start().name(), "3");
    assert_eq!(&*r#match(4, 5).name(), "4-5");
}
