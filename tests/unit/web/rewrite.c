#include "web/links/rewrite.h"

#include "base/status.h"
#include "support/files.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(rewrite, .timeout = 60);

/* The link whose text is FROM becomes TO. */
struct wish {
    const char *from, *to;
    size_t met;
};

static const char *grant(void *context, const struct rewrite_link *link)
{
    struct wish *wish = context;
    bool meant = strlen(wish->from) == link->len && memcmp(wish->from, link->text, link->len) == 0;
    wish->met += meant;
    return meant ? wish->to : NULL;
}

struct rewrite_row {
    const char *in;
    const char *from, *to;
    const char *out; /* NULL: nothing is to be changed */
    const char *charset;
};

typedef enum rewrite_status rewriter(const char *, size_t, const struct rewrite_options *, struct buffer *);

static void check_rows(rewriter *rewrite, const struct rewrite_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rewrite_row *row = &rows[i];
        struct wish wish = {row->from, row->to, 0};
        struct rewrite_options options = {.becomes = grant, .context = &wish};
        if (row->charset)
            options.charset = charset_find(row->charset, strlen(row->charset));
        struct buffer out = {0};
        enum rewrite_status status = rewrite(row->in, strlen(row->in), &options, &out);
        cr_expect_eq(status, row->out ? REWRITE_CHANGED : REWRITE_SAME, "%s: %s", row->in, rewrite_status_text(status));
        cr_expect_str_eq(buffer_text(&out), row->out ? row->out : "", "%s", row->in);
        buffer_release(&out);
    }
}

Test(rewrite, a_link_is_replaced_where_it_stands_and_nothing_else_is)
{
    static const struct rewrite_row rows[] = {
        {"<a href=\"old\">x</a>", "old", "new", "<a href=\"new\">x</a>"},
        {"<A  HREF = 'old'  id=1>", "old", "new", "<A  HREF = 'new'  id=1>"},
        {"<a href=old>", "old", "new", "<a href=\"new\">"},
        {"<a href=old id=1>", "old", "new", "<a href=\"new\" id=1>"},
        {"<a href=old/>", "old/", "new", "<a href=\"new\">"},
        {"<a href=\"old\"><a href=\"other\"><a href='old'>", "old", "n",
         "<a href=\"n\"><a href=\"other\"><a href='n'>"},
        {"<a href=\" old \">", " old ", "new", "<a href=\"new\">"},
        {"<a href=\"old\" href=\"old\">", "old", "new", "<a href=\"new\" href=\"old\">"},
        {"<a href>", "", "new", NULL},
        {"<a href=\"\">", "", "new", "<a href=\"new\">"},
        {"<!-- <a href=\"old\"> --><p title=\"old\">old", "old", "new", NULL},
        {"<script>\"<a href='old'>\"</script><textarea><a href=old></textarea>", "old", "new", NULL},
        {"<area href=old><iframe src=old></iframe>", "old", "new", "<area href=\"new\"><iframe src=\"new\"></iframe>"},
        {"<frameset><frame src='old'></frameset>", "old", "new", "<frameset><frame src='new'></frameset>"},
        {"<link href=old rel=stylesheet>", "old", "new", "<link href=\"new\" rel=stylesheet>"},
        {"<img src=old><input type=image src=old>", "old", "new", "<img src=\"new\"><input type=image src=\"new\">"},
        {"<video src=old poster=old><source src=old><track src=old></video><audio src=old>", "old", "new",
         "<video src=\"new\" poster=\"new\"><source src=\"new\"><track src=\"new\"></video><audio src=\"new\">"},
        {"<script src='old'></script><embed src='old'><object data='old'></object>", "old", "new",
         "<script src='new'></script><embed src='new'><object data='new'></object>"},
        {"<body background=old><table background=old><tr><td background=old>", "old", "new",
         "<body background=\"new\"><table background=\"new\"><tr><td background=\"new\">"},
        {"<svg><a xlink:href='old'/><use href='old'/><image href='old'/></svg>", "old", "new",
         "<svg><a xlink:href='new'/><use href='new'/><image href='new'/></svg>"},
        {"<a href=\"cut", "cut", "new", NULL},
    };
    check_rows(rewrite_html, rows, COUNT_OF(rows));
}

