//! A pool at work, and a timeline of its threads: when each ran, what it waited for, and where.
//!
//! Four workers make thumbnails of pictures and put them into an album. One of the tasks prints the album, and keeps
//! the others out for too long; the page shows which one. Prints what was done, and where the page is. Pass a folder to
//! find the page there:
//!
//! ```text
//! cargo run --example timeline -- .
//! ```
//!
//! A release build needs the feature `inspect` of threadkit for it.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, io, thread};

use threadkit::{Lock, RwLock, Task, ThreadPool, timeline};

static SETTINGS: RwLock<u32> = RwLock::named("settings", 3);
static ALBUM: Lock<Vec<u64>> = Lock::named("album", Vec::new());

/// Stands for work that takes that long.
fn work(time: Duration) {
    thread::sleep(time);
}

fn make_thumbnails(pool: &ThreadPool, pictures: std::ops::Range<u64>) -> Vec<Task<()>> {
    let make = |picture| {
        pool.submit(move || {
            let quality = *SETTINGS.read();
            work(Duration::from_micros(400 + picture * 7919 % 1100) * quality);
            let mut album = ALBUM.acquire();
            work(Duration::from_micros(150));
            album.push(picture);
        })
    };
    pictures.map(make).collect()
}

fn print_album(pool: &ThreadPool) -> Task<usize> {
    pool.submit(|| {
        let album = ALBUM.acquire();
        // It would be enough to hold the lock for a copy of the album.
        work(Duration::from_millis(8));
        album.len()
    })
}

fn change_settings(pool: &ThreadPool) -> Task<()> {
    pool.submit(|| {
        let mut quality = SETTINGS.write();
        work(Duration::from_millis(1));
        *quality = 2;
    })
}

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).map_or_else(env::temp_dir, PathBuf::from);

    let recorder = timeline::record();
    let pool = ThreadPool::builder(4).name("crew").build();
    let mut thumbnails = make_thumbnails(&pool, 0..16);
    let printed = print_album(&pool);
    let changed = change_settings(&pool);
    thumbnails.extend(make_thumbnails(&pool, 16..32));
    for thumbnail in thumbnails {
        thumbnail.join().map_err(io::Error::other)?;
    }
    changed.join().map_err(io::Error::other)?;
    printed.join().map_err(io::Error::other)?;
    pool.shutdown();
    let recording = recorder.stop();

    println!("{} thumbnails are in the album", ALBUM.acquire().len());
    recording.save_html(folder.join("threadkit-timeline.html"))?;
    recording.save(folder.join("threadkit-timeline.json"))?;
    match env::args().nth(1) {
        Some(_) => println!(
            "open {} in a browser",
            folder.join("threadkit-timeline.html").display()
        ),
        None => println!(
            "open threadkit-timeline.html in a browser; it is in the folder for temporary files"
        ),
    }
    Ok(())
}
