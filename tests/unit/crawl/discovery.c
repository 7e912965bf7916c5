/* How a crawl comes by its URLs: what is asked for, and what of it gets onto the disk. */
#include "discovery_support.h"

TestSuite(discovery, .init = web_make, .fini = web_remove, .timeout = 120);

static void (*scene)(const struct asked *a);

static void act(const struct asked *a)
{
    note_asked(a);
    scene(a);
}

static void answer_leaf(const struct asked *a)
{
    struct buffer links = {0};
    answer_page_of_its_own(a, &links);
}

/* ---- Accounts ---- */

#define SECRET "s3cr3t"

/* As the harvest does, what is relative keeps the account of the page. */
static void link_back_with_accounts(const struct asked *a)
{
    struct buffer links = {0};
    if (is_for(a, "h.test/")) {
        link_to(&links, "http://user:" SECRET "@h.test/");
        link_to(&links, "http://user:" SECRET "@h.test/page");
        link_to(&links, "http://other.test/");
        link_of_kind(&links, FETCH_LINK_CANONICAL, false, "http://user:" SECRET "@h.test/canonical");
    }
    answer_page_of_its_own(a, &links);
}

static bool has_secret(const char *path)
{
    static char content[1 << 20];
    FILE *in = fopen(path, "r");
    size_t len = in ? fread(content, 1, sizeof content, in) : 0;
    if (in)
        fclose(in);
    return memmem(content, len, SECRET, strlen(SECRET)) != NULL;
}

static void expect_no_secret_in_links(const struct forage_page *page, void *context)
{
    unsigned *links = context;
    *links += (unsigned)page->link_count;
    for (size_t i = 0; i < page->link_count; i++)
        cr_expect_null(strstr(page->links[i], SECRET), "%s", page->links[i]);
}

