/* Names for folders that take names which differ in case for one. */
#include "scratch.h"
#include "store/name/name.h"
#include "store/name/safe.h"
#include "store/name/site.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

TestSuite(name_case, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

#define TAG "????????????????"

static bool matches(const char *name, const char *wanted)
{
    for (; *name && *wanted; name++, wanted++) {
        if (*name != *wanted && *wanted != '?')
            return false;
    }
    return *name == *wanted;
}

Test(name_case, what_is_in_lower_case_keeps_its_shape_and_all_else_gets_a_tag)
{
    static const struct {
        const char *path, *query, *type, *name;
    } rows[] = {
        {"/", NULL, "text/html", "site.html"},
        {"/news/today", NULL, "text/html", "site/news/today~.html"},
        {"/News/today", NULL, "text/html", "site/news-today~~" TAG ".html"},
        {"/news/Today", NULL, "text/html", "site/news-today~~" TAG ".html"},
        {"/README.HTML", NULL, "text/html", "site/readme.html~~" TAG ".html"},
        {"/a.HTML", NULL, NULL, "site/a.html~~" TAG ".html"},
        {"/a.PNG", NULL, NULL, "site/a.png~~" TAG ".png"},
        {"/%C3%A9", NULL, "text/html", "site/%C3%A9~.html"},
        {"/%c3%a9", NULL, "text/html", "site/c3-a9~~" TAG ".html"},
        {"/%C3%a9", NULL, "text/html", "site/c3-a9~~" TAG ".html"},
        {"/100%", NULL, "text/html", "site/100%~.html"},
        {"/%G0", NULL, "text/html", "site/g0~~" TAG ".html"},
        {"/list", "sort=up", "text/html", "site/list~sort=up.html"},
        {"/list", "sort=Up", "text/html", "site/list-sort-up~~" TAG ".html"},
        {"/list", "1", "text/plain", "site/list-1~~" TAG ".txt"},
        {"/list", "p1", "text/plain", "site/list~p1.txt"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[NAME_SIZE];
        struct name_parts parts = {
            .site = "site", .path = rows[i].path, .query = rows[i].query, .media_type = rows[i].type};
        parts.without_case = true;
        cr_assert_eq(name_make(&parts, name), STORE_OK);
        cr_expect(matches(name, rows[i].name), "%s: %s, not %s", rows[i].path, name, rows[i].name);
    }
}

struct given {
    char name[64];
    unsigned url;
};

static int by_name(const void *a, const void *b)
{
    return strcasecmp(((const struct given *)a)->name, ((const struct given *)b)->name);
}

/* All texts of up to five characters of an alphabet that the case cares for, with two media types. */
Test(name_case, no_two_urls_share_a_file_when_case_is_ignored)
{
    static const char alphabet[] = "aAcC%./";
    enum { A = sizeof alphabet - 1, LENGTH = 5 };
    size_t total = 0, count = 0;
    for (unsigned len = 0, n = 1; len <= LENGTH; len++, n *= A)
        total += 4 * (size_t)n;
    struct given *given = malloc(total * sizeof *given);
    unsigned url = 0;
    for (unsigned len = 0, n = 1; len <= LENGTH; len++, n *= A) {
        for (unsigned i = 0; i < n; i++) {
            char text[LENGTH + 2] = "/";
            for (unsigned at = 0, rest = i; at < len; at++, rest /= A)
                text[at + 1] = alphabet[rest % A];
            for (int form = 0; form < 4; form++) {
                struct name_parts parts = {.site = "site", .path = form < 2 ? text : "/q", .without_case = true};
                parts.query = form < 2 ? NULL : text + 1;
                parts.media_type = form % 2 ? "text/html" : NULL;
                char name[NAME_SIZE];
                cr_assert_eq(name_make(&parts, name), STORE_OK);
                cr_assert_lt(strlen(name), sizeof given->name);
                given[count].url = url + (unsigned)form / 2;
                strcpy(given[count++].name, name);
            }
            url += 2;
        }
    }
    qsort(given, count, sizeof *given, by_name);
    unsigned wrong = 0;
    for (size_t i = 1; i < count && wrong < 10; i++) {
        bool clash = given[i].url != given[i - 1].url && strcasecmp(given[i].name, given[i - 1].name) == 0;
        cr_expect_not(clash, "%s and %s", given[i - 1].name, given[i].name);
        wrong += clash;
    }
    free(given);
}

static bool opens_without_case(void)
{
    struct sites *sites;
    cr_assert_eq(sites_open(in_scratch("out"), &sites), STORE_OK);
    bool without_case = sites_without_case(sites);
    sites_close(sites);
    return without_case;
}

/* A second name for the registry stands in for a folder that ignores case. */
Test(name_case, a_folder_is_asked_whether_it_ignores_case_and_remembers_it)
{
    cr_expect_not(opens_without_case());
    cr_expect_not(opens_without_case());
    int fd = open(in_scratch("out/.forage/SITES"), O_WRONLY | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_expect(opens_without_case());
    unlink(in_scratch("out/.forage/SITES"));
    cr_expect(opens_without_case(), "it was copied to another place");
}
