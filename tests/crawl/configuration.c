/* The configuration file: what it says is done, the command line wins, and what it cannot mean is named with its
 * line. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(configuration, .timeout = 60);

static const struct fixture_route routes[] = {{.path = "/gone", .reply = {.status = 404, .body = "gone"}},
                                              {.path = "/", .prefix = true, .reply = {.body = "fine"}},
                                              {0}};

static struct fixture *start(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* A folder with TEXT, private, in its file NAME. */
static char *folder_with(const char *name, const char *text)
{
    char *folder = files_temp_folder(), *path = files_path(folder, name);
    files_write(path, text, -1);
    cr_assert_eq(chmod(path, 0600), 0);
    free(path);
    return folder;
}

static void remove_folder(char *folder)
{
    files_remove(folder);
    free(folder);
}

static const char *header_of(const struct fixture_request *r, const char *name)
{
    const char *value = r ? fixture_find_header(r, name) : NULL;
    return value ? value : "";
}

/* ---- What it says is done ---- */

Test(configuration, its_names_are_the_long_options)
{
    static const char text[] = "\xef\xbb\xbf# every night\r\n"
                               "user-agent = night/1 ; as agreed\r\n"
                               "\r\n"
                               "  header = X-One: 1\r\n"
                               "header: X-Two: a = b\r\n"
                               "; another comment\r\n"
                               "keep-errors = yes\r\n"
                               "quiet = true\r\n"
                               "robots = off";
    struct fixture *f = start();
    char *folder = folder_with("night", text);
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/gone\n"}};
    crawl_run(&c, f, "--config", "night", "-", NULL);
    const struct fixture_request *r = fixture_find(f, "/gone");
    cr_assert_str_eq(header_of(r, "User-Agent"), "night/1");
    cr_assert_str_eq(header_of(r, "X-One"), "1");
    cr_assert_str_eq(header_of(r, "X-Two"), "a = b");
    cr_assert_str_eq(c.run.err, "forage: http://www.shop.com/gone: HTTP status 404\n");
    cr_assert(crawl_holds(&c, "shop/gone~.html~~404.html", "gone"));
    crawl_release(&c);
    remove_folder(folder);
    fixture_stop(f);
}

Test(configuration, the_usual_file_is_below_xdg_config_home_or_the_home_folder)
{
    static const struct {
        const char *xdg; /* below the folder */
        const char *name;
        bool found;
    } rows[] = {{"xdg", "xdg/forage/config", true},
                {"xdg", ".config/forage/config", false},
                {NULL, ".config/forage/config", true},
                {"/relative", ".config/forage/config", true},
                {"/relative", "relative/forage/config", false}};
    struct fixture *f = start();
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *folder = folder_with(rows[i].name, "quiet = on\n");
        const char *xdg = rows[i].xdg;
        char *home = support_format("HOME=%s", folder);
        char *place = !xdg          ? support_format("XDG_CONFIG_HOME")
                      : *xdg == '/' ? support_format("XDG_CONFIG_HOME=%s", xdg + 1)
                                    : support_format("XDG_CONFIG_HOME=%s/%s", folder, xdg);
        const char *const environment[] = {home, place, NULL};
        struct crawl c = {
            .run = {.working_folder = folder, .input = "www.shop.com/fine\n", .environment = environment}};
        crawl_run(&c, f, "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        cr_expect_eq(c.run.err_len == 0, rows[i].found, "%s with %s: %s", rows[i].name, place, c.run.err);
        crawl_release(&c);
        c = (struct crawl){
            .run = {.working_folder = folder, .input = "www.shop.com/fine\n", .environment = environment}};
        crawl_run(&c, f, "--no-config", "-", NULL);
        cr_expect_neq(c.run.err_len, 0, "--no-config");
        crawl_release(&c);
        free(home);
        free(place);
        remove_folder(folder);
    }
    fixture_stop(f);
}

