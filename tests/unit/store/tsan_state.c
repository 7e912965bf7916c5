/* The crawl's thread and the state's writer side by side, for ThreadSanitizer: puts that meet a full queue, finds and
 * listings of what is being written, flushes, and a close with rows in the queue. */
#include "base/clock.h"
#include "store/state/state.h"

#include "support/check.h"
#include "support/files.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 6, PAGES = 1500, WAIT_MS = 60000 };

static struct state *open_state(const char *dir, unsigned capacity)
{
    struct state *state;
    struct state_failure failure;
    CHECK(state_open(dir, &(struct state_options){.capacity = capacity}, &state, &failure) == STATE_OK);
    return state;
}

static void url_of(int number, char url[64])
{
    snprintf(url, 64, "http://h%d.example/%d", number % 50, number);
}

static void wait_for_room(struct state *state)
{
    struct pollfd p = {.fd = state_fd(state), .events = POLLIN};
    CHECK(poll(&p, 1, WAIT_MS) == 1);
    CHECK(state_collect(state) == STATE_OK);
}

static void put(struct state *state, int number, int round)
{
    char url[64], file[64];
    url_of(number, url);
    snprintf(file, sizeof file, "h/%d.html", number);
    struct state_page page = {.url = url, .url_len = strlen(url), .file = file, .bytes = (uint64_t)round};
    enum state_status status;
    while ((status = state_put_page(state, &page)) == STATE_FULL)
        wait_for_room(state);
    CHECK(status == STATE_OK);
}

static void put_host(struct state *state, int number)
{
    char origin[64];
    snprintf(origin, sizeof origin, "http://h%d.example:80", number);
    struct state_host host = {.origin = origin, .robots = "User-agent: *", .robots_len = 13};
    enum state_status status;
    while ((status = state_put_host(state, &host)) == STATE_FULL)
        wait_for_room(state);
    CHECK(status == STATE_OK);
}

static bool count(const struct state_page *page, void *context)
{
    CHECK(page->bytes > 0);
    ++*(int *)context;
    return true;
}

static void round_of(const char *dir, int round)
{
    struct state *state = open_state(dir, round % 2 ? 100 : 4000);
    struct state_failure failure;
    CHECK(state_put_run(state, &(struct state_run){.started_ms = round}) == STATE_OK);
    for (int i = 0; i < PAGES; i++) {
        char url[64];
        url_of(i, url);
        const struct state_page *known = state_find_page(state, url, strlen(url));
        CHECK(round == 1 || (known && known->bytes == (uint64_t)round - 1));
        put(state, i, round);
        if (i % 30 == 0)
            put_host(state, i / 30);
        if (i % 500 == 0)
            CHECK(!state_failed(state, &failure));
    }
    int pages = 0;
    CHECK(state_each_page(state, NULL, count, &pages) == STATE_OK);
    CHECK(pages <= PAGES);
    if (round % 3 == 0)
        CHECK(state_flush(state) == STATE_OK);
    while (state_put_run(state, &(struct state_run){.started_ms = round, .ended_ms = round + 1}) == STATE_FULL)
        wait_for_room(state);
    CHECK(state_close(state, &failure) == STATE_OK);
}

int main(void)
{
    char dir[] = "/tmp/forage-tsan-XXXXXX";
    CHECK(mkdtemp(dir));
    for (int round = 1; round <= ROUNDS; round++)
        round_of(dir, round);
    struct state *state = open_state(dir, 0);
    struct state_run run;
    int pages = 0;
    CHECK(state_last_run(state, &run) && run.number == ROUNDS && run.ended_ms == ROUNDS + 1);
    CHECK(state_each_page(state, NULL, count, &pages) == STATE_OK && pages == PAGES);
    CHECK(state_close(state, NULL) == STATE_OK);
    files_remove(dir);
    return 0;
}
