use threadkit::prelude::*;

struct Text<'a>(&'a str);

#[thread]
fn show<'a>(text: Text<'a>) {
    println!("{}", text.0);
}

fn main() {}