Test(configuration, the_one_that_is_named_stands_in_for_the_usual_one)
{
    struct fixture *f = start();
    char *folder = folder_with("forage/config", "quiet = on\nuser-agent = usual\n"),
         *path = files_path(folder, "other");
    char *place = support_format("XDG_CONFIG_HOME=%s", folder);
    const char *const environment[] = {place, NULL};
    files_write(path, "header = X-Other: 1\n", -1);
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/fine\n", .environment = environment}};
    crawl_run(&c, f, "--config=other", "-", NULL);
    const struct fixture_request *r = fixture_find(f, "/fine");
    cr_expect_str_eq(header_of(r, "X-Other"), "1");
    cr_expect_str_neq(header_of(r, "User-Agent"), "usual");
    cr_expect_neq(c.run.err_len, 0);
    crawl_release(&c);
    free(place);
    free(path);
    remove_folder(folder);
    fixture_stop(f);
}

Test(configuration, the_command_line_wins_and_what_may_be_repeated_adds_up)
{
    struct fixture *f = start();
    char *folder = folder_with("config", "user-agent = file\nheader = X-File: 1\nquiet = on\nkeep-errors = on\n");
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/gone\n"}};
    crawl_run(&c, f, "-A", "line", "-H", "X-Line: 1", "--quiet=off", "--keep-errors=off", "--config", "config", "-",
              NULL);
    const struct fixture_request *r = fixture_find(f, "/gone");
    cr_expect_str_eq(header_of(r, "User-Agent"), "line");
    cr_expect_str_eq(header_of(r, "X-File"), "1");
    cr_expect_str_eq(header_of(r, "X-Line"), "1");
    cr_expect(text_has(c.run.err, " 1 failed"), "%s", c.run.err);
    cr_expect_not(crawl_holds(&c, "shop/gone~.html~~404.html", "gone"));
    crawl_release(&c);
    remove_folder(folder);
    fixture_stop(f);
}

Test(configuration, a_tilde_stands_for_the_home_folder_in_names_of_files_only)
{
    struct fixture *f = start();
    char *folder = folder_with("config", "log = ~/pages.log\noutput = ~/pages\nuser-agent = ~/me\n");
    char *home = support_format("HOME=%s", folder), *config = files_path(folder, "config"),
         *page = files_path(folder, "pages/shop/fine~.html"), *log = files_path(folder, "pages.log"),
         *resolve = support_format("*:80:127.0.0.1:%u", fixture_port(f));
    const char *const environment[] = {home, NULL};
    struct run run = {.environment = environment};
    run_forage(&run, "--config", config, "--resolve", resolve, "http://www.shop.com/fine", NULL);
    cr_expect_eq(run.status, FORAGE_EXIT_OK, "%s", run.err);
    cr_expect(files_equals(page, "fine"));
    cr_expect(files_exists(log));
    cr_expect_str_eq(header_of(fixture_find(f, "/fine"), "User-Agent"), "~/me");
    run_release(&run);
    free(home);
    free(config);
    free(page);
    free(log);
    free(resolve);
    remove_folder(folder);
    fixture_stop(f);
}

/* ---- Every option ---- */

/* A value for an option whose argument --help calls ARGUMENT; NULL: there is none such. */
static const char *value_for(const char *argument)
{
    static const struct {
        const char *argument, *value;
    } values[] = {{"", "on"},
                  {"DIR", "folder"},
                  {"REGEX", "(.*)"},
                  {"SIZE", "1M"},
                  {"N", "2"},
                  {"TIME", "5"},
                  {"TEXT", "text"},
                  {"LINE", "X-Line: 1"},
                  {"URL", "http://127.0.0.1:1"},
                  {"V", "any"},
                  {"HOST:PORT:ADDR", "a.com:80:127.0.0.1"},
                  {"on|off", "off"},
                  {"auto|TIME", "auto"},
                  {"LIST", "timeout"},
                  {"TYPES", "text/html, image/*"},
                  {"WHERE", "domain"},
                  {"NAMES", "sid,utm_*"},
                  {"PERCENT", "2.5"},
                  {"[=FILE]", "on"},
                  {"[=TOPIC]", "crawl"}};
    for (size_t i = 0; i < SUPPORT_COUNT(values); i++)
        if (strcmp(values[i].argument, argument) == 0)
            return values[i].value;
    return NULL;
}

