#!/usr/bin/env bash
# Prints the CPU seconds of building a small crate with all its dependencies from clean, once with the
# attributes of threadkit and once with those of tracing.
#
#   benches/build-cost.sh [runs] [more]
#
# Both crates have the same functions, eight of them under an attribute, and as many more as the second argument says;
# the more there are, the more of "own" is theirs. The figures are the user and system time of everything that cargo
# starts, with one job at a time, and each is the median of the runs. "attributes" is the part of the macros and of the
# crates that they depend on, without build scripts. "own" is the part of the crate itself, which each change costs again.
# "library" is the part of the crate threadkit or tracing alone, the same as that of `cargo build -p threadkit` after a
# change of it.
# The library is built as if it came from the registry, whose crates are never built incrementally.
# `MEASURE_WITH` is put in front of each measured command, for instance `nice`.
set -euo pipefail

runs=${1:-3}
more=${2:-0}
if [[ $# -gt 2 || ! $runs =~ ^[1-9][0-9]*$ || ! $more =~ ^[0-9]+$ ]]; then
    echo "usage: benches/build-cost.sh [runs] [more]: how often to build (3), and how many more functions (0)" >&2
    exit 2
fi
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tracing=$(sed -n 's/^tracing = { version = "\([^"]*\)".*/\1/p' "$root/Cargo.toml")
[ -n "$tracing" ] || {
    echo "error: the root manifest names no version of tracing" >&2
    exit 1
}

# make NAME DEPENDENCY FUNCTION: a package with standard input as its main.rs, and with a module that has the function
# as many times as the second argument of the script says.
make() {
    mkdir -p "$work/$1/src"
    {
        cat
        echo "mod many { #[allow(unused_imports, reason = \"there may be none more\")] use super::*;"
        for n in $(seq "$more"); do echo "${3//NUMBER/$n}"; done
        echo "pub fn all() -> u64 { 0 $(seq -f '+ add_%g(1)' "$more" | tr '\n' ' ') } }"
    } >"$work/$1/src/main.rs"
    cat >"$work/$1/Cargo.toml" <<MANIFEST
[package]
name = "with-$1"
version = "0.0.0"
edition = "2024"

[dependencies]
$2

[workspace]
MANIFEST
    cargo fetch --quiet --manifest-path "$work/$1/Cargo.toml"
}

make threadkit "threadkit = { path = \"$root/threadkit\" }" \
    '#[synchronized(total = TOTAL)] fn add_NUMBER(n: u64) -> u64 { *total += n; *total }' <<'MAIN'
use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(total = TOTAL)]
fn add(n: u64) -> u64 {
    *total += n;
    *total
}

#[synchronized(total = TOTAL)]
fn subtract(n: u64) -> Result<u64, String> {
    *total = total.checked_sub(n).ok_or("too much")?;
    Ok(*total)
}

#[synchronized]
fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() { a } else { b }
}

#[synchronized]
fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
    items.iter().copied().reduce(|a, b| if a > b { a } else { b })
}

struct Account {
    balance: Lock<i64>,
}

impl Account {
    #[synchronized(balance = self.balance)]
    fn deposit(&self, n: i64) {
        *balance += n;
    }

    #[synchronized(balance = self.balance)]
    fn balance(&self) -> i64 {
        *balance
    }
}

#[synchronized(total = TOTAL)]
fn show(label: String) -> String {
    format!("{label}: {}", *total)
}

#[thread(name = "count-{to}")]
fn count(to: u64) -> u64 {
    (1..=to).map(add).max().unwrap_or(0)
}

fn main() {
    let account = Account { balance: Lock::new(0) };
    account.deposit(5);
    let counted = count(4).join().unwrap();
    println!("{counted} {:?} {}", subtract(3), account.balance());
    println!("{} {:?} {}", longest("a", "bc"), largest(&[1, 3, 2]), show("total".into()));
    println!("{}", many::all());
}
MAIN

