#include "web/charset/page_charset.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const struct charset *charset)
{
    return charset ? charset_name(charset) : "nothing";
}

Test(page_charset, a_content_type_names_its_charset)
{
    static const struct {
        const char *type, *name;
    } rows[] = {
        {"text/html; charset=utf-8", "UTF-8"},
        {"text/html;charset=UTF-8", "UTF-8"},
        {"text/html ; charset=\"iso-8859-2\"", "ISO-8859-2"},
        {"text/html; charset = utf-8", "nothing"},
        {"text/html; Charset=koi8-r ; x=y", "KOI8-R"},
        {"text/html; boundary=\"a;charset=big5\"; charset=gbk", "GBK"},
        {"text/html; charset=; charset=gbk", "GBK"},
        {"text/html; charset=nonsense; charset=gbk", "nothing"},
        {"text/html; charset", "nothing"},
        {"text/html; charset=\"", "nothing"},
        {"text/html; charset=\"gbk", "GBK"},
        {"text/html;", "nothing"},
        {"text/html", "nothing"},
        {"", "nothing"},
        {"charset=utf-8", "nothing"},
        {";;;charset=utf-8", "UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *name = name_of(page_charset_of_type(rows[i].type, strlen(rows[i].type)));
        cr_expect_str_eq(name, rows[i].name, "%s is %s, not %s", rows[i].type, name, rows[i].name);
    }
}

struct page {
    const char *head;
    const char *name;
};

static const struct page pages[] = {
    {"<meta charset=utf-8>", "UTF-8"},
    {"<META CHARSET='KOI8-R'>", "KOI8-R"},
    {"<meta/charset=\"koi8-r\"/>", "KOI8-R"},
    {"<meta charset = gbk >", "GBK"},
    {"<html><head><title>x</title><meta charset=gbk>", "GBK"},
    {"<metax charset=gbk>", "nothing"},
    {"<meta charset=gbk", "nothing"},
    {"<meta charset=gbk ", "nothing"},
    {"<meta charset=\"gbk>", "nothing"},
    {"<meta charset=nonsense><meta charset=gbk>", "GBK"},
    {"<meta charset=><meta charset=gbk>", "GBK"},
    {"<meta charset=gbk charset=big5>", "GBK"},
    {"<meta name=x charset=gbk>", "GBK"},
    {"<meta charset=utf-16>", "UTF-8"},
    {"<meta charset=x-user-defined>", "windows-1252"},
    {"<meta http-equiv=content-type content=\"text/html; charset=big5\">", "Big5"},
    {"<meta content=\"text/html; charset=big5\" http-equiv=Content-Type>", "Big5"},
    {"<meta content='text/html; charset=\"big5\"' http-equiv=Content-Type>", "Big5"},
    {"<meta content=\"text/html; charset='big5\" http-equiv=Content-Type>", "nothing"},
    {"<meta content=\"charset charset = big5;x\" http-equiv=Content-Type>", "Big5"},
    {"<meta content=\"charset\" http-equiv=Content-Type>", "nothing"},
    {"<meta content=\"charset=\" http-equiv=Content-Type>", "nothing"},
    {"<meta http-equiv=refresh content=\"text/html; charset=big5\">", "nothing"},
    {"<meta http-equiv=refresh http-equiv=content-type content=\"charset=big5\">", "nothing"},
    {"<meta content=\"charset=big5\">", "nothing"},
    {"<meta content=\"charset=big5\" charset=gbk>", "GBK"},
    {"<meta charset=gbk content=\"charset=big5\">", "GBK"},
    {"<meta charset=nonsense http-equiv=content-type content=\"charset=big5\">", "nothing"},
    {"<!-- <meta charset=gbk> --><meta charset=big5>", "Big5"},
    {"<!--><meta charset=big5>", "Big5"},
    {"<!--x><meta charset=big5>", "nothing"},
    {"<!DOCTYPE html><meta charset=big5>", "Big5"},
    {"<? <meta charset=gbk> ?><meta charset=big5>", "Big5"},
    {"<a title=\"<meta charset=gbk>\"><meta charset=big5>", "Big5"},
    {"</a title='<meta charset=gbk>'><meta charset=big5>", "Big5"},
    {"<a =x<meta charset=gbk>", "nothing"},
    {"<a\"<meta charset=gbk>", "nothing"},
    {"< meta charset=gbk>", "nothing"},
    {"<script>'<meta charset=gbk>'</script>", "GBK"},
    {"<meta charset=\"gbk\"x>", "GBK"},
    {"<meta charset=\xffgbk>", "nothing"},
    {"<?xml version=\"1.0\" encoding=\"koi8-r\"?><html>", "KOI8-R"},
    {"<?xml version='1.0' encoding = 'utf-16'?><html>", "UTF-8"},
    {"<?xml version='1.0' encoding='koi8-r'?><meta charset=gbk>", "GBK"},
    {"<?xml version='1.0' encoding='koi8-r", "nothing"},
    {"<?xml version='1.0' encoding='koi8 r'?>", "nothing"},
    {"<?xml version='1.0' encoding?>", "nothing"},
    {"<", "nothing"},
    {"<m", "nothing"},
    {"<!", "nothing"},
    {"<!--", "nothing"},
    {"", "nothing"},
};

Test(page_charset, a_page_says_its_charset_as_the_prescan_reads_it)
{
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        size_t len = strlen(pages[i].head);
        char *copy = malloc(len + 1); /* of its own, so that a sanitizer sees a byte too far */
        memcpy(copy, pages[i].head, len);
        char *exact = realloc(copy, len ? len : 1);
        const char *name = name_of(page_charset_prescan(exact, len));
        cr_expect_str_eq(name, pages[i].name, "%s is %s, not %s", pages[i].head, name, pages[i].name);
        free(exact);
    }
}

