/* The names of elements and attributes that mean something here, as numbers. Private to the tokenizer and links.
 *
 * One table serves both. Names that are not in it are HTML_OTHER. src/web/links/tables.py reads this table and writes
 * tokenizer_slots.c: run it after a change. */
#ifndef WEB_TOKENIZER_NAMES_H
#define WEB_TOKENIZER_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum html_name_flag {
    NAME_VOID = 1 << 0,             /* never has content */
    NAME_SPECIAL = 1 << 1,          /* "special" in the standard: an end tag of another kind does not reach across it */
    NAME_BREAKOUT = 1 << 2,         /* its start tag ends svg and math */
    NAME_CLOSES_P = 1 << 3,         /* its start tag closes an open p */
    NAME_BLOCK = 1 << 4,            /* its end tag closes it across other elements when it is in scope */
    NAME_FORMATTING = 1 << 5,       /* its end tag runs the adoption agency algorithm */
    NAME_SCOPE = 1 << 6,            /* ends the search for an element in scope */
    NAME_REFUSES_FRAMESET = 1 << 7, /* after it no frameset takes the place of the body */
    NAME_RAWTEXT = 1 << 8,          /* its content is text without references */
    NAME_RCDATA = 1 << 9,           /* its content is text */
    NAME_SCRIPT_DATA = 1 << 10,     /* its content is a script */
    NAME_PLAIN = 1 << 11,           /* text to the end of the page */
    NAME_TABLE_PART = 1 << 12,      /* lies directly inside a table, a section or a row */
    NAME_NOT_PUSHED = 1 << 13,      /* html, head, body: their tags open and close nothing inside a page */
    NAME_HEADING = 1 << 14,
    NAME_TURNS = 1 << 15, /* its start tag may change what the tags behind it mean, also in ordinary HTML */
    NAME_TEXT = NAME_RAWTEXT | NAME_RCDATA | NAME_SCRIPT_DATA | NAME_PLAIN
};

#define SPECIAL_BLOCK (NAME_SPECIAL | NAME_CLOSES_P | NAME_BLOCK)
#define HEADING       (NAME_SPECIAL | NAME_BREAKOUT | NAME_CLOSES_P | NAME_HEADING)
#define FORMATTING    (NAME_BREAKOUT | NAME_FORMATTING)
#define VOID          (NAME_VOID | NAME_SPECIAL)
#define TABLE_PART    (NAME_SPECIAL | NAME_TABLE_PART)

