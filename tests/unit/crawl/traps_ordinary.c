/* Ordinary sites: a crawl with the defaults loses no page of any of them. */
#include "site_model.h"

/* What was expected is a list of URLs, made by the test; nothing may be refused. */
static void expect_whole(const struct model *m, const char *name, unsigned pages)
{
    cr_log_info("%-40s %6u pages, %zu KiB", name, m->pages, traps_bytes(m->traps) / 1024);
    cr_expect_eq(m->pages, pages, "%s: %u pages instead of %u; %s", name, m->pages, pages, m->last_detail);
    cr_expect_eq(model_refused(m), 0, "%s: %s", name, m->last_detail);
}

static void expect_all(model_page_fn *page, const char *name, unsigned pages)
{
    struct model m = {.page = page};
    model_crawl(&m);
    expect_whole(&m, name, pages);
    model_release(&m);
}

#define CRAWL(site, pages) expect_all(site, #site, pages)

/* ---- A blog: an index with nothing but "older" and "newer", and posts in folders by date ---- */

enum { POSTS = 10000, POSTS_EACH = 10 };

/* Titles are words, and no two are the same, as is usual. */
static void link_post(struct model *m, int post)
{
    char title[64] = "";
    static const char *const words[] = {"ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay"};
    for (int n = post + 10000; n > 0; n /= 10)
        sprintf(title + strlen(title), "%s%s", *title ? "-" : "", words[n % 10]);
    model_link(m, "/%d/%02d/%02d/%s/", 2000 + post / 365, post / 31 % 12 + 1, post % 31 + 1, title);
}

static void blog(struct model *m, const char *path)
{
    int page = 0;
    model_content(m, path);
    model_link(m, "/");
    if (strcmp(path, "/") != 0 && sscanf(path, "/page/%d", &page) != 1)
        return;
    for (int i = 0; i < POSTS_EACH; i++)
        link_post(m, page * POSTS_EACH + i);
    if (page > 0)
        model_link(m, "/page/%d", page - 1);
    if (page + 1 < POSTS / POSTS_EACH)
        model_link(m, "/page/%d", page + 1);
}

/* ---- A shop ---- */

enum { CATEGORIES = 100, PRODUCTS = 500, SHOWN = 50 };

static void shop(struct model *m, const char *path)
{
    int category = 0, page = 0, product = 0;
    model_content(m, path);
    model_link(m, "/");
    for (int i = 0; i < CATEGORIES; i++)
        model_link(m, "/category?c=%d", i);
    if (sscanf(path, "/product?id=%d", &product) == 1) {
        model_link(m, "/product?id=%d", (product * 7 + 1) % (CATEGORIES * PRODUCTS));
    } else if (sscanf(path, "/category?c=%d&page=%d", &category, &page) >= 1) {
        for (int i = 0; i < SHOWN; i++)
            model_link(m, "/product?id=%d", category * PRODUCTS + page * SHOWN + i);
        for (int i = 1; i < PRODUCTS / SHOWN; i++)
            model_link(m, "/category?c=%d&page=%d", category, i);
    }
}

/* Nothing on a product's page is linked from elsewhere but the category; every second one is sold out. */
static void shop_sold_out(struct model *m, const char *path)
{
    int product = 0;
    bool is_product = sscanf(path, "/product?id=%d", &product) == 1;
    model_content(m, is_product && product % 2 ? "This product is sold out." : path);
    if (!is_product)
        for (int i = 0; i < 2000; i++)
            model_link(m, "/product?id=%d", i);
}

/* Products have names that look random, and there is no way back but to related ones. */
enum { ITEMS = 20000 };

static void link_item(struct model *m, int item)
{
    uint64_t a = hash_bytes(&item, sizeof item, 3), b = hash_bytes(&item, sizeof item, 4);
    model_link(m, "/item/%08x-%04x-%04x-%04x-%012lx", (unsigned)a, (unsigned)(a >> 32) & 0xffff,
               (unsigned)(a >> 48) & 0xffff, (unsigned)b & 0xffff, (unsigned long)(b >> 16));
}

static void shop_of_random_names(struct model *m, const char *path)
{
    uint64_t item = hash_bytes(path, strlen(path), 5);
    model_content(m, path);
    if (strcmp(path, "/") == 0) {
        for (int i = 0; i < ITEMS / 100; i++)
            link_item(m, i);
    } else {
        for (int i = 0; i < 8; i++)
            link_item(m, (int)((item >> (i * 7)) % ITEMS));
        link_item(m, (int)(item % 100)); /* a best seller */
    }
}

