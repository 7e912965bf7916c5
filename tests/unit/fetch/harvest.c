/* Bodies in, links and text out; each body in one piece, and byte by byte. */
#include "fetch/harvest/harvest.h"
#include "web/links/meta.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

TestSuite(harvest, .timeout = 60);

enum { NO_LIMIT = 1 << 30 };

/* One body, and what came of it. */
struct crop {
    enum use_kind kind;
    const char *type;
    bool no_links, requisites, converts;
    const char *agent;
    const char *url; /* NULL: http://h/d/p */
    size_t text_limit;

    struct buffer links; /* "KIND URL" separated by blanks; '!' behind: nofollow */
    struct buffer text;
    size_t count;
    enum harvest_status status;
    struct harvest_result result;
};

static bool on_link(void *context, const struct fetch_link *link)
{
    struct crop *c = context;
    static const char kinds[] = "prcsi";
    cr_assert_lt(link->kind, FETCH_LINK_KIND_COUNT);
    c->count++;
    if (c->count <= 50)
        buffer_printf(&c->links, "%s%c %.*s%s", c->links.len ? " " : "", kinds[link->kind], (int)link->url.len,
                      link->url.data, link->nofollow ? "!" : "");
    if (link->has_lastmod)
        buffer_printf(&c->links, "@%lld-%lld", (long long)link->lastmod_s, (long long)link->lastmod_until_s);
    if (link->priority != FETCH_LINK_PRIORITY_DEFAULT)
        buffer_printf(&c->links, "*%u", link->priority);
    return true;
}

static bool on_text(void *context, const char *text, size_t len)
{
    struct crop *c = context;
    buffer_append(&c->text, text, len);
    return !c->text_limit || c->text.len < c->text_limit;
}

static void feed(struct harvest *h, struct crop *c, const char *body, size_t len, size_t piece)
{
    c->status = HARVEST_OK;
    for (size_t at = 0; at < len && c->status == HARVEST_OK; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        char *exact = malloc(n); /* so that the address sanitizer sees a read past the end */
        memcpy(exact, body + at, n);
        c->status = harvest_feed(h, exact, n);
        free(exact);
    }
}

static void grow_with(struct harvest *h, struct crop *c, const char *body, size_t len, size_t piece)
{
    const char *url = c->url ? c->url : "http://h/d/p";
    struct harvest_job job = {
        .kind = c->kind,
        .finds_links = !c->no_links,
        .requisites = c->requisites,
        .converts = c->converts,
        .robots_agent = c->agent,
        .content_type = c->type ? c->type : "",
        .url = {url, strlen(url)},
        .text = on_text,
        .link = on_link,
        .context = c,
    };
    buffer_clear(&c->links);
    buffer_clear(&c->text);
    c->count = 0;
    cr_assert(harvest_begin(h, &job));
    feed(h, c, body, len, piece);
    if (c->status == HARVEST_OK)
        c->status = harvest_end(h, false);
    harvest_links(h, &c->result);
    harvest_reset(h);
}

static void crop_release(struct crop *c)
{
    buffer_release(&c->links);
    buffer_release(&c->text);
}

static void grow(struct crop *c, const char *body, size_t len, size_t piece)
{
    struct harvest_pool pool = {0};
    struct harvest *h = harvest_new(&pool);
    grow_with(h, c, body, len, piece);
    harvest_free(h);
    cr_assert_eq(pool.bytes, 0);
}

/* What BODY links to, whole and in pieces. */
static void check(struct crop *c, const char *body, size_t len, const char *links)
{
    static const size_t pieces[] = {NO_LIMIT, 1, 7, 1024};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        grow(c, body, len, pieces[i]);
        cr_expect_eq(c->status, HARVEST_OK, "%.200s", body);
        cr_expect_not(c->result.cut, "%.200s", body);
        cr_expect_str_eq(buffer_text(&c->links), links, "%.200s in pieces of %zu: %s", body, pieces[i],
                         buffer_text(&c->links));
        crop_release(c);
    }
}

static void html(const char *body, const char *links)
{
    struct crop c = {.kind = USE_HTML, .type = "text/html; charset=utf-8"};
    check(&c, body, strlen(body), links);
}

