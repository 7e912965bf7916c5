/* What a worker makes of answers: links, sitemaps, converted text, and bodies that nobody wants. */
#include "unit/fetch/ask.h"
#include "web/links/meta.h"

#include <stdlib.h>

TestSuite(yield, .timeout = 120);

enum { ALL = FETCH_LINKS | FETCH_REQUISITES };

/* The first links of an answer: "KIND PATH" separated by blanks, where PATH is what stands behind the fixture's own
 * origin. */
static const char *links_of(struct fixture *f, const struct asked *asked)
{
    static struct buffer shown;
    struct text records = {buffer_text(&asked->links), asked->links.len};
    struct fetch_link link;
    const char *own = fixture_url(f, "");
    size_t own_len = strlen(own), count = 0;
    buffer_clear(&shown);
    while (fetch_link_next(&records, &link)) {
        size_t skip = link.url.len >= own_len && memcmp(link.url.data, own, own_len) == 0 ? own_len : 0;
        if (count++ < 20)
            buffer_printf(&shown, "%s%c %.*s%s", shown.len ? " " : "", "prcsi"[link.kind], (int)(link.url.len - skip),
                          link.url.data + skip, link.nofollow ? "!" : "");
    }
    cr_assert_eq(records.len, 0, "a record is malformed");
    return buffer_text(&shown);
}

/* What an answer is besides its links and its body. */
static const char *shown(const struct asked *asked)
{
    static char line[600];
    snprintf(line, sizeof line, "%s; robots %u", asked_shown(asked), asked->answer.robots);
    return line;
}

static const char page[] = "<link rel=canonical href=/c><meta name=robots content=nofollow><a href=a rel=nofollow>"
                           "<img src=i>";
static const char sitemap[] = "<urlset><url><loc>/1</loc></url><url><loc>/2</loc></url></urlset>";
static const char css[] = "@import 'b.css';";

#define HTML(...)                                                                                                      \
    {                                                                                                                  \
        .body = page, __VA_ARGS__                                                                                      \
    }

static const struct fixture_route routes[] = {
    {.path = "/page", .reply = HTML()},
    {.path = "/gzip", .reply = HTML(.coding = FIXTURE_GZIP)},
    {.path = "/paced", .reply = HTML(.chunk = 3, .pace_bytes = 10)},
    {.path = "/plain", .reply = HTML(.type = "text/plain")},
    {.path = "/xhtml", .reply = HTML(.type = "application/xhtml+xml; charset=utf-8")},
    {.path = "/untyped", .reply = HTML(.type = "")},
    {.path = "/blanks", .reply = {.body = " \r\n\t <a href=x>", .type = ""}},
    {.path = "/bytes", .reply = {.body = "bytes", .type = ""}},
    {.path = "/empty", .reply = {.body = "", .type = ""}},
    {.path = "/none", .reply = {.body = ""}},
    {.path = "/404", .reply = HTML(.status = 404)},
    {.path = "/503", .reply = HTML(.status = 503)},
    {.path = "/302", .reply = HTML(.location = "/x")},
    {.path = "/304", .reply = HTML(.etag = "\"a\"")},
    {.path = "/css", .reply = {.body = css, .type = "text/css"}},
    {.path = "/short", .reply = HTML(.end = FIXTURE_DROP, .cut_at = 40)},
    {.path = "/map", .reply = {.body = sitemap, .type = "text/xml"}},
    {.path = "/map.gz", .reply = {.body = sitemap, .type = "application/gzip", .coding = FIXTURE_GZIP}},
    {.path = "/map/404", .reply = {.body = sitemap, .status = 404}},
    {.path = "/map/html", .reply = HTML()},
    {.path = "/map/broken", .reply = {.body = "<urlset><url><loc>/1</loc></url><url><loc", .type = "text/xml"}},
    {.path = "/map/short",
     .reply = {.body = sitemap, .type = "text/xml", .end = FIXTURE_DROP, .cut_at = sizeof sitemap - 2}},
    {.path = "/header",
     .reply = {.body = "%PDF",
               .type = "application/pdf",
               .headers = "Link: </h>; rel=\"canonical next\", <s.css>; rel=stylesheet\r\nLink: <n>; rel=prev\r\n"}},
    {.path = "/header/404", .reply = {.body = "x", .status = 404, .headers = "Link: </h>; rel=canonical\r\n"}},
    {.path = "/latin1", .reply = {.body = "<meta charset=latin1><a href='?\xe4'>\xe4", .type = "text/html"}},
    {.path = "/png", .reply = {.body = "PNG", .type = "image/png"}},
    {0}};