/* The same, with nothing at all that is linked from everywhere. */
enum { RANDOM_NAMES = 50000 };

static void random_names(struct model *m, const char *path)
{
    unsigned number = (unsigned)hash_bytes(path, strlen(path), 6);
    model_content(m, path);
    for (unsigned i = 0; i < 10; i++) {
        unsigned to = hash_bytes(&number, sizeof number, i) % RANDOM_NAMES;
        model_link(m, "/x/%016lx", (unsigned long)hash_bytes(&to, sizeof to, 1));
    }
}

/* ---- Documentation: a tree of ten levels without a way back, of which the deepest are pages ---- */

enum { LEVELS = 10, CHILDREN = 3 };

static void documentation(struct model *m, const char *path)
{
    int level = 0;
    for (const char *c = path; *c; c++)
        level += *c == '/';
    model_content(m, path);
    for (int i = 1; i <= CHILDREN; i++)
        if (level < LEVELS)
            model_link(m, "level%d-part%d/", level, i);
        else if (level == LEVELS && path[strlen(path) - 1] == '/')
            model_link(m, "page%d.html", i);
}

/* ---- A wiki ---- */

enum { TITLES = 20000 };

static void wiki(struct model *m, const char *path)
{
    int title = 0;
    bool is_page = sscanf(path, "/index.php?title=Page_about_%d", &title) == 1;
    model_content(m, path);
    for (int i = 0; i < 10; i++)
        model_link(m, "/index.php?title=Page_about_%d", (title * 10 + i) % TITLES);
    if (is_page && !strchr(path, '&'))
        for (int i = 0; i < 3; i++)
            model_link(m, "/index.php?title=Page_about_%d&action=%s", title,
                       i == 0   ? "edit"
                       : i == 1 ? "history"
                                : "raw");
}

/* A page is named by all of its query. */
static void old_wiki(struct model *m, const char *path)
{
    int title = 0;
    sscanf(path, "/wiki.pl?PageNo%d", &title);
    model_content(m, path);
    for (int i = 0; i < 10; i++) {
        int to = (title * 10 + i) % 5000;
        model_link(m, "/wiki.pl?PageNo%d%s", to, to % 2 ? "AndMore" : "");
    }
}

/* ---- A forum: each thread has 200 pages, of which only the next is linked ---- */

enum { FORUMS = 4, THREADS = 25, THREAD_PAGES = 200 };

static void forum(struct model *m, const char *path)
{
    int number = 0, thread = 0, start = 0;
    model_content(m, path);
    model_link(m, "/");
    if (sscanf(path, "/viewtopic.php?f=%d&t=%d&start=%d", &number, &thread, &start) >= 2) {
        if (start + 10 < THREAD_PAGES * 10)
            model_link(m, "/viewtopic.php?f=%d&t=%d&start=%d", number, thread, start + 10);
    } else if (sscanf(path, "/viewforum.php?f=%d", &number) == 1) {
        for (int i = 0; i < THREADS; i++)
            model_link(m, "/viewtopic.php?f=%d&t=%d", number, number * THREADS + i);
    } else {
        for (int i = 0; i < FORUMS; i++)
            model_link(m, "/viewforum.php?f=%d", i);
    }
}

/* ---- Smaller things ---- */

/* Courses whose first pages are all the same, down to the relative link to what is in them. */
static void framesets(struct model *m, const char *path)
{
    if (strcmp(path, "/") == 0) {
        for (int i = 0; i < 400; i++)
            model_link(m, "/course-%c%c/", 'a' + i / 20, 'a' + i % 20);
    } else if (path[strlen(path) - 1] == '/') {
        model_link(m, "content.html");
        return;
    }
    model_content(m, path);
}

/* Folders by date with a post each, and names that are there twice or three times. */
static void dates(struct model *m, const char *path)
{
    model_content(m, path);
    for (int year = 2001; strcmp(path, "/") == 0 && year <= 2026; year++) {
        model_link(m, "/%d/%d/", year, year);
        model_link(m, "/a/a/%d", year);
        model_link(m, "/a/b/a/b/a/b/%d", year);
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= 28; day++)
                model_link(m, "/%d/%02d/%02d/", year, month, day);
    }
}

