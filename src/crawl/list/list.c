/* Puts entries together: which line belongs to which URL, and which list to which. The lines come from list_file.c. */
#include "crawl/list/list.h"

#include "base/clock.h"
#include "crawl/list/list_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    FILLS_PER_CALL = 4, /* buffers that one list_next looks through before it lets the caller do something else */
    REASON_BYTES = 160,
};

/* What an indented line would belong to. */
enum above {
    ABOVE_NOTHING,
    ABOVE_SKIPPED, /* a line that was too long */
    ABOVE_URL,     /* the URL that is held back */
    ABOVE_SPOILED, /* a URL that had a wrong option */
    ABOVE_GIVEN,   /* a URL that was given out */
};

struct list {
    struct list_file *file; /* the innermost one */
    unsigned depth;         /* files that are being read */
    unsigned included;
    enum above above;
    int64_t paused_ms; /* since when nothing has come after the URL that is held back; 0: it has */
    struct line_options *options;
    unsigned long url_line;
    size_t url_len;
    char url[LIST_LINE_MAX];
    char reason[REASON_BYTES];
};

struct list *list_open(const char *path)
{
    struct list *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->file = list_file_open(path);
    l->depth = 1;
    if (l->file)
        return l;
    free(l);
    return NULL;
}

static void pop_file(struct list *l)
{
    struct list_file *f = l->file;
    l->file = f->outer;
    l->depth--;
    list_file_close(f);
}

void list_close(struct list *l)
{
    if (!l)
        return;
    while (l->file)
        pop_file(l);
    line_options_free(l->options);
    free(l);
}

int list_fd(const struct list *l)
{
    return l->file->bytes.fd;
}

/* ---- What is given out ---- */

static enum list_status bad(enum list_status status, const struct list_file *f, unsigned long line, const char *reason,
                            struct list_entry *e)
{
    *e = (struct list_entry){.file = f->name, .line = line, .reason = reason};
    return status;
}

static enum list_status bad_line(const struct list *l, const char *reason, struct list_entry *e)
{
    return bad(LIST_BAD_LINE, l->file, l->file->line, reason, e);
}

/* Give out the URL that was held back. */
static enum list_status give(struct list *l, struct list_entry *e)
{
    *e = (struct list_entry){.file = l->file->name, .line = l->url_line, .url = l->url, .url_len = l->url_len};
    e->options = l->options;
    l->options = NULL;
    l->above = ABOVE_GIVEN;
    return LIST_ENTRY;
}

/* ---- Lines ---- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

static void trim(struct list_line *line)
{
    while (line->len && is_blank(line->text[line->len - 1]))
        line->len--;
    while (line->len && is_blank(*line->text)) {
        line->text++;
        line->len--;
    }
}

/* Whether a line that begins with FIRST is none of the URL above: no option, comment or blank line. */
static bool ends_entry(char first)
{
    return !is_blank(first) && first != '\n' && first != '#';
}

static bool has_scheme(const struct list_line *line)
{
    return (line->len >= 7 && strncasecmp(line->text, "http://", 7) == 0) ||
           (line->len >= 8 && strncasecmp(line->text, "https://", 8) == 0);
}

static void drop_options(struct list *l)
{
    line_options_free(l->options);
    l->options = NULL;
}

/* An option was wrong: its URL will not be given out. */
static enum list_status spoil(struct list *l, unsigned long line, const char *reason, struct list_entry *e)
{
    drop_options(l);
    l->above = ABOVE_SPOILED;
    return bad(LIST_BAD_LINE, l->file, line, reason, e);
}

static enum list_status take_option(struct list *l, const struct list_line *line, struct list_entry *e)
{
    switch (l->above) {
    case ABOVE_NOTHING:
        return bad_line(l, "an indented line is an option, but there is no URL above it", e);
    case ABOVE_GIVEN:
        return bad_line(l, "the option came too late: the URL above it has been taken", e);
    case ABOVE_SKIPPED:
        return LIST_BUSY;
    case ABOVE_URL:
    case ABOVE_SPOILED:
        break;
    }
    const char *wrong =
        line->too_long ? "the line is longer than 64 KiB" : line_options_add(&l->options, line->text, line->len);
    if (wrong)
        return spoil(l, l->file->line, wrong, e);
    if (l->above == ABOVE_SPOILED)
        drop_options(l);
    return LIST_BUSY;
}

/* A URL. When a line that ends its entry is there already, as nearly always, it need not be held back. */
static enum list_status take_url(struct list *l, const struct list_line *line, struct list_entry *e)
{
    char next;
    if (list_file_peek(l->file, &next) && ends_entry(next)) {
        *e = (struct list_entry){.file = l->file->name, .line = l->file->line, .url = line->text, .url_len = line->len};
        return LIST_ENTRY;
    }
    memcpy(l->url, line->text, line->len);
    l->url_len = line->len;
    l->url_line = l->file->line;
    l->above = ABOVE_URL;
    return LIST_BUSY;
}

/* ---- Lists in lists ---- */

static const char *check_name(const char *name, size_t len)
{
    if (!len)
        return "the line begins with '@' but names no list";
    if (len == 1 && *name == '-')
        return "a list cannot include standard input";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return "the name of a list contains a control character";
    return NULL;
}

