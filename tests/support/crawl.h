/* A crawl against the fixture server, and what its log, its files and its standard error say of each URL.
 *
 *     struct crawl c = {.run.input = "http://www.shop.com/\nhttp://www.shop.com/gone\n"};
 *     static const struct crawl_row rows[] = {
 *         {"http://www.shop.com/", 200, .file = "shop.html", .body = "<p>here"},
 *         {"http://www.shop.com/gone", 404},
 *         {0}};
 *     crawl_run(&c, f, "-", NULL);
 *     cr_assert(crawl_agrees(&c, rows));
 *     cr_assert_eq(c.run.status, 8);
 *     crawl_release(&c);
 *
 * Every host's port 80 is the fixture, by --resolve, so that URLs and file names do not depend on the port. The pages
 * go to "output" and the log to "log" below the run's folder. Each URL is asked for once, and robots.txt not at all,
 * unless the arguments say otherwise (--tries, --robots on). crawl_again runs once more in the same folder, as cron
 * would.
 *
 * Context: as run.h. */
#ifndef SUPPORT_CRAWL_H
#define SUPPORT_CRAWL_H

#include "support/fixture.h"
#include "support/run.h"

#include <jansson.h>

struct crawl {
    struct run run; /* set its input and the like before the start */
    json_t *log;    /* after crawl_wait: an array of the log's objects */
    char *folder;   /* crawl_again's own */
};

/* Arguments with which a crawl finds all pages due that the run before, with the same, has fetched. */
#define CRAWL_ALL_DUE "--min-age", "1ms", "--max-age", "1ms"

/* What must come of one URL. */
struct crawl_row {
    const char *url; /* as the log has it; an entry without it ends the table */
    unsigned status;
    const char *error; /* NULL: none */
    const char *file;  /* below the output folder; NULL: none */
    const char *body;  /* of the file; NULL: not looked at */
};

/* Run forage with the usual arguments and, up to NULL, more; wait for its end. F NULL: nothing is resolved. */
void crawl_run(struct crawl *c, const struct fixture *f, ...) __attribute__((sentinel));

/* Run it once more with other arguments, in the same folder; the log and the texts are the new run's. */
void crawl_again(struct crawl *c, const struct fixture *f, ...) __attribute__((sentinel));

/* crawl_run in two steps. */
void crawl_start(struct crawl *c, const struct fixture *f, ...) __attribute__((sentinel));
void crawl_wait(struct crawl *c);

/* Between the two: send SIGNAL (0: none) to each worker that lives, and return how many there are. A worker is a child
 * of a child of the program. */
unsigned crawl_signal_workers(const struct crawl *c, int signal);

/* Whether the log holds ROWS, each once, and nothing else; the output folder the files that they name, and nothing
 * else; and standard error a line for each failure and, but with -v or on a terminal, for nothing else. What differs is
 * printed on the test's standard error. */
bool crawl_agrees(const struct crawl *c, const struct crawl_row *rows);

/* A list of the URLs of ROWS, a line each; freed by the caller. */
char *crawl_list(const struct crawl_row *rows);

/* The log's object of URL, borrowed; NULL when there is none. */
const json_t *crawl_logged(const struct crawl *c, const char *url);

/* The path of NAME below the output folder, freed by the caller; and whether that file holds TEXT. */
char *crawl_path(const struct crawl *c, const char *name);
bool crawl_holds(const struct crawl *c, const char *name, const char *text);

/* The text of the file NAME below the run's folder, which must be there; freed by the caller. */
char *crawl_read(const struct crawl *c, const char *name);

/* As files_tree of the output folder, but without what forage keeps there for itself, in .forage. */
char *crawl_tree(const struct crawl *c);

void crawl_release(struct crawl *c);

#endif
