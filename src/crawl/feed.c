/* Feed: reads the lists and URLs that the user gave, one after another, as the frontier has room. Bad lines are
 * reported and counted; URLs that were offered before are skipped. */
#include "base/clock.h"
#include "crawl/crawl.h"
#include "crawl/discovery/discovery.h"
#include "crawl/rest.h"
#include "crawl/spill.h"
#include "fetch/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    QUEUED_MAX = 16 * 1024,       /* jobs that wait in the frontier; memory stays bounded whatever the list's length */
    CROWDED_MAX = 2 * QUEUED_MAX, /* with those of hosts that come behind slow ones */
    PACE_MS = 1000,
    LINES_OF_FAST = 256,
    LINES_PER_TURN = 1024,
    PARKED_MAX = 10000,
};

bool feed_add_source(struct crawl *c, const char *text, bool is_list)
{
    struct source *s = calloc(1, sizeof *s + strlen(text) + 1);
    if (!s)
        return false;
    s->is_list = is_list;
    memcpy(s->text, text, strlen(text) + 1);
    *c->sources_end = s;
    c->sources_end = &s->next;
    return true;
}

static void source_pop(struct crawl *c)
{
    struct source *s = c->sources;
    c->sources = s->next;
    if (!c->sources)
        c->sources_end = &c->sources;
    list_close(s->list);
    free(s);
}

void feed_release(struct crawl *c)
{
    while (c->sources)
        source_pop(c);
    for (struct job *job = c->parked, *next; job; job = next) {
        next = job->next;
        job_free(job);
    }
    c->parked = NULL;
    c->parked_end = &c->parked;
}

bool feed_is_done(const struct crawl *c)
{
    return !c->sources && !c->parked && !spill_waiting(c);
}

bool feed_names_host(const struct crawl *c, const struct url *url)
{
    return seen_has(&c->named_hosts, url->host.at, url->host.len);
}

/* The host was named meanwhile: now the address may be any. */
static void admit_again(struct crawl *c, struct job *job)
{
    job->error = FETCH_OK;
    *job->detail = '\0';
    admit_target(c, job);
}

bool feed_park(struct crawl *c, struct job *job)
{
    bool is_named = feed_names_host(c, job_target(job)); /* by a line that was read while the job was out */
    if (job->parked || (!is_named && (!c->sources || c->parked_count == PARKED_MAX)))
        return false;
    landing_abandon(job);
    job->parked = true;
    if (is_named) {
        admit_again(c, job);
        return true;
    }
    c->parked_count++;
    job->next = NULL;
    *c->parked_end = job;
    c->parked_end = &job->next;
    return true;
}

void feed_unpark(struct crawl *c)
{
    struct job *job = c->parked;
    c->parked = NULL;
    c->parked_end = &c->parked;
    c->parked_count = 0;
    for (struct job *next; job; job = next) {
        next = job->next;
        if (feed_names_host(c, job_target(job)))
            admit_again(c, job);
        else
            report_end(c, job);
    }
}

static bool has_queue(struct crawl *c, const struct url *url)
{
    struct host *host = frontier_host(&c->frontier, url);
    return host && host_has_queue(host);
}

/* Of a long list of a crawl most wait on disk: all of it is read before links are followed. */
static bool waits_on_disk(struct crawl *c, const struct url *url, const struct line_options *own)
{
    bool is_secret = url->username.len || url->password.len;
    if (own || is_secret)
        return false;
    if (!c->discovery)
        return c->frontier.queued >= QUEUED_MAX && has_queue(c, url) && spill_url(c, url);
    if (!discovery_wants_seeds(c))
        return false;
    discovery_queue_seed(c, url);
    return true;
}

/* Whether an earlier line gave URL; in a crawl it may have been found before. */
static enum seen_result take_line(struct crawl *c, const struct url *url, const struct line_options *own)
{
    return c->discovery ? discovery_take_line(c, url, own) : seen_add(&c->seen, url->href, url->href_len);
}

static void offer_url(struct crawl *c, struct url *url, struct line_options *own)
{
    seen_add(&c->named_hosts, url->host.at, url->host.len);
    discovery_seed(c, url);
    enum seen_result known = take_line(c, url, own);
    if (known == SEEN_KNOWN) {
        c->counts.skipped++;
        url_release(url);
        line_options_free(own);
        return;
    }
    if (known == SEEN_NEW && waits_on_disk(c, url, own)) {
        url_release(url);
        return;
    }
    struct job *job = job_new(c, url, own);
    if (known == SEEN_NO_MEMORY || !job) {
        job_free(job);
        report_trouble(c, FORAGE_NO_MEMORY);
        return;
    }
    c->counts.in_flight++;
    admit_new(c, job);
}

