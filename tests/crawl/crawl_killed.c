/* Crawls that are killed at any instant, again and again: in the end each has the pages that an undisturbed one has,
 * and none was asked for again after it was done and recorded. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include "killed.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_killed, .timeout = 280);

/* LANES crawls at a time, as most of the time is waiting, are killed up to EACH times, until there were KILLS
 * (support_rounds). */
enum { KILLS = 100, EACH = 5, LANES = 4, PAGES = 260, HOSTS = 5, ROOM_BYTES = 256 << 20 };

/* ---- The site ----
 *
 * A tree, in which each page but the first is linked by one page alone, so that a link that is lost takes pages with
 * it. */

static bool is_redirect(unsigned n)
{
    return n % 17 == 5 && 2 * n + 1 < PAGES;
}

/* Pages that link nothing that is there. */
static bool is_gone(unsigned n)
{
    return n % 5 == 1 && 2 * n + 1 >= PAGES && !(n % 2 && is_redirect((n - 1) / 2));
}

static bool is_unkept(unsigned n)
{
    return n % 19 == 7;
}

static char *link_to(unsigned n)
{
    return n < PAGES ? support_format("<a href=http://www.h%u.com/%u>%u</a>", n % HOSTS, n, n)
                     : support_format("%s", "");
}

static int tree(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    unsigned n = (unsigned)strtoul(request->target + 1, NULL, 10);
    if (n >= PAGES || is_gone(n))
        return 1;
    reply->delay_ms = (int)(n * 37 % 60);
    if (is_redirect(n)) { /* to the first of its two children; the second one is linked by that */
        reply->status = 302;
        reply->location = reply->owned = support_format("http://www.h%u.com/%u", (2 * n + 1) % HOSTS, 2 * n + 1);
        return 0;
    }
    bool by_redirect = n % 2 && is_redirect((n - 1) / 2);
    char *left = link_to(2 * n + 1), *right = link_to(2 * n + 2), *sibling = link_to(by_redirect ? n + 1 : PAGES);
    fixture_printf(reply, "%s<p>%u %s %s %s <a href=http://www.h0.com/0>start</a>",
                   is_unkept(n) ? "<meta name=robots content=noindex>" : "", n, left, right, sibling);
    free(left);
    free(right);
    free(sibling);
    return 0;
}

static unsigned number_in(const char *url)
{
    return (unsigned)strtoul(strrchr(url, '/') + 1, NULL, 10);
}

static unsigned run_of(const struct fixture_request *request)
{
    unsigned run = 0;
    const char *agent = fixture_find_header(request, "User-Agent"); /* a header goes to one of the hosts only */
    return agent && sscanf(agent, "run/%u", &run) == 1 ? run : 0;
}

/* ---- What a kill leaves ---- */

/* Which pages the database says that this cycle has finished. */
static unsigned find_finished(const char *output, const char *scratch, bool finished[PAGES])
{
    /* A run that was killed after it had ended leaves nothing to go on with: the next one is a crawl of its own. */
    static const char sql[] =
        "SELECT url FROM page JOIN (SELECT cycle_started, ended FROM run ORDER BY number DESC LIMIT 1) "
        "WHERE failures = 0 AND ended = 0 AND last_fetched >= cycle_started";
    unsigned count = 0;
    sqlite3_stmt *s = NULL;
    sqlite3 *db = killed_open_copy(output, scratch);
    memset(finished, 0, PAGES * sizeof *finished);
    if (db)
        sqlite3_prepare_v2(db, sql, -1, &s, NULL); /* fails while there are no tables yet */
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        unsigned n = number_in((const char *)sqlite3_column_text(s, 0));
        count += n < PAGES && !finished[n];
        if (n < PAGES)
            finished[n] = true;
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return count;
}

/* The names and bytes of the files that were kept. */
static char *contents_of(const char *folder)
{
    char *names = files_tree(folder), *rest = names, *text;
    size_t len, size;
    FILE *out = open_memstream(&text, &len);
    for (char *name; out && (name = strsep(&rest, "\n")) && *name;) {
        if (strncmp(name, ".forage/", strlen(".forage/")) == 0)
            continue;
        char *path = files_path(folder, name), *body = files_read(path, &size);
        fprintf(out, "%s %s\n", name, body);
        free(body);
        free(path);
    }
    if (!out || fclose(out))
        support_fail("no memory for the contents of a folder");
    free(names);
    return text;
}

/* ---- A crawl ---- */

struct lane {
    unsigned number, runs;
    bool over; /* its last run ended by itself */
    int64_t strike_ns;
    struct fixture *f;
    struct crawl c;
    char *folder, *scratch;
    bool finished[PAGES]; /* before the run that is on its way */
};

struct trial {
    uint64_t random;
    char *undisturbed;
    int64_t wall_ms;
    unsigned kills, with_rest;
};

static uint32_t next_random(struct trial *t)
{
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(t->random >> 33);
}

static void start_run(struct lane *lane)
{
    char *agent = support_format("run/%u", ++lane->runs);
    lane->c = (struct crawl){.run = {.working_folder = lane->folder, .time_limit_ms = 60000}};
    crawl_start(&lane->c, lane->f, "-q", "-r", "--allow-private", "--scope", "any", "-j", "2", "--per-host", "2",
                "--delay", "0", "-A", agent, "http://www.h0.com/0", NULL);
    free(agent);
}