Test(page_charset, utf_16_shows_in_an_xml_declaration)
{
    cr_expect_str_eq(name_of(page_charset_prescan("<\0?\0x\0m\0l\0", 10)), "UTF-16LE");
    cr_expect_str_eq(name_of(page_charset_prescan("\0<\0?\0x\0m\0l", 10)), "UTF-16BE");
}

/* A meta tag whose last byte is byte END of the page. */
static const struct charset *prescan_ending_at(size_t end)
{
    static const char meta[] = "<meta charset=gbk>";
    char page[2 * PAGE_CHARSET_PRESCAN_BYTES];
    memset(page, ' ', sizeof page);
    memcpy(page + end - (sizeof meta - 1), meta, sizeof meta - 1);
    return page_charset_prescan(page, sizeof page);
}

Test(page_charset, what_stands_behind_the_first_1024_bytes_is_not_read)
{
    cr_expect_str_eq(name_of(prescan_ending_at(1024)), "GBK");
    cr_expect_str_eq(name_of(prescan_ending_at(1025)), "nothing");
}

Test(page_charset, the_first_of_mark_header_and_page_decides)
{
    static const struct {
        const char *type, *head, *name;
        enum page_charset_source source;
    } rows[] = {
        {"text/html; charset=gbk", "\xef\xbb\xbf<meta charset=big5>", "UTF-8", PAGE_CHARSET_BOM},
        {"text/html; charset=gbk", "\xff\xfe<", "UTF-16LE", PAGE_CHARSET_BOM},
        {NULL, "\xfe\xff<", "UTF-16BE", PAGE_CHARSET_BOM},
        {"text/html; charset=gbk", "<meta charset=big5>", "GBK", PAGE_CHARSET_HTTP},
        {"text/html; charset=nonsense", "<meta charset=big5>", "Big5", PAGE_CHARSET_META},
        {"text/html", "<meta charset=big5>", "Big5", PAGE_CHARSET_META},
        {NULL, "<p>\xd0\x9f\xd1\x80\xd0\xb8</p>", "UTF-8", PAGE_CHARSET_GUESSED},
        {NULL, "<p>\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0!</p>", "windows-1251", PAGE_CHARSET_GUESSED},
        {NULL, "<p>\x93\xfa\x96\x7b\x8c\xea\x82\xcc\x83y\x81[\x83W</p>", "Shift_JIS", PAGE_CHARSET_GUESSED},
        {NULL, "<p>plain</p>", "windows-1252", PAGE_CHARSET_DEFAULT},
        {NULL, "", "windows-1252", PAGE_CHARSET_DEFAULT},
        {NULL, "\xef\xbb", "UTF-8", PAGE_CHARSET_GUESSED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct page_charset found = {0};
        cr_expect(page_charset_find(rows[i].type, rows[i].head, strlen(rows[i].head), true, &found));
        cr_expect(strcmp(name_of(found.charset), rows[i].name) == 0 && found.source == rows[i].source,
                  "row %zu is %s by %s, not %s by %s", i, name_of(found.charset),
                  page_charset_source_text(found.source), rows[i].name, page_charset_source_text(rows[i].source));
    }
}

Test(page_charset, more_is_asked_for_until_it_is_known)
{
    struct page_charset found = {0};
    char page[PAGE_CHARSET_DETECT_BYTES];
    memset(page, 'x', sizeof page);
    cr_expect(!page_charset_find("text/html; charset=gbk", "\xef", 1, false, &found));
    cr_expect(!page_charset_find("text/html; charset=gbk", "", 0, false, &found));
    cr_expect(page_charset_find("text/html; charset=gbk", "<", 1, false, &found));
    cr_expect_str_eq(name_of(found.charset), "GBK");
    cr_expect(!page_charset_find(NULL, page, PAGE_CHARSET_PRESCAN_BYTES - 1, false, &found));
    memcpy(page, "<meta charset=big5>", 19);
    cr_expect(page_charset_find(NULL, page, PAGE_CHARSET_PRESCAN_BYTES, false, &found));
    cr_expect_str_eq(name_of(found.charset), "Big5");
    memset(page, 'x', sizeof page);
    cr_expect(!page_charset_find(NULL, page, sizeof page - 1, false, &found));
    cr_expect(page_charset_find(NULL, page, sizeof page, false, &found));
    cr_expect_eq(found.source, PAGE_CHARSET_DEFAULT);
    /* A character that the limit cuts is no error of UTF-8. */
    memcpy(page + sizeof page - 5, "\xd0\x9f\xe2\x82\xac", 5);
    cr_expect(page_charset_find(NULL, page, sizeof page - 1, true, &found));
    cr_expect(found.source == PAGE_CHARSET_GUESSED && found.charset == charset_utf8());
}
