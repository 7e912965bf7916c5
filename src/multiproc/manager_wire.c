#include "manager_wire.h"

#include <string.h>

static void append(struct wire *w, const void *data, size_t len)
{
    if (w->status != MP_OK)
        return;
    if (len > MP_REQUEST_MAX - w->buffer.len)
        w->status = MP_TOO_BIG;
    else if (!buffer_append(&w->buffer, data, len))
        w->status = MP_NO_MEMORY;
}

void wire_begin(struct wire *w)
{
    w->status = MP_OK;
    buffer_clear(&w->buffer);
    wire_u32(w, 0);
}

void wire_u8(struct wire *w, uint8_t n)
{
    append(w, &n, sizeof(n));
}

void wire_u32(struct wire *w, uint32_t n)
{
    append(w, &n, sizeof(n));
}

void wire_u64(struct wire *w, uint64_t n)
{
    append(w, &n, sizeof(n));
}

void wire_bytes(struct wire *w, const void *data, size_t len)
{
    if (len > MP_REQUEST_MAX)
        w->status = w->status == MP_OK ? MP_TOO_BIG : w->status;
    wire_u32(w, (uint32_t)len);
    append(w, data, len);
}

enum mp_status wire_finish(struct wire *w)
{
    if (w->status == MP_OK) {
        uint32_t len = (uint32_t)(w->buffer.len - FRAME_HEADER_BYTES);
        memcpy(w->buffer.data, &len, sizeof(len));
    }
    return w->status;
}

void wire_release(struct wire *w)
{
    buffer_release(&w->buffer);
}

static void read_into(struct wire_reader *r, void *to, size_t len)
{
    if (r->bad || (size_t)(r->end - r->at) < len) {
        r->bad = true;
        memset(to, 0, len);
        return;
    }
    memcpy(to, r->at, len);
    r->at += len;
}

uint8_t wire_read_u8(struct wire_reader *r)
{
    uint8_t n;
    read_into(r, &n, sizeof(n));
    return n;
}

uint32_t wire_read_u32(struct wire_reader *r)
{
    uint32_t n;
    read_into(r, &n, sizeof(n));
    return n;
}

uint64_t wire_read_u64(struct wire_reader *r)
{
    uint64_t n;
    read_into(r, &n, sizeof(n));
    return n;
}

const char *wire_read_bytes(struct wire_reader *r, size_t *len)
{
    *len = wire_read_u32(r);
    if (r->bad || (size_t)(r->end - r->at) < *len) {
        r->bad = true;
        *len = 0;
        return NULL;
    }
    const char *bytes = r->at;
    r->at += *len;
    return bytes;
}
