/* Finds the links of an HTML page while it arrives: the tokenizer of the HTML standard (section 13.2.5) with as
 * much of its tree construction as decides what is a link.
 *
 * links_new, links_feed for each piece of the page, links_end, links_free; links_reset makes it ready for another
 * page and keeps the memory. The text is UTF-8, already decoded; bytes that are not valid UTF-8 pass through
 * unchanged. A piece may end anywhere, also inside a character. Time is linear in the page, memory is bounded
 * whatever the page is: one attribute value is kept up to LINKS_VALUE_MAX bytes, and a link that is longer is left
 * out.
 *
 * Scripting is off, so what <noscript> holds is part of the page. What <template> holds is not, nor what lies in
 * comments, raw text and foreign CDATA. A reference is given as it was written, with character references decoded;
 * line ends are not normalised and blanks are not trimmed, which url_parse does.
 *
 * Nothing here blocks or prints; one struct links is used by one thread at a time. */
#ifndef WEB_LINKS_H
#define WEB_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINKS_VALUE_MAX = 65536 };

/* Where a reference stands. */
enum link_kind {
    /* Places to go to. */
    LINK_A,
    LINK_AREA,
    LINK_IFRAME,
    LINK_FRAME,   /* only inside a frameset, as the standard has it */
    LINK_REFRESH, /* meta refresh; link.seconds */
    LINK_SVG_A,   /* <a> of SVG, href or xlink:href */
    /* <link href rel>; link.rel says which, 0: there is none, and then the standard gives it no meaning. */
    LINK_LINK,
    /* What the page needs to be shown; only with links_options.requisites. */
    LINK_IMAGE, /* img, input type=image, background, SVG image; each candidate of a srcset is one */
    LINK_MEDIA, /* video, audio, source, track, and a video's poster */
    LINK_SCRIPT,
    LINK_OBJECT,     /* object, embed */
    LINK_SVG_USE,    /* use and feImage of SVG: may be a fragment of the page itself */
    LINK_CSS_URL,    /* url() in a style element or attribute */
    LINK_CSS_IMPORT, /* @import in a style element */
    /* What the page says of itself: link.text is not a link to follow. */
    LINK_BASE,   /* the first base element with an href */
    LINK_ROBOTS, /* the content of meta name=robots, or of meta name=AGENT: meta_robots() reads it */
    LINK_CHARSET /* the label of meta charset or of http-equiv=content-type */
};

/* What link.rel holds, for a, area and link. */
enum link_rel {
    LINK_REL_NOFOLLOW = 1,
    LINK_REL_NEXT = 2,
    LINK_REL_PREV = 4,
    LINK_REL_ALTERNATE = 8,
    LINK_REL_CANONICAL = 16,
    LINK_REL_STYLESHEET = 32,
    LINK_REL_ICON = 64, /* also apple-touch-icon, mask-icon */
    LINK_REL_PRELOAD = 128,
    LINK_REL_MODULEPRELOAD = 256,
    LINK_REL_PREFETCH = 512,
    LINK_REL_MANIFEST = 1024,
    LINK_REL_PRECONNECT = 2048, /* also dns-prefetch: a host, not a page */
    LINK_REL_PINGBACK = 4096,
    LINK_REL_SEARCH = 8192,
    LINK_REL_OTHER = 16384
};

/* One finding. TEXT is borrowed for the call and not terminated.
 *
 * The offsets say where it is written, for whoever puts something else in its place. They count the bytes of all
 * calls of links_feed since links_new or links_reset; both of a pair are UINT64_MAX when there is no such place (an
 * attribute without a value). The value is all of the attribute's value without its quotes; of CSS it is what the
 * url() or string holds. The written text is the part of that which spells TEXT, references and escapes and all; it
 * is less than the value in a srcset, in a meta refresh and in a content type. */
struct link {
    enum link_kind kind;
    const char *text;
    size_t len;
    unsigned rel;      /* of enum link_rel */
    uint32_t seconds;  /* of LINK_REFRESH: the delay, capped at UINT32_MAX */
    bool in_noscript;  /* written for those who run no scripts */
    bool names_agent;  /* of LINK_ROBOTS: it names links_options.agent, not "robots" */
    bool in_attribute; /* false: in a style element, where '&' is but a character */
    char quote;        /* around the attribute's value: '"', '\'' or 0 */
    char css_quote;    /* around what is written in CSS: '"', '\'' or 0 */
    uint64_t value_begin, value_end;
    uint64_t written_begin, written_end;
};

struct links_options {
    void (*found)(void *context,
                  const struct link *link); /* called inside links_feed and links_end, in document order */
    void *context;
    bool requisites;
    const char
        *agent; /* a product token such as "forage"; NULL: only name=robots counts. Borrowed for the object's life. */
};

struct links;

/* Returns NULL when memory is out. Borrows OPTIONS for the call. */
struct links *links_new(const struct links_options *options);

void links_feed(struct links *links, const char *bytes, size_t len);

/* The page is over. False when memory ran out and something may have been left out. */
bool links_end(struct links *links);

/* Be as after links_new. */
void links_reset(struct links *links);

/* Where a tree builder may decide otherwise than links does, because it keeps no tree. Whoever compares links with a
 * browser leaves pages with a doubt out; a crawler need not care. */
enum links_doubt {
    /* A tag inside svg or math that belongs to an element outside of it, or that closes across others. */
    LINKS_DOUBT_MISNESTED = 1,
    /* Parts of a table inside HTML that lies in svg, math or a template. */
    LINKS_DOUBT_TABLE = 2,
    /* More levels inside svg, math or a template than are remembered. */
    LINKS_DOUBT_DEEP = 4,
    /* Older editions of the standard differ: select (2025), </p> and </br> inside svg and math (2020). */
    LINKS_DOUBT_CHANGED = 8,
    /* A frameset that takes the place of a body which has begun: what was found in that body is gone. */
    LINKS_DOUBT_FRAMESET = 16,
    /* Raw text inside a template, which some of its modes drop; or a template that ends with an object open. */
    LINKS_DOUBT_TEMPLATE = 32
};

unsigned links_doubts(const struct links *links);

/* Accepts NULL. */
void links_free(struct links *links);

#endif
