/* What the seen set and the backlog cost a crawl of a million pages with 50 links each, and what they would need for a
 * thousand million.
 *
 * The web is made of numbers: page P links to page P + AHEAD, which is new, and to 49 others below that, which are
 * known: what is below AHEAD is found before the measurement begins, so that a hundred thousand URLs wait at any time.
 * The origin of a page is a random one, the worst case for the backlog: in a real crawl most links of a page stay at
 * its origin. Each number of origins has a process of its own, so that its memory is its own.
 *
 * All times are processor time of the one thread, the kernel's part included, since others may run meanwhile.
 *
 * bench_backlog [FOLDER [PAGES]]: by default a million pages below a new folder in /tmp. */
#include "crawl/seen.h"

#include "store/backlog/backlog.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINKS = 50, AHEAD = 100000, OUT = 32, URL_ROOM = 96, TENTHS = 10, BATCH = 16 };

static char folder[256];
static uint64_t pages = 1000000;

/* The dearest of what the processes measured; they share it. */
static struct {
    double seen_bytes, disk_bytes, origin_bytes, page_ns;
} * worst;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_backlog: %s: %s\n", what, why);
    exit(1);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int64_t used_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A value of /proc/self/smaps_rollup in bytes. */
static uint64_t memory(const char *name)
{
    char line[256];
    unsigned long long kib = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), " %llu", &kib);
    if (f)
        fclose(f);
    return kib * 1024;
}

/* ---- The web ---- */

