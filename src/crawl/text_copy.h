/* A terminated copy of a text that is not. strndup looks for an end, which a checker of memory takes for reading on. */
#ifndef CRAWL_TEXT_COPY_H
#define CRAWL_TEXT_COPY_H

#include "fetch/message.h"

#include <stdlib.h>
#include <string.h>

/* To be freed. NULL when memory is out. */
static inline char *text_copy(struct text text)
{
    char *copy = malloc(text.len + 1);
    if (!copy)
        return NULL;
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

#endif