static void requisites(const char *body, const char *links)
{
    struct crop c = {.kind = USE_HTML, .type = "text/html; charset=utf-8", .requisites = true};
    check(&c, body, strlen(body), links);
}

/* ---- Pages ---- */

Test(harvest, the_links_of_a_page_come_as_what_they_are)
{
    html("<a href=x>", "p http://h/d/x");
    html("<a href=/x#f><a href=?q><a href=//g:81/><a href=https://H/>",
         "p http://h/x p http://h/d/p?q p http://g:81/ p https://h/");
    html("<area href=a><iframe src=i></iframe><meta http-equiv=refresh content='0;r'>",
         "p http://h/d/a p http://h/d/i p http://h/d/r");
    html("<a rel=nofollow href=x><a href=y>", "p http://h/d/x! p http://h/d/y");
    html("<link rel=canonical href=/c><link rel=next href=n><link rel=prev href=v><link rel=alternate href=a>",
         "c http://h/c p http://h/d/n p http://h/d/v p http://h/d/a");
    html("<link rel='canonical alternate' href=x>", "p http://h/d/x c http://h/d/x");
    html("<base href=/b/><a href=x>", "p http://h/b/x");
    html("<a href=x><base href=https://other/b/>", "p https://other/b/x");
    html("<a href='mailto:a@b'><a href='javascript:x'><a href='data:,x'><a href='ftp://f/'><a href='file:///etc'>", "");
    html("<link rel=stylesheet href=s><img src=i><script src=j></script><link rel=dns-prefetch href=//d>", "");
    html("", "");
    html("plain words", "");
}

Test(harvest, what_a_page_needs_comes_only_when_it_is_wanted)
{
    requisites("<link rel=stylesheet href=s.css><link rel=icon href=i><img src=a srcset='b 2x'><script src=j></script>",
               "r http://h/d/s.css r http://h/d/i r http://h/d/a r http://h/d/b r http://h/d/j");
    requisites("<link rel='alternate stylesheet' href=s>", "r http://h/d/s");
    requisites("<style>@import 'x'; a{background:url(y)}</style><p style='background:url(z)'>",
               "r http://h/d/x r http://h/d/y r http://h/d/z");
    requisites("<link rel=preload href=a><link rel=modulepreload href=b><link rel=manifest href=c>"
               "<link rel=preconnect href=//x><link rel=search href=d><link href=e>",
               "r http://h/d/a r http://h/d/b r http://h/d/c");
    requisites("<a href=x><img src=x>", "p http://h/d/x r http://h/d/x");
}

/* The shortcut for references that are there already must not change what they mean. */
Test(harvest, a_reference_that_is_repeated_counts_once_and_as_the_weakest_of_its_rels)
{
    html("<a href=x><a href=x><a href=x>", "p http://h/d/x");
    html("<a href=#a><a href=#b><a href='#'><a href=y>", "p http://h/d/p p http://h/d/y");
    html("<a href=x rel=nofollow><a href=x>", "p http://h/d/x");
    html("<a href=x><a href=x rel=nofollow>", "p http://h/d/x");
    html("<a href=x rel=nofollow><a href=x rel=nofollow>", "p http://h/d/x!");
    html("<a href=#a rel=nofollow><a href=#b rel=nofollow>", "p http://h/d/p!");
    html("<a href=#a rel=nofollow><a href=#b>", "p http://h/d/p");
    html("<a href=''><a href=''><a href=x>", "p http://h/d/p p http://h/d/x");
}

Test(harvest, what_was_found_on_one_page_is_new_on_the_next)
{
    struct harvest_pool pool = {0};
    struct harvest *h = harvest_new(&pool);
    static const char body[] = "<base href=/b/><meta name=robots content=noindex><a href=x><a href=x><style>a{url(y";
    static const char next[] = "<a href=x>";
    for (int i = 0; i < 4; i++) {
        struct crop c = {.kind = USE_HTML, .requisites = i % 2};
        bool first = i < 2;
        grow_with(h, &c, first ? body : next, first ? sizeof body - 1 : sizeof next - 1, NO_LIMIT);
        cr_expect(strncmp(buffer_text(&c.links), first ? "p http://h/b/x" : "p http://h/d/x", 14) == 0, "%d: %s", i,
                  buffer_text(&c.links));
        cr_expect_eq(c.result.robots, first ? META_NOINDEX : 0);
        crop_release(&c);
    }
    harvest_free(h);
}

