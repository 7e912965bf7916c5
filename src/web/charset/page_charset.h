/* Which encoding a page is in: byte order mark, then Content-Type, then what the page says of itself, then how its
 * bytes look (HTML Standard section 13.2.3.2).
 *
 * page_charset_find is asked with the page's beginning, and again with more of it while it says that it needs more. It
 * keeps nothing between calls. */
#ifndef WEB_PAGE_CHARSET_H
#define WEB_PAGE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "web/charset/charset.h"

enum {
    /* Within so many bytes a page must say what it is in. */
    PAGE_CHARSET_PRESCAN_BYTES = 1024,
    /* So many are looked at when it does not; a caller never needs to hold back more. */
    PAGE_CHARSET_DETECT_BYTES = 32768
};

/* What told. */
enum page_charset_source {
    PAGE_CHARSET_BOM,
    PAGE_CHARSET_HTTP,
    PAGE_CHARSET_META,    /* <meta charset>, <meta http-equiv=content-type>, or the XML declaration */
    PAGE_CHARSET_GUESSED, /* the bytes: valid UTF-8, or what uchardet takes them for */
    PAGE_CHARSET_DEFAULT  /* nothing: windows-1252 */
};

struct page_charset {
    const struct charset *charset;
    enum page_charset_source source;
};

/* CONTENT_TYPE is the header's value, or NULL. HEAD is the page's beginning, and WHOLE says that nothing follows it.
 *
 * False: more of the page is needed, at most PAGE_CHARSET_DETECT_BYTES; OUT is as it was. Takes time linear in LEN up
 * to that length; bytes beyond it are not looked at. (uchardet, which guesses, is C++ and ends the process when memory
 * is out.) */
bool page_charset_find(const char *content_type, const char *head, size_t len, bool whole, struct page_charset *out);

/* The encoding of the charset parameter of a Content-Type's value; NULL when it has none or an unknown one. */
const struct charset *page_charset_of_type(const char *content_type, size_t len);

/* What a page says of itself in its first PAGE_CHARSET_PRESCAN_BYTES; NULL when it says nothing. */
const struct charset *page_charset_prescan(const char *head, size_t len);

/* What the XML declaration says that the bytes begin with; NULL when there is none, or it is cut, or says nothing. A
 * text whose declaration can be read is not in UTF-16: one that says so is taken for UTF-8. */
const struct charset *page_charset_declared(const char *head, size_t len);

/* A word for logs: "bom", "http", "meta", "guessed", "default". */
const char *page_charset_source_text(enum page_charset_source source);

#endif
