#include "support/fixture_plan.h"

#include "support/fixture_coding.h"
#include "support/fixture_head.h"
#include "support/fixture_parse.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_PIECE = 16 * 1024, USUAL_CHUNK = 1024 };

/* What never ends is one line again and again, in the head or behind the last chunk. */
static const char more_headers[] = "X-Endless: one more header line of about seventy bytes, and another ...\r\n";
static const char status_line[] = "HTTP/1.1 200 OK\r\n";
static const char long_line[] = "X-Endless: ";
static const char processing[] = "HTTP/1.1 102 Processing\r\n\r\n";

static void add_text(struct script *script, const char *text, uint64_t times)
{
    script_add(script, text, strlen(text), times);
}

static void make_endless_headers(struct plan *plan)
{
    add_text(&plan->head, status_line, 1);
    add_text(&plan->head, more_headers, SCRIPT_FOR_EVER);
}

static void make_endless_line(struct plan *plan)
{
    add_text(&plan->head, status_line, 1);
    add_text(&plan->head, long_line, 1);
    add_text(&plan->head, "endless-", SCRIPT_FOR_EVER);
}

static void make_endless_1xx(struct plan *plan)
{
    add_text(&plan->head, processing, SCRIPT_FOR_EVER);
}

static void make_silence(struct plan *plan)
{
    (void)plan;
}

/* Faults whose bytes do not depend on the reply. */
static void (*const without_reply[])(struct plan *) = {
    [FIXTURE_SILENT] = make_silence,
    [FIXTURE_ENDLESS_HEADERS] = make_endless_headers,
    [FIXTURE_ENDLESS_HEADER_LINE] = make_endless_line,
    [FIXTURE_ENDLESS_1XX] = make_endless_1xx,
    [FIXTURE_ENDLESS_TRAILERS] = NULL,
};

static void set_frames(struct plan *plan, const struct fixture_reply *reply)
{
    bool trailers_for_ever = reply->fault == FIXTURE_ENDLESS_TRAILERS;
    plan->chunk = reply->chunk ? reply->chunk : trailers_for_ever ? USUAL_CHUNK : 0;
    if (!plan->chunk)
        return;
    if (reply->chunk_head) {
        plan->chunk_head = support_format("%s\r\n", reply->chunk_head);
        script_own(&plan->tail, plan->chunk_head);
    }
    if (trailers_for_ever)
        add_text(&plan->tail, more_headers, SCRIPT_FOR_EVER);
    else if (reply->trailers)
        add_text(&plan->tail, reply->trailers, 1);
    add_text(&plan->tail, "\r\n", trailers_for_ever ? 0 : 1);
}

static void make_http(struct plan *plan, const struct fixture_reply *reply, const struct fixture_request *request)
{
    struct head head = {.reply = reply, .request = request, .status = reply->status};
    coding_source(reply, &plan->body);
    coding_apply(reply, &plan->body);
    set_frames(plan, reply);
    head_decide(&head, &plan->body);
    head.chunked = plan->chunk != 0;
    head.close = plan->end == FIXTURE_CLOSE;
    size_t len;
    char *text = head_print(&head, &len);
    script_own(&plan->head, text);
    script_add(&plan->head, text, len, 1);
    if (head.bodiless)
        plan->wire_left = 0;
}

/* A connection goes on only when the client can tell where the reply ends. */
static enum fixture_end usual_end(const struct fixture_reply *reply, const struct fixture_request *request)
{
    if (reply->end != FIXTURE_KEEP)
        return reply->end;
    bool framed = reply->chunk || reply->fault == FIXTURE_ENDLESS_TRAILERS;
    bool open_end = (reply->no_length || reply->fault == FIXTURE_ENDLESS_BODY) && !framed;
    if (reply->cut_at || reply->content_length || reply->chunk_head || open_end || reply->fault == FIXTURE_RAW ||
        reply->fault == FIXTURE_SILENT)
        return FIXTURE_DROP;
    return parse_wants_close(request) ? FIXTURE_CLOSE : FIXTURE_KEEP;
}