const char *feed_read_url(struct url *url, const char *text, size_t len)
{
    char host[256];
    enum url_status status = url_parse_line(url, text, len);
    if (status != URL_OK)
        return url_status_text(status);
    snprintf(host, sizeof host, "%.*s", (int)url->host.len, url->host.at);
    if (url->host.len >= sizeof host || guard_url_means(url->href, host, url->port))
        return NULL;
    url_release(url);
    return "the host is no name that can be asked for";
}

static void offer_entry(struct crawl *c, const struct list_entry *entry)
{
    struct url url = {0};
    const char *wrong = feed_read_url(&url, entry->url, entry->url_len);
    if (!wrong) {
        offer_url(c, &url, entry->options);
        return;
    }
    line_options_free(entry->options);
    report_bad_line(c, entry->file, entry->line, wrong);
}

static void watch_list(struct crawl *c, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    c->waits_for_list = epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void feed_pause(struct crawl *c)
{
    if (c->waits_for_list)
        epoll_ctl(c->epoll, EPOLL_CTL_DEL, list_fd(c->sources->list), NULL);
    c->waits_for_list = false;
}

/* One step in the list at the head; false when it has nothing more for now. */
static bool read_list(struct crawl *c, struct source *s)
{
    struct list_entry entry;
    if (!s->list && !(s->list = list_open(s->text))) {
        report_file_failure(c, s->text, 0, strerror(errno));
        source_pop(c);
        return true;
    }
    enum list_status status = list_next(s->list, &entry);
    rest_note_list(c, s->list);
    switch (status) {
    case LIST_ENTRY:
        offer_entry(c, &entry);
        return true;
    case LIST_BAD_LINE:
        report_bad_line(c, entry.file, entry.line, entry.reason);
        return true;
    case LIST_BAD_FILE:
        report_file_failure(c, entry.file, entry.line, entry.reason);
        return true;
    case LIST_BUSY:
        return true;
    case LIST_WAIT:
        watch_list(c, list_fd(s->list));
        return false;
    case LIST_END:
        break;
    }
    source_pop(c);
    return true;
}

/* Whether hardly a line was read in the last second for want of room, although more could be asked for. */
static bool is_stuck(struct crawl *c)
{
    int64_t now = clock_ms();
    if (now - c->pace.began_ms >= PACE_MS) {
        c->pace.is_slow = c->pace.lines < LINES_OF_FAST;
        c->pace.began_ms = now;
        c->pace.lines = 0;
    }
    return c->pace.is_slow && c->frontier.in_flight < c->window.size && !frontier_has_next(&c->frontier, now);
}

/* There is room for more; or what waits is for slow hosts, and the list may lead to others. */
static bool wants_more(struct crawl *c)
{
    if (c->frontier.queued < QUEUED_MAX)
        return true;
    return !c->discovery && is_stuck(c) && !spill_is_full(c) && c->frontier.queued < CROWDED_MAX;
}

bool feed_is_due(struct crawl *c)
{
    return spill_is_due(c) || (c->sources && !c->waits_for_list && wants_more(c));
}

/* Cut user and password out of what could not be read as a URL, so that it can be shown: all up to the last @, because
 * nobody knows where they end. */
static void cut_account(char *text)
{
    char *authority = strstr(text, "://"), *at = authority ? strrchr(authority, '@') : NULL;
    if (at)
        memmove(authority + strlen("://"), at + 1, strlen(at + 1) + 1);
}

static void offer_source(struct crawl *c, struct source *s)
{
    struct url url = {0};
    const char *wrong = feed_read_url(&url, s->text, strlen(s->text));
    if (!wrong) {
        offer_url(c, &url, NULL);
        return;
    }
    cut_account(s->text);
    report_bad_line(c, s->text, 0, wrong);
}

void feed_turn(struct crawl *c)
{
    bool more = true;
    feed_pause(c);
    spill_turn(c);
    for (int i = 0; more && c->sources && i < LINES_PER_TURN && wants_more(c); i++) {
        struct source *s = c->sources;
        c->pace.lines += c->frontier.queued < QUEUED_MAX;
        if (s->is_list) {
            more = read_list(c, s);
        } else {
            offer_source(c, s);
            source_pop(c);
        }
    }
    if (!c->sources && c->parked)
        feed_unpark(c);
}
