/* Runs that are killed at any instant, and folders as a power cut leaves them: every file is whole, the database is
 * sound, and the next run ends where an undisturbed one would have, without asking again for what was finished. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include "killed.h"
#include "store/pages/draft.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <forage/forage.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(crash, .timeout = 280);

/* ROUNDS rounds (support_rounds), of which LANES are on their way at a time, because most of a round is waiting. */
enum {
    ROUNDS = 100,
    LANES = 4,
    PAGES = 280,
    HOSTS = 8,
    LIST_BYTES = PAGES * 32,
    BODY_MOST = 300 * 1024,
    ROOM_BYTES = 512 << 20
};

/* ---- The pages. Run 0 is older than the others: every third page has changed since. ---- */

static bool is_gone(unsigned n)
{
    return n % 29 == 13;
}

static unsigned version_of(unsigned n, unsigned run)
{
    return run && n % 3 == 0 ? 1 : 0;
}

static size_t size_of(unsigned n, unsigned version)
{
    unsigned mixed = (n * 2654435761u + version * 40503u) >> 8;
    return n == 7 ? 0 : mixed % (n % 10 == 0 ? BODY_MOST : n % 4 == 1 ? 30000 : 3000);
}

static void fill(unsigned n, unsigned version, char *body, size_t size)
{
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + (n * 7 + version * 3 + i * (i >> 4)) % 26);
}

static unsigned run_of(const struct fixture_request *request)
{
    const char *run = fixture_find_header(request, "X-Run");
    return run ? (unsigned)strtoul(run, NULL, 10) : 0;
}

/* A reply owns its body, and behind that its ETag. */
static int give_page(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    enum { TAG_BYTES = 32 };
    (void)context;
    unsigned n = (unsigned)strtoul(request->target + 1, NULL, 10), version = version_of(n, run_of(request));
    size_t size = size_of(n, version);
    char *body = malloc(size + TAG_BYTES);
    if (!body || n >= PAGES || is_gone(n)) {
        free(body);
        return 1;
    }
    fill(n, version, body, size);
    snprintf(body + size, TAG_BYTES, "\"%u-%u\"", n, version);
    *reply = (struct fixture_reply){
        .body = size ? body : "", .body_len = size, .owned = body, .delay_ms = (int)(n * 37 % 50)};
    if (n % 2)
        reply->etag = body + size;
    return 0;
}

/* Written once: the threads that feed it to runs read it while others are started. */
static const char *list_of_pages(void)
{
    static char list[LIST_BYTES];
    if (*list)
        return list;
    for (unsigned n = 0, len = 0; n < PAGES; n++)
        len += (unsigned)snprintf(list + len, sizeof list - len, "www.h%u.com/%u\n", n % HOSTS, n);
    return list;
}

/* The number in "h3/123~.html" or "http://www.h3.com/123". */
static unsigned number_in(const char *name)
{
    return (unsigned)strtoul(strrchr(name, '/') + 1, NULL, 10);
}

static bool is_version(unsigned n, unsigned version, const char *body, size_t len)
{
    static char due[BODY_MOST];
    size_t size = size_of(n, version);
    if (len != size)
        return false;
    fill(n, version, due, size);
    return memcmp(body, due, size) == 0;
}

/* ---- Folders ---- */

static bool is_temporary(const char *path)
{
    const char *slash = strrchr(path, '/');
    return draft_is_temporary(slash ? slash + 1 : path);
}

/* Whether each page's file below FOLDER is whole, in the version of run 1 or, with OLD, of run 0. */
static bool all_are_whole(const char *folder, bool old)
{
    char *tree = files_tree(folder), *rest = tree;
    bool whole = true;
    for (char *name; (name = strsep(&rest, "\n")) && *name;) {
        if (strncmp(name, ".forage/", 8) == 0 || is_temporary(name))
            continue;
        size_t len;
        unsigned n = number_in(name);
        char *path = files_path(folder, name), *body = files_read(path, &len);
        bool good = is_version(n, version_of(n, 1), body, len) || (old && is_version(n, version_of(n, 0), body, len));
        if (!good)
            fprintf(stderr, "%s is not whole: %zu bytes\n", path, len);
        whole = whole && good;
        free(body);
        free(path);
    }
    free(tree);
    return whole;
}

/* What an undisturbed run leaves: names and bytes. What forage keeps for itself, and the temporary names that may stand
 * there until the next run, are left out. */
