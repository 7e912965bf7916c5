/* Memory: it does not grow with the length of a list, but for what tells duplicates. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__ /* its own memory would be measured, and it is slow */
enum { DISTINCT = 5000, MEASURED = false };
#else
enum { DISTINCT = 100000, MEASURED = true };
#endif

enum { ROUNDS = 10, LIMIT_MIB = 48 };

/* Each URL is asked for at a port where nobody is, which is the cheapest end of a URL that goes all the way through the
 * workers; then it comes again. */
Test(memory, a_list_of_a_million_lines_takes_little, .timeout = 120)
{
    enum { LINE = 28 };
    size_t room = (size_t)DISTINCT * LINE * ROUNDS + 1, len = 0;
    char *list = support_alloc(room), resolve[48], summary[128];
    for (unsigned i = 0; i < ROUNDS * DISTINCT; i++)
        len += (size_t)snprintf(list + len, room - len, "www.host%u.com/%u\n", i % DISTINCT % 1000, i % DISTINCT);
    snprintf(resolve, sizeof resolve, "*:80:127.0.0.1:%u", support_closed_port());
    snprintf(summary, sizeof summary, "0 fetched (0 B), %u failed, %u skipped, 0 bad lines in ", (unsigned)DISTINCT,
             (unsigned)(DISTINCT * (ROUNDS - 1)));
    struct run run = {.input = list, .input_len = len, .measure_memory = true, .time_limit_ms = 100000};
    run_forage(&run, "--resolve", resolve, "-", NULL);
    cr_assert_eq(run.status, FORAGE_EXIT_NETWORK);
    cr_assert(text_has(run.err, summary), "%s", run.err_len < 2000 ? run.err : run.err + run.err_len - 2000);
    cr_assert_gt(run.peak_pss_bytes, 0);
    if (MEASURED)
        cr_assert_lt(run.peak_pss_bytes, (uint64_t)LIMIT_MIB << 20, "%llu KiB",
                     (unsigned long long)run.peak_pss_bytes >> 10);
    run_release(&run);
    free(list);
}
