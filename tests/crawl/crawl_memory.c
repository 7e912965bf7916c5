/* A crawl of tens of thousands of pages that link each other a million times: each is fetched once, in memory that the
 * links do not fill. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"
#include "support/web_page.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
enum { PAGES = 2000, PSS_MIB_MOST = 1024 };
#else
enum { PAGES = 20000, PSS_MIB_MOST = 72 };
#endif

enum { ROOM_BYTES = 512 << 20 };

TestSuite(crawl_memory, .timeout = 120);

static const struct web web = {.pages = PAGES, .hosts = 20, .seed = 4};

static int generated(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    char *body = support_alloc(WEB_PAGE_MOST);
    reply->body_len = web_page(&web, web_number(&web, request->target, strlen(request->target)), body);
    reply->body = reply->owned = body;
    return 0;
}

Test(crawl_memory, does_not_grow_with_the_links_that_lead_to_known_pages)
{
    files_prefer_memory(ROOM_BYTES);
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = generated});
    struct crawl c = {.run = {.measure_memory = true, .time_limit_ms = 100000}};
    crawl_run(&c, f, "-q", "-r", "--allow-private", "--scope", "any", "--delay", "0", "-j", "2",
              "http://w0.test/0.html", NULL);
    cr_expect_eq(c.run.status, 0, "%.2000s", c.run.err);
    size_t count, twice = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    unsigned char *times = support_alloc(PAGES);
    for (size_t i = 0; i < count; i++)
        twice += times[web_number(&web, requests[i].target, strlen(requests[i].target))]++ != 0;
    cr_expect_eq(count, PAGES);
    cr_expect_eq(twice, 0);
    cr_expect_lt(c.run.peak_pss_bytes >> 20, PSS_MIB_MOST, "%llu MiB",
                 (unsigned long long)(c.run.peak_pss_bytes >> 20));
    fprintf(stderr, "%d pages: %llu MiB in %u processes\n", PAGES, (unsigned long long)(c.run.peak_pss_bytes >> 20),
            c.run.peak_processes);
    free(times);
    crawl_release(&c);
    fixture_stop(f);
}
