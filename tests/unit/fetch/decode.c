#include "fetch/decode.h"

#include "base/buffer.h"

#include "support/support.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

struct sink {
    struct buffer out;
    size_t limit;
    size_t largest_piece;
};

static bool take(const void *data, size_t len, void *context)
{
    struct sink *s = context;
    if (len > s->largest_piece)
        s->largest_piece = len;
    if (s->limit && s->out.len + len > s->limit)
        return false;
    return buffer_append(&s->out, data, len);
}

/* Decode IN in pieces of STEP bytes. */
static enum decode_status decode(const char *codings, const struct buffer *in, size_t step, struct sink *sink)
{
    struct decoder *d = NULL;
    enum decode_status s = decoder_new(codings, take, sink, &d);
    for (size_t at = 0; s == DECODE_OK && at < in->len; at += step)
        s = decoder_write(d, in->data + at, in->len - at < step ? in->len - at : step);
    if (s == DECODE_OK)
        s = decoder_finish(d);
    decoder_free(d);
    return s;
}

static void compress_zlib(struct buffer *out, const void *data, size_t len, int window)
{
    z_stream z = {0};
    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert(buffer_reserve(out, deflateBound(&z, len)));
    z.next_in = (unsigned char *)(uintptr_t)data;
    z.avail_in = (uInt)len;
    z.next_out = (unsigned char *)out->data + out->len;
    z.avail_out = (uInt)(out->capacity - out->len);
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += z.total_out;
    deflateEnd(&z);
}

static void compress_zstd(struct buffer *out, const void *data, size_t len)
{
    size_t bound = ZSTD_compressBound(len);
    cr_assert(buffer_reserve(out, bound));
    size_t n = ZSTD_compress(out->data + out->len, bound, data, len, 3);
    cr_assert_not(ZSTD_isError(n));
    out->len += n;
}

/* RFC 7932 section 9.2: a window of 64 KiB, one meta-block that is not compressed, and the empty last one. */
static void wrap_brotli(struct buffer *out, const void *data, size_t len)
{
    cr_assert(len > 0 && len <= 65536);
    unsigned head = (unsigned)(len - 1) << 4 | 1u << 20;
    for (int i = 0; i < 3; i++)
        buffer_append_char(out, (char)(head >> 8 * i));
    buffer_append(out, data, len);
    buffer_append_char(out, 3);
}

enum { GZIP = 31, ZLIB = 15, RAW = -15, SAMPLE = 100000 };

/* Which coding, and how these tests make it. */
struct kind {
    const char *name;
    void (*make)(struct buffer *out, const void *data, size_t len); /* NULL: zlib with WINDOW */
    int window;
};

static void make_coded(const struct kind *k, struct buffer *out, const void *data, size_t len)
{
    if (k->make)
        k->make(out, data, len);
    else
        compress_zlib(out, data, len, k->window);
}

static void make_sample(struct buffer *b)
{
    for (int i = 0; b->len < SAMPLE; i++)
        buffer_printf(b, "line %d of %d; ", i, i * 7919 % 1000);
}

/* The bytes of hello in Brotli, made by another implementation's encoder. */
static const char hello[] = "hello, hello, hello, hello";
static const unsigned char hello_br[] = {0x1b, 0x19, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x09, 0x52,
                                         0x86, 0x96, 0x6c, 0x2c, 0x6f, 0x31, 0x4f, 0x24, 0xb0, 0xe3, 0x00};

static void expect_same(const struct sink *sink, const struct buffer *plain)
{
    cr_assert_eq(sink->out.len, plain->len);
    cr_assert(memcmp(sink->out.data, plain->data, plain->len) == 0);
    cr_assert_leq(sink->largest_piece, DECODE_PIECE);
}

Test(decode, each_coding_gives_the_bytes_back_however_they_arrive)
{
    static const size_t steps[] = {1, 7, 1000, 1 << 20};
    static const struct kind kinds[] = {{"gzip", NULL, GZIP},    {"x-gzip", NULL, GZIP}, {"GZip", NULL, GZIP},
                                        {"deflate", NULL, ZLIB}, {"deflate", NULL, RAW}, {"zstd", compress_zstd, 0}};
    struct buffer plain = {0};
    make_sample(&plain);
    for (size_t i = 0; i < SUPPORT_COUNT(steps); i++) {
        for (size_t k = 0; k < SUPPORT_COUNT(kinds); k++) {
            struct buffer coded = {0};
            struct sink sink = {0};
            make_coded(&kinds[k], &coded, plain.data, plain.len);
            cr_assert_eq(decode(kinds[k].name, &coded, steps[i], &sink), DECODE_OK, "%s", kinds[k].name);
            expect_same(&sink, &plain);
            buffer_release(&sink.out);
            buffer_release(&coded);
        }
    }
    buffer_release(&plain);
}

