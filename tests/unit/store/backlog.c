/* The backlog as a queue: the order in which entries come back, who may have a turn, and what is kept between two
 * runs. */
#include "backlog_support.h"

TestSuite(backlog, .init = scratch_make, .fini = scratch_remove, .timeout = 120);

static bool wait_again(const struct backlog_entry *e, void *context)
{
    (void)e, (void)context;
    return true;
}

/* ---- Order ---- */

Test(backlog, what_was_added_first_comes_first)
{
    struct backlog *b = open_backlog(false, NULL);
    cr_assert_str_eq(next_url(b), "");
    add_url(b, "http://a/1", 0);
    add_url(b, "http://a/2", 0);
    add_url(b, "http://a/3", 0);
    cr_assert_eq(backlog_waiting(b), 3);
    cr_assert_str_eq(next_url(b), "http://a/1");
    cr_assert_str_eq(next_url(b), "http://a/2");
    add_url(b, "http://a/4", 0);
    cr_assert_str_eq(next_url(b), "http://a/3");
    cr_assert_str_eq(next_url(b), "http://a/4");
    cr_assert_str_eq(next_url(b), "");
    cr_assert_eq(backlog_waiting(b), 0);
    cr_assert_eq(backlog_out(b), 4);
    close_backlog(b, true);
}

Test(backlog, a_lower_priority_number_goes_first_whenever_it_was_added)
{
    struct backlog *b = open_backlog(false, NULL);
    static const unsigned order[] = {5, 2, 7, 2, 0, 5, 7, 0};
    static const char *const wanted[] = {"/4", "/7", "/1", "/3", "/0", "/5", "/2", "/6"};
    char url[32];
    for (unsigned i = 0; i < 8; i++) {
        snprintf(url, sizeof url, "http://a/%u", i);
        add_url(b, url, order[i]);
    }
    for (unsigned i = 0; i < 8; i++)
        cr_expect_str_eq(next_url(b) + strlen("http://a"), wanted[i]);
    close_backlog(b, true);
}

Test(backlog, origins_take_turns)
{
    struct backlog *b = open_backlog(false, NULL);
    static const char *const added[] = {"http://a/1", "http://a/2", "https://a/1",   "http://a:81/1",
                                        "http://b/1", "http://b/2", "http://u:p@a/3"};
    static const char *const wanted[] = {"http://a/1", "https://a/1", "http://a:81/1", "http://b/1",
                                         "http://a/2", "http://b/2",  "http://u:p@a/3"};
    for (size_t i = 0; i < 7; i++)
        add_url(b, added[i], 0);
    cr_assert_eq(backlog_origins(b), 4);
    for (size_t i = 0; i < 7; i++)
        cr_expect_str_eq(next_url(b), wanted[i]);
    close_backlog(b, true);
}

Test(backlog, every_field_comes_back)
{
    struct backlog *b = open_backlog(false, NULL);
    struct backlog_entry e, added = {.url = "https://u@h:8443/p?q",
                                     .url_len = 20,
                                     .parent = "http://from/",
                                     .parent_len = 12,
                                     .depth = UINT32_MAX,
                                     .flags = 0x80000001,
                                     .priority = 7,
                                     .number = INT64_MIN};
    cr_assert_eq(backlog_add(b, &added), BACKLOG_OK);
    added.number = 0;
    added.parent_len = 0;
    cr_assert_eq(backlog_add(b, &added), BACKLOG_OK);
    cr_assert(backlog_next(b, &e));
    cr_assert_str_eq(e.url, "https://u@h:8443/p?q");
    cr_assert_str_eq(e.parent, "http://from/");
    cr_assert(e.url_len == 20 && e.parent_len == 12 && e.depth == UINT32_MAX && e.flags == 0x80000001);
    cr_assert(e.priority == 7 && e.number == INT64_MIN);
    cr_assert(backlog_next(b, &e));
    cr_assert(e.number == 0 && e.parent_len == 0 && *e.parent == '\0');
    close_backlog(b, true);
}

