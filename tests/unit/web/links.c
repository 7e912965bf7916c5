#include "unit/web/links_text.h"

#include <malloc.h>

#include "base/status.h"

#include "support/support.h"

Test(links, places_to_go_to_are_found_with_their_rel)
{
    static const struct page_row rows[] = {
        {"<a href=/x>x</a>", "a /x"},
        {"<A HREF='/x' REL='NoFollow  UGC'>", "a nofollow other /x"},
        {"<area href=\"/x\" rel=next>", "area next /x"},
        {"<iframe src=/x>text</iframe>", "iframe /x"},
        {"<iframe src=''></iframe><a href=''>", "a "},
        {"<a name=x><area><iframe></iframe>", ""},
        {"<a rel=nofollow href=/1 rel=next href=/2>", "a nofollow /1"},
        {"<link rel='alternate stylesheet' href=s.css>", "link alternate stylesheet s.css"},
        {"<link rel=canonical href=/c><link href=/none><link rel=next>", "link canonical /c; link /none"},
        {"<link rel='Shortcut\tIcon' href=f.ico>", "link icon other f.ico"},
        {"<meta http-equiv=refresh content='5; url=/x'>", "refresh 5 /x"},
        {"<meta http-equiv=refresh content=5><meta http-equiv=refresh content=x>", ""},
        {"<base target=x><base href=/b/><base href=/c/>", "base /b/"},
        {"<meta charset=utf-8>", "charset utf-8"},
        {"<meta http-equiv=Content-Type content='text/html; charset=\"x-y\"'>", "charset x-y"},
        {"<meta name=ROBOTS content='noindex, nofollow'>", "robots noindex, nofollow"},
        {"<meta name=Forage content=none><meta name=other content=none>", "robots agent none"},
        {"<p href=/x><span src=/x><frame src=/x>", ""},
    };
    check_rows(rows, COUNT_OF(rows), false);
}

Test(links, requisites_are_found_when_asked_for)
{
    static const struct page_row rows[] = {
        {"<img src=i.png srcset='j.png 1x, k.png 2x'>", "image i.png; image j.png; image k.png"},
        {"<picture><source srcset='a, b 2x'></picture>", "image a; image b"},
        {"<video src=v poster=p><source src=s><track src=t></video><audio src=a>",
         "media v; media p; media s; media t; media a"},
        {"<script src=s.js></script><embed src=e><object data=o></object>", "script s.js; object e; object o"},
        {"<input type=image src=i><input src=j>", "image i"},
        {"<table background=b><td background=c>", "image b; image c"},
        {"<p style='background: url(x.png)'>", "css x.png"},
        {"<custom-element STYLE=\"background: url('x.png')\">", "css x.png"},
        {"<p style='@import \"x.css\"'>", ""},
        {"<style>@import 'x.css'; p { background: url(y.png) }</style>", "import x.css; css y.png"},
        {"<style type=text/less>p { background: url(y.png) }</style>", ""},
        {"<style>a { b: url('</sty</style>", "css </sty"},
        {"<link rel=preload imagesrcset='a 1x, b 2x'>", "image a; image b"},
        {"<svg><image href=i /><use xlink:href=u /><script href=s /></svg>", "image i; use u; script s"},
        {"<image src=i>", "image i"},
        {"<img src=''><script src></script><img src='' srcset=''>", ""},
        {"<noscript><img src=x></noscript><img src=y>", "image noscript x; image y"},
    };
    check_rows(rows, COUNT_OF(rows), true);
    cr_assert_str_eq(findings("<img src=x><p style='a:url(b)'>", 31, false, 0), "");
}

