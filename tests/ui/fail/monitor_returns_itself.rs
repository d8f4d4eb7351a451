use threadkit::prelude::*;

struct Text(String);

#[monitor(SharedText)]
impl Text {
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    pub fn same(&self) -> &Text {
        self
    }
}

fn main() {
    let text = SharedText::from(Text(String::new()));
    text.push("a").push("b");
    text.same();
}