/* The page itself was asked for twice, because it was known with its password only. */
Test(discovery, links_of_a_page_with_an_account_keep_it_and_no_password_is_kept)
{
    unsigned links = 0;
    struct forage_options options = crawl_options();
    char log[PATH_MAX];
    snprintf(log, sizeof log, "%s", in_folder("log"));
    options.log = log;
    options.page_links = true;
    options.on_page = expect_no_secret_in_links;
    options.context = &links;
    options.max_pages = 1; /* so that the backlog stays */
    scene = link_back_with_accounts;
    crawl_one(&options, "http://user:" SECRET "@h.test/");
    cr_expect_eq(links, 3);
    cr_expect_eq(access(in_folder("out/.forage/backlog"), F_OK), 0);
    static const char *const files[] = {"log", "out/.forage/backlog", "out/.forage/state.db",
                                        "out/.forage/state.db-wal"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        cr_expect_not(has_secret(in_folder(files[i])), "%s", files[i]);
    options.max_pages = 0;
    crawl_one(&options, "http://user:" SECRET "@h.test/");
    cr_expect_eq(times_asked("http://user:" SECRET "@h.test/"), 1);
    cr_expect_eq(times_asked("http://user:" SECRET "@h.test/page"), 1);
    cr_expect_eq(notes_taken(), 2);
}

/* It was asked for without its account, which is another page. */
Test(discovery, a_page_with_an_account_is_asked_for_with_it_when_it_is_due)
{
    struct forage_options options = crawl_options();
    scene = link_back_with_accounts;
    options.fresh = true;
    crawl_one(&options, "http://user:" SECRET "@h.test/");
    scene = answer_leaf;
    crawl_one(&options, "http://user:" SECRET "@h.test/");
    cr_expect_eq(times_asked("http://user:" SECRET "@h.test/page"), 2);
    crawl_one(&options, "http://h.test/public");
    cr_expect_eq(times_asked("http://user:" SECRET "@h.test/page"), 2);
    cr_expect_eq(times_asked("http://h.test/page"), 0);
    cr_expect_eq(notes_taken(), 5);
}

/* ---- What is found ---- */

static void link_to_what_is_not_canonical(const struct asked *a)
{
    static const char *const wrong[] = {"http://H.test:80/a/../b",   "HTTP://h.test/upper", "http://h.test/c%7ed",
                                        "http://x:y@h.test/account", "http://[::1",         "http://h.test/%zz"};
    struct buffer links = {0};
    for (size_t i = 0; is_for(a, "h.test/") && i < sizeof wrong / sizeof *wrong; i++)
        if (strncmp(wrong[i], "http://", 7) == 0)
            link_to(&links, wrong[i]);
    answer_page_of_its_own(a, &links);
}

/* Whatever a worker says, what is asked for is what the parent has read. */
Test(discovery, links_that_are_not_canonical_are_made_so)
{
    struct forage_options options = crawl_options();
    options.no_state = true;
    scene = link_to_what_is_not_canonical;
    crawl_one(&options, "http://h.test/");
    cr_expect_eq(times_asked("http://h.test/b"), 1);
    cr_expect_eq(times_asked("http://h.test/account"), 1);
    cr_expect_eq(times_asked("http://h.test/c%7ed"), 1);
    cr_expect_eq(notes_taken(), 5, "%u requests", notes_taken());
}

/* Of "/" the first page; all others are leaves. */
static const char *const *root_links;

static void answer_root(const struct asked *a)
{
    struct buffer links = {0};
    for (const char *const *link = root_links; is_for(a, ".test/") && *link; link++)
        link_to(&links, *link);
    answer_page_of_its_own(a, &links);
}

static void redirect_for_ever(const struct asked *a)
{
    char to[64];
    const char *at = memmem(a->request.url.data, a->request.url.len, "/r", 2);
    if (!at)
        return answer_root(a);
    snprintf(to, sizeof to, "http://h.test/r%d", atoi(at + 2) + 1);
    answer_redirect(a, to);
}

/* Each was a page of its own, and none was one redirect too many. */
Test(discovery, redirects_of_what_was_found_come_to_an_end)
{
    static const char *const links[] = {"http://h.test/r0", NULL};
    struct forage_options options = crawl_options();
    root_links = links;
    options.max_redirects = 3;
    scene = redirect_for_ever;
    struct forage_summary summary = crawl_one(&options, "http://h.test/");
    cr_expect_eq(times_asked("http://h.test/r3"), 1);
    cr_expect_eq(times_asked("http://h.test/r4"), 0);
    cr_expect_eq(summary.counts.failed, 1);
}

static void answer_the_same_everywhere(const struct asked *a)
{
    struct buffer links = {0};
    const char *at = memmem(a->request.url.data, a->request.url.len, "/s/", 3);
    for (int i = 0; i < 2; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://h.test/s/%d", 2 * (at ? atoi(at + 3) : 0) + i + 1);
        link_to(&links, url);
    }
    answer_page(a, &links, 0, "not found");
}

/* Without files nobody looked at what the pages are. */
Test(discovery, pages_that_are_all_the_same_are_a_trap_in_memory_too)
{
    struct forage_options options = crawl_options();
    options.in_memory = true;
    options.max_pages = 3000;
    scene = answer_the_same_everywhere;
    struct forage_summary summary = crawl_one(&options, "http://h.test/");
    cr_expect_not(summary.out_of_pages);
    cr_expect_gt(notes_taken(), 10);
}

/* ---- Limits ---- */

static void answer_with_address(const struct asked *a)
{
    if (a->request.flags & FETCH_RESOLVE_ONLY)
        return answer(a, &(struct fetch_answer){.address = {"192.0.2.1", 9}});
    answer_root(a);
}

static void note_pages_only(const struct asked *a)
{
    if (a->request.flags & FETCH_RESOLVE_ONLY)
        atomic_fetch_sub(&notes->count, 1);
    answer_with_address(a);
}

/* Each host's first page was counted twice. */
Test(discovery, a_look_up_is_no_page)
{
    static const char *const seeds[] = {"http://a.test/", "http://b.test/", "http://c.test/", "http://d.test/", NULL};
    static const char *const links[] = {NULL};
    struct forage_options options = crawl_options();
    root_links = links;
    options.no_state = true;
    options.per_ip = 1;
    options.max_pages = 4;
    scene = note_pages_only;
    struct forage_summary summary = crawl_with(&options, seeds);
    cr_expect_eq(summary.counts.fetched, 4, "%u", (unsigned)summary.counts.fetched);
    cr_expect_not(summary.out_of_pages);
}

/* The lists are read before links are followed, and these lines cannot wait on disk: so nothing was ever asked for. */
Test(discovery, a_long_list_whose_lines_have_options_is_crawled)
{
    enum { LINES = 17000 };
    struct forage *forage;
    struct forage_summary summary;
    struct forage_options options = crawl_options();
    options.in_memory = true;
    scene = answer_leaf;
    FILE *out = fopen(in_folder("list"), "w");
    cr_assert(out);
    for (int i = 0; i < LINES; i++)
        fprintf(out, "http://h.test/%d\n  tries=1\n", i);
    fclose(out);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    cr_assert_eq(forage_add_list(forage, in_folder("list")), FORAGE_OK);
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    cr_expect_eq(summary.counts.fetched, LINES, "%u", (unsigned)summary.counts.fetched);
}

/* ---- Sitemaps ---- */

static void answer_sitemap(const struct asked *a, struct buffer *records)
{
    answer(a, &(struct fetch_answer){.status = 200, .links = {buffer_text(records), records->len}});
    buffer_release(records);
}

static void name_a_sitemap_elsewhere(const struct asked *a)
{
    static const char here[] = "Sitemap: http://other.test/map\nSitemap: http://other.test/hidden\n";
    static const char there[] = "User-agent: *\nDisallow: /hidden\n";
    struct buffer records = {0};
    const char *rules = is_for(a, "h.test/robots.txt") ? here : there;
    if (is_for(a, "/robots.txt"))
        return answer(a, &(struct fetch_answer){
                             .status = 200, .kept = true, .body = {rules, strlen(rules)}, .body_bytes = strlen(rules)});
    if (!is_for(a, "/map"))
        return is_for(a, ".xml") ? answer_status(a, 404) : answer_leaf(a);
    link_of_kind(&records, FETCH_LINK_SITEMAP_PAGE, false, "http://h.test/found");
    link_of_kind(&records, FETCH_LINK_SITEMAP_PAGE, false, "http://other.test/page");
    answer_sitemap(a, &records);
}

/* Any site could have any other one asked for what that does not allow. */
Test(discovery, a_sitemap_on_another_host_is_read_by_the_rules_of_that)
{
    struct forage_options options = crawl_options();
    options.no_state = true;
    options.ignore_robots = false;
    options.sitemaps = true;
    scene = name_a_sitemap_elsewhere;
    struct forage_summary summary = crawl_one(&options, "http://h.test/");
    cr_expect_eq(times_asked("http://other.test/robots.txt"), 1);
    cr_expect_eq(times_asked("http://other.test/map"), 1);
    cr_expect_eq(times_asked("http://other.test/hidden"), 0);
    cr_expect_eq(times_asked("http://h.test/found"), 1);
    cr_expect_eq(times_asked("http://other.test/page"), 0);
    cr_expect_eq(summary.counts.in_flight, 0);
}

static void name_sitemaps_for_ever(const struct asked *a)
{
    struct buffer records = {0};
    char url[64];
    const char *at = memmem(a->request.url.data, a->request.url.len, "/index", 6);
    if (!at && !is_for(a, "/sitemap.xml"))
        return answer_leaf(a);
    snprintf(url, sizeof url, "http://h.test/index%d", at ? atoi(at + 6) + 1 : 0);
    link_of_kind(&records, FETCH_LINK_SITEMAP, false, url);
    answer_sitemap(a, &records);
}

Test(discovery, sitemaps_that_lead_to_sitemaps_come_to_an_end)
{
    struct forage_options options = crawl_options();
    options.sitemaps = true;
    scene = name_sitemaps_for_ever;
    crawl_one(&options, "http://h.test/");
    cr_expect_eq(times_asked("http://h.test/index1"), 1);
    cr_expect_eq(times_asked("http://h.test/index2"), 0);
}
