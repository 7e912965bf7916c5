#include "convert_support.h"

#include "base/buffer.h"
#include "base/status.h"

TestSuite(convert, .init = copy_begin, .fini = copy_end, .timeout = 60);

static void keep_small_site(void)
{
    COPY_KEEP("http://www.site.com/", "site.html", "root");
    COPY_KEEP("http://www.site.com/a/b", "site/a/b~.html", "b");
    COPY_KEEP("http://www.site.com/a/c?x=1&y=2", "site/a/c~~abcdefghijklmnop.html", "c");
    COPY_KEEP("http://www.site.com/pic%20ture.png", "site/pic%20ture.png", "png", "image/png");
    COPY_KEEP("http://other.org/x", "other.org/x~.html", "x");
}

Test(convert, links_to_kept_pages_become_relative_and_all_others_absolute)
{
    static const struct {
        const char *before, *after;
    } links[] = {
        {"/", "../../site.html"},
        {"b", "b~.html"},
        {"b#part", "b~.html#part"},
        {"./../a/b", "b~.html"},
        {"http://WWW.site.com:80/a/b", "b~.html"},
        {"//www.site.com/a/b#x", "b~.html#x"},
        {"c?x=1&amp;y=2", "c~~abcdefghijklmnop.html"},
        {"c?x=1", "http://www.site.com/a/c?x=1"},
        {"../pic ture.png", "../pic%2520ture.png"},
        {"http://other.org/x", "../../other.org/x~.html"},
        {"http://other.org/y", "http://other.org/y"},
        {"http://OTHER.org:80/y#Z", "http://OTHER.org:80/y#Z"},
        {"https://www.site.com/a/b", "https://www.site.com/a/b"},
        {"d", "http://www.site.com/a/d"},
        {"d#here", "http://www.site.com/a/d#here"},
        {"//third.org/?a&amp;b", "http://third.org/?a&amp;b"},
        {"#part", "#part"},
        {"", ""},
        {"mailto:me@site.com", "mailto:me@site.com"},
        {"javascript:go('b')", "javascript:go('b')"},
        {"http://[bad", "http://[bad"},
        {"?", "http://www.site.com/a/page?"},
        {"page", "page~.html"},
        {"page#top", "page~.html#top"},
    };
    struct buffer before = {0}, after = {0};
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        buffer_printf(&before, "<a href=\"%s\">%zu</a>\n", links[i].before, i);
        buffer_printf(&after, "<a href=\"%s\">%zu</a>\n", links[i].after, i);
    }
    keep_small_site();
    COPY_KEEP("http://www.site.com/a/page", "site/a/page~.html", before.data);
    struct convert_summary s = copy_convert();
    cr_expect_eq(s.kept, 6);
    cr_expect_eq(s.looked, 5);
    cr_expect_eq(s.changed, 1);
    EXPECT_CONTENT("site/a/page~.html", after.data);
    s = copy_convert();
    cr_expect_eq(s.changed, 0);
    EXPECT_CONTENT("site/a/page~.html", after.data);
    buffer_release(&before);
    buffer_release(&after);
}

Test(convert, a_row_knows_the_converted_file_and_the_digest_of_what_was_served)
{
    COPY_KEEP("http://h/", "h.html", "<a href=x>");
    copy_convert();
    const struct state_page *row = state_find_page(copy_state, "http://h/", 9);
    cr_assert(row);
    cr_expect(row->converted);
    cr_expect(state_has_file(copy_state, row));
    cr_expect(row->has_digest);
    cr_expect_eq(row->bytes, strlen("<a href=x>"));
    cr_expect_eq(row->file_bytes, strlen("<a href=\"http://h/x\">"));
}

static void take_done(const struct pages_done *done, void *context)
{
    *(struct pages_done *)context = *done;
}