Test(links, attributes_are_read_as_the_standard_says)
{
    static const struct page_row rows[] = {
        {"<a/href=/x>", "a /x"},
        {"<a href=/x/>", "a /x/"},
        {"<a x='1'href=/x>", "a /x"},
        {"<a href = /x>", "a /x"},
        {"<a =href=/x>", ""},
        {"<a href==/x>", "a =/x"},
        {"<a \"href=/x>", ""},
        {"<a x=\"a>b\" href=/x>", "a /x"},
        {"<p x=a\"><a href=/x>", "a /x"},
        {"<p x='><a href=/x>", ""},
        {"<p x=\"'\"><a href=/x>", "a /x"},
        {"<p / = '><a href=/x>'><a href=/y>", "a /x; a /y"},
        {"<p x/=><a href=/x>", "a /x"},
        {"<p x/='y><a href=/x>", "a /x"},
        {"<a href=/1&amp;2&copy=3&copy;4&#x41;&#128;>", "a /1&2&copy=3\xC2\xA9"
                                                        "4A\xE2\x82\xAC"},
        {"<a href='&NotEqualTilde;&nGt;&Aopf;'>", "a \xE2\x89\x82\xCC\xB8\xE2\x89\xAB\xE2\x83\x92\xF0\x9D\x94\xB8"},
        {"</a href=/x><a href=/y", ""},
        {"<a href=/x <b>", "a /x"},
        {"<ahref=/x>", ""},
        {"< a href=/x>", ""},
    };
    check_rows(rows, COUNT_OF(rows), false);
}

Test(links, what_is_no_markup_holds_no_links)
{
    static const struct page_row rows[] = {
        {"<!--<a href=/1>--><a href=/2>", "a /2"},
        {"<!--><a href=/2>", "a /2"},
        {"<!---><a href=/2>", "a /2"},
        {"<!-- --!><a href=/2>", "a /2"},
        {"<!-- --! > <a href=/1>", ""},
        {"<!-- -- <a href=/1> ----><a href=/2>", "a /2"},
        {"<!--!><a href=/1>-->", ""},
        {"<!-><a href=/2>", "a /2"},
        {"<!x <a href=/1><a href=/2>", "a /2"},
        {"<?x <a href=/1>?><a href=/2>", "a /2"},
        {"</ <a href=/1><a href=/2>", "a /2"},
        {"</><a href=/2>", "a /2"},
        {"<!DOCTYPE html PUBLIC \"><a href=/2>", "a /2"},
        {"<title><a href=/1></titlex></title><a href=/2>", "a /2"},
        {"<textarea><a href=/1></TextArea ><a href=/2>", "a /2"},
        {"<style><a href=/1></style/><a href=/2>", "a /2"},
        {"<xmp><a href=/1></xmp><noembed><a href=/1></noembed><noframes><a href=/1></noframes><a href=/2>", "a /2"},
        {"<script><a href=/1></scrip</script><a href=/2>", "a /2"},
        {"<script><!-- <a href=/1></script><a href=/2>", "a /2"},
        {"<script><!-- <script></script><a href=/1>--></script><a href=/2>", "a /2"},
        {"<script><!-- <scripts></script><a href=/2>", "a /2"},
        {"<script><!--<script>--></script><a href=/2>", "a /2"},
        {"<plaintext></plaintext><a href=/1>", ""},
        {"<![CDATA[<a href=/2>]]>", ""},
        {"<![CDATA[x]]><a href=/2>", "a /2"},
    };
    check_rows(rows, COUNT_OF(rows), false);
}

