#[threadkit::main]
async fn main() {
    std::future::ready(1).await;
}
