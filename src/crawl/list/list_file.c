#include "crawl/list/list_file.h"

#include <stdlib.h>
#include <string.h>

struct list_file *list_file_open(const char *name)
{
    struct list_file *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->bytes.fd = -1;
    f->name = strdup(name);
    if (f->name && list_bytes_open(&f->bytes, name))
        return f;
    free(f->name);
    free(f);
    return NULL;
}

void list_file_close(struct list_file *f)
{
    list_bytes_close(&f->bytes);
    free(f->name);
    free(f);
}

bool list_file_peek(const struct list_file *f, char *first)
{
    bool known = f->skipping || f->begin < f->end;
    if (known)
        *first = f->skipping ? f->skipped : f->data[f->begin];
    return known;
}

bool list_file_cut(struct list_file *f, struct list_line *line)
{
    const char *from = f->data + f->begin;
    size_t there = f->end - f->begin;
    const char *newline = memchr(from, '\n', there);
    if (!newline && !(f->at_end && (there || f->skipping)))
        return false;
    size_t len = newline ? (size_t)(newline - from) : there;
    f->cut = f->begin;
    f->begin += len + (newline != NULL);
    if (f->line++ == 0 && len >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0) {
        from += 3;
        len -= 3;
    }
    *line = (struct list_line){.text = from, .len = len, .too_long = f->skipping || len > LIST_LINE_MAX};
    line->first = f->skipping ? f->skipped : len ? *from : '\n';
    f->skipping = false;
    return true;
}

void list_file_uncut(struct list_file *f)
{
    f->begin = f->cut;
    f->line--;
}

enum list_bytes_status list_file_fill(struct list_file *f, const char **reason)
{
    if (f->at_end)
        return LIST_BYTES_END;
    *reason = f->failure;
    if (f->failure)
        return LIST_BYTES_BAD;
    if (f->end - f->begin > LIST_LINE_MAX) { /* drop what is there of the line, and the rest when it comes */
        f->skipped = f->skipping ? f->skipped : f->data[f->begin];
        f->skipping = true;
        f->begin = f->end = 0;
    }
    memmove(f->data, f->data + f->begin, f->end - f->begin);
    f->end -= f->begin;
    f->begin = 0;
    size_t len = 0;
    enum list_bytes_status s = list_bytes_read(&f->bytes, f->data + f->end, sizeof f->data - f->end, &len, reason);
    f->end += len;
    f->at_end = s == LIST_BYTES_END;
    f->failure = s == LIST_BYTES_BAD ? *reason : NULL;
    return s;
}

void list_file_drop(struct list_file *f)
{
    f->begin = f->end;
    f->skipping = false;
    f->at_end = true;
}
