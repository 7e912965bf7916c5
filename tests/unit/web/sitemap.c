#include "web/sitemap/sitemap.h"

#include "base/buffer.h"
#include "base/status.h"

#include "support/support.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define NS  "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""
#define BAD "\xef\xbf\xbd"

/* What is found, a line a location: "P" or "S", the location, and what else is said of it. */
static bool write_down(void *context, const struct sitemap_entry *e)
{
    struct buffer *out = context;
    cr_expect_eq(strlen(e->location), e->location_len);
    buffer_printf(out, "%c %s", e->kind == SITEMAP_SITEMAP ? 'S' : 'P', e->location);
    if (e->has_lastmod)
        buffer_printf(out, " @%" PRId64, e->lastmod);
    if (e->priority != SITEMAP_DEFAULT_PRIORITY)
        buffer_printf(out, " !%u", e->priority);
    return buffer_append_char(out, '\n');
}

static enum sitemap_status read_with(const struct sitemap_options *options, const char *bytes, size_t len, size_t step,
                                     struct buffer *out)
{
    struct sitemap *sitemap = sitemap_new(options, write_down, out);
    cr_assert(sitemap);
    for (size_t at = 0; at < len; at += step) {
        size_t n = len - at < step ? len - at : step;
        char *chunk = malloc(n); /* of its own, so that a sanitizer sees a byte too far */
        memcpy(chunk, bytes + at, n);
        sitemap_feed(sitemap, chunk, n);
        free(chunk);
    }
    enum sitemap_status status = sitemap_end(sitemap);
    cr_expect_eq(sitemap_end(sitemap), status, "the end is another the second time");
    sitemap_free(sitemap);
    return status;
}

static enum sitemap_status read_all(const char *bytes, size_t len, struct buffer *out)
{
    return read_with(NULL, bytes, len, len + 1, out);
}

struct row {
    const char *text;
    size_t len;
    enum sitemap_status status;
    const char *found;
};

#define ROW(text, status, found)                                                                                       \
    {                                                                                                                  \
        text, sizeof(text) - 1, status, found                                                                          \
    }

