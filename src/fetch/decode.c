/* A decoder is a chain of layers, the outermost coding first; each layer's output is the next one's input and the last
 * one's goes to the sink. Each kind of layer has three functions in one row of a table. */
#include "fetch/decode.h"

#include "base/status.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

enum { ZSTD_WINDOW_LOG_MAX = 23, GZIP_WINDOW = 15 + 16, ZLIB_WINDOW = 15, RAW_WINDOW = -15 };

struct layer {
    const struct coding *coding;
    struct layer *next;
    struct decoder *owner;
    union {
        z_stream z;
        BrotliDecoderState *brotli;
        ZSTD_DCtx *zstd;
    };
    bool opened;
    bool fed;      /* a byte of input has arrived */
    bool complete; /* the coding has reached its own end */
    bool padded;   /* gzip: something follows the last member, and all that comes is ignored */
    size_t magic;  /* gzip: so many bytes of a next member's first ones have come */
    unsigned char out[DECODE_PIECE];
};

struct coding {
    const char *name;
    enum decode_status (*write)(struct layer *l, const unsigned char *data, size_t len);
    void (*close)(struct layer *l);
    bool is_large; /* its window takes MiB (decode.h) */
};

struct decoder {
    decode_sink_fn *sink;
    void *context;
    struct layer *first;
};

/* Hand LEN bytes of a layer's output on. */
static enum decode_status emit(struct layer *l, size_t len)
{
    if (!len)
        return DECODE_OK;
    if (l->next)
        return l->next->coding->write(l->next, l->out, len);
    return l->owner->sink(l->out, len, l->owner->context) ? DECODE_OK : DECODE_STOPPED;
}

static enum decode_status inflate_all(struct layer *l, const unsigned char *data, size_t len)
{
    l->z.next_in = (unsigned char *)(uintptr_t)data;
    l->z.avail_in = (uInt)len;
    for (;;) {
        l->z.next_out = l->out;
        l->z.avail_out = DECODE_PIECE;
        int z = inflate(&l->z, Z_NO_FLUSH);
        if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
            return z == Z_MEM_ERROR ? DECODE_NO_MEMORY : DECODE_BAD;
        enum decode_status s = emit(l, DECODE_PIECE - l->z.avail_out);
        if (s != DECODE_OK)
            return s;
        if (z == Z_STREAM_END) {
            l->complete = true;
            return DECODE_OK;
        }
        if (l->z.avail_out)
            return DECODE_OK; /* all input is used up */
    }
}

static enum decode_status inflate_open(struct layer *l, int window)
{
    if (inflateInit2(&l->z, window) != Z_OK)
        return DECODE_NO_MEMORY;
    l->opened = true;
    return DECODE_OK;
}

static const unsigned char gzip_magic[] = {0x1f, 0x8b};

/* Behind a member: whether another one begins with these bytes. Steps over what of its magic is there. What is none
 * stays none to the end, or it would depend on where one write ends and the next begins whether a later byte is looked
 * at. */
static bool begins_member(struct layer *l, const unsigned char **data, size_t *len)
{
    while (*len && l->magic < sizeof gzip_magic && **data == gzip_magic[l->magic]) {
        l->magic++;
        ++*data;
        --*len;
    }
    l->padded = *len && l->magic < sizeof gzip_magic;
    return l->magic == sizeof gzip_magic;
}

static enum decode_status begin_member(struct layer *l)
{
    inflateReset(&l->z);
    l->complete = false;
    l->magic = 0;
    return inflate_all(l, gzip_magic, sizeof gzip_magic);
}

/* RFC 1952 section 2.2: members may follow each other. What follows the last member and is none is ignored, as browsers
 * do: servers pad. */
static enum decode_status gzip_write(struct layer *l, const unsigned char *data, size_t len)
{
    enum decode_status s = DECODE_OK;
    if (!l->opened && inflate_open(l, GZIP_WINDOW) != DECODE_OK)
        return DECODE_NO_MEMORY;
    l->fed = true;
    while (s == DECODE_OK && len && !l->padded) {
        if (!l->complete) {
            s = inflate_all(l, data, len);
            data += len - l->z.avail_in;
            len = l->z.avail_in;
        } else if (begins_member(l, &data, &len)) {
            s = begin_member(l);
        }
    }
    return s;
}

/* "deflate" is zlib's format (RFC 9110 section 8.4.1.2), but some servers send raw deflate; RFC 1950 section 2.2 tells
 * them apart by the first byte: method 8 with a window of at most 32 KiB, which as raw deflate would be a stored block
 * of a length that no encoder begins with. */
static enum decode_status deflate_write(struct layer *l, const unsigned char *data, size_t len)
{
    if (!l->opened && inflate_open(l, (data[0] & 0x0f) == 8 && data[0] >> 4 <= 7 ? ZLIB_WINDOW : RAW_WINDOW))
        return DECODE_NO_MEMORY;
    l->fed = true;
    return l->complete ? DECODE_OK : inflate_all(l, data, len);
}

static void zlib_close(struct layer *l)
{
    if (l->opened)
        inflateEnd(&l->z);
}

