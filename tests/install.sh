#!/usr/bin/env bash
# What is installed can be used: the documents' crawler and a small pool are built with pkg-config alone, once against the
# shared libraries and once against the static ones, and run. install.sh BUILD-FOLDER SOURCE-FOLDER
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
export PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name forage.pc)")
library=$(pkg-config --variable=libdir forage)

cat >"$work/pool.c" <<'EOT'
#include <multiproc/multiproc.h>
#include <string.h>

static int twice(const void *arg, size_t len, struct mp_reply *reply)
{
    int n;
    memcpy(&n, arg, len);
    n *= 2;
    return mp_reply_write(reply, &n, sizeof n);
}

int main(void)
{
    struct mp_pool *pool;
    struct mp_result *result;
    struct mp_outcome outcome;
    int n = 21;
    if (mp_pool_new(NULL, &pool) != MP_OK || mp_pool_apply(pool, twice, &n, sizeof n, &result) != MP_OK)
        return 1;
    mp_result_get(result, -1, &outcome);
    memcpy(&n, outcome.data, sizeof n);
    mp_result_free(result);
    mp_pool_free(pool);
    return n != 42;
}
EOT
sed -n '/^#include <forage/,/^\/\* ---- What follows/p' "$source/tests/documents/crawler.c" | sed '$d' >"$work/crawler.c"
echo 'int main(void) { return crawl((const char *const[]){"*:80:127.0.0.1:1"}, 1) == FORAGE_EXIT_NETWORK ? 0 : 1; }' >>"$work/crawler.c"

# use PROGRAM PACKAGE...
use() {
  local program=$1
  shift
  # shellcheck disable=SC2046
  cc -std=c17 -Wall -Werror -o "$work/$program" "$work/$program.c" $(pkg-config --cflags --libs "$@")
  LD_LIBRARY_PATH=$library "$work/$program" 2>/dev/null
  echo "$program runs with: $*"
}

use pool multiproc
use crawler forage

# Our static libraries with the system's shared ones: what they require privately is then named too.
rm "$library"/lib{forage,multiproc}.so*
private() {
  pkg-config --print-requires-private "$1" | sed 's/ .*//'
}
# shellcheck disable=SC2046
use pool multiproc $(private multiproc)
# shellcheck disable=SC2046
use crawler forage $(private forage) $(private multiproc)
"$work/prefix/bin/forage" --version

# What a user looks for beside the program.
for file in share/man/man1/forage.1 share/bash-completion/completions/forage share/zsh/site-functions/_forage \
  share/fish/vendor_completions.d/forage.fish share/doc/forage/{cron.md,forage.service,forage.timer}; do
  [ -s "$work/prefix/$file" ] || { echo "$file is not installed"; exit 1; }
done