static const struct row rows[] = {
    /* sitemaps */
    ROW("<urlset " NS "><url><loc>http://a/</loc><lastmod>1970-01-02</lastmod><priority>0.8</priority></url></urlset>",
        SITEMAP_OK, "P http://a/ @86400 !800\n"),
    ROW("<urlset><url><loc> http://a/ \n</loc></url><url/><url><loc/></url></urlset>", SITEMAP_OK, "P http://a/\n"),
    ROW("<urlset><url><priority>1.0</priority><loc>b</loc></url><url><loc>/c</loc></url></urlset>", SITEMAP_OK,
        "P b !1000\nP /c\n"),
    ROW("<s:urlset xmlns:s='x'><s:url><s:loc>a</s:loc><image:loc>b</image:loc></s:url></s:urlset>", SITEMAP_OK,
        "P a\n"),
    ROW("<urlset><url><loc>a</loc><image:image><image:loc>b</image:loc></image:image><i><loc>c</loc></i></url></"
        "urlset>",
        SITEMAP_OK, "P a\n"),
    ROW("<urlset><loc>a</loc><x><url><loc>b</loc></url></x></urlset>", SITEMAP_OK, ""),
    ROW("<sitemapindex><sitemap><loc>a</loc><lastmod>nonsense</lastmod></sitemap></sitemapindex>", SITEMAP_OK, "S a\n"),
    ROW("<urlset><url><loc>a</loc></url><sitemap><loc>b</loc></sitemap></urlset>", SITEMAP_OK, "P a\nS b\n"),
    ROW("<urlset><url><loc>a<b>c</b>d</loc></url></urlset>", SITEMAP_OK, "P acd\n"),
    ROW("<urlset><url>https://a/ </url><url>beside</url></urlset>", SITEMAP_OK, "P https://a/\n"),
    ROW("<urlset><url><loc>a</loc><lastmod>1970</lastmod><loc>b</loc></url></urlset>", SITEMAP_OK, "P a @0\nP b\n"),
    ROW("<urlset><url><priority>2</priority><loc>a</loc></url><url><priority>-1</priority><loc>b</loc></url>"
        "<url><priority>0.0</priority><loc>c</loc></url><url><priority>.25</priority><loc>d</loc></url></urlset>",
        SITEMAP_OK, "P a\nP b\nP c !0\nP d !250\n"),
    ROW("<urlset><url><loc><![CDATA[a&b<c>]]]]><![CDATA[>]]></loc></url></urlset>", SITEMAP_OK, "P a&b<c>]]>\n"),
    ROW("<urlset/>", SITEMAP_OK, ""),
    /* what is forgiven */
    ROW("<urlset><url><loc>http://a/?b=1&c=2&amp;d=3&nbsp;&copy;&#38;&#x26;&;&&#;&#x;&#1114112;</loc></url></urlset>",
        SITEMAP_OK, ""),
    ROW("<urlset><url><loc>http://a/?b=1&c=2&amp;d=3&nbsp;&copy;&#38;&#x26;&;&&#;&#x;</loc></url></urlset>", SITEMAP_OK,
        "P http://a/?b=1&c=2&d=3&nbsp;&copy;&&&;&&#;&#x;\n"),
    ROW("<urlset><url><loc>a\x01"
        "b\x0c</loc></url><url><loc>\xef\xbf\xbf</loc></url><url><loc>>]]>c</loc></url></urlset>",
        SITEMAP_OK, "P a b\nP >]]>c\n"),
    ROW("\xef\xbb\xbf \n\xef\xbb\xbf<?xml version='1.1'?><?x > ?><!-- -- <loc>x</loc> ---><urlset><url><loc>a<!--x-->b"
        "<?y?></loc></url></urlset><!--z-->",
        SITEMAP_OK, "P ab\n"),
    ROW("<?xml version='1.0' encoding='nonsense'?><urlset><url><loc>\xc3\xa9</loc></url></urlset>", SITEMAP_OK,
        "P \xc3\xa9\n"),
    ROW("<?xml version='1.0' encoding='UTF-16'?><urlset><url><loc>\xc3\xa9</loc></url></urlset>", SITEMAP_OK,
        "P \xc3\xa9\n"),
    ROW(" <?xml version='1.0' encoding='koi8-r'?><urlset><url><loc>\xf0</loc></url></urlset>", SITEMAP_OK,
        "P \xd0\x9f\n"),
    ROW("<?xml version='1.0' encoding='shift_jis'?><urlset><url><loc>\x93\xfa</loc></url></urlset>", SITEMAP_OK,
        "P \xe6\x97\xa5\n"),
    ROW("<urlset><url><loc>caf\xe9</loc></url><url><loc>b</loc></url></urlset>", SITEMAP_OK, "P b\n"),
    ROW("\xfe\xff\0<\0u\0r\0l\0s\0e\0t\0/\0>", SITEMAP_OK, ""),
    ROW("<\0u\0r\0l\0s\0e\0t\0/\0>\0", SITEMAP_OK, ""),
    /* feeds */
    ROW("<rss><channel><link>x</link><item><link>a</link><guid>http://g/</guid><link>b</link>"
        "<pubDate>Thu, 01 Jan 1970 00:00:10 GMT</pubDate><atom:link href='z'/><dc:date>1971</dc:date></item>"
        "<item><guid isPermaLink='false'>http://g/</guid></item><item><guid>7</guid></item></channel></rss>",
        SITEMAP_OK, "P a @10\nP http://g/\n"),
    ROW("<rss><channel><item><title>a & b</title><link>c</link><dc:date>1970-01-02</dc:date></item></channel></rss>",
        SITEMAP_OK, "P c @86400\n"),
    ROW("<rdf:RDF xmlns:rdf='r'><channel><link>x</link></channel><item rdf:about='y'><link>a</link></item></rdf:RDF>",
        SITEMAP_OK, "P a\n"),
    ROW("<feed><link href='x'/><entry><link rel='self' href='y'/><link href=' a?b&c '/><link rel='alternate' href='z'/>"
        "<published>1970</published><updated>1970-01-02</updated></entry><entry><link rel='Alternate' href='b'/>"
        "<published>1970-01-02</published></entry><entry><id>http://i/</id></entry></feed>",
        SITEMAP_OK, "P a?b&c @86400\nP b @86400\n"),
    ROW("<a:feed xmlns:a='x'><a:entry><a:link href='1'/><link href='2'/></a:entry></a:feed>", SITEMAP_OK, "P 1\n"),
    /* plain text */
    ROW("http://a/\r\nhttps://b/c\rHTTP://d\n\n  http://e/  ", SITEMAP_OK,
        "P http://a/\nP https://b/c\nP HTTP://d\nP http://e/\n"),
    ROW("\xef\xbb\xbfhttp://a/\nftp://b/\nc/d\nhttp://e/ and more\nhttp://\xff/\nhttp://f:x/\n", SITEMAP_OK,
        "P http://a/\n"),
    ROW("\xff\xfeh\0t\0t\0p\0:\0/\0/\0a\0/\0", SITEMAP_OK, "P http://a/\n"),
    /* what is no sitemap, or not all of one */
    ROW("", SITEMAP_UNKNOWN, ""),
    ROW(" \n", SITEMAP_UNKNOWN, ""),
    ROW("\x1f", SITEMAP_UNKNOWN, ""),
    ROW("prose", SITEMAP_UNKNOWN, ""),
    ROW("<", SITEMAP_UNKNOWN, ""),
    ROW("<html><body><a href='http://a/'>x</a></body></html>", SITEMAP_UNKNOWN, ""),
    ROW("<!doctype html><urlset><url><loc>a</loc></url></urlset>", SITEMAP_DOCTYPE, ""),
    ROW("<urlset><url><loc>a</loc></url><!DOCTYPE x><url><loc>b</loc></url></urlset>", SITEMAP_DOCTYPE, "P a\n"),
    ROW("<!DOCTYPE urlset [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><urlset><url><loc>&e;</loc></url></urlset>",
        SITEMAP_DOCTYPE, ""),
    ROW("<urlset><![INCLUDE[x]]></urlset>", SITEMAP_MALFORMED, ""),
    ROW("<urlset><url><loc>a</loc></url></nonsense>", SITEMAP_MALFORMED, "P a\n"),
    ROW("<urlset><url><loc>a</loc>", SITEMAP_MALFORMED, "P a\n"),
    ROW("<urlset><url><loc>a", SITEMAP_MALFORMED, ""),
    ROW("<urlset><url><loc>a</loc></url><!-- ", SITEMAP_MALFORMED, "P a\n"),
    ROW("<urlset></urlset><urlset>", SITEMAP_MALFORMED, ""),
    ROW("\x1f\x8b", SITEMAP_COMPRESSION, ""),
    ROW("\x1f\x8bnonsense", SITEMAP_COMPRESSION, ""),
};

