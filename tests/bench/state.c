/* What the state adds to a page, part by part, in microseconds of processor time: SHA-256 of its body, the lookup, the
 * look at its file, the queue (in the crawl's thread) and the row (in the writer's thread).
 *
 * A run is modelled as the frontier does it: HOSTS hosts in turn, PAGES pages each, then the next hosts. "one host" has
 * all pages at one origin, so that the keys of a batch lie all over the table: the worst case. The first run inserts,
 * the second one updates, the last one finds and updates.
 *
 * bench_state [FOLDER [ROWS...]]: by default 10,000 and 1,000,000 rows below a new folder in /dev/shm. */
#include "store/state/state.h"
#include "base/clock.h"
#include "store/pages/pages.h"
#include "store/state/state_key.h"

#include <errno.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOSTS = 64, PAGES = 100, BODY = 15 * 1024, DIGESTS = 20000, LOOKS = 20000 };

static char folder[256];

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_state: %s: %s\n", what, why);
    exit(1);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void make_folder(const char *base)
{
    snprintf(folder, sizeof folder, "%s/forage-bench-XXXXXX", base);
    if (!mkdtemp(folder))
        fail(folder, strerror(errno));
}

struct cost {
    int64_t wall_ns;
    int64_t thread_us;
    int64_t process_us;
};

