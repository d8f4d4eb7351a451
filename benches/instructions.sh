#!/bin/sh
# Prints how many instructions an operation takes, for each case of `threadkit-benches count`.
#
#   benches/instructions.sh [case ..]
#   benches/instructions.sh --check                         # fails if a case takes more than instructions.txt says,
#                                                           # or if it cannot be counted
#   INSTRUCTIONS=overwrite benches/instructions.sh --check  # writes the present counts into instructions.txt
#
# Each case runs twice under valgrind's callgrind, with different numbers of operations. The difference of the counts,
# divided by the difference of the numbers, does not include the start of the process. Unlike times, these figures do
# not depend on the load of the machine.
set -eu

[ "${1:-}" != --check ] || [ $# -eq 1 ] || {
    echo "error: \`--check\` counts all cases of instructions.txt, and takes no more arguments" >&2
    exit 2
}

few=10000
many=30000

command -v valgrind >/dev/null || {
    echo "error: valgrind is needed to count instructions" >&2
    exit 1
}

cd "$(dirname "$0")/.."

# Cargo knows where it puts the binary; a shared target directory is not where one would guess.
built=$(cargo build --release --quiet --package threadkit-benches --message-format json)
binary=$(printf '%s\n' "$built" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
[ -x "$binary" ] || {
    echo "error: cargo did not say where the binary is" >&2
    exit 1
}

# The instructions of one whole run.
instructions() {
    log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" count "$1" "$2" 2>&1) || {
        printf '%s\n' "$log" >&2
        return 1
    }
    printf '%s\n' "$log" | sed -n 's/.*Collected : \([0-9]*\).*/\1/p' | grep .
}

# `set -e` does not hold where the caller handles the failure, hence the `&&`.
per_operation() {
    low=$(instructions "$1" "$few") && high=$(instructions "$1" "$many") || {
        echo "error: \`$1\` could not be counted" >&2
        return 1
    }
    awk -v low="$low" -v high="$high" -v more=$((many - few)) \
        'BEGIN { printf "%.2f", (high - low) / more }'
}

# Compares all cases with the file, and each attribute with the guard by hand.
check() {
    file=benches/instructions.txt
    now=$(mktemp)
    trap 'rm -f "$now"' EXIT
    grep '^#' "$file" >"$now"
    for case in $(sed 's/#.*//' "$file" | awk '{ print $1 }'); do
        count=$(per_operation "$case") || exit 1
        echo "$case $count" >>"$now"
    done
    if [ "${INSTRUCTIONS:-}" = overwrite ]; then
        cp "$now" "$file"
        git diff --stat -- "$file"
        return
    fi
    awk '
        /^#/ { next }
        FNR == NR { known[$1] = $2; next }
        { now[$1] = $2; printf "%-16s %8.2f (%.2f)\n", $1, $2, known[$1] }
        # A difference below one instruction comes from the loop or the end of the process.
        $2 > known[$1] + 0.5 { print "error: `" $1 "` takes more instructions than instructions.txt says"; wrong = 1 }
        END {
            split("synchronized by-hand unnamed unnamed-by-hand bare bare-by-hand", pair, " ")
            for (i = 1; i < 6; i += 2)
                if (!(pair[i] in now) || !(pair[i + 1] in now)) {
                    print "error: instructions.txt must have both `" pair[i] "` and `" pair[i + 1] "`"
                    wrong = 1
                } else if (now[pair[i]] > now[pair[i + 1]] + 0.5) {
                    print "error: `" pair[i] "`, by `#[synchronized]`, takes more instructions than `" pair[i + 1] "`"
                    wrong = 1
                }
            exit wrong
        }' "$file" "$now"
}

if [ "${1:-}" = --check ]; then
    check
    exit
fi

[ $# -gt 0 ] || set -- $("$binary" count --list)

# The binary itself reports an unknown case here, before valgrind starts.
for case in "$@"; do
    "$binary" count "$case" 0
done

# Measured first, because the last column is computed from it.
empty=$(per_operation empty)

printf '%-16s %12s %14s\n' case instructions 'without call'
for case in "$@"; do
    count=$(per_operation "$case")
    awk -v name="$case" -v count="$count" -v empty="$empty" \
        'BEGIN { printf "%-16s %12.2f %14.2f\n", name, count, count - empty }'
done
