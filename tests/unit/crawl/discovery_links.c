/* Link records as they come from a worker: in pieces, too many, not asked for, and none that make sense. */
#include "discovery_support.h"

TestSuite(discovery_links, .init = web_make, .fini = web_remove, .timeout = 120);

static void (*scene)(const struct asked *a, unsigned times);

static void act(const struct asked *a)
{
    char url[NOTE_SIZE];
    snprintf(url, sizeof url, "%.*s", (int)a->request.url.len, a->request.url.data);
    unsigned times = times_asked(url);
    note_asked(a);
    scene(a, times);
}

/* ---- The worker's side ---- */

enum { LONG = 8000 };

/* A piece of link records of about BYTES, all to another host. */
static void send_many(const struct asked *a, size_t bytes, enum fetch_link_kind kind)
{
    char url[LONG + 1];
    struct buffer piece = {0};
    for (size_t n = 0; n < bytes; n += LONG) {
        snprintf(url, sizeof url, "http://elsewhere.test/%zu/", n);
        memset(url + strlen(url), 'x', LONG - strlen(url));
        url[LONG] = '\0';
        if (!piece.len)
            buffer_append_char(&piece, FETCH_PART_LINKS);
        link_of_kind(&piece, kind, false, url);
        if (piece.len > 100000 || n + LONG >= bytes) {
            part(a, piece.data, piece.len);
            buffer_clear(&piece);
        }
    }
    buffer_release(&piece);
}

static void answer_leaf(const struct asked *a)
{
    struct buffer links = {0};
    answer_page_of_its_own(a, &links);
}

static void send_too_many(const struct asked *a, unsigned times)
{
    if (is_for(a, "/x") && !times)
        send_many(a, FETCH_LINKS_BYTES_MAX + 100000, FETCH_LINK_PAGE);
    answer_leaf(a);
}

static void send_what_is_no_link(const struct asked *a, unsigned times)
{
    static const char junk[] = "\2junk that is long enough to be a record";
    struct buffer links = {0};
    (void)times;
    if (is_for(a, "/x")) {
        part(a, junk, sizeof junk);
        part(a, "\2", 1);
        link_to(&links, "ftp://h.test/file");
        link_to(&links, "http://h.test/behind");
    }
    answer_page_of_its_own(a, &links);
}

static void send_unknown_piece(const struct asked *a, unsigned times)
{
    if (is_for(a, "/x") && !times)
        part(a, "\3what is this", 13);
    answer_leaf(a);
}

static void send_sitemap_of_a_page(const struct asked *a, unsigned times)
{
    struct buffer links = {0};
    (void)times;
    link_of_kind(&links, FETCH_LINK_SITEMAP, false, "http://h.test/map");
    link_of_kind(&links, FETCH_LINK_SITEMAP_PAGE, false, "http://h.test/mapped");
    answer_page_of_its_own(a, &links);
}

static void send_links_nobody_wants(const struct asked *a, unsigned times)
{
    struct buffer links = {0};
    if (is_for(a, "/x") && !times)
        link_to(&links, "http://h.test/found");
    answer_page_of_its_own(a, &links);
}

static void send_links_of_an_error(const struct asked *a, unsigned times)
{
    (void)times;
    if (!is_for(a, "/x"))
        return answer_leaf(a);
    send_many(a, 1 << 20, FETCH_LINK_PAGE);
    answer_status(a, 404);
}

/* ---- The parent's side ---- */

struct ends {
    unsigned well, others, links;
};

static void on_page(const struct forage_page *page, void *context)
{
    struct ends *ends = context;
    *(page->ok ? &ends->well : &ends->others) += 1;
    ends->links += (unsigned)page->link_count;
}

static struct ends crawl_x(struct forage_options options, void (*what)(const struct asked *a, unsigned times))
{
    static const char *const seeds[] = {"http://h.test/x", "http://h.test/y", NULL};
    struct ends ends = {0};
    memset(notes, 0, sizeof *notes);
    options.no_state = true;
    options.page_links = options.recursive;
    options.on_page = on_page;
    options.context = &ends;
    scene = what;
    crawl_with(&options, seeds);
    return ends;
}

