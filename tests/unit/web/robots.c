#include "web/robots/robots.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/status.h"

struct row {
    const char *text;
    const char *target;
    bool allowed;
    uint32_t line;
};

static void check_rows(const struct row *rows, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct robots *robots = robots_parse(rows[i].text, strlen(rows[i].text), "forage");
        cr_assert(robots);
        struct robots_verdict v = robots_check(robots, rows[i].target, strlen(rows[i].target));
        if (v.allowed != rows[i].allowed || v.line != rows[i].line) {
            cr_log_error("'%s' on %s: %d by line %u, wanted %d by line %u", rows[i].text, rows[i].target, v.allowed,
                         v.line, rows[i].allowed, rows[i].line);
            wrong++;
        }
        robots_free(robots);
    }
    cr_assert_eq(wrong, 0);
}

Test(robots, the_longest_match_decides_and_its_line_is_told)
{
    static const char both[] = "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c$\n";
    static const struct row rows[] = {
        {both, "/", true, 0},
        {both, "/a", false, 2},
        {both, "/a/b", true, 3},
        {both, "/a/b/c", false, 4},
        {both, "/a/b/c/", true, 3},
        {both, "/A", true, 0},
        {"User-agent: *\nDisallow: /x\nAllow: /x\n", "/x", true, 3},
        {"User-agent: *\nAllow: /x\nDisallow: /x\n", "/x", true, 2},
        {"User-agent: *\nDisallow: /*.php\nAllow: /page\n", "/page.php", false, 2},
        {"User-agent: *\nDisallow: /\n", "", false, 2},
        {"User-agent: *\nDisallow:\n", "/x", true, 0},
        {"User-agent: *\nDisallow: /\n", "/robots.txt", true, 0},
        {"User-agent: *\nDisallow: /\n", "/robots.txt?x", false, 2},
        {"User-agent: *\nDisallow: /x?y\n", "/x?y=1", false, 2},
        {"User-agent: *\nDisallow: x\n", "/x", true, 0},
        {"User-agent: *\nDisallow: /\nAllow: /index.html\n", "/", true, 3},
        {"User-agent: *\nDisallow: /\nAllow: /a/index.htm\n", "/a/", true, 3},
        {"User-agent: *\nDisallow: /\nAllow: /a/index.html\n", "/a/b", false, 2},
        {"", "/x", true, 0},
    };
    check_rows(rows, COUNT_OF(rows));
}

Test(robots, groups_that_name_the_crawler_are_joined_and_stand_before_the_others)
{
    static const struct row rows[] = {
        {"User-agent: *\nDisallow: /\nUser-agent: forage\nDisallow: /x\n", "/y", true, 0},
        {"User-agent: *\nDisallow: /\nUser-agent: FORAGE\nDisallow: /x\n", "/x", false, 4},
        {"User-agent: forage\nDisallow: /x\n\nUser-agent: a\nDisallow: /\n\nUser-agent: forage\nDisallow: /y\n", "/y",
         false, 8},
        {"User-agent: a\nUser-agent: forage\nDisallow: /x\n", "/x", false, 3},
        {"User-agent: forage\n\n\nUser-agent: a\nDisallow: /x\n", "/x", false, 5},
        {"User-agent: forage\nSitemap: /s\nCrawl-delay: 1\nUser-agent: a\nDisallow: /x\n", "/x", false, 5},
        {"User-agent: forage/2.0\nDisallow: /x\n", "/x", false, 2},
        {"User-agent: forager\nDisallow: /x\n", "/x", true, 0},
        {"User-agent: for\nDisallow: /x\n", "/x", true, 0},
        {"User-agent: *bot\nDisallow: /x\n", "/x", true, 0},
        {"User-agent: * # all\nDisallow: /x # here\n", "/x", false, 2},
        {"Disallow: /x\nUser-agent: forage\n", "/x", true, 0},
        {"\xef\xbb\xbfUser-agent: *\nDisallow: /x\n", "/x", false, 2},
        {"user-AGENT :\t*\r\rDISALLOW:/x\r\n", "/x", false, 3},
        {"User-agent: *\nUser-agent: forage\nDisallow: /x", "/x", false, 3},
        {"User-agent *\nDisallow /x\n", "/x", true, 0},
    };
    check_rows(rows, COUNT_OF(rows));
}