Test(rewrite, a_replacement_is_escaped_for_where_it_stands)
{
    static const struct rewrite_row rows[] = {
        {"<a href=\"old\">", "old", "?a=1&b=\"'<>", "<a href=\"?a=1&amp;b=&quot;'&lt;&gt;\">"},
        {"<a href='old'>", "old", "?a=1&b=\"'<>", "<a href='?a=1&amp;b=\"&#39;&lt;&gt;'>"},
        {"<a href=old>", "old", "?a=1&b=\"'<>", "<a href=\"?a=1&amp;b=&quot;&#39;&lt;&gt;\">"},
        {"<a href=\"&#111;ld&amp;x\">", "old&x", "new", "<a href=\"new\">"},
        {"<p style=\"a:url(old)\">", "old", "n'(\")&", "<p style=\"a:url(n\\'\\(\\&quot;\\)&amp;)\">"},
        {"<p style='a:url(\"old\")'>", "old", "n'(\")", "<p style='a:url(\"n&#39;(\\\")\")'>"},
        {"<p style=\"a:url(&quot;old&quot;)\">", "old", "n\"", "<p style=\"a:url(&quot;n\\&quot;&quot;)\">"},
        {"<p style=a:url(old)>", "old", "new>", "<p style=a:url(new&gt;)>"},
        {"<style>a{b:url(old)}</style>", "old", "n&</style>", "<style>a{b:url(n&\\3c /style>)}</style>"},
        {"<style>@import \"old\" screen;</style>", "old", "n\"w", "<style>@import \"n\\\"w\" screen;</style>"},
    };
    check_rows(rewrite_html, rows, COUNT_OF(rows));
}

Test(rewrite, a_candidate_of_a_srcset_is_replaced_and_the_others_stay)
{
    static const struct rewrite_row rows[] = {
        {"<img srcset=\"a 1x, old 2x,b 3x\">", "old", "new", "<img srcset=\"a 1x, new 2x,b 3x\">"},
        {"<img srcset=\"old, old 2x\">", "old", ",n,e,", "<img srcset=\"%2Cn,e%2C, %2Cn,e%2C 2x\">"},
        {"<picture><source srcset='old'></picture>", "old", "n'", "<picture><source srcset='n&#39;'></picture>"},
        {"<img srcset=old>", "old", "new", "<img srcset=\"new\">"},
        {"<img srcset=\"a&#32;1x,old&#32;2x\">", "old", "new", "<img srcset=\"a&#32;1x,new&#32;2x\">"},
        {"<link rel=preload as=image imagesrcset='old 2x'>", "old", "new",
         "<link rel=preload as=image imagesrcset='new 2x'>"},
    };
    check_rows(rewrite_html, rows, COUNT_OF(rows));
}

Test(rewrite, a_refresh_keeps_its_delay_and_its_quotes)
{
    static const struct rewrite_row rows[] = {
        {"<meta http-equiv=refresh content=\"5; url=old\">", "old", "n'\"",
         "<meta http-equiv=refresh content=\"5; url=n%27%22\">"},
        {"<meta http-equiv=refresh content=\"5; url='old' \">", "old", "new",
         "<meta http-equiv=refresh content=\"5; url='new' \">"},
        {"<meta http-equiv=refresh content='0;old'>", "old", "new", "<meta http-equiv=refresh content='0;new'>"},
        {"<meta http-equiv=refresh content=0;old>", "old", "new", "<meta http-equiv=refresh content=0;new>"},
        {"<meta name=description content='0;old'>", "old", "new", NULL},
    };
    check_rows(rewrite_html, rows, COUNT_OF(rows));
}

Test(rewrite, a_base_can_be_taken_away)
{
    static const struct rewrite_row rows[] = {
        {"<base href=\"old\" target=x>", "old", "", "<base href=\"\" target=x>"},
        {"<base href=old>", "old", "", "<base href=\"\">"},
        {"<base target=x><base href='old'><base href='other'>", "old", "",
         "<base target=x><base href=''><base href='other'>"},
        {"<base href='old'><base href='other'>", "other", "", NULL},
    };
    check_rows(rewrite_html, rows, COUNT_OF(rows));
}

static const char *list_texts(void *context, const struct rewrite_link *link)
{
    buffer_printf(context, "%.*s ", (int)link->len, link->text);
    return NULL;
}

Test(rewrite, the_base_is_told_before_the_links_in_front_of_it)
{
    static const char page[] = "<a href=one><img srcset='two, three' src=four><base href=base><a href=five>";
    struct buffer order = {0}, out = {0};
    struct rewrite_options options = {.becomes = list_texts, .context = &order};
    cr_assert_eq(rewrite_html(page, strlen(page), &options, &out), REWRITE_SAME);
    cr_expect_str_eq(buffer_text(&order), "base one two three four five ");
    buffer_release(&order);
}

