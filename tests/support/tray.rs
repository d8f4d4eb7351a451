//! A monitor whose only method waits until there is an item.

use threadkit::monitor;

pub(crate) struct Tray {
    items: usize,
}

#[monitor(SharedTray)]
impl Tray {
    pub(crate) fn new() -> Self {
        Self { items: 0 }
    }

    #[when(self.items > 0)]
    pub(crate) fn take(&mut self) {
        self.items -= 1;
    }
}