static enum decode_status brotli_write(struct layer *l, const unsigned char *data, size_t len)
{
    if (!l->opened && !(l->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL)))
        return DECODE_NO_MEMORY;
    l->opened = true;
    l->fed = true;
    while (!l->complete) {
        unsigned char *out = l->out;
        size_t room = DECODE_PIECE;
        BrotliDecoderResult r = BrotliDecoderDecompressStream(l->brotli, &len, &data, &room, &out, NULL);
        if (r == BROTLI_DECODER_RESULT_ERROR)
            return DECODE_BAD;
        enum decode_status s = emit(l, DECODE_PIECE - room);
        if (s != DECODE_OK)
            return s;
        if (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return DECODE_OK;
        l->complete = r == BROTLI_DECODER_RESULT_SUCCESS;
    }
    return DECODE_OK;
}

static void brotli_close(struct layer *l)
{
    if (l->opened)
        BrotliDecoderDestroyInstance(l->brotli);
}

static enum decode_status zstd_open(struct layer *l)
{
    if (!(l->zstd = ZSTD_createDCtx()))
        return DECODE_NO_MEMORY;
    ZSTD_DCtx_setParameter(l->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    l->opened = true;
    return DECODE_OK;
}

/* Frames may follow each other (RFC 8878 section 3.1). */
static enum decode_status zstd_write(struct layer *l, const unsigned char *data, size_t len)
{
    if (!l->opened && zstd_open(l) != DECODE_OK)
        return DECODE_NO_MEMORY;
    l->fed = true;
    ZSTD_inBuffer in = {data, len, 0};
    for (;;) {
        ZSTD_outBuffer out = {l->out, DECODE_PIECE, 0};
        size_t r = ZSTD_decompressStream(l->zstd, &out, &in);
        if (ZSTD_isError(r))
            return DECODE_BAD;
        l->complete = r == 0;
        enum decode_status s = emit(l, out.pos);
        if (s != DECODE_OK)
            return s;
        if (in.pos == in.size && (l->complete || out.pos < out.size))
            return DECODE_OK; /* behind a frame's end another call without input would be told what the next one wants */
    }
}

static void zstd_close(struct layer *l)
{
    if (l->opened)
        ZSTD_freeDCtx(l->zstd);
}

static const struct coding codings[] = {
    {"gzip", gzip_write, zlib_close, false},       {"x-gzip", gzip_write, zlib_close, false},
    {"deflate", deflate_write, zlib_close, false}, {"br", brotli_write, brotli_close, true},
    {"zstd", zstd_write, zstd_close, true},
};

static const struct coding *coding_find(const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(codings); i++)
        if (strlen(codings[i].name) == len && strncasecmp(codings[i].name, name, len) == 0)
            return &codings[i];
    return NULL;
}

/* Codings are listed in the order in which they were applied, so each one named later is decoded before. */
static enum decode_status push_layer(struct decoder *d, const struct coding *coding)
{
    struct layer *l = calloc(1, sizeof *l);
    if (!l)
        return DECODE_NO_MEMORY;
    l->coding = coding;
    l->owner = d;
    l->next = d->first;
    d->first = l;
    return DECODE_OK;
}

static enum decode_status push_layers(struct decoder *d, const char *list)
{
    static const char separators[] = ", \t";
    unsigned layers = 0, large = 0;
    for (list += strspn(list, separators); *list; list += strspn(list, separators)) {
        size_t len = strcspn(list, separators);
        bool nothing = (len == 8 && strncasecmp(list, "identity", len) == 0);
        const struct coding *coding = nothing ? NULL : coding_find(list, len);
        large += coding && coding->is_large;
        if (!nothing && (!coding || ++layers > DECODE_LAYERS || large > 1))
            return DECODE_BAD;
        if (coding && push_layer(d, coding) != DECODE_OK)
            return DECODE_NO_MEMORY;
        list += len;
    }
    return DECODE_OK;
}

enum decode_status decoder_new(const char *list, decode_sink_fn *sink, void *context, struct decoder **decoder)
{
    struct decoder *d = calloc(1, sizeof *d);
    if (!d)
        return DECODE_NO_MEMORY;
    d->sink = sink;
    d->context = context;
    enum decode_status s = push_layers(d, list);
    if (s != DECODE_OK || !d->first) {
        decoder_free(d);
        d = NULL;
    }
    if (s == DECODE_OK)
        *decoder = d;
    return s;
}

enum decode_status decoder_write(struct decoder *d, const void *data, size_t len)
{
    return len ? d->first->coding->write(d->first, data, len) : DECODE_OK;
}

enum decode_status decoder_finish(struct decoder *d)
{
    for (const struct layer *l = d->first; l; l = l->next)
        if (l->fed && !l->complete)
            return DECODE_CUT;
    return DECODE_OK;
}

void decoder_free(struct decoder *d)
{
    if (!d)
        return;
    for (struct layer *l = d->first, *next; l; l = next) {
        next = l->next;
        l->coding->close(l);
        free(l);
    }
    free(d);
}