/* A page that failed is forgotten in the middle of its style element, which ends only then. */
Test(harvest, a_body_that_is_given_up_leaves_nothing_behind)
{
    static const char unfinished[] = "<base href=/b/><a href=x><style>a { background: url(y";
    struct harvest_pool pool = {0};
    struct harvest *h = harvest_new(&pool);
    struct crop c = {.kind = USE_HTML, .requisites = true};
    struct harvest_job job = {.kind = USE_HTML,
                              .finds_links = true,
                              .requisites = true,
                              .content_type = "text/html; charset=utf-8",
                              .url = {"http://h/", 9},
                              .link = on_link,
                              .context = &c};
    cr_assert(harvest_begin(h, &job));
    cr_assert_eq(harvest_feed(h, unfinished, sizeof unfinished - 1), HARVEST_OK);
    harvest_reset(h);
    grow_with(h, &c, "<a href=z>", 10, NO_LIMIT);
    cr_assert_str_eq(buffer_text(&c.links), "p http://h/d/z");
    crop_release(&c);
    harvest_free(h);
}

Test(harvest, meta_robots_are_those_for_all_and_for_the_agent)
{
    static const struct {
        const char *agent, *body;
        unsigned robots;
    } rows[] = {
        {NULL, "<meta name=robots content='noindex, nofollow'>", META_NOINDEX | META_NOFOLLOW},
        {"forage", "<meta name=Forage content=none>", META_NOINDEX | META_NOFOLLOW},
        {"forage", "<meta name=other content=none>", 0},
        {NULL, "<meta name=forage content=none>", 0},
        {"forage", "<meta name=robots content=noarchive><meta name=forage content=noindex>",
         META_NOINDEX | META_NOARCHIVE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct crop c = {.kind = USE_HTML, .agent = rows[i].agent};
        grow(&c, rows[i].body, strlen(rows[i].body), NO_LIMIT);
        cr_expect_eq(c.result.robots, rows[i].robots, "%s: %u", rows[i].body, c.result.robots);
        crop_release(&c);
    }
}

/* ---- Charsets ---- */

/* A page's charset changes what its links' queries are (URL standard, "query state") and leaves paths UTF-8. */
Test(harvest, links_are_read_in_the_charset_of_their_page)
{
    static const struct {
        const char *type, *body;
        size_t len; /* 0: up to a NUL */
        const char *links;
    } rows[] = {
        {"text/html; charset=utf-8", "<a href='/\xc3\xa4?\xc3\xa4'>", 0, "p http://h/%C3%A4?%C3%A4"},
        {"text/html; charset=iso-8859-1", "<a href='/\xe4?\xe4'>", 0, "p http://h/%C3%A4?%E4"},
        {"text/html", "<meta charset=windows-1251><a href='/\xc4?\xc4'>", 0, "p http://h/%D0%94?%C4"},
        {"text/html; charset=shift_jis", "<a href='/\x93\xfa?\x93\xfa'>", 0, "p http://h/%E6%97%A5?%93%FA"},
        {"text/html; charset=euc-jp", "<a href='/\xc6\xfc?\xc6\xfc'>", 0, "p http://h/%E6%97%A5?%C6%FC"},
        {"text/html; charset=gbk", "<a href='/\xc8\xd5?\xc8\xd5'>", 0, "p http://h/%E6%97%A5?%C8%D5"},
        {"text/html; charset=gb18030", "<a href='/\xc8\xd5?\xc8\xd5'>", 0, "p http://h/%E6%97%A5?%C8%D5"},
        {"text/html; charset=big5", "<a href='/\xa4\xe9?\xa4\xe9'>", 0, "p http://h/%E6%97%A5?%A4%E9"},
        {"text/html; charset=euc-kr", "<a href='/\xc7\xd1?\xc7\xd1'>", 0, "p http://h/%ED%95%9C?%C7%D1"},
        {"text/html; charset=iso-2022-jp", "<a href='/\x1b$BF|\x1b(B?x'>", 0, "p http://h/%E6%97%A5?x"},
        {"text/html; charset=koi8-r", "<a href='?\xc4&a=\xe2\x80'>", 0, "p http://h/d/p?%C4&a=%E2%80"},
        {"text/html; charset=windows-1252", "<a href='?&#1076;'>", 0, "p http://h/d/p?%26%231076%3B"},
        {"text/html; charset=utf-16le", "<\0a\0 \0h\0r\0e\0f\0=\0x\0?\0\xe4\0>\0", 24, "p http://h/d/x?%C3%A4"},
        {"text/html", "\xff\xfe<\0a\0 \0h\0r\0e\0f\0=\0x\0>\0", 22, "p http://h/d/x"},
        {"text/html; charset=gbk", "\xef\xbb\xbf<a href=?\xc3\xa4>", 0, "p http://h/d/p?%C3%A4"}, /* the mark wins */
        {"text/html; charset=gbk", "<a href=/a?b>", 0, "p http://h/a?b"},
        {"text/html; charset=utf-8", "<a href=?x\xe4y>", 0, "p http://h/d/p?x%EF%BF%BDy"}, /* no UTF-8 */
        {"text/html; charset=utf-8", "<a href=?x\xc3><a href=y\xe2\x82>", 0,
         "p http://h/d/p?x%EF%BF%BD p http://h/d/y%EF%BF%BD"},
        {"text/html; charset=utf-8", "<a href=\"x\xe4\"b=c>", 0, "p http://h/d/x%EF%BF%BD"},
        {"text/html; charset=utf-8", "<base href=/\xe4/><a href=x>", 0, "p http://h/%EF%BF%BD/x"},
        {"text/html; charset=utf-8", "<a href='/\xef\xbb\xbf'>", 0, "p http://h/%EF%BB%BF"}, /* no mark in the middle */
        {"text/html; charset=unknown", "<a href=?\xc3\xa4>", 0, "p http://h/d/p?%C3%A4"},    /* by its looks */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct crop c = {.kind = USE_HTML, .type = rows[i].type};
        size_t len = rows[i].len ? rows[i].len : strlen(rows[i].body);
        check(&c, rows[i].body, len, rows[i].links);
    }
}

/* So much is held back until it is known what the text is. */
Test(harvest, a_long_page_that_does_not_say_what_it_is_in_is_guessed_and_read_whole)
{
    struct buffer page = {0};
    static const size_t pieces[] = {NO_LIMIT, 1, 1000, 40000};
    buffer_append_text(&page, "<a href=first>");
    while (page.len < 40000)
        buffer_append_text(&page, "<p>\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 ");
    buffer_append_text(&page, "<a href='?\xd0\x9f'>");
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct crop c = {.kind = USE_HTML, .type = "text/html"};
        grow(&c, page.data, page.len, pieces[i]);
        cr_expect_str_eq(buffer_text(&c.links), "p http://h/d/first p http://h/d/p?%D0%9F", "%s",
                         buffer_text(&c.links));
        crop_release(&c);
    }
    buffer_release(&page);
}

