/* What is learned while a request is out: its answer finds another world than the one in which it was sent. */
#include "folder_support.h"
#include "worker_support.h"

#include <forage/forage.h>
#include <sys/ioctl.h>

TestSuite(late, .init = folder_make, .fini = folder_remove, .timeout = 60);

static int list = -1; /* the end of the list that is written to */

/* ---- The worker's side: the first look at inside.test/robots.txt is answered when the list has named that host meanwhile ---- */

static void name_inside(void)
{
    static const char lines[] = "http://inside.test/named\nhttp://a.test/last\n";
    int fd = open(in_folder("list"), O_WRONLY | O_CLOEXEC), unread = 1;
    if (write(fd, lines, strlen(lines)) != (ssize_t)strlen(lines))
        _exit(1);
    while (unread && ioctl(fd, FIONREAD, &unread) == 0)
        poll(NULL, 0, 1);
    close(fd);
}

static void act(const struct asked *a)
{
    static const struct fetch_answer blocked = {.error = FETCH_BLOCKED}, none = {.status = 404};
    static const struct fetch_answer moved = {.status = 302, .location = {"http://inside.test/page", 23}};
    static const char rules[] = "User-agent: *\nDisallow: /page\n";
    bool is_public = a->request.flags & FETCH_PUBLIC_ONLY;
    if (is_for(a, "a.test/robots.txt"))
        return answer(a, &none);
    if (is_for(a, "/moved"))
        return answer(a, &moved);
    if (!is_for(a, "inside.test/robots.txt"))
        return answer(a, &fine);
    if (is_public) {
        name_inside();
        return answer(a, &blocked);
    }
    answer(a, &(struct fetch_answer){
                  .status = 200, .kept = true, .body = {rules, strlen(rules)}, .body_bytes = strlen(rules)});
}

/* ---- The parent's side ---- */

struct ends {
    unsigned count, by_robots;
};

static void on_page(const struct forage_page *page, void *context)
{
    struct ends *ends = context;
    ends->count++;
    ends->by_robots += strcmp(page->error, "robots") == 0;
    if (strcmp(page->url, "http://a.test/last") == 0)
        close(list); /* that was all */
}

/* The host was opened when its page had just been closed in by the second request for robots.txt. */
Test(late, a_host_that_is_named_meanwhile_waits_for_its_rules)
{
    struct ends ends = {0};
    struct forage *forage;
    struct forage_summary summary;
    const char *file = in_folder("summary");
    struct forage_options options = {
        .summary = file, .in_memory = true, .workers = 1, .on_page = on_page, .context = &ends};
    cr_assert_eq(mkfifo(in_folder("list"), 0600), 0);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    list = open(in_folder("list"), O_RDWR | O_CLOEXEC);
    cr_assert_geq(dup2(open(in_folder("list"), O_RDONLY | O_CLOEXEC), STDIN_FILENO), 0);
    forage_add_url(forage, "http://a.test/moved");
    forage_add_list(forage, "-");
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    cr_expect_eq(ends.count, 3, "%u ended", ends.count);
    cr_expect_eq(summary.counts.fetched, 2, "%u fetched", (unsigned)summary.counts.fetched);
    cr_expect_eq(ends.by_robots, 1);
    const char *text = content_of("summary");
    cr_assert_not_null(text);
    cr_expect(strstr(text, "\"hosts\":{\"well\":2,\"errors\":0,\"unreachable\":0}"), "%s", text);
}