Test(robots, wildcards_and_encodings_match_as_the_rfc_says)
{
    static const struct {
        const char *pattern, *target;
        bool matches;
    } rows[] = {
        {"/*", "/", true},
        {"*", "/x", true},
        {"/a*b", "/axxb", true},
        {"/a*b$", "/ab", true},
        {"/a*b$", "/abc", false},
        {"/a*b$", "/abcb", true},
        {"/a*bb$", "/ab", false},
        {"/*a*b*c", "/xaxbxc", true},
        {"/*a*b*c", "/xcxbxa", false},
        {"/*a$", "/a/a", true},
        {"/a**b", "/ab", true},
        {"/ab*$", "/abx", true},
        {"$", "/", false},
        {"*$", "/", true},
        {"/a$b", "/a$b", true},
        {"/a$$", "/a$", true},
        {"/%61", "/a", true},
        {"/a", "/%61", true},
        {"/a%2fb", "/a%2Fb", true},
        {"/a%2fb", "/a/b", false},
        {"/a/b", "/a%2fb", false},
        {"/%2a", "/*", true},
        {"/%2a", "/x", false},
        {"/a%24", "/a$b", true},
        {"/\xc3\xa9", "/%c3%A9", true},
        {"/%C3%A9", "/\xc3\xa9", true},
        {"/a b", "/a%20b", true},
        {"/a%", "/a%", true},
        {"/a%zz", "/a%zz", true},
        {"/?x=%26", "/?x=&", false},
        {"/\x01", "/x", false},
        {"/%01", "/%01", true},
        {"/%00", "/%00x", true},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[256];
        int len = snprintf(text, sizeof text, "User-agent: *\nDisallow: %s\n", rows[i].pattern);
        struct robots *robots = robots_parse(text, (size_t)len, "forage");
        if (robots_check(robots, rows[i].target, strlen(rows[i].target)).allowed == rows[i].matches) {
            cr_log_error("%s on %s", rows[i].pattern, rows[i].target);
            wrong++;
        }
        robots_free(robots);
    }
    cr_assert_eq(wrong, 0);
}

/* What a pattern means, by trying every choice: '*' is any run of bytes, '$' at the end is the end. */
static bool matches_by_definition(const char *pattern, const char *path)
{
    if (*pattern == '\0')
        return true;
    if (*pattern == '$' && pattern[1] == '\0')
        return *path == '\0';
    if (*pattern == '*')
        return matches_by_definition(pattern + 1, path) || (*path && matches_by_definition(pattern, path + 1));
    return *path == *pattern && matches_by_definition(pattern + 1, path + 1);
}

/* The word number NUMBER over LETTERS, shortest words first. */
static void nth_word(unsigned number, const char *letters, char *out)
{
    unsigned base = (unsigned)strlen(letters);
    for (; number; number = (number - 1) / base)
        *out++ = letters[(number - 1) % base];
    *out = '\0';
}

Test(robots, every_short_pattern_matches_what_its_definition_says)
{
    enum { PATTERNS = 1 + 4 + 16 + 64 + 256 + 1024, PATHS = 1 + 2 + 4 + 8 + 16 + 32 };
    int wrong = 0, matched = 0;
    for (unsigned i = 0; i < PATTERNS; i++) {
        char pattern[16] = "/", text[64];
        nth_word(i, "ab*$", pattern + 1);
        int len = snprintf(text, sizeof text, "User-agent: *\nDisallow: %s\n", pattern);
        struct robots *robots = robots_parse(text, (size_t)len, "forage");
        for (unsigned j = 0; j < PATHS; j++) {
            char path[16] = "/";
            nth_word(j, "ab", path + 1);
            bool want = matches_by_definition(pattern, path);
            matched += want;
            if (robots_check(robots, path, strlen(path)).allowed == want && wrong++ < 10)
                cr_log_error("%s on %s", pattern, path);
        }
        robots_free(robots);
    }
    cr_assert_gt(matched, 1000);
    cr_assert_eq(wrong, 0);
}

