#include "crawl/resume.h"

#include "crawl/crawl.h"
#include "crawl/text_copy.h"
#include "web/date.h"

#include <stdlib.h>
#include <string.h>

static bool has(const struct fetch_answer *answer, const char *name, struct text *value)
{
    size_t position = 0;
    return fetch_answer_header(answer, name, &position, value) && value->len;
}

/* RFC 9110 section 8.8.2.2: a page can change twice in a second, so that a Last-Modified of the second in which the
 * answer was made may be that of other bytes, too. */
static bool is_strong(const struct fetch_answer *answer, struct text last_modified)
{
    struct text date;
    int64_t changed_s, sent_s;
    return has(answer, "date", &date) && http_date_parse(date.data, date.len, &sent_s) &&
           http_date_parse(last_modified.data, last_modified.len, &changed_s) && sent_s > changed_s;
}

/* A coded body would have to be decoded from its middle; a weak validator does not promise the same bytes. A weak
 * Last-Modified beside an ETag is kept: the rest's must be the same. */
static bool may_go_on(const struct fetch_answer *answer, struct text *etag, struct text *last_modified)
{
    struct text ignored, ranges;
    bool modified = has(answer, "last-modified", last_modified);
    bool tagged = has(answer, "etag", etag) && !(etag->len > 1 && etag->data[0] == 'W' && etag->data[1] == '/');
    if (!tagged)
        *etag = (struct text){"", 0};
    if (!modified)
        *last_modified = (struct text){"", 0};
    if (has(answer, "content-encoding", &ignored))
        return false;
    if (has(answer, "accept-ranges", &ranges) && ranges.len == 4 && memcmp(ranges.data, "none", 4) == 0)
        return false;
    return (tagged || (modified && is_strong(answer, *last_modified))) && (answer->status == 200 || answer->resumed);
}

static bool has_pieces(const struct job *job)
{
    return job->bytes && !job->out_of_memory && (job->page || job->body.len);
}

static bool keep_validators(struct resume *r, const struct fetch_answer *answer)
{
    struct text etag, last_modified;
    if (!may_go_on(answer, &etag, &last_modified))
        return false;
    free(r->etag);
    free(r->last_modified);
    r->etag = text_copy(etag);
    r->last_modified = text_copy(last_modified);
    r->total = answer->total_bytes;
    return r->etag && r->last_modified;
}

/* The links of a page are found in the whole of it, and so is what it is written in. */
static bool is_read(const struct job *job)
{
    return job->reads_links || job->crawl->config.options.utf8;
}

static bool may_have_links(const struct job *job)
{
    return !*job->type || strncmp(job->type, "text/", 5) == 0 || strstr(job->type, "xml");
}

/* When the request for the rest has failed itself, nothing has changed. As many pages as there may be transfers wait
 * with their pieces; those beyond begin anew, so that a server that breaks off all of them does not take all
 * descriptors. */
bool resume_prepare(struct job *job, const struct fetch_answer *answer)
{
    struct crawl *c = job->crawl;
    struct resume *r = &job->resume;
    if (job->kind != JOB_PAGE || (is_read(job) && may_have_links(job)) || r->refused || !has_pieces(job) ||
        c->broken_off >= c->config.options.connections)
        return false;
    if (!(r->at && !answer->resumed) && !keep_validators(r, answer))
        return false;
    job_forget_links(job); /* of another answer, whatever made the worker send them */
    r->waits = true;
    c->broken_off++;
    return true;
}

void resume_end_wait(struct job *job)
{
    if (job->resume.waits)
        job->crawl->broken_off--;
    job->resume.waits = false;
}

static struct text text(const char *s)
{
    return (struct text){s, strlen(s)};
}

void resume_fill_request(struct job *job, struct fetch_request *request)
{
    struct resume *r = &job->resume;
    resume_end_wait(job);
    r->at = r->etag && r->last_modified ? job->bytes : 0;
    if (!r->at)
        return;
    request->resume_at = r->at;
    request->resume_total = r->total;
    request->etag = text(r->etag);
    request->last_modified = text(r->last_modified);
}

bool resume_is_refused(const struct job *job, const struct fetch_answer *answer)
{
    unsigned s = answer->status;
    return job->resume.at && !answer->error && !answer->resumed && ((s >= 200 && s < 300) || s == 416);
}
