/* Pages become files here: writer threads that put each page in place whole, so that a file under its final name is
 * complete and a failure leaves the last good copy.
 *
 * pages_open; pages_put for a page that is there in one piece, or pages_begin, pages_append..., and pages_finish or
 * pages_abandon for one that comes in pieces; pages_flush before each sleep; pages_collect when pages_fd is readable;
 * pages_remove for a page that shall be gone; pages_close. Before the first run after one that did not end in order:
 * pages_clean.
 *
 * Nothing is synced: who needs a file to survive a power cut calls syncfs. Names come from store/name/name.h; at most
 * one page of a name should be on its way at a time, because two end in either order (each of them whole).
 *
 * Memory is bounded by pages_options.capacity: a page put, a page in pieces and a piece each take one place until
 * pages_collect has seen its end. The bytes stay where they are, and are let go as soon as they are written. With
 * digests each writer also has a copy of the page or piece that it is at, so it keeps room for the largest one.
 *
 * Context: one thread, that of the crawl loop, calls everything here, and only pages_close blocks. The output folder's
 * files are owned by the writer threads until then. */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include "store/pages/draft.h"
#include "store/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pages;
struct page;

/* Zero is the default of every field. */
struct pages_options {
    unsigned writers;        /* threads; 0: 4. Whole pages go to two of them, pages in pieces to all */
    unsigned capacity;       /* places in the queue; 0: 1024 */
    unsigned folders_opened; /* folders that each writer keeps open; 0: 64 */
    bool digest;             /* make the SHA-256 of each page */
    bool untimed;            /* leave pages_done.mtime_ns 0, which saves a call a page */
};

enum { PAGES_DIGEST_BYTES = 32 };

/* What is under a name since it was put there; copied. */
struct pages_known {
    const uint8_t *digest; /* PAGES_DIGEST_BYTES, of the page that it was made of; NULL: not known */
    uint64_t bytes;        /* of the file, which may have been rewritten since */
    int64_t mtime_ns;
};

/* How one page ended. NAME lasts for the call.
 *
 * An ERROR is an errno: ENOSPC, EACCES, ENAMETOOLONG... (ENOTDIR: a file or link stands where a folder must be; EXDEV:
 * the page came in pieces and its folder is on another file system). */
struct pages_done {
    void *context; /* what came with the page */
    const char *name;
    uint64_t bytes;                     /* of the file, when it is in place; 0 when it was removed */
    int64_t mtime_ns;                   /* of the file, as stat tells it, when it is in place */
    uint8_t digest[PAGES_DIGEST_BYTES]; /* of the page, with pages_options.digest and no error */
    int error;                          /* 0: none */
    enum pages_step step;               /* PAGES_STEP_NONE, or where the error happened */
    bool replaced;                      /* there was a file or link of that name */
    bool unchanged;                     /* the file is as known and has the same digest, so it was not touched */
    bool left;                          /* pages_remove: what has that name is not what was put there, so it stays */
};

typedef void pages_done_fn(const struct pages_done *done, void *context);

/* Bytes of a page. They must stay valid until RELEASE(RELEASE_CONTEXT) is called, from a writer thread, once, and never
 * from a call that did not return STORE_OK. RELEASE may be NULL; it must not call anything here.
 *
 * Whoever sent them may still change them meanwhile, on purpose. Which of the bytes then make the page is not promised;
 * but with pages_options.digest each is read once, so that pages_done.digest is that of what is in the file, or of what
 * was found unchanged. */
struct pages_bytes {
    const void *data;
    size_t len;
    void (*release)(void *release_context);
    void *release_context;
};

/* Start writers for the folder DIR, which is made if it is missing, together with those above it, and must be one that
 * can be written to. OPTIONS may be NULL. Returns STORE_OK, STORE_NO_MEMORY or STORE_SYSTEM; on failure *PAGES is
 * untouched. */
