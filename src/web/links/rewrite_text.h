/* How a link is written where it stands: read in its encoding, and written anew. Private to the rewriter. Pure;
 * linear. */
#ifndef WEB_REWRITE_TEXT_H
#define WEB_REWRITE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "web/charset/charset.h"
#include "web/links/links.h"

/* Where a link stands. */
struct rewrite_spot {
    size_t begin, end; /* of what spells it */
    enum link_kind kind;
    unsigned rel;
    bool in_attribute; /* of HTML */
    bool whole;        /* it is all of the attribute's value */
    bool is_css;
    char quote;     /* of the attribute; 0: none */
    char css_quote; /* of the string or url() */
};

/* Append RAW, what spells the link, as UTF-8 with its references and escapes decoded. False when memory is out, or
 * iconv lacks the encoding. */
bool rewrite_text_read(const char *raw, size_t len, const struct rewrite_spot *spot, const struct charset *charset,
                       struct buffer *out);

/* Append TEXT, printable ASCII without blanks, as it is to be written instead. False when memory is out. */
bool rewrite_text_write(const char *text, const struct rewrite_spot *spot, struct buffer *out);

/* Change bytes of characters of two and more bytes that would read as ASCII into others, so that markup and CSS can be
 * read byte by byte; nothing moves. */
void rewrite_text_mask(char *bytes, size_t len, const struct charset *charset);

/* Whether CHARSET has such characters. */
bool rewrite_text_must_mask(const struct charset *charset);

#endif
