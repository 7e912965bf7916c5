#include "crawl/identity.h"

#include "base/clock.h"
#include "crawl/crawl.h"
#include "crawl/outputs/atomic_file.h"
#include "web/account/auth.h"
#include "web/account/cookies.h"
#include "web/account/hsts.h"
#include "web/account/netrc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SECRET_MODE = 0600, PUBLIC_MODE = 0644 };

struct identity {
    struct cookie_jar *cookies;
    struct hsts *hsts;
    size_t cookies_wrong, hsts_wrong; /* the first line of the file that could not be read; 0: none */
    struct auth *auth;
    struct netrc *netrc;
};

static int64_t now_s(void)
{
    return clock_wall_ms() / 1000;
}

static void wipe(struct buffer *text)
{
    if (text->data)
        explicit_bzero(text->data, text->len);
    buffer_release(text);
}

/* ---- Opening ---- */

/* A file that is being read. */
struct reading {
    struct crawl *c;
    const char *path;
    size_t line; /* the first wrong line, and what is wrong */
    const char *problem;
};

static void report_line(void *context, size_t line, const char *problem)
{
    struct reading *r = context;
    if (!r->line)
        r->line = line;
    report_bad_line(r->c, r->path, line, problem);
}

static void note_line(void *context, size_t line, const char *problem)
{
    struct reading *r = context;
    if (!r->problem)
        *r = (struct reading){r->c, r->path, line, problem};
}

static bool read_cookies(struct crawl *c, struct identity *id)
{
    struct reading r = {.c = c, .path = c->config.options.cookies};
    struct buffer *text = &c->config.cookies;
    bool ok = !r.path || ((id->cookies = cookie_jar_new()) &&
                          cookie_jar_load(id->cookies, buffer_text(text), text->len, now_s(), report_line, &r));
    id->cookies_wrong = r.line;
    return ok;
}

static bool read_hsts(struct crawl *c, struct identity *id)
{
    struct reading r = {.c = c, .path = c->config.options.hsts};
    struct buffer *text = &c->config.hsts;
    bool ok = !r.path ||
              ((id->hsts = hsts_new()) && hsts_load(id->hsts, buffer_text(text), text->len, now_s(), report_line, &r));
    id->hsts_wrong = r.line;
    return ok;
}

static bool read_netrc(struct crawl *c, struct identity *id)
{
    struct reading r = {.c = c, .path = c->config.options.netrc};
    struct buffer *text = &c->config.netrc;
    return !r.path || (id->netrc = netrc_parse(buffer_text(text), text->len, report_line, &r));
}

static bool read_auth(struct crawl *c, struct identity *id, struct reading *r)
{
    struct buffer *text = &c->config.auth;
    *r = (struct reading){.c = c, .path = c->config.options.auth};
    return !r->path || (id->auth = auth_parse(buffer_text(text), text->len, note_line, r));
}

enum forage_status identity_open(struct crawl *c, char *error, size_t size)
{
    const struct forage_options *o = &c->config.options;
    struct reading auth = {0};
    if (!o->cookies && !o->hsts && !o->netrc && !o->auth)
        return FORAGE_OK;
    enum forage_status s = config_read_files(&c->config, error, size);
    if (s != FORAGE_OK)
        return s;
    struct identity *id = c->identity = calloc(1, sizeof *id);
    bool ok = id && read_cookies(c, id) && read_hsts(c, id) && read_netrc(c, id) && read_auth(c, id, &auth);
    wipe(&c->config.cookies);
    wipe(&c->config.netrc);
    wipe(&c->config.auth);
    if (ok && auth.problem) {
        snprintf(error, size, "%s:%zu: %s", auth.path, auth.line, auth.problem);
        return FORAGE_USAGE;
    }
    return ok ? FORAGE_OK : FORAGE_NO_MEMORY;
}

/* ---- Requests ---- */

/* What the list says of one URL comes before what is known of its host. */
static bool has_own_header(const struct job *job, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; job->own && !job->foreign && i < job->own->header_count; i++)
        if (strncasecmp(job->own->headers[i], name, len) == 0 && job->own->headers[i][len] == ':')
            return true;
    return false;
}