Test(rewrite, style_sheets_have_their_references_replaced)
{
    static const struct rewrite_row rows[] = {
        {"a{b:url(old)}", "old", "new", "a{b:url(new)}"},
        {"a{b:url(  old  )}", "old", "new", "a{b:url(  new  )}"},
        {"a{b:URL( 'old' )}", "old", "n'\\w\"", "a{b:URL( 'n\\'\\\\w\"' )}"},
        {"a{b:url(old)}", "old", "n(e)w", "a{b:url(n\\(e\\)w)}"},
        {"@import 'old';@import url(\"old\") print;", "old", "new", "@import 'new';@import url(\"new\") print;"},
        {"a{b:url(\\6f ld)}", "old", "new", "a{b:url(new)}"},
        {"a{b:url(old\\20 )}", "old ", "new", "a{b:url(new)}"},
        {"a{b:url(old\\)x)}", "old)x", "new", "a{b:url(new)}"},
        {"/* url(old) */a{content:'old'}b{c:\"url(old)\"}", "old", "new", NULL},
        {"a{b:url(old", "old", "new", "a{b:url(new"},
        {"a{b:url('old", "old", "new", "a{b:url('new"},
        {"@import \"old", "old", "new", "@import \"new"},
        {"a{b:url(old c)}", "old", "new", NULL},
    };
    check_rows(rewrite_css, rows, COUNT_OF(rows));
}

Test(rewrite, values_are_read_in_the_encoding_of_the_page)
{
    static const struct rewrite_row rows[] = {
        {"<a href=\"caf\xE9\">\xE9", "caf\xC3\xA9", "new", "<a href=\"new\">\xE9", "windows-1252"},
        {"<a href=\"caf\xE9&eacute;\">", "caf\xC3\xA9\xC3\xA9", "new", "<a href=\"new\">", "windows-1252"},
        {"<a href=\"caf\xC3\xA9\">", "caf\xC3\xA9", "new", "<a href=\"new\">", "utf-8"},
        {"<a href=\"caf\xE9\">", "caf\xEF\xBF\xBD", "new", "<a href=\"new\">", "utf-8"},
        /* The second byte of U+8868 is a backslash; that of U+4E0A, in GBK, is one of a character before a quote. */
        {"<p style=\"a:url('\x95\x5C')\">", "\xE8\xA1\xA8", "new", "<p style=\"a:url('new')\">", "shift_jis"},
        {"<style>a{b:url(\x95\x5C.png)}</style>", "\xE8\xA1\xA8.png", "new", "<style>a{b:url(new)}</style>",
         "shift_jis"},
        {"<p style=\"a:'\x95\x5C';b:url(old)\">", "old", "new", "<p style=\"a:'\x95\x5C';b:url(new)\">", "shift_jis"},
        {"<a href=\"\x81\x5C\x2F\">", "\xE4\xB9\x97/", "new", "<a href=\"new\">", "gbk"},
        {"<p style='a:\"\x81\x30\x81\x30\";b:url(\"\x81\x30\x84\x36\")'>", "\xC2\xA5", "new",
         "<p style='a:\"\x81\x30\x81\x30\";b:url(\"new\")'>", "gb18030"},
    };
    check_rows(rewrite_html, rows, COUNT_OF(rows));
}

Test(rewrite, a_byte_order_mark_is_no_text)
{
    static const struct rewrite_row rows[] = {
        {"\xEF\xBB\xBF<frameset><frame src=old>", "old", "new", "\xEF\xBB\xBF<frameset><frame src=\"new\">"},
        {"\xEF\xBB\xBF<a href=old>", "other", "new", NULL},
    };
    check_rows(rewrite_html, rows, COUNT_OF(rows));
    static const struct rewrite_row sheets[] = {
        {"\xEF\xBB\xBF@import 'old';", "old", "new", "\xEF\xBB\xBF@import 'new';"},
    };
    check_rows(rewrite_css, sheets, COUNT_OF(sheets));
}

Test(rewrite, encodings_whose_bytes_are_not_ascii_are_refused)
{
    static const char *const names[] = {"utf-16le", "utf-16be", "iso-2022-jp", "hz-gb-2312"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct rewrite_options options = {.charset = charset_find(names[i], strlen(names[i])), .becomes = list_texts};
        struct buffer out = {0};
        cr_expect_not(rewrite_can(options.charset), "%s", names[i]);
        cr_expect_eq(rewrite_html("<a href=x>", 10, &options, &out), REWRITE_CHARSET, "%s", names[i]);
        cr_expect_eq(out.len, 0);
    }
}

