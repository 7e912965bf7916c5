#!/usr/bin/env bash
# Measure. run.sh [NAME...], without a NAME all of them; ROUNDS in the environment is how often each program runs (5).
# pool, process, store, state and links measure a part of forage, the others the whole of it beside other programs (web.py). The exit
# status is 0 also when a target is missed, and 1 when something could not be measured.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
parts="pool process store state links"
webs="small1 small50 remember latency mid big one memory"

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
run_web() {
  build_program bench_latency_server || return 1
  if unshare --mount true 2>/dev/null; then
    unshare --mount python3 -B tests/bench/web.py "$1" ext4
  else
    python3 -B tests/bench/web.py "$1" tmpfs
  fi
}

# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $parts $webs
for name; do
  case " $parts $webs " in
    *" $name "*) ;;
    *)
      echo "bench: no '$name'; there are: $parts $webs" >&2
      exit 2
      ;;
  esac
done

mkdir -p build/bench
status=0
for name; do
  case " $parts " in
    *" $name "*) run_part "$name" || status=1 ;;
    *) run_web "$name" || status=1 ;;
  esac
done
exit $status
