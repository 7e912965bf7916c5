/* What a crawl asked for and what it told, as sorted texts that a test can compare with the text it expects.
 *
 *     char *asked = asked_since(f, 0);
 *     cr_expect_str_eq(asked, "a.test/\n"
 *                             "a.test/page\n");
 *     free(asked);
 *
 * Every text is freed by the caller. */
#ifndef SUPPORT_ASKED_H
#define SUPPORT_ASKED_H

#include "support/crawl.h"
#include "support/fixture.h"

/* The requests from the one numbered FROM (counted from 0), a line "HOST/TARGET" each; one that came N times, N > 1,
 * has " xN" behind it. */
char *asked_since(const struct fixture *f, size_t from);

/* How many requests have arrived: to be given to asked_since after the next run. */
size_t asked_count(const struct fixture *f);

/* How many requests HOST got from the one numbered FROM on. */
size_t asked_of(const struct fixture *f, const char *host, size_t from);

/* The URLs of the run's log; with MEMBER not NULL, followed by a space and that member: "http://a.test/ 200". */
char *asked_logged(const struct crawl *c, const char *member);

#endif
