/* The registry of site names: who gets which, in this run and in the next, and what becomes of a spoiled file. */
#include "store/name/site.h"
#include "scratch.h"
#include "store/name/name.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

TestSuite(site, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

#define BAIDU     "http://www.baidu.com:80"
#define BAIDU_TLS "https://www.baidu.com:443"
#define TLS_TAG   "sfaujno6gxvtcq5v"
#define EVIL      "http://evil.example:80"
#define EVIL_TAG  "qkyfezwg3sgoxc3z"

static struct sites *open_sites(void)
{
    struct sites *sites = NULL;
    cr_assert_eq(sites_open(in_scratch("out"), &sites), STORE_OK, "errno %d", errno);
    return sites;
}

static const char *name_of(struct sites *sites, const char *origin, const char *wanted)
{
    const char *name = "(none)";
    cr_assert_eq(sites_name(sites, origin, wanted, &name), STORE_OK, "%s wants %s", origin, wanted);
    return name;
}

static size_t damaged(const struct sites *sites)
{
    size_t first;
    return sites_damaged(sites, &first);
}

Test(site, the_first_origin_that_asks_gets_the_name_and_the_second_a_tag)
{
    struct sites *sites = open_sites();
    cr_assert_str_eq(name_of(sites, BAIDU, "baidu"), "baidu");
    cr_assert_str_eq(name_of(sites, BAIDU_TLS, "baidu"), "baidu~~" TLS_TAG);
    cr_assert_str_eq(name_of(sites, BAIDU, "baidu"), "baidu");
    cr_assert_str_eq(name_of(sites, BAIDU_TLS, "baidu"), "baidu~~" TLS_TAG);
    cr_assert_str_eq(name_of(sites, "http://example.org:80", "example.org"), "example.org");
    cr_assert_eq(sites_count(sites), 3);
    sites_close(sites);
}

Test(site, names_that_were_given_stay_in_later_runs_whoever_asks_first)
{
    struct sites *sites = open_sites();
    name_of(sites, BAIDU, "baidu");
    name_of(sites, BAIDU_TLS, "baidu");
    sites_close(sites);
    cr_assert_str_eq(content_of("out/.forage/sites"), "baidu\t" BAIDU "\nbaidu~~" TLS_TAG "\t" BAIDU_TLS "\n");
    sites = open_sites();
    cr_assert_eq(damaged(sites), 0);
    cr_assert_str_eq(name_of(sites, EVIL, "baidu"), "baidu~~" EVIL_TAG);
    cr_assert_str_eq(name_of(sites, BAIDU_TLS, "baidu"), "baidu~~" TLS_TAG);
    cr_assert_str_eq(name_of(sites, BAIDU, "baidu"), "baidu");
    sites_close(sites);
}

Test(site, the_folder_and_the_file_are_closed_to_others_even_without_a_umask)
{
    umask(0);
    struct sites *sites = open_sites();
    name_of(sites, BAIDU, "baidu");
    struct stat st;
    cr_assert_eq(stat(in_scratch("out/.forage"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0700);
    cr_assert_eq(stat(in_scratch("out/.forage/sites"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0600);
    sites_close(sites);
}

Test(site, wanted_names_that_are_no_good_are_made_safe)
{
    char large[142];
    memset(large, 'l', 141);
    large[141] = '\0';
    const struct {
        const char *wanted;
        const char *name;
    } rows[] = {
        {"", "site"},
        {".", "site"},
        {"..", "site"},
        {"../../etc", "etc"},
        {"/etc/passwd", "etc-passwd"},
        {".forage", "forage"},
        {".bashrc", "bashrc"},
        {"-rf", "rf"},
        {"a~b", "a-b"},
        {"a/b", "a-b"},
        {"a b", "a-b"},
        {"a.", "a"},
        {"[::1]", "1"},
        {"foo.zip", "foo.zip"},
        {"index.HTML", "index.HTML"},
        {"x.bin", "x.bin"},
        {"a\nb\tc", "a-b-c"},
        {"\x1b[2J", "2J"},
        {"\xc3\xa9", "site"},
        {large, "llllllllllllllllllllllllllllllllllllllll"},
    };
    struct sites *sites = open_sites();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char wanted[200];
        snprintf(wanted, sizeof wanted, "%s~~" EVIL_TAG, rows[i].name);
        const char *name = name_of(sites, EVIL, rows[i].wanted);
        cr_expect_str_eq(name, wanted, "\"%s\" gets \"%s\"", rows[i].wanted, name);
        cr_expect(site_name_ok(name), "\"%s\"", name);
    }
    large[140] = '\0';
    cr_assert_str_eq(name_of(sites, EVIL, large), large, "the longest that is kept as it is");
    cr_assert_str_eq(name_of(sites, "http://a:1", "example.com"), "example.com", "no extension of a file here");
    sites_close(sites);
    sites = open_sites();
    cr_assert_eq(damaged(sites), 0, "what is written can be read");
    sites_close(sites);
}

Test(site, origins_that_would_spoil_the_file_are_refused)
{
    static const char *const origins[] = {
        "", "http://a b:80", "http://a\n:80", "http://a\tb:80", "http://\xc3\xa9:80", "\x7f"};
    struct sites *sites = open_sites();
    const char *name = "untouched";
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
        cr_expect_eq(sites_name(sites, origins[i], "a", &name), STORE_INVALID, "\"%s\"", origins[i]);
    char large[SITE_ORIGIN_MAX + 2];
    memset(large, 'o', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    cr_assert_eq(sites_name(sites, large, "a", &name), STORE_INVALID);
    cr_assert_str_eq(name, "untouched");
    large[SITE_ORIGIN_MAX] = '\0';
    cr_assert_str_eq(name_of(sites, large, "a"), "a");
    sites_close(sites);
    cr_assert_eq(strlen(content_of("out/.forage/sites")), SITE_ORIGIN_MAX + 3);
}

static void plant_file(const char *content)
{
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/.forage"), 0700);
    write_file("out/.forage/sites", content);
}

Test(site, damaged_lines_are_skipped_and_counted_and_the_others_hold)
{
    plant_file("good\thttp://good:80\n"
               "no tab\n"
               "../up\thttp://a:80\n"
               ".forage\thttp://a:80\n"
               "x.html\thttp://a:80\n"
               "empty\t\n"
               "\thttp://a:80\n"
               "two\ttabs\there\n"
               "good\thttp://thief:80\n"
               "good~~aaaaaaaaaaaaaaaa\thttp://not-its-tag:80\n"
               "good~~" EVIL_TAG "\t" EVIL "\n"
               "last\thttp://last:80\n"
               "torn\thttp://to");
    struct sites *sites = open_sites();
    size_t first;
    cr_assert_eq(sites_damaged(sites, &first), 10);
    cr_assert_eq(first, 2);
    cr_assert_eq(sites_count(sites), 3);
    cr_assert_str_eq(name_of(sites, "http://good:80", "good"), "good");
    cr_assert_str_eq(name_of(sites, EVIL, "good"), "good~~" EVIL_TAG);
    cr_assert_str_eq(name_of(sites, "http://last:80", "last"), "last");
    cr_assert_str_eq(name_of(sites, "http://torn:80", "torn"), "torn", "half a line gives nothing away");
    sites_close(sites);
    sites = open_sites();
    cr_assert_eq(sites_damaged(sites, &first), 10, "the new line is one of its own");
    cr_assert_str_eq(name_of(sites, EVIL, "torn"), "torn~~" EVIL_TAG);
    sites_close(sites);
}

Test(site, bytes_of_zero_and_lines_without_end_do_no_harm)
{
    plant_file("");
    FILE *f = fopen(in_scratch("out/.forage/sites"), "w");
    fwrite("a\0b\thttp://a:80\nb\thttp://b\0:80\n", 1, 32, f);
    for (int i = 0; i < 300000; i++)
        fputc('x', f);
    fputs("\nc\thttp://c:80\n", f);
    for (int i = 0; i < 300000; i++)
        fputc(i % 2 ? 'x' : '\n', f);
    fclose(f);
    struct sites *sites = open_sites();
    size_t first;
    cr_assert_eq(sites_damaged(sites, &first), 3 + 150000);
    cr_assert_eq(first, 1);
    cr_assert_eq(sites_count(sites), 1);
    cr_assert_str_eq(name_of(sites, EVIL, "c"), "c~~" EVIL_TAG);
    sites_close(sites);
}

Test(site, two_runs_at_once_give_no_name_twice)
{
    struct sites *one = open_sites(), *two = open_sites();
    cr_assert_str_eq(name_of(one, BAIDU, "baidu"), "baidu");
    cr_assert_str_eq(name_of(two, BAIDU_TLS, "baidu"), "baidu~~" TLS_TAG);
    cr_assert_str_eq(name_of(two, BAIDU, "baidu"), "baidu");
    cr_assert_str_eq(name_of(two, EVIL, "evil"), "evil");
    cr_assert_str_eq(name_of(one, BAIDU, "evil"), "evil~~zvi3nksg3ypdck2p");
    sites_close(one);
    sites_close(two);
    one = open_sites();
    cr_assert_eq(damaged(one), 0);
    cr_assert_eq(sites_count(one), 4);
    sites_close(one);
}

Test(site, a_name_that_cannot_be_kept_is_not_given)
{
    struct sites *sites = open_sites();
    name_of(sites, BAIDU, "baidu");
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    small = (struct rlimit){40, before.rlim_max}; /* room for a part of the line */
    setrlimit(RLIMIT_FSIZE, &small);
    const char *name = "untouched";
    cr_assert_eq(sites_name(sites, EVIL, "evil", &name), STORE_SYSTEM);
    setrlimit(RLIMIT_FSIZE, &before);
    cr_assert_str_eq(name, "untouched");
    cr_assert_str_eq(content_of("out/.forage/sites"), "baidu\t" BAIDU "\n");
    cr_assert_str_eq(name_of(sites, EVIL, "evil"), "evil");
    cr_assert_str_eq(content_of("out/.forage/sites"), "baidu\t" BAIDU "\nevil\t" EVIL "\n");
    sites_close(sites);
}

Test(site, links_in_the_place_of_folder_and_file_are_not_followed)
{
    struct sites *sites = NULL;
    mkdir(in_scratch("elsewhere"), 0755);
    mkdir(in_scratch("out"), 0755);
    cr_assert_eq(symlink("../elsewhere", in_scratch("out/.forage")), 0);
    cr_assert_eq(sites_open(in_scratch("out"), &sites), STORE_SYSTEM);
    cr_assert_eq(errno, ENOTDIR);
    unlink(in_scratch("out/.forage"));
    mkdir(in_scratch("out/.forage"), 0700);
    cr_assert_eq(symlink("../../elsewhere/sites", in_scratch("out/.forage/sites")), 0);
    cr_assert_eq(sites_open(in_scratch("out"), &sites), STORE_SYSTEM);
    cr_assert_eq(errno, ELOOP);
    unlink(in_scratch("out/.forage/sites"));
    cr_assert_eq(mkfifo(in_scratch("out/.forage/sites"), 0600), 0);
    cr_assert_eq(sites_open(in_scratch("out"), &sites), STORE_SYSTEM);
    cr_assert_eq(errno, EINVAL);
    cr_assert_null(sites);
    cr_assert_eq(files_below("elsewhere"), 0);
}

Test(site, no_root_file_is_another_sites_folder)
{
    static const char *const types[] = {NULL,         "text/html", "image/png",
                                        "text/plain", "made/up",   "application/xhtml+xml"};
    static const char *const wanted[] = {"a",       "a.html", "a.bin", "a.html.bin", "a.org",
                                         "a.xhtml", "a.txt",  "a.png", "a.html.org"};
    enum { W = sizeof wanted / sizeof wanted[0] };
    struct sites *sites = open_sites();
    const char *names[W];
    for (int i = 0; i < W; i++)
        names[i] = name_of(sites, EVIL, wanted[i]);
    for (int i = 0; i < W; i++) {
        for (size_t type = 0; type < sizeof types / sizeof types[0]; type++) {
            char file[NAME_SIZE];
            struct name_parts parts = {names[i], "/", NULL, types[type]};
            cr_assert_eq(name_make(&parts, file), STORE_OK);
            for (int other = 0; other < W; other++)
                cr_expect_str_neq(file, names[other]);
        }
    }
    sites_close(sites);
}

Test(site, two_hundred_thousand_sites_take_less_than_a_hundred_bytes_each)
{
    enum { SITES = 200000 };
    plant_file("");
    FILE *f = fopen(in_scratch("out/.forage/sites"), "w");
    for (int i = 0; i < SITES; i++)
        fprintf(f, "some-site-%d\thttps://www.some-site-%d.com:443\n", i, i);
    fclose(f);
    struct sites *sites = open_sites();
    cr_assert_eq(sites_count(sites), SITES);
    cr_assert_eq(damaged(sites), 0);
    cr_assert_lt(sites_bytes(sites) / SITES, 100);
    for (int i = 0; i < SITES; i++) {
        char origin[64], wanted[32];
        snprintf(origin, sizeof origin, "https://www.some-site-%d.com:443", i);
        snprintf(wanted, sizeof wanted, "some-site-%d", i);
        const char *name = name_of(sites, origin, wanted);
        if (strcmp(name, wanted) != 0)
            cr_assert_str_eq(name, wanted);
    }
    sites_close(sites);
}