struct web {
    uint64_t origins;
    uint64_t random;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

static char *put_digits(char *at, uint64_t n, int digits)
{
    for (int i = digits - 1; i >= 0; i--, n /= 10)
        at[i] = (char)('0' + n % 10);
    return at + digits;
}

static char *put_text(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

static size_t make_url(const struct web *web, uint64_t page, char *url)
{
    char *at = put_text(url, "http://h", 8);
    at = put_digits(at, mix(page) % web->origins, 7);
    at = put_text(at, ".example.org/section/", 21);
    at = put_digits(at, page, 10);
    at = put_text(at, "/an-article.html", 16);
    return (size_t)(at - url);
}

static uint64_t link_of(struct web *web, uint64_t page, unsigned n)
{
    uint64_t newest = page + AHEAD;
    if (n == 0)
        return newest;
    web->random = web->random * 6364136223846793005u + 1442695040888963407u;
    return (web->random >> 33) % (newest + 1);
}

/* ---- A crawl ---- */

struct crawl {
    struct web web;
    struct seen seen;
    struct backlog *backlog;
    char out[OUT][URL_ROOM];
    size_t out_len[OUT];
    uint64_t taken, added;
    int64_t make_ns, offer_ns, add_ns, take_ns;
};

static void add(struct crawl *c, const struct backlog_entry *e)
{
    if (backlog_add(c->backlog, e) != BACKLOG_OK)
        fail("backlog_add", strerror(errno));
    c->added++;
}

/* The links of a page, as they come from a worker. */
struct found {
    char urls[LINKS][URL_ROOM];
    size_t lens[LINKS];
    bool new[LINKS];
};

static void make_links(struct crawl *c, uint64_t page, struct found *f)
{
    for (unsigned i = 0; i < LINKS; i++)
        f->lens[i] = make_url(&c->web, link_of(&c->web, page, i), f->urls[i]);
}

static void offer_links(struct crawl *c, struct found *f)
{
    uint64_t prints[LINKS];
    for (unsigned i = 0; i < LINKS; i++)
        prints[i] = seen_prefetch(&c->seen, f->urls[i], f->lens[i]);
    for (unsigned i = 0; i < LINKS; i++)
        f->new[i] = seen_add_print(&c->seen, prints[i]) == SEEN_NEW;
}

/* As before the row of the page is put: with a flush. */
static void add_links(struct crawl *c, uint64_t page, const struct found *f)
{
    char parent[URL_ROOM];
    struct backlog_entry e = {.parent = parent, .parent_len = make_url(&c->web, page, parent), .depth = 3};
    for (unsigned i = 0; i < LINKS; i++) {
        e.url = f->urls[i];
        e.url_len = f->lens[i];
        if (f->new[i])
            add(c, &e);
    }
    if (backlog_flush(c->backlog) != BACKLOG_OK)
        fail("backlog_flush", strerror(errno));
}

static void take(struct crawl *c)
{
    struct backlog_entry e;
    size_t slot = c->taken % OUT;
    if (c->out_len[slot])
        backlog_done(c->backlog, c->out[slot], c->out_len[slot]);
    c->out_len[slot] = 0;
    if (backlog_next(c->backlog, &e)) {
        memcpy(c->out[slot], e.url, e.url_len);
        c->out_len[slot] = e.url_len;
        c->taken++;
    }
}

/* Some pages, step by step for all of them, so that reading the clock does not count. */
static void take_and_find(struct crawl *c, uint64_t page, uint64_t end)
{
    static struct found found[BATCH];
    int64_t begin = used_ns();
    for (uint64_t p = page; p < end; p++)
        take(c);
    int64_t taken = used_ns();
    for (uint64_t p = page; p < end; p++)
        make_links(c, p, &found[p - page]);
    int64_t made = used_ns();
    for (uint64_t p = page; p < end; p++)
        offer_links(c, &found[p - page]);
    int64_t offered = used_ns();
    for (uint64_t p = page; p < end; p++)
        add_links(c, p, &found[p - page]);
    c->take_ns += taken - begin;
    c->make_ns += made - taken;
    c->offer_ns += offered - made;
    c->add_ns += used_ns() - offered;
}

static void note(double *most, double value)
{
    *most = value > *most ? value : *most;
}

static void report(const struct crawl *c, const int64_t tenths[TENTHS])
{
    struct backlog_failure failure;
    if (backlog_failed(c->backlog, &failure))
        fail("backlog", failure.text);
    double offers = (double)pages * LINKS, all = (double)(c->offer_ns + c->add_ns + c->take_ns);
    double disk = (double)backlog_bytes(c->backlog) / (double)c->added;
    double each = (double)c->seen.bytes / (double)c->seen.count;
    note(&worst->seen_bytes, each);
    note(&worst->disk_bytes, disk);
    note(&worst->page_ns, all / (double)pages);
    printf("%llu origins: %.0f offers, %llu new, %llu taken, %llu wait\n", (unsigned long long)c->web.origins, offers,
           (unsigned long long)c->added, (unsigned long long)c->taken, (unsigned long long)backlog_waiting(c->backlog));
    printf("  %.1f ns an offer (making the URL, not counted: %.1f), %.0f ns an add with its flush, %.0f ns a take with "
           "its done\n",
           (double)c->offer_ns / offers, (double)c->make_ns / offers, (double)c->add_ns / (double)pages,
           (double)c->take_ns / (double)c->taken);
    printf("  %.2f us a page in all; the last tenth %.2f, the first %.2f: %+.1f %%\n", all / (double)pages / 1e3,
           (double)tenths[TENTHS - 1] * TENTHS / (double)pages / 1e3, (double)tenths[0] * TENTHS / (double)pages / 1e3,
           100.0 * (double)(tenths[TENTHS - 1] - tenths[0]) / (double)tenths[0]);
    printf("  seen set %.1f bytes a URL in memory, backlog %.1f bytes a URL on disk (URLs of 62 bytes); PSS %.1f MiB, "
           "RSS %.1f MiB\n",
           each, disk, (double)memory("Pss:") / 1048576, (double)memory("Rss:") / 1048576);
    fflush(stdout);
}

static void crawl(uint64_t origins)
{
    static struct crawl c;
    struct backlog_failure failure;
    int64_t tenths[TENTHS] = {0};
    char url[URL_ROOM];
    c.web = (struct web){.origins = origins, .random = 7};
    seen_init(&c.seen);
    if (backlog_open(folder, false, NULL, &c.backlog, &failure) != BACKLOG_OK)
        fail(folder, failure.text);
    for (uint64_t page = 0; page < AHEAD; page++) {
        struct backlog_entry e = {.url = url, .url_len = make_url(&c.web, page, url), .parent = ""};
        seen_add(&c.seen, url, e.url_len);
        add(&c, &e);
    }
    for (uint64_t page = 0; page < pages; page += BATCH) {
        int64_t before = c.offer_ns + c.add_ns + c.take_ns;
        take_and_find(&c, page, page + BATCH < pages ? page + BATCH : pages);
        tenths[page * TENTHS / pages] += c.offer_ns + c.add_ns + c.take_ns - before;
    }
    report(&c, tenths);
    backlog_close(c.backlog, true, NULL);
    seen_release(&c.seen);
}

/* ---- Many origins, and the way back ---- */

static bool wait_again(const struct backlog_entry *e, void *context)
{
    (void)e, (void)context;
    return true;
}

static struct backlog *reopen(struct backlog *b, uint64_t count)
{
    struct backlog_failure failure;
    struct backlog_replayed replayed = {0};
    backlog_close(b, false, NULL);
    int64_t begin = used_ns();
    if (backlog_open(folder, true, NULL, &b, &failure) != BACKLOG_OK ||
        backlog_replay(b, wait_again, NULL, &replayed) != BACKLOG_OK || replayed.entries != count)
        fail("replay", "not all came back");
    printf("  replay of %llu entries: %.2f s\n", (unsigned long long)count, (double)(used_ns() - begin) / 1e9);
    return b;
}

/* An URL each. */
static void hold_origins(uint64_t count)
{
    struct backlog *b = NULL;
    struct backlog_failure failure;
    char url[URL_ROOM];
    if (backlog_open(folder, false, NULL, &b, &failure) != BACKLOG_OK)
        fail(folder, failure.text);
    uint64_t before = memory("Rss:"), n = 0;
    int64_t begin = used_ns(), longest = 0;
    for (; n < count; n++) {
        int len = snprintf(url, sizeof url, "http://www.h%07llu.example.org/", (unsigned long long)n);
        struct backlog_entry e = {.url = url, .url_len = (size_t)len, .parent = ""};
        int64_t at = used_ns();
        if (backlog_add(b, &e) != BACKLOG_OK)
            fail("backlog_add", strerror(errno));
        int64_t took = used_ns() - at;
        longest = took > longest ? took : longest;
    }
    int64_t all = used_ns() - begin;
    double each = (double)(memory("Rss:") - before) / (double)count;
    note(&worst->origin_bytes, each);
    printf(
        "%llu origins with an URL each: %.0f bytes each, with the fixed buffers; %.0f ns to add, the longest %.2f ms\n",
        (unsigned long long)count, each, (double)all / (double)count, (double)longest / 1e6);
    b = reopen(b, count);
    backlog_close(b, true, NULL);
}

static void in_a_process(void (*what)(uint64_t), uint64_t argument)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        what(argument);
        exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        fail("a measurement", "failed");
}

/* In the worst case a page costs a patch of the file for its link, and a read each for its record and that of its
 * parent. */
static void calculate(void)
{
    const double urls = 1e9, origins = 1e7, random_ns = 100e3;
    printf("%.0f URLs at %.0f origins would need, from the worst of the above:\n", urls, origins);
    printf("  memory: seen set %.1f GB (in between up to 12.8), origins %.1f GB\n", urls * worst->seen_bytes / 1e9,
           origins * worst->origin_bytes / 1e9);
    printf("  disk: %.0f GB\n", urls * worst->disk_bytes / 1e9);
    printf("  processor: %.1f hours, %.0f pages a second\n", urls * worst->page_ns / 3600e9, 1e9 / worst->page_ns);
    printf("  a drive, when the file is not in memory: 3 random accesses a page, at %.0f us each %.0f pages a second\n",
           random_ns / 1e3, 1e9 / (3 * random_ns + worst->page_ns));
}

int main(int argc, char **argv)
{
    static const uint64_t origins[] = {1, 1000, 100000};
    snprintf(folder, sizeof folder, "%s/forage-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    worst = mmap(NULL, sizeof *worst, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (worst == MAP_FAILED || !mkdtemp(folder))
        fail(folder, strerror(errno));
    if (argc > 2)
        pages = strtoull(argv[2], NULL, 10);
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
        in_a_process(crawl, origins[i]);
    in_a_process(hold_origins, 1000000);
    calculate();
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
