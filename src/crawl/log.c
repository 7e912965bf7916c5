/* The log: one JSON object a line for each URL, in ASCII, so that neither a control character nor a byte that is no UTF-8
 * ever reaches whoever reads it. */
#include "crawl/crawl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The name of an output folder may be no UTF-8: then '?' stands for each byte that is not ASCII. */
static json_t *file_text(const char *file)
{
    json_t *text = json_string(file);
    char *copy = text ? NULL : strdup(file);
    for (char *c = copy; c && *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    if (copy)
        text = json_string(copy);
    free(copy);
    return text;
}

bool log_line(FILE *log, const struct forage_page *page)
{
    json_t *line =
        json_pack("{ss ss si ss si so sI ss si}", "url", page->url, "final_url", page->final_url, "status",
                  (int)page->status, "error", page->error, "attempts", (int)page->attempts, "file",
                  file_text(page->file), "bytes", (json_int_t)page->bytes, "name", page->name, "ms", (int)page->ms);
    bool ok = line && json_dumpf(line, log, JSON_ENSURE_ASCII | JSON_COMPACT) == 0 && putc('\n', log) != EOF;
    json_decref(line);
    return ok;
}