static char *contents_of(const char *folder, bool *temporary)
{
    char *tree = files_tree(folder), *rest = tree, *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    *temporary = false;
    for (char *name; out && (name = strsep(&rest, "\n")) && *name;) {
        *temporary = *temporary || is_temporary(name);
        if (strncmp(name, ".forage/", 8) == 0)
            continue;
        size_t size;
        char *path = files_path(folder, name), *body = files_read(path, &size);
        fprintf(out, "%s %zu\n", name, size);
        fwrite(body, 1, size, out);
        free(body);
        free(path);
    }
    if (!out || fclose(out))
        support_fail("no memory for the contents of a folder");
    free(tree);
    return text;
}

static void copy_folder(const char *from, const char *to)
{
    struct run run = {.program = "cp"};
    run_argv(&run, (const char *const[]){"-a", from, to, NULL}); /* names that go away meanwhile are no failure */
    run_release(&run);
}

/* When the file was written last; 0: there is none. */
static int64_t written_ns(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec : 0;
}

/* Copy the output folder while a run works in it, file by file. That is no instant, but it makes no difference: a file
 * that has its name is whole, and the database's log only grows; unless it is copied into the database meanwhile, which
 * no power cut would show halfway. Then another copy is taken. */
static void copy_as_a_power_cut_would(const char *from, const char *to)
{
    char *database = files_path(from, ".forage/state.db");
    int64_t before;
    do {
        files_remove(to);
        before = written_ns(database);
        copy_folder(from, to);
    } while (written_ns(database) != before);
    free(database);
}

/* ---- The database ---- */

static bool is_sound(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    bool sound = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL) == SQLITE_OK &&
                 sqlite3_step(s) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;
    sqlite3_finalize(s);
    return sound;
}

/* Which pages the database says that the last run has finished, if that run was cut off: these need not be asked for
 * again, when their files are there. Returns how many. */
static unsigned find_finished(sqlite3 *db, const char *output, bool finished[PAGES])
{
    static const char sql[] =
        "SELECT url, file, file_bytes, file_mtime_ns FROM page WHERE failures = 0 AND last_fetched >= "
        "(SELECT cycle_started FROM run WHERE ended = 0 ORDER BY number DESC LIMIT 1)";
    unsigned count = 0;
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(db, sql, -1, &s, NULL); /* fails while there are no tables yet */
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        struct stat st;
        char *path = files_path(output, (const char *)sqlite3_column_text(s, 1));
        unsigned n = number_in((const char *)sqlite3_column_text(s, 0));
        bool there = stat(path, &st) == 0 && st.st_size == sqlite3_column_int64(s, 2) &&
                     written_ns(path) == sqlite3_column_int64(s, 3);
        finished[n] = there;
        count += there;
        free(path);
    }
    sqlite3_finalize(s);
    return count;
}

/* ---- A round ---- */

struct round {
    unsigned number;
    bool everything; /* is killed, not only the parent */
    bool copied;     /* a copy is gone on with */
    bool again;      /* the killed run was not the first one in its folder */
    int64_t strike_ns;
    struct fixture *f;
    struct crawl killed, next;
    char *scratch; /* for the copies */
    char *folder;  /* what is gone on with */
    bool finished[PAGES];
    unsigned finished_count;
};

struct trial {
    uint64_t random;
    char *folder;      /* of run 0 */
    char *undisturbed; /* contents after run 1 */
    int64_t wall_ms;   /* of an undisturbed run */
    unsigned with_finished, with_rest;
};

static uint32_t next_random(struct trial *t)
{
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(t->random >> 33);
}

static void start_run(struct crawl *c, struct fixture *f, const char *folder, const char *header)
{
    *c = (struct crawl){.run = {.working_folder = folder, .input = list_of_pages(), .time_limit_ms = 60000}};
    crawl_start(c, f, "-q", "-j", "2", "--per-host", "2", "-H", header, "-", NULL);
}

static void begin_round(struct trial *t, struct round *r, unsigned number)
{
    *r = (struct round){.number = number,
                        .everything = number & 1,
                        .copied = number & 2,
                        .again = number & 4,
                        .f = fixture_start(&(struct fixture_options){.fallback = give_page}),
                        .scratch = files_temp_folder(),
                        .folder = files_temp_folder()};
    if (r->again) {
        char *from = files_path(t->folder, "output"), *to = files_path(r->folder, "output");
        copy_folder(from, to);
        free(from);
        free(to);
    }
    start_run(&r->killed, r->f, r->folder, "X-Run: 1");
    r->strike_ns = support_now_ns() + (int64_t)(next_random(t) % (uint32_t)(t->wall_ms * 1000)) * 1000;
}

