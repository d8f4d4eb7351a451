use std::borrow::Cow;

use threadkit::prelude::*;

struct Account {
    owner: String,
    entries: Vec<u64>,
}

#[monitor(SharedAccount)]
impl Account {
    pub fn owner(&self) -> &str {
        &self.owner
    }

    pub fn first<'a>(&'a mut self) -> Option<&'a mut u64> {
        self.entries.first_mut()
    }

    pub fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.owner)
    }

    pub fn entries(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().copied()
    }

    pub fn captured<'a>(&'a self) -> impl Iterator<Item = u64> + use<'a> {
        self.entries.iter().copied()
    }

    #[when(!self.entries.is_empty(), until)]
    pub fn until(&mut self) -> impl Sized + use<> {
        self.entries.pop()
    }
}

fn main() {}
