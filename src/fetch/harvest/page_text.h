/* A text as it was served, made UTF-8 while it arrives: in which charset it is, is found first, then it is decoded.
 *
 * A struct page_text may begin as zeroes. page_text_begin, page_text_feed for each piece, page_text_end;
 * page_text_reset makes it ready for another text and keeps what memory is worth keeping; page_text_release at the
 * end. Until the charset is known, at most PAGE_CHARSET_DETECT_BYTES and a piece are held.
 *
 * Context: one thread; does not block, but that iconv may load a module. */
#ifndef FETCH_PAGE_TEXT_H
#define FETCH_PAGE_TEXT_H

#include "base/buffer.h"
#include "fetch/use.h"
#include "web/charset/charset.h"
#include "web/charset/page_charset.h"

/* Takes a piece of the text; false: no more of it. */
typedef bool page_text_fn(void *context, const char *text, size_t len);

struct page_text_options {
    enum use_kind kind;       /* HTML, CSS and plain text say in different ways what they are in */
    const char *content_type; /* the header's value, borrowed until the end */
    bool strict;              /* all that is given is valid UTF-8; otherwise UTF-8 passes as it is, without a copy */
    page_text_fn *text;
    void *context;
};

enum page_text_status { PAGE_TEXT_OK, PAGE_TEXT_STOPPED, PAGE_TEXT_NO_MEMORY };

/* The members are private. */
struct page_text {
    struct page_text_options options;
    struct buffer held; /* until the charset is known */
    size_t next_look;   /* it is looked for again when so much is held */
    struct page_charset found;
    struct charset_decoder *decoder; /* NULL: the bytes pass as they are */
    struct buffer utf8;
};

void page_text_begin(struct page_text *t, const struct page_text_options *options);
enum page_text_status page_text_feed(struct page_text *t, const char *bytes, size_t len);
enum page_text_status page_text_end(struct page_text *t);

/* What the text is in; the charset is NULL before that is known. */
struct page_charset page_text_charset(const struct page_text *t);

/* Whether bytes that are no UTF-8 may be among what was given. */
bool page_text_is_raw(const struct page_text *t);

void page_text_reset(struct page_text *t);
void page_text_release(struct page_text *t);

#endif
