#!/usr/bin/env bash
# Everything that can be said of the source without running it. check.sh BUILD-FOLDER
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
build=$1
failed=0

fail() {
  printf 'check: %s\n' "$1" >&2
  failed=1
}

ours() {
  git ls-files --cached --others --exclude-standard "$@"
}

check_format() {
  ours '*.c' '*.h' | xargs clang-format --dry-run -Werror 2>&1 | head -40
  [ "${PIPESTATUS[1]}" -eq 0 ] || fail "formatting: run clang-format -i on the files above"
}

# What has a bounded or checked counterpart, and what a library must not do.
check_banned() {
  local everywhere='\b(gets|strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|alloca|system|popen|tmpnam|mktemp|rand|usleep)\('
  local in_libraries='\b(printf|puts|putchar|perror|exit|abort|getenv|setlocale)\('
  ours 'src/*.c' 'src/*.h' | xargs grep -nE "$everywhere" && fail "banned functions"
  ours 'src/*.c' 'src/*.h' | grep -v '^src/cli/' | xargs grep -nE "(^|[^_a-z.>])$in_libraries" |
    grep -vE 'the trampoline|exit\(3\)' && fail "a library prints, exits or reads the environment"
  ours 'src/*.c' 'src/*.h' 'include/*.h' | xargs grep -nE '#include "\.\./' && fail "an include around the layers"
  ours '*.c' '*.h' | xargs grep -nE '\b(TODO|FIXME|XXX)\b' && fail "left-over marks"
  return 0
}

check_sizes() {
  ours 'src/*.c' 'src/*.h' 'include/*.h' 'tests/*.c' 'tests/*.h' | xargs wc -l |
    awk '$2 != "total" && $1 > 600 {print "  " $2 ": " $1 " lines"; bad = 1} END {exit bad}' ||
    fail "files over 600 lines"
  ours '*.c' '*.h' | xargs awk '
    length > 120 {print "  " FILENAME ":" FNR ": " length " characters"; bad = 1} END {exit bad}' ||
    fail "lines over 120 characters"
  ours 'src/*.c' 'tests/*.c' | ctags -L - --languages=C --kinds-C=f --fields=+ne -o - 2>/dev/null | awk -F'\t' '
    { s = e = 0
      for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) s = substr($i, 6); if ($i ~ /^end:/) e = substr($i, 5) }
      if (e - s > 80) { print "  " $2 ":" s ": " $1 " has " e - s " lines"; bad = 1 } }
    END { exit bad }' || fail "functions over 80 lines"
}

check_cppcheck() {
  cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -D_GNU_SOURCE \
    --suppress=missingIncludeSystem --suppress=unknownMacro -I include -I src src || fail "cppcheck"
}

# A file at a time: in the second one of a process clang-tidy 14 takes every va_list for uninitialized.
check_tidy() {
  ours 'src/*.c' | xargs -P "$(nproc)" -n 1 clang-tidy --quiet --warnings-as-errors='*' -p "$build" 2>/dev/null ||
    fail "clang-tidy"
}

# gcc's analyzer is meant for C but reports leaks of what a struct takes over; those two checks are off.
check_analyzer() {
  local log
  log=$(mktemp -d)
  cmake -S . -B "$log/build" -G Ninja -DFORAGE_TESTS=OFF -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS="-fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-fd-leak -Wno-analyzer-too-complex" >/dev/null
  cmake --build "$log/build" -j "$(nproc)" >"$log/out" 2>&1 || { grep -E 'error|warning' "$log/out" | head -20; fail "gcc -fanalyzer"; }
  rm -rf "$log"
}

for c in format banned sizes cppcheck tidy analyzer; do
  printf '== check: %s\n' $c >&2
  check_$c
done
exit $failed
