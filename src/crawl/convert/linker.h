/* What each link of one file becomes: the callback of the rewriter.
 *
 * linker_begin for each file, linker_becomes for each of its links, linker_end; linker_release at last. Context: one
 * thread; may block, because the places are on a disk. */
#ifndef CRAWL_CONVERT_LINKER_H
#define CRAWL_CONVERT_LINKER_H

#include "base/buffer.h"
#include "crawl/convert/convert.h"
#include "crawl/convert/places.h"
#include "web/charset/charset.h"
#include "web/links/rewrite.h"
#include "web/url/url.h"

/* Set PLACES and OPTIONS; the rest is private. */
struct linker {
    struct places *places;
    const struct convert_options *options;

    struct buffer file;    /* that of the page */
    struct buffer account; /* "#user-TAG" behind the keys of its site's pages; mostly empty */
    bool converted;        /* its relative links are those of files */
    const struct charset *charset;
    struct url document, base;
    bool has_base;     /* BASE is what links count from */
    bool foreign_base; /* they count from something that is not fetched: this file is not to be touched */
    int error;         /* an errno: something could not be read; what is missing was left as it is */
    struct buffer text, fragment, key, out;
};

/* PAGE is copied. CHARSET is that of the page's queries. False: its URL is none, or memory is out. */
bool linker_begin(struct linker *linker, const struct place *page, const struct charset *charset);

/* A rewrite_fn; CONTEXT is a struct linker. */
const char *linker_becomes(void *context, const struct rewrite_link *link);

void linker_end(struct linker *linker);
void linker_release(struct linker *linker);

#endif