/* ---- Style sheets and images ---- */

Test(harvest, a_style_sheet_leads_to_what_it_needs)
{
    struct crop c = {.kind = USE_CSS, .type = "text/css", .requisites = true, .url = "http://h/s/a.css"};
    static const char css[] =
        "@import 'b.css'; a{background:url(../i.png)} b{background:url(\"//g/\xc3\xa4?\xc3\xa4\")}";
    check(&c, css, sizeof css - 1, "r http://h/s/b.css r http://h/i.png r http://g/%C3%A4?%C3%A4");
    c = (struct crop){.kind = USE_CSS, .type = "text/css; charset=iso-8859-1"};
    check(&c, "a{background:url(\xe4?\xe4)}", 23, "r http://h/d/%C3%A4?%C3%A4");
    c = (struct crop){.kind = USE_CSS};
    check(&c, "@charset \"iso-8859-1\";a{background:url(\xe4)}", 43, "r http://h/d/%C3%A4");
    c = (struct crop){.kind = USE_CSS};
    check(&c, "@charset \"utf-16\";a{background:url(\xc3\xa4)}", 40, "r http://h/d/%C3%A4");
    c = (struct crop){.kind = USE_CSS, .type = "text/css; charset=gbk"};
    check(&c, "\xef\xbb\xbf@import url(\xc3\xa4)", 18, "r http://h/d/%C3%A4");
}