/* X(enumerator, text, flags) */
#define HTML_NAME_TABLE(X)                                                                                             \
    X(OTHER, "", 0)                                                                                                    \
    X(A, "a", NAME_FORMATTING)                                                                                         \
    X(ADDRESS, "address", SPECIAL_BLOCK)                                                                               \
    X(ANNOTATION_XML, "annotation-xml", 0)                                                                             \
    X(APPLET, "applet", NAME_SPECIAL | NAME_BLOCK | NAME_SCOPE | NAME_REFUSES_FRAMESET)                                \
    X(AREA, "area", VOID | NAME_REFUSES_FRAMESET)                                                                      \
    X(ARTICLE, "article", SPECIAL_BLOCK)                                                                               \
    X(ASIDE, "aside", SPECIAL_BLOCK)                                                                                   \
    X(AUDIO, "audio", 0)                                                                                               \
    X(B, "b", FORMATTING)                                                                                              \
    X(BASE, "base", VOID)                                                                                              \
    X(BASEFONT, "basefont", VOID)                                                                                      \
    X(BGSOUND, "bgsound", VOID)                                                                                        \
    X(BIG, "big", FORMATTING)                                                                                          \
    X(BLOCKQUOTE, "blockquote", SPECIAL_BLOCK | NAME_BREAKOUT)                                                         \
    X(BODY, "body", NAME_SPECIAL | NAME_BREAKOUT | NAME_REFUSES_FRAMESET | NAME_NOT_PUSHED)                            \
    X(BR, "br", VOID | NAME_BREAKOUT | NAME_REFUSES_FRAMESET)                                                          \
    X(BUTTON, "button", NAME_SPECIAL | NAME_BLOCK | NAME_REFUSES_FRAMESET)                                             \
    X(CAPTION, "caption", TABLE_PART | NAME_SCOPE)                                                                     \
    X(CENTER, "center", SPECIAL_BLOCK | NAME_BREAKOUT)                                                                 \
    X(CODE, "code", FORMATTING)                                                                                        \
    X(COL, "col", VOID | NAME_TABLE_PART)                                                                              \
    X(COLGROUP, "colgroup", TABLE_PART)                                                                                \
    X(DD, "dd", NAME_SPECIAL | NAME_BREAKOUT | NAME_CLOSES_P | NAME_BLOCK | NAME_REFUSES_FRAMESET)                     \
    X(DESC, "desc", 0)                                                                                                 \
    X(DETAILS, "details", SPECIAL_BLOCK)                                                                               \
    X(DIALOG, "dialog", NAME_CLOSES_P | NAME_BLOCK)                                                                    \
    X(DIR, "dir", SPECIAL_BLOCK)                                                                                       \
    X(DIV, "div", SPECIAL_BLOCK | NAME_BREAKOUT)                                                                       \
    X(DL, "dl", SPECIAL_BLOCK | NAME_BREAKOUT)                                                                         \
    X(DT, "dt", NAME_SPECIAL | NAME_BREAKOUT | NAME_CLOSES_P | NAME_BLOCK | NAME_REFUSES_FRAMESET)                     \
    X(EM, "em", FORMATTING)                                                                                            \
    X(EMBED, "embed", VOID | NAME_BREAKOUT | NAME_REFUSES_FRAMESET)                                                    \
    X(FEIMAGE, "feimage", 0)                                                                                           \
    X(FIELDSET, "fieldset", SPECIAL_BLOCK)                                                                             \
    X(FIGCAPTION, "figcaption", SPECIAL_BLOCK)                                                                         \
    X(FIGURE, "figure", SPECIAL_BLOCK)                                                                                 \
    X(FONT, "font", NAME_FORMATTING)                                                                                   \
    X(FOOTER, "footer", SPECIAL_BLOCK)                                                                                 \
    X(FOREIGNOBJECT, "foreignobject", 0)                                                                               \
    X(FORM, "form", SPECIAL_BLOCK)                                                                                     \
    X(FRAME, "frame", VOID | NAME_TURNS)                                                                               \
    X(FRAMESET, "frameset", NAME_SPECIAL | NAME_TURNS | NAME_NOT_PUSHED)                                               \
    X(H1, "h1", HEADING)                                                                                               \
    X(H2, "h2", HEADING)                                                                                               \
    X(H3, "h3", HEADING)                                                                                               \
    X(H4, "h4", HEADING)                                                                                               \
    X(H5, "h5", HEADING)                                                                                               \
    X(H6, "h6", HEADING)                                                                                               \
    X(HEAD, "head", NAME_SPECIAL | NAME_BREAKOUT | NAME_NOT_PUSHED)                                                    \
    X(HEADER, "header", SPECIAL_BLOCK)                                                                                 \
    X(HGROUP, "hgroup", SPECIAL_BLOCK)                                                                                 \
    X(HR, "hr", VOID | NAME_BREAKOUT | NAME_CLOSES_P | NAME_REFUSES_FRAMESET)                                          \
    X(HTML, "html", NAME_SPECIAL | NAME_SCOPE | NAME_NOT_PUSHED)                                                       \
    X(I, "i", FORMATTING)                                                                                              \
    X(IFRAME, "iframe", NAME_SPECIAL | NAME_RAWTEXT | NAME_REFUSES_FRAMESET)                                           \
    X(IMAGE, "image", NAME_VOID | NAME_REFUSES_FRAMESET)                                                               \
    X(IMG, "img", VOID | NAME_BREAKOUT | NAME_REFUSES_FRAMESET)                                                        \
    X(INPUT, "input", VOID | NAME_REFUSES_FRAMESET)                                                                    \
    X(KEYGEN, "keygen", VOID | NAME_REFUSES_FRAMESET)                                                                  \
    X(LI, "li", NAME_SPECIAL | NAME_BREAKOUT | NAME_CLOSES_P | NAME_BLOCK | NAME_REFUSES_FRAMESET)                     \
    X(LINK, "link", VOID)                                                                                              \
    X(LISTING, "listing", SPECIAL_BLOCK | NAME_BREAKOUT | NAME_REFUSES_FRAMESET)                                       \
    X(MAIN, "main", SPECIAL_BLOCK)                                                                                     \
    X(MALIGNMARK, "malignmark", 0)                                                                                     \
    X(MARQUEE, "marquee", NAME_SPECIAL | NAME_BLOCK | NAME_SCOPE | NAME_REFUSES_FRAMESET)                              \
    X(MATH, "math", NAME_TURNS)                                                                                        \
    X(MENU, "menu", SPECIAL_BLOCK | NAME_BREAKOUT)                                                                     \
    X(META, "meta", VOID | NAME_BREAKOUT)                                                                              \
    X(MGLYPH, "mglyph", 0)                                                                                             \
    X(MI, "mi", 0)                                                                                                     \
    X(MN, "mn", 0)                                                                                                     \
    X(MO, "mo", 0)                                                                                                     \
    X(MS, "ms", 0)                                                                                                     \
    X(MTEXT, "mtext", 0)                                                                                               \
    X(NAV, "nav", SPECIAL_BLOCK)                                                                                       \
    X(NOBR, "nobr", FORMATTING)                                                                                        \
    X(NOEMBED, "noembed", NAME_SPECIAL | NAME_RAWTEXT)                                                                 \
    X(NOFRAMES, "noframes", NAME_SPECIAL | NAME_RAWTEXT)                                                               \
    X(NOSCRIPT, "noscript", NAME_SPECIAL | NAME_TURNS)                                                                 \
    X(OBJECT, "object", NAME_SPECIAL | NAME_BLOCK | NAME_SCOPE | NAME_REFUSES_FRAMESET)                                \
    X(OL, "ol", SPECIAL_BLOCK | NAME_BREAKOUT)                                                                         \
    X(OPTGROUP, "optgroup", 0)                                                                                         \
    X(OPTION, "option", 0)                                                                                             \
    X(P, "p", NAME_SPECIAL | NAME_BREAKOUT | NAME_CLOSES_P | NAME_BLOCK)                                               \
    X(PARAM, "param", VOID)                                                                                            \
    X(PLAINTEXT, "plaintext", NAME_SPECIAL | NAME_CLOSES_P | NAME_PLAIN)                                               \
    X(PRE, "pre", SPECIAL_BLOCK | NAME_BREAKOUT | NAME_REFUSES_FRAMESET)                                               \
    X(RB, "rb", 0)                                                                                                     \
    X(RP, "rp", 0)                                                                                                     \
    X(RT, "rt", 0)                                                                                                     \
    X(RTC, "rtc", 0)                                                                                                   \
    X(RUBY, "ruby", NAME_BREAKOUT)                                                                                     \
    X(S, "s", FORMATTING)                                                                                              \
    X(SCRIPT, "script", NAME_SPECIAL | NAME_SCRIPT_DATA)                                                               \
    X(SEARCH, "search", SPECIAL_BLOCK)                                                                                 \
    X(SECTION, "section", SPECIAL_BLOCK)                                                                               \
    X(SELECT, "select", NAME_SPECIAL | NAME_BLOCK | NAME_REFUSES_FRAMESET)                                             \
    X(SMALL, "small", FORMATTING)                                                                                      \
    X(SOURCE, "source", VOID)                                                                                          \
    X(SPAN, "span", NAME_BREAKOUT)                                                                                     \
    X(STRIKE, "strike", FORMATTING)                                                                                    \
    X(STRONG, "strong", FORMATTING)                                                                                    \
    X(STYLE, "style", NAME_SPECIAL | NAME_RAWTEXT)                                                                     \
    X(SUB, "sub", NAME_BREAKOUT)                                                                                       \
    X(SUMMARY, "summary", SPECIAL_BLOCK)                                                                               \
    X(SUP, "sup", NAME_BREAKOUT)                                                                                       \
    X(SVG, "svg", NAME_TURNS)                                                                                          \
    X(TABLE, "table", NAME_SPECIAL | NAME_BREAKOUT | NAME_SCOPE | NAME_REFUSES_FRAMESET)                               \
    X(TBODY, "tbody", TABLE_PART)                                                                                      \
    X(TD, "td", TABLE_PART | NAME_SCOPE)                                                                               \
    X(TEMPLATE, "template", NAME_SPECIAL | NAME_TURNS | NAME_SCOPE)                                                    \
    X(TEXTAREA, "textarea", NAME_SPECIAL | NAME_RCDATA | NAME_REFUSES_FRAMESET)                                        \
    X(TFOOT, "tfoot", TABLE_PART)                                                                                      \
    X(TH, "th", TABLE_PART | NAME_SCOPE)                                                                               \
    X(THEAD, "thead", TABLE_PART)                                                                                      \
    X(TITLE, "title", NAME_SPECIAL | NAME_RCDATA)                                                                      \
    X(TR, "tr", TABLE_PART)                                                                                            \
    X(TRACK, "track", VOID)                                                                                            \
    X(TT, "tt", FORMATTING)                                                                                            \
    X(U, "u", FORMATTING)                                                                                              \
    X(UL, "ul", SPECIAL_BLOCK | NAME_BREAKOUT)                                                                         \
    X(USE, "use", 0)                                                                                                   \
    X(VAR, "var", NAME_BREAKOUT)                                                                                       \
    X(VIDEO, "video", 0)                                                                                               \
    X(WBR, "wbr", VOID | NAME_REFUSES_FRAMESET)                                                                        \
    X(XMP, "xmp", NAME_SPECIAL | NAME_CLOSES_P | NAME_RAWTEXT | NAME_REFUSES_FRAMESET)                                 \
    /* attributes */                                                                                                   \
    X(BACKGROUND, "background", 0)                                                                                     \
    X(CHARSET, "charset", 0)                                                                                           \
    X(COLOR, "color", 0)                                                                                               \
    X(CONTENT, "content", 0)                                                                                           \
    X(DATA, "data", 0)                                                                                                 \
    X(ENCODING, "encoding", 0)                                                                                         \
    X(FACE, "face", 0)                                                                                                 \
    X(HREF, "href", 0)                                                                                                 \
    X(HTTP_EQUIV, "http-equiv", 0)                                                                                     \
    X(IMAGESRCSET, "imagesrcset", 0)                                                                                   \
    X(NAME, "name", 0)                                                                                                 \
    X(POSTER, "poster", 0)                                                                                             \
    X(REL, "rel", 0)                                                                                                   \
    X(SIZE, "size", 0)                                                                                                 \
    X(SRC, "src", 0)                                                                                                   \
    X(SRCSET, "srcset", 0)                                                                                             \
    X(TYPE, "type", 0)                                                                                                 \
    X(XLINK_HREF, "xlink:href", 0)

