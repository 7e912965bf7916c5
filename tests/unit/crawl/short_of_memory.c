/* Memory that runs out at a bad moment: what cannot be kept whole is not kept, and is not believed. */
#include "folder_support.h"
#include "worker_support.h"

#include <forage/forage.h>

TestSuite(short_of_memory, .init = folder_make, .fini = folder_remove, .timeout = 60);

/* What the linker makes of these two. */
struct mp_hold *__wrap_mp_part_keep(const struct mp_part *part);
struct mp_hold *__real_mp_part_keep(const struct mp_part *part);
bool __wrap_buffer_append(struct buffer *b, const void *data, size_t len);
bool __real_buffer_append(struct buffer *b, const void *data, size_t len);

static bool no_holds;

struct mp_hold *__wrap_mp_part_keep(const struct mp_part *part)
{
    return no_holds ? NULL : __real_mp_part_keep(part);
}

bool __wrap_buffer_append(struct buffer *b, const void *data, size_t len)
{
    bool fails = len >= 5 && memcmp(data, "#lost", 5) == 0;
    return !fails && __real_buffer_append(b, data, len);
}

/* ---- The worker's side ---- */

static void act(const struct asked *a)
{
    static const char first[] = "User-agent: *\nDisallow: /1\n", second[] = "#lost\nDisallow: /2\n";
    static const struct fetch_answer none = {.status = 404};
    if (is_for(a, "a.test/robots.txt"))
        return answer(a, &none);
    if (is_for(a, "b.test/robots.txt")) {
        part(a, first, strlen(first));
        part(a, second, strlen(second));
        return answer(
            a, &(struct fetch_answer){.status = 200, .kept = true, .body_bytes = strlen(first) + strlen(second)});
    }
    if (is_for(a, "/pieces"))
        part(a, "fine", 4);
    answer(a, is_for(a, "/pieces")
                  ? &(struct fetch_answer){.status = 200, .kept = true, .body = {"fine", 4}, .body_bytes = 8}
                  : &fine);
}

/* ---- The parent's side ---- */

struct ends {
    unsigned count, by_memory;
};

static void on_page(const struct forage_page *page, void *context)
{
    struct ends *ends = context;
    ends->count++;
    ends->by_memory += strcmp(page->error, "io") == 0;
}

static struct ends crawl(const char *const *urls)
{
    struct ends ends = {0};
    struct forage *forage;
    struct forage_summary summary;
    struct forage_options options = {
        .output = in_folder("out"), .no_state = true, .workers = 1, .on_page = on_page, .context = &ends};
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    for (; *urls; urls++)
        forage_add_url(forage, *urls);
    cr_assert_eq(forage_run(forage, &summary), FORAGE_OK);
    forage_free(forage);
    return ends;
}

/* Its bytes would lie where the worker writes the next page. */
Test(short_of_memory, a_page_that_cannot_be_held_is_not_written)
{
    no_holds = true;
    struct ends ends = crawl((const char *const[]){"http://a.test/whole", "http://a.test/pieces", NULL});
    cr_expect_eq(ends.count, 2);
    cr_expect_eq(ends.by_memory, 2);
    cr_expect_null(content_of("out/a.test/whole~.html"));
}

Test(short_of_memory, rules_that_are_not_whole_are_not_obeyed_in_part)
{
    struct ends ends = crawl((const char *const[]){"http://b.test/2", NULL});
    cr_expect_eq(ends.count, 1);
    cr_expect_eq(ends.by_memory, 1);
    cr_expect_eq(access(in_folder("out/b.test"), F_OK), -1);
}
