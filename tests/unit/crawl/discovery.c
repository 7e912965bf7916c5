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