#define HTML_NAME_ENUM(name, text, flags) HTML_##name,
enum html_name { HTML_NAME_TABLE(HTML_NAME_ENUM) HTML_NAME_COUNT };

struct html_name_entry {
    char text[16]; /* padded with NULs */
    uint32_t flags;
    uint8_t len;
};

extern const struct html_name_entry html_names[HTML_NAME_COUNT];

/* Written by tables.py: a multiplier under which no two names fall into one slot, and the name in each slot. */
enum { HTML_SLOT_BITS = 10 };
extern const uint64_t html_slot_multiplier;
extern const uint8_t html_slots[1 << HTML_SLOT_BITS];

/* The eight bytes at TEXT in an integer whose lowest byte is the first. */
static inline uint64_t html_load64(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Letters A to Z of all eight bytes in lower case, other bytes as they are. */
static inline uint64_t html_lower64(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t low7 = word & ~high;
    uint64_t from_a = low7 + ones * (0x80 - 'A'), behind_z = low7 + ones * (0x80 - 'Z' - 1);
    return word | ((from_a & ~behind_z & ~word & high) >> 2);
}

/* The name whose first eight bytes, in lower case and padded with NULs, are KEY and whose length is LEN. Of a name
 * that is longer than eight bytes the rest has to be compared by the caller: html_name_find does. */
static inline enum html_name html_name_of_key(uint64_t key, size_t len)
{
    unsigned name = html_slots[key * html_slot_multiplier >> (64 - HTML_SLOT_BITS)];
    const struct html_name_entry *entry = &html_names[name];
    return html_load64(entry->text) == key && entry->len == len ? (enum html_name)name : HTML_OTHER;
}

/* TEXT is LEN bytes (more than 16 for a longer name), in lower case, with NULs behind it up to 16. */
static inline enum html_name html_name_find(const char text[16], size_t len)
{
    enum html_name name = html_name_of_key(html_load64(text), len);
    return len <= 8 || memcmp(html_names[name].text + 8, text + 8, 8) == 0 ? name : HTML_OTHER;
}

#endif