/* Whether forage takes "NAME = VALUE" in a configuration: then all that is missing is something to fetch. */
static bool takes(const char *name, const char *value, char **said)
{
    char *text = support_format("%s = %s\n", name, value);
    char *folder = folder_with("config", text);
    struct run run = {.working_folder = folder};
    run_forage(&run, "--config", "config", NULL);
    bool taken =
        run.status == FORAGE_EXIT_USAGE && strcmp(run.err, "forage: no list or URL given (see forage --help)\n") == 0;
    *said = support_format("%s", run.err);
    run_release(&run);
    remove_folder(folder);
    free(text);
    return taken;
}

Test(configuration, takes_every_option_of_help_but_those_of_the_command_line)
{
    static const char *const line_only[] = {"config",  "no-config", "completion", "help",
                                            "version", "status",    "why",        "json"};
    struct run run = {0};
    size_t count = 0;
    run_forage(&run, "--help", NULL);
    for (const char *at = run.out; (at = strstr(at, "--")); at++) {
        char name[32], argument[32] = "", file[48];
        bool begins_row = at - run.out >= 6 && at[-1] == ' ' && (at[-2] == ' ' || at[-2] == ',');
        if (!begins_row || sscanf(at, "--%31[a-z0-9-]", name) != 1)
            continue;
        const char *behind = at + 2 + strlen(name);
        sscanf(behind, *behind == '[' ? "%31[^ \n]" : " %31[^ \n]", argument);
        if (behind[0] == ' ' && behind[1] == ' ')
            *argument = '\0';
        bool only_here = false;
        for (size_t i = 0; i < SUPPORT_COUNT(line_only); i++)
            only_here = only_here || strcmp(name, line_only[i]) == 0;
        snprintf(file, sizeof file, "%s.file", name);
        const char *value = only_here ? "on" : strcmp(argument, "FILE") == 0 ? file : value_for(argument);
        char *said;
        cr_assert(value, "--%s takes '%s', which this test does not know", name, argument);
        cr_expect_eq(takes(name, value, &said), !only_here, "%s = %s: %s", name, value, said);
        cr_expect(!only_here || text_has(said, "has a meaning on the command line only"), "%s", said);
        free(said);
        count++;
    }
    cr_assert_gt(count, 40);
    run_release(&run);
}

/* ---- What it cannot mean ---- */

#define LONG_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

Test(configuration, what_has_no_meaning_is_named_with_its_line_and_nothing_is_done)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"quiet = on\nwrkers = 2\n", "config:2: no option is called 'wrkers'\n"},
        {"j = 2\n", "config:1: no option is called 'j'\n"},
        {"--workers = 2\n", "config:1: no option is called '--workers'\n"},
        {"quiet = on\n\nnonsense\n", "config:3: is no \"name = value\"\n"},
        {"nonsense\n = x\n", "config:1: is no \"name = value\"\n"},
        {"nonsense ; = x\nquiet = on\n", "config:1: is no \"name = value\"\n"},
        {"quiet\n", "config:1: is no \"name = value\"\n"},
        {"# a\n[night]\nquiet = on\n", "config:2: is a section, and these have no meaning here\n"},
        {"workers = 0\n", "config:1: workers: '0' is not a number from 1 to 1024\n"},
        {"workers =\n", "config:1: workers: '' is not a number from 1 to 1024\n"},
        {"quiet = 1\n", "config:1: quiet: '1' is neither on nor off\n"},
        {"robots = ON\n", "config:1: robots: 'ON' is neither on nor off\n"},
        {"\n\nheader = nothing\n", "config:3: a header must look like \"Name: value\"\n"},
        {"workers = 2\nworkers = 1025\nquiet = on\n", "config:2: workers: '1025' is not a number from 1 to 1024\n"},
        {"resolve = a.com\n", "config:1: a name to resolve must look like HOST:PORT:ADDRESS\n"},
        {"host-pattern = (a\n", "config:1: host pattern, at offset 2: missing closing parenthesis\n"},
        {"retry-on = 503,200\n",
         "config:1: '200' is no kind of failure, no status from 400 to 599, and not 4xx or 5xx\n"},
        {"log = a\nmetrics = a\n", "config:2: one file is named for two purposes\n"},
        {"config = other\n", "config:1: 'config' has a meaning on the command line only\n"},
        {"user-agent = " LONG_50 LONG_50 LONG_50 LONG_50 "\n", "config:1: is longer than 198 bytes\n"},
        {"user-agent = \033[2J\033]0;x\n", "config:1: the user agent contains a control character\n"},
        {"\033[2J = x\n", "config:1: no option is called '\\x1b[2J'\n"},
        {"workers = \xff\033\n", "config:1: workers: '\\xff\\x1b' is not a number from 1 to 1024\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *folder = folder_with("config", rows[i].text);
        struct run run = {.working_folder = folder};
        run_forage(&run, "--config", "config", "http://127.0.0.1:1/", NULL);
        cr_expect(run.status == FORAGE_EXIT_USAGE && strcmp(run.err, rows[i].says) == 0 && files_count(folder) == 1,
                  "expected %sgot status %d: %s", rows[i].says, run.status, run.err);
        run_release(&run);
        remove_folder(folder);
    }
}

