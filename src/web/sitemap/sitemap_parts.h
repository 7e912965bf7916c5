/* The stages that a sitemap's bytes go through. Private to sitemap*.c.
 *
 *     bytes -> gunzip -> charset decoder -> lines, or filter -> expat -> xml -> sink
 *
 * Each stage says SITEMAP_OK, or the status that ends the reading. */
#ifndef WEB_SITEMAP_PARTS_H
#define WEB_SITEMAP_PARTS_H

#include <zlib.h>

#include "base/buffer.h"
#include "web/sitemap/sitemap.h"
#include "web/url/url.h"

/* ---- where locations go ---- */

struct sitemap_sink {
    sitemap_found *found;
    void *context;
    size_t max_urls, count, dropped;
    enum sitemap_format format;
};

/* Blanks around TEXT, those beyond ASCII included, are no part of it. */
void sitemap_trim(const char **text, size_t *len);

/* Whether it begins with http:// or https://. */
bool sitemap_is_absolute(const char *text, size_t len);

/* Hand over an entry, whose location is trimmed; or drop it, when it cannot be what the file's author meant. */
enum sitemap_status sitemap_sink_put(struct sitemap_sink *sink, const struct sitemap_entry *entry);

/* ---- gzip ---- */

typedef enum sitemap_status sitemap_output(void *context, const char *bytes, size_t len);

struct sitemap_gunzip {
    z_stream stream;
    bool open;    /* stream is initialised */
    bool between; /* a member has ended and no other has begun */
    bool done;    /* what follows the last member is no gzip, and ignored */
};

enum sitemap_status sitemap_gunzip_feed(struct sitemap_gunzip *g, const uint8_t *bytes, size_t len,
                                        sitemap_output *output, void *context);
enum sitemap_status sitemap_gunzip_end(const struct sitemap_gunzip *g);
void sitemap_gunzip_release(struct sitemap_gunzip *g);

/* ---- plain text ---- */

struct sitemap_lines {
    struct buffer line;
    bool too_long; /* the rest of this line is passed over */
};

enum sitemap_status sitemap_lines_feed(struct sitemap_lines *l, struct sitemap_sink *sink, const char *text,
                                       size_t len);
enum sitemap_status sitemap_lines_end(struct sitemap_lines *l, struct sitemap_sink *sink);
void sitemap_lines_release(struct sitemap_lines *l);

/* ---- the filter in front of expat ---- */

/* A tag, or what else stands between '<' and '>', may have so many bytes. */
enum { SITEMAP_MAX_TAG_BYTES = 65536 };

enum sitemap_filter_state {
    FILTER_TEXT,
    FILTER_MARKUP, /* behind '<', as long as it is not clear what it begins */
    FILTER_TAG,
    FILTER_CDATA,
    FILTER_COMMENT,
    FILTER_INSTRUCTION
};

struct sitemap_filter {
    struct buffer out;
    size_t whole; /* so much of OUT ends with a whole token */
    enum sitemap_filter_state state;
    size_t tag_bytes;
    char quote;         /* the one that an attribute's value is in, or 0 */
    char tail[2];       /* the last two bytes, to find an end that is cut by a chunk's */
    char reference[24]; /* an '&' and what follows it */
    size_t reference_len;
    char markup[12]; /* a '<' and what follows it */
    size_t markup_len;
};

/* Append to f->out what of TEXT is for expat. TEXT is valid UTF-8 and ends with a whole character. */
enum sitemap_status sitemap_filter_feed(struct sitemap_filter *f, const char *text, size_t len);

/* Forget the whole tokens of f->out, which were read. */
void sitemap_filter_taken(struct sitemap_filter *f);
void sitemap_filter_release(struct sitemap_filter *f);

/* ---- names ---- */

/* expat keeps every name that it meets, for as long as it reads: this bounds them. */
enum { SITEMAP_MAX_NAMES = 1024, SITEMAP_NAME_SLOTS = 4096, SITEMAP_MAX_NAME_BYTES = 256 };

struct sitemap_names {
    uint64_t seed;
    size_t count;
    uint64_t slots[SITEMAP_NAME_SLOTS]; /* hashes; 0: free */
};

/* False when NAME is one too many, or too long. */
bool sitemap_names_add(struct sitemap_names *names, const char *name);

/* ---- XML ---- */

struct sitemap_xml;

struct sitemap_xml *sitemap_xml_new(struct sitemap_sink *sink, unsigned max_depth, uint64_t seed);
enum sitemap_status sitemap_xml_feed(struct sitemap_xml *x, const char *text, size_t len);

/* WHOLE: the file is. What was found of the last entry is handed over in any case. */
enum sitemap_status sitemap_xml_end(struct sitemap_xml *x, bool whole);
void sitemap_xml_free(struct sitemap_xml *x);

#endif
