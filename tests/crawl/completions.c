/* Completions: what --help lists is in the script of each shell, nothing else is, and the scripts work where their
 * shell is installed. */
#include "support/files.h"
#include "support/run.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(completions, .timeout = 60);

/* What forage prints, freed by the caller. */
static char *printed(const char *option, const char *value)
{
    struct run run = {0};
    run_forage(&run, option, value, NULL);
    cr_assert_eq(run.status, FORAGE_EXIT_OK, "%s", run.err);
    cr_assert_str_eq(run.err, "");
    char *text = support_format("%s", run.out);
    run_release(&run);
    return text;
}

struct option_name {
    char letter; /* 0: none */
    char name[32];
};

/* Step to the next option that --help lists; false at the end. */
static bool next_option(const char **at, struct option_name *o)
{
    while ((*at = strchr(*at, '\n'))) {
        ++*at;
        if (sscanf(*at, "  -%c, --%31[a-z0-9-]", &o->letter, o->name) == 2)
            return true;
        o->letter = '\0';
        if (strncmp(*at, "      --", 8) == 0 && sscanf(*at, " --%31[a-z0-9-]", o->name) == 1)
            return true;
    }
    return false;
}

/* Whether TEXT holds WORD, with nothing behind it that would make it a longer one. */
static bool has_word(const char *text, const char *word)
{
    for (const char *at = text; (at = strstr(at, word)); at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", at[strlen(word)]) || !at[strlen(word)])
            return true;
    return false;
}

/* How an option stands in a script, and what the script has once for each. */
static const struct {
    const char *shell, *before_name, *before_letter, *once;
} scripts[] = {{"bash", "--", " -", "\n                        --"},
               {"zsh", "--", "-", "' \\\n"},
               {"fish", " -l ", " -s ", "complete -c forage "}};

Test(completions, each_script_has_every_option_of_help_and_no_other)
{
    char *help = printed("--help", NULL), name[48], letter[8];
    for (size_t i = 0; i < SUPPORT_COUNT(scripts); i++) {
        char *script = printed("--completion", scripts[i].shell);
        struct option_name o;
        size_t count = 0;
        for (const char *at = help; next_option(&at, &o); count++) {
            snprintf(name, sizeof name, "%s%s", scripts[i].before_name, o.name);
            snprintf(letter, sizeof letter, "%s%c", scripts[i].before_letter, o.letter);
            cr_expect(has_word(script, name), "%s is not in the script for %s", name, scripts[i].shell);
            cr_expect(!o.letter || has_word(script, letter), "%s is not in the script for %s", letter,
                      scripts[i].shell);
        }
        cr_expect_gt(count, 40);
        cr_expect_eq(text_times(script, scripts[i].once), count, "%s", scripts[i].shell);
        free(script);
    }
    free(help);
}

/* ---- In the shells ---- */

static bool is_installed(const char *shell)
{
    char *path = support_format("/usr/bin/%s", shell);
    bool installed = access(path, X_OK) == 0;
    free(path);
    return installed;
}

/* Run COMMANDS in SHELL, in a folder where its completions lie in the file "script" beside a list and a folder, and
 * compare what it prints. */
static void expect_in(const char *shell, const char *option, const char *commands, const char *expected)
{
    char *folder = files_temp_folder(), *path = files_path(folder, "script"), *list = files_path(folder, "sites.txt"),
         *page = files_path(folder, "pages/a.html"), *script = printed("--completion", shell);
    files_write(path, script, -1);
    files_write(list, "", -1);
    files_write(page, "", -1);
    struct run run = {.program = shell, .working_folder = folder};
    run_forage(&run, option, "-c", commands, NULL);
    cr_expect(run.status == 0 && !run.err_len && strcmp(run.out, expected) == 0, "%s: %s\nexpected %sgot %s%s", shell,
              commands, expected, run.out, run.err);
    run_release(&run);
    free(script);
    free(page);
    free(list);
    free(path);
    files_remove(folder);
    free(folder);
}

Test(completions, bash_completes_options_words_files_and_folders)
{
    static const struct {
        const char *words; /* as bash breaks the line up; the last one is completed */
        const char *expected;
    } rows[] = {{"forage --max-red", "--max-redirects\n"},
                {"forage -j", "-j\n"},
                {"forage --robots o", "on\noff\n"},
                {"forage --scope do", "domain\n"},
                {"forage --recu", "--recursive\n"},
                {"forage --accept ''", "\n"},
                {"forage --help = tr", "traps\n"},
                {"forage --robots = of", "off\n"},
                {"forage --http-version = ''", "any\n1.0\n1.1\n2\n2-prior\n"},
                {"forage --workers ''", "\n"},
                {"forage si", "sites.txt\n"},
                {"forage -q --log si", "sites.txt\n"},
                {"forage -o ''", "pages\n"},
                {"forage --nothing-of-ours", "\n"},
                {"forage --completion f", "fish\n"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *commands =
            support_format("source ./script; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _forage; "
                           "printf '%%s\\n' \"${COMPREPLY[@]}\"",
                           rows[i].words);
        expect_in("bash", "--norc", commands, rows[i].expected);
        free(commands);
    }
}

Test(completions, zsh_takes_its_script)
{
    if (!is_installed("zsh"))
        cr_skip_test("zsh is not installed");
    expect_in("zsh", "-f", "zsh -f -n script", "");
}

Test(completions, fish_completes_options_words_and_folders)
{
    if (!is_installed("fish"))
        cr_skip_test("fish is not installed");
    static const char *const rows[][2] = {{"forage --max-red", "--max-redirects"},
                                          {"forage --robots o", "off\non"},
                                          {"forage --completion f", "fish"},
                                          {"forage -o ", "pages/"},
                                          {"forage --scope do", "domain"},
                                          {"forage -q --log si", "sites.txt"},
                                          {"forage --workers ", ""}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *commands =
            support_format("source ./script; complete -C '%s' | string replace -r '\\t.*' ''; true", rows[i][0]);
        char *expected = support_format("%s%s", rows[i][1], *rows[i][1] ? "\n" : "");
        expect_in("fish", "--no-config", commands, expected);
        free(expected);
        free(commands);
    }
}
