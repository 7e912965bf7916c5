/* What a body is used for: kept, converted, read for its links or as a sitemap, or not at all. Its media type, its
 * status and what the request and the worker's options want decide.
 *
 * Pure. RFC 9110 section 8.3. */
#ifndef FETCH_USE_H
#define FETCH_USE_H

#include "fetch/fetcher.h"
#include "fetch/message.h"

/* Kinds of bodies that are read here. */
enum use_kind { USE_OTHER, USE_HTML, USE_CSS, USE_SVG, USE_PLAIN, USE_SITEMAP };

struct use {
    enum use_kind kind;
    bool kept;        /* sent along */
    bool unwanted;    /* fetch_answer.unwanted */
    bool finds_links; /* read for what it links to; also when it is not kept */
    bool converts;    /* sent as UTF-8 */
    bool undecided;   /* there is no media type: the first byte that is no blank decides, see use_decide */
};

/* The use of an answer with STATUS and the Content-Type TYPE ("": none), to a request with FLAGS. */
struct use use_of(const struct fetch_options *options, unsigned flags, unsigned status, struct text type);

/* The same for an answer without a media type whose body is HTML (its first byte that is no blank is '<'), or is
 * not. */
struct use use_decide(const struct fetch_options *options, unsigned flags, unsigned status, bool is_html);

/* Whether the media type of the Content-Type TYPE is the PATTERN: "text/html", or with '*' for the whole of either
 * half. Letters of either case. */
bool use_type_is(struct text type, const char *pattern);

#endif
