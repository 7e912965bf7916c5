/* What is learned while a request is out: its answer finds another world than the one in which it was sent. */
#include "base/clock.h"
#include "folder_support.h"
#include "store/pages/draft.h"
#include "worker_support.h"

#include <errno.h>
#include <forage/forage.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

TestSuite(late, .init = folder_make, .fini = folder_remove, .timeout = 60);

/* ---- The worker's side ---- */

static const struct fetch_answer none = {.status = 404};

static void (*scene)(const struct asked *a);

static void act(const struct asked *a)
{
    scene(a);
}

/* ---- A host that is named: the first look at inside.test/robots.txt is answered when the list has done so ---- */

static int list = -1; /* the end of the list that is written to */

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

static void name_meanwhile(const struct asked *a)
{
    static const struct fetch_answer blocked = {.error = FETCH_BLOCKED};
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
    scene = name_meanwhile;
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

/* ---- A host that asks for TLS: robots.txt of its other origin is answered when it has done so ---- */

struct origins {
    atomic_uint plain, secure; /* requests for pages of each */
};

static struct origins *origins; /* shared with the workers */

static void ask_for_tls_meanwhile(const struct asked *a)
{
    static struct asked robots;
    static const char sts[] = "strict-transport-security: max-age=1000\n";
    struct fetch_answer secure = fine;
    if (is_for(a, "http://b.test/robots.txt")) {
        robots = *a;
    } else if (is_for(a, "/robots.txt")) {
        answer(a, &none);
    } else if (is_for(a, "https://b.test/first")) {
        secure.headers = (struct text){sts, strlen(sts)};
        answer(a, &secure);
        answer(&robots, &none);
    } else {
        bool is_plain = strncmp(a->request.url.data, "http:", 5) == 0;
        atomic_fetch_add(is_plain ? &origins->plain : &origins->secure, 1);
        answer(a, &fine);
    }
}

/* RFC 6797 section 8.3. Those that had come before went out as they were, with a delay one after another for hours. */
Test(late, what_waits_at_a_host_that_asks_for_tls_is_asked_for_by_tls)
{
    scene = ask_for_tls_meanwhile;
    struct forage *forage;
    struct forage_summary summary;
    const char *hsts = in_folder("hsts");
    struct forage_options options = {.in_memory = true, .workers = 1, .hsts = hsts, .delay_ms = 100};
    origins = mmap(NULL, sizeof *origins, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    forage_add_url(forage, "http://b.test/1");
    forage_add_url(forage, "http://b.test/2");
    forage_add_url(forage, "https://b.test/first");
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    cr_expect_eq(summary.counts.fetched, 3);
    cr_expect_eq(origins->plain, 0, "%u without TLS", origins->plain);
    cr_expect_eq(origins->secure, 2);
    munmap(origins, sizeof *origins);
}

/* ---- A long list: the host that a redirect leads to is named in its last line, behind more than can wait ---- */

static void redirect_inside(const struct asked *a)
{
    static const struct fetch_answer moved = {.status = 302, .location = {"http://inside.test/page", 23}};
    static const struct fetch_answer blocked = {.error = FETCH_BLOCKED};
    static struct asked slow;
    if (is_for(a, "slow.test/robots.txt")) {
        slow = *a;
    } else if (is_for(a, "inside.test/robots.txt") && a->request.flags & FETCH_PUBLIC_ONLY) {
        answer(a, &blocked);
        answer(&slow, &none);
    } else if (is_for(a, "/robots.txt")) {
        answer(a, &none);
    } else {
        answer(a, memmem(a->request.url.data, a->request.url.len, "/moved", 6) ? &moved : &fine);
    }
}

/* The order of the lines makes no difference. Only URLs that wait for the end of the lists count. */
Test(late, a_redirect_waits_for_the_end_of_a_long_list)
{
    enum { LINES = 20000, MOVED_AT = 12000 };
    scene = redirect_inside;
    struct forage *forage;
    struct forage_summary summary;
    struct forage_options options = {.in_memory = true, .workers = 1};
    FILE *out = fopen(in_folder("long"), "w");
    cr_assert(out);
    for (int i = 0; i < LINES; i++)
        fprintf(out, "http://%s/%d\n", i == MOVED_AT ? "a.test/moved" : "slow.test", i);
    fprintf(out, "http://inside.test/named\n");
    fclose(out);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    cr_assert_eq(forage_add_list(forage, in_folder("long")), FORAGE_OK);
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    cr_expect_eq(summary.counts.fetched, LINES + 1, "%u fetched", (unsigned)summary.counts.fetched);
    cr_expect_eq(summary.exit_status, FORAGE_EXIT_OK);
}

/* ---- The end of all workers, while a redirect waits for the end of a list that has none ---- */

static void redirect_and_die(const struct asked *a)
{
    static const struct fetch_answer moved = {.status = 302, .location = {"http://inside.test/page", 23}};
    static const struct fetch_answer blocked = {.error = FETCH_BLOCKED};
    if (is_for(a, "/moved"))
        return answer(a, &moved);
    if (is_for(a, "/page"))
        return answer(a, &blocked);
    _exit(1);
}

/* Invariant 9: it was forgotten, without a word. */
Test(late, what_waits_for_a_list_fails_by_name_when_no_worker_is_left)
{
    enum { DEADLY = 100 };
    struct ends ends = {0};
    scene = redirect_and_die;
    struct forage *forage;
    struct forage_summary summary;
    struct forage_options options = {
        .in_memory = true, .workers = 1, .ignore_robots = true, .on_page = on_page, .context = &ends};
    cr_assert_eq(mkfifo(in_folder("list"), 0600), 0);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    list = open(in_folder("list"), O_RDWR | O_CLOEXEC);
    cr_assert_geq(dup2(list, STDIN_FILENO), 0);
    forage_add_url(forage, "http://a.test/moved");
    for (int i = 0; i < DEADLY; i++) {
        char url[32];
        snprintf(url, sizeof url, "http://dead.test/%d", i);
        forage_add_url(forage, url);
    }
    forage_add_list(forage, "-");
    cr_assert_eq(forage_run(forage, &summary), FORAGE_SYSTEM);
    forage_free(forage);
    cr_expect_eq(ends.count, DEADLY + 1, "%u ended", ends.count);
}

/* ---- A page that broke off at a public address, and whose rest is asked of one that is not ---- */

/* What the linker makes of draft_open: also where files without a name cannot be had. */
bool __wrap_draft_open(struct drafts *drafts, int at, struct draft *draft);
bool __real_draft_open(struct drafts *drafts, int at, struct draft *draft);

static bool by_name;

bool __wrap_draft_open(struct drafts *drafts, int at, struct draft *draft)
{
    drafts->no_tmpfile = by_name;
    return __real_draft_open(drafts, at, draft);
}

static void break_off_and_go_inside(const struct asked *a)
{
    static const char etag[] = "etag: \"1\"\n", line[] = "http://a.test/last\n";
    static const struct fetch_answer moved = {.status = 302, .location = {"http://inside.test/page", 23}};
    static const struct fetch_answer blocked = {.error = FETCH_BLOCKED};
    if (is_for(a, "/moved"))
        return answer(a, &moved);
    if (!is_for(a, "/page"))
        return answer(a, &fine);
    if (a->request.resume_at) {
        answer(a, &blocked);
        int fd = open(in_folder("list"), O_WRONLY | O_CLOEXEC);
        if (write(fd, line, strlen(line)) != (ssize_t)strlen(line))
            _exit(1);
        close(fd);
        return;
    }
    part(a, "half", 4);
    answer(a, &(struct fetch_answer){.status = 200,
                                     .error = FETCH_RESET,
                                     .kept = true,
                                     .body_bytes = 4,
                                     .total_bytes = 8,
                                     .headers = {etag, strlen(etag)}});
}

/* Files below the output folder that are open and have no name yet, or one of those that nobody looks for. */
static int drafts_open(void)
{
    int count = 0;
    char target[PATH_MAX];
    const char *out = in_folder("out/");
    DIR *dir = opendir("/proc/self/fd");
    cr_assert(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        bool is_draft = strstr(target, "/" STORE_TEMPORARY_PREFIX) || strstr(target, "/#");
        count += strncmp(target, out, strlen(out)) == 0 && is_draft;
    }
    closedir(dir);
    return count;
}

static int names_of_drafts(void)
{
    int count = 0;
    DIR *dir = opendir(in_folder("out"));
    cr_assert(dir);
    for (struct dirent *e; (e = readdir(dir));)
        count += strncmp(e->d_name, STORE_TEMPORARY_PREFIX, strlen(STORE_TEMPORARY_PREFIX)) == 0;
    closedir(dir);
    return count;
}

struct broken_off {
    struct forage *forage;
    bool is_stopped; /* instead of reading the list to its end */
    int still_open;
    unsigned blocked;
};

static void on_end(const struct forage_page *page, void *context)
{
    enum { SOON_MS = 5000 };
    struct broken_off *b = context;
    b->blocked += strcmp(page->error, "blocked") == 0;
    if (strcmp(page->url, "http://a.test/last") != 0)
        return;
    for (int64_t deadline = deadline_after(SOON_MS); drafts_open() && deadline_left_ms(deadline) > 0;)
        poll(NULL, 0, 1); /* for the writer to let go of it */
    b->still_open = drafts_open();
    if (b->is_stopped)
        forage_stop(b->forage);
    else
        close(list);
}

/* Each kept its file open, until there were no descriptors left for the good ones; with names, they stayed behind. */
Test(late, a_page_that_waits_for_a_list_has_no_file)
{
    for (int i = 0; i < 4; i++) {
        struct broken_off b = {.is_stopped = i & 1};
        struct forage_summary summary;
        struct forage_options options = {.output = in_folder("out"),
                                         .workers = 1,
                                         .ignore_robots = true,
                                         .no_state = true,
                                         .max_wait_ms = 1,
                                         .on_page = on_end,
                                         .context = &b};
        by_name = i & 2;
        scene = break_off_and_go_inside;
        int before = descriptors();
        cr_assert_eq(mkfifo(in_folder("list"), 0600), 0);
        cr_assert_eq(forage_new(&options, &b.forage, NULL, 0), FORAGE_OK);
        list = open(in_folder("list"), O_RDWR | O_CLOEXEC);
        int in = open(in_folder("list"), O_RDONLY | O_CLOEXEC);
        cr_assert_geq(dup2(in, STDIN_FILENO), 0);
        close(in);
        forage_add_url(b.forage, "http://a.test/moved");
        forage_add_list(b.forage, "-");
        cr_assert_eq(forage_run(b.forage, &summary), FORAGE_OK);
        forage_free(b.forage);
        if (b.is_stopped)
            close(list);
        cr_expect_eq(summary.counts.fetched, 1, "%d", i);
        cr_expect_eq(b.blocked, !b.is_stopped, "%d: %u", i, b.blocked);
        cr_expect_eq(b.still_open, 0, "%d: %d files are open", i, b.still_open);
        cr_expect_eq(names_of_drafts(), 0, "%d", i);
        cr_expect_eq(descriptors(), before, "%d: %d descriptors, %d before", i, descriptors(), before);
        unlink(in_folder("list"));
        files_remove(in_folder("out"));
    }
}

/* ---- A disk that is full after a few pieces of a page that has many ---- */

enum { PIECES = 5000, PIECES_WITH_ROOM = 10 };

/* What the linker makes of draft_write. */
bool __wrap_draft_write(struct draft *draft, const void *data, size_t len);
bool __real_draft_write(struct draft *draft, const void *data, size_t len);

static bool disk_is_small;

bool __wrap_draft_write(struct draft *draft, const void *data, size_t len)
{
    static atomic_uint written;
    if (!disk_is_small || atomic_fetch_add(&written, 1) < PIECES_WITH_ROOM)
        return __real_draft_write(draft, data, len);
    errno = ENOSPC;
    return false;
}

static atomic_uint *pieces_sent; /* shared with the worker */

static void send_for_long(const struct asked *a)
{
    for (int i = 0; i < PIECES; i++) {
        part(a, "more", 4);
        mp_worker_flush(a->worker);
        atomic_fetch_add(pieces_sent, 1);
        poll(NULL, 0, 1); /* as a server takes its time */
    }
    answer(a, &(struct fetch_answer){.status = 200, .kept = true, .body_bytes = 4 * PIECES});
}

static void count_line(const char *file, unsigned long line, const char *reason, void *context)
{
    (void)file, (void)line;
    *(unsigned *)context += strcmp(reason, strerror(ENOSPC)) == 0;
}

/* All of the page came first, however large it was. */
Test(late, a_full_disk_ends_the_run_before_the_page_that_met_it_has_come)
{
    unsigned told = 0;
    struct forage *forage;
    struct forage_summary summary;
    struct forage_options options = {.output = in_folder("out"),
                                     .workers = 1,
                                     .ignore_robots = true,
                                     .no_state = true,
                                     .on_bad_line = count_line,
                                     .context = &told};
    scene = send_for_long;
    disk_is_small = true;
    pieces_sent = mmap(NULL, sizeof *pieces_sent, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    forage_add_url(forage, "http://a.test/page");
    cr_assert_eq(forage_run(forage, &summary), FORAGE_FILE);
    forage_free(forage);
    cr_expect_eq(told, 1, "told %u times", told);
    cr_expect_eq(summary.exit_status, FORAGE_EXIT_FILE);
    cr_expect_eq(summary.counts.failed, 1);
    cr_expect_eq(summary.counts.fetched, 0);
    cr_expect_lt(*pieces_sent, PIECES);
    cr_expect_eq(names_of_drafts(), 0);
    munmap(pieces_sent, sizeof *pieces_sent);
}
