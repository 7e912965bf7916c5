/* Workers of a crawl that stand still: one that is stopped from outside, and one that a page sends round for ever. The
 * pool is made with a short limit in place of the crawl's own; the workers are the fetch layer's. */
#include "fetch/message.h"

#include "support/fixture.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <multiproc/pool.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TestSuite(standstill, .timeout = 120);

enum { PAGES = 60, SILENCE_MS = 1500 };

static struct mp_pool *pool;

/* What the linker makes of these two functions. */
enum mp_status __real_mp_pool_new(const struct mp_pool_options *options, struct mp_pool **out);
enum mp_status __wrap_mp_pool_new(const struct mp_pool_options *options, struct mp_pool **out);
bool __real_fetch_request_decode(struct fetch_request *request, const void *data, size_t len);
bool __wrap_fetch_request_decode(struct fetch_request *request, const void *data, size_t len);

enum mp_status __wrap_mp_pool_new(const struct mp_pool_options *options, struct mp_pool **out)
{
    struct mp_pool_options shorter = *options;
    cr_assert_gt(options->silence_ms, 0, "a crawl has a limit");
    shorter.silence_ms = SILENCE_MS;
    enum mp_status status = __real_mp_pool_new(&shorter, out);
    if (status == MP_OK)
        pool = *out;
    return status;
}

bool __wrap_fetch_request_decode(struct fetch_request *request, const void *data, size_t len)
{
    static const char hostile[] = "/spin";
    bool fine = __real_fetch_request_decode(request, data, len);
    if (fine && request->url.len >= strlen(hostile) &&
        memcmp(request->url.data + request->url.len - strlen(hostile), hostile, strlen(hostile)) == 0)
        for (volatile unsigned i = 0;; i++)
            ;
    return fine;
}

struct ends {
    unsigned count, ok, stopped;
    char error[16], detail[128]; /* of the last that failed */
    bool stops;                  /* the first page's end stops a worker */
};

static void on_page(const struct forage_page *page, void *context)
{
    struct ends *ends = context;
    ends->count++;
    ends->ok += page->ok;
    if (!page->ok) {
        snprintf(ends->error, sizeof ends->error, "%s", page->error);
        snprintf(ends->detail, sizeof ends->detail, "%s", page->detail);
    }
    if (ends->stops && !ends->stopped)
        ends->stopped += kill(mp_pool_worker_pid(pool, 0), SIGSTOP) == 0;
}

static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "page", .delay_ms = 20}},
                                              {0}};

/* Ask for PAGES pages, and for ODD unless it is NULL. */
static void crawl(unsigned workers, const char *odd, struct ends *ends)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct forage_options options = {.in_memory = true,
                                     .workers = workers,
                                     .per_host = 8,
                                     .delay_ms = FORAGE_DELAY_NONE,
                                     .ignore_robots = true,
                                     .on_page = on_page,
                                     .context = ends};
    struct forage *forage;
    struct forage_summary summary;
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    for (int i = 0; i < PAGES; i++) {
        char path[32];
        snprintf(path, sizeof path, "/%d", i);
        cr_assert_eq(forage_add_url(forage, fixture_url(f, path)), FORAGE_OK);
        if (odd && i == PAGES / 2)
            cr_assert_eq(forage_add_url(forage, fixture_url(f, odd)), FORAGE_OK);
    }
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    fixture_stop(f);
}

/* The run did not end. */
Test(standstill, a_worker_that_is_stopped_costs_no_page)
{
    struct ends ends = {.stops = true};
    crawl(1, NULL, &ends);
    cr_assert_eq(ends.stopped, 1);
    cr_assert_eq(ends.count, PAGES);
    cr_assert_eq(ends.ok, PAGES, "%s: %s", ends.error, ends.detail);
}

Test(standstill, a_page_that_sends_workers_round_for_ever_fails_alone_and_says_so)
{
    struct ends ends = {0};
    crawl(2, "/spin", &ends);
    cr_assert_eq(ends.count, PAGES + 1);
    cr_assert_eq(ends.ok, PAGES);
    cr_assert_str_eq(ends.error, "lost");
    cr_assert_str_eq(ends.detail, "its worker did not come back and was killed");
}
