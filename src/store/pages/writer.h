/* A writer thread of the store and the queues on both its sides. Private to store/pages/pages.c and store/writer*.c.
 *
 * outbox_init, writer_start for each writer, writer_give as often as wanted, writer_stop, outbox_release.
 *
 * A job goes to one writer, in order, and comes back through the outbox that all writers share; it is never copied.
 * Locks are held for a splice of a list, and for the one eventfd call of a batch; never during work on the disk. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "base/buffer.h"
#include "store/pages/digest.h"
#include "store/pages/draft.h"
#include "store/pages/folders.h"
#include "store/pages/pages.h"

#include <pthread.h>

enum job_kind { JOB_PUT, JOB_APPEND, JOB_FINISH, JOB_ABANDON, JOB_REMOVE, JOB_KINDS };

/* A copy of struct pages_known. */
struct known {
    bool has_digest;
    uint8_t digest[PAGES_DIGEST_BYTES];
    uint64_t bytes;
    int64_t mtime_ns;
};

struct job {
    struct job *next;
    enum job_kind kind;
    struct writer *writer;
    struct page *page;        /* of an append, a finish and an abandon */
    struct pages_bytes bytes; /* of a put and an append */
    struct known known;       /* of a put, a finish and a remove */
    struct pages_done done;   /* .name and .context are set by who makes the job, the rest by the writer */
};

struct job_list {
    struct job *head;
    struct job *tail;
    size_t count;
};

void job_list_add(struct job_list *list, struct job *job);

/* Move all of FROM behind TO. */
void job_list_move(struct job_list *to, struct job_list *from);

/* What the writers have done. FD is written once, by whoever puts a job into an outbox that was empty since the last
 * outbox_take. */
struct outbox {
    pthread_mutex_t lock;
    struct job_list jobs; /* under the lock, as is SIGNALLED */
    bool signalled;
    int fd;
};

/* False with errno on failure. */
bool outbox_init(struct outbox *outbox);
struct job_list outbox_take(struct outbox *outbox);
void outbox_release(struct outbox *outbox);

/* A page in pieces. The crawl loop makes and frees it; in between, what is below END belongs to its writer. */
struct page {
    struct pages *pages;
    int failed;     /* as ERROR, as soon as a piece has come back that says so; the crawl loop's */
    struct job end; /* the finish or the abandon, so that a page can always be ended */
    bool begun;     /* there is a draft */
    struct draft draft;
    struct digest digest; /* begun with the draft, if at all */
    uint64_t bytes;
    int error;
    enum pages_step step;
};

struct writer {
    /* The crawl loop's. */
    struct job_list staged; /* not given yet */
    size_t load;            /* jobs that have not come back */
    size_t pages;           /* pages in pieces that have not ended */

    /* Shared. */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job_list queue; /* under the lock, as are the two below */
    bool asleep;
    bool stopping;

    /* The thread's. */
    pthread_t thread;
    int root;
    struct outbox *outbox;
    struct folders *folders;
    struct drafts drafts;
    bool digests;
    struct digester digester; /* when it makes any */
    struct buffer own;        /* then also the bytes of the job that it is at */
    struct job_list finished; /* not in the outbox yet */
    int64_t finished_since;
};

struct writer_options {
    unsigned number; /* another one for each writer */
    int root;        /* it writes below; borrowed */
    size_t folders_opened;
    bool digests;
    bool untimed;
    struct outbox *outbox;
};

/* Start a thread. Returns STORE_OK, STORE_NO_MEMORY or STORE_SYSTEM; on failure nothing is left. */
enum store_status writer_start(struct writer *writer, const struct writer_options *options);

/* Hand over what is staged, and wake the thread if it sleeps. */
void writer_give(struct writer *writer);

/* Do what JOB says, and fill its end. Context: the writer's thread. */
void writer_do(struct writer *writer, struct job *job);

/* Let the thread do all that was given, and wait for its end. */
void writer_stop(struct writer *writer);

#endif
