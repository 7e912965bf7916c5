/* The names of pages: tables of what a user sees, hostile URLs, and that no two URLs ever share a file. */
#include "store/name/name.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HTML "text/html"
#define TAG  "????????????????" /* sixteen characters of a tag */

/* Whether NAME is WANTED, in which a '?' stands for any one character. */
static bool matches(const char *name, const char *wanted)
{
    for (; *name && *wanted; name++, wanted++) {
        if (*name != *wanted && *wanted != '?')
            return false;
    }
    return *name == *wanted;
}

struct row {
    const char *path;
    const char *query;
    const char *type;
    const char *name;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[NAME_SIZE];
        struct name_parts parts = {"site", rows[i].path, rows[i].query, rows[i].type};
        cr_assert_eq(name_make(&parts, name), STORE_OK);
        cr_expect(matches(name, rows[i].name), "%s ? %s (%s): \"%s\", not \"%s\"", rows[i].path,
                  rows[i].query ? rows[i].query : "(none)", rows[i].type ? rows[i].type : "(none)", name, rows[i].name);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof rows[0])

Test(name, readable_urls_keep_their_shape)
{
    static const struct row rows[] = {
        {"/", NULL, HTML, "site.html"},
        {"/", NULL, NULL, "site.html"},
        {"/", NULL, "application/pdf", "site.pdf"},
        {"/news/today.html", NULL, HTML, "site/news/today.html"},
        {"/a.htm", NULL, HTML, "site/a.htm"},
        {"/A.HTML", NULL, HTML, "site/A.HTML"},
        {"/a.xhtml", NULL, "application/xhtml+xml", "site/a.xhtml"},
        {"/a/photo.jpg", NULL, "image/jpeg", "site/a/photo.jpg"},
        {"/a/photo.jpg", NULL, "image/png", "site/a/photo.jpg"},
        {"/a.tar.gz", NULL, "application/gzip", "site/a.tar.gz"},
        {"/news/today", NULL, HTML, "site/news/today~.html"},
        {"/x.php", NULL, HTML, "site/x.php~.html"},
        {"/photo.jpg", NULL, HTML, "site/photo.jpg~.html"},
        {"/LICENSE", NULL, "text/plain", "site/LICENSE~.txt"},
        {"/news/", NULL, HTML, "site/news/index~.html"},
        {"/feed/", NULL, "application/rss+xml", "site/feed/index~.rss"},
        {"/index.html", NULL, HTML, "site/index.html"},
        {"/v1.2/x.html", NULL, HTML, "site/v1.2~/x.html"},
        {"/a.html/b.html/", NULL, HTML, "site/a.html~/b.html~/index~.html"},
        {"/index/a", NULL, HTML, "site/index/a~.html"},
        {"/a%20b/%E4%BD%A0", NULL, HTML, "site/a%20b/%E4%BD%A0~.html"},
        {"/a_b+c,d=e@f-g.h", NULL, HTML, "site/a_b+c,d=e@f-g.h~.html"},
        {"/verylongextension.extension", NULL, "image/png", "site/verylongextension.extension~.png"},
    };
    CHECK_ROWS(rows);
}

Test(name, short_queries_of_safe_characters_are_shown)
{
    static const struct row rows[] = {
        {"/list", "page=2", HTML, "site/list~page=2.html"},
        {"/", "page=2", HTML, "site/index~page=2.html"},
        {"/news/", "p", HTML, "site/news/index~p.html"},
        {"/x.php", "id=3", "image/png", "site/x.php~id=3.png"},
        {"/a.html", "b.html", HTML, "site/a.html~b.html.html"},
        {"/a", ".", HTML, "site/a~..html"},
        {"/a", ".html", HTML, "site/a~.html.html"},
        {"/a", "q=%20", HTML, "site/a~q=%20.html"},
    };
    CHECK_ROWS(rows);
}

Test(name, every_other_url_gets_a_readable_prefix_and_a_tag)
{
    static const struct row rows[] = {
        {"/list", "", HTML, "site/list~~" TAG ".html"},
        {"/", "", HTML, "site/page~~" TAG ".html"},
        {"/list", "a=1&b=2", HTML, "site/list-a-1-b-2~~" TAG ".html"},
        {"/list", "a/b", HTML, "site/list-a-b~~" TAG ".html"},
        {"/list", "a~b", HTML, "site/list-a-b~~" TAG ".html"},
        {"/~user/", NULL, HTML, "site/user~~" TAG ".html"},
        {"/index", NULL, HTML, "site/index~~" TAG ".html"},
        {"/index", "q", HTML, "site/index-q~~" TAG ".html"},
        {"/a//b", NULL, HTML, "site/a-b~~" TAG ".html"},
        {"//", NULL, HTML, "site/page~~" TAG ".html"},
        {"/a.", NULL, HTML, "site/a~~" TAG ".html"},
        {"/a./b", NULL, HTML, "site/a.-b~~" TAG ".html"},
        {"/-rf", NULL, HTML, "site/rf~~" TAG ".html"},
        {"/-rf/x.html", NULL, HTML, "site/rf-x.html~~" TAG ".html"},
        {"/a'b", NULL, HTML, "site/a-b~~" TAG ".html"},
        {"/a;b=1", NULL, "image/png", "site/a-b-1~~" TAG ".png"},
        {"/(a).tgz", NULL, NULL, "site/a-.tgz~~" TAG ".tgz"},
    };
    CHECK_ROWS(rows);
}

