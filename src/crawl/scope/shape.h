/* The shape of a URL: what it has in common with others that its site makes in the same way, as hashes.
 *
 * A shape is made by shape_of and compared by its fields; nothing is to be released. A "token" is a part of a URL that
 * looks as if it was drawn at random, or that is called by a name of session ids: the value of a parameter of the query
 * or of the path (";jsessionid=..."), or a segment of the path. Context: anywhere; pure; linear time. */
#ifndef CRAWL_SCOPE_SHAPE_H
#define CRAWL_SCOPE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/url/url.h"

enum {
    SHAPE_PAIRS = 16, /* parameters that are looked at together; those behind them are counted only */
    SHAPE_NAMES = 64, /* parameters of which names are told apart, and repetitions found */
};

struct shape {
    uint64_t url;     /* of the whole, without user name and password: shape_url_key */
    uint64_t site;    /* host and port */
    uint64_t path;    /* site and path as they are */
    uint64_t pattern; /* site and path with runs of digits as one and tokens as one; the names of the parameters */
    uint64_t names;   /* of the query's parameters that have a value, whatever their order; 0: there are none */
    uint64_t token;   /* the site, and the name or place of the first token; 0: there is none */
    bool has_session_name;
    uint64_t reduced; /* the URL with its tokens as one */
    unsigned parameters;
    unsigned repeated; /* how often the most frequent of them is there, name and value */
    unsigned pair_count;
    uint64_t pairs[SHAPE_PAIRS]; /* name and value */
};

void shape_of(struct shape *shape, const struct url *url, uint64_t seed);

/* The hash of a whole URL, from its text as href_public has it. */
uint64_t shape_url_key(const char *url, size_t len, uint64_t seed);

/* Whether the text of a canonical URL has a token; in no more time than it takes to read it. */
bool shape_has_token(const char *url, size_t len);

#endif
