#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "web/links/meta.h"
#include "web/links/page_links.h"

struct collected {
    struct buffer text;
    size_t count;
};

static void append_link(void *context, const struct page_link *link)
{
    struct collected *collected = context;
    collected->count++;
    if (collected->text.len < 4096)
        buffer_printf(&collected->text, "%s%s%s", collected->text.len ? " " : "", link->url->href,
                      link->rel & LINK_REL_NOFOLLOW ? "!" : "");
}

/* For the test a query is "encoded" by naming its length. */
static bool encode_length(void *context, const char *text, size_t len, struct buffer *encoded)
{
    (void)context;
    return text[0] == '?' && buffer_printf(encoded, "?%zu", len);
}

struct resolve_case {
    const char *html;
    bool encode;
    unsigned robots;
    bool complete, full;
    char charset[32];
    struct collected found;
};

/* Find, resolve against http://h/d/p, and leave what was found as text. */
static void resolve(struct resolve_case *c)
{
    struct url document = {0};
    cr_assert_eq(url_parse(&document, "http://h/d/p", 12, NULL), URL_OK);
    struct page_links *page = page_links_new();
    struct links *links =
        links_new(&(struct links_options){.found = page_links_add, .context = page, .requisites = true});
    links_feed(links, c->html, strlen(c->html));
    cr_assert(links_end(links));
    struct links_resolve_options options = {.document = &document,
                                            .found = append_link,
                                            .context = &c->found,
                                            .encode_query = c->encode ? encode_length : NULL};
    c->complete = links_resolve(page, &options);
    c->robots = page_links_robots(page);
    c->full = page_links_full(page);
    struct url_part charset = page_links_charset(page);
    snprintf(c->charset, sizeof c->charset, "%.*s", (int)charset.len, charset.at);
    links_free(links);
    page_links_free(page);
    url_release(&document);
}

static void check(const char *html, const char *want)
{
    struct resolve_case c = {.html = html};
    resolve(&c);
    cr_expect(c.complete && !c.full);
    cr_expect_str_eq(buffer_text(&c.found.text), want, "%s: %s", html, buffer_text(&c.found.text));
    buffer_release(&c.found.text);
}

Test(page_links, urls_come_in_order_and_once)
{
    check("<a href=x><a href=/y><a href='x#f'><a href='../d/x'><a href=z>", "http://h/d/x http://h/y http://h/d/z");
    check("<a href=mailto:x><a href='http://['><a href=' \n /y '>", "http://h/y");
    check("<a href=''><a href='#f'><a href='?q'>", "http://h/d/p http://h/d/p?q");
    check("<a href=i><img src=i><link rel=next href=i><link rel=prev href=i><link rel=next href=i><iframe src=i>",
          "http://h/d/i http://h/d/i http://h/d/i http://h/d/i");
}

Test(page_links, the_first_base_counts_for_the_whole_page)
{
    check("<a href=x><base href=/b/><base href=/c/><a href=y>", "http://h/b/x http://h/b/y");
    check("<base href='http://['><base href=/c/><a href=x>", "http://h/d/x");
    check("<base href=' DATA:,x'><a href=x>", "http://h/d/x");
    check("<base href='javascript:x'><a href=x>", "http://h/d/x");
    check("<base href='ftp://f/'><a href=x><a href=http://g/>", "http://g/");
    check("<noscript><base href=/b/></noscript><a href=x>", "http://h/d/x");
}

Test(page_links, nofollow_holds_only_when_every_occurrence_has_it)
{
    check("<a href=x rel=nofollow><a href=y rel=nofollow><a href=x><a href=y rel='ugc nofollow'>",
          "http://h/d/x http://h/d/y!");
}

Test(page_links, a_refresh_for_those_without_scripts_is_not_followed)
{
    check("<noscript><meta http-equiv=refresh content='0;x'><a href=y></a></noscript>", "http://h/d/y");
    check("<meta http-equiv=refresh content='0;x'>", "http://h/d/x");
}

Test(page_links, what_the_page_says_of_itself_is_kept)
{
    struct resolve_case c = {.html =
                                 "<meta charset=x><meta charset=y><meta name=robots content=noindex><meta name=robots "
                                 "content=nofollow>"};
    resolve(&c);
    cr_assert_eq(c.robots, META_NOINDEX | META_NOFOLLOW);
    cr_assert_str_eq(c.charset, "x");
    cr_assert_eq(c.found.count, 0);
}

Test(page_links, only_queries_that_are_not_ascii_are_encoded)
{
    struct resolve_case c = {
        .html = "<a href='x?a'><a href='\xC3\xA9?b'><a href='y?\xC3\xA9#\xC3\xA9'><a href='z#?\xC3\xA9'>",
        .encode = true};
    resolve(&c);
    cr_assert_str_eq(buffer_text(&c.found.text), "http://h/d/x?a http://h/d/%C3%A9?b http://h/d/y?3 http://h/d/z");
    buffer_release(&c.found.text);
}

Test(page_links, more_references_than_the_limit_are_left_out_and_said)
{
    struct buffer page = {0};
    for (int i = 0; i < PAGE_LINKS_MAX + 10; i++)
        cr_assert(buffer_printf(&page, "<a href=%x>", i));
    struct resolve_case c = {.html = page.data};
    resolve(&c);
    cr_assert(c.full && c.complete);
    cr_assert_eq(c.found.count, PAGE_LINKS_MAX);
    buffer_release(&c.found.text);
    buffer_release(&page);
}

/* A long base under many short references is a page of a few hundred KiB that stands for gigabytes of URLs. */
Test(page_links, a_long_base_cannot_make_work_without_end, .timeout = 60)
{
    struct buffer page = {0};
    cr_assert(buffer_append_text(&page, "<base href='/"));
    for (int i = 0; i < 60000; i++)
        cr_assert(buffer_append_char(&page, 'b'));
    cr_assert(buffer_append_text(&page, "/'>"));
    for (int i = 0; i < 20000; i++)
        cr_assert(buffer_printf(&page, "<a href=%x>", i));
    struct resolve_case c = {.html = page.data};
    resolve(&c);
    cr_assert(!c.complete && !c.full);
    cr_assert_leq(c.found.count, PAGE_LINKS_WORK / 60000 + 1);
    cr_assert_gt(c.found.count, 1000);
    buffer_release(&c.found.text);
    buffer_release(&page);
}