Test(yield, each_answer_gives_what_its_request_wants)
{
    static const struct {
        const char *path;
        unsigned flags;
        const char *links;
        const char *shown; /* how it ends, without the number of bytes */
        unsigned robots;
    } rows[] = {
        {"/page", FETCH_LINKS, "c /c p /a!", "200  kept", META_NOFOLLOW},
        {"/page", ALL, "c /c p /a! r /i", "200  kept", META_NOFOLLOW},
        {"/page", FETCH_REQUISITES, "", "200  kept", 0},
        {"/page", 0, "", "200  kept", 0},
        {"/gzip", FETCH_LINKS, "c /c p /a!", "200  kept", META_NOFOLLOW},
        {"/paced", FETCH_LINKS, "c /c p /a!", "200  kept", META_NOFOLLOW},
        {"/xhtml", FETCH_LINKS, "c /c p /a!", "200  kept", META_NOFOLLOW},
        {"/untyped", FETCH_LINKS, "c /c p /a!", "200  kept", META_NOFOLLOW},
        {"/blanks", FETCH_LINKS, "p /x", "200  kept", 0},
        {"/bytes", FETCH_LINKS, "", "200  kept", 0},
        {"/empty", FETCH_LINKS, "", "200  kept", 0},
        {"/none", FETCH_LINKS, "", "200  kept", 0},
        {"/plain", ALL, "", "200  kept", 0},
        {"/css", FETCH_LINKS, "", "200  kept", 0},
        {"/css", ALL, "r /b.css", "200  kept", 0},
        {"/404", ALL, "", "404 ", 0},
        {"/503", ALL, "", "503 ", 0},
        {"/302", ALL, "", "302 ", 0},
        {"/short", ALL, "", "200 truncated kept", 0},
        {"/map", FETCH_SITEMAP, "s /1 s /2", "200 ", 0},
        {"/map", FETCH_SITEMAP | ALL | FETCH_UTF8, "s /1 s /2", "200 ", 0},
        {"/map.gz", FETCH_SITEMAP, "s /1 s /2", "200 ", 0},
        {"/map/404", FETCH_SITEMAP, "", "404 ", 0},
        {"/map/html", FETCH_SITEMAP, "", "200 ", 0},
        {"/map/broken", FETCH_SITEMAP, "s /1", "200  links-cut", 0},
        {"/map/short", FETCH_SITEMAP, NULL, "200 truncated", 0},
        {"/header", FETCH_LINKS, "c /h p /h p /n", "200  kept", 0},
        {"/header", 0, "", "200  kept", 0},
        {"/header", FETCH_SITEMAP, "", "200 ", 0},
        {"/header/404", FETCH_LINKS, "", "404 ", 0},
        {"/latin1", FETCH_LINKS, "p /latin1?%E4", "200  kept", 0},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.flags = rows[i].flags;
        ask(&a, &r, &asked);
        const char *links = links_of(f, &asked);
        cr_expect(!rows[i].links || strcmp(links, rows[i].links) == 0, "row %zu, %s: %s", i, rows[i].path, links);
        size_t len = strlen(rows[i].shown);
        bool right =
            strncmp(asked_shown(&asked), rows[i].shown, len) == 0 && strchr(" 0123456789", asked_shown(&asked)[len]);
        cr_expect(right && asked.answer.robots == rows[i].robots, "row %zu, %s: %s", i, rows[i].path, shown(&asked));
        cr_expect_eq(asked.body.len, asked.answer.kept ? asked.answer.body_bytes : 0, "row %zu, %s: %s", i,
                     rows[i].path, shown(&asked));
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

Test(yield, the_bytes_are_those_that_were_served_whatever_is_read_from_them)
{
    static const char *const paths[] = {"/page", "/gzip", "/paced", "/untyped", "/xhtml"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(paths); i++) {
        struct fetch_request r = ask_for(f, paths[i]);
        struct asked asked;
        r.flags = ALL;
        ask(&a, &r, &asked);
        cr_expect_str_eq(buffer_text(&asked.body), page, "%s: %s", paths[i], shown(&asked));
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

/* ---- Media types ---- */

Test(yield, what_is_not_of_a_wanted_type_is_not_sent)
{
    static const char *const types[] = {"text/html", "application/octet-stream"};
    static const struct {
        const char *path;
        unsigned flags;
        bool kept, unwanted;
        const char *links;
    } rows[] = {
        {"/page", FETCH_LINKS, true, false, "c /c p /a!"},
        {"/png", FETCH_LINKS, false, true, ""},
        {"/png", FETCH_ANY_TYPE, true, false, ""},
        {"/png", 0, false, true, ""},
        {"/xhtml", FETCH_LINKS, false, true, "c /c p /a!"},
        {"/xhtml", FETCH_LINKS | FETCH_UTF8, false, true, "c /c p /a!"},
        {"/xhtml", 0, false, true, ""},
        {"/css", ALL, false, true, ""},
        {"/untyped", FETCH_LINKS, true, false, "c /c p /a!"},
        {"/bytes", FETCH_LINKS, true, false, ""},
        {"/map", FETCH_SITEMAP, false, false, "s /1 s /2"},
        {"/404", FETCH_LINKS, false, false, ""},
        {"/header", FETCH_LINKS, false, true, "c /h p /h p /n"},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_options options = ask_options();
    struct ask a;
    options.types = types;
    options.type_count = SUPPORT_COUNT(types);
    ask_open_with(&a, &options);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.flags = rows[i].flags;
        ask(&a, &r, &asked);
        const struct fetch_answer *answer = &asked.answer;
        const char *links = links_of(f, &asked);
        cr_expect_str_eq(links, rows[i].links, "row %zu, %s: %s", i, rows[i].path, links);
        cr_expect(answer->kept == rows[i].kept && answer->unwanted == rows[i].unwanted && !answer->error,
                  "row %zu, %s: %s", i, rows[i].path, shown(&asked));
        cr_expect_eq(asked.body.len == 0, !rows[i].kept, "row %zu, %s: %s", i, rows[i].path, shown(&asked));
        asked_release(&asked);
    }
    cr_expect_eq(fixture_connections(f), 1, "short bodies are not worth a connection");
    ask_close(&a);
    fixture_stop(f);
}

Test(yield, without_a_media_type_the_first_byte_tells_what_is_wanted)
{
    static const char *const types[] = {"text/html"};
    static const struct fixture_route untyped[] = {
        {.path = "/bytes", .reply = {.generated = 5000000, .type = ""}},
        {.path = "/blanks",
         .reply = {.body = "                                                <p>", .type = "", .chunk = 7}},
        {.path = "/empty", .reply = {.body = "", .type = ""}},
        {.path = "/short", .reply = {.body = "      <p>", .type = "", .cut_at = 4, .end = FIXTURE_DROP}},
        {0}};
    static const struct {
        const char *path;
        bool kept, unwanted;
        enum fetch_error error;
    } rows[] = {
        {"/bytes", false, true, FETCH_OK},
        {"/blanks", true, false, FETCH_OK},
        {"/empty", false, true, FETCH_OK},
        {"/short", false, false, FETCH_TRUNCATED},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = untyped});
    struct fetch_options options = ask_options();
    struct ask a;
    options.types = types;
    options.type_count = 1;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        ask(&a, &r, &asked);
        const struct fetch_answer *answer = &asked.answer;
        cr_expect(answer->kept == rows[i].kept && answer->unwanted == rows[i].unwanted &&
                      answer->error == rows[i].error,
                  "%s: %s", rows[i].path, shown(&asked));
        cr_expect_eq(asked.body.len, rows[i].kept ? answer->body_bytes : 0, "%s: %s", rows[i].path, shown(&asked));
        cr_expect_lt(answer->wire_bytes, 1000000, "%s: %s", rows[i].path, shown(&asked));
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

Test(yield, a_long_body_that_nobody_wants_is_broken_off_behind_its_head)
{
    static const char *const types[] = {"text/html"};
    static const struct fixture_route long_ones[] = {
        {.path = "/length", .reply = {.generated = 1ULL << 40, .type = "video/mp4"}},
        {.path = "/endless", .reply = {.fault = FIXTURE_ENDLESS_BODY, .body = "and so on", .type = "video/mp4"}},
        {.path = "/html", .reply = {.body = page}},
        {0}};
    static const char *const paths[] = {"/length", "/endless"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = long_ones});
    struct fetch_options options = ask_options();
    struct ask a;
    options.types = types;
    options.type_count = 1;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < SUPPORT_COUNT(paths); i++) {
        struct fetch_request r = ask_for(f, paths[i]);
        struct asked asked;
        r.flags = ALL;
        ask(&a, &r, &asked);
        cr_expect(asked.answer.unwanted && !asked.answer.error && !asked.answer.kept && !asked.answer.wire_bytes,
                  "%s: %s", paths[i], shown(&asked));
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

/* ---- Parts ---- */

enum { MANY = 30000 };

static char *many_links(void)
{
    struct buffer b = {0};
    for (int i = 0; i < MANY; i++)
        buffer_printf(&b, "<a href=/a/rather/long/path/of/number/%d>", i);
    return buffer_take(&b);
}

Test(yield, more_links_than_fit_into_one_message_come_in_parts_behind_the_body)
{
    char *body = many_links();
    const struct fixture_route big[] = {
        {.path = "/big", .reply = {.body = body}}, {.path = "/", .reply = {.body = "<a href=x>"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = big});
    struct fetch_request r = ask_for(f, "/big"), next = ask_for(f, "/");
    struct asked asked, after;
    struct ask a;
    ask_open(&a);
    r.flags = next.flags = FETCH_LINKS;
    ask(&a, &r, &asked);
    ask(&a, &next, &after);
    struct text records = {asked.links.data, asked.links.len};
    struct fetch_link link;
    char wanted[100];
    for (int i = 0; i < MANY; i++) {
        snprintf(wanted, sizeof wanted, "/a/rather/long/path/of/number/%d", i);
        cr_assert(fetch_link_next(&records, &link));
        cr_assert(ask_is(link.url, fixture_url(f, wanted)), "%d: %.*s", i, (int)link.url.len, link.url.data);
    }
    cr_expect_eq(records.len, 0);
    cr_expect_gt(asked.link_parts, 5);
    cr_expect_not(asked.answer.links_cut);
    cr_expect_str_eq(buffer_text(&asked.body), body);
    cr_expect_str_eq(links_of(f, &after), "p /x");
    asked_release(&asked);
    asked_release(&after);
    ask_close(&a);
    fixture_stop(f);
    free(body);
}

/* Bodies and links of several transfers of one worker cross each other's. */
Test(yield, pages_and_sitemaps_that_arrive_together_do_not_mix)
{
    enum { AT_ONCE = 12, LINES = 3000 };
    struct buffer html = {0}, map = {0};
    buffer_append_text(&map, "<urlset>");
    for (int i = 0; i < LINES; i++) {
        buffer_printf(&html, "<a href=/h%d>%0100d</a>", i, i);
        buffer_printf(&map, "<url><loc>/s%d</loc></url>", i);
    }
    buffer_append_text(&map, "</urlset>");
    const struct fixture_route all[] = {
        {.path = "/html", .reply = {.body = html.data, .chunk = 3001, .pace_bytes = 3001}},
        {.path = "/map", .reply = {.body = map.data, .chunk = 1001, .pace_bytes = 1001}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = all});
    struct asked asked[AT_ONCE];
    struct ask a;
    ask_open(&a);
    for (int i = 0; i < AT_ONCE; i++) {
        struct fetch_request r = ask_for(f, i % 2 ? "/map" : "/html");
        r.flags = i % 2 ? FETCH_SITEMAP : FETCH_LINKS;
        ask_begin(&a, &r, &asked[i]);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        ask_end(&a, &asked[i]);
        struct text records = {asked[i].links.data, asked[i].links.len};
        struct fetch_link link;
        char wanted[20];
        for (int n = 0; n < LINES; n++) {
            snprintf(wanted, sizeof wanted, "/%c%d", i % 2 ? 's' : 'h', n);
            cr_assert(fetch_link_next(&records, &link), "%d: %d", i, n);
            cr_assert(ask_is(link.url, fixture_url(f, wanted)), "%d: %.*s", n, (int)link.url.len, link.url.data);
        }
        cr_expect_eq(records.len, 0);
        cr_expect_eq(asked[i].body.len, i % 2 ? 0 : html.len);
        asked_release(&asked[i]);
    }
    ask_close(&a);
    fixture_stop(f);
    buffer_release(&html);
    buffer_release(&map);
}

/* ---- Limits ---- */

Test(yield, a_body_that_is_cut_tells_that_links_may_be_missing_and_one_that_is_too_large_has_none)
{
    static const char body[] = "<a href=a>1234567890<a href=b>1234567890<a href=c>";
    static const struct fixture_route cut[] = {
        {.path = "/length", .reply = {.body = body}}, {.path = "/chunks", .reply = {.body = body, .chunk = 5}}, {0}};
    static const struct {
        const char *path;
        unsigned flags;
        uint64_t max;
        const char *links, *shown;
    } rows[] = {
        {"/length", FETCH_LINKS | FETCH_CUT, 45, "p /a p /b", "200  kept cut links-cut 45"},
        {"/chunks", FETCH_LINKS | FETCH_CUT, 45, "p /a p /b", "200  kept cut links-cut 45"},
        {"/chunks", FETCH_LINKS | FETCH_CUT, 1000, "p /a p /b p /c", "200  kept 50"},
        {"/length", FETCH_LINKS, 45, "", "200 too-large kept 0"},
        {"/chunks", FETCH_LINKS, 45, "", "200 too-large kept 45"},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = cut});
    struct ask a;
    ask_open(&a);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.flags = rows[i].flags;
        r.max_bytes = rows[i].max;
        ask(&a, &r, &asked);
        const char *links = links_of(f, &asked);
        cr_expect_str_eq(links, rows[i].links, "row %zu: %s", i, links);
        cr_expect_eq(strncmp(asked_shown(&asked), rows[i].shown, strlen(rows[i].shown)), 0, "row %zu: %s", i,
                     asked_shown(&asked));
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

Test(yield, an_answer_that_goes_on_gives_no_links_because_it_cannot_be_asked_for_with_them)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_request r = ask_for(f, "/page");
    struct asked asked;
    struct ask a;
    ask_open(&a);
    r.flags = FETCH_LINKS;
    r.resume_at = 4;
    r.etag = ask_text("\"a\"");
    ask(&a, &r, &asked);
    cr_expect_eq(asked.answer.error, FETCH_URL, "%s", asked_shown(&asked));
    cr_expect_eq(asked.links.len, 0);
    asked_release(&asked);
    ask_close(&a);
    fixture_stop(f);
}

Test(yield, a_page_that_has_not_changed_gives_none)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct fetch_request r = ask_for(f, "/304");
    struct asked asked;
    struct ask a;
    ask_open(&a);
    r.flags = ALL;
    r.etag = ask_text("\"a\"");
    ask(&a, &r, &asked);
    cr_expect(asked.answer.status == 304 && !asked.answer.error && !asked.links.len, "%s", asked_shown(&asked));
    asked_release(&asked);
    ask_close(&a);
    fixture_stop(f);
}

/* ---- Conversion ---- */

Test(yield, pages_are_sent_as_utf8_when_that_is_wanted)
{
    static const struct fixture_route texts[] = {
        {.path = "/html", .reply = {.body = "<meta charset=latin1><a href=x>\xe4", .type = "text/html"}},
        {.path = "/untyped", .reply = {.body = "<meta charset=latin1><a href=x>\xe4", .type = ""}},
        {.path = "/error", .reply = {.body = "<meta charset=latin1>\xe4", .status = 404}},
        {.path = "/plain", .reply = {.body = "\xe4", .type = "text/plain; charset=latin1"}},
        {.path = "/binary", .reply = {.body = "\xe4", .type = "application/x; charset=latin1"}},
        {.path = "/bytes", .reply = {.body = "\xe4", .type = ""}},
        {.path = "/long", .reply = {.generated = 300000, .type = "text/html; charset=latin1"}},
        {.path = "/grows", .reply = {.body = "\xe4\xe4\xe4\xe4\xe4\xe4", .type = "text/plain; charset=latin1"}},
        {0}};
    static const struct {
        const char *path;
        unsigned flags;
        uint64_t max;
        const char *body; /* NULL: it is not looked at */
        uint64_t bytes;
        enum fetch_error error;
        bool cut;
        const char *links;
    } rows[] = {
        {"/html", FETCH_LINKS, 0, "<meta charset=utf-8><a href=x>\xc3\xa4", 32, .links = "p /x"},
        {"/html", 0, 0, "<meta charset=utf-8><a href=x>\xc3\xa4", 32, .links = ""},
        {"/untyped", FETCH_LINKS, 0, "<meta charset=utf-8><a href=x>\xc3\xa4", 32, .links = "p /x"},
        {"/error", FETCH_LINKS, 0, "<meta charset=utf-8>\xc3\xa4", 22, .links = ""},
        {"/plain", 0, 0, "\xc3\xa4", 2, .links = ""},
        {"/binary", 0, 0, "\xe4", 1, .links = ""},
        {"/bytes", 0, 0, "\xe4", 1, .links = ""},
        {"/long", FETCH_LINKS, 0, NULL, 300003, .links = ""},
        {"/grows", 0, 12, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 12, .links = ""},
        {"/grows", 0, 11, NULL, 0, .error = FETCH_TOO_LARGE, .links = ""},
        {"/grows", FETCH_CUT, 6, "\xc3\xa4\xc3\xa4\xc3\xa4", 6, .cut = true, .links = ""},
        {"/grows", FETCH_CUT, 4, "\xc3\xa4\xc3\xa4", 4, .cut = true, .links = ""},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = texts});
    struct fetch_options options = ask_options();
    struct ask a;
    options.keep_errors = true;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.flags = rows[i].flags | FETCH_UTF8;
        r.max_bytes = rows[i].max;
        ask(&a, &r, &asked);
        cr_expect(asked.answer.error == rows[i].error && asked.answer.cut == rows[i].cut, "row %zu: %s", i,
                  shown(&asked));
        cr_expect(!rows[i].body || strcmp(buffer_text(&asked.body), rows[i].body) == 0, "row %zu: %s", i,
                  buffer_text(&asked.body));
        cr_expect(asked.body.len == rows[i].bytes && asked.answer.body_bytes == rows[i].bytes, "row %zu: %s", i,
                  shown(&asked));
        cr_expect_str_eq(links_of(f, &asked), rows[i].links, "row %zu", i);
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

/* ---- Inside the sandbox ---- */

static void read_inside(bool preloads)
{
    static const struct fixture_route pages[] = {
        {.path = "/sjis", .reply = {.body = "<a href='/\x93\xfa'>", .type = "text/html; charset=shift_jis"}},
        {.path = "/eucjp", .reply = {.body = "<a href='/\xc6\xfc\x8f\xb0\xa1'>", .type = "text/html; charset=euc-jp"}},
        {.path = "/gbk", .reply = {.body = "<a href='/\xc8\xd5'>", .type = "text/html; charset=gbk"}},
        {.path = "/gb18030", .reply = {.body = "<a href='/\xc8\xd5'>", .type = "text/html; charset=gb18030"}},
        {.path = "/euckr", .reply = {.body = "<a href='/\xc7\xd1'>", .type = "text/html; charset=euc-kr"}},
        {.path = "/big5", .reply = {.body = "<a href='/\xa4\xe9'>", .type = "text/html; charset=big5"}},
        {.path = "/2022", .reply = {.body = "<a href='/\x1b$BF|\x1b(B'>", .type = "text/html; charset=iso-2022-jp"}},
        {.path = "/query", .reply = {.body = "<a href='?\xc7\xd1'>", .type = "text/html; charset=euc-kr"}},
        /* Guessed by uchardet: "Privet, mir. Kak dela?" in windows-1251. */
        {.path = "/guess",
         .reply = {.body = "<p>\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0. \xca\xe0\xea \xe4\xe5\xeb\xe0? "
                           "\xdd\xf2\xee \xf1\xf2\xf0\xe0\xed\xe8\xf6\xe0 \xed\xe0 \xf0\xf3\xf1\xf1\xea\xee\xec "
                           "\xff\xe7\xfb\xea\xe5.<a href='/\xec\xe8\xf0'>",
                   .type = "text/html"}},
        {.path = "/map", .reply = {.body = sitemap, .type = "text/xml"}},
        {0}};
    static const struct {
        const char *path, *links;
        unsigned flags;
    } rows[] = {
        {"/sjis", "p /%E6%97%A5", FETCH_LINKS},
        {"/eucjp", "p /%E6%97%A5%E4%B8%82", FETCH_LINKS},
        {"/gbk", "p /%E6%97%A5", FETCH_LINKS},
        {"/gb18030", "p /%E6%97%A5", FETCH_LINKS},
        {"/euckr", "p /%ED%95%9C", FETCH_LINKS},
        {"/big5", "p /%E6%97%A5", FETCH_LINKS},
        {"/2022", "p /%E6%97%A5", FETCH_LINKS},
        {"/query", "p /query?%C7%D1", FETCH_LINKS},
        {"/guess", "p /%D0%BC%D0%B8%D1%80", FETCH_LINKS},
        {"/map", "s /1 s /2", FETCH_SITEMAP},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = pages});
    struct fetch_options options = ask_options();
    struct ask a;
    options.sandbox = true;
    options.reads_pages = preloads;
    ask_open_with(&a, &options);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fetch_request r = ask_for(f, rows[i].path);
        struct asked asked;
        r.flags = rows[i].flags;
        ask(&a, &r, &asked);
        const char *links = links_of(f, &asked);
        cr_expect_str_eq(links, rows[i].links, "%s: %s, %s", rows[i].path, links, asked_shown(&asked));
        asked_release(&asked);
    }
    ask_close(&a);
    fixture_stop(f);
}

Test(yield, every_charset_and_sitemaps_are_read_inside_the_sandbox)
{
    read_inside(false);
    read_inside(true);
}