Test(robots, a_crawl_delay_is_read_in_milliseconds_and_the_largest_applies)
{
    static const struct {
        const char *text;
        int32_t ms;
    } rows[] = {
        {"User-agent: *\nCrawl-delay: 10\n", 10000},
        {"User-agent: *\nCrawl-delay: 0\n", 0},
        {"User-agent: *\nCrawl-delay: .25\n", 250},
        {"User-agent: *\nCrawl-delay: 1.23456\n", 1234},
        {"User-agent: *\nCrawl-delay: 5 # s\n", 5000},
        {"User-agent: *\nCrawl-delay: x\n", -1},
        {"User-agent: *\nCrawl-delay: -5\n", -1},
        {"User-agent: *\nCrawl-delay: .\n", -1},
        {"User-agent: *\nCrawl-delay:\n", -1},
        {"User-agent: *\nCrawl-delay: 99999999999999999999999\n", 604800000},
        {"User-agent: *\nCrawl-delay: 1\nCrawl-delay: 3\nCrawl-delay: 2\n", 3000},
        {"User-agent: *\nCrawl-delay: 9\nUser-agent: forage\nDisallow: /x\n", -1},
        {"User-agent: a\nCrawl-delay: 9\nUser-agent: forage\nCrawl-delay: 2\n", 2000},
        {"User-agent: a\nUser-agent: forage\nCrawl-delay: 2\n", 2000},
        {"User-agent: forage\nDisallow: /x\nCrawl-delay: 2\n", 2000},
        {"Crawl-delay: 2\nUser-agent: *\n", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct robots *robots = robots_parse(rows[i].text, strlen(rows[i].text), "forage");
        cr_assert_eq(robots_crawl_delay_ms(robots), rows[i].ms, "%s: %d", rows[i].text,
                     (int)robots_crawl_delay_ms(robots));
        robots_free(robots);
    }
}

Test(robots, sitemaps_are_listed_as_written)
{
    static const char text[] =
        "Sitemap: http://a/1\nUser-agent: x\nsitemap:/2 # two\nSitemap:\nDisallow: /\nSitemap: http://a/1";
    struct robots *robots = robots_parse(text, strlen(text), "forage");
    cr_assert_eq(robots_sitemap_count(robots), 3);
    cr_assert_str_eq(robots_sitemap(robots, 0), "http://a/1");
    cr_assert_str_eq(robots_sitemap(robots, 1), "/2");
    cr_assert_str_eq(robots_sitemap(robots, 2), "http://a/1");
    robots_free(robots);
    robots_free(NULL);
}

Test(robots, bytes_that_are_no_text_make_no_rules)
{
    static const char nul[] = "User-agent: *\nDis\0allow: /\nDisallow: /\0x\nSitemap: /a\0b\n";
    struct robots *robots = robots_parse(nul, sizeof nul - 1, "forage");
    cr_assert(robots_check(robots, "/", 1).allowed);
    cr_assert_not(robots_check(robots, "/%00x", 5).allowed);
    cr_assert_eq(robots_sitemap_count(robots), 0);
    robots_free(robots);
    robots = robots_parse(NULL, 0, "");
    cr_assert(robots_check(robots, "/", 1).allowed);
    robots_free(robots);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Backtracking takes time exponential in the number of wildcards; the bounds are far above what is measured. */
Test(robots, a_hostile_file_of_full_length_takes_bounded_time)
{
    enum { LEN = 500 * 1024, TARGET = 2000 };
    static const char *const lines[] = {"Disallow: /*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n",
                                        "Allow:*b\n",
                                        "Allow:/\n",
                                        "*",
                                        "User-agent:*\n",
                                        "Sitemap:x\n",
                                        "\r",
                                        "Crawl-delay:1\n",
                                        "Disallow: /%61%2f$"};
    char *text = malloc(LEN), target[TARGET];
    memset(target, 'a', sizeof target);
    target[0] = '/';
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        static const char head[] = "User-agent: *\nAllow: /*";
        size_t len = strlen(head), line = strlen(lines[i]);
        memcpy(text, head, len);
        for (; len + line <= LEN; len += line)
            memcpy(text + len, lines[i], line);
        double start = seconds();
        struct robots *robots = robots_parse(text, len, "forage");
        double parsed = seconds();
        robots_check(robots, target, sizeof target);
        double checked = seconds();
        printf("%.12s: parse %.1f ms, check %.1f ms\n", lines[i], (parsed - start) * 1e3, (checked - parsed) * 1e3);
        cr_assert_lt(parsed - start, 1.0);
        cr_assert_lt(checked - parsed, 1.0);
        robots_free(robots);
    }
    free(text);
}
