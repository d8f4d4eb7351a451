use threadkit::prelude::*;

#[thread]
async fn fetch(url: String) -> u32 {
    later(url).await
}

async fn later(_: String) -> u32 {
    1
}

fn main() {
    let _: u32 = fetch(String::new()).join().unwrap();
}