Test(links, svg_and_math_hold_links_of_their_own_kind)
{
    static const struct page_row rows[] = {
        {"<svg><a href=/1></a><a xlink:href=/2></a></svg><a href=/3>", "svg_a /1; svg_a /2; a /3"},
        {"<svg><a xlink:href=/1 href=/2></a></svg>", "svg_a /2"},
        {"<svg/><a href=/1>", "a /1"},
        {"<svg><title><a href=/1></a></title><a href=/2>", "a /1; svg_a /2"},
        {"<svg><title><p></title><a href=/1>", "a /1"},
        {"<svg><![CDATA[<a href=/1>]]>]><a href=/2>", "svg_a /2"},
        {"<svg><script><a href=/1></script>", "svg_a /1"},
        {"<svg><p><a href=/1>", "a /1"},
        {"<svg><font><a href=/1></a></font><font color=x><a href=/2>", "svg_a /1; a /2"},
        {"<math><a href=/1><mi><a href=/2><mglyph></mglyph></a></mi><a href=/3>", "a /2"},
        {"<math><annotation-xml><a href=/1></annotation-xml><annotation-xml encoding=text/html><a href=/2>", "a /2"},
        {"<svg><foreignObject><div><p>x<a href=/1></div></foreignObject><a href=/2>", "a /1; svg_a /2"},
        {"<div><svg></div><a href=/1>", "a /1"},
        {"<svg></g></div><a href=/1>", "svg_a /1"},
        {"<svg><title><title></title><a href=/1>", "a /1"},
        {"<h1><svg></h2><a href=/1>", "a /1"},
        {"<form><svg></form><a href=/1>", "svg_a /1"},
        {"<svg><desc><form><i></form></desc><a href=/1>", "a /1"},
        {"<svg><desc><form><p></form></desc><a href=/1>", "svg_a /1"},
        {"<svg><base href=/b><iframe src=/i><link rel=next href=/l><meta charset=x>", "charset x"},
    };
    check_rows(rows, COUNT_OF(rows), false);
}

Test(links, templates_hold_no_links_and_noscript_does)
{
    static const struct page_row rows[] = {
        {"<template><a href=/1></template><a href=/2>", "a /2"},
        {"<template><template></template><a href=/1></template><a href=/2>", "a /2"},
        {"<template><svg><a href=/1></template><a href=/2>", "a /2"},
        {"<template><base href=/b><meta charset=x><style>a{b:url(c)}</style></template>", ""},
        {"<noscript><a href=/1></noscript><a href=/2>", "a noscript /1; a /2"},
        {"<noscript><base href=/b></noscript><base href=/c>", "base /c"},
        {"<noscript><meta http-equiv=refresh content='0;/x'></noscript>", "refresh 0 noscript /x"},
    };
    check_rows(rows, COUNT_OF(rows), true);
}

/* A frame counts only where it makes a frame, and then nothing else does. */
Test(links, a_frameset_page_is_its_frames)
{
    static const struct {
        const char *html, *found;
    } rows[] = {
        {"<html><head><title>t</title></head><frameset><frame src=/1><frameset><frame src=/2></frameset></frameset>",
         "frame /1; frame /2"},
        {"<frameset><frame src=/1><noframes><a href=/2></noframes><a href=/3></frameset><frame src=/4>", "frame /1"},
        {"<body><frameset><frame src=/1></frameset><a href=/2>", "a /2"},
        {"<template>x<img></template><frameset><frame src=/1></frameset>", "frame /1"},
        {"<p><template><img></template><frameset><frame src=/1></frameset><a href=/2>", "a /2"},
        {"x<frameset><frame src=/1></frameset><a href=/2>", "a /2"},
        {"<img><frameset><frame src=/1></frameset><a href=/2>", "a /2"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t piece = 0; piece < 2; piece++)
            cr_expect_str_eq(findings(rows[i].html, strlen(rows[i].html), false, piece), rows[i].found, "%s",
                             rows[i].html);
    }
}

/* A page that was cut inside its meta refresh still says where to go; a cut link may be a wrong one. */
Test(links, at_the_end_only_a_complete_meta_counts_without_its_bracket)
{
    static const struct {
        const char *html, *found;
    } rows[] = {
        {"<meta http-equiv=refresh content=\"5;url=/x\"", "refresh 5 /x"},
        {"<meta http-equiv=refresh content=\"5;url=/x", ""},
        {"<a href=\"/x\"", ""},
        {"<a href=/x", ""},
        {"<style>a { b: url(c", "css c"},
        {"<style>a { b: url(c)} </style", "css c"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t piece = 0; piece < 2; piece++)
            cr_expect_str_eq(findings(rows[i].html, strlen(rows[i].html), true, piece), rows[i].found, "%s",
                             rows[i].html);
    }
}

