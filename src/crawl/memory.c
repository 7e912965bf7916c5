#include "crawl/memory.h"

#include "base/clock.h"
#include "crawl/crawl.h"
#include "crawl/setup.h"
#include "store/lock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

/* ---- Opening ---- */

static enum forage_status not_locked(struct crawl *c, char *error, size_t size)
{
    const char *output = c->config.options.output;
    int saved = errno;
    char why[64] = "another run is at work here";
    if (saved != EWOULDBLOCK && saved != EINTR)
        return setup_failed(FORAGE_FILE, output, strerror(saved), error, size);
    pid_t holder = folder_lock_holder(output);
    if (holder > 0)
        snprintf(why, sizeof why, "another run is at work here (process %ld)", (long)holder);
    return setup_failed(FORAGE_LOCKED, output, why, error, size);
}

/* A damaged database is not built over: it stays beside the new one. */
static enum state_status open_beside_damaged(struct crawl *c, struct state_failure *failure)
{
    char aside[STATE_ASIDE_MAX];
    if (state_set_aside(c->config.options.output, aside) != STATE_OK)
        return STATE_CORRUPT;
    snprintf(c->damage, sizeof c->damage, "%s; set aside as %s, and begun anew", failure->text, aside);
    return state_open(c->config.options.output, NULL, &c->state, failure);
}

static const char *state_path(const struct crawl *c, char file[PATH_MAX])
{
    snprintf(file, PATH_MAX, "%s/%s", c->config.options.output, STATE_FILE);
    return file;
}

static enum forage_status open_state(struct crawl *c, char *error, size_t size)
{
    struct state_failure failure;
    enum state_status s = state_open(c->config.options.output, NULL, &c->state, &failure);
    if (s == STATE_CORRUPT)
        s = open_beside_damaged(c, &failure);
    if (s == STATE_OK)
        return FORAGE_OK;
    char file[PATH_MAX];
    enum forage_status status = s == STATE_NO_MEMORY ? FORAGE_NO_MEMORY : FORAGE_FILE;
    return setup_failed(status, state_path(c, file), failure.text, error, size);
}

/* The lock tells of a run that was killed, also of one without a state. When the power failed it may have forgotten,
 * but the row of the run was synced. */
static bool may_have_leftovers(struct crawl *c)
{
    struct state_run last;
    return c->lock.abandoned || *c->damage || (c->state && state_last_run(c->state, &last) && !last.ended_ms);
}

enum forage_status memory_open(struct crawl *c, char *error, size_t size)
{
    const struct forage_options *o = &c->config.options;
    size_t removed;
    if (o->in_memory)
        return FORAGE_OK;
    if (!folder_lock_take(o->output, o->wait_lock_ms, &c->lock))
        return not_locked(c, error, size);
    c->locked = true;
    enum forage_status s = o->no_state ? FORAGE_OK : open_state(c, error, size);
    if (may_have_leftovers(c))
        pages_clean(o->output, &removed);
    return s;
}

/* ---- Running ---- */

static void tell(struct crawl *c, void (*report)(struct crawl *, const char *, const char *), const char *reason)
{
    char file[PATH_MAX];
    report(c, state_path(c, file), reason);
}

static void report_damage(struct crawl *c, const char *file, const char *reason)
{
    report_file_failure(c, file, 0, reason);
}

/* Damage is seen to between two turns, for meanwhile others hold on to the state; but only once, because a disk on
 * which the new database is damaged as well is no place for a third one. */
void memory_failed(struct crawl *c)
{
    struct state_failure failure;
    if (c->memory_failed || !state_failed(c->state, &failure))
        return;
    if (failure.status == STATE_CORRUPT && !*c->damage)
        return;
    c->memory_failed = true;
    tell(c, report_disaster, failure.text);
}

static void put_run(struct crawl *c)
{
    enum state_status s;
    while ((s = state_put_run(c->state, &c->run)) == STATE_FULL)
        memory_wait(c);
    if (s != STATE_OK)
        memory_failed(c);
}

/* Some pages of a database are looked at late in a run, and what is wrong with them is found out only then. The rows of
 * this run are lost with it: the next one asks for those pages once more. */
static bool replace_damaged(struct crawl *c)
{
    struct state_failure failure;
    if (*c->damage || !state_failed(c->state, &failure) || failure.status != STATE_CORRUPT)
        return false;
    state_close(c->state, NULL);
    c->state = NULL;
    if (open_beside_damaged(c, &failure) != STATE_OK) {
        c->memory_failed = true;
        tell(c, report_disaster, failure.text);
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = state_fd(c->state)};
    epoll_ctl(c->epoll, EPOLL_CTL_ADD, event.data.fd, &event);
    tell(c, report_damage, c->damage);
    return true;
}

/* A run that was killed or ended early is gone on with: what it has fetched counts as fetched. */
void memory_begin(struct crawl *c)
{
    struct state_run last;
    c->run.started_ms = c->run.cycle_started_ms = clock_wall_ms();
    if (!c->state)
        return;
    if (*c->damage)
        tell(c, report_damage, c->damage);
    bool known = state_last_run(c->state, &last);
    c->last_success_ms = state_last_success_ms(c->state);
    if (known && !last.complete && !c->config.options.fresh)
        c->run.cycle_started_ms = last.cycle_started_ms;
    put_run(c);
}

/* It must be known before anything that this run does can be mistaken for a part of the cycle before. */
void memory_begin_anew(struct crawl *c)
{
    c->run.cycle_started_ms = c->run.started_ms;
    if (!c->state)
        return;
    put_run(c);
    if (state_flush(c->state) != STATE_OK)
        memory_failed(c);
}

void memory_turn(struct crawl *c)
{
    if (!c->state)
        return;
    state_collect(c->state);
    memory_failed(c);
    if (replace_damaged(c))
        put_run(c);
}

void memory_wait(struct crawl *c)
{
    struct pollfd p = {state_fd(c->state), POLLIN, 0};
    poll(&p, 1, -1);
    state_collect(c->state);
}

/* ---- Ending ---- */

static void fill_end(struct crawl *c)
{
    c->run.ended_ms = clock_wall_ms();
    c->run.complete = c->end == END_DONE;
    c->run.exit_status = c->exit_status;
    c->run.new = c->counts.new_pages;
    c->run.changed = c->counts.changed;
    c->run.unchanged = c->counts.unchanged;
    c->run.failed = c->counts.failed;
    c->run.gone = c->counts.gone;
    c->run.skipped = c->counts.skipped;
    c->run.bytes = c->counts.bytes;
}

static void write_end(struct crawl *c)
{
    fill_end(c);
    put_run(c);
    if (state_flush(c->state) != STATE_OK)
        memory_failed(c);
}

/* A run whose rows were not all written has not ended in order: the next one looks at the database more closely. */
void memory_end(struct crawl *c)
{
    fill_end(c); /* for those who ask when there is no state */
    if (!c->state || c->memory_failed)
        return;
    write_end(c);
    if (replace_damaged(c))
        write_end(c);
}

void memory_close(struct crawl *c)
{
    state_close(c->state, NULL);
    c->state = NULL;
    if (c->locked)
        folder_lock_release(&c->lock);
    c->locked = false;
}