Test(harvest, an_image_made_of_markup_leads_to_what_it_needs)
{
    struct crop c = {.kind = USE_SVG, .type = "image/svg+xml", .requisites = true};
    static const char svg[] = "<?xml version='1.0'?><svg xmlns='x'><image href='i.png'/><a href='p'/></svg>";
    check(&c, svg, sizeof svg - 1, "r http://h/d/i.png p http://h/d/p");
}

/* ---- Sitemaps ---- */

static const char sitemap[] = "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                              "<url><loc>http://h/a?b&amp;c</loc><lastmod>2020-01-02T03:04:05Z</lastmod></url>"
                              "<url><loc>https://h/\xc3\xa4</loc><priority>1.0</priority></url>"
                              "<url><loc>ftp://h/</loc></url><url><loc>/relative#x</loc></url></urlset>";
static const char sitemap_links[] =
    "s http://h/a?b&c@1577934245-1577934245 s https://h/%C3%A4*1000 s http://h/relative";

Test(harvest, a_sitemap_names_pages_and_when_they_changed)
{
    struct crop c = {.kind = USE_SITEMAP};
    check(&c, sitemap, sizeof sitemap - 1, sitemap_links);
    c = (struct crop){.kind = USE_SITEMAP};
    static const char index[] = "<sitemapindex><sitemap><loc>http://h/1.xml</loc></sitemap></sitemapindex>";
    check(&c, index, sizeof index - 1, "i http://h/1.xml");
    c = (struct crop){.kind = USE_SITEMAP};
    check(&c, "http://h/a\nhttp://h/b\n", 22, "s http://h/a s http://h/b");
}

Test(harvest, a_sitemap_in_gzip_is_unpacked)
{
    char packed[1024];
    z_stream z = {0};
    cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)sitemap;
    z.avail_in = sizeof sitemap - 1;
    z.next_out = (unsigned char *)packed;
    z.avail_out = sizeof packed;
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    struct crop c = {.kind = USE_SITEMAP};
    check(&c, packed, z.total_out, sitemap_links);
    deflateEnd(&z);
}