Test(sitemap, every_kind_is_read_however_it_is_cut)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t step = 1; step <= rows[i].len + 1; step += step < 8 ? 1 : 1 + rows[i].len / 3) {
            struct buffer out = {0};
            enum sitemap_status status = read_with(NULL, rows[i].text, rows[i].len, step, &out);
            cr_expect(status == rows[i].status && strcmp(buffer_text(&out), rows[i].found) == 0,
                      "row %zu, %s, in chunks of %zu: %s:\n%s", i, rows[i].text, step, sitemap_status_text(status),
                      buffer_text(&out));
            buffer_release(&out);
        }
    }
}

/* ---- gzip ---- */

static void pack(const char *text, size_t len, struct buffer *out)
{
    z_stream stream = {0};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, len);
    cr_assert(buffer_reserve(out, room));
    stream.next_in = (Bytef *)text;
    stream.avail_in = (uInt)len;
    stream.next_out = (Bytef *)out->data + out->len;
    stream.avail_out = (uInt)room;
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len += stream.total_out;
    deflateEnd(&stream);
}

Test(sitemap, members_of_gzip_are_one_file_and_padding_is_none)
{
    struct buffer packed = {0};
    pack("<urlset><url><loc>a</l", 22, &packed);
    pack("", 0, &packed);
    pack("oc></url></urlset>", 18, &packed);
    buffer_append(&packed, "\0\0\0\0", 4);
    for (size_t step = 1; step < packed.len; step++) {
        struct buffer out = {0};
        cr_expect_eq(read_with(NULL, packed.data, packed.len, step, &out), SITEMAP_OK, "in chunks of %zu", step);
        cr_expect_str_eq(buffer_text(&out), "P a\n", "in chunks of %zu", step);
        buffer_release(&out);
    }
    buffer_release(&packed);
}

