/* Workers that somebody else has taken over: they send what the fetch layer never would. The parent gives the job to
 * another one, keeps nothing of it, and ends in order. */
#include "folder_support.h"
#include "store/state/state.h"
#include "web/url/url.h"
#include "worker_support.h"

#include <forage/forage.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <sys/mman.h>

TestSuite(compromised, .timeout = 60);

/* What the linker makes of state_put_host and url_parse. */
enum state_status __wrap_state_put_host(struct state *state, const struct state_host *host);
enum state_status __real_state_put_host(struct state *state, const struct state_host *host);
enum url_status __wrap_url_parse(struct url *out, const char *input, size_t len, const struct url *base);
enum url_status __real_url_parse(struct url *out, const char *input, size_t len, const struct url *base);

/* ---- The worker's side ---- */

/* What is done about /x and robots.txt, of which so many requests came before; all else is answered well, unless
 * EVERYTHING is done so. */
typedef void wrong_fn(const struct asked *a, unsigned times);
static wrong_fn *wrong;
static bool everything;
static atomic_uint *times_asked; /* shared with the workers */

static void act(const struct asked *a)
{
    bool counts = is_for(a, "/x") || is_for(a, "/robots.txt");
    if (counts || everything)
        wrong(a, counts ? atomic_fetch_add(times_asked, 1) : 0);
    else
        answer(a, &fine);
}

/* ---- The parent's side ---- */

/* What came of /x. */
struct outcome {
    unsigned ends;
    bool ok;
    unsigned status, asked;
    char error[16], body[64];
};

static void on_page(const struct forage_page *page, void *context)
{
    struct outcome *o = context;
    if (!ends_in((struct text){page->url, strlen(page->url)}, "/x"))
        return;
    o->ends++;
    o->ok = page->ok;
    o->status = page->status;
    snprintf(o->error, sizeof o->error, "%s", page->error);
    if (*page->file) {
        FILE *in = fopen(page->file, "r");
        o->body[in ? fread(o->body, 1, sizeof o->body - 1, in) : 0] = '\0';
        if (in)
            fclose(in);
    } else if (page->body_len && page->body_len < sizeof o->body) {
        memcpy(o->body, page->body, page->body_len);
    }
}