/* Commits of a repository, as gitweb and others name them, each linked from its child, from a list, and from a
 * summary. */
enum { COMMITS = 3000 };

static void commits(struct model *m, const char *path)
{
    int from = 0;
    model_content(m, path);
    model_link(m, "/?p=x.git;a=summary");
    if (sscanf(path, "/?p=x.git;a=log;pg=%d", &from) == 1 || strcmp(path, "/") == 0) {
        for (int i = from * 100; i < (from + 1) * 100 && i < COMMITS; i++)
            for (int k = 0; k < 3; k++)
                model_link(m, "/?p=x.git;a=%s;h=%016lx%016lx",
                           k == 0   ? "commit"
                           : k == 1 ? "commitdiff"
                                    : "tree",
                           (unsigned long)hash_bytes(&i, sizeof i, 1), (unsigned long)hash_bytes(&i, sizeof i, 2));
        if ((from + 1) * 100 < COMMITS)
            model_link(m, "/?p=x.git;a=log;pg=%d", from + 1);
    } else if (strstr(path, "a=commit;h=")) {
        char other[200];
        snprintf(other, sizeof other, "/?p=x.git;a=blob;f=README;hb=%s", strstr(path, ";h=") + 3);
        model_link(m, "%s", other);
    }
}

/* A site on one host that is nothing but generated: fifty links a page, to anywhere. */
enum { GENERATED = 20000 };

static void generated(struct model *m, const char *path)
{
    int number = 0;
    sscanf(path, "/p/%d", &number);
    model_content(m, path);
    for (int i = 1; i <= 50; i++)
        model_link(m, "/p/%d", (number * 50 + i) % GENERATED);
}

/* ---- All of them ---- */

enum { DOCUMENTATION_FOLDERS = 29524, DEEPEST = 19683 }; /* (3^10 - 1) / 2, and 3^9 */

Test(traps, a_blog_is_crawled_to_its_first_post, .timeout = 120)
{
    CRAWL(blog, 1 + POSTS / POSTS_EACH + POSTS);
}

Test(traps, a_shop_of_fifty_thousand_products_is_whole, .timeout = 240)
{
    CRAWL(shop, 1 + CATEGORIES * (PRODUCTS / SHOWN) + CATEGORIES * PRODUCTS);
}

Test(traps, products_that_are_sold_out_do_not_hide_the_others, .timeout = 60)
{
    CRAWL(shop_sold_out, 1 + 2000);
}

Test(traps, names_that_look_random_are_no_sessions, .timeout = 60)
{
    struct model m = {.page = shop_of_random_names};
    model_crawl(&m);
    cr_assert_gt(m.pages, ITEMS * 9 / 10, "most items are linked from some other");
    expect_whole(&m, "shop_of_random_names", m.found);
    model_release(&m);
    m = (struct model){.page = random_names};
    model_crawl(&m);
    cr_assert_gt(m.pages, RANDOM_NAMES * 99 / 100);
    expect_whole(&m, "random_names", m.found);
    model_release(&m);
    CRAWL(commits, 1 + 3 * COMMITS + COMMITS + COMMITS / 100);
}

Test(traps, documentation_of_ten_levels_is_whole, .timeout = 120)
{
    CRAWL(documentation, DOCUMENTATION_FOLDERS + 3 * DEEPEST);
}

Test(traps, wikis_are_whole, .timeout = 120)
{
    CRAWL(wiki, 1 + 4 * TITLES);
    CRAWL(old_wiki, 1 + 5000);
}

Test(traps, a_forum_is_read_to_the_last_page_of_each_thread, .timeout = 60)
{
    CRAWL(forum, 1 + FORUMS + FORUMS * THREADS * THREAD_PAGES);
}

Test(traps, copies_with_something_of_their_own_behind_them_are_followed)
{
    CRAWL(framesets, 1 + 2 * 400);
}

Test(traps, folders_of_dates_and_names_that_repeat_thrice_pass)
{
    CRAWL(dates, 1 + 26 * (3 + 12 * 28));
}

Test(traps, a_site_of_numbered_pages_is_no_trap_for_its_links_are_short, .timeout = 120)
{
    CRAWL(generated, 1 + GENERATED);
}