Test(discovery_links, what_a_worker_must_not_send_is_asked_for_again)
{
    static const struct {
        const char *what;
        void (*scene)(const struct asked *a, unsigned times);
        bool recursive;
    } rows[] = {
        {"too many links", send_too_many, true},
        {"an unknown piece", send_unknown_piece, true},
        {"links that nobody wants", send_links_nobody_wants, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct forage_options options = crawl_options();
        options.recursive = rows[i].recursive;
        struct ends ends = crawl_x(options, rows[i].scene);
        cr_expect_eq(times_asked("http://h.test/x"), 2, "%s: %u times", rows[i].what, times_asked("http://h.test/x"));
        cr_expect_eq(ends.well, 2, "%s", rows[i].what);
        cr_expect_eq(ends.links, 0, "%s: %u links", rows[i].what, ends.links);
    }
}

Test(discovery_links, what_makes_no_sense_leads_nowhere)
{
    struct ends ends = crawl_x(crawl_options(), send_what_is_no_link);
    cr_expect_eq(ends.well, 2);
    cr_expect_eq(notes_taken(), 2, "%u requests", notes_taken());
    ends = crawl_x(crawl_options(), send_sitemap_of_a_page);
    cr_expect_eq(ends.well, 2);
    cr_expect_eq(notes_taken(), 2, "%u requests", notes_taken());
    ends = crawl_x(crawl_options(), send_links_of_an_error);
    cr_expect_eq(ends.well, 1);
    cr_expect_eq(notes_taken(), 2, "%u requests", notes_taken());
}

/* ---- Many at once ---- */

enum { WORKERS = 6 };

static void wait_for_all(void)
{
    atomic_fetch_add(&notes->deaths, 1);
    for (int ms = 0; notes->deaths < WORKERS && ms < 20000; ms++)
        poll(NULL, 0, 1);
}

static void send_much_with_all_others(const struct asked *a, unsigned times)
{
    if (!times) {
        send_many(a, FETCH_LINKS_BYTES_MAX - (1 << 20), FETCH_LINK_PAGE);
        wait_for_all();
    }
    answer_leaf(a);
}

/* Workers died for what all of them had sent together, and so did the pages that they had in hand. */
Test(discovery_links, workers_may_all_send_as_much_as_one)
{
    static const char *const seeds[] = {"http://a.test/",
                                        "http://b.test/",
                                        "http://c.test/",
                                        "http://d.test/",
                                        "http://e.test/",
                                        "http://f.test/",
                                        NULL};
    struct forage_options options = crawl_options();
    options.no_state = true;
    options.workers = WORKERS;
    options.scope = FORAGE_SCOPE_HOST;
    scene = send_much_with_all_others;
    struct forage_summary summary = crawl_with(&options, seeds);
    cr_expect_eq(summary.counts.fetched, WORKERS);
    cr_expect_eq(notes_taken(), WORKERS, "%u requests", notes_taken());
}

static void send_sitemaps(const struct asked *a, unsigned times)
{
    (void)times;
    if (!is_for(a, "/sitemap.xml"))
        return answer_leaf(a);
    send_many(a, FETCH_LINKS_BYTES_MAX - (1 << 20), FETCH_LINK_SITEMAP_PAGE);
    answer(a, &(struct fetch_answer){.status = 200});
}

static void send_sitemap_without_end(const struct asked *a, unsigned times)
{
    (void)times;
    if (!is_for(a, "/sitemap.xml"))
        return answer_leaf(a);
    send_many(a, 2 * FETCH_LINKS_BYTES_MAX, FETCH_LINK_SITEMAP_PAGE);
    answer(a, &(struct fetch_answer){.status = 200});
}

Test(discovery_links, a_sitemap_is_read_as_it_comes_up_to_a_limit)
{
    struct forage_options options = crawl_options();
    options.no_state = true;
    options.sitemaps = true;
    scene = send_sitemaps;
    struct forage_summary summary = crawl_one(&options, "http://h.test/");
    cr_expect_eq(times_asked("http://h.test/sitemap.xml"), 1);
    cr_expect_eq(summary.exit_status, FORAGE_EXIT_OK);
    memset(notes, 0, sizeof *notes);
    scene = send_sitemap_without_end;
    crawl_one(&options, "http://h.test/");
    cr_expect_eq(times_asked("http://h.test/sitemap.xml"), 3, "as often as a worker may die of it");
    cr_expect_eq(times_asked("http://h.test/"), 1);
}