static void begin_crawl(struct lane *lane, unsigned number)
{
    *lane = (struct lane){.number = number,
                          .f = fixture_start(&(struct fixture_options){.fallback = tree}),
                          .folder = files_temp_folder(),
                          .scratch = files_temp_folder()};
}

/* No request of the last run was for a page that was done before. */
static void expect_no_page_twice(const struct lane *lane)
{
    size_t count;
    unsigned times[PAGES] = {0};
    const struct fixture_request *requests = fixture_requests(lane->f, &count);
    for (size_t i = 0; i < count; i++)
        if (run_of(&requests[i]) == lane->runs && number_in(requests[i].target) < PAGES)
            times[number_in(requests[i].target)]++;
    for (unsigned n = 0; n < PAGES; n++) {
        cr_expect(!lane->finished[n] || times[n] == 0, "crawl %u: run %u asked for page %u, which was done",
                  lane->number, lane->runs, n);
        cr_expect_leq(times[n], 1, "crawl %u: run %u asked for page %u %u times", lane->number, lane->runs, n,
                      times[n]);
    }
}

/* Odd runs lose the parent alone, even ones every process. */
static void strike(struct trial *t, struct lane *lane)
{
    if (lane->runs & 1)
        run_signal(&lane->c.run, SIGKILL);
    else
        run_signal_group(&lane->c.run, SIGKILL);
    run_wait(&lane->c.run);
    lane->over = lane->c.run.signal != SIGKILL;
    t->kills += !lane->over;
    expect_no_page_twice(lane);
    char *output = files_path(lane->folder, "output");
    unsigned count = lane->over ? 0 : find_finished(output, lane->scratch, lane->finished);
    t->with_rest += count && count < PAGES * 8 / 10;
    free(output);
    run_release(&lane->c.run);
}

static void strike_in_turn(struct trial *t, struct lane lanes[LANES])
{
    bool struck[LANES] = {false};
    for (unsigned k = 0; k < LANES; k++) {
        unsigned first = LANES;
        for (unsigned i = 0; i < LANES; i++)
            if (!struck[i] && !lanes[i].over && (first == LANES || lanes[i].strike_ns < lanes[first].strike_ns))
                first = i;
        if (first == LANES)
            return;
        poll(NULL, 0, support_left_ms(lanes[first].strike_ns));
        strike(t, &lanes[first]);
        struck[first] = true;
    }
}

static void end_crawl(const struct trial *t, struct lane *lane)
{
    if (!lane->over) {
        crawl_wait(&lane->c);
        cr_expect_eq(lane->c.run.signal, 0);
        cr_expect_not(lane->c.run.timed_out);
        cr_expect_eq(lane->c.run.left_behind, 0);
        expect_no_page_twice(lane);
        crawl_release(&lane->c);
    }
    char *output = files_path(lane->folder, "output"), *contents = contents_of(output);
    cr_expect(strcmp(contents, t->undisturbed) == 0, "crawl %u has other pages than an undisturbed one: %zu, not %zu",
              lane->number, text_lines(contents), text_lines(t->undisturbed));
    free(contents);
    free(output);
    fixture_stop(lane->f);
    files_remove(lane->folder);
    files_remove(lane->scratch);
    free(lane->folder);
    free(lane->scratch);
}

/* ---- All crawls ---- */

static void run_undisturbed(struct trial *t)
{
    struct lane lane;
    begin_crawl(&lane, 0);
    start_run(&lane);
    crawl_wait(&lane.c);
    char *output = files_path(lane.folder, "output");
    t->undisturbed = contents_of(output);
    t->wall_ms = lane.c.run.wall_ms;
    size_t asked = asked_count(lane.f);
    cr_assert_eq(asked, PAGES, "%zu of %d pages: %s", asked, PAGES, lane.c.run.err);
    free(output);
    crawl_release(&lane.c);
    fixture_stop(lane.f);
    files_remove(lane.folder);
    files_remove(lane.scratch);
    free(lane.folder);
    free(lane.scratch);
}

Test(crawl_killed, end_with_the_pages_of_an_undisturbed_crawl)
{
    static struct lane lanes[LANES];
    struct trial t = {0};
    const unsigned kills = support_rounds(KILLS);
    files_prefer_memory(ROOM_BYTES); /* what a kill leaves is the same on every file system */
    t.random = killed_seed();
    run_undisturbed(&t);
    for (unsigned number = 0; t.kills < kills; number += LANES) {
        for (unsigned i = 0; i < LANES; i++)
            begin_crawl(&lanes[i], number + i);
        for (unsigned kill = 0; kill < EACH; kill++) {
            for (unsigned i = 0; i < LANES; i++) {
                if (lanes[i].over)
                    continue;
                start_run(&lanes[i]);
                lanes[i].strike_ns = support_now_ns() + (int64_t)(next_random(&t) % (uint32_t)(t.wall_ms * 600)) * 1000;
            }
            strike_in_turn(&t, lanes);
        }
        for (unsigned i = 0; i < LANES; i++)
            if (!lanes[i].over)
                start_run(&lanes[i]);
        for (unsigned i = 0; i < LANES; i++)
            end_crawl(&t, &lanes[i]);
    }
    fprintf(stderr, "undisturbed: %lld ms; %u kills, %u of them with something done and something left\n",
            (long long)t.wall_ms, t.kills, t.with_rest);
    cr_expect_gt(t.with_rest, kills / 5, "in most nothing was done: the test shows nothing");
    free(t.undisturbed);
}
