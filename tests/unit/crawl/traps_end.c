/* Sites that never end: a crawl with the defaults leaves each of them in bounded time, with what is real on it. */
#include "site_model.h"

#include <forage/forage.h>

/* ---- Calendars ---- */

static void calendar_by_query(struct model *m, const char *path)
{
    int month = 0;
    sscanf(path, "/cal?month=%d", &month);
    model_content(m, path);
    model_link(m, "/cal?month=%d", month + 1);
    model_link(m, "/cal?month=%d", month - 1);
}

static void link_month(struct model *m, const char *prefix, int month)
{
    model_link(m, "%s/%04d/%02d", prefix, month / 12, month % 12 + 1);
}

static int month_of(const char *path, const char *prefix)
{
    int year = 2026, month = 11;
    if (strncmp(path, prefix, strlen(prefix)) == 0)
        sscanf(path + strlen(prefix), "/%d/%d", &year, &month);
    return year * 12 + month - 1;
}

static void calendar_by_folder(struct model *m, const char *path)
{
    int month = month_of(path, "/calendar");
    model_content(m, path);
    model_link(m, "/");
    link_month(m, "/calendar", month + 1);
    link_month(m, "/calendar", month - 1);
}

static void calendar_with_days(struct model *m, const char *path)
{
    int month = month_of(path, "/calendar");
    calendar_by_folder(m, path);
    for (int day = 1; day <= 30; day++)
        model_link(m, "/calendar/%04d/%02d/%02d", month / 12, month % 12 + 1, day);
}

static void calendar_with_years(struct model *m, const char *path)
{
    int month = month_of(path, "/calendar");
    calendar_by_folder(m, path);
    link_month(m, "/calendar", month + 12);
    link_month(m, "/calendar", month - 12);
}

static void calendar_of_names(struct model *m, const char *path)
{
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    char name[16] = "may";
    int year = 2026, month = 0;
    sscanf(path, "/events/%d/%15s", &year, name);
    while (month < 11 && strcmp(names[month], name) != 0)
        month++;
    month += year * 12;
    model_content(m, path);
    model_link(m, "/events/%d/%s", (month + 1) / 12, names[(month + 1) % 12]);
    model_link(m, "/events/%d/%s", (month - 1) / 12, names[(month - 1) % 12]);
}

/* Each "next" is a script that redirects to the month. */
static void calendar_of_two_patterns(struct model *m, const char *path)
{
    int number = 0;
    bool script = sscanf(path, "/next?from=%d", &number) == 1;
    if (!script)
        sscanf(path, "/month/%d", &number);
    model_content(m, path);
    if (script)
        model_link(m, "/month/%d", number + 1);
    else
        model_link(m, "/next?from=%d", number);
}

/* ---- Folders ---- */

static void folders_of_two_names(struct model *m, const char *path)
{
    model_content(m, path);
    model_link(m, "a/");
    model_link(m, "b/");
}

static void folders_that_all_look_the_same(struct model *m, const char *path)
{
    (void)path;
    for (int i = 0; i < 10; i++)
        model_link(m, "%c%d/", 'a' + i, i);
}

static void folder_without_end(struct model *m, const char *path)
{
    model_content(m, path);
    model_link(m, "n%zu/", strlen(path));
}

static void empty_segments(struct model *m, const char *path)
{
    model_content(m, path);
    model_link(m, "http://h%s/", path);
}

/* ---- Session ids: a site of 40 pages ---- */

enum { REAL_PAGES = 40 };

static int page_of(const char *path)
{
    int page = 0;
    const char *at = strstr(path, "page");
    if (at)
        sscanf(at, "page%d", &page);
    return page;
}

#define LINK_PAGES(m, path, ...)                                                                                       \
    for (int i = 0, here = page_of(path); i < 5; i++) {                                                                \
        int to = (here * 5 + i) % REAL_PAGES;                                                                          \
        model_link(m, __VA_ARGS__);                                                                                    \
    }

static void session_with_the_same_content(struct model *m, const char *path)
{
    char page[8];
    snprintf(page, sizeof page, "%d", page_of(path));
    model_content(m, page);
    LINK_PAGES(m, path, "/page%d?sid=%016lx", to, (unsigned long)model_random(m));
}

static void session_in_the_content(struct model *m, const char *path)
{
    model_content(m, path);
    LINK_PAGES(m, path, "/page%d?x=1&sid=%lu", to, (unsigned long)model_random(m) % 100000000);
}

/* One for each page that is sent, in all its links, and each link is there twice, beside one without. */
static void session_of_each_answer(struct model *m, const char *path)
{
    unsigned long session = (unsigned long)model_random(m);
    model_content(m, path);
    model_link(m, "/");
    LINK_PAGES(m, path, "/page%d.jsp;jsessionid=%016lX", to, session);
    LINK_PAGES(m, path, "/page%d.jsp;jsessionid=%016lX", to, session);
}

