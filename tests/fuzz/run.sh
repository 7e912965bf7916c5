#!/usr/bin/env bash
# Run each fuzz target for SECONDS (60), beginning with its seeds, as many at once as there are processors. What one finds
# does not keep the others from running. The corpus and what is found stay in build/fuzz/work.
#
# run.sh [SECONDS [TARGET...]]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

run_target() {
  local seconds=$1 name=$2 work=build/fuzz/work/$2
  mkdir -p "$work/corpus" "$work/found"
  if "build/fuzz/tests/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$work/found/" "$work/corpus" "tests/fuzz/seeds/$name" >"$work/log" 2>&1; then
    printf '%-12s %s runs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")"
  else
    { printf '== fuzz: %s FAILED, see %s/log\n' "$name" "$work"; grep -v '^#' "$work/log" | tail -n 40; } >&2
    return 1
  fi
}
export -f run_target

seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(basename -s .c tests/fuzz/*.c)
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -euo pipefail -c 'run_target "$0" "$1"' "$seconds" {}
