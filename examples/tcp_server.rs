//! A server on this machine's own address that uses a pool for its clients and shuts down
//! gracefully.
//!
//! One thread accepts connections. Four threads talk to the clients: for each line that comes in, a
//! line goes out. A stopped server accepts no more connections, answers the requests that it has
//! received, and then closes the connections. Nothing polls. With a port as its argument the server
//! runs there until Ctrl-C:
//!
//! ```text
//! cargo run --example tcp_server --features ctrl_c -- 7070
//! ```
//!
//! There, `nc 127.0.0.1 7070` is a client. The server prints its commands when it starts, and sends them to a
//! client whose command it does not know.
//!
//! Without an argument it tests itself. It prints that three clients got the right answers. Then it
//! stops the server while one request is half done and one client is idle: the request is finished,
//! the idle client gets a good-bye, and a new client cannot connect.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use threadkit::prelude::*;
use threadkit::{ThreadPool, WhenFull};

/// A client that sends nothing for this long is disconnected, which frees its thread of the pool.
const SILENCE: Duration = Duration::from_secs(30);

/// The longest line that a client may send.
const BYTES: u64 = 1 << 20;

/// What a client can send.
const COMMANDS: &str = "commands: `add 1 2 3` (a sum), `report` (an answer that takes its time)";

/// Serves until it is stopped. Returns how many requests it has answered.
#[thread(name = "server")]
fn serve(listener: TcpListener, stop: &StopToken) -> io::Result<u64> {
    // Only a connection ends an `accept`, so the stop makes one. A non-blocking listener would have to be
    // polled, and would notice the stop late.
    let address = listener.local_addr()?;
    let _waker = stop.on_stop(move || drop(TcpStream::connect(address)));

    let pool = ThreadPool::builder(4)
        .name("client")
        .backlog(16, WhenFull::Block)
        .build();
    let answered = Arc::new(AtomicU64::new(0));
    for connection in listener.incoming() {
        if stop.is_stopped() {
            break;
        }
        let Ok(connection) = connection else {
            // Usually too many open files; this will pass.
            if stop.wait_timeout(Duration::from_millis(100)) {
                break;
            }
            continue;
        };
        let (count, token) = (Arc::clone(&answered), stop.clone());
        // The task's result is not used: the server does not care about a client that has gone away.
        let talk = move || drop(talk(&connection, &token, &count));
        // The backlog is full, so further clients wait in the system's queue. A stop ends this wait.
        drop(pool.submit_until(talk, stop));
    }
    drop(listener);
    pool.shutdown();
    Ok(answered.load(Ordering::Relaxed))
}

/// Answers one client line by line, until it disconnects or the server stops.
fn talk(client: &TcpStream, stop: &StopToken, answered: &AtomicU64) -> io::Result<()> {
    client.set_nodelay(true)?;
    client.set_read_timeout(Some(SILENCE))?;
    // A stop ends the wait for the next request, but never an answer.
    let ears = client.try_clone()?;
    let _end = stop.on_stop(move || drop(ears.shutdown(Shutdown::Read)));
    for request in BufReader::new(client.take(BYTES)).lines() {
        answer(&request?, client)?;
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn answer(request: &str, client: &TcpStream) -> io::Result<()> {
    match request.split_once(' ').unwrap_or((request, "")) {
        ("add", numbers) => match numbers.split(' ').map(str::parse::<i32>).collect() {
            Ok(numbers) => say(client, &sum(numbers).to_string()),
            Err(error) => say(client, &format!("not a number: {error}")),
        },
        ("report", _) => {
            say(client, "the report begins")?;
            threadkit::sleep(Duration::from_millis(100)); // work that takes its time
            say(client, "the report is complete")
        }
        (other, _) => say(client, &format!("no idea how to `{other}`; {COMMANDS}")),
    }
}

fn sum(numbers: Vec<i32>) -> i64 {
    numbers.into_iter().map(i64::from).sum()
}

fn say(mut to: &TcpStream, line: &str) -> io::Result<()> {
    to.write_all(format!("{line}\n").as_bytes())
}

/// A client, for the self-test.
struct Client {
    from: BufReader<TcpStream>,
}

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(SILENCE))?;
        let from = BufReader::new(stream);
        Ok(Self { from })
    }

    fn ask(&mut self, request: &str) -> io::Result<String> {
        say(self.from.get_ref(), request)?;
        self.hear()
    }

    /// The next line; empty if the server has closed the connection.
    fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// Sends a hundred requests and counts the right answers.
#[thread(name = "tester-{id}")]
fn ask_a_hundred(id: u32, address: SocketAddr) -> io::Result<usize> {
    let mut client = Client::connect(address)?;
    let mut right = 0;
    for n in 1..=100 {
        let answer = client.ask(&format!("add {id} {n} -1"))?;
        right += usize::from(answer == (id + n - 1).to_string());
    }
    Ok(right)
}

fn self_test() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let server = serve(listener);

    let clients: Vec<_> = (1..=3).map(|id| ask_a_hundred(id, address)).collect();
    for client in clients {
        let name = client.name();
        println!("{name}: {} of 100 answers are right", client.join()??);
    }

    let mut silent = Client::connect(address)?;
    println!("add two and two: {}", silent.ask("add two two")?);
    let mut reader = Client::connect(address)?;
    println!("{}", reader.ask("report")?);
    server.stop();
    println!("{}", reader.hear()?);
    println!("good-bye to the silent: {}", silent.hear()?.is_empty());
    println!("requests answered: {}", server.join()??);
    println!(
        "new clients are let in: {}",
        TcpStream::connect(address).is_ok()
    );
    Ok(())
}

#[cfg_attr(feature = "ctrl_c", threadkit::main(ctrl_c = stop))]
#[cfg_attr(not(feature = "ctrl_c"), threadkit::main)]
fn main() -> Result<(), Box<dyn Error>> {
    let Some(port) = std::env::args().nth(1) else {
        return self_test();
    };
    let Ok(port) = port.parse::<u16>() else {
        return Err(
            format!("{port} is not a port: give a number up to 65535, such as 7070").into(),
        );
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    println!(
        "listening on {}; Ctrl-C ends the server",
        listener.local_addr()?
    );
    println!("{COMMANDS}");
    println!("requests answered: {}", serve(listener).join()??);
    Ok(())
}
