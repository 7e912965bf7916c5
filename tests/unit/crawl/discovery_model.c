/* A random web of 300 pages on five hosts, and what a crawl asks for there, compared with a breadth-first search in a
 * few lines: in one go, in many runs, with workers that die, and killed again and again. A seed that fails is printed;
 * MODEL_SEED=N runs that one alone. */
#include "discovery_support.h"
#include "support/support.h"

TestSuite(discovery_model, .init = web_make, .fini = web_remove, .timeout = 240);

enum {
    PAGES = 300,
    HOSTS = 5,
    LINKS_MAX = 4,
    SEEDS = 6,
    KILLS = 6,
    DEATHS = 2, /* of the third a page may be the cause, and is given up */
};

static unsigned seed;
static bool workers_die;
static unsigned hosts = HOSTS, max_depth; /* 0: none */
static unsigned kill_on_page;             /* the crawl's own page that kills it; 0: none */

static unsigned draw(unsigned page, unsigned what, unsigned n)
{
    uint64_t state = (uint64_t)seed << 40 ^ (uint64_t)page << 16 ^ what;
    state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 (Steele and others 2014) */
    state = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    state = (state ^ state >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((state ^ state >> 31) >> 33) % n;
}

/* ---- The web ---- */

enum page_kind { ORDINARY, MOVED, MISSING, BROKEN, NOINDEX, NOFOLLOW, DEADLY };
enum draws { OF_KIND, OF_COUNT, OF_TARGET, OF_REL = OF_TARGET + LINKS_MAX, OF_OUTSIDE = OF_REL + LINKS_MAX };

/* The first page of each host is what the user names. */
static enum page_kind kind_of(unsigned page)
{
    static const enum page_kind kinds[] = {MOVED, MOVED, MISSING, BROKEN, NOINDEX, NOFOLLOW, DEADLY};
    unsigned n = draw(page, OF_KIND, 20);
    bool is_moved = n < 7 && kinds[n] == MOVED;
    /* A redirect is no level of its own, so the depth of what is behind it is a matter of time. */
    return page < HOSTS || n >= 7 || (max_depth && is_moved) ? ORDINARY : kinds[n];
}

static unsigned target_of(unsigned page, unsigned link)
{
    return draw(page, OF_TARGET + link, PAGES);
}

static unsigned link_count(unsigned page)
{
    return 1 + draw(page, OF_COUNT, LINKS_MAX);
}

static bool is_nofollow(unsigned page, unsigned link)
{
    return draw(page, OF_REL + link, 8) == 0;
}

static const char *url_of(unsigned page)
{
    static char urls[4][64];
    static unsigned turn;
    char *url = urls[turn++ % 4];
    snprintf(url, sizeof urls[0], "http://h%u.test/p%u", page % hosts, page);
    return url;
}

static void answer_ordinary(const struct asked *a, unsigned page)
{
    struct buffer links = {0};
    char body[32];
    snprintf(body, sizeof body, "page %u", page);
    for (unsigned i = 0; i < link_count(page); i++)
        link_of_kind(&links, FETCH_LINK_PAGE, is_nofollow(page, i), url_of(target_of(page, i)));
    if (draw(page, OF_OUTSIDE, 4) == 0)
        link_to(&links, "http://outside.test/");
    enum page_kind kind = kind_of(page);
    answer_page(a, &links, kind == NOINDEX ? META_NOINDEX : kind == NOFOLLOW ? META_NOFOLLOW : 0, body);
}

static void act(const struct asked *a)
{
    unsigned page = 0;
    const char *at = memmem(a->request.url.data, a->request.url.len, "/p", 2);
    for (at += at ? 2 : 0; at && at < a->request.url.data + a->request.url.len; at++)
        page = page * 10 + (unsigned)(*at - '0');
    bool is_first = !times_asked(url_of(page));
    note_asked(a);
    switch (kind_of(page)) {
    case MOVED:
        return answer_redirect(a, url_of(target_of(page, 0)));
    case MISSING:
        return answer_status(a, 404);
    case BROKEN:
        return answer_status(a, 500);
    case DEADLY:
        if (workers_die && is_first && atomic_fetch_add(&notes->deaths, 1) < DEATHS)
            _exit(1);
        __attribute__((fallthrough));
    default:
        answer_ordinary(a, page);
    }
}

/* ---- The model ---- */

static bool follows(unsigned page, unsigned link)
{
    return kind_of(page) != NOFOLLOW && !is_nofollow(page, link);
}

static unsigned leads_to(unsigned page, unsigned targets[LINKS_MAX])
{
    unsigned count = 0;
    enum page_kind kind = kind_of(page);
    if (kind == MISSING || kind == BROKEN)
        return 0;
    if (kind == MOVED) {
        targets[0] = target_of(page, 0);
        return 1;
    }
    for (unsigned i = 0; i < link_count(page); i++)
        if (follows(page, i))
            targets[count++] = target_of(page, i);
    return count;
}

/* Which pages a crawl asks for. */
static void search(bool reached[PAGES])
{
    unsigned queue[PAGES], depth[PAGES] = {0}, end = 0;
    memset(reached, 0, PAGES * sizeof *reached);
    for (; end < HOSTS; end++)
        reached[queue[end] = end] = true;
    for (unsigned i = 0; i < end && !(max_depth && depth[queue[i]] == max_depth); i++) {
        unsigned targets[LINKS_MAX], count = leads_to(queue[i], targets);
        for (unsigned j = 0; j < count; j++) {
            if (reached[targets[j]])
                continue;
            reached[targets[j]] = true;
            depth[targets[j]] = depth[queue[i]] + 1;
            queue[end++] = targets[j];
        }
    }
}

/* ---- The crawl ---- */

static const char *const *named(void)
{
    static char texts[HOSTS][64];
    static const char *seeds[HOSTS + 1];
    for (unsigned i = 0; i < HOSTS; i++) {
        snprintf(texts[i], sizeof texts[i], "%s", url_of(i));
        seeds[i] = texts[i];
    }
    return seeds;
}

static void on_page(const struct forage_page *page, void *context)
{
    unsigned *pages = context;
    (void)page;
    if (++*pages == kill_on_page)
        raise(SIGKILL);
}

static struct forage_options options_of(void)
{
    struct forage_options options = crawl_options();
    options.max_depth = max_depth;
    options.workers = 1 + draw(0, 1000, 2);
    options.per_host = 1 + draw(0, 1001, 4);
    return options;
}

/* ONCE: nothing was asked for twice. */
static void compare(bool once)
{
    bool reached[PAGES];
    unsigned expected = 0;
    search(reached);
    for (unsigned page = 0; page < PAGES; page++) {
        unsigned times = times_asked(url_of(page));
        expected += reached[page];
        cr_expect_eq(times > 0, reached[page], "seed %u: page %u was asked for %u times", seed, page, times);
        cr_expect(!once || times <= 1, "seed %u: page %u was asked for %u times", seed, page, times);
    }
    cr_expect_gt(expected, max_depth ? PAGES / 10 : PAGES / 2, "seed %u: the web is small", seed);
    cr_expect_eq(times_asked("http://outside.test/"), 0, "seed %u", seed);
    cr_expect_neq(access(in_folder("out/.forage/backlog"), F_OK), 0, "seed %u: a backlog is left", seed);
}

static void for_each_seed(void (*crawl)(void))
{
    const char *one = getenv("MODEL_SEED");
    for (unsigned i = 1; i <= (one ? 1 : support_rounds(SEEDS)); i++) {
        seed = one ? (unsigned)atoi(one) : i;
        crawl();
        folder_remove();
        cr_assert_eq(mkdir(folder, 0700), 0);
        memset(notes, 0, sizeof *notes);
    }
}

static void crawl_once(void)
{
    struct forage_options options = options_of();
    options.in_memory = draw(0, 1002, 2);
    crawl_with(&options, named());
    compare(true);
}

Test(discovery_model, a_crawl_asks_once_for_each_page_that_can_be_reached)
{
    for_each_seed(crawl_once);
}

static void crawl_with_deaths(void)
{
    struct forage_options options = options_of();
    workers_die = true;
    crawl_with(&options, named());
    compare(false);
}

Test(discovery_model, workers_that_die_lose_no_link)
{
    for_each_seed(crawl_with_deaths);
}

static void crawl_in_helpings(void)
{
    struct forage_options options = options_of();
    struct forage_summary summary;
    unsigned runs = 0;
    do {
        options.max_pages = 1 + draw(runs, 1003, 60);
        summary = crawl_with(&options, named());
    } while (summary.out_of_pages && ++runs < PAGES);
    cr_expect_gt(runs, max_depth ? 0 : 3, "seed %u: only %u runs", seed, runs);
    compare(true);
}

Test(discovery_model, runs_that_end_early_ask_once_for_each_page_together)
{
    for_each_seed(crawl_in_helpings);
}

static void crawl_by_depth(void)
{
    hosts = 1;
    max_depth = 4 + draw(0, 1006, 4);
    crawl_in_helpings();
}

/* However slowly one page is answered, and whichever run asks for it. */
Test(discovery_model, a_crawl_of_some_depth_has_the_pages_that_are_so_far_away)
{
    for_each_seed(crawl_by_depth);
}

static void crawl_and_kill(void)
{
    unsigned pages = 0, kills = 0;
    struct forage_options options = options_of();
    options.on_page = on_page;
    options.context = &pages;
    for (unsigned run = 0; run < KILLS; run++) {
        bool by_worker = draw(run, 1004, 2);
        unsigned at = 1 + draw(run, 1005, 60);
        notes->kill_at = by_worker ? notes->count + at : 0;
        kill_on_page = by_worker ? 0 : at;
        kills += crawl_in_child(&options, named());
    }
    notes->kill_at = kill_on_page = 0;
    workers_die = true;
    cr_assert(!crawl_in_child(&options, named()));
    cr_expect_gt(kills, 1, "seed %u", seed);
    compare(false);
}

Test(discovery_model, a_crawl_that_is_killed_again_and_again_loses_no_link)
{
    for_each_seed(crawl_and_kill);
}
