#include "crawl/outputs/failed_list.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MODE = 0600 };

bool failed_list_open(struct failed_list *list, const char *path, struct atomic_failure *failure)
{
    return atomic_file_begin(&list->file, path, LIST_MODE, failure);
}

static void append(struct failed_list *list, const char *text)
{
    atomic_file_append(&list->file, text, strlen(text));
}

/* Words for a comment: '?' stands for each byte that could end it or mean something to a terminal. */
static void append_tame(struct failed_list *list, const char *text)
{
    char tame[256];
    while (*text) {
        size_t len = 0;
        for (; *text && len < sizeof tame; text++)
            tame[len++] = *text >= ' ' && *text <= '~' ? *text : '?';
        atomic_file_append(&list->file, tame, len);
    }
}

static void append_reason(struct failed_list *list, const struct failed_url *failed)
{
    char status[16];
    append(list, "# ");
    if (*failed->error) {
        append_tame(list, failed->error);
    } else {
        snprintf(status, sizeof status, "%u", failed->status);
        append(list, status);
    }
    if (*failed->detail) {
        append(list, ": ");
        append_tame(list, failed->detail);
    }
    append(list, "\n");
}

/* Each option on a line of its own, indented: without that it would be a URL. */
static void append_options(struct failed_list *list, const char *options)
{
    while (*options) {
        size_t len = strcspn(options, "\n");
        if (len) {
            append(list, "    ");
            atomic_file_append(&list->file, options, len);
            append(list, "\n");
        }
        options += len + (options[len] == '\n');
    }
}

void failed_list_add(struct failed_list *list, const struct failed_url *failed)
{
    if (!list->file.name)
        return;
    append_reason(list, failed);
    append(list, failed->url);
    append(list, "\n");
    if (failed->options)
        append_options(list, failed->options);
}

bool failed_list_close(struct failed_list *list, struct atomic_failure *failure)
{
    return !list->file.name || atomic_file_finish(&list->file, failure);
}

void failed_list_abandon(struct failed_list *list)
{
    atomic_file_abandon(&list->file);
}
