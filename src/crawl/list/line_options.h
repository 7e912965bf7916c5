/* What a list says of one URL: the options in the indented lines below it.
 *
 * line_options_add for each line, line_options_free. A URL without options has none (NULL), because most have none.
 *
 *     out=NAME        the file's name below the output folder, whatever the answer's media type
 *     header=LINE     "Name: value", sent with the request, too; repeatable
 *     tries=N         as --tries
 *     delay=TIME      as --delay, for this URL
 *     max-size=SIZE   as --max-size
 *     max-age=TIME    as --max-age; 0: always ask again
 *
 * Blanks around the key and the value are not part of them. Context: any thread; never blocks. */
#ifndef CRAWL_LINE_OPTIONS_H
#define CRAWL_LINE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum {
    LINE_OPTIONS_OUT_MAX = 4000,      /* bytes of a name */
    LINE_OPTIONS_COMPONENT_MAX = 255, /* bytes of what stands between its slashes */
    LINE_OPTIONS_HEADERS_MAX = 64,
    LINE_OPTIONS_HEADER_BYTES_MAX = 16 * 1024, /* of all header lines of one URL */
    LINE_OPTIONS_TRIES_MAX = 1000000,
};

struct line_options {
    /* Relative; no component is empty or begins with a dot or a dash, no control characters. NULL: not given. */
    char *out;
    char **headers; /* as crawl/header_line.h wants them */
    size_t header_count;
    unsigned tries;     /* 0: not given */
    int delay_ms;       /* -1: not given; 0: none */
    uint64_t max_bytes; /* 0: not given */
    int64_t max_age_ms; /* -1: not given */
};

/* Add the option TEXT, KEY=VALUE, to *OPTIONS, which is made when it is NULL.
 * Returns NULL, or what is wrong with it as a constant text made to stand behind "file:line: "; *OPTIONS is untouched
 * then. */
const char *line_options_add(struct line_options **options, const char *text, size_t len);

/* NULL is fine. */
void line_options_free(struct line_options *options);

#endif
