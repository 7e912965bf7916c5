/* Bytes to be sent, described rather than stored: a few segments, each so many times one after the other.
 *
 * A script of 64 MiB is one segment of 64 KiB and a count. Reading moves a cursor; nothing is copied on adding, so what
 * a segment points to must outlive the script, unless it was handed over with script_own. */
#ifndef SUPPORT_FIXTURE_SCRIPT_H
#define SUPPORT_FIXTURE_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_SEGMENTS = 6 };

#define SCRIPT_FOR_EVER UINT64_MAX

struct script_segment {
    const char *data;
    size_t len;
    uint64_t times;
};

struct script {
    struct script_segment segments[SCRIPT_SEGMENTS];
    unsigned count;
    void *owned[SCRIPT_SEGMENTS];
    unsigned owned_count;
    uint64_t left;  /* bytes that may still be read */
    unsigned at;    /* the cursor: segment, */
    uint64_t round; /* how often it was read, */
    size_t offset;  /* and where in it */
};

/* A zeroed script is empty. Adding for ever makes LEFT SCRIPT_FOR_EVER. */
void script_add(struct script *s, const void *data, size_t len, uint64_t times);

/* Free DATA in script_release. */
void script_own(struct script *s, void *data);

/* Leave out the first SKIP bytes and all behind the next KEEP. Before the first read. */
void script_window(struct script *s, uint64_t skip, uint64_t keep);

/* Copy the next bytes, at most MOST; 0 at the end. */
size_t script_read(struct script *s, char *to, size_t most);

/* All that is left, in memory that the caller frees. The script must be finite. */
char *script_flatten(struct script *s, size_t *len);

void script_release(struct script *s);

#endif
