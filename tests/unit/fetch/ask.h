/* What the tests of the fetcher share: a pool with one worker that fetches, which is asked and waited for.
 *
 * ask_open, ask for each request, asked_release for each answer, ask_close. */
#ifndef UNIT_FETCH_ASK_H
#define UNIT_FETCH_ASK_H

#include "fetch/fetcher.h"
#include "fetch/message.h"

#include "support/fixture.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { ASK_WAIT_MS = 20000, ASK_MAX_BYTES = 8 << 20 };

struct ask {
    struct fetch_options options;
    struct mp_pool *pool;
};

struct asked {
    struct fetch_answer answer; /* its texts lie in LAST */
    struct buffer last, body;
    struct buffer links; /* all records */
    unsigned link_parts;
    bool has_kinds;     /* parts begin with an enum fetch_part */
    bool disordered;    /* a part of another kind, or of the body behind links */
    unsigned starts;    /* empty parts */
    bool started_first; /* no other part came before the first of them */
    int64_t started_ns; /* when the parent saw the last of them */
    bool ended;
};

static inline struct fetch_options ask_options(void)
{
    return (struct fetch_options){
        .transfers = 8,
        .connect_timeout_ms = 5000,
        .idle_timeout_ms = 5000,
        .max_bytes = ASK_MAX_BYTES,
        .http_version = FETCH_HTTP_1_1,
        .user_agent = "ask/1",
    };
}

static inline void ask_open_with(struct ask *a, const struct fetch_options *options)
{
    a->options = *options;
    struct mp_pool_options pool = {.workers = 1, .driven = true, .executor = fetcher_run, .executor_arg = &a->options};
    if (mp_pool_new(&pool, &a->pool) != MP_OK)
        support_fail("no pool");
}

static inline void ask_open(struct ask *a)
{
    struct fetch_options options = ask_options();
    ask_open_with(a, &options);
}

static inline void ask_close(struct ask *a)
{
    mp_pool_free(a->pool);
}

static inline void ask_on_kind(struct asked *asked, const struct mp_part *part)
{
    const char *bytes = part->data;
    bool is_links = *bytes == FETCH_PART_LINKS;
    asked->disordered |= !is_links && (*bytes != FETCH_PART_BODY || asked->link_parts);
    asked->link_parts += is_links;
    buffer_append(is_links ? &asked->links : &asked->body, bytes + 1, part->len - 1);
}

static inline void ask_on_part(const struct mp_part *part, void *context)
{
    struct asked *asked = context;
    asked->ended = part->last;
    if (part->status != MP_OK)
        return;
    if (part->last) {
        buffer_append(&asked->last, part->data, part->len);
        return;
    }
    if (part->len && asked->has_kinds)
        ask_on_kind(asked, part);
    else
        buffer_append(&asked->body, part->data, part->len);
    if (!part->len) {
        asked->started_first = asked->started_first || (!asked->starts && !asked->body.len);
        asked->starts++;
        asked->started_ns = support_now_ns();
    }
}

/* Submit only; ask_end waits. ASKED must stay where it is until then. */
static inline void ask_begin(struct ask *a, const struct fetch_request *request, struct asked *asked)
{
    struct buffer message = {0};
    *asked = (struct asked){.has_kinds = request->flags & (FETCH_LINKS | FETCH_SITEMAP)};
    if (!fetch_request_encode(request, &message) ||
        mp_pool_submit(a->pool, 0, message.data, message.len, ask_on_part, asked) != MP_OK)
        support_fail("a request cannot be submitted");
    buffer_release(&message);
}

/* Wait for the answer; the body's bytes are all in asked->body then. */
static inline void ask_end(struct ask *a, struct asked *asked)
{
    int64_t deadline = support_deadline_ns(ASK_WAIT_MS);
    while (!asked->ended && support_left_ms(deadline))
        mp_pool_turn(a->pool, support_left_ms(deadline));
    cr_assert(asked->ended, "no answer came");
    cr_assert(fetch_answer_decode(&asked->answer, asked->last.data, asked->last.len), "the answer cannot be read");
    buffer_append(&asked->body, asked->answer.body.data, asked->answer.body.len);
    buffer_append(&asked->links, asked->answer.links.data, asked->answer.links.len);
    cr_assert_not(asked->disordered, "parts are of no kind, or come in no order");
}

static inline void ask(struct ask *a, const struct fetch_request *request, struct asked *asked)
{
    ask_begin(a, request, asked);
    ask_end(a, asked);
}

static inline void asked_release(struct asked *asked)
{
    buffer_release(&asked->last);
    buffer_release(&asked->body);
    buffer_release(&asked->links);
}

/* A request for PATH of the fixture, at 127.0.0.1; more fields may be set afterwards. */
static inline struct fetch_request ask_for(struct fixture *f, const char *path)
{
    const char *url = fixture_url(f, path);
    return (struct fetch_request){.port = fixture_port(f), .host = {"127.0.0.1", 9}, .url = {url, strlen(url)}};
}

static inline struct text ask_text(const char *s)
{
    return (struct text){s, strlen(s)};
}

static inline bool ask_is(struct text t, const char *expected)
{
    return t.len == strlen(expected) && memcmp(t.data, expected, t.len) == 0;
}

/* The first value of a forwarded header; "(none)". */
static inline struct text asked_header(const struct asked *asked, const char *name)
{
    struct text value;
    size_t at = 0;
    return fetch_answer_header(&asked->answer, name, &at, &value) ? value : ask_text("(none)");
}

/* How an answer ended, in one line that a failing row shows. Borrowed until the next call. */
static inline const char *asked_shown(const struct asked *asked)
{
    static char shown[512];
    const struct fetch_answer *a = &asked->answer;
    snprintf(shown, sizeof shown, "%u %s%s%s%s%s%s %llu of %llu (%.*s)", a->status, fetch_error_word(a->error),
             a->kept ? " kept" : "", a->cut ? " cut" : "", a->resumed ? " resumed" : "", a->unwanted ? " unwanted" : "",
             a->links_cut ? " links-cut" : "", (unsigned long long)asked->body.len, (unsigned long long)a->total_bytes,
             (int)a->detail.len, a->detail.data);
    return shown;
}

#endif
