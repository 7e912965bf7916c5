#!/usr/bin/env bash
# Measure. run.sh [NAME...], without a NAME all of them; ROUNDS in the environment is how often each program runs (5).
# pool, process, store, state, links and backlog measure a part of forage, recrawl is a simulation; web (generated.py) a crawl of a million pages; proof (proof.py) crawls of
# documentation beside wget and httrack; the others the whole of forage beside other programs (web.py). The exit status is 0 also when a
# target is missed, and 1 when something could not be measured or, in proof, not be explained.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
parts="pool process store state links backlog recrawl"
webs="small1 small50 remember latency mid big one memory"
crawls="web proof"

# Whether the first word is one of the others.
is_of() {
  local word=$1 other
  shift
  for other; do
    [ "$word" != "$other" ] || return 0
  done
  return 1
}

build_program() {
  cmake --build --preset release --target "$@" >build/bench/build.log || {
    cat build/bench/build.log >&2
    return 1
  }
}

run_part() {
  printf '== %s\n' "$1"
  build_program "bench_$1" || return 1
  case $1 in
    process)
      build/release/tests/bench_process tests/bench/process.py
      [ $? -le 1 ] # 1: it has run and missed its target
      ;;
    *) "build/release/tests/bench_$1" ;;
  esac
}

# Root has the output on an ext4, mounted where nothing else sees it: it is gone with the last process, whatever happens.
with_output() {
  if unshare --mount true 2>/dev/null; then
    unshare --mount python3 -B "$@" ext4
  else
    python3 -B "$@" tmpfs
  fi
}

run_web() {
  build_program forage bench_latency_server bench_floor bench_floor_curl || return 1
  with_output tests/bench/web.py "$1"
}

run_crawl() {
  build_program forage generated_web || return 1
  case $1 in
    web)
      if [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt $((8 << 20)) ]; then
        python3 -B tests/bench/generated.py tmpfs # or writing 4 GiB back to a disk would be measured
      else
        with_output tests/bench/generated.py
      fi
      ;;
    proof) with_output tests/bench/proof.py ;;
  esac
}

# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $parts $webs $crawls
for name; do
  if ! is_of "$name" $parts $webs $crawls; then
    echo "bench: no '$name'; there are: $parts $webs $crawls" >&2
    exit 2
  fi
done

mkdir -p build/bench
status=0
for name; do
  if is_of "$name" $parts; then
    run_part "$name" || status=1
  elif is_of "$name" $crawls; then
    run_crawl "$name" || status=1
  else
    run_web "$name" || status=1
  fi
done
exit $status
