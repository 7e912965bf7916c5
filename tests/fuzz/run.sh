#!/usr/bin/env bash
# Run each fuzz target for SECONDS (60), beginning with its seeds. The corpus and what is found stay in build/fuzz.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-60}

for source in tests/fuzz/*.c; do
  name=$(basename "$source" .c)
  work=build/fuzz/work/$name
  mkdir -p "$work/corpus" "$work/found"
  printf '== fuzz: %s\n' "$name" >&2
  "build/fuzz/tests/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$work/found/" "$work/corpus" "tests/fuzz/seeds/$name" 2>"$work/log" ||
    { tail -n 40 "$work/log"; exit 1; }
  grep -E '^stat::(number_of_executed_units|average_exec_per_sec)' "$work/log"
done