/* What the crawl does when the same page comes again: it gives the writers what the row knows. */
Test(convert, a_page_that_is_served_unchanged_stays_converted)
{
    static const char page[] = "<a href=x>";
    struct pages *pages;
    struct pages_done done = {0};
    struct pages_bytes bytes = {.data = page, .len = strlen(page)};
    struct pages_options options = {.digest = true};
    cr_assert_eq(pages_open(folder, &options, &pages), STORE_OK);
    cr_assert_eq(pages_put(pages, "h.html", &bytes, NULL, NULL), STORE_OK);
    pages_close(pages, take_done, &done);
    struct state_page first = {.url = "http://h/",
                               .url_len = 9,
                               .file = "h.html",
                               .type = "text/html",
                               .has_digest = true,
                               .file_bytes = done.bytes,
                               .file_mtime_ns = done.mtime_ns};
    memcpy(first.digest, done.digest, sizeof first.digest);
    cr_assert_eq(state_put_page(copy_state, &first), STATE_OK);
    cr_expect_eq(copy_convert().changed, 1);

    const struct state_page *row = state_find_page(copy_state, "http://h/", 9);
    struct pages_known known = {row->digest, row->file_bytes, row->file_mtime_ns};
    cr_assert_eq(pages_open(folder, &options, &pages), STORE_OK);
    cr_assert_eq(pages_put(pages, "h.html", &bytes, &known, NULL), STORE_OK);
    pages_close(pages, take_done, &done);
    cr_expect(done.unchanged);
    EXPECT_CONTENT("h.html", "<a href=\"http://h/x\">");
    cr_expect_eq(copy_convert().changed, 0);
}

Test(convert, a_page_that_is_kept_later_makes_links_to_it_relative)
{
    COPY_KEEP("http://h/a", "h/a~.html", "<a href=b#x>");
    copy_convert();
    EXPECT_CONTENT("h/a~.html", "<a href=\"http://h/b#x\">");
    COPY_KEEP("http://h/b", "h/b~.html", "b");
    cr_expect_eq(copy_convert().changed, 1);
    EXPECT_CONTENT("h/a~.html", "<a href=\"b~.html#x\">");
}

Test(convert, a_page_that_is_no_longer_kept_makes_links_to_it_absolute)
{
    COPY_KEEP("http://h/a", "h/a~.html", "<a href='b?q=1'><a href=c>");
    COPY_KEEP("http://h/b?q=1", "h/b~~abcdefghijklmnop.html", "b");
    COPY_KEEP("http://h/c", "h/c~.html", "c");
    copy_convert();
    EXPECT_CONTENT("h/a~.html", "<a href='b~~abcdefghijklmnop.html'><a href=\"c~.html\">");
    /* Of a page that was pruned the row does not say any more which file it had. */
    COPY_KEEP("http://h/b?q=1");
    unlink(in_folder("h/b~~abcdefghijklmnop.html"));
    cr_expect_eq(copy_convert().changed, 1);
    EXPECT_CONTENT("h/a~.html", "<a href='http://h/b?q=1'><a href=\"c~.html\">");
    unlink(in_folder("h/c~.html"));
    cr_expect_eq(copy_convert().changed, 1);
    EXPECT_CONTENT("h/a~.html", "<a href='http://h/b?q=1'><a href=\"http://h/c\">");
    COPY_KEEP("http://h/b?q=1", "h/b~~abcdefghijklmnop.html", "b");
    COPY_KEEP("http://h/c", "h/c~.html", "c");
    cr_expect_eq(copy_convert().changed, 1);
    EXPECT_CONTENT("h/a~.html", "<a href='b~~abcdefghijklmnop.html'><a href=\"c~.html\">");
}