Test(backlog, an_entry_that_came_from_it_can_be_the_parent_of_one_that_is_added)
{
    struct backlog *b = open_backlog(false, NULL);
    struct backlog_entry e, child = entry_of("http://a/child");
    add_url(b, "http://a/parent", 0);
    cr_assert(backlog_next(b, &e));
    child.parent = e.url;
    child.parent_len = e.url_len;
    cr_assert_eq(backlog_add(b, &child), BACKLOG_OK);
    cr_assert(backlog_next(b, &e));
    cr_assert_str_eq(e.url, "http://a/child");
    cr_assert_str_eq(e.parent, "http://a/parent");
    close_backlog(b, true);
}

Test(backlog, a_chain_goes_on_behind_a_record_whose_place_was_read_already)
{
    struct backlog *b = open_backlog(false, &small);
    static char filler[4000];
    add_url(b, "http://first/", 0);
    add_url(b, "http://a/1", 0);
    memset(filler, 'x', sizeof filler - 1);
    memcpy(filler, "http://filler/", 14);
    for (int i = 0; i < 100; i++)
        add_url(b, filler, 0); /* the first two leave the window */
    cr_assert_str_eq(next_url(b), "http://first/");
    add_url(b, "http://a/2", 0);
    cr_assert_str_eq(next_url(b), "http://a/1");
    cr_assert_str_eq(next_url(b), filler);
    cr_assert_str_eq(next_url(b), "http://a/2");
    close_backlog(b, true);
}

Test(backlog, takes_urls_of_any_length_up_to_its_limit)
{
    struct backlog *b = open_backlog(false, &small);
    static char url[BACKLOG_URL_MAX + 2];
    memset(url, 'x', sizeof url);
    memcpy(url, "http://a/", 9);
    struct backlog_entry got, e = {.url = url, .url_len = BACKLOG_URL_MAX + 1, .parent = url};
    cr_assert_eq(backlog_add(b, &e), BACKLOG_INVALID);
    for (unsigned i = 0; i < 20; i++) {
        e.url_len = BACKLOG_URL_MAX - i % 9;
        e.parent_len = BACKLOG_URL_MAX - i % 5;
        e.number = i % 2;
        cr_assert_eq(backlog_add(b, &e), BACKLOG_OK);
    }
    for (unsigned i = 0; i < 20; i++) {
        cr_assert(backlog_next(b, &got));
        cr_assert_eq(got.url_len, BACKLOG_URL_MAX - i % 9);
        cr_assert_eq(strlen(got.url), got.url_len);
        cr_assert_eq(strlen(got.parent), BACKLOG_URL_MAX - i % 5);
        cr_assert_eq(got.number, i % 2);
    }
    close_backlog(b, true);
}

Test(backlog, refuses_what_is_no_canonical_url)
{
    static const char *const rows[] = {
        "",       "http://",     "http:///",    "http://?",      "ftp://a/",          "HTTP://a/",
        "//a/",   "http://a/ b", "http://a/\t", "http://a/\x7f", "http://a/\xc3\xa4", "http://u@/x",
        "http:/a"};
    struct backlog *b = open_backlog(false, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backlog_entry e = entry_of(rows[i]);
        cr_expect_eq(backlog_add(b, &e), BACKLOG_INVALID, "\"%s\"", rows[i]);
    }
    struct backlog_entry priority = entry_of("http://a/"), parent = entry_of("http://a/");
    priority.priority = BACKLOG_PRIORITIES;
    parent.parent = "http://a/\n";
    parent.parent_len = strlen(parent.parent);
    cr_expect_eq(backlog_add(b, &priority), BACKLOG_INVALID);
    cr_expect_eq(backlog_add(b, &parent), BACKLOG_INVALID);
    cr_assert_eq(backlog_origins(b), 0);
    cr_assert_eq(backlog_waiting(b), 0);
    close_backlog(b, true);
}

/* ---- Shares ---- */

static unsigned take_all(struct backlog *b)
{
    unsigned taken = 0;
    while (*next_url(b))
        taken++;
    return taken;
}

static void add_many(struct backlog *b, const char *origin, unsigned count)
{
    char url[64];
    for (unsigned i = 0; i < count; i++) {
        snprintf(url, sizeof url, "%s/%u", origin, i);
        add_url(b, url, 0);
    }
}

