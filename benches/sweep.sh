#!/usr/bin/env bash
# Measures the library with other values of one of its constants, on the machine at hand.
#
#   benches/sweep.sh backoff                # what is swept, with these values and tables
#   benches/sweep.sh backoff 0 8 64         # other values
#   benches/sweep.sh backoff -- --quick     # with options of the benches; they replace those of the table below
#   benches/sweep.sh                        # lists what can be swept
#
# Each value is written into a copy of the sources, which is built and measured beside the same peers, so that
# the ratios of different values can be compared. The library itself has no knob for them, because reading one would
# cost every wait. What is built stays in target/sweep-build, for the next sweep; the copy is removed.
# `MEASURE_WITH` is put in front of each measured command, for instance `nice`.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

# `MOST_BYTES` caps `MOST` as well: 32768 items of 8 bytes.
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
most     | pool/map.rs         | MOST: usize               | 4096 16384 32768  | pool --only map --peer threadkit
looks    | pool/map_part.rs    | LOOKS: usize              | 4 16 64           | pool --only map --peer threadkit
gather   | pool/next_job.rs    | GATHERING: Duration       | 0 500 2000        | pool --only "trivial tasks" --peer threadkit
'
row=$(echo "$sweeps" | grep "^${1:-none} " || true)
usage="usage: benches/sweep.sh NAME [value ..] [-- option ..]; names, files, constants, values and tables:$sweeps"
if [ $# -eq 0 ]; then
    echo "$usage"
    exit
elif [ -z "$row" ]; then
    echo "error: no sweep is called \`$1\`; $usage" >&2
    exit 2
fi
IFS='|' read -r name file constant values arguments <<<"$row"
name=${name// /} file=${file// /} constant=$(echo $constant)
eval "arguments=($arguments)"
shift
asked=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    [[ $1 =~ ^[0-9]+$ ]] || {
        echo "error: \`$1\` is not a value of \`$constant\`; options come after \`--\`" >&2
        exit 2
    }
    asked+=("$1")
    shift
done
[ ${#asked[@]} -gt 0 ] || asked=($values)
shift $(($# > 0))
measured=("${arguments[0]}" "$@")
for ((at = 1; at < ${#arguments[@]}; at += 2)); do
    [[ " $* " == *" ${arguments[at]}"[\ =]* ]] || measured+=("${arguments[@]:at:2}")
done

copy=$root/target/sweep
trap 'rm -rf "$copy"' EXIT
for value in "${asked[@]}"; do
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
        segment)
            sed -i "s/1\.\.1024 =>/1..$value =>/; s/_ => 1024,/_ => $value,/" "$source"
            written="_ => $value,"
            ;;
        *)
            sed -i "s/const $constant = .*;/const $constant = $text;/" "$source"
            written="const $constant = $text;"
            ;;
    esac
    grep -qF "$written" "$source" || {
        echo "error: \`$written\` could not be written into $file" >&2
        exit 1
    }
    (cd "$copy" && CARGO_TARGET_DIR="$root/target/sweep-build" cargo build --quiet --release -p threadkit-benches)
    echo "=== $constant = $text"
    ${MEASURE_WITH:-} "$root/target/sweep-build/release/threadkit-benches" "${measured[@]}"
done