/* A frame of zstd that filled the last piece to the brim was taken for one that had not ended. */
Test(decode, a_body_may_end_where_a_piece_does)
{
    static const struct kind kinds[] = {{"gzip", NULL, GZIP},
                                        {"deflate", NULL, ZLIB},
                                        {"deflate", NULL, RAW},
                                        {"br", wrap_brotli, 0},
                                        {"zstd", compress_zstd, 0}};
    enum { LONGEST = 4 * DECODE_PIECE };
    struct buffer all = {0}; /* first text, then what cannot be compressed */
    make_sample(&all);
    for (uint32_t i = 0, x = 1; i < SAMPLE; i++, x = x * 1664525 + 1013904223)
        buffer_append_char(&all, (char)(x >> 24));
    for (size_t k = 0; k < SUPPORT_COUNT(kinds); k++) {
        for (size_t n = 0; n < 2 * 4 * 3 * 2; n++) {
            size_t len = (n / 2 % 4 + 1) * DECODE_PIECE + n / 8 % 3 - 1, step = n % 2 ? 1 : 1 << 20;
            struct buffer plain = {all.data + (n / 24 ? SAMPLE : 0), len < LONGEST ? len : LONGEST, 0}, coded = {0};
            struct sink sink = {0};
            make_coded(&kinds[k], &coded, plain.data, plain.len);
            cr_assert_eq(decode(kinds[k].name, &coded, step, &sink), DECODE_OK, "%s, %zu bytes by %zu", kinds[k].name,
                         plain.len, step);
            expect_same(&sink, &plain);
            buffer_release(&sink.out);
            buffer_release(&coded);
        }
    }
    buffer_release(&all);
}

Test(decode, brotli_is_decoded_and_its_cut_is_seen)
{
    struct buffer coded = {(char *)(uintptr_t)hello_br, sizeof hello_br, 0};
    struct sink sink = {0};
    cr_assert_eq(decode("br", &coded, 3, &sink), DECODE_OK);
    cr_assert(sink.out.len == sizeof hello - 1 && memcmp(sink.out.data, hello, sink.out.len) == 0);
    buffer_clear(&sink.out);
    coded.len -= 2;
    cr_assert_eq(decode("br", &coded, 3, &sink), DECODE_CUT);
    buffer_release(&sink.out);
}

Test(decode, stacked_codings_come_off_in_the_opposite_order)
{
    struct buffer plain = {0}, once = {0}, twice = {0};
    struct sink sink = {0};
    make_sample(&plain);
    compress_zstd(&once, plain.data, plain.len);
    compress_zlib(&twice, once.data, once.len, GZIP);
    cr_assert_eq(decode("zstd , gzip", &twice, 100, &sink), DECODE_OK);
    expect_same(&sink, &plain);
    buffer_release(&sink.out);
    buffer_release(&plain);
    buffer_release(&once);
    buffer_release(&twice);
}

Test(decode, members_of_gzip_follow_each_other_and_padding_is_ignored)
{
    struct buffer coded = {0};
    struct sink sink = {0};
    compress_zlib(&coded, "one ", 4, GZIP);
    compress_zlib(&coded, "two", 3, GZIP);
    buffer_append(&coded, "\0\0\0\0", 4);
    cr_assert_eq(decode("gzip", &coded, 5, &sink), DECODE_OK);
    cr_assert_str_eq(buffer_text(&sink.out), "one two");
    buffer_release(&sink.out);
    buffer_release(&coded);
}

/* Decode IN in three writes that end at FIRST and SECOND. */
static enum decode_status decode_cut(const char *codings, const struct buffer *in, size_t first, size_t second,
                                     struct sink *sink)
{
    const size_t ends[] = {first, second, in->len};
    struct decoder *d = NULL;
    enum decode_status s = decoder_new(codings, take, sink, &d);
    for (size_t i = 0, at = 0; s == DECODE_OK && i < SUPPORT_COUNT(ends); at = ends[i++])
        s = decoder_write(d, in->data + at, ends[i] - at);
    if (s == DECODE_OK)
        s = decoder_finish(d);
    decoder_free(d);
    return s;
}