/* A page whose one link has LEN letters. */
static const char *page_with_long_link(size_t len, struct buffer *page)
{
    cr_assert(buffer_append_text(page, "<a href='"));
    for (size_t i = 0; i < len; i++)
        cr_assert(buffer_append_char(page, 'x'));
    cr_assert(buffer_append_text(page, "'><a href=/y>"));
    return buffer_text(page);
}

Test(links, a_value_beyond_the_limit_is_left_out)
{
    for (size_t piece = 0; piece <= 1000; piece += 1000) {
        struct buffer longest = {0}, longer = {0};
        page_with_long_link(LINKS_VALUE_MAX, &longest);
        page_with_long_link(LINKS_VALUE_MAX + 1, &longer);
        cr_assert_eq(strlen(findings(longest.data, longest.len, false, piece)), LINKS_VALUE_MAX + strlen("a ; a /y"));
        cr_assert_str_eq(findings(longer.data, longer.len, false, piece), "a /y");
        buffer_release(&longest);
        buffer_release(&longer);
    }
}

/* Quadratic time would take minutes here. */
Test(links, hundred_thousand_tags_attributes_and_levels_are_no_trouble, .timeout = 60)
{
    struct buffer page = {0};
    cr_assert(buffer_append_text(&page, "<svg><desc>"));
    for (int i = 0; i < 100000; i++)
        cr_assert(buffer_append_text(&page, "<p><div><g></x>"));
    cr_assert(buffer_append_text(&page, "<a "));
    for (int i = 0; i < 100000; i++)
        cr_assert(buffer_printf(&page, "a%d=\"x\" ", i));
    cr_assert(buffer_append_text(&page, "href=/x>"));
    cr_assert_str_eq(findings(page.data, page.len, true, 0), "a /x");
    buffer_release(&page);
}

static size_t heap_bytes(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void ignore_finding(void *context, const struct link *link)
{
    (void)context;
    (void)link;
}

/* Each text begins something that never ends, or goes the long way, and is repeated until it has 16 MiB. */
Test(links, memory_stays_flat_whatever_the_page_is, .timeout = 60)
{
    static const char *const pages[][2] = {
        {"<a href='", "x"},
        {"<", "a"},
        {"<a ", "href=x "},
        {"<a x=", "y"},
        {"<!--", "x"},
        {"<svg>", "<g>"},
        {"", "<div>"},
        {"<template>", "<b>"},
        {"<style>", "url(x"},
        {"<style>", "a"},
        {"<script>", "<!--<script>"},
        {"<a href=", "&amp;"},
        {"<p style='", "a:url("},
        {"<a href='&#", "0"},
        {"<a href='", "&#0"},
        {"<a href='", "&a"},
        {"<body>text", "<"},
        {"<body>text", "</"},
        {"<body>text", "</<"},
        {"<body>text", "<!"},
        {"<body>text", "<p "},
        {"<body>text", "<p ="},
        {"<body>text", "<p a=b "},
        {"<body>text", "<p x/='"},
        {"<body>text<p ", "a=\"x\" "},
        {"<body>text<a ", "a=\"x\" "},
        {"<body>text", "<a a=b hidden "},
        {"<body>text", "<a hidden href=x>"},
        {"<body>text", "<p style=x hidden>"},
        {"<style>", "@import '"},
        {"<style>", "x\\"},
        {"<style>", "url("},
        {"<style>", "(#"},
    };
    static char piece[64 * 1024];
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        size_t unit = strlen(pages[i][1]), fed = sizeof piece / unit * unit, before = heap_bytes();
        for (size_t at = 0; at < fed; at++)
            piece[at] = pages[i][1][at % unit];
        struct links *links = links_new(&(struct links_options){.found = ignore_finding, .requisites = true});
        links_feed(links, pages[i][0], strlen(pages[i][0]));
        for (unsigned round = 0; round < support_rounds(256); round++)
            links_feed(links, piece, fed);
        cr_expect_leq(heap_bytes(), before + (1 << 20), "%s%s", pages[i][0], pages[i][1]);
        cr_assert(links_end(links));
        links_free(links);
    }
}

