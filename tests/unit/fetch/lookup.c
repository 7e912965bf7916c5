/* Names whose server does not answer. The resolver is the test's: it takes the place of the C library's. */
#include "unit/fetch/ask.h"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

TestSuite(lookup, .timeout = 60);

enum { DEAD = 3, GIVES_UP_MS = 15000, CONNECT_MS = 200 };

/* Shared with the worker. */
struct lookups {
    atomic_uint begun, ended;
    atomic_bool released;
};
static struct lookups *lookups;

typedef int resolver_fn(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found);

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    resolver_fn *next = (resolver_fn *)dlsym(RTLD_NEXT, "getaddrinfo");
    if (!lookups || !host || !strstr(host, "dead"))
        return next(host, service, hints, found);
    atomic_fetch_add(&lookups->begun, 1);
    for (int64_t deadline = support_deadline_ns(GIVES_UP_MS); !atomic_load(&lookups->released);) {
        if (!support_left_ms(deadline))
            break;
        poll(NULL, 0, 1);
    }
    atomic_fetch_add(&lookups->ended, 1);
    return EAI_AGAIN;
}

/* libcurl waited for the thread that looks, and the worker's other transfers with it: half a minute and more, in which
 * a worker counts as one that does not come back. */
Test(lookup, one_that_does_not_end_holds_up_no_other_transfer)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "here"}}, {0}};
    static const char *const urls[DEAD] = {"http://dead1.test/", "http://dead2.test/", "http://dead3.test/"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    struct asked dead[DEAD], page;
    struct ask a;
    lookups = mmap(NULL, sizeof *lookups, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(lookups, MAP_FAILED);
    options.connect_timeout_ms = CONNECT_MS;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < DEAD; i++) {
        struct fetch_request r = {.port = 80, .host = {urls[i] + 7, 10}, .url = ask_text(urls[i])};
        ask_begin(&a, &r, &dead[i]);
    }
    for (size_t i = 0; i < DEAD; i++) {
        ask_end(&a, &dead[i]);
        cr_expect_eq(dead[i].answer.error, FETCH_TIMEOUT, "%s", asked_shown(&dead[i]));
        asked_release(&dead[i]);
    }
    for (int late = 0; late < 2; late++) { /* while they still look, and when they have come back */
        struct fetch_request r = ask_for(f, "/page");
        ask(&a, &r, &page);
        cr_expect_eq(page.answer.status, 200, "%s", asked_shown(&page));
        asked_release(&page);
        cr_assert_eq(atomic_load(&lookups->begun), DEAD);
        cr_assert_eq(atomic_load(&lookups->ended), late ? DEAD : 0);
        atomic_store(&lookups->released, true);
        int64_t deadline = support_deadline_ns(GIVES_UP_MS);
        while (atomic_load(&lookups->ended) < DEAD && support_left_ms(deadline))
            poll(NULL, 0, 1);
    }
    ask_close(&a);
    fixture_stop(f);
}