/* Ask for /x and others with OPTIONS, where what WRONG sends is all that is unusual. */
static struct outcome crawl_with(wrong_fn *fn, struct forage_options options)
{
    static const char *const urls[] = {"http://a.test/x", "http://a.test/1", "http://b.test/2"};
    struct outcome o = {0};
    struct forage *forage;
    struct forage_summary summary;
    char error[256] = "";
    wrong = fn;
    times_asked = mmap(NULL, sizeof *times_asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    options.workers = 2;
    options.ignore_robots = true;
    options.max_wait_ms = 1;
    options.output = in_folder("out");
    options.on_page = on_page;
    options.context = &o;
    cr_assert_eq(forage_new(&options, &forage, error, sizeof error), FORAGE_OK, "%s", error);
    for (size_t i = 0; i < 3; i++)
        forage_add_url(forage, urls[i]);
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    cr_expect_eq(summary.counts.fetched + summary.counts.failed, 3);
    cr_expect_geq(summary.counts.fetched, 2, "another URL has suffered");
    o.asked = *times_asked;
    munmap(times_asked, sizeof *times_asked);
    return o;
}

/* ---- Answers that make no sense, once ---- */

#define ONCE(name, ...)                                                                                                \
    static void name(const struct asked *a, unsigned times)                                                            \
    {                                                                                                                  \
        struct fetch_answer nonsense = {__VA_ARGS__};                                                                  \
        answer(a, times ? &fine : &nonsense);                                                                          \
    }

ONCE(success_without_body, .status = 200)
ONCE(no_status, .status = 0)
ONCE(status_below_200, .status = 100, .kept = true, .body = {"evil", 4}, .body_bytes = 4)
ONCE(body_of_304, .status = 304, .kept = true, .body = {"evil", 4}, .body_bytes = 4)
ONCE(body_of_redirect, .status = 302, .kept = true, .body = {"evil", 4}, .body_bytes = 4, .location = {"/", 1})
ONCE(body_of_404, .status = 404, .kept = true, .body = {"evil", 4}, .body_bytes = 4)
ONCE(cut_page, .status = 200, .kept = true, .cut = true, .body = {"evil", 4}, .body_bytes = 4)
ONCE(rest_of_nothing, .status = 206, .kept = true, .resumed = true, .body = {"evil", 4}, .body_bytes = 4)
ONCE(too_many_bytes, .status = 200, .kept = true, .body = {"evil", 4}, .body_bytes = 5)
ONCE(error_with_too_many_bytes, .status = 200, .error = FETCH_RESET, .kept = true, .body_bytes = 5)

static void pieces_of_what_is_not_kept(const struct asked *a, unsigned times)
{
    if (!times)
        part(a, "evil", 4);
    answer(a, times ? &fine : &(struct fetch_answer){.status = 404});
}

static void pieces_of_an_error_that_is_not_kept(const struct asked *a, unsigned times)
{
    if (!times)
        part(a, "evil", 4);
    answer(a, times ? &fine : &(struct fetch_answer){.error = FETCH_RESET});
}

static void pieces_of_a_blocked_address(const struct asked *a, unsigned times)
{
    if (!times)
        part(a, "evil", 4);
    answer(a, times ? &fine : &(struct fetch_answer){.error = FETCH_BLOCKED});
}

static void kept_pieces_of_a_blocked_address(const struct asked *a, unsigned times)
{
    if (!times)
        part(a, "evil", 4);
    answer(a, times ? &fine
                    : &(struct fetch_answer){.status = 200, .error = FETCH_BLOCKED, .kept = true, .body_bytes = 4});
}

static void pieces_beyond_the_limit(const struct asked *a, unsigned times)
{
    static const char much[64 * 1024];
    for (int i = 0; i < 20 && !times; i++)
        part(a, much, sizeof much);
    answer(a, times ? &fine : &(struct fetch_answer){.error = FETCH_RESET, .kept = true, .status = 200});
}

Test(compromised, an_answer_that_makes_no_sense_is_dropped_and_asked_for_again, .init = folder_make,
     .fini = folder_remove)
{
    static const struct {
        const char *what;
        wrong_fn *act;
    } rows[] = {
        {"success without a body", success_without_body},
        {"no status and no error", no_status},
        {"a body of 100", status_below_200},
        {"a body of 304", body_of_304},
        {"a body of 302", body_of_redirect},
        {"a body of 404", body_of_404},
        {"a page that is cut", cut_page},
        {"the rest of nothing", rest_of_nothing},
        {"more bytes than there are", too_many_bytes},
        {"an error with more bytes than there are", error_with_too_many_bytes},
        {"pieces of what is not kept", pieces_of_what_is_not_kept},
        {"pieces of an error that is not kept", pieces_of_an_error_that_is_not_kept},
        {"pieces of a blocked address", pieces_of_a_blocked_address},
        {"kept pieces of a blocked address", kept_pieces_of_a_blocked_address},
        {"pieces beyond the limit", pieces_beyond_the_limit},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int in_memory = 0; in_memory < 2; in_memory++) {
            struct outcome o = crawl_with(
                rows[i].act, (struct forage_options){.in_memory = in_memory, .no_state = true, .max_bytes = 1 << 20});
            const char *what = rows[i].what;
            cr_expect_eq(o.ends, 1, "%s: ended %u times", what, o.ends);
            cr_expect_eq(o.asked, 2, "%s: asked for %u times", what, o.asked);
            cr_expect(o.ok && o.status == 200, "%s: %u %s", what, o.status, o.error);
            cr_expect_str_eq(o.body, "fine", "%s: %s", what, o.body);
        }
    }
}

