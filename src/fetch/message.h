/* What the parent and a worker say to each other about one fetch.
 *
 * The parent encodes a fetch_request as a task; the worker decodes it. The worker answers with any number of parts
 * that are nothing but body bytes, and one last part that is an encoded fetch_answer, whose body bytes follow those
 * parts. A part without a byte says that the request goes out (FETCH_TELL_START). One task is one request on the
 * wire: a redirect is an answer, and what to do about it is the parent's decision. So is 304, when the request had
 * validators, and 206, when it had a range; otherwise they are FETCH_PROTOCOL.
 *
 * When the request has FETCH_LINKS or FETCH_SITEMAP, each part but the last that is not empty begins with a byte, an
 * enum fetch_part, that says what follows: body bytes, or whole link records. Parts of links come after all parts of
 * the body; the body's last bytes may still come with the answer.
 *
 * Decoding checks every length against what arrived; strings are checked to hold no NUL and are given with their
 * length. An answer's bytes lie in memory that the worker can still write: the parent takes it with
 * fetch_answer_take, and copies a part of links before it reads the records. */
#ifndef FETCH_MESSAGE_H
#define FETCH_MESSAGE_H

#include "base/buffer.h"
#include "fetch/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fetch_request_flags {
    FETCH_PUBLIC_ONLY = 1, /* refuse addresses that are not public */
    FETCH_FOREIGN = 2,     /* another origin than those that the user named: send no header of fetch_options */

    /* Send an empty part, at once, when a connection is there and the request is about to go out. When a kept
     * connection turns out to be dead, the request goes out again and so does the part: the last one counts. */
    FETCH_TELL_START = 4,

    /* Find the host's address and connect to nothing: the answer has no status, but the address that a request would be
     * sent to ("" through a proxy, which is not asked); or it is an error. */
    FETCH_RESOLVE_ONLY = 8,

    FETCH_CUT = 16, /* a body that is longer than max_bytes ends there, without an error */

    /* Find the links of a 2xx answer that is an HTML page (text/html, application/xhtml+xml, or of no media type and
     * with '<' as its first byte that is no blank), and send them along. A Link header counts, too, whatever the
     * media type is. */
    FETCH_LINKS = 32,

    /* With FETCH_LINKS: also what pages need to be shown, and what style sheets and SVG images refer to. */
    FETCH_REQUISITES = 64,

    /* A 2xx body is a sitemap or a feed: what it names is sent as links, its bytes are not. FETCH_LINKS and
     * FETCH_UTF8 mean nothing then, and fetch_options.types do not count. */
    FETCH_SITEMAP = 128,

    /* Send HTML, plain text and style sheets converted to UTF-8; what they say about their charset is rewritten, and
     * where HTML says nothing and is not all ASCII it gets a byte order mark. */
    FETCH_UTF8 = 256,

    FETCH_ANY_TYPE = 512, /* fetch_options.types do not count: for robots.txt */
    FETCH_ALL_FLAGS = 1023,
};

struct text {
    const char *data;
    size_t len;
};

/* Validators and header lines hold no control byte but a tab; a request where they do is refused when it is decoded.
 * So is one that goes on with a body (resume_at) and has FETCH_LINKS, FETCH_SITEMAP or FETCH_UTF8, which need all of
 * it. */
struct fetch_request {
    unsigned flags;
    uint16_t port;
    struct text host; /* of URL, as web/url/url.h gives it: lower case, an IPv6 address in brackets */
    struct text url;  /* canonical, without a fragment */

    /* Of the decoded body, counted from its begin also when resumed; 0: fetch_options.max_bytes. What FETCH_UTF8
     * makes of it may not be longer either, and what a coding made of it only by a 64th and 64 KiB. */
    uint64_t max_bytes;

    /* Ask for the bytes from here on; 0: for all. Needs a strong ETag for If-Range, or else a Last-Modified, which must
     * be strong, too (RFC 9110 section 8.8.2.2): without one nothing is resumed. An answer that says another whole length than RESUME_TOTAL (0: not known) is not resumed. */
    uint64_t resume_at;
    uint64_t resume_total;

    /* Validators as the server wrote them, or empty: asked with If-None-Match and If-Modified-Since, and with resume_at
     * compared with those of the answer. */
    struct text etag;
    struct text last_modified;

    /* More lines "Name: value\n", also for a FETCH_FOREIGN origin. They take the place of fetch_options' headers,
     * and of the fetcher's own (User-Agent, Accept-Encoding), of the same name; "Name:\n" only takes out. Validators
     * and ranges that the fields above ask for win over these. */
    struct text headers;
};

/* The longest answer without its body. Longer header values are cut or left out by the worker before they get here. */
enum {
    FETCH_LOCATION_MAX = 64 * 1024,
    FETCH_TYPE_MAX = 255,
    FETCH_DETAIL_MAX = 255,
    FETCH_ADDRESS_MAX = 45,
    FETCH_HEADERS_MAX = 64 * 1024,
    FETCH_HEADER_VALUE_MAX = 8 * 1024,
    FETCH_COOKIES_MAX = 64,
    FETCH_ANSWER_SMALL_MAX = 1024,    /* what is left of a message without location, headers, links and body */
    FETCH_LINK_URL_MAX = 8 * 1024,    /* a link that is longer is left out */
    FETCH_LINKS_BYTES_MAX = 16 << 20, /* of all link records of an answer; what is beyond is left out */
};

/* What the first byte of a part says, where there is one. */
enum fetch_part { FETCH_PART_BODY = 1, FETCH_PART_LINKS = 2 };

