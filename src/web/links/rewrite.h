/* Rewrites the links of a page or of a style sheet: bytes in, a callback says what each link becomes, bytes out.
 *
 * rewrite_html or rewrite_css; there is nothing to open or to close. Which places are links is what web/links/links.h
 * says, with all requisites; every byte that does not belong to one that is replaced comes out as it went in.
 *
 * The bytes are those of the file, in any encoding whose ASCII bytes mean ASCII where markup stands: all of
 * web/charset/charset.h but UTF-16, ISO-2022-JP and replacement, which rewrite_can tells. What stands in
 * place of a link is ASCII, so it is right in each of them.
 *
 * A replacement is escaped for where it stands: character references in attributes, a backslash or a hexadecimal escape
 * in CSS, a percent sign where a srcset or a refresh would read a comma or a quote otherwise; a value that had no
 * quotes gets them. A callback that returns what it was given changes the spelling at most, never the meaning.
 *
 * Pure; linear in the bytes that go in and come out. Context: any thread. */
#ifndef WEB_REWRITE_H
#define WEB_REWRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"
#include "web/charset/charset.h"
#include "web/links/links.h"

/* A link as the page has it. TEXT is UTF-8, with references and escapes decoded, borrowed for the call and not
 * terminated. A style sheet knows LINK_CSS_URL and LINK_CSS_IMPORT only. */
struct rewrite_link {
    enum link_kind kind;
    unsigned rel; /* of enum link_rel */
    const char *text;
    size_t len;
};

/* What LINK becomes: a text of printable ASCII without blanks, which must stay until the next call; NULL: it stays as
 * it is. The base element, if there is one, comes before all other links, wherever it stands; to be rid of it, return
 * "": then links count from the document again, and no second base takes its place. Any other text must not be
 * empty. */
typedef const char *rewrite_fn(void *context, const struct rewrite_link *link);

struct rewrite_options {
    const struct charset *charset; /* what the bytes are in; NULL: UTF-8 */
    rewrite_fn *becomes;
    void *context;
};

#define REWRITE_STATUS_TABLE(X)                                                                                        \
    X(REWRITE_SAME, "nothing was to be changed")                                                                       \
    X(REWRITE_CHANGED, "links were changed")                                                                           \
    X(REWRITE_CHARSET, "a character encoding in which links cannot be changed")                                        \
    X(REWRITE_NO_MEMORY, "out of memory")

enum rewrite_status { STATUS_ENUM(REWRITE_STATUS_TABLE) };

/* Whether links can be changed in bytes of CHARSET. Others have to be converted first. */
bool rewrite_can(const struct charset *charset);

/* Append what becomes of the page to OUT. With REWRITE_SAME that is nothing: the page itself will do; on failure OUT is
 * as it was. */
enum rewrite_status rewrite_html(const char *bytes, size_t len, const struct rewrite_options *options,
                                 struct buffer *out);

/* The same for a style sheet. */
enum rewrite_status rewrite_css(const char *bytes, size_t len, const struct rewrite_options *options,
                                struct buffer *out);

/* A constant text for STATUS, never NULL. */
const char *rewrite_status_text(enum rewrite_status status);

#endif
