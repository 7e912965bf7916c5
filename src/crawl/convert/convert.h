/* --convert-links: makes the kept copy browsable without a network.
 *
 * convert_run at the end of a run. In each page in HTML and each style sheet that is kept, links to pages that are kept
 * become relative to the file, and all others absolute. A second run changes nothing but what has to change: links to a
 * page that is kept since, and to one that is no longer kept.
 *
 * All is done from the state, in DIR/.forage/state.db: a row with a file that is there is a page that is kept, under
 * its URL; under the one that answered in its place after redirects, unless that one has a file of its own; and under
 * the canonical URL that the page itself names, if that is of its own site and nothing else is known under it. A row
 * without a file stands for the page that it redirects to, or names as canonical. "link rel=canonical" itself always
 * stays absolute, because it tells where the copy is from.
 *
 * A file is rewritten beside the old one and renamed over it, so it is either old or new whatever happens. It is then
 * the file that the row knows: its size and time are put there, and state_page.converted; the digest stays that of what
 * was served. Before files of a batch are renamed, DIR/.forage/converting has their new sizes and times, and all of it
 * is synced: when the run is killed before the rows are written, the next one learns from there that the files are its
 * own. In a file that was converted, relative links are those of files, and DIR/.forage/converted says which URL each
 * stands for, also when its page is gone since.
 *
 * A file of another size or time than its row knows was changed by somebody, and is left alone; so is one of more than
 * max_bytes, and one whose base is of a scheme that is not fetched. No link in the output folder is followed. Pages in
 * UTF-16 and ISO-2022-JP in which something is to be changed become UTF-8 with a byte order mark.
 *
 * Memory: 11 bytes for each file that is kept and 11 for each URL it is known under, and the file that is converted a
 * few times over. */
#ifndef CRAWL_CONVERT_H
#define CRAWL_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/state/state.h"
#include "web/url/url.h"

/* Zero is the default of every field. */
struct convert_options {
    uint64_t max_bytes; /* files that are larger are left alone; 0: 64 MiB */

    /* FILE (below the output folder) was left as it was: REASON says why, for people, without the name. FAILED: it
     * could not be read or written; false: it is not to be touched. Texts last for the call. NULL: nobody is told. */
    void (*left)(void *context, const char *file, const char *reason, bool failed);

    /* Let ASKED be the URL under which a link to URL is asked for, when the crawl leaves parts of links out; false:
     * there is no other. NULL: it asks for links as they are. */
    bool (*asked_as)(void *context, const struct url *url, struct url *asked);

    /* Called before each file; true ends the conversion early, in good order. NULL: never. */
    bool (*stop)(void *context);
    void *context; /* of all three */
};

struct convert_summary {
    uint64_t kept;    /* files that links can lead to */
    uint64_t looked;  /* pages and style sheets that were read */
    uint64_t changed; /* those of them that were rewritten */
    uint64_t left;    /* left alone, for a reason that was told */
    uint64_t failed;  /* could not be read or written */
    bool stopped;
};

#define CONVERT_STATUS_TABLE(X)                                                                                        \
    X(CONVERT_OK, "success")                                                                                           \
    X(CONVERT_NO_MEMORY, "out of memory")                                                                              \
    X(CONVERT_SYSTEM, "a system call failed")                                                                          \
    X(CONVERT_STATE, "the state cannot be read or written")

enum convert_status { STATUS_ENUM(CONVERT_STATUS_TABLE) };

/* Convert what STATE knows of the output folder DIR. *SUMMARY is filled whatever comes of it.
 *
 * Returns CONVERT_OK, also when single files were left or failed; CONVERT_NO_MEMORY; CONVERT_SYSTEM and errno: the
 * output folder, or a file in DIR/.forage, cannot be read or written; CONVERT_STATE: state_failed tells why. After a
 * failure the next run finishes what was begun.
 *
 * Context: the thread that owns STATE, with the folder's lock held and no page on its way (pages_pending); blocks. It
 * flushes STATE first, and leaves it flushed. */
enum convert_status convert_run(const char *dir, struct state *state, const struct convert_options *options,
                                struct convert_summary *summary);

/* A constant text for STATUS, never NULL. Context: any thread. */
const char *convert_status_text(enum convert_status status);

#endif
