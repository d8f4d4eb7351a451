#!/usr/bin/env bash
# Measures the library with other values of one of its constants, on the machine at hand.
#
#   benches/sweep.sh backoff                # what is swept, with these values and tables
#   benches/sweep.sh backoff 0 8 64         # other values
#   benches/sweep.sh                        # lists what can be swept
#
# Each value is written into a copy of the sources, which is built and measured beside the same peers, so that
# the ratios of different values can be compared. The library itself has no knob for them, because reading one would
# cost every wait.
# `MEASURE_WITH` is put in front of each measured command, for instance `nice`.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

# name | file | constant, with the type | values | arguments of the benches
sweeps='
backoff  | backend/backoff.rs  | YIELDS: u32               | 4 16 64           | queues --only there --peer threadkit
patience | backend/backoff.rs  | PATIENCE: Duration        | 0 10 20 40        | queues --only there --peer threadkit
first    | backend/backoff.rs  | PAUSES: u32               | 3 5 7             | queues --only there --peer threadkit
rest     | backend/backoff.rs  | REST: Duration            | 0 500 1000 2000   | queues --only 1:1 --peer threadkit
few      | queue/two_ended.rs  | FEW: usize                | 16 64 128         | queues --only 1:1 --peer threadkit
taken    | backend/backoff.rs  | TAKEN: Duration           | 5 20 100          | queues --only there --peer threadkit
pauses   | backend/raw_spin.rs | PAUSES: u32               | 3 5 7             | queues --only 4: --peer threadkit
segment  | queue/two_ended.rs  | LARGEST: usize            | 256 1024 2048     | queues --only unbounded --peer threadkit
starving | backend/starving.rs | STARVES_AFTER: Duration   | 2 4 8             | contended --only "16 threads, 100" --peer Lock --rounds 5
chunk    | pool/map_sizes.rs   | WORTH_ITS_WHILE: Duration | 50 200 800        | pool --only map --peer threadkit
ahead    | pool/map_sizes.rs   | AHEAD: Duration           | 0 2 8             | pool --only "10 µs" --peer threadkit
most     | pool/map.rs         | MOST: usize               | 4096 16384 131072 | pool --only map --peer threadkit
looks    | pool/map_part.rs    | LOOKS: usize              | 4 16 64           | pool --only map --peer threadkit
gather   | pool/next_job.rs    | GATHERING: Duration       | 0 500 2000        | pool --only "trivial tasks" --peer threadkit
'
row=$(echo "$sweeps" | grep "^${1:-none} " || true)
if [ -z "$row" ]; then
    echo "usage: benches/sweep.sh NAME [value ..]; names, files, constants, values and tables:$sweeps" >&2
    exit 2
fi
IFS='|' read -r name file constant values arguments <<<"$row"
name=${name// /} file=${file// /} constant=$(echo $constant)
eval "arguments=($arguments)"
shift
[ $# -gt 0 ] || set -- $values

copy=$root/target/sweep
for value in "$@"; do
    rm -rf "$copy" && mkdir -p "$copy"
    tar -c -C "$root" --exclude ./target --exclude ./.git . | tar -x -C "$copy"
    source=$copy/threadkit/src/$file
    grep -q "const $constant = " "$source" || {
        echo "error: $file has no constant \`$constant\`" >&2
        exit 1
    }
    case $name in
        taken | chunk | patience) text="Duration::from_micros($value)" ;;
        rest | gather) text="Duration::from_nanos($value)" ;;
        starving | ahead) text="Duration::from_millis($value)" ;;
        *) text=$value ;;
    esac
    # The copies keep their times, and the changed file gets a new one, so only that file and its users are built again.
    case $name in
        # It depends on the size of an item, and this is the value for small ones.
        segment) sed -i "s/1\.\.1024 =>/1..$value =>/; s/_ => 1024,/_ => $value,/" "$source" ;;
        *) sed -i "s/const $constant = .*;/const $constant = $text;/" "$source" ;;
    esac
    (cd "$copy" && CARGO_TARGET_DIR="$root/target/sweep-build" cargo build --quiet --release -p threadkit-benches)
    echo "=== $constant = $text"
    ${MEASURE_WITH:-} "$root/target/sweep-build/release/threadkit-benches" "${arguments[@]}"
done
