/* Names: whatever a URL or a server says, no page leaves the output folder and no two URLs share a file. */
#include "hostile/attack.h"

#include <sys/stat.h>

TestSuite(names, .timeout = 60);

/* Answers with the host and target that were asked for, so that a file tells whose it is. */
static int echo(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    fixture_printf(reply, "%s %s", request->host, request->target);
    return 0;
}

static char *repeat(const char *unit, size_t count)
{
    size_t len = strlen(unit);
    char *text = support_alloc(len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, unit, len);
    return text;
}

/* The body that echo gave for URL. */
static char *echo_of(const char *url)
{
    const char *host = strstr(url, "://") + 3, *path = strchr(host, '/');
    return support_format("%.*s %s", (int)(path - host), host, path);
}

/* Each URL of the log has a file of its own, which holds what was asked for. */
static void expect_own_files(const struct run *run, const json_t *log)
{
    json_t *owners = json_object();
    for (size_t i = 0; i < json_array_size(log); i++) {
        const json_t *entry = json_array_get(log, i);
        const char *url = text_member(entry, "url"), *file = text_member(entry, "file");
        cr_assert_str_eq(text_member(entry, "error"), "", "%s", url);
        const json_t *owner = json_object_get(owners, file);
        cr_assert(!owner, "%s and %s share %s", url, json_string_value(owner), file);
        json_object_set_new(owners, file, json_string(url));
        char *body = echo_of(url);
        cr_assert(attack_file_is(run, file, body), "%s: %s does not hold %s", url, file, body);
        free(body);
    }
    json_decref(owners);
}

/* No component is hidden, an option or a way up, and none is longer than file systems take. */
static void expect_tame_paths(const struct run *run)
{
    char *pages = attack_pages(run);
    cr_assert(attack_is_clean(pages, strlen(pages)));
    for (char *line = pages; *line; line += strcspn(line, "\n") + 1) {
        cr_assert_leq(strcspn(line, "\n"), 1024);
        for (char *part = line;; part++) {
            size_t len = strcspn(part, "/\n");
            cr_assert(len > 0 && len <= 255 && *part != '.' && *part != '-', "%.300s", line);
            cr_assert(!memchr(part, ' ', len) && !memchr(part, '\\', len), "%.300s", line);
            part += len;
            if (*part == '\n')
                break;
        }
    }
    free(pages);
}

static void expect_same_names(const json_t *before, const json_t *after)
{
    cr_assert_eq(json_array_size(before), json_array_size(after));
    for (size_t i = 0; i < json_array_size(before); i++) {
        const json_t *old = json_array_get(before, i);
        const json_t *new = attack_entry(after, text_member(old, "url"));
        cr_assert(new, "%s", text_member(old, "url"));
        cr_assert_str_eq(text_member(old, "file"), text_member(new, "file"));
    }
}

/* Fetch LIST below six folders, beside which a canary lies, and again in another order of workers. */
static json_t *fetch_list(const char *list)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo});
    char *everywhere = attack_everywhere(f), *top = files_temp_folder(), *deep = files_path(top, "a/b/c/d/e/f");
    char *mark = files_path(deep, "canary"), *whole;
    files_write(mark, "alive", -1);
    struct run first = {.working_folder = deep, .input = list};
    attack(&first, "--resolve", everywhere, "-j", "2", "-");
    json_t *log = attack_log(&first);
    expect_own_files(&first, log);
    expect_tame_paths(&first);
    char *path = files_path(deep, "log");
    cr_assert_eq(remove(path), 0);

    struct run second = {.working_folder = deep, .input = list};
    attack(&second, "--resolve", everywhere, "-j", "1", "-c", "1", "-");
    json_t *again = attack_log(&second);
    expect_same_names(log, again);
    expect_own_files(&second, again);

    whole = files_tree(top);
    cr_assert_eq(text_lines(whole), text_times(whole, "a/b/c/d/e/f/out/") + 2, "something left the folder:\n%s", whole);
    cr_assert(files_equals(mark, "alive"));
    run_release(&first);
    run_release(&second);
    json_decref(again);
    files_remove(top);
    free(whole);
    free(path);
    free(mark);
    free(deep);
    free(top);
    free(everywhere);
    fixture_stop(f);
    return log;
}

