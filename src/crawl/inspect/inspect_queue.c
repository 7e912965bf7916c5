/* What a crawl that has not come to its end has found, and what of that it still has to ask for. */
#include "crawl/discovery/parts.h"
#include "crawl/inspect/inspect.h"

#include <errno.h>
#include <stdio.h>

bool inspection_waits(struct inspection *in, const struct backlog_entry *entry)
{
    const struct state_page *row = state_find_page(in->state, entry->url, entry->url_len);
    if (!row)
        return true;
    if (row->last_fetched_ms >= in->cycle_started_ms)
        return false;
    return discovery_is_seed(entry) || due_is(&in->due, row, in->run.started_ms);
}

enum forage_status inspection_queue(struct inspection *in, backlog_peek_fn *fn, void *context)
{
    char file[4096];
    struct backlog_failure failure;
    if (in->run.state == FORAGE_RUN_NONE || in->run.state == FORAGE_RUN_COMPLETE ||
        backlog_peek(in->dir, fn, context, &failure) == BACKLOG_OK)
        return inspection_status(in);
    snprintf(file, sizeof file, "%s/%s", in->dir, BACKLOG_FILE);
    errno = failure.error;
    return inspection_fail(in, failure.status == BACKLOG_NO_MEMORY ? FORAGE_NO_MEMORY : FORAGE_FILE, file,
                           failure.text);
}
