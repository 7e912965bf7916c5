#include "cli/option_table.h"

#include <stdio.h>
#include <string.h>

static void print_row(const struct option_row *r)
{
    char left[64];
    int n = r->letter ? snprintf(left, sizeof left, "-%c, --%s", r->letter, r->name)
                      : snprintf(left, sizeof left, "    --%s", r->name);
    if (r->argument)
        snprintf(left + n, sizeof left - (size_t)n, "%s%s", *r->argument == '[' ? "" : " ", r->argument);
    printf("  %-30s %s\n", left, r->help);
}

static void print_topic(enum option_topic topic)
{
    printf("\n%s:\n", option_topics[topic]);
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].topic == topic)
            print_row(&option_rows[i]);
}

static void print_one(const char *word)
{
    for (const struct option_word *w = option_topic_words; w->word; w++)
        if (strcmp(word, w->word) == 0)
            print_topic((enum option_topic)w->value);
}

enum { COLUMNS = 80 };

static void print_topic_words(void)
{
    int column = printf("\nTOPIC is one of") - 1;
    for (const struct option_word *w = option_topic_words; w->word; w++) {
        int len = (int)strlen(w->word) + 2;
        bool wraps = column + len > COLUMNS;
        column = (wraps ? 0 : column) + len;
        printf("%s%s%s", wraps ? "\n" : " ", w->word, w[1].word ? "," : ".\n");
    }
}

void options_help(const char *topic)
{
    if (topic) {
        print_one(topic);
        return;
    }
    puts("Usage: forage [OPTION]... LIST|URL|-...\n"
         "       forage -r [OPTION]... URL|LIST|-...\n"
         "       forage --status DIR [--json]\n"
         "       forage --why URL DIR [--json]\n"
         "Fetch the URLs of lists, or with -r whole sites, and keep the pages as files.\n"
         "\n"
         "A LIST is a file with a URL a line; blank lines and lines that begin with # are\n"
         "skipped, and a bare host means http. - is standard input.");
    for (enum option_topic t = 0; t < TOPIC_COUNT; t++)
        print_topic(t);
    print_topic_words();
    puts("TIME is in seconds, or with ms, s, m, h or d behind it; SIZE is in bytes, or with\n"
         "k, M, G or T behind it. --FLAG=off undoes a flag of the configuration file.\n"
         "\n"
         "Exit status: 0 all well, 1 another failure, 2 usage, 3 file, 4 network, 5 TLS,\n"
         "6 authorisation, 7 protocol, 8 the server answered with an error; of several the\n"
         "lowest that is neither 0 nor 1. 75: another run has the folder. 128 and the\n"
         "signal's number after a signal.");
}
