#include "support/fixture_coding.h"

#include "support/support.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { BLOCK = 64 * 1024, LINE = 8, HEAD_MOST = 16 };

/* A deflate stream is coded raw; what stands before and behind it depends on the wrapper. */
static const struct wrapper {
    const char *name;
    const char *head;
    size_t head_len;
} wrappers[] = {
    [FIXTURE_IDENTITY] = {NULL, "", 0},
    [FIXTURE_GZIP] = {"gzip", "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10},
    [FIXTURE_DEFLATE] = {"deflate", "\x78\x9c", 2},
    [FIXTURE_RAW_DEFLATE] = {"deflate", "", 0},
};

const char *coding_name(enum fixture_coding coding)
{
    return wrappers[coding].name;
}

static const char *pattern_block(void)
{
    static char block[BLOCK];
    for (unsigned at = 0; !block[BLOCK - 1] && at < BLOCK; at++) {
        static const unsigned powers[LINE - 1] = {1000000, 100000, 10000, 1000, 100, 10, 1};
        unsigned column = at % LINE;
        block[at] = column == LINE - 1 ? '\n' : (char)('0' + at / LINE / powers[column] % 10);
    }
    return block;
}

static const char *zero_block(void)
{
    static const char zeros[BLOCK];
    return zeros;
}

char fixture_pattern(uint64_t offset)
{
    return pattern_block()[offset % BLOCK];
}

void coding_source(const struct fixture_reply *reply, struct script *body)
{
    if (reply->generated) {
        const char *block = reply->zeros ? zero_block() : pattern_block();
        script_add(body, block, BLOCK, reply->generated / BLOCK);
        script_add(body, block, reply->generated % BLOCK, 1);
        return;
    }
    size_t len = reply->body_len;
    if (len == 0 && reply->body)
        len = strlen(reply->body);
    uint64_t times = reply->fault == FIXTURE_ENDLESS_BODY ? SCRIPT_FOR_EVER : 1;
    script_add(body, reply->body, len, times);
}

/* The raw deflate form of LEN bytes: whole (LAST), or up to a full flush, which may stand before any other block. */
static char *deflated(const char *data, size_t len, int last, size_t *coded_len)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        support_fail("zlib does not start");
    size_t room = deflateBound(&z, len) + HEAD_MOST;
    char *coded = support_alloc(room);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)coded;
    z.avail_out = (uInt)room;
    int status = deflate(&z, last ? Z_FINISH : Z_FULL_FLUSH);
    if (status != (last ? Z_STREAM_END : Z_OK) || z.avail_in)
        support_fail("zlib does not deflate");
    *coded_len = room - z.avail_out;
    deflateEnd(&z);
    return coded;
}

/* A checksum over all segments, by zlib's way of joining the sums of two parts. */
static uLong joined_sum(const struct script *plain, enum fixture_coding coding)
{
    int gzip = coding == FIXTURE_GZIP;
    uLong sum = gzip ? crc32(0, NULL, 0) : adler32(0, NULL, 0);
    for (unsigned i = 0; i < plain->count; i++) {
        const struct script_segment *s = &plain->segments[i];
        const Bytef *data = (const Bytef *)s->data;
        uLong part =
            gzip ? crc32(crc32(0, NULL, 0), data, (uInt)s->len) : adler32(adler32(0, NULL, 0), data, (uInt)s->len);
        for (uint64_t n = 0; n < s->times; n++)
            sum = gzip ? crc32_combine(sum, part, (z_off_t)s->len) : adler32_combine(sum, part, (z_off_t)s->len);
    }
    return sum;
}

static void add_trailer(struct script *coded, const struct script *plain, enum fixture_coding coding)
{
    if (coding == FIXTURE_RAW_DEFLATE)
        return;
    uint32_t sum = (uint32_t)joined_sum(plain, coding);
    uint32_t size = (uint32_t)plain->left;
    unsigned char *bytes = support_alloc(8);
    script_own(coded, bytes);
    for (int i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(coding == FIXTURE_GZIP ? sum >> (8 * i) : sum >> (24 - 8 * i));
        bytes[4 + i] = (unsigned char)(size >> (8 * i));
    }
    script_add(coded, bytes, coding == FIXTURE_GZIP ? 8 : 4, 1);
}

static void code_once(struct script *body, enum fixture_coding coding)
{
    struct script coded = {0};
    script_add(&coded, wrappers[coding].head, wrappers[coding].head_len, 1);
    for (unsigned i = 0; i < body->count; i++) {
        const struct script_segment *s = &body->segments[i];
        size_t len;
        char *block = deflated(s->data, s->len, 0, &len);
        script_own(&coded, block);
        script_add(&coded, block, len, s->times);
    }
    size_t len;
    char *end = deflated("", 0, 1, &len);
    script_own(&coded, end);
    script_add(&coded, end, len, 1);
    add_trailer(&coded, body, coding);
    script_release(body);
    *body = coded;
}

void coding_apply(const struct fixture_reply *reply, struct script *body)
{
    if (reply->coding == FIXTURE_IDENTITY)
        return;
    if (body->left == SCRIPT_FOR_EVER)
        support_fail("an endless body cannot be coded: use a large generated one");
    unsigned layers = reply->layers ? reply->layers : 1;
    for (unsigned i = 0; i < layers; i++) {
        if (i) {
            size_t len;
            char *flat = script_flatten(body, &len);
            script_release(body);
            script_own(body, flat);
            script_add(body, flat, len, 1);
        }
        code_once(body, reply->coding);
    }
}