Test(harvest, what_is_wrong_with_a_sitemap_is_said)
{
    static const struct {
        const char *body, *links, *detail;
        bool cut;
    } rows[] = {
        {"<urlset><url><loc>http://h/a</loc></url><url><loc>http://h/b", "s http://h/a", "not well-formed", true},
        {"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset><url><loc>http://h/&a;</loc></url></urlset>", "", "document type",
         true},
        {"<html><body><a href=x>Not found</a></body></html>", "", "no sitemap", false},
        {"\x1f\x8b\x08", "", "compressed", true},
        {"<urlset><url><loc>http://h/a</loc></url></urlset>", "s http://h/a", NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct crop c = {.kind = USE_SITEMAP};
        grow(&c, rows[i].body, strlen(rows[i].body), NO_LIMIT);
        cr_expect_str_eq(buffer_text(&c.links), rows[i].links, "%s: %s", rows[i].body, buffer_text(&c.links));
        cr_expect_eq(c.result.cut, rows[i].cut, "%s", rows[i].body);
        bool said = rows[i].detail ? strstr(c.result.detail, rows[i].detail) != NULL : !*c.result.detail;
        cr_expect(said, "%s: %s", rows[i].body, c.result.detail);
        crop_release(&c);
    }
}

/* ---- Conversion ---- */

Test(harvest, text_is_converted_and_what_it_says_of_itself_made_true)
{
    static const struct {
        enum use_kind kind;
        const char *type, *body;
        size_t len; /* 0: up to a NUL */
        const char *text;
    } rows[] = {
        {USE_HTML, "text/html; charset=iso-8859-1", "<meta charset=latin1>\xe4", 0, "<meta charset=utf-8>\xc3\xa4"},
        {USE_HTML, "text/html", "<meta charset='shift_jis'>\x93\xfa", 0, "<meta charset='utf-8'>\xe6\x97\xa5"},
        {USE_HTML, "text/html; charset=utf-8", "<p>\xc3\xa4", 0, "<p>\xc3\xa4"},
        {USE_HTML, "text/html; charset=utf-8", "<meta charset=gbk>\xc3\xa4", 0, "<meta charset=utf-8>\xc3\xa4"},
        {USE_HTML, "text/html; charset=utf-8", "<p>\xe4!", 0, "<p>\xef\xbf\xbd!"},
        {USE_HTML, "text/html; charset=iso-8859-1", "<p>\xe4", 0, "\xef\xbb\xbf<p>\xc3\xa4"},
        {USE_HTML, "text/html; charset=iso-8859-1", "<p>a", 0, "<p>a"},
        {USE_HTML, "text/html", "<p>a", 0, "<p>a"},
        {USE_HTML, "text/html", "\xef\xbb\xbf<p>\xc3\xa4", 0, "\xef\xbb\xbf<p>\xc3\xa4"},
        {USE_HTML, "text/html", "\xff\xfe<\0p\0>\0\xe4\0", 10, "\xef\xbb\xbf<p>\xc3\xa4"},
        {USE_HTML, "text/html; charset=euc-kr", "<?xml version='1.0' encoding='euc-kr'?>\xc7\xd1", 0,
         "<?xml version='1.0' encoding='utf-8'?>\xed\x95\x9c"},
        {USE_HTML, "text/html; charset=gbk", "<p>\xc8", 0, "\xef\xbb\xbf<p>\xef\xbf\xbd"},
        {USE_PLAIN, "text/plain; charset=iso-8859-1", "<meta charset=x>\xe4", 0, "<meta charset=x>\xc3\xa4"},
        {USE_PLAIN, "text/plain", "\xc3\xa4", 0, "\xc3\xa4"},
        {USE_PLAIN, "text/plain", "<meta charset=shift_jis>\xe6\x97\xa5", 0, "<meta charset=shift_jis>\xe6\x97\xa5"},
        {USE_PLAIN, "text/plain", "<meta charset=shift_jis>\x93\xfa", 0, "<meta charset=shift_jis>\xe6\x97\xa5"},
        {USE_CSS, "text/css", "@charset \"iso-8859-1\"; a{content:'\xe4'}", 0,
         "@charset \"utf-8\"; a{content:'\xc3\xa4'}"},
        {USE_CSS, "text/css; charset=iso-8859-1", "a{content:'\xe4'}", 0, "a{content:'\xc3\xa4'}"},
        {USE_HTML, "text/html", "", 0, ""},
    };
    static const size_t pieces[] = {NO_LIMIT, 1, 5};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            struct crop c = {.kind = rows[i].kind, .type = rows[i].type, .no_links = k == 1, .converts = true};
            grow(&c, rows[i].body, rows[i].len ? rows[i].len : strlen(rows[i].body), pieces[k]);
            cr_expect_eq(c.status, HARVEST_OK);
            cr_expect_str_eq(buffer_text(&c.text), rows[i].text, "row %zu, %s: %s", i, rows[i].body,
                             buffer_text(&c.text));
            crop_release(&c);
        }
    }
}

/* The beginning is held for its declarations; the rest passes. */
Test(harvest, a_long_text_is_converted_whole)
{
    static const size_t pieces[] = {NO_LIMIT, 1, 4096, 100000};
    struct buffer page = {0}, wanted = {0};
    buffer_append_text(&page, "<meta charset=windows-1252>");
    buffer_append_text(&wanted, "<meta charset=utf-8>");
    while (page.len < 300000) {
        buffer_append_text(&page, "<p>stra\xdf"
                                  "e <a href=x\xe4>");
        buffer_append_text(&wanted, "<p>stra\xc3\x9f"
                                    "e <a href=x\xc3\xa4>");
    }
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct crop c = {.kind = USE_HTML, .converts = true};
        grow(&c, page.data, page.len, pieces[i]);
        cr_expect(c.text.len == wanted.len && memcmp(c.text.data, wanted.data, wanted.len) == 0, "pieces of %zu: %zu",
                  pieces[i], c.text.len);
        cr_expect_str_eq(buffer_text(&c.links), "p http://h/d/x%C3%A4");
        crop_release(&c);
    }
    buffer_release(&page);
    buffer_release(&wanted);
}