Test(name, without_a_media_type_the_urls_own_extension_counts)
{
    static const struct row rows[] = {
        {"/a", NULL, NULL, "site/a~.html"},
        {"/a/", NULL, "", "site/a/index~.html"},
        {"/a.html", NULL, NULL, "site/a.html"},
        {"/a.jpg", NULL, NULL, "site/a.jpg"},
        {"/a.jpg", "w=9", NULL, "site/a.jpg~w=9.jpg"},
        {"/a.htm", "w=9", NULL, "site/a.htm~w=9.html"},
        {"/a.php", NULL, " ; charset=x", "site/a.php"},
    };
    CHECK_ROWS(rows);
}

Test(name, media_types_are_read_without_case_and_parameters)
{
    static const struct row rows[] = {
        {"/a", NULL, "TEXT/HTML; charset=utf-8", "site/a~.html"},
        {"/a.html", NULL, " text/html;charset=x", "site/a.html"},
        {"/a", NULL, "application/json", "site/a~.json"},
        {"/a", NULL, "application/ld+json", "site/a~.json"},
        {"/a", NULL, "application/soap+xml", "site/a~.xml"},
        {"/a", NULL, "image/svg+xml", "site/a~.svg"},
        {"/a", NULL, "text/css", "site/a~.css"},
        {"/a", NULL, "text/javascript", "site/a~.js"},
        {"/a", NULL, "image/webp", "site/a~.webp"},
        {"/a", NULL, "application/zip", "site/a~.zip"},
        {"/a", NULL, "application/octet-stream", "site/a~.bin"},
        {"/a", NULL, "made/up", "site/a~.bin"},
        {"/a", NULL, "../../../etc/passwd", "site/a~.bin"},
        {"/a", NULL, "+json", "site/a~.bin"},
    };
    CHECK_ROWS(rows);
}

Test(name, hostile_urls_stay_within_the_sites_folder)
{
    static const struct row rows[] = {
        {"/..", NULL, HTML, "site/page~~" TAG ".html"},
        {"/../../etc/passwd", NULL, HTML, "site/etc-passwd~~" TAG ".html"},
        {"/a/../b", NULL, HTML, "site/a-..-b~~" TAG ".html"},
        {"/./a", NULL, HTML, "site/a~~" TAG ".html"},
        {"/...", NULL, HTML, "site/page~~" TAG ".html"},
        {"/%2e%2e%2fetc%2fpasswd", NULL, HTML, "site/%2e%2e%2fetc%2fpasswd~.html"},
        {"/%2e%2e/a", NULL, HTML, "site/%2e%2e/a~.html"},
        {"/..\\..\\boot.ini", NULL, HTML, "site/boot.ini~~" TAG ".html"},
        {"/a%00.html", NULL, HTML, "site/a%00.html"},
        {"/.bashrc", NULL, HTML, "site/bashrc~~" TAG ".html"},
        {"/.forage/sites", NULL, HTML, "site/forage-sites~~" TAG ".html"},
        {"/.ssh/authorized_keys", NULL, "text/plain", "site/ssh-authorized_keys~~" TAG ".txt"},
        {"/\x1b[2Jx", NULL, HTML, "site/2Jx~~" TAG ".html"},
        {"/\xe2\x80\xae"
         "cod.exe",
         NULL, HTML, "site/cod.exe~~" TAG ".html"},
        {"/a\nb", "c\nd", HTML, "site/a-b-c-d~~" TAG ".html"},
        {"/$(reboot)", NULL, HTML, "site/reboot~~" TAG ".html"},
        {"/a", "../../x", HTML, "site/a-..-..-x~~" TAG ".html"},
        {"etc/passwd", NULL, HTML, "site/etc-passwd~~" TAG ".html"},
        {"", NULL, HTML, "site/page~~" TAG ".html"},
        {"/ ", NULL, HTML, "site/page~~" TAG ".html"},
    };
    CHECK_ROWS(rows);
}

