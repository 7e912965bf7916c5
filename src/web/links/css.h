/* Finds url() and @import in CSS while it arrives (CSS Syntax level 3, as much of its tokenizer as that needs).
 *
 * css_init, css_feed for each piece, css_end, css_release; after css_end it is ready for another sheet. A piece may end
 * anywhere. Time is linear; one reference is kept up to CSS_URL_MAX bytes, and a longer one is left out. Used for style
 * sheets, style elements and style attributes alike. Pure; one thread at a time. */
#ifndef WEB_CSS_H
#define WEB_CSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { CSS_URL_MAX = 65536 };

enum css_kind { CSS_URL, CSS_IMPORT };

/* Where the text of a url() or of a string stands in all bytes fed, without blanks and quotes around it, escapes and
 * all; and the quotes, '"' or '\'', 0: there are none. */
struct css_place {
    uint64_t begin, end;
    char quote;
};

/* TEXT has its escapes decoded; borrowed for the call, not terminated. css_place() says where it stands. */
typedef void css_found(void *context, enum css_kind kind, const char *text, size_t len);

/* The members are private. */
struct css {
    css_found *found;
    void *context;
    struct buffer value; /* the URL or string that is read */
    uint32_t escape;     /* the number of a hexadecimal escape so far */
    uint8_t state;
    uint8_t after_escape; /* the state that an escape belongs to */
    uint8_t escape_digits;
    uint8_t rule;    /* which at-rule's prelude this is */
    uint8_t purpose; /* what the value is read for */
    uint8_t name_kind;
    uint8_t name_len; /* saturating */
    char name[12];    /* the beginning of a name, in lower case */
    char quote;       /* of the string that is read */
    bool too_long, failed;
    uint64_t fed;           /* bytes, before the piece that is read */
    const char *piece;      /* that piece */
    struct css_place place; /* of the value */
};

void css_init(struct css *css, css_found *found, void *context);
void css_feed(struct css *css, const char *bytes, size_t len);

/* The sheet is over; what is unfinished counts as the standard has it. False when memory ran out since css_init. */
bool css_end(struct css *css);

/* Inside css_found: where that text is, counted from the beginning of the sheet. */
struct css_place css_place(const struct css *css);

void css_release(struct css *css);

#endif
