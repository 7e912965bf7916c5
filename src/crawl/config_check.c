/* What options have no meaning. Each check returns NULL or what is wrong. */
#include "crawl/config.h"

#include "base/status.h"
#include "crawl/header_line.h"

#include <string.h>

enum { WORKERS_MAX = 1024, CONNECTIONS_MAX = 65536 };

static const char *check_numbers(const struct forage_options *o)
{
    if (o->workers > WORKERS_MAX)
        return "more than 1024 workers";
    if (o->connections > CONNECTIONS_MAX)
        return "more than 65536 connections";
    if (o->timeout_ms < 0 || o->connect_timeout_ms < 0)
        return "a timeout is negative";
    if (o->max_redirects < -1)
        return "the number of redirects is negative";
    if (o->delay_ms < FORAGE_DELAY_NONE)
        return "the delay is negative";
    if (o->max_wait_ms < 0 || o->max_age_ms < 0 || o->max_time_ms < 0)
        return "a time is negative";
    if (o->wait_lock_ms < -1)
        return "the time to wait for another run is negative";
    if (!(o->expect_failures >= 0 && o->expect_failures <= 100))
        return "the expected failures are not a percentage from 0 to 100";
    return NULL;
}

/* Two of them in one file would write over each other. */
static const char *check_files(const struct forage_options *o)
{
    const char *const files[] = {o->log,   o->failed_list, o->metrics, o->summary,
                                 o->netrc, o->auth,        o->cookies, o->hsts};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (files[i] && !*files[i])
            return "the name of a file is empty";
        for (size_t k = 0; files[i] && k < i; k++)
            if (files[k] && strcmp(files[i], files[k]) == 0 && strncmp(files[i], "/dev/", 5) != 0)
                return "one file is named for two purposes";
    }
    return NULL;
}

static const char *check_texts(const struct forage_options *o)
{
    for (const char *c = o->user_agent ? o->user_agent : ""; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return "the user agent contains a control character";
    for (size_t i = 0; i < o->header_count; i++) {
        const char *wrong = header_line_check(o->headers[i]);
        if (wrong)
            return wrong;
    }
    return NULL;
}

const char *config_check(const struct forage_options *options)
{
    const char *wrong = check_numbers(options);
    if (!wrong)
        wrong = check_texts(options);
    return wrong ? wrong : check_files(options);
}
