#include "cli/configuration.h"

#include "base/status.h"
#include "cli/display.h"
#include "cli/option_table.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { REASON_BYTES = 512 };

/* One reading. inih asks for a line and hands its name and value on before it asks for the next, so that the line that
 * was read last is the one that a value stands in. */
struct reading {
    struct arguments *a;
    FILE *in;
    bool others_have_access;
    unsigned long line;
    unsigned long wrong_line; /* the first; 0: none */
    char reason[REASON_BYTES];
};

static void set_wrong(struct reading *r, const char *reason)
{
    if (r->wrong_line)
        return;
    r->wrong_line = r->line;
    snprintf(r->reason, sizeof r->reason, "%s", reason);
}

/* ---- Lines ---- */

static void skip_rest_of_line(FILE *in)
{
    for (int c; (c = getc(in)) != EOF && c != '\n';)
        ;
}

/* Whether inih finds a name's end before the line's or a comment's. */
static bool has_delimiter(const char *line)
{
    for (const char *p = line; *p; p++) {
        if (*p == '=' || *p == ':')
            return true;
        if (*p == ';' && p > line && isspace((unsigned char)p[-1]))
            return false;
    }
    return false;
}

/* inih would take a long line for two, an indented one for more of the value above, and what it skips as good; of a
 * line without a delimiter it would tell when the file has ended. Comments may be of any length. */
static char *check_line(struct reading *r, char *text, size_t len, size_t room)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    char reason[64];
    bool is_whole = len + 1 < room || text[len - 1] == '\n';
    size_t mark =
        r->line == 1 && strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0 ? strlen(byte_order_mark) : 0;
    size_t indent = mark + strspn(text + mark, " \t");
    if (text[indent] == '#' || text[indent] == ';') {
        if (!is_whole)
            skip_rest_of_line(r->in);
        text[0] = '\n';
        text[1] = '\0';
        return text;
    }
    if (memchr(text, '\0', len)) {
        set_wrong(r, "contains a NUL");
        return NULL;
    }
    if (!is_whole) {
        snprintf(reason, sizeof reason, "is longer than %zu bytes", room - 2);
        set_wrong(r, reason);
        return NULL;
    }
    memmove(text, text + indent, len - indent + 1);
    if (*text == '[') {
        set_wrong(r, "is a section, and these have no meaning here");
        return NULL;
    }
    if (text[strspn(text, " \t\r\n\v\f")] && !has_delimiter(text)) {
        set_wrong(r, "is no \"name = value\"");
        return NULL;
    }
    return text;
}

/* An ini_reader: as fgets, but a line that is refused ends the file. */
static char *read_line(char *text, int room, void *context)
{
    struct reading *r = context;
    size_t len = 0;
    int c = EOF;
    while (len + 1 < (size_t)room && (c = getc(r->in)) != EOF) {
        text[len++] = (char)c;
        if (c == '\n')
            break;
    }
    text[len] = '\0';
    if (!len || r->wrong_line)
        return NULL;
    r->line++;
    return check_line(r, text, len, (size_t)room);
}

/* ---- Names and values ---- */

static bool begins_with_name(const char *header, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(header, name, len) == 0 && header[len] == ':';
}

static bool holds_credential(const struct option_row *row, const char *value)
{
    if (strcmp(row->name, "header") == 0)
        return begins_with_name(value, "Authorization") || begins_with_name(value, "Proxy-Authorization") ||
               begins_with_name(value, "Cookie");
    return strcmp(row->name, "proxy") == 0 && strchr(value, '@');
}

/* No shell has seen the value, and most people expect ~ to mean what it means there. NULL when memory is out. */
static char *copy_value(const struct option_row *row, const char *value)
{
    const char *home = getenv("HOME");
    char *path = NULL;
    if (!option_takes_path(row) || strncmp(value, "~/", 2) != 0 || !home || *home != '/')
        return strdup(value);
    return asprintf(&path, "%s%s", home, value + 1) < 0 ? NULL : path;
}

