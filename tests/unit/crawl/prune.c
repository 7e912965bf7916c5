#include "crawl/prune.h"

#include "crawl/crawl.h"
#include "folder_support.h"

TestSuite(prune, .init = folder_make, .fini = folder_remove, .timeout = 20);

static int64_t mtime_of(const char *name)
{
    struct stat st;
    cr_assert_eq(stat(in_folder(name), &st), 0);
    return st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
}

/* A run that is stopped leaves pieces of pages with the writers, which have all places: nothing is pending, and nothing
 * fits. */
Test(prune, files_are_removed_also_when_the_writers_have_no_room)
{
    struct crawl c = {0};
    struct page *page;
    struct pages_options options = {.capacity = 3};
    put_file("gone.html", "gone");
    cr_assert_eq(pages_open(folder, &options, &c.pages), STORE_OK);
    cr_assert_eq(pages_begin(c.pages, &page), STORE_OK);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pages_append(page, &(struct pages_bytes){.data = "piece", .len = 5}), STORE_OK);
    pages_abandon(page);
    cr_assert_eq(pages_room(c.pages), 0);
    struct state_page row = {.file = "gone.html", .file_bytes = 4, .file_mtime_ns = mtime_of("gone.html")};
    cr_assert(prune_add(&c, &row));
    prune_files(&c);
    pages_close(c.pages, landing_done, &c);
    buffer_release(&c.pruned);
    cr_expect_null(content_of("gone.html"));
}
