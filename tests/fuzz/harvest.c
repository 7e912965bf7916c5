/* libFuzzer target: a body in one piece and the same one in small pieces give the same links and the same text; each
 * link is one that the parent takes, and converted text is UTF-8. The first two bytes say what is done with the
 * rest. */
#include "fetch/harvest/harvest.h"

#include "target.h"
#include "web/charset/charset.h"

#include <string.h>

struct crop {
    struct buffer records, text;
};

static bool on_link(void *context, const struct fetch_link *link)
{
    struct crop *c = context;
    struct fetch_link read;
    size_t before = c->records.len;
    HOLDS(fetch_link_encode(link, &c->records));
    struct text record = {c->records.data + before, c->records.len - before};
    HOLDS(fetch_link_next(&record, &read) && record.len == 0);
    return true;
}

static bool on_text(void *context, const char *text, size_t len)
{
    struct crop *c = context;
    HOLDS(buffer_append(&c->text, text, len));
    return true;
}

static struct harvest_job job_of(const uint8_t *head, struct crop *c)
{
    static const enum use_kind kinds[] = {USE_HTML, USE_HTML, USE_CSS, USE_SVG, USE_PLAIN, USE_SITEMAP};
    static const char *const types[] = {"",
                                        "text/html; charset=utf-8",
                                        "x; charset=shift_jis",
                                        "x; charset=gbk",
                                        "x; charset=iso-8859-1",
                                        "x; charset=utf-16le",
                                        "x; charset=iso-2022-jp",
                                        "x; charset=big5"};
    struct harvest_job job = {
        .kind = kinds[head[0] % (sizeof kinds / sizeof *kinds)],
        .requisites = head[1] & 8,
        .converts = head[1] & 16,
        .robots_agent = "forage",
        .content_type = types[head[1] % (sizeof types / sizeof *types)],
        .url = {"http://h/d/p?q", 14},
        .text = on_text,
        .link = on_link,
        .context = c,
    };
    job.finds_links = job.kind != USE_PLAIN;
    job.converts = (job.converts || job.kind == USE_PLAIN) && job.kind != USE_SITEMAP && job.kind != USE_SVG;
    return job;
}

static void grow(struct harvest *h, struct crop *c, const uint8_t *data, size_t size, size_t piece)
{
    struct harvest_job job = job_of(data, c);
    struct harvest_result result;
    enum harvest_status s = HARVEST_OK;
    HOLDS(harvest_begin(h, &job));
    for (size_t at = 2; at < size && s == HARVEST_OK; at += piece)
        s = harvest_feed(h, (const char *)data + at, size - at < piece ? size - at : piece);
    if (s == HARVEST_OK)
        s = harvest_end(h, false);
    HOLDS(s == HARVEST_OK || (s == HARVEST_ENOUGH && job.kind == USE_SITEMAP));
    harvest_links(h, &result);
    harvest_reset(h);
}

static bool is_utf8(const struct buffer *text)
{
    struct buffer out = {0};
    struct charset_decoder *d = charset_decoder_new(charset_utf8());
    HOLDS(d && charset_decoder_feed(d, buffer_text(text), text->len, &out) && charset_decoder_end(d, &out));
    bool valid = charset_decoder_errors(d) == 0;
    charset_decoder_free(d);
    buffer_release(&out);
    return valid;
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
    return a->len == b->len && memcmp(buffer_text(a), buffer_text(b), a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct harvest_pool pool;
    static struct harvest *h; /* used again and again, so that nothing may stay from one body to the next */
    struct crop whole = {0}, pieces = {0};
    if (size < 2 || (!h && !(h = harvest_pool_take(&pool))))
        return 0;
    grow(h, &whole, data, size, size);
    grow(h, &pieces, data, size, 1 + data[1] / 32);
    HOLDS(is_same(&whole.records, &pieces.records) && is_same(&whole.text, &pieces.text));
    HOLDS(is_utf8(&whole.text) && pool.bytes == 0);
    struct buffer *all[] = {&whole.records, &whole.text, &pieces.records, &pieces.text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_release(all[i]);
    return 0;
}