/* What is asked for without the jar's cookies, as robots.txt is, looks to the server like a new visitor, and the
 * session that such a one is given must not take the place of the one in the jar. */
static bool uses_jar(const struct identity *id, const struct job *job)
{
    return id->cookies && job->kind == JOB_PAGE && !has_own_header(job, "Cookie");
}

static bool add_cookies(struct identity *id, const struct job *job, struct buffer *lines)
{
    size_t before = lines->len;
    if (!uses_jar(id, job))
        return true;
    if (!buffer_append_text(lines, "Cookie: "))
        return false;
    size_t begin = lines->len;
    if (!cookies_header(id->cookies, job->asked.username, job_target(job), now_s(), lines))
        return false;
    if (lines->len > begin)
        return buffer_append_char(lines, '\n');
    lines->len = before;
    return true;
}

/* A line of --auth names its origin; one of netrc names a host, and is for those of its origins that the user named. */
static bool add_credentials(const struct identity *id, const struct job *job, struct buffer *lines)
{
    const struct url *to = job_target(job);
    if (job->foreign || to->password.len || has_own_header(job, "Authorization"))
        return true;
    const struct credentials *known = id->auth && !to->username.len ? auth_find(id->auth, to) : NULL;
    bool uses_netrc = !known && id->netrc && !job->unnamed;
    bool has = known ? auth_header(known, lines) : uses_netrc && auth_from_netrc(id->netrc, to, lines);
    return (!known || has) && (!has || buffer_append_char(lines, '\n'));
}

bool identity_header_lines(struct identity *id, const struct job *job, struct buffer *lines)
{
    if (!id || job->kind != JOB_PAGE)
        return true;
    return add_cookies(id, job, lines) && add_credentials(id, job, lines);
}

/* ---- Answers ---- */

void identity_learn(struct identity *id, const struct job *job, const struct fetch_answer *answer)
{
    struct text value;
    size_t position = 0;
    if (!id)
        return;
    while (uses_jar(id, job) && fetch_answer_header(answer, "set-cookie", &position, &value))
        cookies_set(id->cookies, job->asked.username, job_target(job), value.data, value.len, now_s());
    position = 0;
    if (id->hsts && fetch_answer_header(answer, "strict-transport-security", &position, &value))
        hsts_set(id->hsts, job_target(job), value.data, value.len, now_s());
}

bool identity_wants_tls(const struct identity *id, const struct url *url)
{
    return id && id->hsts && hsts_applies(id->hsts, url, now_s());
}

/* ---- The end ---- */

/* A file with lines that mean nothing to us may be no such file at all, or hold what another program knows how to
 * read: written anew it would have lost them. */
static bool may_replace(struct crawl *c, const char *path, size_t wrong)
{
    char why[128];
    if (!wrong)
        return true;
    snprintf(why, sizeof why, "not written, because line %zu cannot be read and would be lost", wrong);
    report_file_failure(c, path, 0, why);
    return false;
}

static void save(struct crawl *c, const char *path, mode_t mode, bool made, struct buffer *text)
{
    struct atomic_failure failure;
    char why[256];
    if (!made)
        report_file_failure(c, path, 0, "out of memory");
    else if (!atomic_file_write(path, mode, buffer_text(text), text->len, &failure))
        report_file_failure(c, path, 0, atomic_failure_text(&failure, why, sizeof why));
    wipe(text);
}

void identity_save(struct crawl *c)
{
    const struct identity *id = c->identity;
    const struct forage_options *o = &c->config.options;
    struct buffer text = {0};
    if (id && id->cookies && may_replace(c, o->cookies, id->cookies_wrong))
        save(c, o->cookies, SECRET_MODE, cookie_jar_save(id->cookies, now_s(), &text), &text);
    if (id && id->hsts && may_replace(c, o->hsts, id->hsts_wrong))
        save(c, o->hsts, PUBLIC_MODE, hsts_save(id->hsts, now_s(), &text), &text);
}

void identity_close(struct identity *id)
{
    if (!id)
        return;
    cookie_jar_free(id->cookies);
    hsts_free(id->hsts);
    auth_free(id->auth);
    netrc_free(id->netrc);
    free(id);
}