/* What only the library can judge: the options were right before this line. They are judged as those of a crawl,
 * because whether there is one is often said on the command line. */
static void check_options(struct reading *r)
{
    char reason[REASON_BYTES - 64];
    struct arguments recursive = *r->a;
    recursive.options.recursive = true;
    struct forage_options options = arguments_options(&recursive);
    if (forage_check(&options, reason, sizeof reason) != FORAGE_OK)
        set_wrong(r, reason);
}

static void take(struct reading *r, const struct option_row *row, const char *value)
{
    const char *kept = arguments_own(r->a, copy_value(row, value));
    const char *wrong = kept ? option_take(row, r->a, kept) : "does not fit into memory";
    char reason[REASON_BYTES];
    if (!wrong) {
        check_options(r);
        return;
    }
    snprintf(reason, sizeof reason, "%s: '%s' %s", row->name, value, wrong);
    set_wrong(r, reason);
}

/* An ini_handler. */
static int take_setting(void *context, const char *section, const char *name, const char *value)
{
    struct reading *r = context;
    const struct option_row *row = option_find(name);
    char reason[REASON_BYTES];
    (void)section;
    if (r->wrong_line)
        return 0;
    if (!row) {
        snprintf(reason, sizeof reason, "no option is called '%s'", name);
        set_wrong(r, reason);
    } else if (row->only_here) {
        snprintf(reason, sizeof reason, "'%s' has a meaning on the command line only", name);
        set_wrong(r, reason);
    } else if (r->others_have_access && holds_credential(row, value)) {
        set_wrong(r, "holds a credential, and others have access to this file: chmod 600");
    } else {
        take(r, row, value);
    }
    return !r->wrong_line;
}

/* ---- Files ---- */

static int read_opened(struct arguments *a, const char *path, FILE *in)
{
    struct stat st;
    struct reading r = {.a = a, .in = in};
    if (fstat(fileno(in), &st) != 0) {
        display_bad_file(path, strerror(errno));
        return FORAGE_EXIT_FILE;
    }
    r.others_have_access = st.st_mode & (S_IRWXG | S_IRWXO);
    errno = 0;
    int line = ini_parse_stream(read_line, &r, take_setting, &r);
    if (ferror(in)) {
        display_bad_file(path, strerror(errno));
        return FORAGE_EXIT_FILE;
    }
    if (line && !r.wrong_line) {
        r.line = (unsigned long)line;
        set_wrong(&r, "is no \"name = value\"");
    }
    if (!r.wrong_line)
        return FORAGE_EXIT_OK;
    display_bad_setting(path, r.wrong_line, r.reason);
    return FORAGE_EXIT_USAGE;
}

static int read_file(struct arguments *a, const char *path, bool may_be_missing)
{
    FILE *in = fopen(path, "re");
    if (!in && may_be_missing && (errno == ENOENT || errno == ENOTDIR))
        return FORAGE_EXIT_OK;
    if (!in) {
        display_bad_file(path, strerror(errno));
        return FORAGE_EXIT_FILE;
    }
    int status = read_opened(a, path, in);
    fclose(in);
    return status;
}

/* NULL when there is no place for it, or memory is out. The XDG Base Directory Specification has relative paths
 * ignored. */
static char *usual_path(void)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *path = NULL;
    if (folder && *folder == '/')
        return asprintf(&path, "%s/forage/config", folder) < 0 ? NULL : path;
    if (home && *home == '/')
        return asprintf(&path, "%s/.config/forage/config", home) < 0 ? NULL : path;
    return NULL;
}

int configuration_read(struct arguments *a)
{
    if (a->config)
        return read_file(a, a->config, false);
    char *path = a->no_config ? NULL : usual_path();
    int status = path ? read_file(a, path, true) : FORAGE_EXIT_OK;
    free(path);
    return status;
}
