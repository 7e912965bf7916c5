/* A growable run of bytes, kept terminated by a NUL that is not counted in its length.
 *
 * buffer_init (or zeroes), append, read .data and .len, buffer_release.
 * A failed append leaves the buffer as it was. Not thread-safe. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data; /* NULL until the first append */
    size_t len;
    size_t capacity;
};

void buffer_init(struct buffer *b);

/* Make room for MORE bytes behind what is there. False when memory is out. */
bool buffer_reserve(struct buffer *b, size_t more);
bool buffer_append(struct buffer *b, const void *data, size_t len);
bool buffer_append_text(struct buffer *b, const char *text);
bool buffer_append_char(struct buffer *b, char c);
bool buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forget the content and keep the memory. */
void buffer_clear(struct buffer *b);

/* The content as text; "" when nothing was appended. Borrowed until the next change. */
const char *buffer_text(const struct buffer *b);

/* Hand the memory over to the caller, who frees it; the buffer is empty again. NULL when memory is out. */
char *buffer_take(struct buffer *b);

void buffer_release(struct buffer *b);

#endif