/* A byte of padding that is the first of a member's magic made a page fail if a packet began with it. */
Test(decode, what_follows_a_member_comes_to_the_same_wherever_writes_end)
{
    static const struct {
        const char *tail;
        size_t len;
        bool member; /* another member stands before the tail */
        enum decode_status status;
        const char *text;
    } rows[] = {
        {"padding\x1fpadding", 15, false, DECODE_OK, "one"},
        {"padding\x1fpadding", 15, true, DECODE_OK, "onetwo"},
        {"\0\0\0\x1f\x8b\x08\0\0", 8, false, DECODE_OK, "one"},
        {"\0\x1f\x8b\xff", 4, true, DECODE_OK, "onetwo"},
        {"\x1f", 1, false, DECODE_OK, "one"},
        {"\x1f\x1f\x8b\x08", 4, false, DECODE_OK, "one"},
        {"\x1fpadding\x1f\x8b\x08", 11, false, DECODE_OK, "one"},
        {"\x8b\x1f\x8b", 3, false, DECODE_OK, "one"},
        {"\x1f\x8b", 2, false, DECODE_CUT, "one"},
        {"\x1f\x8b\x08\0", 4, true, DECODE_CUT, "onetwo"},
        {"\x1f\x8b\xff\0\0", 5, false, DECODE_BAD, "one"},
        {"", 0, true, DECODE_OK, "onetwo"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct buffer coded = {0};
        compress_zlib(&coded, "one", 3, GZIP);
        if (rows[i].member)
            compress_zlib(&coded, "two", 3, GZIP);
        buffer_append(&coded, rows[i].tail, rows[i].len);
        for (size_t first = 0; first <= coded.len; first++) {
            for (size_t second = first; second <= coded.len; second++) {
                struct sink sink = {0};
                enum decode_status s = decode_cut("gzip", &coded, first, second, &sink);
                cr_assert_eq(s, rows[i].status, "row %zu cut at %zu and %zu: %d", i, first, second, (int)s);
                cr_assert_str_eq(buffer_text(&sink.out), rows[i].text, "row %zu cut at %zu and %zu", i, first, second);
                buffer_release(&sink.out);
            }
        }
        struct sink sink = {0};
        cr_assert_eq(decode("gzip", &coded, 1, &sink), rows[i].status, "row %zu, byte by byte", i);
        buffer_release(&sink.out);
        buffer_release(&coded);
    }
}

Test(decode, a_coding_that_ends_early_is_cut_at_every_length)
{
    struct buffer coded = {0};
    compress_zlib(&coded, "some text, some text", 20, GZIP);
    for (size_t len = coded.len - 1; len > 0; len--) {
        struct sink sink = {0};
        struct buffer cut = {coded.data, len, 0};
        cr_assert_eq(decode("gzip", &cut, 4, &sink), DECODE_CUT, "%zu bytes", len);
        buffer_release(&sink.out);
    }
    buffer_release(&coded);
}

Test(decode, an_empty_body_is_fine)
{
    struct buffer nothing = {0};
    struct sink sink = {0};
    cr_assert_eq(decode("gzip", &nothing, 1, &sink), DECODE_OK);
    cr_assert_eq(sink.out.len, 0);
}

Test(decode, damaged_bytes_are_bad)
{
    static const char *const names[] = {"gzip", "br", "zstd", "deflate"};
    struct buffer junk = {0};
    for (int i = 0; i < 1000; i++)
        buffer_append_char(&junk, (char)(0xff - i % 3));
    for (size_t i = 0; i < 4; i++) {
        struct sink sink = {0};
        cr_assert_eq(decode(names[i], &junk, 64, &sink), DECODE_BAD, "%s", names[i]);
        buffer_release(&sink.out);
    }
    buffer_release(&junk);
}

Test(decode, two_layers_are_taken_and_one_of_them_with_a_large_window)
{
    static const struct {
        const char *codings;
        enum decode_status status;
    } rows[] = {
        {"gzip, gzip", DECODE_OK},
        {"deflate, x-gzip", DECODE_OK},
        {"br, gzip", DECODE_OK},
        {"gzip, br", DECODE_OK},
        {"zstd, gzip", DECODE_OK},
        {"identity, deflate, identity, zstd", DECODE_OK},
        {"gzip, gzip, gzip", DECODE_BAD},
        {"br, br", DECODE_BAD},
        {"zstd, zstd", DECODE_BAD},
        {"zstd, br", DECODE_BAD},
        {"BR, identity, zstd", DECODE_BAD},
        {"zstd, zstd, zstd, zstd", DECODE_BAD},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct sink sink = {0};
        struct decoder *d = NULL;
        cr_expect_eq(decoder_new(rows[i].codings, take, &sink, &d), rows[i].status, "%s", rows[i].codings);
        cr_expect_eq(d != NULL, rows[i].status == DECODE_OK, "%s", rows[i].codings);
        decoder_free(d);
    }
}

Test(decode, unknown_codings_are_bad)
{
    struct sink sink = {0};
    struct decoder *d = NULL;
    cr_assert_eq(decoder_new("compress", take, &sink, &d), DECODE_BAD);
    cr_assert_eq(decoder_new("gzip, wat", take, &sink, &d), DECODE_BAD);
    cr_assert_null(d);
    cr_assert_eq(decoder_new("identity", take, &sink, &d), DECODE_OK);
    cr_assert_null(d);
    cr_assert_eq(decoder_new("", take, &sink, &d), DECODE_OK);
    cr_assert_null(d);
}

Test(decode, a_bomb_is_stopped_at_the_sinks_limit_in_small_pieces)
{
    enum { BOMB = 64 << 20, LIMIT = 1 << 20 };
    char *zeros = calloc(1, BOMB);
    struct buffer coded = {0};
    struct sink sink = {.limit = LIMIT};
    compress_zlib(&coded, zeros, BOMB, GZIP);
    free(zeros);
    cr_assert_eq(decode("gzip", &coded, coded.len, &sink), DECODE_STOPPED);
    cr_assert_leq(sink.out.len, LIMIT);
    cr_assert_leq(sink.largest_piece, DECODE_PIECE);
    buffer_release(&sink.out);
    buffer_release(&coded);
}

/* ---- Memory ---- */

enum { WINDOWS = 17 << 20, DECODERS = 8 };

#ifdef __SANITIZE_ADDRESS__
enum { FREED_STAYS = 2 }; /* windows that grow leave as much behind as they take in the end */
#else
enum { FREED_STAYS = 1 };
#endif

/* More than a window of 16 MiB holds, in meta-blocks that are not compressed. */
static void wrap_large_brotli(struct buffer *out, const void *data, size_t len)
{
    enum { BLOCK = 1 << 20 };
    const char *bytes = data;
    for (size_t at = 0; at < len; at += BLOCK) {
        /* ISLAST, three more nibbles of a length, the length, ISUNCOMPRESSED; before the first, a window of 2^24. */
        uint32_t head = 1u << 1 | (BLOCK - 1) << 3 | 1u << 23;
        if (at == 0)
            head = head << 4 | 0xf;
        for (int i = 0; i < (at == 0 ? 4 : 3); i++)
            buffer_append_char(out, (char)(head >> 8 * i));
        buffer_append(out, bytes + at, BLOCK);
    }
    buffer_append_char(out, 3);
}

static void compress_large_zstd(struct buffer *out, const void *data, size_t len)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(len);
    cr_assert(buffer_reserve(out, bound));
    ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 23);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
    ZSTD_inBuffer in = {data, len, 0};
    ZSTD_outBuffer to = {out->data, bound, 0};
    cr_assert_eq(ZSTD_compressStream2(c, &to, &in, ZSTD_e_end), 0);
    out->len = to.pos;
    ZSTD_freeCCtx(c);
}