Test(name, a_folder_that_is_no_site_is_refused)
{
    static const char *const sites[] = {"",     ".",   "..",   ".forage", "-x",  "a/b",
                                        "/etc", "a~b", "a~~b", "x.html",  "a b", "a\n"};
    char name[NAME_SIZE];
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++) {
        struct name_parts parts = {sites[i], "/", NULL, NULL};
        cr_expect_eq(name_make(&parts, name), STORE_INVALID, "\"%s\"", sites[i]);
    }
    struct name_parts tagged = {"x.html~~abcdefghijklm234", "/a", NULL, NULL};
    cr_assert_eq(name_make(&tagged, name), STORE_OK);
    cr_assert_str_eq(name, "x.html~~abcdefghijklm234/a~.html");
}

/* An extension as a file's name ends in one, told without the code under test. */
static bool ends_like_a_file(const char *component, size_t len)
{
    size_t n = 0;
    while (n < len && isalnum((unsigned char)component[len - 1 - n]))
        n++;
    return n >= 1 && n <= 8 && n < len && component[len - 1 - n] == '.';
}

/* What every name must be, whatever the URL. */
static bool well_formed(const char *name)
{
    size_t levels = 0;
    if (strlen(name) > NAME_BYTES_MAX || (strncmp(name, "site/", 5) != 0 && strncmp(name, "site.", 5) != 0))
        return false;
    for (const char *at = name;; levels++) {
        size_t len = strcspn(at, "/");
        if (len == 0 || len > 200 || at[0] == '.' || at[0] == '-' || ends_like_a_file(at, len) != !at[len])
            return false;
        for (size_t i = 0; i < len; i++) {
            if (!isalnum((unsigned char)at[i]) && !strchr("~%-_.+,=@", at[i]))
                return false;
        }
        if (!at[len])
            return levels < 32;
        at += len + 1;
    }
}

Test(name, long_urls_have_names_within_the_bounds_and_none_shares_one)
{
    static const size_t sizes[] = {190, 199, 200, 201, 255, 256, 1024, 4096, 65536};
    static const char *const shapes[] = {"a", "a/", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/", "%41", "~"};
    char seen[200][NAME_SIZE];
    size_t count = 0;
    char *path = malloc(65536 + 3);
    for (size_t shape = 0; shape < sizeof shapes / sizeof shapes[0]; shape++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            for (size_t more = 0; more < 2; more++) {
                size_t len = sizes[i] + more, unit = strlen(shapes[shape]);
                path[0] = '/';
                for (size_t at = 0; at < len; at++)
                    path[1 + at] = shapes[shape][at % unit];
                path[1 + len] = '\0';
                struct name_parts parts = {"site", path, NULL, more ? "text/html" : "text/plain"};
                cr_assert_eq(name_make(&parts, seen[count]), STORE_OK);
                cr_expect(well_formed(seen[count]), "%s", seen[count]);
                for (size_t other = 0; other < count; other++)
                    cr_expect_str_neq(seen[count], seen[other]);
                count++;
            }
        }
    }
    free(path);
}

Test(name, a_long_query_is_not_shown)
{
    char query[66], name[NAME_SIZE];
    memset(query, 'q', sizeof query);
    query[65] = '\0';
    struct name_parts parts = {"site", "/a", query, HTML};
    name_make(&parts, name);
    cr_assert(matches(name, "site/a-qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq~~" TAG ".html"), "%s", name);
    query[64] = '\0';
    name_make(&parts, name);
    cr_assert_eq(strncmp(name, "site/a~qqq", 10), 0, "%s", name);
}

Test(name, the_tag_is_the_one_that_was_given_to_earlier_runs)
{
    char name[NAME_SIZE];
    struct name_parts parts = {"site", "/~a", NULL, HTML};
    name_make(&parts, name);
    cr_assert_str_eq(name, "site/a~~zyqvbveyuwtwk6js.html");
    parts = (struct name_parts){"site", "/~a", "", HTML};
    name_make(&parts, name);
    cr_assert_str_eq(name, "site/a~~6lcztq4jhe3m5awc.html");
}

/* ---- Injectivity, by brute force. ---- */

struct given {
    char *name;
    unsigned url; /* equal for equal URLs, whatever the media type */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct given *)a)->name, ((const struct given *)b)->name);
}

struct names {
    struct given *given;
    size_t count;
    size_t capacity;
};

static void give(struct names *names, unsigned url, const char *path, const char *query)
{
    static const char *const types[] = {HTML, "image/png", "text/plain", "made/up", NULL};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char name[NAME_SIZE];
        struct name_parts parts = {"site", path, query, types[i]};
        cr_assert_eq(name_make(&parts, name), STORE_OK);
        if (!well_formed(name)) {
            cr_expect(well_formed(name), "%s: %s", path, name);
            return;
        }
        if (names->count == names->capacity) {
            names->capacity = names->capacity ? names->capacity * 2 : 1024;
            names->given = realloc(names->given, names->capacity * sizeof names->given[0]);
        }
        names->given[names->count++] = (struct given){strdup(name), url};
    }
}

