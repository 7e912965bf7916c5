/* The public face: a crawl made of options, run, and taken apart. */
#include "crawl/crawl.h"
#include "crawl/run.h"
#include "crawl/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct forage {
    struct crawl crawl;
};

enum forage_status forage_new(const struct forage_options *options, struct forage **forage, char *error,
                              size_t error_size)
{
    char unused[256];
    struct forage *f = calloc(1, sizeof *f);
    if (!f)
        return FORAGE_NO_MEMORY;
    if (!error) {
        error = unused;
        error_size = sizeof unused;
    }
    enum forage_status s = config_init(&f->crawl.config, options, error, error_size);
    if (s != FORAGE_OK) {
        free(f);
        return s;
    }
    s = setup_crawl(&f->crawl, error, error_size);
    if (s != FORAGE_OK) {
        int saved = errno;
        forage_free(f);
        errno = saved;
        return s;
    }
    *forage = f;
    return FORAGE_OK;
}

enum forage_status forage_add_url(struct forage *f, const char *url)
{
    return feed_add_source(&f->crawl, url, false) ? FORAGE_OK : FORAGE_NO_MEMORY;
}

enum forage_status forage_add_list(struct forage *f, const char *path)
{
    if (strcmp(path, "-") != 0 && access(path, R_OK) != 0)
        return FORAGE_FILE;
    return feed_add_source(&f->crawl, path, true) ? FORAGE_OK : FORAGE_NO_MEMORY;
}

enum forage_status forage_run(struct forage *f, struct forage_summary *summary)
{
    return run_crawl(&f->crawl, summary);
}

void forage_stop(struct forage *f)
{
    int saved = errno;
    f->crawl.stop = true;
    eventfd_write(f->crawl.stop_fd, 1); /* wakes the loop */
    errno = saved;
}

void forage_stop_as(struct forage *f, int exit_status)
{
    f->crawl.stop_status = exit_status;
    forage_stop(f);
}

void forage_reopen_log(struct forage *f)
{
    outputs_reopen_log(&f->crawl);
}

void forage_free(struct forage *f)
{
    if (!f)
        return;
    setup_undo(&f->crawl);
    free(f);
}

void forage_describe(char *text, size_t size)
{
    char pcre2[32];
    regex_library(pcre2, sizeof pcre2);
    snprintf(text, size, "forage %s (%s PCRE2/%s)", FORAGE_VERSION, fetcher_library(), pcre2);
}