static void token_in_the_path(struct model *m, const char *path)
{
    model_content(m, path);
    LINK_PAGES(m, path, "/%016lx%016lx/page%d", (unsigned long)model_random(m), (unsigned long)model_random(m), to);
}

static void token_of_no_known_name(struct model *m, const char *path)
{
    model_content(m, path);
    LINK_PAGES(m, path, "/page%d?key=%016lx%016lx", to, (unsigned long)model_random(m), (unsigned long)model_random(m));
}

/* ---- Facets: eight filters of five values ---- */

enum { FILTERS = 8, VALUES = 5 };

/* Which value each filter has in PATH, 0 for none. */
static void read_filters(const char *path, int chosen[FILTERS])
{
    memset(chosen, 0, FILTERS * sizeof *chosen);
    for (const char *at = strchr(path, '?'); at && at[1]; at = strchr(at + 1, '&'))
        if (at[1] >= 'a' && at[1] < 'a' + FILTERS)
            chosen[at[1] - 'a'] = atoi(at + 3);
}

static void link_sorted(struct model *m, const int chosen[FILTERS])
{
    char query[100] = "";
    for (int i = 0; i < FILTERS; i++)
        if (chosen[i])
            sprintf(query + strlen(query), "%c%c=%d", *query ? '&' : '?', 'a' + i, chosen[i]);
    model_link(m, "/search%s", query);
}

static void facets_in_order(struct model *m, const char *path)
{
    int chosen[FILTERS];
    model_content(m, path);
    model_link(m, "/search");
    read_filters(path, chosen);
    for (int i = 0; i < FILTERS; i++) {
        int before = chosen[i];
        for (chosen[i] = 0; chosen[i] <= VALUES; chosen[i]++)
            link_sorted(m, chosen);
        chosen[i] = before;
    }
}

/* What is chosen last comes last. */
static void facets_in_any_order(struct model *m, const char *path)
{
    int chosen[FILTERS];
    const char *query = strchr(path, '?');
    model_content(m, path);
    model_link(m, "/search");
    read_filters(path, chosen);
    for (int i = 0; i < FILTERS; i++)
        for (int value = 1; !chosen[i] && value <= VALUES; value++)
            model_link(m, "/search%s%c%c=%d", query ? query : "", query ? '&' : '?', 'a' + i, value);
}

static void names_without_end(struct model *m, const char *path)
{
    model_content(m, path);
    for (int i = 0; i < 3; i++) {
        char name[20] = "";
        uint64_t random = model_random(m);
        for (int k = 0; k < 12; k++, random /= 26)
            name[k] = (char)('a' + random % 26);
        model_link(m, "/p?%s=1", name);
    }
}

/* ---- Soft 404s ---- */

static void soft_404(struct model *m, const char *path)
{
    static const char *const words[] = {"about", "news", "contact", "help", "jobs", "team", "press", "shop"};
    if (strcmp(path, "/") == 0)
        model_content(m, "home");
    else
        model_content(m, "not found");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        model_link(m, "%s/", words[i]);
    model_link(m, "%d.html", 7);
}

static void soft_404_of_a_hundred_links(struct model *m, const char *path)
{
    (void)path;
    for (int i = 0; i < 100; i++)
        model_link(m, "%c%c/%c.html", 'a' + i / 10, 'a' + i % 10, 'k' + i % 10);
}

/* ---- Queries ---- */

static void nested_return(struct model *m, const char *path)
{
    char encoded[3000] = "";
    size_t len = 0;
    for (const char *c = path; *c && len + 4 < sizeof encoded; c++)
        len += (size_t)sprintf(encoded + len, strchr("/?=%", *c) ? "%%%02X" : "%c", (unsigned char)*c);
    model_content(m, path);
    model_link(m, "/login?return=%s", encoded);
}

static void query_that_grows(struct model *m, const char *path)
{
    model_content(m, path);
    model_link(m, "%s%cp=%d", path, strchr(path, '?') ? '&' : '?', (int)strlen(path));
    model_link(m, "%s%cq", path, strchr(path, '?') ? '&' : '?');
}

/* ---- All of them ---- */

