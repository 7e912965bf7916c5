/* Pages that are given to the writers: what is on disk afterwards, and what the crawl loop is told. */
#include "scratch.h"

#include <errno.h>
#include <semaphore.h>

TestSuite(pages, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

Test(pages, a_page_in_one_piece_becomes_a_file_with_its_bytes)
{
    struct pages *pages = open_out(NULL);
    struct seen seen = {0};
    atomic_int released = 0;
    static const char *const names[] = {"root.html", "root/a.html", "root/b/c/d.html", "other/a.html"};
    for (size_t i = 0; i < 4; i++) {
        struct pages_bytes bytes = text_bytes(names[i], &released);
        cr_assert_eq(pages_put(pages, names[i], &bytes, NULL, (void *)names[i]), STORE_OK);
    }
    wait_for(pages, &seen, 4);
    cr_assert_eq(released, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(seen.done[i].error, 0);
        cr_assert_eq(seen.done[i].bytes, strlen(seen.done[i].context));
        cr_assert_not(seen.done[i].replaced);
        char path[64];
        snprintf(path, sizeof path, "out/%s", names[i]);
        cr_assert_str_eq(content_of(path), names[i]);
    }
    cr_assert_eq(files_below("out"), 4);
    close_out(pages);
}

Test(pages, an_empty_page_becomes_an_empty_file)
{
    struct pages *pages = open_out(NULL);
    cr_assert_eq(put_now(pages, "empty.html", "").error, 0);
    cr_assert_str_eq(content_of("out/empty.html"), "");
    struct page *page;
    struct seen seen = {0};
    cr_assert_eq(pages_begin(pages, &page), STORE_OK);
    cr_assert_eq(pages_finish(page, "a/too.html", NULL, NULL), STORE_OK);
    wait_for(pages, &seen, 1);
    cr_assert_eq(seen.done[0].error, 0);
    cr_assert_str_eq(content_of("out/a/too.html"), "");
    close_out(pages);
}

Test(pages, files_and_folders_get_the_usual_mode_less_the_umask)
{
    umask(027);
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/b.html", "x");
    struct stat st;
    cr_assert_eq(stat(in_scratch("out/a/b.html"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0640);
    cr_assert_eq(stat(in_scratch("out/a"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0750);
    close_out(pages);
}

Test(pages, pieces_of_many_pages_end_up_each_in_their_own_file_in_order)
{
    enum { PAGES = 20, PIECES = 30 };
    struct pages *pages = open_out(&(struct pages_options){.writers = 3});
    struct page *page[PAGES];
    static char text[PAGES][PIECES][32];
    atomic_int released = 0;
    for (int i = 0; i < PAGES; i++)
        cr_assert_eq(pages_begin(pages, &page[i]), STORE_OK);
    for (int piece = 0; piece < PIECES; piece++) {
        for (int i = 0; i < PAGES; i++) {
            snprintf(text[i][piece], sizeof text[i][piece], "%d.%d ", i, piece);
            struct pages_bytes bytes = text_bytes(text[i][piece], &released);
            cr_assert_eq(pages_append(page[i], &bytes), STORE_OK);
        }
    }
    struct seen seen = {0};
    for (int i = 0; i < PAGES; i++) {
        char name[32];
        snprintf(name, sizeof name, "site/%d.html", i);
        cr_assert_eq(pages_finish(page[i], name, NULL, NULL), STORE_OK);
    }
    wait_for(pages, &seen, PAGES);
    cr_assert_eq(released, PAGES * PIECES);
    for (int i = 0; i < PAGES; i++) {
        char path[32], wanted[PIECES * 32] = "";
        snprintf(path, sizeof path, "out/site/%d.html", i);
        for (int piece = 0; piece < PIECES; piece++)
            strcat(wanted, text[i][piece]);
        cr_assert_str_eq(content_of(path), wanted);
    }
    cr_assert_eq(pages_room(pages), 1024);
    close_out(pages);
}

Test(pages, an_abandoned_page_leaves_nothing_and_lets_its_pieces_go)
{
    struct pages *pages = open_out(NULL);
    struct page *page, *untouched;
    atomic_int released = 0;
    struct pages_bytes bytes = text_bytes("half of a page", &released);
    cr_assert_eq(pages_begin(pages, &page), STORE_OK);
    cr_assert_eq(pages_begin(pages, &untouched), STORE_OK);
    cr_assert_eq(pages_append(page, &bytes), STORE_OK);
    pages_abandon(page);
    pages_abandon(untouched);
    struct seen rest = {0};
    pages_close(pages, see, &rest);
    cr_assert_eq(rest.count, 0);
    cr_assert_eq(released, 1);
    cr_assert_eq(files_below("out"), 0);
}

Test(pages, a_page_replaces_the_file_of_its_name_and_who_reads_the_old_one_reads_it_whole)
{
    struct pages *pages = open_out(NULL);
    cr_assert_not(put_now(pages, "a/x.html", "the old bytes").replaced);
    int old = open(in_scratch("out/a/x.html"), O_RDONLY);
    struct pages_done done = put_now(pages, "a/x.html", "new");
    cr_assert_eq(done.error, 0);
    cr_assert(done.replaced);
    cr_assert_str_eq(content_of("out/a/x.html"), "new");
    done = put_pieces_now(pages, "a/x.html", "newer", " still");
    cr_assert(done.replaced);
    cr_assert_eq(done.bytes, 11);
    cr_assert_str_eq(content_of("out/a/x.html"), "newer still");
    char bytes[32] = "";
    cr_assert_eq(read(old, bytes, sizeof bytes), 13);
    cr_assert_str_eq(bytes, "the old bytes");
    close(old);
    cr_assert_eq(files_below("out"), 1);
    close_out(pages);
}

Test(pages, names_that_are_no_path_below_the_folder_are_refused)
{
    static const char *const names[] = {
        "",          "/",           "/etc/x.html", "..",         "../x.html", "a/../x.html",
        "a//x.html", "a/",          "./x",         "a/./x.html", ".",         ".hidden",
        ".forage/x", "a/.forage-x", "a/..",        "a/b/../",    "//x.html",  "../../x"};
    struct pages *pages = open_out(NULL);
    struct page *page;
    atomic_int released = 0;
    struct pages_bytes bytes = text_bytes("x", &released);
    cr_assert_eq(pages_begin(pages, &page), STORE_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_expect_eq(pages_put(pages, names[i], &bytes, NULL, NULL), STORE_INVALID, "put \"%s\"", names[i]);
        cr_expect_eq(pages_finish(page, names[i], NULL, NULL), STORE_INVALID, "finish \"%s\"", names[i]);
    }
    pages_abandon(page);
    close_out(pages);
    cr_assert_eq(released, 0);
    cr_assert_eq(files_below("."), 0);
}

Test(pages, a_full_queue_says_so_and_has_room_again_after_collect)
{
    struct pages *pages = open_out(&(struct pages_options){.capacity = 4, .writers = 1});
    struct page *page;
    struct seen seen = {0};
    atomic_int released = 0;
    struct pages_bytes bytes = text_bytes("x", &released);
    cr_assert_eq(pages_begin(pages, &page), STORE_OK);
    cr_assert_eq(pages_append(page, &bytes), STORE_OK);
    cr_assert_eq(pages_put(pages, "1.html", &bytes, NULL, NULL), STORE_OK);
    cr_assert_eq(pages_put(pages, "2.html", &bytes, NULL, NULL), STORE_OK);
    cr_assert_eq(pages_room(pages), 0);
    cr_assert_eq(pages_put(pages, "3.html", &bytes, NULL, NULL), STORE_FULL);
    cr_assert_eq(pages_append(page, &bytes), STORE_FULL);
    struct page *another = NULL;
    cr_assert_eq(pages_begin(pages, &another), STORE_FULL);
    cr_assert_null(another);
    wait_for(pages, &seen, 2);
    cr_assert_eq(released, 3, "what was refused is not let go");
    cr_assert_eq(pages_finish(page, "0.html", NULL, NULL), STORE_OK);
    wait_for(pages, &seen, 3);
    cr_assert_eq(pages_room(pages), 4);
    cr_assert_eq(pages_pending(pages), 0);
    close_out(pages);
}

Test(pages, close_does_what_was_given_and_reports_it)
{
    struct pages *pages = open_out(NULL);
    static struct seen seen;
    struct pages_bytes bytes = text_bytes("x", NULL);
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d/x.html", i % 7);
        snprintf(name + strlen(name), 16, "%d", i);
        cr_assert_eq(pages_put(pages, name, &bytes, NULL, NULL), STORE_OK);
    }
    pages_close(pages, see, &seen);
    cr_assert_eq(seen.count, 500);
    cr_assert_eq(files_below("out"), 500);
}

struct again {
    struct pages *pages;
    int left;
    bool replaced;
};

static void put_again(const struct pages_done *done, void *context)
{
    struct again *again = context;
    again->replaced = done->replaced;
    if (again->left == 0)
        return;
    struct pages_bytes bytes = text_bytes(--again->left ? "not yet" : "the last", NULL);
    cr_assert_eq(pages_put(again->pages, done->name, &bytes, NULL, NULL), STORE_OK);
}

Test(pages, a_completion_may_put_another_page_even_when_the_queue_was_full)
{
    struct again again = {.pages = open_out(&(struct pages_options){.capacity = 1}), .left = 3};
    struct pages_bytes bytes = text_bytes("first", NULL);
    cr_assert_eq(pages_put(again.pages, "again.html", &bytes, NULL, NULL), STORE_OK);
    int64_t deadline = deadline_after(WAIT_MS);
    while (pages_pending(again.pages)) {
        pages_flush(again.pages);
        struct pollfd p = {.fd = pages_fd(again.pages), .events = POLLIN};
        cr_assert_eq(poll(&p, 1, deadline_left_ms(deadline)), 1);
        pages_collect(again.pages, put_again, &again);
    }
    cr_assert(again.replaced);
    cr_assert_str_eq(content_of("out/again.html"), "the last");
    close_out(again.pages);
}

Test(pages, an_output_folder_that_cannot_be_opened_is_a_failed_open)
{
    struct pages *pages = NULL;
    write_file("file", "x");
    cr_assert_eq(pages_open(in_scratch("file"), NULL, &pages), STORE_SYSTEM);
    cr_assert_eq(errno, ENOTDIR);
    cr_assert_eq(pages_open(in_scratch("file/below"), NULL, &pages), STORE_SYSTEM);
    cr_assert_eq(errno, ENOTDIR);
    cr_assert_null(pages);
}

Test(pages, an_output_folder_is_made_together_with_those_above_it)
{
    struct pages *pages = NULL;
    cr_assert_eq(pages_open(in_scratch("a/b/c/"), NULL, &pages), STORE_OK);
    pages_close(pages, NULL, NULL);
    cr_assert_eq(access(in_scratch("a/b/c"), W_OK), 0);
}

Test(pages, many_folders_keep_few_descriptors_open)
{
    struct pages *pages = open_out(&(struct pages_options){.writers = 1, .folders_opened = 4});
    int before = descriptors_open();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 60; i++) {
            char name[64];
            snprintf(name, sizeof name, "s%d/a/b/c/d/e/%d.html", i, round);
            cr_assert_eq(put_now(pages, name, "x").error, 0);
        }
    }
    cr_assert_leq(descriptors_open(), before + 4);
    cr_assert_eq(files_below("out"), 120);
    close_out(pages);
}

Test(pages, a_folder_that_vanished_is_made_again)
{
    struct pages *pages = open_out(&(struct pages_options){.writers = 1});
    put_now(pages, "site/a/b/1.html", "x");
    char gone[PATH_MAX];
    snprintf(gone, sizeof gone, "%s", in_scratch("out/site"));
    files_remove(gone);
    cr_assert_eq(put_now(pages, "site/a/b/2.html", "two").error, 0);
    cr_assert_str_eq(content_of("out/site/a/b/2.html"), "two");
    files_remove(gone);
    cr_assert_eq(put_pieces_now(pages, "site/a/b/3.html", "thr", "ee").error, 0);
    cr_assert_str_eq(content_of("out/site/a/b/3.html"), "three");
    files_remove(gone);
    cr_assert_eq(put_now(pages, "site/a/c/4.html", "four").error, 0, "a new folder below one that vanished");
    cr_assert_str_eq(content_of("out/site/a/c/4.html"), "four");
    close_out(pages);
}

/* The disk takes its time, as long as the test holds what is written. */
static void hang(void *held)
{
    sem_wait(held);
}

/* It was reported with the next one of its batch. */
Test(pages, a_page_that_is_in_place_does_not_wait_for_a_large_one)
{
    static const char large[64 * 1024 + 1];
    for (int pieces = 0; pieces < 2; pieces++) {
        sem_t held;
        struct seen seen = {0};
        struct page *page = NULL;
        struct pages *pages = open_out(&(struct pages_options){.writers = 1});
        struct pages_bytes small = text_bytes("small", NULL);
        struct pages_bytes slow = {large, pieces ? 4 : sizeof large, hang, &held};
        sem_init(&held, 0, 0);
        cr_assert_eq(pages_put(pages, "small.html", &small, NULL, NULL), STORE_OK);
        if (pieces) {
            cr_assert_eq(pages_begin(pages, &page), STORE_OK);
            cr_assert_eq(pages_append(page, &slow), STORE_OK);
            pages_abandon(page);
        } else {
            cr_assert_eq(pages_put(pages, "large.html", &slow, NULL, NULL), STORE_OK);
        }
        wait_for(pages, &seen, 1);
        cr_expect_eq(seen.done[0].bytes, strlen("small"));
        sem_post(&held);
        close_out(pages);
        sem_destroy(&held);
    }
}