/* ---- Links of an answer that is not believed, and those of another worker ---- */

enum {
    MANY = 30,           /* URLs of one host: its worker gets two thirds of them, the other one the rest */
    SOME = 5,            /* so many fewer than the rest that the other worker has the least to do when they are done */
    FALSE_LINKS = 60000, /* bytes */
    HONEST_LINKS = 1000,
};

struct two_workers {
    atomic_uint asked, ended;
    atomic_bool over; /* the second answer about /x is out */
};

static struct two_workers *two; /* shared with the workers */

static void send_links(const struct asked *a, size_t bytes)
{
    static char records[FALSE_LINKS] = {FETCH_PART_LINKS}; /* of no kind that is known, which is passed over */
    part(a, records, bytes);
}

static void wait_until_ended(unsigned count)
{
    while (atomic_load(&two->ended) < count)
        poll(NULL, 0, 1);
}

/* /x comes first, to the worker whose links are not believed: what else it has waits for the second answer about /x,
 * which so becomes the other worker's. That one has kept a page for afterwards. */
static void links_over_two_workers(const struct asked *a, unsigned times)
{
    static bool is_first, holds;
    static struct asked held;
    atomic_fetch_add(&two->asked, 1);
    if (is_for(a, "/x") && !times) {
        is_first = true;
        wait_until_ended(SOME);
        send_links(a, FALSE_LINKS);
        answer(a, &(struct fetch_answer){.error = FETCH_BLOCKED});
        mp_worker_flush(a->worker);
    } else if (is_for(a, "/x")) {
        answer(a, &fine);
        send_links(&held, HONEST_LINKS);
        answer(&held, &fine);
        atomic_store(&two->over, true);
    } else if (is_first) {
        while (!atomic_load(&two->over))
            poll(NULL, 0, 1);
        answer(a, &fine);
    } else if (!holds && !atomic_load(&two->over)) {
        holds = true;
        held = *a;
    } else {
        answer(a, &fine);
    }
}

static void count_end(const struct forage_page *page, void *context)
{
    (void)page, (void)context;
    atomic_fetch_add(&two->ended, 1);
}

/* The links were counted as one worker's and taken off the other's count, which was below nothing then: that one was
 * killed for the next that it sent. */
