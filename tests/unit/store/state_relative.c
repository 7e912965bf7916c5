/* URLs stored beside another one: nothing is lost, little is stored, and nothing wrong is believed. */
#include "store/state/state_relative.h"

#include "state_support.h"

TestSuite(state_relative, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

#define BASE "https://docs.example.org/3/library/os.html"

static const struct {
    const char *url;
    const char *stored;
} rows[] = {
    {"", ""},
    {BASE, "42 "},
    {"https://docs.example.org/3/library/index.html", "35 index.html"},
    {"https://docs.example.org/3/library/", "35 "},
    {BASE "?page=2", "42 ?page=2"},
    {"https://docs.example.org/3/library/os.htm", "41 "},
    {"http://docs.example.org/3/library/os.html", "4 ://docs.example.org/3/library/os.html"},
    {"ftp://elsewhere.example/", "0 ftp://elsewhere.example/"},
    {"https://docs.example.org/3/library/os.html.\xc3\xa4", "42 .\xc3\xa4"},
};

Test(state_relative, what_was_put_is_found_and_only_the_difference_is_stored)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct state *state = open_state(NULL);
        struct state_page page = {
            .url = BASE, .url_len = strlen(BASE), .parent = rows[i].url, .canonical = rows[i].url};
        put(state, &page);
        cr_assert_eq(state_flush(state), STATE_OK);
        const struct state_page *found = find(state, BASE);
        cr_assert(found);
        expect_text("parent", found->parent, rows[i].url);
        expect_text("canonical", found->canonical, rows[i].url);
        close_state(state);
        expect_text("stored parent", raw_text("SELECT parent FROM page"), rows[i].stored);
        expect_text("stored canonical", raw_text("SELECT canonical FROM page"), rows[i].stored);
    }
}

Test(state_relative, a_parent_is_kept_when_a_row_that_was_found_is_put_again)
{
    struct state *state = open_state(NULL);
    put_url(state, BASE, 4);
    cr_assert_eq(state_flush(state), STATE_OK);
    struct state_page again = *find(state, BASE);
    again.status = 304;
    put(state, &again);
    cr_assert_eq(state_flush(state), STATE_OK);
    struct state_page wanted = page_of(BASE, 4);
    wanted.status = 304;
    expect_page(find(state, BASE), &wanted);
    close_state(state);
}

Test(state_relative, the_longest_urls_fit_and_longer_ones_are_refused)
{
    struct state *state = open_state(NULL);
    char *url = malloc(STATE_URL_MAX + 2);
    cr_assert(url);
    memset(url, 'x', STATE_URL_MAX + 1);
    url[STATE_URL_MAX + 1] = '\0';
    struct state_page page = {.url = BASE, .url_len = strlen(BASE), .parent = url};
    cr_assert_eq(state_put_page(state, &page), STATE_INVALID);
    page.parent = "";
    page.canonical = url;
    cr_assert_eq(state_put_page(state, &page), STATE_INVALID);
    url[STATE_URL_MAX] = '\0';
    page.parent = url;
    put(state, &page);
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_str_eq(find(state, BASE)->parent, url);
    cr_assert_str_eq(find(state, BASE)->canonical, url);
    close_state(state);
    free(url);
}

Test(state_relative, what_somebody_else_wrote_there_is_no_url)
{
    static const char *const wrong[] = {"x",  "42",   " ",   "-1 x", "43 x", "99999999 x", "18446744073709551616 x",
                                        "4x", "4\tx", "+4 x"};
    close_state(open_state(NULL));
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char sql[256];
        struct state *state = open_state(NULL);
        put_url(state, BASE, 1);
        close_state(state);
        snprintf(sql, sizeof sql, "UPDATE page SET parent = '%s', canonical = CAST(x'ff00' AS TEXT)", wrong[i]);
        sqlite3 *db = open_raw();
        raw(db, sql);
        sqlite3_close(db);
        state = open_state(&(struct state_options){.read_only = true});
        const struct state_page *found = find(state, BASE);
        cr_assert(found, "\"%s\"", wrong[i]);
        cr_expect_str_eq(found->parent, "", "\"%s\" is taken for \"%s\"", wrong[i], found->parent);
        cr_expect_str_eq(found->canonical, "", "\"%s\"", wrong[i]);
        close_state(state);
    }
}
