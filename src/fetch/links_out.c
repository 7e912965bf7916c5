#include "fetch/links_out.h"

#include "fetch/harvest/link_header.h"
#include "fetch/transfer.h"
#include "web/url/url.h"

#include <string.h>

enum { PART_BYTES = 128 * 1024, RECORD_MAX = FETCH_LINK_URL_MAX + 64 };

bool links_out_flush(struct transfer *t)
{
    struct transfer_setup *setup = t->setup;
    struct buffer *records = &setup->records;
    char kind = FETCH_PART_LINKS;
    struct iovec pieces[] = {{&kind, 1}, {records->data, records->len}};
    if (!records->len || setup->disconnected)
        return !setup->disconnected;
    stream_close(&setup->stream);
    setup->disconnected = mp_worker_send(setup->worker, t->task, false, pieces, 2) != MP_OK;
    buffer_clear(records);
    return !setup->disconnected;
}

bool links_out_add(void *context, const struct fetch_link *link)
{
    struct transfer *t = context;
    struct buffer *records = &t->setup->records;
    size_t before = records->len;
    if (t->links.cut)
        return false;
    if (t->links.bytes > FETCH_LINKS_BYTES_MAX - RECORD_MAX || !fetch_link_encode(link, records)) {
        t->links.cut = true;
        return false;
    }
    t->links.bytes += records->len - before;
    return records->len <= PART_BYTES - RECORD_MAX || links_out_flush(t);
}

struct text links_out_take(struct transfer *t, size_t room)
{
    const struct buffer *records = &t->setup->records;
    if (records->len > room)
        links_out_flush(t);
    return (struct text){buffer_text(records), records->len};
}

/* ---- Link headers ---- */

static void add_header(struct transfer *t, const struct url *base, const struct link_header *header)
{
    struct url url = {0};
    if (!header->rels || url_parse(&url, header->target.data, header->target.len, base) != URL_OK)
        return;
    struct fetch_link link = {
        .priority = FETCH_LINK_PRIORITY_DEFAULT,
        .url = {url.href, url.href_len},
    };
    if (header->rels & LINK_HEADER_CANONICAL && url.href_len <= FETCH_LINK_URL_MAX) {
        link.kind = FETCH_LINK_CANONICAL;
        links_out_add(t, &link);
    }
    if (header->rels & ~(unsigned)LINK_HEADER_CANONICAL && url.href_len <= FETCH_LINK_URL_MAX) {
        link.kind = FETCH_LINK_PAGE;
        links_out_add(t, &link);
    }
    url_release(&url);
}

void links_out_add_headers(struct transfer *t)
{
    const struct buffer *text = &t->request.url;
    struct fetch_answer lines = {.headers = {buffer_text(&t->head.forwarded), t->head.forwarded.len}};
    struct text value;
    struct url base = {0};
    size_t at = 0;
    if (!fetch_answer_header(&lines, "link", &at, &value) || url_parse(&base, text->data, text->len, NULL) != URL_OK)
        return;
    do {
        struct link_header header;
        for (size_t in_value = 0; link_header_next(value, &in_value, &header);)
            add_header(t, &base, &header);
    } while (fetch_answer_header(&lines, "link", &at, &value));
    url_release(&base);
}
