/* What the files of the backlog share. */
#ifndef STORE_BACKLOG_INTERNAL_H
#define STORE_BACKLOG_INTERNAL_H

#include "base/buffer.h"
#include "store/backlog/backlog.h"
#include "store/backlog/backlog_file.h"
#include "store/backlog/backlog_origins.h"
#include "store/backlog/backlog_record.h"

struct backlog {
    struct backlog_file file;
    struct origins origins;
    uint64_t salt;
    uint64_t newest_at; /* where the last parent in the file is, which entries that are added may share; 0: none */
    struct buffer newest;
    uint64_t parent_at; /* where the record in PARENT is; 0: nowhere */
    struct backlog_failure failure;
    bool to_replay;
    char record[RECORD_MAX]; /* of the entry that was given out last, its text terminated; the same of a parent */
    char parent[RECORD_MAX];
};

/* Remember a failure, when it is the first, and return STATUS; with BACKLOG_SYSTEM errno is the reason, otherwise
 * DETAIL. */
enum backlog_status backlog_fail(struct backlog *b, enum backlog_status status, const char *detail);

/* The status of a call of backlog_file that failed, which is remembered. */
enum backlog_status backlog_fail_file(struct backlog *b);

/* Chain the entry at OFFSET to those of its origin and priority. Returns BACKLOG_OK, BACKLOG_NO_MEMORY or
 * BACKLOG_SYSTEM. */
enum backlog_status backlog_queue(struct backlog *b, uint64_t offset, const struct record_origin *name,
                                  unsigned priority);

/* The entry in RECORD, whose head is HEAD, without its parent; its text is terminated. */
struct backlog_entry backlog_entry_of(char *record, const struct record *head);

#endif