void plan_make(struct plan *plan, const struct fixture_reply *reply, const struct fixture_request *request)
{
    *plan = (struct plan){.delay_ms = reply->delay_ms, .pace_ms = reply->pace_ms, .owned = reply->owned};
    plan->end = usual_end(reply, request);
    plan->complete = !reply->cut_at && reply->fault != FIXTURE_SILENT;
    plan->wire_left = reply->cut_at > 0 ? (uint64_t)reply->cut_at : reply->cut_at < 0 ? 0 : SCRIPT_FOR_EVER;
    plan->piece = reply->pace_bytes ? reply->pace_bytes : reply->chunk ? 0 : USUAL_PIECE;
    if (reply->fault == FIXTURE_RAW)
        coding_source(reply, &plan->body);
    else if (reply->fault < SUPPORT_COUNT(without_reply) && without_reply[reply->fault])
        without_reply[reply->fault](plan);
    else
        make_http(plan, reply, request);
}

static void set_frame(struct plan *plan, const char *text)
{
    plan->frame = text;
    plan->frame_left = strlen(text);
}

static void open_chunk(struct plan *plan)
{
    plan->chunk_left = plan->chunk < plan->body.left ? plan->chunk : plan->body.left;
    snprintf(plan->frame_room, sizeof plan->frame_room, "%zx\r\n", plan->chunk_left);
    set_frame(plan, plan->chunk_head ? plan->chunk_head : plan->frame_room);
    plan->chunk_head = NULL;
}

static size_t read_frame(struct plan *plan, char *to, size_t most)
{
    size_t len = plan->frame_left < most ? plan->frame_left : most;
    memcpy(to, plan->frame, len);
    plan->frame += len;
    plan->frame_left -= len;
    return len;
}

/* The next bytes of a chunked body: a frame, or a part of a chunk, or the trailers. *EDGE is set at a chunk's end. */
static size_t read_chunked(struct plan *plan, char *to, size_t most, bool *edge)
{
    if (plan->frame_left) {
        size_t len = read_frame(plan, to, most);
        *edge = plan->frame_left == 0 && plan->chunk_left == 0;
        return len;
    }
    if (plan->chunk_left) {
        size_t len = script_read(&plan->body, to, plan->chunk_left < most ? plan->chunk_left : most);
        plan->chunk_left -= len;
        if (plan->chunk_left == 0)
            set_frame(plan, "\r\n");
        return len;
    }
    if (plan->last_chunk_sent)
        return script_read(&plan->tail, to, most);
    if (plan->body.left)
        open_chunk(plan);
    else
        set_frame(plan, "0\r\n");
    plan->last_chunk_sent = plan->chunk_left == 0;
    return read_frame(plan, to, most);
}

static size_t read_body(struct plan *plan, char *to, size_t most)
{
    if (plan->wire_left < most)
        most = plan->wire_left;
    if (plan->pace_ms && plan->piece && plan->piece < most)
        most = plan->piece;
    size_t done = 0;
    for (bool edge = false; done < most && !(edge && plan->pace_ms && !plan->piece);) {
        size_t len = plan->chunk ? read_chunked(plan, to + done, most - done, &edge)
                                 : script_read(&plan->body, to + done, most - done);
        if (len == 0)
            break;
        done += len;
    }
    if (plan->wire_left != SCRIPT_FOR_EVER)
        plan->wire_left -= done;
    return done;
}

size_t plan_read(struct plan *plan, char *to, size_t most)
{
    size_t len = script_read(&plan->head, to, most);
    if (len && (plan->head.left || plan->pace_ms))
        return len;
    return len + read_body(plan, to + len, most - len);
}

bool plan_pauses(const struct plan *plan)
{
    return plan->pace_ms && plan->head.left == 0 && plan->wire_left && (plan->body.left || plan->tail.left);
}

void plan_release(struct plan *plan)
{
    script_release(&plan->head);
    script_release(&plan->body);
    script_release(&plan->tail);
    free(plan->owned);
    *plan = (struct plan){0};
}
