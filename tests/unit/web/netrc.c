#include "web/account/netrc.h"

#include "base/buffer.h"
#include "base/status.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void note(void *context, size_t line, const char *problem)
{
    buffer_printf(context, "%zu: %s\n", line, problem);
}

/* FOUND is a login as "user|password", with a '*' behind that of default, or "none". */
static bool finds(const struct netrc *netrc, const char *host, const char *user, const char *found)
{
    struct netrc_login login;
    struct buffer text = {0};
    if (netrc_find(netrc, host, strlen(host), user, &login))
        buffer_printf(&text, "%s|%s%s", login.user, login.password, login.is_default ? "*" : "");
    else
        buffer_append_text(&text, "none");
    bool same = strcmp(buffer_text(&text), found) == 0;
    if (!same)
        cr_log_error("%s: '%s' instead of '%s'", host, buffer_text(&text), found);
    buffer_release(&text);
    return same;
}

Test(netrc, entries_are_found_by_host_and_login)
{
    static const char text[] = "# a comment\n"
                               "machine one.example login alice password secret\n"
                               "machine two.example\n"
                               "\tlogin bob\n"
                               "\tpassword two words\n" /* "words" is wrong, so bob has no login */
                               "default login anonymous password me@here\n"
                               "MACHINE Three.Example PASSWORD p LOGIN carol ACCOUNT acc # more\r\n"
                               "machine one.example login dave password d\n"
                               "machine four.example login erin\n"
                               "machine five.example password only\n"
                               "machine ::1 login six password 6\n"
                               "machine [::2] login seven password 7";
    struct buffer problems = {0};
    struct netrc *netrc = netrc_parse(text, sizeof text - 1, note, &problems);
    cr_assert_str_eq(buffer_text(&problems), "5: not a word of a netrc file\n");
    cr_assert(finds(netrc, "one.example", NULL, "alice|secret"));
    cr_assert(finds(netrc, "ONE.example", "dave", "dave|d"));
    cr_assert(finds(netrc, "one.example", "mallory", "none"));
    cr_assert(finds(netrc, "two.example", NULL, "none"), "a host that is named never gets the default");
    cr_assert(finds(netrc, "three.example", NULL, "carol|p"));
    cr_assert(finds(netrc, "four.example", NULL, "erin|"));
    cr_assert(finds(netrc, "five.example", NULL, "none"));
    cr_assert(finds(netrc, "[::1]", NULL, "six|6"));
    cr_assert(finds(netrc, "::2", NULL, "seven|7"));
    cr_assert(finds(netrc, "other.example", NULL, "anonymous|me@here*"));
    cr_assert(finds(netrc, "other.example", "anonymous", "anonymous|me@here*"));
    cr_assert(finds(netrc, "other.example", "alice", "none"));
    cr_assert(finds(netrc, "one.example.", NULL, "anonymous|me@here*"));
    cr_assert(finds(netrc, "sub.one.example", NULL, "anonymous|me@here*"));
    cr_assert(finds(netrc, "", NULL, "anonymous|me@here*"));
    buffer_release(&problems);
    netrc_free(netrc);
}