/* wget's CVE-2010-2252 and CVE-2016-4971. */
Test(names, a_redirect_to_a_hidden_file_does_not_name_the_page)
{
    static const struct fixture_route routes[] = {{.path = "/asked", .reply = {.location = "/.bashrc"}},
                                                  {.path = "/other", .reply = {.location = "/%2e%2e/%2e%2e/.profile"}},
                                                  {.path = "/", .prefix = true, .reply = {.body = "alias ls=rm"}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct run run = {0};
    attack(&run, fixture_url(f, "/asked"), fixture_url(f, "/other"));
    char *pages = attack_pages(&run);
    cr_assert_str_eq(pages, "127.0.0.1/asked~.html\n127.0.0.1/other~.html\n");
    cr_assert_eq(run.status, 0);
    free(pages);
    run_release(&run);
    fixture_stop(f);
}

/* curl's CVE-2016-0754, wget2's CVE-2025-69194: the header has no say in the name. */
Test(names, a_content_disposition_does_not_name_the_page)
{
    static const struct fixture_route routes[] = {
        {.path = "/up", .reply = {.headers = "Content-Disposition: attachment; filename=\"../../canary\"\r\n"}},
        {.path = "/hidden", .reply = {.headers = "Content-Disposition: attachment; filename=.bashrc\r\n"}},
        {.path = "/absolute", .reply = {.headers = "Content-Disposition: attachment; filename*=UTF-8''%2Ftmp%2Fx\r\n"}},
        {.path = "/type", .reply = {.type = "text/../../../x"}},
        {.path = "/type2", .reply = {.type = "../../x\\y; charset=/etc/passwd"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *top = files_temp_folder(), *deep = files_path(top, "a/b"), *mark = files_path(top, "canary");
    char *in = files_path(deep, "in");
    files_write(mark, "alive", -1);
    files_write(in, "", 0);
    struct run run = {.working_folder = deep};
    attack(&run, fixture_url(f, "/up"), fixture_url(f, "/hidden"), fixture_url(f, "/absolute"), fixture_url(f, "/type"),
           fixture_url(f, "/type2"));
    char *tree = files_tree(top);
    cr_assert(files_equals(mark, "alive"));
    cr_assert_eq(text_times(tree, "a/b/out/127.0.0.1/"), 5, "%s", tree);
    cr_assert_eq(text_lines(tree) - text_times(tree, "a/b/out/.forage/"), 5 + 3, "%s", tree); /* log, in, canary */
    expect_tame_paths(&run);
    files_remove(top);
    run_release(&run);
    free(tree);
    free(in);
    free(mark);
    free(deep);
    free(top);
    fixture_stop(f);
}

Test(names, no_way_of_writing_a_path_leaves_the_output_folder)
{
    static const char list[] = "http://a.test/../../canary\n"
                               "http://a.test/../../../canary?x\n"
                               "http://a.test/%2e%2e/%2e%2e/canary/1\n"
                               "http://a.test/%2e%2e%2f%2e%2e%2fcanary\n"
                               "http://a.test/..%2f..%2f..%2fcanary\n"
                               "http://a.test/..%5c..%5ccanary\n"
                               "http://a.test/..\\..\\canary/2\n"
                               "http://a.test/x/..;/..;/canary\n"
                               "http://a.test//etc/passwd\n"
                               "http://a.test///etc/passwd\n"
                               "http://a.test/%2fetc%2fpasswd\n"
                               "http://a.test/%00\n"
                               "http://a.test/page%00.html\n"
                               "http://a.test/page.html%00\n"
                               "http://a.test/.bashrc\n"
                               "http://a.test/.ssh/authorized_keys\n"
                               "http://a.test/.forage/sites\n"
                               "http://a.test/.../....//x\n"
                               "http://a.test/~root/x\n"
                               "http://a.test/-rf\n"
                               "http://a.test/--help/x\n"
                               "http://a.test/$(reboot)\n"
                               "http://a.test/`reboot`;reboot|x\n"
                               "http://a.test/a%0ab\n"
                               "http://a.test/a%1b%5b31mb\n"
                               "http://a.test/a%c2%9bb\n"
                               "http://a.test/a%e2%80%aeb\n"
                               "http://a.test/CON\n"
                               "http://a.test/?../../canary\n"
                               "http://a.test/x?/../../canary\n"
                               "http://..test/x\n"
                               "http://.../x\n"
                               "http://a..test/x\n";
    json_t *log = fetch_list(list);
    cr_assert_geq(json_array_size(log), 30);
    json_decref(log);
}

Test(names, long_names_are_shortened_and_never_to_the_same)
{
    static const size_t lengths[] = {199, 200, 201, 254, 255, 256, 1023, 1024, 1025, 4095, 4096, 4097, 65000};
    enum { COUNT = SUPPORT_COUNT(lengths), FORMS = 7 };
    char *list = support_alloc(COUNT * FORMS * 70000);
    size_t len = 0;
    for (size_t i = 0; i < COUNT; i++) {
        char *name = repeat("n", lengths[i]);
        len +=
            (size_t)sprintf(list + len, "http://a.test/%s\nhttp://a.test/%sm\nhttp://a.test/%s/m\n", name, name, name);
        len += (size_t)sprintf(list + len, "http://a.test/%s.html\nhttp://a.test/m/%s.jpg\n", name, name);
        len += (size_t)sprintf(list + len, "http://a.test/?%s\nhttp://a.test/?%sm\n", name, name);
        free(name);
    }
    json_t *log = fetch_list(list);
    cr_assert_eq(json_array_size(log), COUNT * FORMS);
    json_decref(log);
    free(list);
}

/* 63 letters a label, 253 in all, and hosts that differ only behind what a file name can hold. */
Test(names, long_hosts_have_folders_of_their_own)
{
    char *label = repeat("h", 63);
    char *list = support_format("http://%s.%s.%s.test/\nhttp://%s.%s.%s.tess/\nhttp://%s.%s.%s.test/x\n"
                                "http://%s.%s.%s.tess/x\nhttp://%s.test/\nhttp://%s.test/x\n",
                                label, label, label, label, label, label, label, label, label, label, label, label,
                                label, label);
    json_t *log = fetch_list(list);
    cr_assert_eq(json_array_size(log), 6);
    json_decref(log);
    free(list);
    free(label);
}

/* The promise of store/name/name.h that a file is never also a folder. */
Test(names, urls_that_differ_a_little_never_share_a_file_or_make_it_a_folder)
{
    static const char *const paths[] = {
        "/",
        "/?",
        "/a.html",
        "/a.html/",
        "/a.html/b",
        "/a.html~/b",
        "/a.html~",
        "/x",
        "/x/",
        "/x//",
        "/x/index",
        "/x/index.html",
        "/x/index~.html",
        "/x~.html",
        "/x.html",
        "/x?",
        "/x?index",
        "/index",
        "/index.html",
        "/index?",
        "/index~q.html",
        "/x.",
        "/x..",
        "/x./y",
        "/x../y",
        "/x%2e/y",
        "/x%2Fy",
        "/x%2fy",
        "/x/y",
        "/x%5Cy",
        "/X",
        "/x%20",
        "/x+",
        "/x%2b",
        "/x~q=1",
        "/x?q=1",
        "/x?q=1/2",
        "/x?q=1%2f2",
        "/x?Q=1",
        "/a.html?x",
        "/a.html/?x",
        "/a",
        "/a.htm",
        "/a.HTML",
        "/a.html.html",
        "/a.html~.html",
        "/a~~aaaaaaaaaaaaaaaa.html",
        "/v1.2/x",
        "/v1.2",
        "/v1.2~/x",
        "/x.php",
        "/x.php/y",
        "/x.php~.html",
        "//x",
        "/x//y",
        "/;",
        "/x;p",
        "/%41",
        "/A",
        "/%c3%a9",
        "/e%CC%81",
        "/%C3%A9",
        "/con",
    };
    char *list = support_copy("", 1);
    for (size_t i = 0; i < SUPPORT_COUNT(paths); i++) {
        char *longer = support_format("%shttp://a.test%s\nhttp://www.a.test%s\nhttp://a.html%s\nhttp://a.test~x%s\n",
                                      list, paths[i], paths[i], paths[i], paths[i]);
        free(list);
        list = longer;
    }
    json_t *log = fetch_list(list);
    cr_assert_geq(json_array_size(log), 3 * SUPPORT_COUNT(paths));
    json_decref(log);
    free(list);
}

/* One site's page is where another one's folder would be. */
Test(names, sites_whose_pages_and_folders_clash_stay_apart)
{
    static const char list[] =
        "http://a/\nhttp://a.com/\nhttp://www.a.com/\nhttp://www.a/\nhttp://a.com./\n"
        "http://a.html/\nhttp://a.html.com/\nhttp://a.html/x\nhttp://a/x\nhttp://a.com/x\n"
        "http://www.a/x\nhttp://a~.com/x\nhttp://forage/\nhttp://a/b/\nhttp://a/b\nhttp://a/b/c\n"
        "http://1.2.3.4/\nhttp://1.2.3.4/x\nhttp://[2001:db8::1]/\nhttp://[2001:db8::1]/x\n"
        "http://xn--bcher-kva/\nhttp://b\xc3\xbc"
        "cher.com/\nhttp://index/\nhttp://www.com/\n";
    json_t *log = fetch_list(list);
    cr_assert_geq(json_array_size(log), 22);
    json_decref(log);
}

Test(names, sixty_folders_deep_is_a_file_like_any_other)
{
    char *down = repeat("/d", 60), *deeper = repeat("/d", 2000),
         *long_down = repeat("/dddddddddddddddddddddddddddddddddddd", 40);
    char *list =
        support_format("http://a.test%s\nhttp://a.test%s/\nhttp://a.test%s/x.jpg\nhttp://a.test%s\nhttp://a.test%s/x\n"
                       "http://a.test%s/y\nhttp://a.test%s\n",
                       down, down, down, deeper, deeper, deeper, long_down);
    json_t *log = fetch_list(list);
    cr_assert_eq(json_array_size(log), 7);
    json_decref(log);
    free(list);
    free(long_down);
    free(deeper);
    free(down);
}
