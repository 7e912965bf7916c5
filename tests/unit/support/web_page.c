/* The generated web: the same each time, linked as it says, and all of it within reach of any page. */
#include "support/web_page.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct web web = {.pages = 1003, .hosts = 10, .seed = 5};

Test(web_page, links_stay_in_the_web_and_mostly_on_their_host)
{
    unsigned away = 0;
    for (uint64_t page = 0; page < web.pages; page++)
        for (unsigned link = 0; link < WEB_LINKS; link++) {
            uint64_t to = web_link(&web, page, link);
            cr_assert_lt(to, web.pages);
            away += to % web.hosts != page % web.hosts;
        }
    cr_expect_gt(away, web.pages * WEB_LINKS / 10);
    cr_expect_lt(away, web.pages * WEB_LINKS / 4);
}

Test(web_page, every_page_is_reached_from_the_first)
{
    uint64_t queue[1003] = {0};
    bool seen[1003] = {true};
    size_t count = 1;
    for (size_t at = 0; at < count; at++)
        for (unsigned link = 0; link < WEB_LINKS; link++) {
            uint64_t to = web_link(&web, queue[at], link);
            if (!seen[to])
                queue[count++] = to;
            seen[to] = true;
        }
    cr_expect_eq(count, web.pages);
}

Test(web_page, a_page_has_its_links_and_fits)
{
    static const struct web large = {.pages = UINT64_C(9000000000000000000), .hosts = 4000000000, .seed = 1};
    char page[WEB_PAGE_MOST], again[WEB_PAGE_MOST], link[64];
    size_t len = web_page(&web, 17, page);
    cr_expect_eq(web_page(&web, 17, again), len);
    cr_expect_arr_eq(page, again, len);
    page[len] = '\0';
    for (unsigned i = 0; i < WEB_LINKS; i++) {
        snprintf(link, sizeof link, "/%llu.html\">", (unsigned long long)web_link(&web, 17, i));
        cr_expect_not_null(strstr(page, link), "%s", link);
    }
    cr_expect_lt(web_page(&large, large.pages - 1, page), sizeof page);
}

Test(web_page, a_target_names_its_page)
{
    static const struct {
        const char *target;
        uint64_t number;
    } rows[] = {{"/0.html", 0}, {"/17.html", 17}, {"/1003.html", 0}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        cr_expect_eq(web_number(&web, rows[i].target, strlen(rows[i].target)), rows[i].number, "%s", rows[i].target);
    static const char *const others[] = {"/", "", "/17", "/17.htm", "/x", "/99999999999999999999999.html"};
    for (size_t i = 0; i < SUPPORT_COUNT(others); i++)
        cr_expect_lt(web_number(&web, others[i], strlen(others[i])), web.pages, "%s", others[i]);
}