/* With each piece in memory of its own a byte that is read behind it is seen by the sanitizer. */
Test(links, a_page_may_be_cut_anywhere)
{
    static const char page[] =
        "<body>text &amp; more<p class=\"a\" id='b'>text</p><img src=\"i\" alt='x'   /><a title=\"=<>'\"\n   "
        "href=\"/1\"  "
        ">x</a><div   \n\t data-x=y z=\"1\"   style=\"a: url(b)\"          ><a x=1 href=/2/ hidden>y</a><a href='/3' />"
        "<a                                                                                                         "
        "          href=/4><custom-element-of-a-long-name  background=\"c\"><!-- <a href=/5> --><td background=d>"
        "                                                                                                            ";
    struct buffer whole = {0};
    cr_assert(buffer_append_text(&whole, findings(page, sizeof page - 1, true, 0)));
    cr_assert_str_eq(whole.data, "image i; a /1; css b; a /2/; a /3; a /4; image d");
    for (size_t cut = 1; cut < sizeof page - 1; cut++)
        cr_assert_str_eq(findings(page, sizeof page - 1, true, cut), whole.data, "in pieces of %zu", cut);
    buffer_release(&whole);
}

Test(links, an_object_that_was_reset_is_as_new)
{
    static const char first[] = "<noscript><svg><base href=/a><style>@import url(",
                      second[] = "<base href=/b><a href=/c>";
    struct buffer text = {0};
    struct links *links =
        links_new(&(struct links_options){.found = append_finding, .context = &text, .requisites = true});
    links_feed(links, first, sizeof first - 1);
    links_reset(links);
    buffer_clear(&text);
    links_feed(links, second, sizeof second - 1);
    cr_assert(links_end(links));
    cr_assert_str_eq(buffer_text(&text), "base /b; a /c");
    links_free(links);
    links_free(NULL);
    buffer_release(&text);
}

static unsigned doubts_of(const char *html)
{
    struct buffer text = {0};
    struct links *links = links_new(&(struct links_options){.found = append_finding, .context = &text});
    links_feed(links, html, strlen(html));
    cr_assert(links_end(links));
    unsigned doubts = links_doubts(links);
    links_free(links);
    buffer_release(&text);
    return doubts;
}

Test(links, doubts_say_where_a_tree_may_decide_otherwise)
{
    cr_expect_eq(doubts_of("<p><b><i></b></p></div><table><td></i><svg><g></g><desc><p>x</p></desc></svg>"), 0);
    cr_expect_eq(doubts_of("<div><svg></div>"), LINKS_DOUBT_MISNESTED);
    cr_expect_eq(doubts_of("<svg><desc><div><b></div>"), LINKS_DOUBT_MISNESTED);
    cr_expect_eq(doubts_of("<svg><desc><object><b></object>"), 0);
    cr_expect_eq(doubts_of("<svg><desc><table><tr>"), LINKS_DOUBT_TABLE);
    cr_expect_eq(doubts_of("<select>"), LINKS_DOUBT_CHANGED);
    cr_expect_eq(doubts_of("<p><frameset>"), LINKS_DOUBT_FRAMESET);
    cr_expect_eq(doubts_of("<template><title>"), LINKS_DOUBT_TEMPLATE);
    cr_expect_eq(doubts_of("<template><a href=/x><object></template>"), LINKS_DOUBT_TEMPLATE);
    cr_expect_eq(doubts_of("<template><a href=/x><object></object></template>"), 0);
    struct buffer deep = {0};
    for (int i = 0; i < 1000; i++)
        cr_assert(buffer_append_text(&deep, "<svg>"));
    cr_expect_eq(doubts_of(deep.data), LINKS_DOUBT_DEEP);
    buffer_release(&deep);
}
