#!/usr/bin/env bash
# Run each fuzz target for SECONDS (60), beginning with its seeds. What it finds stays in build/fuzz/. run.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-60}

# A target is tests/fuzz/NAME.c; its second line names the source files that it needs and the libraries.
for source in tests/fuzz/*.c; do
  name=$(basename "$source" .c)
  files=$(sed -n 's|^// sources: ||p' "$source")
  libraries=$(sed -n 's|^// libraries: ||p' "$source")
  mkdir -p "build/fuzz/$name/corpus" "build/fuzz/$name/found"
  # shellcheck disable=SC2086
  clang -g -O1 -std=c17 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc -Iinclude \
    "$source" $files $(pkg-config --cflags --libs $libraries) -o "build/fuzz/$name/target"
  printf '== fuzz: %s\n' "$name" >&2
  "build/fuzz/$name/target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name/found/" "build/fuzz/$name/corpus" "tests/fuzz/seeds/$name" 2>&1 | tail -n 8
done
