#include "crawl/browsable.h"

#include "crawl/convert/convert.h"
#include "crawl/crawl.h"
#include "crawl/discovery/discovery.h"

#include <errno.h>
#include <string.h>

static void left(void *context, const char *file, const char *reason, bool failed)
{
    struct crawl *c = context;
    if (failed)
        report_file_failure(c, file, 0, reason);
    else if (c->config.options.on_bad_line)
        c->config.options.on_bad_line(file, 0, reason, c->config.options.context);
}

/* Links lead to what the crawl has made of them. */
static bool asked_as(void *context, const struct url *url, struct url *asked)
{
    return discovery_asks_for(context, url, asked);
}

static bool is_to_stop(void *context)
{
    const struct crawl *c = context;
    return c->stop;
}

/* What is wrong with the state is told by whoever looks after that. */
static void tell(struct crawl *c, enum convert_status status)
{
    if (status == CONVERT_STATE)
        memory_failed(c);
    else if (status != CONVERT_OK)
        report_file_failure(c, c->config.options.output, 0,
                            status == CONVERT_SYSTEM ? strerror(errno) : convert_status_text(status));
}

void browsable_make(struct crawl *c)
{
    struct convert_options options = {
        .max_bytes = c->config.options.max_bytes, .left = left, .asked_as = asked_as, .stop = is_to_stop, .context = c};
    struct convert_summary summary;
    bool is_over = c->stop || c->end == END_TROUBLE || c->memory_failed;
    if (c->config.options.convert_links && c->state && !is_over)
        tell(c, convert_run(c->config.options.output, c->state, &options, &summary));
}