Test(convert, what_a_file_was_is_remembered_while_some_file_could_not_be_seen_to)
{
    COPY_KEEP("http://h/a", "h/a~.html", "<a href=b>");
    COPY_KEEP("http://h/b", "h/b~.html", "b");
    copy_convert();
    COPY_KEEP("http://h/b");
    unlink(in_folder("h/b~.html"));
    put_file("h/a~.html", "mine <a href=\"b~.html\">");
    cr_expect_eq(copy_convert().left, 1);
    /* The user's file becomes known again, as converted. */
    struct stat st;
    lstat(in_folder("h/a~.html"), &st);
    struct state_page row = *state_find_page(copy_state, "http://h/a", 10);
    row.file_bytes = (uint64_t)st.st_size;
    row.file_mtime_ns = known_mtime_ns(&st);
    cr_assert_eq(state_put_page(copy_state, &row), STATE_OK);
    copy_convert();
    EXPECT_CONTENT("h/a~.html", "mine <a href=\"http://h/b\">");
}

Test(convert, a_file_that_the_user_changed_is_left_alone_and_said_so)
{
    COPY_KEEP("http://h/a", "h/a~.html", "<a href=b>");
    COPY_KEEP("http://h/c", "h/c~.html", "<a href=a>");
    put_file("h/a~.html", "mine <a href=b>");
    struct convert_summary s = copy_convert();
    cr_expect_eq(s.left, 1);
    cr_expect_eq(s.failed, 0);
    cr_expect_str_eq(copy_left, "h/a~.html: it was changed since it was kept");
    EXPECT_CONTENT("h/a~.html", "mine <a href=b>");
    EXPECT_CONTENT("h/c~.html", "<a href=\"a~.html\">");
}

Test(convert, redirects_and_canonical_urls_lead_to_the_page_that_is_kept)
{
    COPY_KEEP("http://h/old", .final_url = "http://h/older");
    COPY_KEEP("http://h/older", .final_url = "http://h/new");
    COPY_KEEP("http://h/new", "h/new~.html", "new", .canonical = "http://h/best");
    COPY_KEEP("http://seed/", "seed.html", "seed", .final_url = "http://www.seed/");
    COPY_KEEP("http://h/copy", .canonical = "http://h/new");
    COPY_KEEP("http://h/liar", "h/liar~.html", "liar", .canonical = "http://bank/");
    COPY_KEEP("http://h/loop", .final_url = "http://h/pool");
    COPY_KEEP("http://h/pool", .final_url = "http://h/loop");
    COPY_KEEP("http://h/self", .final_url = "http://h/self");
    COPY_KEEP("http://h/p", "h/p~.html",
              "<a href=old><a href=older><a href=best><a href=copy><a href=http://www.seed/><a href=http://bank/>"
              "<a href=loop><a href=self>");
    copy_convert();
    EXPECT_CONTENT("h/p~.html",
                   "<a href=\"new~.html\"><a href=\"new~.html\"><a href=\"new~.html\"><a href=\"new~.html\">"
                   "<a href=\"../seed.html\"><a href=http://bank/><a href=\"http://h/loop\">"
                   "<a href=\"http://h/self\">");
    cr_expect_eq(copy_convert().changed, 0);
}

Test(convert, a_page_counts_its_links_from_where_it_came_from)
{
    COPY_KEEP("http://h/dir", "h/dir~.html", "<a href=x><a href=/y>", .final_url = "http://h/dir/");
    COPY_KEEP("http://h/dir/x", "h/dir/x~.html", "x");
    copy_convert();
    EXPECT_CONTENT("h/dir~.html", "<a href=\"dir/x~.html\"><a href=\"http://h/y\">");
}

Test(convert, a_base_is_taken_away_and_its_links_lead_where_they_did)
{
    COPY_KEEP("http://h/a/x", "h/a/x~.html", "x");
    COPY_KEEP("http://h/p", "h/p~.html", "<a href=x><base href='/a/' target=t><a href=y><a href='#z'><a href=''>");
    COPY_KEEP("http://h/q", "h/q~.html", "<base href='q'><a href='#z'><a href=p>");
    COPY_KEEP("http://h/r", "h/r~.html", "<base href='data:,x'><a href=p>");
    COPY_KEEP("http://h/s", "h/s~.html", "<base href='http://h/a/x'><a href='#z'>");
    copy_convert();
    EXPECT_CONTENT("h/p~.html", "<a href=\"a/x~.html\"><base href='' target=t><a href=\"http://h/a/y\">"
                                "<a href='http://h/a/#z'><a href='http://h/a/'>");
    EXPECT_CONTENT("h/q~.html", "<base href=''><a href='#z'><a href=\"p~.html\">");
    EXPECT_CONTENT("h/r~.html", "<base href=''><a href=\"p~.html\">");
    EXPECT_CONTENT("h/s~.html", "<base href=''><a href='a/x~.html#z'>");
    cr_expect_eq(copy_convert().changed, 0);
}

