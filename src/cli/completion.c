/* Completions: a script for each shell, made from the table of options. */
#include "cli/option_table.h"

#include "base/status.h"

#include <stdio.h>
#include <string.h>

/* Print TEXT for inside single quotes, with a backslash in front of each byte that is in ESCAPED. */
static void print_quoted(const char *text, const char *escaped)
{
    for (; *text; text++) {
        if (strchr(escaped, *text))
            putchar('\\');
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
}

/* The values that an option can have, when they are known, with a blank between them. */
static void print_words(const struct option_row *r)
{
    if (r->kind == OPTION_SWITCH)
        fputs("on off", stdout);
    for (const struct option_word *w = r->words; w && w->word; w++)
        printf("%s%s", w == r->words ? "" : " ", w->word);
}

static bool has_words(const struct option_row *r)
{
    return r->kind == OPTION_SWITCH || r->words;
}

/* ---- bash ---- */

static void bash_pattern(const struct option_row *r)
{
    fputs("        ", stdout);
    if (r->letter)
        printf("-%c | ", r->letter);
    printf("--%s) ", r->name);
}

static void bash_names(const struct option_row *r)
{
    printf("                        --%s", r->name);
    if (r->letter)
        printf(" -%c", r->letter);
    putchar('\n');
}

static void bash_case(const struct option_row *r)
{
    if (!r->argument)
        return;
    bash_pattern(r);
    if (has_words(r)) {
        fputs("words='", stdout);
        print_words(r);
        puts("' ;;");
    } else if (option_takes_path(r)) {
        puts(r->kind == OPTION_FOLDER ? "actions=-d ;;" : "actions=-f ;;");
    } else {
        puts("return ;;");
    }
}

static void print_bash(void)
{
    puts("# bash completion for forage, printed by: forage --completion bash\n"
         "_forage()\n"
         "{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words= actions=\n"
         "    COMPREPLY=()\n"
         "    # bash breaks --name=value into three words.\n"
         "    if [ \"$word\" = = ]; then\n"
         "        word=\n"
         "    elif [ \"$previous\" = = ] && [ \"$COMP_CWORD\" -gt 1 ]; then\n"
         "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
         "    fi\n"
         "    case $previous in");
    for (size_t i = 0; i < option_row_count; i++)
        bash_case(&option_rows[i]);
    puts("        *)\n"
         "            case $word in\n"
         "                -*)\n"
         "                    words='");
    for (size_t i = 0; i < option_row_count; i++)
        bash_names(&option_rows[i]);
    puts("                    '\n"
         "                    ;;\n"
         "                *) actions=-f ;;\n"
         "            esac\n"
         "            ;;\n"
         "    esac\n"
         "    if [ -n \"$actions\" ]; then\n"
         "        compopt -o filenames 2>/dev/null\n"
         "        mapfile -t COMPREPLY < <(compgen $actions -- \"$word\")\n"
         "    else\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "    fi\n"
         "}\n"
         "complete -F _forage forage");
}

/* ---- zsh ---- */

static const char zsh_escaped[] = "[]:\\";

static void zsh_names(const struct option_row *r)
{
    const char *letter_takes = !r->argument || option_may_stand_alone(r) ? "" : "+";
    const char *name_takes = !r->argument ? "" : option_may_stand_alone(r) ? "=-" : "=";
    if (r->letter && option_may_be_repeated(r))
        printf("'*'{-%c%s,--%s%s}", r->letter, letter_takes, r->name, name_takes);
    else if (r->letter)
        printf("'(-%c --%s)'{-%c%s,--%s%s}", r->letter, r->name, r->letter, letter_takes, r->name, name_takes);
    else
        printf("'%s--%s%s'", option_may_be_repeated(r) ? "*" : "", r->name, name_takes);
}

static void zsh_row(const struct option_row *r)
{
    fputs("    ", stdout);
    zsh_names(r);
    fputs("'[", stdout);
    print_quoted(r->help, zsh_escaped);
    putchar(']');
    if (r->argument) {
        fputs(option_may_stand_alone(r) ? "::" : ":", stdout);
        print_quoted(r->argument, zsh_escaped);
        putchar(':');
        if (has_words(r)) {
            putchar('(');
            print_words(r);
            putchar(')');
        } else {
            fputs(!option_takes_path(r) ? " " : r->kind == OPTION_FOLDER ? "_files -/" : "_files", stdout);
        }
    }
    puts("' \\");
}

static void print_zsh(void)
{
    puts("#compdef forage\n"
         "# zsh completion for forage, printed by: forage --completion zsh\n"
         "_arguments -s -S \\");
    for (size_t i = 0; i < option_row_count; i++)
        zsh_row(&option_rows[i]);
    puts("    '*:list or URL:_files'");
}

/* ---- fish ---- */

static void fish_row(const struct option_row *r)
{
    fputs("complete -c forage", stdout);
    if (r->letter)
        printf(" -s %c", r->letter);
    printf(" -l %s", r->name);
    if (r->argument && !option_may_stand_alone(r))
        fputs(" -r", stdout);
    if (r->kind == OPTION_FOLDER)
        fputs(" -f -a '(__fish_complete_directories)'", stdout);
    else
        fputs(option_takes_path(r) ? " -F" : " -f", stdout);
    if (has_words(r)) {
        fputs(" -a '", stdout);
        print_words(r);
        putchar('\'');
    }
    fputs(" -d '", stdout);
    print_quoted(r->help, "\\");
    puts("'");
}

static void print_fish(void)
{
    puts("# fish completion for forage, printed by: forage --completion fish");
    for (size_t i = 0; i < option_row_count; i++)
        fish_row(&option_rows[i]);
}

void options_completion(enum shell shell)
{
    static void (*const printers[])(void) = {
        [SHELL_BASH] = print_bash, [SHELL_ZSH] = print_zsh, [SHELL_FISH] = print_fish};
    if ((size_t)shell < COUNT_OF(printers) && printers[shell])
        printers[shell]();
}