static uint64_t resident_bytes(void)
{
    unsigned long long all, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    cr_assert_eq(fscanf(f, "%llu %llu", &all, &resident), 2);
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool ignore(const void *data, size_t len, void *context)
{
    (void)data;
    *(size_t *)context += len;
    return true;
}

/* What DECODERS decoders of CODINGS hold after all of IN. */
static uint64_t bytes_held(const char *codings, const struct buffer *in)
{
    struct decoder *d[DECODERS];
    malloc_trim(0); /* what was freed before would be taken again and not be seen to grow */
    uint64_t before = resident_bytes();
    for (size_t i = 0; i < DECODERS; i++) {
        size_t taken = 0;
        cr_assert_eq(decoder_new(codings, ignore, &taken, &d[i]), DECODE_OK);
        cr_assert_eq(decoder_write(d[i], in->data, in->len), DECODE_OK, "%s", codings);
        cr_assert_eq(taken, WINDOWS, "%s", codings);
    }
    uint64_t after = resident_bytes();
    for (size_t i = 0; i < DECODERS; i++)
        decoder_free(d[i]);
    return after > before ? after - before : 0;
}

/* Four layers of windows were 33 MiB for 463 bytes. */
Test(decode, the_windows_of_one_body_are_bounded)
{
    static const struct kind kinds[] = {{"br", wrap_large_brotli, 0}, {"zstd", compress_large_zstd, 0}};
    struct buffer plain = {0};
    while (plain.len < WINDOWS)
        buffer_append(&plain, "0123456789abcdef", 16);
    for (size_t k = 0; k < SUPPORT_COUNT(kinds); k++) {
        struct buffer inner = {0}, coded = {0};
        char codings[16];
        make_coded(&kinds[k], &inner, plain.data, plain.len);
        compress_zlib(&coded, inner.data, inner.len, GZIP);
        snprintf(codings, sizeof codings, "%s, gzip", kinds[k].name);
        uint64_t held = bytes_held(codings, &coded);
        cr_expect_leq(held, (uint64_t)DECODERS * DECODE_MEMORY_MAX * FREED_STAYS, "%s: %llu bytes", codings,
                      (unsigned long long)held);
        cr_expect_geq(held, (uint64_t)DECODERS * (8 << 20), "%s: its window was not used", codings);
        buffer_release(&inner);
        buffer_release(&coded);
    }
    buffer_release(&plain);
}