/* What is gone on with from here is as the kill, or the power cut, left it. */
static void strike(struct round *r)
{
    if (r->copied) {
        char *folder = files_temp_folder(), *from = files_path(r->folder, "output"), *to = files_path(folder, "output");
        copy_as_a_power_cut_would(from, to);
        run_signal_group(&r->killed.run, SIGKILL);
        run_wait(&r->killed.run);
        files_remove(r->folder);
        free(r->folder);
        r->folder = folder;
        free(from);
        free(to);
        return;
    }
    if (r->everything)
        run_signal_group(&r->killed.run, SIGKILL);
    else
        run_signal(&r->killed.run, SIGKILL);
    run_wait(&r->killed.run);
}

static bool has_begun(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(db, "SELECT 1 FROM run WHERE ended = 0", -1, &s, NULL);
    bool begun = s && sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return begun;
}

/* Leftovers are rare where files have no name before they are whole, so some are put where a run was killed that may
 * have left them. Either the lock tells, or the database alone, because a power cut can make the lock's file forget
 * what was written to it. */
static void plant_leftovers(const struct round *r, const char *output, bool begun)
{
    static const char *const names[] = {".forage-1-0-0", "h1/.forage-4194304-1-18446744073709551615",
                                        ".forage/.forage-77-0-3"};
    size_t len = 0;
    char *lock = files_path(output, ".forage/lock");
    if (files_exists(lock))
        free(files_read(lock, &len));
    if (begun && r->copied)
        files_write(lock, "", 0);
    free(lock);
    if (!begun && !len)
        return;
    for (size_t i = 0; i < SUPPORT_COUNT(names); i++) {
        char *path = files_path(output, names[i]);
        files_write(path, "half of a pa", -1);
        free(path);
    }
}

static void look_at_leavings(struct trial *t, struct round *r)
{
    char *output = files_path(r->folder, "output");
    bool begun = false;
    cr_expect(all_are_whole(output, r->again), "round %u", r->number);
    sqlite3 *db = killed_open_copy(output, r->scratch);
    if (db) {
        cr_expect(is_sound(db), "round %u: %s", r->number, sqlite3_errmsg(db));
        r->finished_count = find_finished(db, output, r->finished);
        begun = has_begun(db);
        sqlite3_close(db);
    }
    t->with_finished += r->finished_count != 0;
    t->with_rest += r->finished_count != 0 && r->finished_count < PAGES * 9 / 10;
    plant_leftovers(r, output, begun);
    free(output);
}

/* Each page that was not finished is asked for once. */
static void expect_requests(const struct round *r)
{
    unsigned asked[PAGES] = {0}, wrong = 0;
    size_t count;
    const struct fixture_request *requests = fixture_requests(r->f, &count);
    for (size_t i = 0; i < count; i++)
        if (run_of(&requests[i]) == 2)
            asked[number_in(requests[i].target)]++;
    for (unsigned n = 0; n < PAGES; n++)
        wrong += asked[n] != !r->finished[n];
    cr_expect_eq(wrong, 0, "round %u: %u of %u pages were asked for as they should not have been", r->number, wrong,
                 PAGES);
}

static void expect_as_undisturbed(const struct trial *t, const struct round *r)
{
    bool temporary;
    char *output = files_path(r->folder, "output"), *contents = contents_of(output, &temporary);
    cr_expect_str_eq(contents, t->undisturbed, "round %u", r->number);
    cr_expect_not(temporary, "round %u left temporary names", r->number);
    sqlite3 *db = killed_open_copy(output, r->scratch);
    cr_expect(db && is_sound(db), "round %u", r->number);
    sqlite3_close(db);
    free(contents);
    free(output);
}

static void end_round(const struct trial *t, struct round *r)
{
    crawl_wait(&r->next);
    cr_expect_eq(r->next.run.status, FORAGE_EXIT_SERVER, "round %u: %s", r->number, r->next.run.err);
    cr_expect_eq(text_lines(r->next.run.err), text_times(r->next.run.err, ": HTTP status 404\n"), "%s",
                 r->next.run.err);
    cr_expect_eq(r->killed.run.left_behind + r->next.run.left_behind, 0);
    expect_requests(r);
    expect_as_undisturbed(t, r);
    crawl_release(&r->killed);
    crawl_release(&r->next);
    fixture_stop(r->f);
    files_remove(r->folder);
    files_remove(r->scratch);
    free(r->folder);
    free(r->scratch);
}