enum store_status pages_open(const char *dir, const struct pages_options *options, struct pages **pages);

/* Write a page that is there in one piece to the file NAME below the folder (copied). With KNOWN (may be NULL) and
 * pages_options.digest, nothing is written when the page has KNOWN's digest and NAME is still a plain file of KNOWN's
 * size and time of change: a file that somebody changed since is replaced.
 *
 * Returns STORE_OK, STORE_FULL, STORE_INVALID (NAME is absolute or has an empty component or one that begins with a
 * dot) or STORE_NO_MEMORY. */
enum store_status pages_put(struct pages *pages, const char *name, const struct pages_bytes *bytes,
                            const struct pages_known *known, void *context);

/* Begin a page that comes in pieces. Its end is sure to have room. Returns STORE_OK, STORE_FULL or STORE_NO_MEMORY. */
enum store_status pages_begin(struct pages *pages, struct page **page);

/* Add a piece. From the first piece on, the page takes a file descriptor. After a piece that could not be written, the
 * others are let go unwritten, and the end of the page says why. Returns STORE_OK, STORE_FULL or STORE_NO_MEMORY. */
enum store_status pages_append(struct page *page, const struct pages_bytes *bytes);

/* The errno that the end of the page will say, once pages_collect has seen the piece that could not be written; 0 until
 * then. */
int pages_error(const struct page *page);

/* End a page as the file NAME (copied), with KNOWN as in pages_put. Returns as pages_put does, but never STORE_FULL;
 * unless it is STORE_OK, the page is still there and must be ended in another way. */
enum store_status pages_finish(struct page *page, const char *name, const struct pages_known *known, void *context);

/* End a page and leave nothing of it. No completion comes; the pieces are let go. */
void pages_abandon(struct page *page);

/* Remove the file NAME (copied) if it is a plain file of KNOWN's size and time of change; KNOWN's digest is not looked
 * at. No link is followed on the way, and folders stay, even when they are empty. Otherwise it stays, and its
 * completion says so (left); a name that nothing has is no error. Returns as pages_put does. */
enum store_status pages_remove(struct pages *pages, const char *name, const struct pages_known *known, void *context);

/* Wake the writers: they start by themselves only when many jobs wait. Call it before each sleep. */
void pages_flush(struct pages *pages);

/* A descriptor that polls readable when pages_collect has something. Level-triggered. Owned by PAGES. */
int pages_fd(const struct pages *pages);

/* Call FN(done, CONTEXT) for each page that has ended; it may put more pages. Returns how many there were. Places of
 * pieces come free here too, so a return of 0 may still have made room. */
size_t pages_collect(struct pages *pages, pages_done_fn *fn, void *context);

/* Places that are free: so many of put, begin and append cannot return STORE_FULL. */
size_t pages_room(const struct pages *pages);

/* Pages put or finished whose completion has not been collected. */
size_t pages_pending(const struct pages *pages);

/* Wait until the writers have done all that was given, collect the rest with FN, and free. Every page in pieces must
 * have been ended before. NULL is fine. */
void pages_close(struct pages *pages, pages_done_fn *fn, void *context);

/* Remove the temporary names (store/pages/draft.h) that a killed run left below DIR and in DIR/.forage, which no user's
 * file can have by accident; *REMOVED says how many, in any case. It reads every folder that can hold a page (a million
 * files in 20,000 folders: 0.3 s, and 1 s when they must come from a disk), and a run that ends in order leaves none,
 * so call it only after one that did not: state_run.ended_ms tells.
 *
 * The folder's lock must be held and no pages be open here: drafts that are in use look the same. No link is followed,
 * and folders that may not be read are passed over. Returns STORE_OK, or STORE_SYSTEM and the first errno, after all
 * else was seen to. Context: any thread; blocks. */
enum store_status pages_clean(const char *dir, size_t *removed);

/* A constant text for STEP, never NULL. */
const char *pages_step_text(enum pages_step step);

#endif
