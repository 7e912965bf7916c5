#include "web/account/netrc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/name_table.h"

struct entry {
    struct entry *next;
    char *user, *password; /* owned, terminated */
};

/* A machine with its entries in the order of the file. */
struct machine {
    struct name_node node;
    struct entry *first, **last;
    char name[];
};

struct netrc {
    struct name_table machines;
    struct machine *fallback; /* the default entries, or NULL */
};

/* A word of the file, without quotes and escapes; terminated. */
struct word {
    size_t len;
    bool quoted;
    char text[NETRC_WORD_MAX + 1];
};

enum word_result { WORD_OK, WORD_END, WORD_BAD };

struct parser {
    const char *at, *end;
    size_t line;
    netrc_report *report;
    void *context;
    struct netrc *netrc;
    struct machine *machine; /* whose entry is being read, or NULL */
    char *user, *password;   /* of that entry, owned */
    bool spoiled;            /* a word of the entry was wrong, so it does not count */
    bool no_memory;
    struct word word;
};

static void wipe_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void complain(struct parser *p, const char *problem)
{
    if (p->report)
        p->report(p->context, p->line, problem);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_line(struct parser *p)
{
    while (p->at < p->end && *p->at != '\n')
        p->at++;
}

/* To the begin of the next word, over comments. */
static void skip_blanks(struct parser *p)
{
    for (; p->at < p->end; p->at++) {
        if (*p->at == '#')
            skip_line(p);
        if (p->at == p->end)
            return;
        if (*p->at == '\n')
            p->line++;
        else if (!is_blank(*p->at))
            return;
    }
}

static char unescaped(char c)
{
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

/* Add a byte to the word; what is too much is counted and not kept. */
static void add_byte(struct word *word, char c)
{
    if (word->len < NETRC_WORD_MAX)
        word->text[word->len] = c;
    word->len++;
}

/* Reads up to the quote or to the end of its line. False when the quote is missing. */
static bool read_quoted(struct parser *p)
{
    for (p->at++; p->at < p->end && *p->at != '\n'; p->at++) {
        if (*p->at == '"') {
            p->at++;
            return true;
        }
        if (*p->at == '\\' && p->at + 1 < p->end && p->at[1] != '\n')
            add_byte(&p->word, unescaped(*++p->at));
        else
            add_byte(&p->word, *p->at);
    }
    return false;
}

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return true;
    }
    return false;
}

static enum word_result next_word(struct parser *p)
{
    bool closed = true;
    skip_blanks(p);
    if (p->at == p->end)
        return WORD_END;
    p->word.len = 0;
    p->word.quoted = *p->at == '"';
    if (p->word.quoted)
        closed = read_quoted(p);
    else
        for (; p->at < p->end && !is_blank(*p->at) && *p->at != '\n'; p->at++)
            add_byte(&p->word, *p->at);
    const char *problem = NULL;
    if (!closed)
        problem = "a quote that does not end on its line";
    else if (p->word.len > NETRC_WORD_MAX)
        problem = "a word is too long";
    else if (has_control(p->word.text, p->word.len))
        problem = "a control character";
    p->word.text[problem ? 0 : p->word.len] = '\0';
    if (problem)
        complain(p, problem);
    return problem ? WORD_BAD : WORD_OK;
}

static bool word_is(const struct word *word, const char *keyword)
{
    return !word->quoted && strcasecmp(word->text, keyword) == 0;
}

/* Host names in lower case, IPv6 addresses without brackets. Returns the new length. */
static size_t fold_host(const char *host, size_t len, char *folded)
{
    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    for (size_t i = 0; i < len; i++)
        folded[i] = (char)(host[i] >= 'A' && host[i] <= 'Z' ? host[i] | 0x20 : host[i]);
    return len;
}

static struct machine *machine_new(const char *name, size_t len)
{
    struct machine *machine = calloc(1, sizeof *machine + len + 1);
    if (!machine)
        return NULL;
    memcpy(machine->name, name, len);
    machine->node.name = machine->name;
    machine->node.len = len;
    machine->last = &machine->first;
    return machine;
}

static struct machine *find_machine(struct netrc *netrc, const char *name, size_t len)
{
    char folded[NETRC_WORD_MAX];
    size_t n = fold_host(name, len, folded);
    struct machine *machine = (struct machine *)name_table_find(&netrc->machines, folded, n);
    if (machine || !(machine = machine_new(folded, n)))
        return machine;
    if (!name_table_add(&netrc->machines, &machine->node)) {
        free(machine);
        return NULL;
    }
    return machine;
}

/* The entry is read to its end: keep it when it can be used. */
static void end_entry(struct parser *p)
{
    struct entry *entry;
    if (p->machine && p->user && !p->spoiled && !p->no_memory) {
        if ((entry = calloc(1, sizeof *entry)) && !p->password)
            p->password = strdup("");
        if (entry && p->password) {
            *entry = (struct entry){.user = p->user, .password = p->password};
            *p->machine->last = entry;
            p->machine->last = &entry->next;
            p->user = p->password = NULL;
        } else {
            free(entry);
            p->no_memory = true;
        }
    }
    wipe_text(p->user);
    wipe_text(p->password);
    p->user = p->password = NULL;
    p->machine = NULL;
    p->spoiled = false;
}