struct fetch_answer {
    enum fetch_error error;
    unsigned status;        /* of HTTP; 0: none arrived */
    unsigned elapsed_ms;    /* from the start of the transfer */
    unsigned first_byte_ms; /* from the request's going out to the answer's first byte; 0 also when none came */
    uint64_t body_bytes;    /* of the body, in all parts of this answer: what lies before resume_at is not counted */
    uint64_t wire_bytes;    /* body bytes as they were transferred */

    /* Of the whole body as it lies on the server, in whatever coding the headers name: Content-Length, or the total of
     * Content-Range; 0: not known. */
    uint64_t total_bytes;

    /* The body was sent along; false: it was discarded because of its status or its media type, because it does not
     * go on at resume_at, or because FETCH_SITEMAP has read it. With an error, the parts are what had come until
     * then. */
    bool kept;

    bool cut; /* the body was longer than max_bytes, and FETCH_CUT */

    /* 2xx, and its media type is not among fetch_options.types: nothing of the body was sent. It was broken off
     * behind its head, unless it is so short that the connection is worth more, or it is HTML and FETCH_LINKS wants
     * its links. */
    bool unwanted;

    /* META_* bits (web/links/meta.h) of the page's meta robots, for all and for robots_agent; with FETCH_LINKS.
     * X-Robots-Tag is among the headers. */
    unsigned robots;

    /* Not all links are here: there are more than are sent, the body was cut, memory ran out, or a sitemap is broken
     * (then DETAIL says how, although there is no error). What came is right nevertheless. */
    bool links_cut;

    /* 206 whose bytes go on exactly at resume_at, of the same version. An answer to a request with resume_at that is
     * not so has no body, kept == false, and FETCH_OK unless the request failed. */
    bool resumed;

    struct text location; /* raw, as the server sent it; resolve it before use */
    struct text type;     /* raw Content-Type */
    struct text detail;   /* libcurl's or our own words about the error; or what is wrong with a sitemap */

    /* Lines "name: value\n", names in lower case, in the order in which they came, of: etag last-modified retry-after
     * cache-control accept-ranges content-encoding set-cookie strict-transport-security x-robots-tag link date. Of the
     * final answer's head alone: not of 1xx answers, a proxy's, or trailers. Also with an error, when they had arrived.
     * Left out: a value over FETCH_HEADER_VALUE_MAX or with a control byte that is no tab, set-cookie after
     * FETCH_COOKIES_MAX of them, and what does not fit into FETCH_HEADERS_MAX. */
    struct text headers;

    struct text address; /* numeric, without brackets, of the server that was connected to last; "": none, or a proxy */
    struct text links;   /* the link records that no part before had; none with an error or another status than 2xx */
    struct text body;    /* the last bytes of the body */
};

enum fetch_link_kind {
    FETCH_LINK_PAGE,         /* a place to go to */
    FETCH_LINK_REQUISITE,    /* what the page needs to be shown; FETCH_REQUISITES */
    FETCH_LINK_CANONICAL,    /* what the page says its own URL is */
    FETCH_LINK_SITEMAP_PAGE, /* a page that a sitemap or feed names */
    FETCH_LINK_SITEMAP,      /* another sitemap that an index names */
    FETCH_LINK_KIND_COUNT,
};

enum { FETCH_LINK_PRIORITY_MAX = 1000, FETCH_LINK_PRIORITY_DEFAULT = 500 };

struct fetch_link {
    enum fetch_link_kind kind;
    bool nofollow;     /* rel=nofollow wherever the page links to it; what the whole page says is fetch_answer.robots */
    bool has_lastmod;  /* and the two times below, which are 0 otherwise */
    unsigned priority; /* in thousandths, 0 to FETCH_LINK_PRIORITY_MAX */
    /* Seconds since 1970, of sitemaps: the first and the last that the date may mean (web/sitemap/sitemap.h). */
    int64_t lastmod_s, lastmod_until_s;
    /* http or https, absolute, canonical as the worker believes, without a fragment and without a byte that is not
     * printable ASCII; at most FETCH_LINK_URL_MAX. */
    struct text url;
};

/* False when memory is out. */
bool fetch_request_encode(const struct fetch_request *request, struct buffer *out);
bool fetch_request_decode(struct fetch_request *request, const void *data, size_t len);

/* Encode all but the body into OUT; the body's bytes must follow directly. */
bool fetch_answer_encode(const struct fetch_answer *answer, struct buffer *out);
bool fetch_answer_decode(struct fetch_answer *answer, const void *data, size_t len);

/* The same where another process can still change the bytes: COPY gets the answer's texts, and what was checked is
 * what is read. The body stays where it is. False also when memory is out. */
bool fetch_answer_take(struct fetch_answer *answer, struct buffer *copy, const void *data, size_t len);

/* The next value of the header NAME (lower case) in the answer, from *POSITION (at first 0), which moves behind it.
 * False when there is none. */
bool fetch_answer_header(const struct fetch_answer *answer, const char *name, size_t *position, struct text *value);

/* Append the record of LINK, which is as struct fetch_link says. False when memory is out; OUT is then as it was. */
bool fetch_link_encode(const struct fetch_link *link, struct buffer *out);

/* The next record of RECORDS, which is moved behind it. False: none is left (RECORDS->len == 0), or it is malformed
 * (RECORDS->len != 0): it is not what struct fetch_link says. The URL is borrowed. */
bool fetch_link_next(struct text *records, struct fetch_link *link);

#endif
