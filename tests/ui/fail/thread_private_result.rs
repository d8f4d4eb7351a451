pub mod jobs {
    use threadkit::thread;

    struct Secret;

    pub struct Job;

    #[thread]
    impl Job {
        fn run(self) -> Secret {
            Secret
        }
    }
}

fn main() {}