Test(convert, a_page_whose_base_is_not_fetched_is_left_alone)
{
    static const char page[] = "<a href=http://h/p><base href='ftp://h/'><a href=x>";
    COPY_KEEP("http://h/p", "h/p~.html", page);
    cr_expect_eq(copy_convert().left, 1);
    EXPECT_CONTENT("h/p~.html", page);
}

Test(convert, a_canonical_link_stays_absolute)
{
    COPY_KEEP("http://h/p", "h/p~.html", "<link rel=canonical href=p><link rel=next href=p>");
    copy_convert();
    EXPECT_CONTENT("h/p~.html", "<link rel=canonical href=\"http://h/p\"><link rel=next href=\"p~.html\">");
    cr_expect_eq(copy_convert().changed, 0);
}

Test(convert, style_sheets_and_what_pages_need_to_be_shown_are_converted)
{
    COPY_KEEP("http://h/s/a.css", "h/s/a.css", "@import 'b.css';p{x:url(../i.png);y:url(j.png)}", "text/css");
    COPY_KEEP("http://h/s/b.css", "h/s/b.css", "b{}", "text/css");
    COPY_KEEP("http://h/i.png", "h/i.png", "png", "image/png");
    COPY_KEEP("http://h/", "h.html",
              "<link rel=stylesheet href=s/a.css><img src=i.png srcset='i.png 1x, k.png 2x'><p style='x:url(i.png)'>");
    copy_convert();
    EXPECT_CONTENT("h/s/a.css", "@import 'b.css';p{x:url(../i.png);y:url(http://h/s/j.png)}");
    EXPECT_CONTENT("h.html", "<link rel=stylesheet href=\"h/s/a.css\"><img src=\"h/i.png\" srcset='h/i.png 1x, "
                             "http://h/k.png 2x'><p style='x:url(h/i.png)'>");
    cr_expect_eq(copy_convert().changed, 0);
}

Test(convert, other_files_are_not_touched)
{
    COPY_KEEP("http://h/x.txt", "h/x.txt", "<a href=y>", "text/plain");
    COPY_KEEP("http://h/x.js", "h/x.js", "'<a href=y>'", "text/javascript");
    cr_expect_eq(copy_convert().looked, 0);
    EXPECT_CONTENT("h/x.txt", "<a href=y>");
}

Test(convert, a_row_without_a_type_is_judged_by_the_name_of_its_file)
{
    COPY_KEEP("http://h/a.htm", "h/a.HTM", "<a href=b>", "");
    COPY_KEEP("http://h/a.css", "h/a.css", "a{b:url(c)}", "");
    COPY_KEEP("http://h/a.txt", "h/a.txt", "<a href=b>", "");
    cr_expect_eq(copy_convert().changed, 2);
}

Test(convert, queries_are_those_that_the_crawl_asked_for)
{
    COPY_KEEP("http://h/s?q=%E9", "h/s~~abcdefghijklmnop.html", "s");
    COPY_KEEP("http://h/p", "h/p~.html", "<meta charset=latin1><a href='s?q=\xE9'><a href='s?q=\xE8'>");
    copy_convert();
    EXPECT_CONTENT("h/p~.html", "<meta charset=latin1><a href='s~~abcdefghijklmnop.html'><a href='http://h/s?q=%E8'>");
}

static bool strip_session(void *context, const struct url *url, struct url *asked)
{
    const char *mark = strstr(url->href, "?session=");
    (void)context;
    return mark && url_parse(asked, url->href, (size_t)(mark - url->href), NULL) == URL_OK;
}