static void done(struct backlog *b, const char *url)
{
    backlog_done(b, url, strlen(url));
}

Test(backlog, an_origin_has_no_more_than_its_share_out)
{
    struct backlog *b = open_backlog(false, &(struct backlog_options){.out_max = 100, .share_min = 2, .share_max = 60});
    add_many(b, "http://a", 200);
    cr_assert_eq(backlog_share(b), 60, "alone it has the largest share");
    cr_assert_eq(take_all(b), 60);
    done(b, "http://a/0");
    cr_assert_str_eq(next_url(b), "http://a/60");
    cr_assert_str_eq(next_url(b), "");
    add_many(b, "http://b", 200);
    cr_assert_eq(backlog_share(b), 50);
    cr_assert_eq(take_all(b), 50, "what the other has out above its share stays out");
    for (unsigned i = 0; i < 10; i++)
        done(b, "http://a/");
    cr_assert_str_eq(next_url(b), "", "it has its share out still");
    done(b, "http://a/");
    cr_assert_str_eq(next_url(b), "http://a/61");
    close_backlog(b, true);
}

Test(backlog, a_share_that_rises_lets_more_out_at_once)
{
    struct backlog *b = open_backlog(false, &(struct backlog_options){.out_max = 10, .share_min = 2, .share_max = 8});
    static const char *const origins[] = {"http://a", "http://b", "http://c", "http://d"};
    for (size_t i = 0; i < 4; i++)
        add_many(b, origins[i], i < 2 ? 20 : 2);
    cr_assert_eq(backlog_share(b), 2);
    cr_assert_eq(take_all(b), 8);
    done(b, "http://c/0");
    done(b, "http://c/1");
    cr_assert_eq(backlog_share(b), 3, "c is forgotten");
    cr_assert_eq(take_all(b), 2);
    done(b, "http://d/0");
    done(b, "http://d/1");
    cr_assert_eq(backlog_share(b), 5);
    cr_assert_eq(take_all(b), 4);
    cr_assert_eq(backlog_origins(b), 2);
    close_backlog(b, true);
}

struct told {
    unsigned count;
    uint64_t waiting, out;
    char names[200];
};

static bool tell(const char *origin, uint64_t waiting, uint64_t out, void *context)
{
    struct told *told = context;
    told->count++;
    told->waiting += waiting;
    told->out += out;
    snprintf(told->names + strlen(told->names), sizeof told->names - strlen(told->names), "%s ", origin);
    return true;
}

Test(backlog, tells_of_each_origin_until_nothing_is_left_there)
{
    struct backlog *b = open_backlog(false, NULL);
    struct told told = {0};
    add_url(b, "http://a/1", 0);
    add_url(b, "http://a/2", 4);
    next_url(b);
    backlog_each_origin(b, tell, &told);
    cr_assert(told.count == 1 && told.waiting == 1 && told.out == 1);
    cr_assert_str_eq(told.names, "http://a ");
    next_url(b);
    done(b, "http://a/1");
    cr_assert_eq(backlog_origins(b), 1);
    done(b, "http://a/2");
    cr_assert_eq(backlog_origins(b), 0);
    backlog_each_origin(b, tell, &told);
    cr_assert_eq(told.count, 1);
    close_backlog(b, true);
}

/* ---- Dropping ---- */

struct dropped {
    unsigned count, stop_after;
    char last[64];
};

static bool drop(const struct backlog_entry *e, void *context)
{
    struct dropped *d = context;
    snprintf(d->last, sizeof d->last, "%s", e->url);
    return ++d->count != d->stop_after;
}

