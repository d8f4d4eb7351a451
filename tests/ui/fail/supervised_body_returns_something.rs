//! A supervised body says whether it succeeded.

use threadkit::Supervisor;

fn main() {
    let _ = Supervisor::new(|_| || 5);
}
