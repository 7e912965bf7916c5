#include "fetch/harvest/declared.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum use_kind kind;
    const char *text, *out;
    unsigned count;
} rows[] = {
    {USE_HTML, "<meta charset=gbk>", "<meta charset=utf-8>", 1},
    {USE_HTML, "<META CHARSET = 'Shift_JIS' >x", "<META CHARSET = 'utf-8' >x", 1},
    {USE_HTML, "<meta charset=\"utf-8\">", "<meta charset=\"utf-8\">", 1},
    {USE_HTML, "<meta charset=' UTF8 '>", "<meta charset=' UTF8 '>", 1},
    {USE_HTML, "<meta/charset=utf-16/>", "<meta/charset=utf-8>", 1},
    {USE_HTML, "<meta charset=nonsense>", "<meta charset=utf-8>", 1},
    {USE_HTML, "<meta charset='x", "<meta charset='utf-8", 1},
    {USE_HTML, "<meta http-equiv=Content-Type content='text/html; charset=big5'>",
     "<meta http-equiv=Content-Type content='text/html; charset=utf-8'>", 1},
    {USE_HTML, "<meta content=\"text/html;charset=latin1;x\" http-equiv=content-type>",
     "<meta content=\"text/html;charset=utf-8;x\" http-equiv=content-type>", 1},
    {USE_HTML, "<meta charset=koi8-r http-equiv=content-type content='x;charset=koi8-r'>",
     "<meta charset=utf-8 http-equiv=content-type content='x;charset=utf-8'>", 2},
    {USE_HTML, "<meta content='x;charset=koi8-r' http-equiv=content-type charset=koi8-r>",
     "<meta content='x;charset=utf-8' http-equiv=content-type charset=utf-8>", 2},
    {USE_HTML, "<meta charset=a><p><meta charset=b>", "<meta charset=utf-8><p><meta charset=utf-8>", 2},
    {USE_HTML, "<?xml version='1.0' encoding='iso-8859-1'?><html>", "<?xml version='1.0' encoding='utf-8'?><html>", 1},
    {USE_HTML, "<?xml version='1.0' encoding = \"GBK\" ?><meta charset=gbk>",
     "<?xml version='1.0' encoding = \"utf-8\" ?><meta charset=utf-8>", 2},

    /* What declares nothing. */
    {USE_HTML, "<meta charset>", "<meta charset>", 0},
    {USE_HTML, "<meta charset=''>", "<meta charset=''>", 0},
    {USE_HTML, "<meta name=charset content=gbk>", "<meta name=charset content=gbk>", 0},
    {USE_HTML, "<meta content='text/html; charset=gbk'>", "<meta content='text/html; charset=gbk'>", 0},
    {USE_HTML, "<meta http-equiv=refresh content='0;charset=gbk'>", "<meta http-equiv=refresh content='0;charset=gbk'>",
     0},
    {USE_HTML, "<!-- <meta charset=gbk> -->", "<!-- <meta charset=gbk> -->", 0},
    {USE_HTML, "<!--><meta charset=gbk>", "<!--><meta charset=utf-8>", 1},
    {USE_HTML, "<!-- <meta charset=gbk>", "<!-- <meta charset=gbk>", 0},
    {USE_HTML, "<p title='<meta charset=gbk>'>", "<p title='<meta charset=gbk>'>", 0},
    {USE_HTML, "</p <meta charset=gbk>", "</p <meta charset=gbk>", 0},
    {USE_HTML, "<metadata charset=gbk>", "<metadata charset=gbk>", 0},
    {USE_HTML, "<script charset=gbk></script>", "<script charset=gbk></script>", 0},
    {USE_HTML, "< meta charset=gbk>", "< meta charset=gbk>", 0},
    {USE_HTML, "<?xml version='1.0'?><p encoding='x'>", "<?xml version='1.0'?><p encoding='x'>", 0},
    {USE_HTML, "<?xml encoding='x'", "<?xml encoding='x'", 0},
    {USE_HTML, "<?xml encoding?>", "<?xml encoding?>", 0},
    {USE_HTML, "<?xml encoding=x?>", "<?xml encoding=x?>", 0},
    {USE_HTML, "<", "<", 0},
    {USE_HTML, "", "", 0},

    {USE_CSS, "@charset \"gbk\";a{}", "@charset \"utf-8\";a{}", 1},
    {USE_CSS, "@charset \"utf-8\";", "@charset \"utf-8\";", 1},
    {USE_CSS, " @charset \"gbk\";", " @charset \"gbk\";", 0},
    {USE_CSS, "@charset 'gbk';", "@charset 'gbk';", 0},
    {USE_CSS, "@charset \"gbk", "@charset \"gbk", 0},
    {USE_CSS, "@charset \"", "@charset \"", 0},
    {USE_PLAIN, "<meta charset=gbk>", "<meta charset=gbk>", 0},
};

Test(declared, labels_become_true_and_all_else_stays)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = {0};
        unsigned count = 99;
        cr_assert(declared_as_utf8(rows[i].kind, rows[i].text, strlen(rows[i].text), &out, &count));
        cr_expect_str_eq(buffer_text(&out), rows[i].out, "%s: %s", rows[i].text, buffer_text(&out));
        cr_expect_eq(count, rows[i].count, "%s: %u", rows[i].text, count);
        buffer_release(&out);
    }
}

Test(declared, a_beginning_that_is_cut_anywhere_is_read_within_its_bounds)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t len = 0; len <= strlen(rows[i].text); len++) {
            struct buffer out = {0};
            unsigned count;
            char *exact = malloc(len + 1); /* the address sanitizer sees a read past the end */
            memcpy(exact, rows[i].text, len);
            cr_expect(declared_as_utf8(rows[i].kind, exact, len, &out, &count));
            buffer_release(&out);
            free(exact);
        }
}

/* Quotes that never close, and comments. */
Test(declared, takes_time_in_proportion_to_the_text, .timeout = 10)
{
    static const char *const pieces[] = {"<p x='", "<!-- <", "<meta charset=x ", "<a<a", "<?xml encoding"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct buffer text = {0}, out = {0};
        unsigned count;
        while (text.len < 4 << 20)
            buffer_append_text(&text, pieces[i]);
        cr_assert(declared_as_utf8(USE_HTML, text.data, text.len, &out, &count));
        buffer_release(&text);
        buffer_release(&out);
    }
}