Test(sitemap, a_cut_gzip_keeps_what_is_whole)
{
    struct buffer packed = {0}, out = {0};
    pack("http://a/\nhttp://b/", 19, &packed);
    cr_expect_eq(read_all(packed.data, packed.len - 4, &out), SITEMAP_COMPRESSION);
    cr_expect_str_eq(buffer_text(&out), "P http://a/\n"); /* the last line may have been longer */
    buffer_release(&out);
    buffer_release(&packed);
}

/* ---- limits ---- */

static void repeat(struct buffer *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_assert(buffer_append_text(out, text));
}

/* A page of PREFIX, COUNT times UNIT, and SUFFIX: its status, and how many locations it gives. */
static enum sitemap_status read_made(const char *prefix, const char *unit, size_t count, const char *suffix,
                                     size_t step, size_t *lines)
{
    struct buffer page = {0}, out = {0};
    repeat(&page, prefix, 1);
    repeat(&page, unit, count);
    repeat(&page, suffix, 1);
    enum sitemap_status status = read_with(NULL, page.data, page.len, step, &out);
    *lines = 0;
    for (const char *at = buffer_text(&out); (at = strchr(at, '\n')); at++)
        ++*lines;
    buffer_release(&page);
    buffer_release(&out);
    return status;
}

#define URL_A  "<url><loc>a</loc></url>"
#define BEHIND URL_A "</urlset>"
#define BEFORE "<urlset>" URL_A

Test(sitemap, hostile_xml_is_bounded_or_refused, .timeout = 120)
{
    enum { MANY = 1 << 20 };
    static const struct {
        const char *name, *prefix, *unit;
        size_t count;
        const char *suffix;
        size_t step;
        enum sitemap_status status;
        size_t lines;
    } made[] = {
        {"100,000 levels", BEFORE, "<a>", 100000, BEHIND, 4096, SITEMAP_TOO_DEEP, 1},
        {"as many as may be", "<urlset>", "<a>", SITEMAP_MAX_DEPTH - 1, "", 4096, SITEMAP_MALFORMED, 0},
        {"100,000 attributes", BEFORE "<a", " b='c'", 100000, "/>" BEHIND, 4096, SITEMAP_TOO_COMPLEX, 1},
        {"a name of 10 MiB", BEFORE "<", "aaaaaaaaaa", MANY, "/>" BEHIND, 1, SITEMAP_TOO_COMPLEX, 1},
        {"a value of 10 MiB", BEFORE "<a b='", "aaaaaaaaaa", MANY, "'/>" BEHIND, 1, SITEMAP_TOO_COMPLEX, 1},
        {"a comment of 10 MiB", BEFORE "<!--", "-> ]]> <a>", MANY, "-->" BEHIND, 1000, SITEMAP_OK, 2},
        {"an open comment of 10 MiB", BEFORE "<!--", "-> ]]> <a>", MANY, "", 1, SITEMAP_MALFORMED, 1},
        {"100,000 comments", BEFORE, "<!---->", 100000, BEHIND, 7, SITEMAP_OK, 2},
        {"an instruction of 10 MiB", BEFORE "<?x", "> ]]> <a> ", MANY, "?>" BEHIND, 1000, SITEMAP_OK, 2},
        {"a section of 10 MiB", BEFORE "<![CDATA[", "]] > <a> &", MANY, "]]>" BEHIND, 1000, SITEMAP_OK, 2},
        {"a section of brackets", BEFORE "<![CDATA[", "]]]]]]]]]]", 1 << 18, "]]>" BEHIND, 1, SITEMAP_OK, 2},
        {"text of 10 MiB", BEFORE, "&&&&&&&&&&", MANY, BEHIND, 1000, SITEMAP_OK, 2},
        {"a location of 10 MiB", BEFORE "<url><loc>", "aaaaaaaaaa", MANY, "</loc></url>" BEHIND, 1000, SITEMAP_OK, 2},
        {"an open quote", BEFORE "<a b=\"", ">>>>>>>>>>", MANY, "", 1000, SITEMAP_TOO_COMPLEX, 1},
        {"references", BEFORE, "&#xfffff;", MANY, BEHIND, 1000, SITEMAP_OK, 2},
        {"empty elements", "<urlset>", "<url/>", MANY, BEHIND, 1000, SITEMAP_OK, 1},
        {"locations without an item", "<urlset><url>", "<loc>a</loc>", 100, "</url></urlset>", 1000, SITEMAP_OK, 100},
        {"a line of 10 MiB", "http://a/\nhttp://b/", "aaaaaaaaaa", MANY, "\nhttp://c/", 1000, SITEMAP_OK, 2},
        {"10 MiB of short lines", "", "a\nb\nc\nd\ne\n", MANY, "\nhttp://c/", 1000, SITEMAP_UNKNOWN, 0},
        {"50 MiB and more", "<urlset>", "0123456789", 6 << 20, BEHIND, 65536, SITEMAP_TOO_BIG, 0},
    };
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        /* What is long is a fourth as long under the sanitizer, but for what is about the limit of 50 MiB. */
        size_t lines, count = made[i].count == MANY ? support_rounds(MANY) : made[i].count;
        enum sitemap_status status =
            read_made(made[i].prefix, made[i].unit, count, made[i].suffix, made[i].step, &lines);
        cr_expect(status == made[i].status && lines == made[i].lines, "%s: %s, %zu locations", made[i].name,
                  sitemap_status_text(status), lines);
    }
}

