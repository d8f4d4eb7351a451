#[threadkit::main]
struct Main;

trait Program {
    #[threadkit::main]
    fn program();
}

fn main() {}

#[threadkit::main]
const fn constant() {}