static int64_t used_us(int who)
{
    struct rusage use;
    getrusage(who, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * (int64_t)1000000 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

static struct cost now(void)
{
    return (struct cost){clock_ns(), used_us(RUSAGE_THREAD), used_us(RUSAGE_SELF)};
}

static void report(const char *what, struct cost since, int count)
{
    struct cost end = now();
    double thread = (double)(end.thread_us - since.thread_us) / count;
    double process = (double)(end.process_us - since.process_us) / count;
    printf("%-34s %6.2f us in the caller, %6.2f us elsewhere; %8.0f a second\n", what, thread, process - thread,
           count / ((double)(end.wall_ns - since.wall_ns) / 1e9));
    fflush(stdout);
}

/* ---- Parts without a database ---- */

static void digests(void)
{
    static unsigned char body[BODY], digest[EVP_MAX_MD_SIZE];
    memset(body, 'x', sizeof body);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    struct cost start = now();
    for (int i = 0; i < DIGESTS; i++) {
        body[0] = (unsigned char)i;
        EVP_DigestInit_ex2(context, sha256, NULL);
        EVP_DigestUpdate(context, body, sizeof body);
        EVP_DigestFinal_ex(context, digest, NULL);
    }
    report("SHA-256 of 15 KiB", start, DIGESTS);
    EVP_MD_free(sha256);
    EVP_MD_CTX_free(context);
}

/* ---- A run ---- */

static size_t url_of(int row, bool one_host, char url[128])
{
    int group = row / (HOSTS * PAGES), host = group * HOSTS + row % HOSTS;
    return (size_t)snprintf(url, 128, "https://www.host-number-%d.example/articles/2026/item-%d.html",
                            one_host ? 0 : host, row);
}

static struct state *open_state(void)
{
    struct state *state;
    struct state_failure failure;
    if (state_open(folder, NULL, &state, &failure) != STATE_OK)
        fail("open", failure.text);
    return state;
}

static void put(struct state *state, const struct state_page *page)
{
    enum state_status status;
    while ((status = state_put_page(state, page)) == STATE_FULL) {
        struct pollfd p = {.fd = state_fd(state), .events = POLLIN};
        poll(&p, 1, -1);
        state_collect(state);
    }
    if (status != STATE_OK)
        fail("put", state_status_text(status));
}

static void fill(struct state_page *page, int row, bool one_host, char url[128], char file[128])
{
    page->url_len = url_of(row, one_host, url);
    page->url = url;
    snprintf(file, 128, "host-number-%d.example/articles/2026/item-%d.html", row % HOSTS, row);
    page->file = file;
    page->last_fetched_ms += 1;
}

static struct state_page typical(void)
{
    return (struct state_page){
        .etag = "\"5f3c-61a2b3c4d5e6f\"",
        .last_modified = "Wed, 21 Oct 2026 07:28:00 GMT",
        .has_digest = true,
        .bytes = BODY,
        .status = 200,
        .first_seen_ms = 1790000000000,
        .last_fetched_ms = 1790000000000,
        .last_changed_ms = 1790000000000,
        .next_due_ms = 1790003600000,
        .file_bytes = BODY,
        .file_mtime_ns = 1790000000000000000,
    };
}

static void put_all(int rows, bool one_host, const char *what)
{
    struct state *state = open_state();
    struct state_page page = typical();
    char url[128], file[128];
    struct cost start = now();
    for (int row = 0; row < rows; row++) {
        fill(&page, row, one_host, url, file);
        put(state, &page);
    }
    state_close(state, NULL);
    report(what, start, rows);
}

static void find_all(int rows, bool one_host, bool hit, const char *what)
{
    struct state *state = open_state();
    char url[128];
    int found = 0;
    struct cost start = now();
    for (int row = 0; row < rows; row++) {
        size_t len = url_of(row, one_host, url);
        if (!hit)
            url[len - 1] = 'x';
        found += state_find_page(state, url, len) != NULL;
    }
    report(what, start, rows);
    if (found != (hit ? rows : 0))
        fail("find", "not what was put");
    state_close(state, NULL);
}

/* As a second run does it: each page is found and put, so that the writer spoils what the reader has cached. */
static void find_and_put_all(int rows, bool one_host, const char *what)
{
    struct state *state = open_state();
    struct state_page page = typical();
    char url[128], file[128];
    struct cost start = now();
    for (int row = 0; row < rows; row++) {
        fill(&page, row, one_host, url, file);
        if (!state_find_page(state, url, page.url_len))
            fail("find", "a page is missing");
        put(state, &page);
    }
    state_close(state, NULL);
    report(what, start, rows);
}

static void look_at_files(void)
{
    struct state *state = open_state();
    char path[300];
    snprintf(path, sizeof path, "%s/some.example", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/some.example/page.html", folder);
    FILE *f = fopen(path, "w");
    struct stat st;
    if (!f || fputs("x", f) < 0 || fclose(f) != 0 || stat(path, &st) != 0)
        fail(path, strerror(errno));
    struct state_page page = {.file = "some.example/page.html", .file_bytes = 1};
    page.file_mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    int kept = 0;
    struct cost start = now();
    for (int i = 0; i < LOOKS; i++)
        kept += state_has_file(state, &page);
    report("is the file as it was", start, LOOKS);
    if (kept != LOOKS)
        fail("look", "the file is not as it was");
    state_close(state, NULL);
}

/* What a look at the state adds up: the pages of each origin, which come together but for a few. */
struct sums {
    int pages, failing, origins;
    uint64_t bytes;
    char origin[128];
};

static bool add_page(const struct state_page *page, void *context)
{
    struct sums *sums = context;
    size_t len = state_origin_len(page->url, page->url_len);
    if (len >= sizeof sums->origin || memcmp(sums->origin, page->url, len) != 0 || sums->origin[len]) {
        sums->origins++;
        snprintf(sums->origin, sizeof sums->origin, "%.*s", (int)len, page->url);
    }
    sums->pages++;
    sums->failing += page->failures != 0;
    sums->bytes += page->bytes;
    return true;
}

static void read_all(int rows)
{
    struct state *state = open_state();
    struct sums sums = {0};
    struct cost start = now();
    state_each_page(state, NULL, add_page, &sums);
    report("each page in turn, sums of origins", start, rows);
    if (sums.pages != rows)
        fail("read", "not what was put");
    state_close(state, NULL);
}

/* What the start of a run that goes on with a crawl does: DUE in 16 of the pages are due. */
static void read_due(int rows, bool one_host, int due, const char *what)
{
    const struct state_filter filter = {.discovered = true, .due_by_ms = 1790003600000};
    struct state *state = open_state();
    struct state_page page = typical();
    char url[128], file[128];
    for (int row = 0; row < rows; row++) {
        fill(&page, row, one_host, url, file);
        page.discovered = true;
        page.next_due_ms = filter.due_by_ms + (row % 16 >= due);
        page.parent = "https://www.host-number-0.example/articles/2026/index.html";
        page.canonical = url;
        page.type = "text/html";
        put(state, &page);
    }
    state_flush(state);
    struct sums sums = {0};
    struct cost start = now();
    state_each_page(state, &filter, add_page, &sums);
    report(what, start, rows);
    uint64_t counted = 0;
    start = now();
    state_count_pages(state, &filter, &counted);
    report("the same, only counted", start, rows);
    if ((uint64_t)sums.pages != counted || counted != (uint64_t)rows * (unsigned)due / 16)
        fail("due", "not what was put");
    state_close(state, NULL);
}

/* ---- With the files that the rows speak of, and so with real syncs ---- */

enum kind { PLAIN, DIGEST, STATE, KINDS };

static const char *const kinds[KINDS] = {"as it is", "with digests", "with digests and state"};

struct writing {
    struct pages *pages;
    struct state *state; /* NULL: none */
    int unchanged;
};

static void page_done(const struct pages_done *done, void *context)
{
    struct writing *w = context;
    char url[128];
    if (done->error)
        fail(done->name, strerror(done->error));
    w->unchanged += done->unchanged;
    if (!w->state)
        return;
    struct state_page page = typical();
    page.url_len = url_of((int)(intptr_t)done->context, false, url);
    page.url = url;
    page.file = done->name;
    page.file_bytes = done->bytes;
    page.file_mtime_ns = done->mtime_ns;
    page.file_is_old = done->unchanged;
    memcpy(page.digest, done->digest, sizeof page.digest);
    put(w->state, &page);
}

static void wait_for_room(struct writing *w)
{
    while (!pages_room(w->pages)) {
        struct pollfd p = {.fd = pages_fd(w->pages), .events = POLLIN};
        pages_flush(w->pages);
        poll(&p, 1, -1);
        pages_collect(w->pages, page_done, w);
    }
}

/* As the crawl's thread does it: what is known is looked up before, and the row is put when the file is in place. */
static void write_page(struct writing *w, int row, const struct pages_bytes *bytes)
{
    char name[64], url[128];
    struct pages_known known;
    const struct state_page *page = NULL;
    if (w->state)
        page = state_find_page(w->state, url, url_of(row, false, url));
    if (page && state_has_file(w->state, page))
        known = (struct pages_known){page->digest, page->file_bytes, page->file_mtime_ns};
    else
        page = NULL;
    snprintf(name, sizeof name, "site%d/page%d.html", row % HOSTS, row);
    wait_for_room(w);
    if (pages_put(w->pages, name, bytes, page ? &known : NULL, (void *)(intptr_t)row) != STORE_OK)
        fail(name, "put");
}

struct figures {
    double wall_us, processor_us; /* a page */
};

static struct figures write_files(int rows, enum kind kind)
{
    static char body[BODY];
    struct writing w = {NULL, NULL, 0};
    sync();
    struct cost start = now();
    if (pages_open(folder, &(struct pages_options){.digest = kind != PLAIN}, &w.pages) != STORE_OK)
        fail("pages", strerror(errno));
    if (kind == STATE)
        w.state = open_state();
    for (int row = 0; row < rows; row++)
        write_page(&w, row, &(struct pages_bytes){.data = body, .len = sizeof body});
    pages_close(w.pages, page_done, &w);
    state_close(w.state, NULL);
    struct cost end = now();
    if (w.unchanged && w.unchanged != rows)
        fail("files", "some were written again");
    return (struct figures){(double)(end.wall_ns - start.wall_ns) / 1000 / rows,
                            (double)(end.process_us - start.process_us) / rows};
}

static int compare_figures(const void *a, const void *b)
{
    const struct figures *x = a, *y = b;
    return (x->wall_us > y->wall_us) - (x->wall_us < y->wall_us);
}

/* Medians of ROUNDS, in which the kinds take turns; a first one, which warms up, is not counted. */
static void measure_files(const char *base, int rows)
{
    enum { ROUNDS = 7, RUNS = 2 };
    static const char *const runs[RUNS] = {"new files", "the same pages again"};
    static struct figures found[RUNS][KINDS][ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
        for (enum kind kind = PLAIN; kind < KINDS; kind++) {
            make_folder(base);
            for (int run = 0; run < RUNS; run++) {
                struct figures f = write_files(rows, kind);
                if (round >= 0)
                    found[run][kind][round] = f;
            }
            nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        }
    }
    for (int run = 0; run < RUNS; run++) {
        printf("-- %d %s, %d KiB each\n", rows, runs[run], BODY / 1024);
        for (enum kind kind = PLAIN; kind < KINDS; kind++) {
            qsort(found[run][kind], ROUNDS, sizeof found[run][kind][0], compare_figures);
            struct figures f = found[run][kind][ROUNDS / 2], least = found[run][kind][0];
            printf("%-34s %6.2f us a page (at best %.2f), %6.2f us of processor time\n", kinds[kind], f.wall_us,
                   least.wall_us, f.processor_us);
        }
    }
    fflush(stdout);
}

/* ---- A run that was killed makes the next one check everything. ---- */

static void check(int rows)
{
    struct state *state = open_state();
    struct state_run run = {.started_ms = 1};
    state_put_run(state, &run);
    state_close(state, NULL);
    struct cost start = now();
    state = open_state();
    report("open after a killed run, a row", start, rows);
    run.ended_ms = 2;
    state_put_run(state, &run);
    state_close(state, NULL);
}

static void measure(const char *base, int rows, bool one_host)
{
    make_folder(base);
    printf("-- %d rows, %s\n", rows, one_host ? "one host" : "64 hosts at a time");
    put_all(rows, one_host, "put, first run");
    put_all(rows, one_host, "put, second run");
    find_all(rows, one_host, true, "find, known");
    find_all(rows, one_host, false, "find, not known");
    find_and_put_all(rows, one_host, "find and put");
    read_all(rows);
    read_due(rows, one_host, 16, "pages that are due: all");
    read_due(rows, one_host, 1, "pages that are due: one of 16");
    check(rows);
    look_at_files();
    struct stat st;
    char path[300];
    snprintf(path, sizeof path, "%s/" STATE_FILE, folder);
    if (stat(path, &st) == 0)
        printf("%-34s %6lld bytes a row\n", "size", (long long)st.st_size / rows);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    const char *base = argc > 1 ? argv[1] : "/dev/shm";
    int rows[16] = {10000, 1000000}, count = argc > 2 ? 0 : 2;
    for (int i = 2; i < argc && count < 16; i++)
        rows[count++] = atoi(argv[i]);
    digests();
    measure_files(base, 10000);
    for (int i = 0; i < count; i++) {
        measure(base, rows[i], false);
        measure(base, rows[i], true);
    }
    return 0;
}