static void strike_in_turn(struct round rounds[LANES])
{
    bool struck[LANES] = {false};
    for (unsigned k = 0; k < LANES; k++) {
        unsigned first = LANES;
        for (unsigned i = 0; i < LANES; i++)
            if (!struck[i] && (first == LANES || rounds[i].strike_ns < rounds[first].strike_ns))
                first = i;
        poll(NULL, 0, support_left_ms(rounds[first].strike_ns));
        strike(&rounds[first]);
        struck[first] = true;
    }
}

static void run_to_the_end(struct crawl *c, const char *folder, const char *header)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = give_page});
    start_run(c, f, folder, header);
    crawl_wait(c);
    cr_assert_eq(c->run.status, FORAGE_EXIT_SERVER, "%s", c->run.err);
    fixture_stop(f);
}

/* What the rounds begin with, and what they shall end with. */
static void set_up(struct trial *t)
{
    bool temporary;
    struct crawl c;
    /* What a kill leaves is the same on every file system, and memory syncs in no time, where a busy disk makes
     * minutes of the same rounds. */
    files_prefer_memory(ROOM_BYTES);
    *t = (struct trial){.folder = files_temp_folder(), .random = killed_seed()};
    run_to_the_end(&c, t->folder, "X-Run: 0");
    crawl_release(&c);
    char *folder = files_temp_folder(), *output = files_path(folder, "output");
    run_to_the_end(&c, folder, "X-Run: 1");
    t->wall_ms = c.run.wall_ms;
    t->undisturbed = contents_of(output, &temporary);
    crawl_release(&c);
    files_remove(folder);
    free(output);
    free(folder);
}

Test(crash, the_run_after_a_kill_or_a_power_cut_ends_where_an_undisturbed_one_does)
{
    static struct round rounds[LANES];
    struct trial t;
    set_up(&t);
    const unsigned due = support_rounds(ROUNDS / LANES) * LANES;
    for (unsigned number = 0; number < due; number += LANES) {
        for (unsigned i = 0; i < LANES; i++)
            begin_round(&t, &rounds[i], number + i);
        strike_in_turn(rounds);
        for (unsigned i = 0; i < LANES; i++) {
            look_at_leavings(&t, &rounds[i]);
            start_run(&rounds[i].next, rounds[i].f, rounds[i].folder, "X-Run: 2");
        }
        for (unsigned i = 0; i < LANES; i++)
            end_round(&t, &rounds[i]);
    }
    fprintf(stderr, "undisturbed: %lld ms; in %u of %u rounds something was finished, in %u not nearly all\n",
            (long long)t.wall_ms, t.with_finished, due, t.with_rest);
    /* A fifth of all; of fewer rounds chance may take more away. */
    cr_expect_gt(t.with_finished, due * due / ROUNDS / 5,
                 "in most rounds nothing was finished: the test shows nothing");
    cr_expect_gt(t.with_rest, due / 20);
    files_remove(t.folder);
    free(t.folder);
    free(t.undisturbed);
}

/* Nothing but the lock tells of such a run. */
Test(crash, what_a_killed_run_without_a_state_left_goes_too)
{
    static const struct fixture_route routes[] = {
        {.path = "/stays", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {.path = "/", .reply = {.body = "x"}},
        {0}};
    static const char *const options[] = {"--no-state", "-q"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t i = 0; i < SUPPORT_COUNT(options); i++) {
        struct crawl c = {.run.input = "www.shop.com\nwww.shop.com/stays\n"};
        crawl_start(&c, f, "-v", "--no-state", "-", NULL);
        cr_assert(run_wait_output(&c.run, "output/shop.html", 10000));
        run_signal(&c.run, SIGKILL);
        crawl_wait(&c);
        char *ours = crawl_path(&c, "shop/.forage-12-1-3"), *mine = crawl_path(&c, "shop/.forage-mine");
        files_write(ours, "half of a pa", -1);
        files_write(mine, "mine", -1);
        c.run.input = "www.shop.com\n";
        crawl_again(&c, f, options[i], "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        cr_expect_not(files_exists(ours), "%s", options[i]);
        cr_expect(files_equals(mine, "mine"));
        free(mine);
        free(ours);
        crawl_release(&c);
    }
    fixture_stop(f);
}