/* No name belongs to two URLs, and no file's name is a folder of another's. */
static void check_names(struct names *names)
{
    qsort(names->given, names->count, sizeof names->given[0], by_name);
    unsigned wrong = 0;
    for (size_t i = 1; i < names->count && wrong < 10; i++) {
        const struct given *a = &names->given[i - 1], *b = &names->given[i];
        if (a->url != b->url && strcmp(a->name, b->name) == 0) {
            cr_expect(false, "two URLs share %s", a->name);
            wrong++;
        }
    }
    for (size_t i = 0; i < names->count && wrong < 10; i++) {
        char folder[NAME_SIZE];
        snprintf(folder, sizeof folder, "%s", names->given[i].name);
        for (char *slash; (slash = strrchr(folder, '/'));) {
            *slash = '\0';
            struct given key = {.name = folder};
            if (bsearch(&key, names->given, names->count, sizeof names->given[0], by_name)) {
                cr_expect(false, "%s is a file and a folder", folder);
                wrong++;
            }
        }
    }
    for (size_t i = 0; i < names->count; i++)
        free(names->given[i].name);
    free(names->given);
}

Test(name, no_two_urls_made_of_awkward_segments_share_a_file, .timeout = 120)
{
    static const char *const segments[] = {"",        "a",  "index",  "a.b", "a.html",  "index.html",
                                           "index~",  "a~", "a~b",    "~",   "a~.html", ".html",
                                           "a.html~", "a.", "b.html", "%7E", "a~~b"};
    static const char *const queries[] = {NULL, "", "b", ".html", "b.html", "~", "a~b", ".", "html", "a"};
    enum { S = sizeof segments / sizeof segments[0], Q = sizeof queries / sizeof queries[0] };
    struct names names = {0};
    unsigned url = 0;
    for (unsigned depth = 1, count = S; depth <= 3; depth++, count *= S) {
        for (unsigned i = 0; i < count; i++) {
            char path[128] = "";
            for (unsigned level = 0, rest = i; level < depth; level++, rest /= S)
                snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", segments[rest % S]);
            /* Deep paths take a query in turn rather than all of them. */
            for (unsigned q = 0; q < Q; q++) {
                if (depth < 3 || q == 0 || q == 1 + i % (Q - 1))
                    give(&names, url++, path, queries[q]);
            }
        }
    }
    check_names(&names);
}

/* Every text of up to six characters of an alphabet that the rules care for, as path and as query. */
Test(name, no_two_urls_of_all_short_texts_share_a_file, .timeout = 120)
{
    static const char alphabet[] = "ab./~";
    enum { A = sizeof alphabet - 1 };
    struct names names = {0};
    unsigned url = 0;
    for (unsigned len = 0, count = 1; len <= 6; len++, count *= A) {
        for (unsigned i = 0; i < count; i++) {
            char text[8] = "";
            for (unsigned at = 0, rest = i; at < len; at++, rest /= A)
                text[at] = alphabet[rest % A];
            char path[16];
            snprintf(path, sizeof path, "/%s", text);
            give(&names, url++, path, NULL);
            give(&names, url++, path, "a");
            if (strcmp(text, "a") != 0) /* which was the line before */
                give(&names, url++, "/a", text);
        }
    }
    check_names(&names);
}

Test(name, the_body_of_an_error_lies_beside_the_page)
{
    struct name_parts parts = {.site = "site", .path = "/a/today", .media_type = "text/html", .error_status = 404};
    char name[NAME_SIZE];
    cr_assert_eq(name_make(&parts, name), STORE_OK);
    cr_assert_str_eq(name, "site/a/today~.html~~404.html");
    parts.media_type = "application/json";
    cr_assert_eq(name_make(&parts, name), STORE_OK);
    cr_assert_str_eq(name, "site/a/today~.json~~404.json");
    parts.media_type = NULL;
    parts.path = "/";
    cr_assert_eq(name_make(&parts, name), STORE_OK);
    cr_assert_str_eq(name, "site.html~~404.html");
    parts.error_status = 1000;
    cr_assert_eq(name_make(&parts, name), STORE_INVALID);
}

Test(name, the_longest_name_has_room_for_an_error)
{
    struct name_parts parts = {.site = "site", .media_type = "text/html", .error_status = 503};
    char path[NAME_BYTES_MAX + 64] = "", name[NAME_SIZE];
    for (size_t len = 0; len < NAME_BYTES_MAX + 32; len++) {
        path[len] = len % 100 == 0 ? '/' : 'a';
        path[len + 1] = '\0';
        parts.path = path;
        cr_assert_eq(name_make(&parts, name), STORE_OK);
        cr_assert_str_eq(name + strlen(name) - strlen("~~503.html"), "~~503.html", "%s", name);
    }
}