/* expat keeps each name for good: of 5,000,000 names it would keep half a gigabyte. */
Test(sitemap, names_without_end_are_refused)
{
    static const char *const forms[] = {"<a%zu/>", "<b c%zu=''/>"};
    for (size_t form = 0; form < COUNT_OF(forms); form++) {
        struct buffer page = {0}, out = {0};
        buffer_append_text(&page, BEFORE);
        for (size_t i = 0; i < 100000; i++)
            buffer_printf(&page, form ? "<b c%zu=''/>" : "<a%zu/>", i);
        buffer_append_text(&page, BEHIND);
        cr_expect_eq(read_all(page.data, page.len, &out), SITEMAP_TOO_COMPLEX, "%s", forms[form]);
        cr_expect_str_eq(buffer_text(&out), "P a\n");
        buffer_release(&page);
        buffer_release(&out);
    }
}

Test(sitemap, a_bomb_is_unpacked_no_further_than_the_limit)
{
    struct buffer page = {0}, packed = {0}, out = {0};
    buffer_append_text(&page, BEFORE);
    size_t head = page.len, blanks = 8 << 20;
    cr_assert(buffer_reserve(&page, blanks));
    memset(page.data + head, ' ', blanks);
    page.len += blanks;
    pack(page.data, page.len, &packed);
    cr_expect(packed.len < 20000, "%zu", packed.len);
    struct sitemap_options options = {.max_bytes = 1 << 20};
    cr_expect_eq(read_with(&options, packed.data, packed.len, 999, &out), SITEMAP_TOO_BIG);
    cr_expect_str_eq(buffer_text(&out), "P a\n");
    buffer_release(&page);
    buffer_release(&packed);
    buffer_release(&out);
}

/* Nothing comes out of empty members, so what goes in is bounded, too. */
Test(sitemap, empty_members_of_gzip_end_at_the_limit)
{
    struct buffer member = {0}, packed = {0}, out = {0};
    pack("", 0, &member);
    while (packed.len < 100000)
        buffer_append(&packed, member.data, member.len);
    struct sitemap_options options = {.max_bytes = 50000};
    cr_expect_eq(read_with(&options, packed.data, packed.len, 999, &out), SITEMAP_TOO_BIG);
    buffer_release(&member);
    buffer_release(&packed);
    buffer_release(&out);
}

