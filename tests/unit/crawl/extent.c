/* When a crawl follows links as the last one of its folder did. */
#include "crawl/discovery/extent.h"
#include "folder_support.h"

TestSuite(extent, .init = folder_make, .fini = folder_remove);

Test(extent, each_option_that_says_what_is_followed_counts)
{
    static const char *const one[] = {"a"}, *const two[] = {"a", "b"}, *const joined[] = {"ab"};
    const struct forage_options extents[] = {
        {0},
        {.max_depth = 1},
        {.scope = FORAGE_SCOPE_DOMAIN},
        {.requisites = true},
        {.sitemaps = true},
        {.follow_nofollow = true},
        {.max_chain = 1},
        {.accept = one, .accept_count = 1},
        {.reject = one, .reject_count = 1},
        {.types = one, .type_count = 1},
        {.accept = two, .accept_count = 2},
        {.accept = joined, .accept_count = 1},
        {.strip_query = one, .strip_query_count = 1},
    };
    enum { COUNT = sizeof extents / sizeof *extents };
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < COUNT; k++)
            cr_expect_eq(extent_of(&extents[i]) == extent_of(&extents[k]), i == k, "%zu and %zu", i, k);
    const struct forage_options other = {.output = "elsewhere", .connections = 3, .quota_bytes = 5};
    cr_expect_eq(extent_of(&other), extent_of(&extents[0]), "what has no say in links counts");
}

Test(extent, is_known_when_it_was_noted_and_is_the_same)
{
    const char *dir = in_folder("out");
    char path[4096];
    snprintf(path, sizeof path, "%s/.forage", dir);
    cr_assert_eq(mkdir(dir, 0700), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_expect_not(extent_is(dir, EXTENT_FILE, 7));
    cr_assert(extent_note(dir, EXTENT_FILE, 7));
    cr_expect(extent_is(dir, EXTENT_FILE, 7));
    cr_expect_not(extent_is(dir, EXTENT_FILE, 8));
    cr_assert(extent_note(dir, EXTENT_FILE, 8));
    cr_expect(extent_is(dir, EXTENT_FILE, 8));
}

Test(extent, a_file_that_is_something_else_tells_nothing)
{
    static const char *const texts[] = {"", "0000000000000007", "0000000000000007\nx", "000000000000000g\n"};
    const char *dir = in_folder("out");
    char path[4096];
    snprintf(path, sizeof path, "%s/.forage", dir);
    cr_assert_eq(mkdir(dir, 0700), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/" EXTENT_FILE, dir);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *f = fopen(path, "w");
        cr_assert(f);
        fputs(texts[i], f);
        fclose(f);
        cr_expect_not(extent_is(dir, EXTENT_FILE, 7), "%s", texts[i]);
    }
}