static void on_machine(struct parser *p)
{
    end_entry(p);
    switch (next_word(p)) {
    case WORD_OK:
        p->machine = find_machine(p->netrc, p->word.text, p->word.len);
        p->no_memory |= !p->machine;
        break;
    case WORD_END:
        complain(p, "machine without a name");
        break;
    case WORD_BAD:
        p->spoiled = true;
        break;
    }
}

static void on_default(struct parser *p)
{
    end_entry(p);
    if (!p->netrc->fallback)
        p->netrc->fallback = machine_new("", 0);
    p->machine = p->netrc->fallback;
    p->no_memory |= !p->machine;
}

/* A macro has a name and ends with a blank line; it ends no entry. */
static void on_macdef(struct parser *p)
{
    bool blank = false;
    skip_line(p);
    while (p->at < p->end && !blank) {
        const char *begin = ++p->at;
        p->line++;
        skip_line(p);
        blank = true;
        for (const char *c = begin; c < p->at; c++)
            blank = blank && is_blank(*c);
    }
}

/* Read the word that belongs to a keyword into *SLOT; NULL: it is of no use here. The last one of an entry counts. */
static void take_value(struct parser *p, char **slot)
{
    enum word_result result = next_word(p);
    if (result == WORD_END)
        complain(p, "a keyword without its word");
    p->spoiled |= result != WORD_OK;
    if (result != WORD_OK || !slot)
        return;
    wipe_text(*slot);
    *slot = strdup(p->word.text);
    p->no_memory |= !*slot;
}

static void on_login(struct parser *p)
{
    take_value(p, &p->user);
}

static void on_password(struct parser *p)
{
    take_value(p, &p->password);
}

static void on_account(struct parser *p)
{
    take_value(p, NULL);
}

static const struct {
    const char *word;
    void (*handle)(struct parser *);
    bool in_entry;
} keywords[] = {
    {"machine", on_machine, false}, {"default", on_default, false},  {"macdef", on_macdef, false},
    {"login", on_login, true},      {"password", on_password, true}, {"account", on_account, true},
};

static void on_word(struct parser *p)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (!word_is(&p->word, keywords[i].word))
            continue;
        if (keywords[i].in_entry && !p->machine && !p->spoiled)
            complain(p, "a keyword that belongs to no machine");
        keywords[i].handle(p);
        return;
    }
    complain(p, "not a word of a netrc file");
    p->spoiled = true;
}

static bool parse(struct parser *p)
{
    for (enum word_result r; !p->no_memory && (r = next_word(p)) != WORD_END;) {
        if (r == WORD_OK)
            on_word(p);
        else
            p->spoiled = true;
    }
    end_entry(p);
    return !p->no_memory;
}

struct netrc *netrc_parse(const char *text, size_t len, netrc_report *report, void *context)
{
    struct netrc *netrc = calloc(1, sizeof *netrc);
    struct parser *p = calloc(1, sizeof *p);
    bool ok = netrc && p;
    if (ok) {
        name_table_init(&netrc->machines);
        *p = (struct parser){.at = text, .end = text + len, .report = report, .context = context, .netrc = netrc};
        if (len > NETRC_BYTES_MAX) {
            complain(p, "longer than 1 MiB");
            p->end = text;
        }
        p->line = 1;
        ok = parse(p);
        explicit_bzero(p, sizeof *p);
    }
    free(p);
    if (!ok) {
        netrc_free(netrc);
        return NULL;
    }
    return netrc;
}

bool netrc_find(const struct netrc *netrc, const char *host, size_t len, const char *user, struct netrc_login *login)
{
    char folded[NETRC_WORD_MAX];
    const struct machine *machine = NULL;
    if (len <= sizeof folded)
        machine = (const struct machine *)name_table_find(&netrc->machines, folded, fold_host(host, len, folded));
    bool is_default = !machine;
    if (is_default)
        machine = netrc->fallback;
    const struct entry *entry = machine ? machine->first : NULL;
    while (entry && user && strcmp(entry->user, user) != 0)
        entry = entry->next;
    if (!entry)
        return false;
    *login = (struct netrc_login){.user = entry->user, .password = entry->password, .is_default = is_default};
    return true;
}

static void machine_free(struct machine *machine)
{
    for (struct entry *entry = machine ? machine->first : NULL, *next; entry; entry = next) {
        next = entry->next;
        wipe_text(entry->user);
        wipe_text(entry->password);
        free(entry);
    }
    free(machine);
}

void netrc_free(struct netrc *netrc)
{
    if (!netrc)
        return;
    for (struct name_node *node = name_table_next(&netrc->machines, NULL), *next; node; node = next) {
        next = name_table_next(&netrc->machines, node);
        machine_free((struct machine *)node);
    }
    name_table_release(&netrc->machines);
    machine_free(netrc->fallback);
    free(netrc);
}
