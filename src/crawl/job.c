#include "crawl/job.h"

#include <stdlib.h>

struct job *job_new(struct crawl *crawl, struct url *asked)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        url_release(asked);
        return NULL;
    }
    job->crawl = crawl;
    job->asked = *asked;
    *asked = (struct url){0};
    return job;
}

bool job_redirect(struct job *job, struct url *target)
{
    if (!job->target)
        job->target = calloc(1, sizeof *job->target);
    if (!job->target) {
        url_release(target);
        return false;
    }
    url_release(job->target);
    *job->target = *target;
    *target = (struct url){0};
    return true;
}

void job_free(struct job *job)
{
    if (!job)
        return;
    url_release(&job->asked);
    url_release(job->target);
    free(job->target);
    buffer_release(&job->body);
    buffer_release(&job->name);
    free(job->file);
    free(job);
}
