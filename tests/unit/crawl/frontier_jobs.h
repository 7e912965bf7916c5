/* What the tests of the frontier share: jobs from URLs, and the steps of their life. */
#ifndef TESTS_FRONTIER_JOBS_H
#define TESTS_FRONTIER_JOBS_H

#include "crawl/frontier/frontier.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static inline struct url url_of(const char *text)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK);
    return url;
}

static inline struct job *job_for(const char *text)
{
    struct url url = url_of(text);
    struct job *job = job_new(NULL, &url, NULL);
    cr_assert_not_null(job);
    return job;
}

static inline struct host *host_for(struct frontier *f, const char *text)
{
    struct url url = url_of(text);
    struct host *h = frontier_host(f, &url);
    cr_assert_not_null(h);
    url_release(&url);
    return h;
}

static inline struct job *add(struct frontier *f, const char *text)
{
    struct job *job = job_for(text);
    cr_assert(frontier_add(f, job));
    return job;
}

static inline struct job *expect_next(struct frontier *f, const char *text, int64_t now_ms)
{
    struct job *job = frontier_next(f, now_ms);
    cr_assert_not_null(job, "nothing where %s was due", text);
    cr_assert_str_eq(job->asked.href, text);
    return job;
}

static inline void expect_none(struct frontier *f, int64_t now_ms)
{
    cr_assert_not(frontier_has_next(f, now_ms));
    struct job *job = frontier_next(f, now_ms);
    cr_assert_null(job, "%s at %lld", job->asked.href, (long long)now_ms);
}

static inline void leave(struct frontier *f, struct job *job, int64_t now_ms)
{
    frontier_leave(f, job, now_ms);
    job_free(job);
}

/* CONTEXT counts, if it is not NULL. */
static inline void drop(struct job *job, void *context)
{
    if (context)
        ++*(int *)context;
    job_free(job);
}

/* The job's request has been answered like this. */
static inline void answer(struct frontier *f, struct job *job, unsigned status, int64_t retry_after_ms, int64_t now_ms)
{
    struct heard heard = {.answered = true,
                          .status = status,
                          .first_byte_ms = 1,
                          .retry_after_ms = retry_after_ms,
                          .random = UINT32_MAX,
                          .asked_ms = job->asked_ms};
    frontier_heard(f, job->host, &heard, now_ms);
    leave(f, job, now_ms);
}

#endif