make tracing "tracing = { version = \"$tracing\", default-features = false, features = [\"std\", \"attributes\"] }" \
    '#[instrument] fn add_NUMBER(n: u64) -> u64 { let mut total = TOTAL.lock().unwrap(); *total += n; *total }' <<'MAIN'
use std::sync::Mutex;

use tracing::instrument;

static TOTAL: Mutex<u64> = Mutex::new(0);

#[instrument]
fn add(n: u64) -> u64 {
    let mut total = TOTAL.lock().unwrap();
    *total += n;
    *total
}

#[instrument]
fn subtract(n: u64) -> Result<u64, String> {
    let mut total = TOTAL.lock().unwrap();
    *total = total.checked_sub(n).ok_or("too much")?;
    Ok(*total)
}

#[instrument]
fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() { a } else { b }
}

#[instrument(skip_all)]
fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
    items.iter().copied().reduce(|a, b| if a > b { a } else { b })
}

struct Account {
    balance: Mutex<i64>,
}

impl Account {
    #[instrument(skip(self))]
    fn deposit(&self, n: i64) {
        *self.balance.lock().unwrap() += n;
    }

    #[instrument(skip(self))]
    fn balance(&self) -> i64 {
        *self.balance.lock().unwrap()
    }
}

#[instrument]
fn show(label: String) -> String {
    format!("{label}: {}", *TOTAL.lock().unwrap())
}

#[instrument]
fn count(to: u64) -> u64 {
    (1..=to).map(add).max().unwrap_or(0)
}

fn main() {
    let account = Account { balance: Mutex::new(0) };
    account.deposit(5);
    let counted = std::thread::spawn(|| count(4)).join().unwrap();
    println!("{counted} {:?} {}", subtract(3), account.balance());
    println!("{} {:?} {}", longest("a", "bc"), largest(&[1, 3, 2]), show("total".into()));
    println!("{}", many::all());
}
MAIN

# Runs the compiler, and notes the time that each crate takes.
cat >"$work/timed" <<'WRAPPER'
#!/usr/bin/env bash
for argument; do
    [ "${before-}" != --crate-name ] || name=$argument
    before=$argument
done
TIMEFORMAT="${name-none} %U %S"
{ time "$@" 2>&3; } 3>&2 2>>"$CRATES"
WRAPPER
chmod +x "$work/timed"
export CRATES=$work/crates RUSTC_WRAPPER=$work/timed

# seconds NAME [OPTION]: the time of one build from clean, that of the attributes, of the crate itself, of the library.
seconds() {
    local name=$1 TIMEFORMAT='%U %S'
    shift
    rm -rf "$work/target" "$CRATES"
    { time CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$work/target" ${MEASURE_WITH:-} cargo build --quiet --offline --jobs 1 \
        --manifest-path "$work/$name/Cargo.toml" "$@" >&2; } 2>&1 |
        awk -v own="with_$name" -v library="$name" '
            FILENAME == "-" && NF == 2 && $1 + 0 == $1 { all = $1 + $2; next }
            FILENAME == "-" { print >"/dev/stderr"; next }
            $1 == own { mine += $2 + $3 }
            $1 == library { its += $2 + $3 }
            $1 ~ /^(syn|quote|proc_macro2|unicode_ident|threadkit_macros|tracing_attributes)$/ { macros += $2 + $3 }
            END { printf "%.2f %.2f %.3f %.2f\n", all, macros, mine, its }' - "$CRATES"
}

# median COLUMN
median() {
    sort -n -k "$1,$1" "$work/runs" | awk -v of="$1" '{ all[NR] = $of } END { print all[int((NR + 1) / 2)] }'
}

echo "CPU seconds of a build from clean, median of $runs ($(rustc --version))"
for profile in debug release; do
    option=()
    [ "$profile" = debug ] || option=(--release)
    for name in threadkit tracing; do
        for _ in $(seq "$runs"); do
            seconds "$name" "${option[@]}"
        done >"$work/runs"
        echo "$profile with $name: $(median 1), attributes $(median 2), own $(median 3), library $(median 4)"
    done
done