Test(netrc, each_text_gives_its_login_and_says_what_is_wrong)
{
    static const struct {
        const char *text, *found, *problems;
    } rows[] = {
        {"", "none", ""},
        {"\n\n# machine h login l password p\n", "none", ""},
        {"machine h login l password p", "l|p", ""},
        {"machine\nh\nlogin\nl\npassword\np\n", "l|p", ""},
        {"machine h login \"l m\" password \"a \\\" \\\\ \\x #\"", "l m|a \" \\ x #", ""},
        {"machine \"h\" login \"\" password \"\"", "|", ""},
        {"machine h login \"login\" password password", "login|password", ""},
        {"machine h login a\"b password c\\d", "a\"b|c\\d", ""},
        {"machine h login l login m password p password q", "m|q", ""},
        {"machine h login l password p account x", "l|p", ""},
        {"machine h login l account password password p", "l|p", ""},
        {"machine h login l password #p\n", "none", "2: a keyword without its word\n"},
        {"machine h login l password p#q", "l|p#q", ""},
        {"machine h login l # password p\npassword q", "l|q", ""},
        {"machine h login l password \"p", "none", "1: a quote that does not end on its line\n"},
        {"machine h login l password \"p\\", "none", "1: a quote that does not end on its line\n"},
        {"machine h login l password \"p\nq\"", "none",
         "1: a quote that does not end on its line\n2: not a word of a netrc file\n"},
        {"machine h login l password \"p\\nq\"", "none", "1: a control character\n"},
        {"machine h login l password \"p\\rq\"", "none", "1: a control character\n"},
        {"machine h login l password \"p\tq\"", "none", "1: a control character\n"},
        {"machine h login l\x1b password p", "none", "1: a control character\n"},
        {"machine h login l\x7f password p", "none", "1: a control character\n"},
        {"machine h login l password", "none", "1: a keyword without its word\n"},
        {"machine", "none", "1: machine without a name\n"},
        {"login l password p machine h", "none",
         "1: a keyword that belongs to no machine\n1: a keyword that belongs to no machine\n"},
        {"machine x\x01 login l password p", "none", "1: a control character\n"},
        {"machine x\x01 login l password p\nmachine h login m password q", "m|q", "1: a control character\n"},
        {"machine h port 80 login l password p", "none",
         "1: not a word of a netrc file\n1: not a word of a netrc file\n"},
        {"machine h port 80 login l password p machine h login m", "m|",
         "1: not a word of a netrc file\n1: not a word of a netrc file\n"},
        {"macdef init\nmachine h login evil password e\n\nmachine h login l password p", "l|p", ""},
        {"machine h login l password p\nmacdef init\n\tcd /x\n \t\r\nbogus", "none", "5: not a word of a netrc file\n"},
        {"machine h login l password p\nmacdef init\n\tcd /x\nmachine", "l|p", ""},
        {"machine h login l password p macdef", "l|p", ""},
        {"default login l password p", "l|p*", ""},
        {"default login l password p default login m password q", "l|p*", ""},
        {"default password p machine h", "none", ""},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer problems = {0};
        struct netrc *netrc = netrc_parse(rows[i].text, strlen(rows[i].text), note, &problems);
        if (!finds(netrc, "h", NULL, rows[i].found) || strcmp(buffer_text(&problems), rows[i].problems) != 0) {
            cr_log_error("%s: %s", rows[i].text, buffer_text(&problems));
            wrong++;
        }
        buffer_release(&problems);
        netrc_free(netrc);
    }
    cr_assert_eq(wrong, 0);
}

Test(netrc, a_nul_is_a_control_character_and_not_the_end)
{
    static const char text[] = "machine h login l password p\0q\nmachine i login l password p";
    struct buffer problems = {0};
    struct netrc *netrc = netrc_parse(text, sizeof text - 1, note, &problems);
    cr_assert_str_eq(buffer_text(&problems), "1: a control character\n");
    cr_assert(finds(netrc, "h", NULL, "none"));
    cr_assert(finds(netrc, "i", NULL, "l|p"));
    buffer_release(&problems);
    netrc_free(netrc);
}

Test(netrc, words_and_files_have_a_greatest_length)
{
    struct buffer text = {0}, problems = {0};
    buffer_append_text(&text, "machine h login l password ");
    for (int i = 0; i < NETRC_WORD_MAX; i++)
        buffer_append_char(&text, 'p');
    struct netrc *netrc = netrc_parse(text.data, text.len, note, &problems);
    struct netrc_login login;
    cr_assert(netrc_find(netrc, "h", 1, NULL, &login));
    cr_assert_eq(strlen(login.password), NETRC_WORD_MAX);
    cr_assert_str_eq(buffer_text(&problems), "");
    netrc_free(netrc);
    buffer_append_char(&text, 'p');
    netrc = netrc_parse(text.data, text.len, note, &problems);
    cr_assert_str_eq(buffer_text(&problems), "1: a word is too long\n");
    cr_assert(finds(netrc, "h", NULL, "none"));
    netrc_free(netrc);
    buffer_clear(&text);
    buffer_clear(&problems);
    buffer_append_text(&text, "machine h login l password p\n");
    while (text.len <= NETRC_BYTES_MAX)
        buffer_append_char(&text, '\n');
    netrc = netrc_parse(text.data, text.len, note, &problems);
    cr_assert_str_eq(buffer_text(&problems), "0: longer than 1 MiB\n");
    cr_assert(finds(netrc, "h", NULL, "none"));
    netrc_free(netrc);
    netrc = netrc_parse(text.data, NETRC_BYTES_MAX, NULL, NULL);
    cr_assert(finds(netrc, "h", NULL, "l|p"));
    netrc_free(netrc);
    netrc_free(NULL);
    buffer_release(&text);
    buffer_release(&problems);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

Test(netrc, the_largest_files_take_linear_time)
{
    static const char *const pieces[] = {
        "machine h login l password p\n", "macdef m\n", "# c\n", "\"", "login l ", "machine ", "default ", "\n"};
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        struct buffer text = {0};
        while (text.len + strlen(pieces[i]) <= NETRC_BYTES_MAX)
            buffer_append_text(&text, pieces[i]);
        double start = cpu_seconds();
        netrc_free(netrc_parse(text.data, text.len, NULL, NULL));
        double took = cpu_seconds() - start;
        cr_assert_lt(took, 1.0, "%s: %f s", pieces[i], took);
        buffer_release(&text);
    }
}
