#include "cli/inspect.h"

#include "cli/inspect_format.h"
#include "cli/inspect_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 8192 };

static int fail(const char *error, int status)
{
    struct buffer shown = {0};
    bool ok = inspect_escape(&shown, error);
    fprintf(stderr, "forage: %s\n", ok ? buffer_text(&shown) : "out of memory");
    buffer_release(&shown);
    return status;
}

/* A full disk or a closed pipe is a failure like any other. */
static int end(enum forage_status status, const char *error)
{
    char text[256];
    if (fflush(stdout) != 0 || ferror(stdout)) {
        snprintf(text, sizeof text, "standard output: %s", strerror(errno));
        return fail(text, FORAGE_EXIT_FILE);
    }
    if (status == FORAGE_OK)
        return FORAGE_EXIT_OK;
    return fail(error, status == FORAGE_USAGE ? FORAGE_EXIT_USAGE : FORAGE_EXIT_FILE);
}

int inspect_status(const char *dir, bool json)
{
    const struct inspect_output *out = json ? &inspect_as_json : &inspect_as_text;
    struct inspect_progress progress = {0};
    struct forage_inspector to = {out->on_failing, out->on_origin,   out->on_total,
                                  out->on_queue,   out->on_last_run, &progress};
    char error[ERROR_SIZE] = "out of memory";
    enum forage_status status = forage_inspect(dir, &to, error, sizeof error);
    return end(status, error);
}

int inspect_why(const char *dir, const char *url, const struct forage_options *options, bool json)
{
    const struct inspect_output *out = json ? &inspect_as_json : &inspect_as_text;
    char error[ERROR_SIZE] = "out of memory";
    enum forage_status status = forage_why(dir, url, options, out->on_why, NULL, error, sizeof error);
    return end(status, error);
}