Test(compromised, links_of_one_worker_are_never_taken_off_the_count_of_another, .init = folder_make,
     .fini = folder_remove)
{
    struct forage *forage;
    struct forage_summary summary;
    struct forage_options options = {.workers = 2,
                                     .per_host = 2 * MANY,
                                     .ignore_robots = true,
                                     .recursive = true,
                                     .in_memory = true,
                                     .no_state = true,
                                     .output = in_folder("out"),
                                     .on_page = count_end};
    wrong = links_over_two_workers;
    everything = true;
    times_asked = mmap(NULL, sizeof *times_asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    two = mmap(NULL, sizeof *two, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    forage_add_url(forage, "http://a.test/x");
    for (int i = 1; i < MANY; i++) {
        char url[32];
        snprintf(url, sizeof url, "http://a.test/%d", i);
        forage_add_url(forage, url);
    }
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    cr_expect_eq(summary.counts.fetched, MANY);
    cr_expect_eq(two->asked, MANY + 1, "%u were asked for", two->asked);
    munmap(two, sizeof *two);
    munmap(times_asked, sizeof *times_asked);
}

/* ---- Look-ups and starts ---- */

static void wrong_look_up(const struct asked *a, unsigned times)
{
    if (!(a->request.flags & FETCH_RESOLVE_ONLY))
        return answer(a, &fine);
    if (!times)
        part(a, "evil", 4);
    answer(a, &(struct fetch_answer){.address = {"192.0.2.1", 9}});
}

static void look_up_with_a_page(const struct asked *a, unsigned times)
{
    bool looks_up = a->request.flags & FETCH_RESOLVE_ONLY;
    answer(a, looks_up && times ? &(struct fetch_answer){.address = {"192.0.2.1", 9}} : &fine);
}

/* Each of them is the first that its host hears. */
Test(compromised, a_look_up_brings_no_page, .init = folder_make, .fini = folder_remove)
{
    wrong_fn *const rows[] = {wrong_look_up, look_up_with_a_page};
    for (size_t i = 0; i < 2; i++) {
        struct outcome o = crawl_with(rows[i], (struct forage_options){.no_state = true, .per_ip = 2});
        cr_expect_eq(o.ends, 1);
        cr_expect_eq(o.asked, 3, "%zu: asked for %u times", i, o.asked);
        cr_expect(o.ok, "%zu: %s", i, o.error);
        cr_expect_str_eq(o.body, "fine");
    }
}

static unsigned hosts_put;

enum state_status __wrap_state_put_host(struct state *state, const struct state_host *host)
{
    hosts_put++;
    return __real_state_put_host(state, host);
}

static void many_starts(const struct asked *a, unsigned times)
{
    (void)times;
    for (int i = 0; i < 2000; i++)
        part(a, "", 0);
    answer(a, &fine);
}

/* Each was a row for the state, and the loop waits where there are too many. */
Test(compromised, a_start_is_told_once, .init = folder_make, .fini = folder_remove)
{
    struct outcome o = crawl_with(many_starts, (struct forage_options){.delay_ms = 1000});
    cr_expect(o.ok, "%s", o.error);
    cr_expect_leq(hosts_put, 3, "%u rows", hosts_put);
}

/* ---- Texts that change while they are read ---- */

static bool is_shared(const void *at)
{
    char line[512], access[8];
    uintptr_t from, to, address = (uintptr_t)at;
    bool shared = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &from, &to, access) == 3 && address >= from && address < to)
            shared = access[3] == 's';
    cr_assert(maps);
    fclose(maps);
    return shared;
}

static unsigned parsed, parsed_shared;

enum url_status __wrap_url_parse(struct url *out, const char *input, size_t len, const struct url *base)
{
    parsed += base != NULL;
    parsed_shared += is_shared(input);
    return __real_url_parse(out, input, len, base);
}

static void redirects(const struct asked *a, unsigned times)
{
    (void)times;
    answer(a, &(struct fetch_answer){.status = 302, .location = {"/elsewhere", 10}});
}

/* The parser makes room for what it has seen, and reads it once more. */
Test(compromised, a_location_is_read_where_the_worker_cannot_change_it, .init = folder_make, .fini = folder_remove)
{
    struct outcome o = crawl_with(redirects, (struct forage_options){.no_state = true, .allow_private = true});
    cr_expect(o.ok, "%s", o.error);
    cr_expect_geq(parsed, 1);
    cr_expect_eq(parsed_shared, 0);
}

/* ---- Death ---- */

static void die(const struct asked *a, unsigned times)
{
    (void)a, (void)times;
    _exit(1);
}

/* After thirty days of it nobody would have asked for the rules any more. */
Test(compromised, no_host_is_unreachable_because_workers_die, .init = folder_make, .fini = folder_remove)
{
    struct forage *forage;
    struct forage_summary summary;
    struct state *state;
    struct state_failure failure;
    struct forage_options options = {.output = in_folder("out"), .workers = 1};
    wrong = die;
    times_asked = mmap(NULL, sizeof *times_asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    forage_add_url(forage, "http://a.test/1");
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    cr_expect_eq(summary.counts.failed, 1);
    cr_expect_eq(*times_asked, 3);
    cr_assert_eq(state_open(in_folder("out"), &(struct state_options){.read_only = true}, &state, &failure), STATE_OK);
    const struct state_host *host = state_find_host(state, "http://a.test");
    cr_assert_not_null(host);
    cr_expect_eq(host->unreachable_since_ms, 0);
    state_close(state, NULL);
    munmap(times_asked, sizeof *times_asked);
}