Test(configuration, a_nul_is_refused_and_a_comment_may_be_of_any_length)
{
    char *folder = folder_with("config", ""), *path = files_path(folder, "config");
    static const char nul[] = "quiet = on\nworkers = 2\0 = 3\n";
    files_write(path, nul, sizeof nul - 1);
    struct run run = {.working_folder = folder};
    run_forage(&run, "--config", "config", "x", NULL);
    cr_expect_str_eq(run.err, "config:2: contains a NUL\n");
    cr_expect_eq(run.status, FORAGE_EXIT_USAGE);
    run_release(&run);
    char *comment = support_alloc(10000);
    memset(comment, 'x', 9000);
    memcpy(comment, "# ", 2);
    strcat(comment, "\nworkers = none\n");
    files_write(path, comment, -1);
    run = (struct run){.working_folder = folder};
    run_forage(&run, "--config", "config", "x", NULL);
    cr_expect_str_eq(run.err, "config:2: workers: 'none' is not a number from 1 to 1024\n");
    run_release(&run);
    free(comment);
    free(path);
    remove_folder(folder);
}

Test(configuration, one_that_cannot_be_read_is_one_line_and_status_3)
{
    static const char *const rows[][2] = {{"none", "forage: none: No such file or directory\n"},
                                          {"/dev/null/config", "forage: /dev/null/config: Not a directory\n"},
                                          {".", "forage: .: Is a directory\n"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct run run = {0};
        run_forage(&run, "--config", rows[i][0], "http://127.0.0.1:1/", NULL);
        cr_expect(run.status == FORAGE_EXIT_FILE && strcmp(run.err, rows[i][1]) == 0, "%s: status %d: %s", rows[i][0],
                  run.status, run.err);
        run_release(&run);
    }
}

/* ---- Secrets ---- */

Test(configuration, a_credential_in_a_file_to_which_others_have_access_is_refused)
{
    static const struct {
        const char *text;
        mode_t mode;
        bool refused;
    } rows[] = {{"header = Authorization: Bearer s3cret\n", 0644, true},
                {"header = authorization: Bearer s3cret\n", 0640, true},
                {"header = Proxy-Authorization: Basic s3cret\n", 0604, true},
                {"header = Cookie: sid=s3cret\n", 0620, true},
                {"proxy = http://me:s3cret@127.0.0.1:9\n", 0644, true},
                {"header = Authorization: Bearer s3cret\n", 0600, false},
                {"header = Authorization: Bearer s3cret\n", 0400, false},
                {"header = Authorizations: public\n", 0644, false},
                {"proxy = http://127.0.0.1:9\n", 0644, false}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *folder = folder_with("config", rows[i].text), *path = files_path(folder, "config");
        cr_assert_eq(chmod(path, rows[i].mode), 0);
        struct run run = {.working_folder = folder};
        run_forage(&run, "--config", "config", NULL);
        cr_expect_str_eq(run.err,
                         rows[i].refused
                             ? "config:1: holds a credential, and others have access to this file: chmod 600\n"
                             : "forage: no list or URL given (see forage --help)\n",
                         "%s %o: %s", rows[i].text, rows[i].mode, run.err);
        cr_expect_eq(run.status, FORAGE_EXIT_USAGE);
        cr_expect_not(text_has(run.err, "s3cret"));
        run_release(&run);
        free(path);
        remove_folder(folder);
    }
}