static const struct {
    const char *name;
    model_page_fn *page;
    unsigned at_most; /* pages */
    const char *reason;
    bool real_pages; /* page0 to page39 must be among them */
} traps[] = {
    {"a calendar of months by number", calendar_by_query, 510, "chain", false},
    {"a calendar of folders", calendar_by_folder, 510, "chain", false},
    {"a calendar with days", calendar_with_days, 16000, "chain", false},
    {"a calendar with years", calendar_with_years, 6500, "chain", false},
    {"a calendar of names", calendar_of_names, 2040, "chain", false},
    {"a calendar of two patterns in turn", calendar_of_two_patterns, 1010, "chain", false},
    {"folders of two names", folders_of_two_names, 70, "repeated-segments", false},
    {"folders that all look the same", folders_that_all_look_the_same, 200, "same-content", false},
    {"a folder without end", folder_without_end, 34, "path-depth", false},
    {"empty segments", empty_segments, 8, "repeated-segments", false},
    {"sessions with the same content", session_with_the_same_content, 2000, NULL, true},
    {"sessions in the content", session_in_the_content, 1100, "session-id", true},
    {"sessions of each answer", session_of_each_answer, 1100, "session-id", true},
    {"tokens in the path", token_in_the_path, 5100, "session-id", true},
    {"tokens of no known name", token_of_no_known_name, 5100, "session-id", true},
    {"facets in order", facets_in_order, 3500, "facets", false},
    {"facets in any order", facets_in_any_order, 4500, "facets", false},
    {"names without end", names_without_end, 510, "facets", false},
    {"soft 404s", soft_404, 200, "same-content", false},
    {"soft 404s of a hundred links", soft_404_of_a_hundred_links, 200, "same-content", false},
    {"a query within itself", nested_return, 15, "query-growth", false},
    {"a query that grows", query_that_grows, 1500, "query-growth", false},
};

static bool was_refused_for(const struct model *m, const char *word)
{
    for (int i = 0; i < TRAPS_REASONS; i++)
        if (strcmp(traps_word((enum traps_reason)i), word) == 0)
            return traps_refused(m->traps, (enum traps_reason)i) > 0;
    return false;
}

/* Whether a URL with "pageN" in it was fetched is told by a model's own count. */
static bool seen_pages[REAL_PAGES];
static model_page_fn *inner;

static void noting(struct model *m, const char *path)
{
    seen_pages[page_of(path) % REAL_PAGES] = true;
    inner(m, path);
}

Test(traps, a_site_without_end_is_left_in_bounded_time, .timeout = 120)
{
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        struct model m = {.page = noting, .limit = 30000};
        memset(seen_pages, 0, sizeof seen_pages);
        inner = traps[i].page;
        model_crawl(&m);
        cr_log_info("%-40s %6u pages; last: %s", traps[i].name, m.pages, m.last_detail);
        cr_expect_leq(m.pages, traps[i].at_most, "%s: %u pages", traps[i].name, m.pages);
        cr_expect(!traps[i].reason || was_refused_for(&m, traps[i].reason), "%s: last %s", traps[i].name,
                  m.last_detail);
        for (int page = 0; traps[i].real_pages && page < REAL_PAGES; page++)
            cr_expect(seen_pages[page], "%s: page %d is missing", traps[i].name, page);
        model_release(&m);
    }
}

Test(traps, facets_are_seen_one_by_one_and_each_with_each_other)
{
    struct model m = {.page = facets_in_order};
    model_crawl(&m);
    for (int a = 0; a < FILTERS; a++) {
        for (int value = 1; value <= VALUES; value++) {
            cr_expect(model_has(&m, "/search?%c=%d", 'a' + a, value));
            for (int b = a + 1; b < FILTERS; b++)
                for (int other = 1; other <= VALUES; other++)
                    cr_expect(model_has(&m, "/search?%c=%d&%c=%d", 'a' + a, value, 'a' + b, other));
        }
    }
    model_release(&m);
}

/* With a limit switched off its trap is a trap again: so it is this limit that ended it. */
Test(traps, a_limit_that_is_switched_off_ends_nothing)
{
    const struct {
        model_page_fn *page;
        struct traps_options options;
    } rows[] = {
        {calendar_by_query, {.max_chain = FORAGE_NO_LIMIT}},
        {soft_404_of_a_hundred_links, {.max_same = FORAGE_NO_LIMIT}},
        {session_in_the_content, {.max_same = FORAGE_NO_LIMIT}},
        {facets_in_order, {.max_query = FORAGE_NO_LIMIT}},
        {folders_of_two_names, {.max_repeats = FORAGE_NO_LIMIT, .max_same = FORAGE_NO_LIMIT}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model m = {.page = rows[i].page, .options = rows[i].options, .limit = 6000};
        unsigned pages = 0;
        seen_init(&m.seen);
        seen_init(&m.fetched);
        cr_assert((m.traps = traps_new(&m.options)));
        model_queue(&m, "http://h/", 0);
        for (struct model_entry *entry; (entry = m.first) && pages < m.limit; pages++) {
            if (!(m.first = entry->next))
                m.last = NULL;
            model_fetch(&m, entry);
            free(entry);
        }
        cr_expect_eq(pages, m.limit, "row %zu ended after %u pages: %s", i, pages, m.last_detail);
        model_release(&m);
    }
}
