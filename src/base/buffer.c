#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void buffer_init(struct buffer *b)
{
    *b = (struct buffer){0};
}

bool buffer_reserve(struct buffer *b, size_t more)
{
    if (more > SIZE_MAX / 2 - b->len)
        return false;
    size_t need = b->len + more + 1;
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity ? b->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(b->data, capacity);
    if (!data)
        return false;
    b->data = data;
    b->capacity = capacity;
    b->data[b->len] = '\0';
    return true;
}

bool buffer_append(struct buffer *b, const void *data, size_t len)
{
    if (!buffer_reserve(b, len))
        return false;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

bool buffer_append_text(struct buffer *b, const char *text)
{
    return buffer_append(b, text, strlen(text));
}

bool buffer_append_char(struct buffer *b, char c)
{
    return buffer_append(b, &c, 1);
}

bool buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !buffer_reserve(b, (size_t)len))
        return false;
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
    return true;
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

const char *buffer_text(const struct buffer *b)
{
    return b->data ? b->data : "";
}

char *buffer_take(struct buffer *b)
{
    if (!buffer_reserve(b, 0))
        return NULL;
    char *data = b->data;
    buffer_init(b);
    return data;
}

void buffer_release(struct buffer *b)
{
    free(b->data);
    buffer_init(b);
}
