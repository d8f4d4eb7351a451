//! The results of measurements, in a file, so that a long measurement can be made in parts.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use crate::cell::{Cell, Run};
use crate::options::Options;

/// Measures what is not in the file of results yet; returns all cells that are known, in the order of the table.
pub(crate) fn measure(options: &Options) -> io::Result<Vec<Cell>> {
    let mut kept = match &options.results {
        Some(file) if file.exists() => read(&fs::read_to_string(file)?),
        _ => Vec::new(),
    };
    let begun = Instant::now();
    let mut cells = Vec::new();
    for &program in &options.programs {
        for &explorer in &options.explorers {
            let key = format!("{}\t{}", program.name, explorer.name());
            if let Some(at) = kept.iter().position(|kept| kept.key == key) {
                let Kept { runs, is_late, .. } = kept.swap_remove(at);
                cells.push(Cell {
                    program,
                    explorer,
                    runs: explorer.library.can_express(&program).then_some(runs),
                    is_late,
                });
                continue;
            }
            let elapsed = begun.elapsed().as_secs_f64();
            if options.until.is_some_and(|until| elapsed > until) {
                continue;
            }
            let cell = Cell::measure(program, explorer, options)?;
            if let Some(file) = &options.results {
                append(file, &key, &cell)?;
            }
            let found = cell.failures().count();
            let of = cell.runs.as_ref().map_or(0, Vec::len);
            eprintln!("{} | {}: {found} of {of}", program.name, explorer.name());
            cells.push(cell);
        }
    }
    Ok(cells)
}

/// A cell as it stands in the file.
struct Kept {
    key: String,
    runs: Vec<Run>,
    is_late: bool,
}

/// The line that ends a cell of which all seeds were tried, and of one whose time was up.
const DONE: &str = "done";
const LATE: &str = "late";

fn append(file: &Path, key: &str, cell: &Cell) -> io::Result<()> {
    let mut text = format!("cell\t{key}\n");
    for run in cell.runs.iter().flatten() {
        text += &format!("{}\n", run.line());
    }
    text += if cell.is_late { LATE } else { DONE };
    text += "\n";
    // Written in one piece: an interrupted measurement leaves no half of a cell.
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)?
        .write_all(text.as_bytes())
}

fn read(text: &str) -> Vec<Kept> {
    let (mut done, mut open) = (Vec::new(), None);
    for line in text.lines() {
        if let Some(key) = line.strip_prefix("cell\t") {
            open = Some(Kept {
                key: key.to_owned(),
                runs: Vec::new(),
                is_late: false,
            });
        } else if line == DONE || line == LATE {
            if let Some(mut kept) = open.take() {
                kept.is_late = line == LATE;
                done.push(kept);
            }
        } else if let (Some(kept), Some(run)) = (&mut open, Run::of_line(line)) {
            kept.runs.push(run);
        }
    }
    done
}
