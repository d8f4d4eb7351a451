//! An async server that leaves its heavy work to a pool.
//!
//! One thread runs tokio, which has room for thousands of connections that mostly wait. For each line with a number,
//! the server answers how many primes there are below it. Counting in the async code would block all other connections,
//! so a pool does it: a `Task` is a future. A stop of the server's thread ends the loop that accepts connections;
//! requests in progress are still answered.
//!
//! Without an argument it tests itself: it prints the answers to four clients on threads, and the number of clients.
//! With a port, it serves there until you end it:
//!
//! ```text
//! cargo run --example async_server -- 7070
//! ```

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use threadkit::prelude::*;
use threadkit::{ThreadPool, scope};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinSet;

fn primes_below(n: u32) -> usize {
    let is_prime = |n: &u32| {
        (2..)
            .take_while(|d| d * d <= *n)
            .all(|d| !n.is_multiple_of(d))
    };
    (2..n).filter(is_prime).count()
}

/// Answers one client, line by line.
async fn talk(client: tokio::net::TcpStream, pool: Arc<ThreadPool>) -> io::Result<()> {
    let (from, mut to) = client.into_split();
    let mut lines = tokio::io::BufReader::new(from).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match line.trim().parse() {
            // The async code waits for the task, and serves others meanwhile.
            Ok(n) => match pool.submit(move || primes_below(n)).await {
                Ok(count) => format!("{count} primes below {n}\n"),
                Err(error) => format!("no answer: {error}\n"),
            },
            Err(error) => format!("`{line}` is not a number: {error}\n"),
        };
        to.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// Serves until its thread is stopped; returns how many clients there were.
#[thread(name = "server")]
fn serve(listener: TcpListener, stop: &StopToken) -> io::Result<usize> {
    let pool = Arc::new(ThreadPool::builder(2).name("primes").build());
    // How a stop of this thread reaches the async code.
    let stopped = Arc::new(Notify::new());
    let _callback = stop.on_stop({
        let stopped = Arc::clone(&stopped);
        move || stopped.notify_one()
    });

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut clients = JoinSet::new();
        let mut count = 0;
        loop {
            tokio::select! {
                () = stopped.notified() => break,
                accepted = listener.accept() => {
                    let (client, _) = accepted?;
                    clients.spawn(talk(client, Arc::clone(&pool)));
                    count += 1;
                }
                Some(_) = clients.join_next() => {} // a client has left
            }
        }
        while clients.join_next().await.is_some() {} // the others are served to their end
        Ok(count)
    })
}

/// A client that blocks, as most are.
fn ask(address: SocketAddr, question: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("{question}\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}

fn self_test() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let server = serve(listener);

    // Four clients at the same time.
    let answers = scope(|s| {
        let clients =
            ["200000", "10", "100", "ten"].map(|question| s.spawn(move || ask(address, question)));
        clients.map(|client| client.join().expect("a client does not panic"))
    });
    for answer in answers {
        println!("{}", answer?);
    }
    server.stop();
    println!("clients: {}", server.join()??);
    Ok(())
}

#[threadkit::main]
fn main() -> Result<(), Box<dyn Error>> {
    let Some(port) = std::env::args().nth(1) else {
        return self_test();
    };
    let port: u16 = port
        .parse()
        .map_err(|_| format!("{port} is not a port: give a number up to 65535, such as 7070"))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!(
        "listening on {}; send a number and Enter",
        listener.local_addr()?
    );
    println!("clients: {}", serve(listener).join()??);
    Ok(())
}
