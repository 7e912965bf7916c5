/* A streaming HTML tokenizer (HTML standard section 13.2.5) that keeps only what a reader of links needs: start
 * tags with the attributes that were asked for, and the text of style elements. Private to links.
 *
 * tokenizer_init once; tokenizer_feed for each piece and tokenizer_end, which is followed by tokenizer_reset for
 * another page; tokenizer_release. Text is kept nowhere but for the attributes asked for, each up to
 * LINKS_VALUE_MAX bytes. */
#ifndef WEB_TOKENIZER_H
#define WEB_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "web/links/tokenizer_names.h"
#include "web/links/tokenizer_tree.h"

/* The attributes that can be asked for, in an order of their own so that a set of them is an integer. */
enum html_slot {
    SLOT_HREF,
    SLOT_REL,
    SLOT_SRC,
    SLOT_CONTENT,
    SLOT_HTTP_EQUIV,
    SLOT_NAME,
    SLOT_CHARSET,
    SLOT_SRCSET,
    SLOT_IMAGESRCSET,
    SLOT_DATA,
    SLOT_POSTER,
    SLOT_BACKGROUND,
    SLOT_STYLE,
    SLOT_TYPE,
    SLOT_XLINK_HREF,
    SLOT_ENCODING,
    SLOT_COLOR,
    SLOT_FACE,
    SLOT_SIZE,
    SLOT_COUNT
};

#define SLOT(name) (UINT32_C(1) << SLOT_##name)

/* Which attributes of which elements are asked for; a set of slots for each enum html_name. */
struct tokenizer_wishes {
    uint32_t attributes[HTML_NAME_COUNT];
    bool style_text;
};

struct tokenizer;

struct tokenizer_sink {
    /* A start tag of the page for whose name attributes were asked. It is read by tokenizer_tag and tokenizer_value. */
    void (*tag)(void *context, const struct tokenizer *tokenizer, enum html_name name, enum tree_place place);
    /* Text of the style element that the last such tag began; NULL: it is over. */
    void (*style)(void *context, const char *text, size_t len);
    void *context;
};

struct tokenizer_slot {
    uint32_t at, len;                 /* into the values */
    uint32_t written_at, written_len; /* the value as it was written, into the values */
    uint64_t begin;                   /* where it was written, in all bytes fed; UINT64_MAX: there is only a name */
    char quote;                       /* '"', '\'' or 0 */
};

enum tokenizer_interest {
    INTEREST_NONE,
    INTEREST_ATTRIBUTES, /* some are asked for, besides style and background */
    INTEREST_STATES      /* what follows the tag is read in another way */
};

/* The members are private. */
struct tokenizer {
    uint8_t state;
    uint8_t return_state; /* of raw text: where to go on when it was no end tag */
    uint8_t dashes;       /* of a comment or of an escaped script; brackets of CDATA */
    uint8_t matched;      /* bytes of a fixed word that have been read, or dashes behind "<!" in a script */
    bool is_end_tag, self_closing;
    bool ends_text; /* it is the end tag of raw text, of which the tree knows nothing */
    bool plain;     /* what tree_is_plain said after the last tag */
    bool capture;   /* the value that is read is kept */
    bool style_wanted;
    bool failed;        /* memory ran out */
    uint8_t slot;       /* of that value */
    uint16_t raw_name;  /* the element whose text is read */
    uint32_t name_len;  /* of the tag or attribute, saturating */
    char name[16];      /* its beginning in lower case */
    char lookahead[16]; /* the bytes of a possible end tag, as they were written */
    uint16_t tag_name;
    uint32_t asked;    /* the slots of this tag */
    uint32_t seen;     /* the slots that have occurred: a second attribute of a name is ignored */
    uint32_t valued;   /* the slots whose value was kept */
    uint32_t encoded;  /* the slots whose value has references or NULs in it */
    uint64_t fed;      /* bytes, before the piece that is read */
    const char *piece; /* that piece */
    uint64_t tag_end;  /* where the text behind the last tag begins, in all bytes fed */
    struct tokenizer_slot slots[SLOT_COUNT];
    struct buffer values;
    struct tree tree;
    const struct tokenizer_wishes *wishes;
    struct tokenizer_sink sink;
    bool style_asked; /* style attributes are asked for, on elements that are otherwise of no interest */
    uint8_t interest[HTML_NAME_COUNT]; /* of enum tokenizer_interest, for start tags while the tree is plain */
};

void tokenizer_init(struct tokenizer *tokenizer, const struct tokenizer_wishes *wishes,
                    const struct tokenizer_sink *sink);

void tokenizer_feed(struct tokenizer *tokenizer, const char *bytes, size_t len);

/* The text is over. An unfinished tag counts for nothing, but for a meta element whose value was complete: a page
 * cut there is not left without its refresh. */
void tokenizer_end(struct tokenizer *tokenizer);

/* Inside sink.tag: whether the attribute is there, though it may be empty. One that was too long is not. */
static inline bool tokenizer_has(const struct tokenizer *tokenizer, enum html_slot slot)
{
    return tokenizer->valued >> slot & 1;
}

/* Inside sink.tag: its decoded value. */
static inline const char *tokenizer_value(const struct tokenizer *tokenizer, enum html_slot slot, size_t *len)
{
    *len = tokenizer_has(tokenizer, slot) ? tokenizer->slots[slot].len : 0;
    return *len ? tokenizer->values.data + tokenizer->slots[slot].at : "";
}

/* Inside sink.tag: where a value is written and how. The attribute is there. */
static inline const struct tokenizer_slot *tokenizer_slot(const struct tokenizer *tokenizer, enum html_slot slot)
{
    return &tokenizer->slots[slot];
}

void tokenizer_reset(struct tokenizer *tokenizer);
void tokenizer_release(struct tokenizer *tokenizer);

#endif