/* ---- Whole files ---- */

static const char *leave(void *context, const struct rewrite_link *link)
{
    (void)link;
    ++*(size_t *)context;
    return NULL;
}

/* The same text again, if a link may be written as it. */
static const char *repeat(void *context, const struct rewrite_link *link)
{
    struct buffer *text = context;
    for (size_t i = 0; i < link->len; i++) {
        if (link->text[i] <= ' ' || link->text[i] > '~')
            return NULL;
    }
    buffer_clear(text);
    return link->len && link->kind != LINK_IMAGE && link->kind != LINK_REFRESH &&
                   buffer_append(text, link->text, link->len)
               ? buffer_text(text)
               : NULL;
}

/* All links, as the reader of links gives them. */
static void take_link(void *context, const struct link *link)
{
    buffer_printf(context, "%d %x %.*s\n", link->kind, link->rel, (int)link->len, link->text);
}

static void list_links(const char *bytes, size_t len, struct buffer *out)
{
    struct links *links = links_new(&(struct links_options){.found = take_link, .context = out, .requisites = true});
    links_feed(links, bytes, len);
    cr_assert(links_end(links));
    links_free(links);
}

static void check_file(const char *path, size_t *links)
{
    size_t len;
    char *bytes = files_read(path, &len);
    struct buffer out = {0}, text = {0}, before = {0}, after = {0};
    struct rewrite_options options = {.becomes = leave, .context = links};
    cr_expect_eq(rewrite_html(bytes, len, &options, &out), REWRITE_SAME, "%s", path);
    cr_expect_eq(out.len, 0, "%s", path);
    options = (struct rewrite_options){.becomes = repeat, .context = &text};
    if (rewrite_html(bytes, len, &options, &out) == REWRITE_CHANGED) {
        list_links(bytes, len, &before);
        list_links(out.data, out.len, &after);
        cr_expect_str_eq(buffer_text(&before), buffer_text(&after), "%s", path);
    }
    struct buffer *const buffers[] = {&out, &text, &before, &after};
    for (size_t i = 0; i < COUNT_OF(buffers); i++)
        buffer_release(buffers[i]);
    free(bytes);
}

/* How many files of FOLDER were looked at, and how many links there were. */
static size_t check_folder(const char *folder, size_t *links)
{
    size_t files = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 5, ".html") != 0)
            continue;
        char *path = files_path(folder, entry->d_name);
        check_file(path, links);
        files++;
        free(path);
    }
    closedir(dir);
    return files;
}

Test(rewrite, pages_of_all_kinds_stay_as_they_are_and_keep_their_links_when_these_are_written_anew)
{
    const char *given = getenv("FORAGE_CONFORMANCE"), *source = getenv("FORAGE_SOURCE");
    char *folder = files_path(given    ? given
                              : source ? source
                                       : ".",
                              given ? "html/files" : "../shared/conformance/html/files");
    size_t links = 0;
    if (access(folder, R_OK) != 0)
        cr_skip_test("no conformance data");
    cr_expect_gt(check_folder(folder, &links), 100);
    cr_expect_gt(links, 200);
    free(folder);
}

Test(rewrite, real_documentation_stays_as_it_is_and_keeps_its_links_when_these_are_written_anew)
{
    static const char folder[] = "/usr/share/debian-reference";
    size_t links = 0;
    if (access(folder, R_OK) != 0)
        cr_skip_test("no documentation");
    cr_expect_gt(check_folder(folder, &links), 10);
    cr_expect_gt(links, 1000);
}

Test(rewrite, time_is_linear_in_the_number_of_links)
{
    enum { COUNT = 200000 };
    struct buffer page = {0}, out = {0};
    struct wish wish = {"old", "new", 0};
    struct rewrite_options options = {.becomes = grant, .context = &wish};
    for (int i = 0; i < COUNT; i++)
        buffer_append_text(&page, i % 2 ? "<a href=old>" : "<p style='a:url(old)'>");
    cr_assert_eq(rewrite_html(page.data, page.len, &options, &out), REWRITE_CHANGED);
    cr_expect_eq(wish.met, COUNT);
    cr_expect_eq(out.len, page.len + COUNT / 2 * 2);
    buffer_release(&page);
    buffer_release(&out);
}