/* NAME as seen from the folder of the list OUTER; NULL when memory is out. */
static char *resolve(const char *outer, const char *name, size_t len)
{
    const char *slash = *name == '/' ? NULL : strrchr(outer, '/');
    char *path = NULL;
    int folder = slash ? (int)(slash - outer) + 1 : 0;
    return asprintf(&path, "%.*s%.*s", folder, outer, (int)len, name) < 0 ? NULL : path;
}

bool list_is_reading(const struct list *l, dev_t device, ino_t inode)
{
    for (const struct list_file *f = l->file; f; f = f->outer)
        if (f->bytes.device == device && f->bytes.inode == inode)
            return true;
    return false;
}

static enum list_status not_included(struct list *l, const char *reason, struct list_entry *e)
{
    snprintf(l->reason, sizeof l->reason, "the list cannot be included: %s", reason);
    return bad(LIST_BAD_FILE, l->file, l->file->line, l->reason, e);
}

static enum list_status include(struct list *l, struct list_line line, struct list_entry *e)
{
    line.text++;
    line.len--;
    trim(&line);
    const char *wrong = check_name(line.text, line.len);
    if (wrong)
        return bad_line(l, wrong, e);
    if (l->depth > LIST_INCLUDES_MAX)
        return not_included(l, "lists include each other more than 16 deep", e);
    if (l->included == LIST_INCLUDED_MAX)
        return not_included(l, "more than 65536 lists in one", e);
    char *path = resolve(l->file->name, line.text, line.len);
    struct list_file *f = path ? list_file_open(path) : NULL;
    free(path);
    if (!f)
        return not_included(l, strerror(errno), e);
    if (list_is_reading(l, f->bytes.device, f->bytes.inode)) {
        list_file_close(f);
        return not_included(l, "it includes itself", e);
    }
    f->outer = l->file;
    l->file = f;
    l->depth++;
    l->included++;
    return LIST_BUSY;
}

/* ---- The reader ---- */

/* LIST_BUSY: the line gives nothing by itself. */
static enum list_status take_line(struct list *l, struct list_line *line, struct list_entry *e)
{
    bool indented = is_blank(line->first);
    l->paused_ms = 0;
    if (line->too_long && !indented) {
        l->above = ABOVE_SKIPPED;
        return bad_line(l, "the line is longer than 64 KiB", e);
    }
    trim(line);
    if (!line->too_long && (!line->len || *line->text == '#'))
        return LIST_BUSY;
    if (indented && (line->too_long || !has_scheme(line)))
        return take_option(l, line, e);
    if (l->above == ABOVE_URL) { /* this one is an indented URL */
        list_file_uncut(l->file);
        return give(l, e);
    }
    l->above = ABOVE_NOTHING;
    return *line->text == '@' ? include(l, *line, e) : take_url(l, line, e);
}

/* Nothing has come: whether to go on without the options that may follow. A line that has begun and is not known to be
 * something else may be an option. */
static bool has_paused(struct list *l)
{
    char first;
    if (l->above != ABOVE_URL || (list_file_peek(l->file, &first) && is_blank(first)))
        return false;
    int64_t now = clock_ms();
    if (!l->paused_ms)
        l->paused_ms = now;
    return now - l->paused_ms >= LIST_PAUSE_MS;
}

/* The innermost file broke off. Whole lines count; what is left of the last one does not, and an option of which only a
 * part is there is a wrong one. */
static enum list_status break_off(struct list *l, const char *reason, struct list_entry *e)
{
    struct list_file *f = l->file;
    char first;
    if (l->above == ABOVE_URL && list_file_peek(f, &first) && is_blank(first))
        return spoil(l, f->line + 1, "the option is cut off", e);
    if (l->above == ABOVE_URL)
        return give(l, e);
    list_file_drop(f);
    return bad(LIST_BAD_FILE, f, f->line + 1, reason, e);
}

/* The innermost file has ended. LIST_BUSY: the one that includes it goes on. */
static enum list_status end_file(struct list *l, struct list_entry *e)
{
    if (l->above == ABOVE_URL)
        return give(l, e);
    l->above = ABOVE_NOTHING;
    if (!l->file->outer)
        return LIST_END;
    pop_file(l);
    return LIST_BUSY;
}

/* Read on, when the innermost file has no whole line. LIST_BUSY: there may be one now. */
static enum list_status read_on(struct list *l, struct list_entry *e)
{
    const char *reason = NULL;
    char first;
    switch (list_file_fill(l->file, &reason)) {
    case LIST_BYTES_WAIT:
        return has_paused(l) ? give(l, e) : LIST_WAIT;
    case LIST_BYTES_BAD:
        return break_off(l, reason, e);
    case LIST_BYTES_END:
        return list_file_peek(l->file, &first) ? LIST_BUSY : end_file(l, e);
    case LIST_BYTES_SOME:
        break;
    }
    return LIST_BUSY;
}

enum list_status list_next(struct list *l, struct list_entry *e)
{
    for (int fills = 0; fills < FILLS_PER_CALL;) {
        struct list_line line;
        char first;
        if (l->above == ABOVE_URL && list_file_peek(l->file, &first) && ends_entry(first))
            return give(l, e);
        bool cut = list_file_cut(l->file, &line);
        enum list_status s = cut ? take_line(l, &line, e) : read_on(l, e);
        if (s != LIST_BUSY)
            return s;
        fills += !cut;
    }
    return LIST_BUSY;
}