Test(backlog, what_waits_at_an_origin_can_be_dropped_in_parts)
{
    struct backlog *b = open_backlog(false, NULL);
    struct dropped d = {.stop_after = 3};
    add_many(b, "http://a", 10);
    add_url(b, "http://b/", 0);
    add_url(b, "http://a/first", 0);
    cr_assert_str_eq(next_url(b), "http://a/0");
    cr_assert_eq(backlog_drop_origin(b, "http://a", 8, drop, &d), BACKLOG_OK);
    cr_assert_eq(d.count, 3);
    cr_assert_str_eq(d.last, "http://a/3");
    cr_assert_eq(backlog_waiting(b), 8);
    d.stop_after = 0;
    cr_assert_eq(backlog_drop_origin(b, "http://a/any", 12, drop, &d), BACKLOG_OK);
    cr_assert_eq(d.count, 10);
    cr_assert_str_eq(d.last, "http://a/first");
    cr_assert_eq(backlog_origins(b), 2, "one is out still");
    cr_assert_eq(backlog_drop_origin(b, "http://none", 11, drop, &d), BACKLOG_OK);
    done(b, "http://a/0");
    cr_assert_eq(backlog_origins(b), 1);
    cr_assert_str_eq(next_url(b), "http://b/");
    close_backlog(b, true);
}

/* ---- The file ---- */

Test(backlog, the_file_is_the_owners_and_goes_with_the_cycle)
{
    struct stat st;
    struct backlog *b = open_backlog(false, NULL);
    add_url(b, "http://a/", 0);
    close_backlog(b, false);
    cr_assert_eq(lstat(in_scratch("out/" BACKLOG_FILE), &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
    b = open_backlog(true, NULL);
    cr_assert_eq(backlog_replay(b, wait_again, NULL, NULL), BACKLOG_OK);
    cr_assert_eq(backlog_waiting(b), 1);
    close_backlog(b, true);
    cr_assert_neq(lstat(in_scratch("out/" BACKLOG_FILE), &st), 0);
    cr_assert_eq(backlog_close(NULL, true, NULL), BACKLOG_OK);
}

Test(backlog, without_going_on_it_begins_empty)
{
    struct backlog *b = open_backlog(false, NULL);
    add_many(b, "http://a", 100);
    close_backlog(b, false);
    b = open_backlog(false, NULL);
    cr_assert_str_eq(next_url(b), "");
    close_backlog(b, false);
    b = open_backlog(true, NULL);
    struct backlog_replayed replayed;
    cr_assert_eq(backlog_replay(b, wait_again, NULL, &replayed), BACKLOG_OK);
    cr_assert(replayed.entries == 0 && replayed.queued == 0 && replayed.cut_bytes == 0);
    close_backlog(b, true);
}

Test(backlog, without_a_folder_it_has_no_name)
{
    struct backlog *b = NULL;
    struct backlog_failure failure;
    int before = descriptors_open();
    cr_assert_eq(backlog_open(NULL, false, &small, &b, &failure), BACKLOG_OK);
    add_many(b, "http://a", 9000); /* more than the window holds */
    cr_assert_eq(backlog_flush(b), BACKLOG_OK);
    cr_assert_eq(take_all(b), 64);
    close_backlog(b, true);
    cr_assert_eq(descriptors_open(), before);
    cr_assert_eq(files_below("."), 0);
}

Test(backlog, a_hundred_thousand_origins_all_get_their_turn)
{
    enum { ORIGINS = 100000 };
    struct backlog *b = open_backlog(false, &small);
    struct backlog_entry e;
    char url[64];
    unsigned wrong = 0, n;
    for (unsigned i = 0; i < 2 * ORIGINS; i++) {
        snprintf(url, sizeof url, "http://h%u/%u", i % ORIGINS, i / ORIGINS);
        struct backlog_entry added = entry_of(url);
        wrong += backlog_add(b, &added) != BACKLOG_OK;
    }
    cr_assert_eq(backlog_origins(b), ORIGINS);
    for (unsigned i = 0; i < 2 * ORIGINS; i++)
        wrong += !backlog_next(b, &e) || sscanf(e.url, "http://h%u/", &n) != 1 || n != i % ORIGINS;
    for (unsigned i = 0; i < 2 * ORIGINS; i++) {
        int len = snprintf(url, sizeof url, "http://h%u/", i % ORIGINS);
        backlog_done(b, url, (size_t)len);
    }
    cr_assert_eq(wrong, 0, "%u are wrong", wrong);
    cr_assert_eq(backlog_origins(b), 0);
    cr_assert_eq(backlog_out(b), 0);
    close_backlog(b, true);
}
