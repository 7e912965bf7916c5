/* The table of options. The command line, the configuration file, --help and the shells' completions are made from it,
 * so that an option is known to all of them or to none.
 *
 * Context: constant. */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include "cli/options.h"

enum option_topic {
    TOPIC_PAGES,
    TOPIC_CRAWL,
    TOPIC_TRAPS,
    TOPIC_LOAD,
    TOPIC_REQUESTS,
    TOPIC_POLITENESS,
    TOPIC_FAILURES,
    TOPIC_MEMORY,
    TOPIC_ACCOUNTS,
    TOPIC_LIMITS,
    TOPIC_REPORTS,
    TOPIC_MODES,
    TOPIC_COUNT,
};

/* What a value looks like, and the type of the field that it goes to. */
enum option_kind {
    OPTION_FLAG,     /* bool; on when it stands alone */
    OPTION_SWITCH,   /* bool; on or off must follow. The field says the opposite */
    OPTION_TEXT,     /* const char *; any text */
    OPTION_TEXTS,    /* struct texts: the option may be repeated */
    OPTION_LIST,     /* the same, and each value may be several with commas between them */
    OPTION_FOLDER,   /* const char *; not empty */
    OPTION_FILE,     /* the same */
    OPTION_COUNT,    /* unsigned, from min to max */
    OPTION_MS,       /* int, from min */
    OPTION_LONG_MS,  /* int64_t, from min */
    OPTION_SIZE,     /* uint64_t, from min */
    OPTION_LIMIT,    /* uint64_t, from 1; none is FORAGE_NO_LIMIT */
    OPTION_PERCENT,  /* double, 0 to 100 */
    OPTION_WORD,     /* int: the value of one of words */
    OPTION_PECULIAR, /* take knows */
};

struct option_word {
    const char *word;
    int value;
};

/* Puts VALUE (NULL: the option stands alone) into A. NULL, or what is wrong with it. */
typedef const char *option_take_fn(struct arguments *a, const char *value);

struct option_row {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none; "[...]": may be left out */
    const char *help;
    enum option_topic topic;
    enum option_kind kind;
    size_t at;                       /* of the field, in struct arguments */
    uint64_t min, max;               /* max 0: a million */
    const struct option_word *words; /* WORD and some PECULIAR: ended by an entry without a word */
    const char *words_wrong;         /* what option_take says of any other */
    option_take_fn *take;            /* PECULIAR */
    bool takes_file;                 /* PECULIAR: the value is the name of one */
    bool only_here;                  /* has no meaning in a configuration file */
    bool recursive;                  /* has no meaning without --recursive; a configuration may have it anyway */
};

enum { OPTION_ROWS_MAX = 128 };

extern const struct option_row option_rows[];
extern const size_t option_row_count;
extern const char *const option_topics[TOPIC_COUNT];  /* their headings */
extern const struct option_word option_topic_words[]; /* what --help calls them; ended by an entry without a word */

/* NULL: there is none. */
const struct option_row *option_find(const char *name);
const struct option_row *option_find_letter(int letter);

/* Whether the option can stand without a value, and whether its value names a file or folder. */
bool option_may_stand_alone(const struct option_row *row);
bool option_takes_path(const struct option_row *row);
bool option_may_be_repeated(const struct option_row *row);

/* Put VALUE (NULL: the option stands alone) into A, which borrows it. NULL, or what is wrong with it, to stand behind
 * the value. */
const char *option_take(const struct option_row *row, struct arguments *a, const char *value);

/* on, true, yes; off, false, no. */
bool option_parse_switch(const char *text, bool *on);

#endif
