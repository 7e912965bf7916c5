/* Crawls of a web that lies in the test: its workers answer with link records, and what they are asked for is noted.
 *
 * The test's act calls note_asked, then answers: page_of and friends collect links, answer_page sends them. The test's
 * process runs the crawls, or has a child run one that is killed. */
#ifndef TESTS_DISCOVERY_SUPPORT_H
#define TESTS_DISCOVERY_SUPPORT_H

#include "folder_support.h"
#include "worker_support.h"

#include "web/links/meta.h"

#include <forage/forage.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { NOTES_MAX = 8192, NOTE_SIZE = 120 };

/* Shared by the test, its crawls and their workers. */
struct notes {
    atomic_uint count;
    atomic_uint kill_at; /* the request that kills the crawl; 0: none does */
    atomic_int crawler;
    atomic_uint deaths; /* of workers, as the test counts them */
    char urls[NOTES_MAX][NOTE_SIZE];
};

static struct notes *notes;

static inline void web_make(void)
{
    folder_make_in_memory();
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(notes, MAP_FAILED);
}

static inline void web_remove(void)
{
    munmap(notes, sizeof *notes);
    folder_remove();
}

/* ---- The worker's side ---- */

/* Note what is asked for. Of one request the crawl dies. */
static inline void note_asked(const struct asked *a)
{
    unsigned n = atomic_fetch_add(&notes->count, 1);
    int len = a->request.url.len < NOTE_SIZE ? (int)a->request.url.len : NOTE_SIZE - 1;
    if (n < NOTES_MAX)
        snprintf(notes->urls[n], NOTE_SIZE, "%.*s", len, a->request.url.data);
    if (n + 1 == notes->kill_at)
        kill(notes->crawler, SIGKILL);
}

static inline void link_of_kind(struct buffer *records, enum fetch_link_kind kind, bool nofollow, const char *url)
{
    struct fetch_link link = {
        .kind = kind,
        .nofollow = nofollow,
        .priority = FETCH_LINK_PRIORITY_DEFAULT,
        .url = {url, strlen(url)},
    };
    if (!fetch_link_encode(&link, records))
        _exit(1);
}

static inline void link_to(struct buffer *records, const char *url)
{
    link_of_kind(records, FETCH_LINK_PAGE, false, url);
}

/* Send a page that has LINKS, whose memory is released. */
static inline void answer_page(const struct asked *a, struct buffer *links, unsigned robots, const char *body)
{
    struct fetch_answer page = {
        .status = 200,
        .kept = true,
        .robots = robots,
        .type = {"text/html", 9},
        .body = {body, strlen(body)},
        .body_bytes = strlen(body),
        .links = {buffer_text(links), links->len},
    };
    answer(a, &page);
    buffer_release(links);
}

/* A page whose words are its URL. */
static inline void answer_page_of_its_own(const struct asked *a, struct buffer *links)
{
    char body[512];
    snprintf(body, sizeof body, "%.*s", (int)a->request.url.len, a->request.url.data);
    answer_page(a, links, 0, body);
}

static inline void answer_redirect(const struct asked *a, const char *to)
{
    answer(a, &(struct fetch_answer){.status = 301, .location = {to, strlen(to)}});
}

static inline void answer_status(const struct asked *a, unsigned status)
{
    answer(a, &(struct fetch_answer){.status = status});
}

/* ---- The test's side ---- */

static inline unsigned notes_taken(void)
{
    return notes->count < NOTES_MAX ? notes->count : NOTES_MAX;
}

static inline unsigned times_asked(const char *url)
{
    unsigned times = 0;
    for (unsigned i = 0; i < notes_taken(); i++)
        times += strcmp(notes->urls[i], url) == 0;
    return times;
}

/* Which request asked for URL first, from 1 on; 0: none. */
static inline unsigned when_asked(const char *url)
{
    for (unsigned i = 0; i < notes_taken(); i++)
        if (strcmp(notes->urls[i], url) == 0)
            return i + 1;
    return 0;
}

static inline struct forage_options crawl_options(void)
{
    static char output[PATH_MAX];
    snprintf(output, sizeof output, "%s", in_folder("out"));
    return (struct forage_options){
        .output = output,
        .recursive = true,
        .ignore_robots = true,
        .delay_ms = FORAGE_DELAY_NONE,
        .workers = 1,
        .tries = 1,
        .max_wait_ms = 1,
        .host_errors = FORAGE_HOST_ERRORS_NEVER,
    };
}

static inline enum forage_status crawl_seeds(const struct forage_options *options, const char *const *seeds,
                                             struct forage_summary *summary)
{
    struct forage *forage;
    char error[256] = "";
    enum forage_status s = forage_new(options, &forage, error, sizeof error);
    if (s != FORAGE_OK) {
        fprintf(stderr, "%s\n", error);
        return s;
    }
    for (; *seeds; seeds++)
        forage_add_url(forage, *seeds);
    s = forage_run(forage, summary);
    forage_free(forage);
    return s;
}

static inline struct forage_summary crawl_with(const struct forage_options *options, const char *const *seeds)
{
    struct forage_summary summary = {0};
    enum forage_status s = crawl_seeds(options, seeds, &summary);
    cr_expect_eq(s, FORAGE_OK, "%d", (int)s);
    return summary;
}

static inline struct forage_summary crawl_one(const struct forage_options *options, const char *seed)
{
    return crawl_with(options, (const char *const[]){seed, NULL});
}

/* The same in a child, which a worker or a callback may kill. True: it was killed. */
static inline bool crawl_in_child(const struct forage_options *options, const char *const *seeds)
{
    int status = 0;
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct forage_summary summary;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        notes->crawler = getpid();
        _exit(crawl_seeds(options, seeds, &summary) == FORAGE_OK ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    cr_assert(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "the crawl ended with %#x", (unsigned)status);
    return killed;
}

#endif