Test(sitemap, options_set_the_limits)
{
    static const char urls[] = "http://a/\nhttp://b/\nhttp://c/\n", deep[] = "<urlset><a><b><c/></b></a></urlset>";
    struct buffer out = {0};
    cr_expect_eq(read_with(&(struct sitemap_options){.max_urls = 2}, urls, strlen(urls), 5, &out), SITEMAP_FULL);
    cr_expect_str_eq(buffer_text(&out), "P http://a/\nP http://b/\n");
    buffer_clear(&out);
    cr_expect_eq(read_with(&(struct sitemap_options){.max_urls = 3}, urls, strlen(urls), 5, &out), SITEMAP_OK);
    buffer_clear(&out);
    cr_expect_eq(read_with(&(struct sitemap_options){.max_bytes = 20}, urls, strlen(urls), 5, &out), SITEMAP_TOO_BIG);
    cr_expect_str_eq(buffer_text(&out), "P http://a/\nP http://b/\n");
    buffer_clear(&out);
    cr_expect_eq(read_with(&(struct sitemap_options){.max_bytes = 30}, urls, strlen(urls), 5, &out), SITEMAP_OK);
    cr_expect_eq(read_with(&(struct sitemap_options){.max_depth = 3}, deep, strlen(deep), 5, &out), SITEMAP_TOO_DEEP);
    cr_expect_eq(read_with(&(struct sitemap_options){.max_depth = 4}, deep, strlen(deep), 5, &out), SITEMAP_OK);
    buffer_release(&out);
}

static bool refuse(void *context, const struct sitemap_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return false;
}

Test(sitemap, the_caller_can_stop_it)
{
    static const char *const texts[] = {"http://a/\nhttp://b/\n", "<urlset>" URL_A URL_A "</urlset>",
                                        "<urlset><url><loc>a</loc><loc>b</loc><loc>c</loc></url></urlset>"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t calls = 0;
        struct sitemap *sitemap = sitemap_new(NULL, refuse, &calls);
        cr_expect_eq(sitemap_feed(sitemap, texts[i], strlen(texts[i])), SITEMAP_STOPPED);
        cr_expect_eq(sitemap_feed(sitemap, texts[i], strlen(texts[i])), SITEMAP_STOPPED);
        cr_expect_eq(sitemap_end(sitemap), SITEMAP_STOPPED);
        cr_expect_eq(calls, 1, "%s: %zu calls", texts[i], calls);
        sitemap_free(sitemap);
    }
}

static bool remember_until(void *context, const struct sitemap_entry *entry)
{
    *(struct sitemap_entry *)context = *entry;
    return true;
}

Test(sitemap, a_day_is_as_long_as_it_may_be)
{
    static const char text[] = "<urlset><url><loc>a</loc><lastmod>1970-01-01</lastmod></url></urlset>";
    struct sitemap_entry entry = {0};
    struct sitemap *sitemap = sitemap_new(NULL, remember_until, &entry);
    cr_expect_eq(sitemap_feed(sitemap, text, strlen(text)), SITEMAP_OK);
    cr_expect(entry.has_lastmod && entry.lastmod == 0 && entry.lastmod_until == (24 + 12) * 3600 - 1);
    cr_expect_eq(sitemap_format(sitemap), SITEMAP_IS_URLSET);
    sitemap_free(sitemap);
}

Test(sitemap, what_is_passed_over_is_counted)
{
    static const struct {
        const char *text;
        size_t count, dropped;
        enum sitemap_format format;
    } made[] = {
        {"http://a/\nb\nc\n", 1, 2, SITEMAP_IS_TEXT},
        {"<sitemapindex><sitemap><loc>a\xff</loc></sitemap></sitemapindex>", 0, 1, SITEMAP_IS_INDEX},
        {"<rss><channel><item><link>&#0;</link></item></channel></rss>", 0, 1, SITEMAP_IS_RSS},
        {"<feed><entry><link href='a'/></entry></feed>", 1, 0, SITEMAP_IS_ATOM},
        {"<html/>", 0, 0, SITEMAP_IS_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        struct buffer out = {0};
        struct sitemap *sitemap = sitemap_new(NULL, write_down, &out);
        sitemap_feed(sitemap, made[i].text, strlen(made[i].text));
        sitemap_end(sitemap);
        cr_expect(sitemap_count(sitemap) == made[i].count && sitemap_dropped(sitemap) == made[i].dropped &&
                      sitemap_format(sitemap) == made[i].format,
                  "%s: %zu, %zu, %d", made[i].text, sitemap_count(sitemap), sitemap_dropped(sitemap),
                  sitemap_format(sitemap));
        sitemap_free(sitemap);
        buffer_release(&out);
    }
}