Test(convert, links_whose_query_the_crawl_strips_lead_to_the_page_without_it)
{
    COPY_KEEP("http://h/p", "h/p~.html", "<a href='q?session=1'><a href='r?session=1'>");
    COPY_KEEP("http://h/q", "h/q~.html", "q");
    struct convert_summary summary;
    struct convert_options options = {.asked_as = strip_session};
    cr_assert_eq(convert_run(folder, copy_state, &options, &summary), CONVERT_OK);
    EXPECT_CONTENT("h/p~.html", "<a href='q~.html'><a href='http://h/r?session=1'>");
}

Test(convert, pages_of_an_account_lead_to_each_other)
{
    COPY_KEEP("http://h/p#user-abc", "h~~one/p~.html", "<a href=q><a href=r><a href='http://other/'>");
    COPY_KEEP("http://h/q#user-abc", "h~~one/q~.html", "q");
    COPY_KEEP("http://h/q", "h/q~.html", "<a href=p>");
    COPY_KEEP("http://h/r", "h/r~.html", "r");
    copy_convert();
    EXPECT_CONTENT("h~~one/p~.html", "<a href=\"q~.html\"><a href=\"../h/r~.html\"><a href='http://other/'>");
    EXPECT_CONTENT("h/q~.html", "<a href=\"http://h/p\">");
    COPY_KEEP("http://h/q#user-abc");
    unlink(in_folder("h~~one/q~.html"));
    copy_convert();
    EXPECT_CONTENT("h~~one/p~.html", "<a href=\"../h/q~.html\"><a href=\"../h/r~.html\"><a href='http://other/'>");
}

Test(convert, a_page_in_utf16_becomes_utf8_when_a_link_in_it_changes)
{
    static const char page[] = "\xFF\xFE<\0a\0 \0h\0r\0e\0f\0=\0x\0>\0\xE9\0";
    static const char plain[] = "\xFF\xFE\xE9\0";
    COPY_KEEP("http://h/p", "h/p~.html", page, .len = sizeof page - 1);
    COPY_KEEP("http://h/q", "h/q~.html", plain, .len = sizeof plain - 1);
    cr_expect_eq(copy_convert().changed, 1);
    EXPECT_CONTENT("h/p~.html", "\xEF\xBB\xBF<a href=\"http://h/x\">\xC3\xA9");
    cr_expect_eq(copy_convert().changed, 0);
}

Test(convert, a_page_that_is_larger_than_allowed_is_left_alone)
{
    COPY_KEEP("http://h/p", "h/p~.html", "<a href=x>");
    struct convert_summary summary;
    struct convert_options options = {.left = copy_note_left, .max_bytes = 9};
    cr_assert_eq(convert_run(folder, copy_state, &options, &summary), CONVERT_OK);
    cr_expect_eq(summary.left, 1);
    cr_expect_str_eq(copy_left, "h/p~.html: it is too large");
    EXPECT_CONTENT("h/p~.html", "<a href=x>");
}

static bool stop_at_once(void *context)
{
    (void)context;
    return true;
}

Test(convert, it_can_be_stopped)
{
    COPY_KEEP("http://h/p", "h/p~.html", "<a href=x>");
    struct convert_summary summary;
    struct convert_options options = {.stop = stop_at_once};
    cr_assert_eq(convert_run(folder, copy_state, &options, &summary), CONVERT_OK);
    cr_expect(summary.stopped);
    EXPECT_CONTENT("h/p~.html", "<a href=x>");
}

Test(convert, of_two_pages_with_one_file_the_one_whose_file_it_is_has_it)
{
    COPY_KEEP("http://h/a", "x.html", "first");
    COPY_KEEP("http://h/b", "x.html", "the second");
    COPY_KEEP("http://h/p", "h/p~.html", "<a href=a><a href=b>");
    copy_convert();
    EXPECT_CONTENT("h/p~.html", "<a href=\"http://h/a\"><a href=\"../x.html\">");
}
