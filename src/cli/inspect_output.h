/* The two forms in which the state is printed. Everything goes to standard output, whose failures are seen at the end.
 * Context: main. */
#ifndef CLI_INSPECT_OUTPUT_H
#define CLI_INSPECT_OUTPUT_H

#include <forage/inspect.h>

/* What forage_inspect and forage_why call. The context of all but on_why is a struct inspect_progress; that has
 * none. */
struct inspect_output {
    void (*on_failing)(const struct forage_failing *failing, void *context);
    void (*on_origin)(const struct forage_origin *origin, void *context);
    void (*on_total)(const struct forage_pages *pages, uint64_t origins, void *context);
    void (*on_queue)(const struct forage_queue *queue, uint64_t origins_waiting, void *context);
    void (*on_last_run)(const struct forage_last_run *run, void *context);
    forage_why_fn *on_why;
};

/* What has been printed so far; zeroes at the start. */
struct inspect_progress {
    uint64_t failing, origins;
};

extern const struct inspect_output inspect_as_text, inspect_as_json;

#endif
