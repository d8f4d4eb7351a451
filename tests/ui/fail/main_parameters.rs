#[threadkit::main]
fn main(args: Vec<String>) {
    println!("{args:?}");
}

struct Program;

impl Program {
    #[threadkit::main]
    fn run(&self) {}
}
