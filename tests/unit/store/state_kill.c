/* A process that is killed at any moment leaves a database that is sound and whose every row tells the truth: its file
 * is there, whole. Whatever it had committed before stays known. */
#include "state_support.h"

#include "store/lock.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(state_kill, .init = scratch_make, .fini = scratch_remove, .timeout = 120);

enum { ROUNDS = 50, URLS = 1500, LIFE_MS_MAX = 200, VERSIONS = 500, STRIDE = 389 };

static void describe(unsigned n, char url[64], char name[64])
{
    snprintf(url, 64, "http://h%u.example/%u", n % 37, n);
    snprintf(name, 64, "h%u/%u.html", n % 37, n);
}

/* The file of page N in version V is so many times the same character. */
static size_t content(unsigned n, unsigned v, char *character)
{
    *character = (char)('a' + (n + v) % 26);
    return 100 + (n * 31 + v * 1009) % 3000;
}

/* ---- The child: a small crawl, for ever ---- */

struct crawl {
    struct state *state;
    unsigned version;
};

static void page_done(const struct pages_done *done, void *context)
{
    struct crawl *c = context;
    unsigned n = (unsigned)(uintptr_t)done->context;
    char url[64], name[64];
    describe(n, url, name);
    struct state_page page = {.url = url, .url_len = strlen(url), .file = name, .bytes = c->version};
    page.file_bytes = done->bytes;
    enum state_status status;
    while ((status = state_put_page(c->state, &page)) == STATE_FULL) {
        struct pollfd p = {.fd = state_fd(c->state), .events = POLLIN};
        poll(&p, 1, -1);
        state_collect(c->state);
    }
    if (done->error || status != STATE_OK)
        _exit(3);
}

static void put_page(struct pages *pages, struct crawl *c, unsigned n)
{
    static char data[URLS][3200];
    char url[64], name[64];
    describe(n, url, name);
    char character;
    struct pages_bytes bytes = {.data = data[n], .len = content(n, c->version, &character)};
    memset(data[n], character, bytes.len);
    while (pages_room(pages) == 0) {
        struct pollfd p = {.fd = pages_fd(pages), .events = POLLIN};
        pages_flush(pages);
        poll(&p, 1, -1);
        pages_collect(pages, page_done, c);
    }
    if (pages_put(pages, name, &bytes, NULL, (void *)(uintptr_t)n) != STORE_OK)
        _exit(4);
}

/* Writes all pages, version after version, each from another one on; all of one are done before the next begins. */
static void crawl_until_killed(unsigned version)
{
    struct folder_lock lock;
    struct pages *pages;
    struct crawl c = {.version = version};
    struct state_failure failure;
    if (!folder_lock_take(in_scratch("out"), 0, &lock))
        _exit(1);
    if (state_open(in_scratch("out"), &(struct state_options){.capacity = 100}, &c.state, &failure) != STATE_OK)
        _exit(2);
    for (;; c.version++) {
        if (pages_open(in_scratch("out"), NULL, &pages) != STORE_OK ||
            state_put_run(c.state, &(struct state_run){.started_ms = 1}) != STATE_OK)
            _exit(5);
        for (unsigned i = 0; i < URLS; i++)
            put_page(pages, &c, (c.version * STRIDE + i) % URLS);
        pages_close(pages, page_done, &c);
    }
}

/* ---- The test ---- */

static pid_t start_child(unsigned version)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            crawl_until_killed(version);
        _exit(1);
    }
    cr_assert_gt(pid, 0);
    return pid;
}

/* Let a child live for a random while, and kill it. False when it ended by itself. */
static bool kill_some_time(pid_t pid, long life_ms_max)
{
    unsigned random;
    int status;
    cr_assert_eq(getrandom(&random, sizeof random, 0), (ssize_t)sizeof random);
    unsigned long life_ns = (random % 1000 * (unsigned long)life_ms_max * 1000);
    struct timespec life = {(time_t)(life_ns / 1000000000), (long)(life_ns % 1000000000)};
    nanosleep(&life, NULL);
    if (waitpid(pid, &status, WNOHANG) != 0)
        return false;
    kill(pid, SIGKILL);
    return waitpid(pid, &status, 0) == pid;
}

struct checked {
    unsigned rows;
    unsigned wrong;
    unsigned newest;
};

/* The file is the version that the row names, or a later one whose row had not been committed; but always a whole
 * one. */
static bool is_whole(const struct state_page *page, unsigned n)
{
    char path[128], character;
    snprintf(path, sizeof path, "out/%s", page->file);
    const char *found = content_of(path);
    if (!found)
        return false;
    size_t len = strlen(found);
    if (strspn(found, (char[]){found[0], '\0'}) != len)
        return false;
    for (unsigned v = (unsigned)page->bytes; v < page->bytes + VERSIONS; v++)
        if (content(n, v, &character) == len && character == found[0])
            return true;
    return false;
}

static bool check_page(const struct state_page *page, void *context)
{
    struct checked *checked = context;
    char url[64], name[64];
    const char *slash = strrchr(page->url, '/');
    unsigned n = (unsigned)strtoul(slash + 1, NULL, 10);
    describe(n, url, name);
    bool right = strcmp(url, page->url) == 0 && strcmp(name, page->file) == 0 && is_whole(page, n);
    checked->wrong += !right;
    checked->rows++;
    if (page->bytes > checked->newest)
        checked->newest = (unsigned)page->bytes;
    return true;
}

static struct checked check(void)
{
    struct checked checked = {0, 0, 0};
    cr_assert_str_eq(raw_text("PRAGMA integrity_check"), "ok");
    struct state *state = open_state(NULL);
    cr_assert_eq(state_each_page(state, NULL, check_page, &checked), STATE_OK);
    close_state(state);
    cr_assert_eq(checked.wrong, 0, "of %u rows %u are wrong", checked.rows, checked.wrong);
    return checked;
}

Test(state_kill, every_row_that_a_killed_process_leaves_is_true)
{
    struct checked before = {0, 0, 0};
    unsigned grew = 0;
    /* A busy disk commits rarely: then the children live longer, until one has committed something. */
    for (int round = 0; round < ROUNDS || (!grew && round < 8 * ROUNDS); round++) {
        long life_ms_max = (long)LIFE_MS_MAX * (1 + round / ROUNDS);
        cr_assert(kill_some_time(start_child(before.newest + 1), life_ms_max), "the child ended by itself");
        struct checked after = check();
        cr_assert_geq(after.rows, before.rows, "rows were lost");
        cr_assert_geq(after.newest, before.newest);
        grew += after.rows > before.rows || after.newest > before.newest;
        before = after;
    }
    cr_assert_gt(grew, 0, "nothing was committed in any round: the test shows nothing");
}
