/* Loads what decoding the charsets of East Asia needs, so that no file is opened for it later: a worker does so
 * before it shuts itself in.
 *
 * preload_charsets once, preload_release at the end; what was loaded is there in between. Not loaded is no failure:
 * then it is loaded when it is first needed, or that charset cannot be read.
 *
 * Context: a worker's only thread; reads files. */
#ifndef FETCH_PRELOAD_H
#define FETCH_PRELOAD_H

enum { PRELOAD_COUNT = 6 };

/* Zeroes: nothing is loaded. */
struct preload {
    struct charset_decoder *decoders[PRELOAD_COUNT];
};

void preload_charsets(struct preload *p);
void preload_release(struct preload *p);

#endif
