#!/usr/bin/env bash
# The README shows the documents' crawler as it is compiled and run. readme.sh SOURCE-FOLDER
set -eu
cd "$1"
compiled=$(sed -n '/^#include <forage/,/^\/\* ---- What follows/p' tests/documents/crawler.c | sed '$d')
shown=$(sed -n '/^#include <forage/,/^```$/p' README.md | sed '$d')
[ -n "$shown" ] || { echo "README.md shows no program"; exit 1; }
diff <(printf '%s\n' "$compiled" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}') <(printf '%s\n' "$shown")
