/* Where the findings are written: each as "KIND QUOTES value|written", cut out of the page by the offsets. */
#include "unit/web/links_text.h"

#include "base/status.h"

struct places {
    const char *html;
    size_t len;
    struct buffer text;
};

static void append_slice(struct places *places, uint64_t begin, uint64_t end)
{
    if (begin == UINT64_MAX && end == UINT64_MAX) {
        buffer_append_text(&places->text, "(none)");
        return;
    }
    cr_assert(begin <= end && end <= places->len, "%s: %zu to %zu", places->html, (size_t)begin, (size_t)end);
    buffer_append(&places->text, places->html + begin, (size_t)(end - begin));
}

static void append_place(void *context, const struct link *link)
{
    struct places *places = context;
    buffer_printf(&places->text, "%s%s %s%s", places->text.len ? "; " : "", kind_text(link->kind),
                  link->in_attribute ? "" : "element ", link->quote || link->css_quote ? "" : "bare ");
    if (link->quote)
        buffer_append_char(&places->text, link->quote);
    if (link->css_quote)
        buffer_append_char(&places->text, link->css_quote);
    if (link->quote || link->css_quote)
        buffer_append_char(&places->text, ' ');
    append_slice(places, link->value_begin, link->value_end);
    buffer_append_char(&places->text, '|');
    append_slice(places, link->written_begin, link->written_end);
}

static void feed(struct links *links, const char *html, size_t len, size_t piece)
{
    for (size_t at = 0, n; at < len; at += n) {
        n = piece < len - at ? piece : len - at;
        char *exact = malloc(n);
        links_feed(links, memcpy(exact, html + at, n), n);
        free(exact);
    }
    cr_assert(links_end(links));
}

/* Each page in pieces of one and of five bytes and at once, with a text before it that another page had too. */
static void check_places(const struct page_row *rows, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count * 3; i++) {
        const struct page_row *row = &rows[i / 3];
        struct places places = {.html = row->html, .len = strlen(row->html)};
        struct links_options options = {.found = append_place, .context = &places, .requisites = true};
        struct links *links = links_new(&options);
        size_t piece = i % 3 == 0 ? 1 : i % 3 == 1 ? 5 : places.len;
        feed(links, row->html, places.len, piece);
        buffer_clear(&places.text);
        links_reset(links);
        feed(links, row->html, places.len, piece);
        links_free(links);
        if (strcmp(buffer_text(&places.text), row->found) != 0) {
            cr_log_error("%s: found '%s', wanted '%s'", row->html, buffer_text(&places.text), row->found);
            wrong++;
        }
        buffer_release(&places.text);
    }
    cr_assert_eq(wrong, 0, "%d rows are wrong", wrong);
}

Test(links_places, a_value_is_given_without_its_quotes)
{
    static const struct page_row rows[] = {
        {"<a href=/x>", "a bare /x|/x"},
        {"<body>text<a href=\"/x\">", "a \" /x|/x"},
        {"<a href=' /x '>", "a '  /x | /x "},
        {"<a href='/x?a&amp;b'>", "a ' /x?a&amp;b|/x?a&amp;b"},
        {"<a href>", "a bare (none)|(none)"},
        {"<a href=''>", "a ' |"},
        {"<a href=>", "a bare |"},
        {"<a title='&amp;' href=/1 href=/2>", "a bare /1|/1"},
        {"<base href=/b/><link href=/l rel=next><img src=i>", "base bare /b/|/b/; link bare /l|/l; image bare i|i"},
        {"<meta charset=x><meta name=robots content=none><meta name=robots>",
         "charset bare x|x; robots bare none|none; robots bare (none)|(none)"},
        {"<svg><a xlink:href='&#47;x'>", "svg_a ' &#47;x|&#47;x"},
    };
    check_places(rows, COUNT_OF(rows));
}

Test(links_places, a_part_of_a_value_has_a_place_of_its_own)
{
    static const struct page_row rows[] = {
        {"<img srcset='a 1x, b'>", "image ' a 1x, b|a; image ' a 1x, b|b"},
        {"<img srcset='&#32;a?x&amp;y&#x20;1x,&nbsp;c&#44; &fjlig;'>",
         "image ' &#32;a?x&amp;y&#x20;1x,&nbsp;c&#44; &fjlig;|a?x&amp;y; "
         "image ' &#32;a?x&amp;y&#x20;1x,&nbsp;c&#44; &fjlig;|&nbsp;c; "
         "image ' &#32;a?x&amp;y&#x20;1x,&nbsp;c&#44; &fjlig;|&fjlig;"},
        {"<link rel=preload imagesrcset='a&b 2x'>", "image ' a&b 2x|a&b"},
        {"<meta http-equiv=refresh content='1;url=/x'>", "refresh ' 1;url=/x|/x"},
        {"<meta content='1;url=&quot;/x&quot; ' http-equiv=refresh>", "refresh ' 1;url=&quot;/x&quot; |/x"},
        {"<meta http-equiv=content-type content='a; charset=&#x75;tf-8; b'>",
         "charset ' a; charset=&#x75;tf-8; b|&#x75;tf-8"},
    };
    check_places(rows, COUNT_OF(rows));
}

Test(links_places, css_is_pointed_at_where_it_is_written)
{
    static const struct page_row rows[] = {
        {"<style>a { b: url( x ) }</style>", "css element bare x|x"},
        {"<style></sty @import 'x'; url(\"\\41 y\") url(a\\)b </style>",
         "import element ' x|x; css element \" \\41 y|\\41 y; css element bare a\\)b|a\\)b"},
        {"<style>@import url(x) y</style ><style>@import 'z", "import element bare x|x; import element ' z|z"},
        {"<p style='a: url(x)'>", "css ' x|x"},
        {"<p style=\"a:b&amp;c;d:url(&quot;x&#39;\\y&quot;)\">", "css \"\" x&#39;\\y|x&#39;\\y"},
        {"<p style=a:url(&#34;x&amp;y&#34;),url('z')>", "css \" x&amp;y|x&amp;y; css ' z|z"},
        {"<td background=b style='a:url(x'>", "image bare b|b; css ' x|x"},
    };
    check_places(rows, COUNT_OF(rows));
}
