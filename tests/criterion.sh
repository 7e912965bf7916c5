#!/usr/bin/env bash
# Run one Criterion program. A test that skipped itself must not show as passed: the program then ends as skipped (77), when
# nothing failed. criterion.sh PROGRAM
set -u
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$1" --verbose 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] || exit "$status"
grep -q '^\[SKIP\]' "$output" && exit 77
exit 0