Test(harvest, whoever_takes_the_text_can_stop_it)
{
    struct buffer page = {0};
    while (page.len < 100000)
        buffer_append_text(&page, "<p>\xe4");
    for (size_t limit = 1; limit < 100000; limit = limit * 10 + 3) {
        struct crop c = {.kind = USE_HTML, .type = "text/html; charset=latin1", .converts = true, .text_limit = limit};
        grow(&c, page.data, page.len, 30000);
        cr_expect_eq(c.status, HARVEST_STOPPED);
        cr_expect(c.text.len >= limit && c.text.len < limit + 120000, "%zu: %zu", limit, c.text.len);
        crop_release(&c);
    }
    buffer_release(&page);
}

/* ---- Bounds ---- */

Test(harvest, a_page_with_links_without_number_gives_a_great_many_of_them)
{
    struct buffer page = {0};
    for (int i = 0; i < 200000; i++)
        buffer_printf(&page, "<a href=%d>", i);
    struct crop c = {.kind = USE_HTML};
    grow(&c, page.data, page.len, 65536);
    cr_expect_eq(c.status, HARVEST_OK);
    cr_expect(c.result.cut);
    cr_expect_gt(c.count, 100000);
    crop_release(&c);
    buffer_release(&page);
}

Test(harvest, a_link_that_is_too_long_is_left_out)
{
    struct buffer page = {0};
    buffer_append_text(&page, "<a href=x><a href=");
    for (int i = 0; i < FETCH_LINK_URL_MAX; i++)
        buffer_append_char(&page, 'y');
    buffer_append_text(&page, "><a href=z>");
    html(page.data, "p http://h/d/x p http://h/d/z");
    buffer_release(&page);
}

/* Invariant 4: many pages at once take no more than they may together. */
Test(harvest, pages_that_are_read_at_the_same_time_share_their_memory)
{
    enum { PAGES = 12 };
    struct harvest_pool pool = {0};
    struct harvest *all[PAGES];
    struct crop c = {.kind = USE_HTML};
    struct buffer piece = {0};
    struct harvest_job job = {.kind = USE_HTML,
                              .finds_links = true,
                              .content_type = "text/html; charset=utf-8",
                              .url = {"http://h/", 9},
                              .link = on_link,
                              .context = &c};
    bool cut = false;
    for (size_t i = 0; i < PAGES; i++) {
        all[i] = harvest_pool_take(&pool);
        cr_assert(harvest_begin(all[i], &job));
    }
    for (int n = 0; n < 400; n++) {
        buffer_clear(&piece);
        buffer_printf(&piece, "<a href=%d-%0*d>", n, 30000, 0);
        for (size_t i = 0; i < PAGES; i++)
            cr_assert_eq(harvest_feed(all[i], piece.data, piece.len), HARVEST_OK);
        cr_assert_leq(pool.bytes, HARVEST_POOL_BYTES);
    }
    cr_assert_gt(pool.bytes, HARVEST_POOL_BYTES / 2);
    for (size_t i = 0; i < PAGES; i++) {
        struct harvest_result result;
        cr_assert_eq(harvest_end(all[i], false), HARVEST_OK);
        harvest_links(all[i], &result);
        cut |= result.cut;
        harvest_pool_give(&pool, all[i]);
    }
    cr_assert(cut);
    cr_assert_eq(pool.bytes, 0);
    harvest_pool_release(&pool);
    buffer_release(&piece);
    crop_release(&c);
}

Test(harvest, the_pool_keeps_some_and_not_without_number)
{
    enum { COUNT = 100 };
    struct harvest_pool pool = {0};
    struct harvest *all[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        all[i] = harvest_pool_take(&pool);
    for (size_t i = 0; i < COUNT; i++)
        harvest_pool_give(&pool, all[i]);
    cr_assert(pool.count > 0 && pool.count < COUNT);
    struct harvest *last = harvest_pool_take(&pool);
    cr_assert_not_null(last);
    harvest_pool_give(&pool, last);
    harvest_pool_give(&pool, NULL);
    harvest_pool_release(&pool);
}
