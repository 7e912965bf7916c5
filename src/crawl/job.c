#include "crawl/job.h"

#include "crawl/crawl.h"
#include "crawl/record.h"

#include <assert.h>
#include <stdlib.h>

struct job *job_new(struct crawl *crawl, struct url *asked, struct line_options *own)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        url_release(asked);
        line_options_free(own);
        return NULL;
    }
    job->crawl = crawl;
    job->asked = *asked;
    job->own = own;
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

bool job_is_success(const struct job *job)
{
    if (job->error)
        return false;
    return (job->status >= 200 && job->status < 300) || (job->status == 304 && job->validated);
}

void job_forget_links(struct job *job)
{
    if (job->links_counted)
        *job->links_counter -= job->links_counted;
    job->links_counted = 0;
    buffer_release(&job->links);
}

bool job_keep_links(struct job *job, struct text more)
{
    struct buffer links = job->links;
    job->links = (struct buffer){0};
    job_forget_links(job);
    job->links = links;
    bool ok = buffer_append(&job->links, more.data, more.len);
    job->links_counted = job->links.len;
    job->links_counter = &job->crawl->links_kept;
    *job->links_counter += job->links_counted;
    return ok;
}

bool job_holds_nothing(const struct job *job)
{
    return !job->page && !job->resume.waits && !job->links_counted && !job->bytes && !job->body.len;
}

void job_forget_answer(struct job *job)
{
    free(job->resume.etag);
    free(job->resume.last_modified);
    free(job->etag);
    free(job->last_modified);
    job->resume = (struct resume){0};
    job->etag = job->last_modified = NULL;
    job->bytes = 0;
    job->robots = 0;
    free(job->canonical);
    job->canonical = NULL;
    job_forget_links(job);
    job->locations = job->location_bytes = 0;
    job->distrusted = false;
    buffer_clear(&job->body);
}

void job_free(struct job *job)
{
    if (!job)
        return;
    assert(!job->page && !job->resume.waits);
    job_forget_answer(job);
    url_release(&job->asked);
    url_release(job->target);
    free(job->target);
    line_options_free(job->own);
    record_free(job->known);
    buffer_release(&job->body);
    buffer_release(&job->name);
    free(job->from.parent);
    free(job->file);
    free(job);
}
