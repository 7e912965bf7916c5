/* A look at a backlog that somebody else may be writing. */
#include "store/backlog/backlog_peek.h"

#include "backlog_support.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

TestSuite(backlog_peek, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

enum { MANY = 5000, ORIGINS = 7 };

struct look {
    uint64_t count;
    uint64_t stop_at;
};

static void expect_entry(const struct backlog_entry *found, const struct backlog_entry *wanted, uint64_t number)
{
    cr_assert_eq(found->url_len, wanted->url_len, "entry %d", (int)number);
    cr_assert_str_eq(found->url, wanted->url);
    cr_assert_eq(found->parent_len, wanted->parent_len, "entry %d", (int)number);
    cr_assert_arr_eq(found->parent, wanted->parent, wanted->parent_len);
    cr_assert_eq(found->depth, wanted->depth);
    cr_assert_eq(found->flags, wanted->flags);
    cr_assert_eq(found->priority, wanted->priority);
}

static bool look_at(const struct backlog_entry *entry, void *context)
{
    struct look *look = context;
    struct backlog_entry wanted = numbered(look->count, ORIGINS);
    expect_entry(entry, &wanted, look->count);
    return ++look->count != look->stop_at;
}

static uint64_t count_entries(uint64_t stop_at)
{
    struct look look = {.stop_at = stop_at};
    struct backlog_failure failure = {BACKLOG_OK, 0, ""};
    cr_assert_eq(backlog_peek(in_scratch("out"), look_at, &look, &failure), BACKLOG_OK, "%s", failure.text);
    return look.count;
}

static void add_many(struct backlog *b, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        struct backlog_entry e = numbered(i, ORIGINS);
        cr_assert_eq(backlog_add(b, &e), BACKLOG_OK);
    }
    cr_assert_eq(backlog_flush(b), BACKLOG_OK);
}

Test(backlog_peek, it_shows_what_was_flushed_while_the_backlog_is_at_work)
{
    struct backlog *b = open_backlog(false, NULL);
    struct backlog_entry e;
    cr_assert_eq(count_entries(0), 0);
    add_many(b, 0, MANY / 2);
    cr_assert_eq(count_entries(0), MANY / 2);
    for (unsigned i = 0; i < 100 && backlog_next(b, &e); i++)
        continue;
    add_many(b, MANY / 2, MANY);
    cr_assert_eq(count_entries(0), MANY);
    cr_assert_eq(count_entries(10), 10, "and ends when it has seen enough");
    close_backlog(b, false);
    cr_assert_eq(count_entries(0), MANY);
}

Test(backlog_peek, there_is_nothing_where_there_is_no_backlog)
{
    cr_assert_eq(count_entries(0), 0);
    struct backlog *b = open_backlog(false, NULL);
    add_many(b, 0, 10);
    close_backlog(b, true);
    cr_assert_eq(count_entries(0), 0);
    write_file("out/.forage/backlog", "this is no backlog, though it is longer than the head of one would be");
    cr_assert_eq(count_entries(0), 0);
    write_file("out/.forage/backlog", "");
    cr_assert_eq(count_entries(0), 0);
    unlink(in_scratch("out/.forage/backlog"));
    cr_assert_eq(mkfifo(in_scratch("out/.forage/backlog"), 0600), 0);
    cr_assert_eq(count_entries(0), 0);
    unlink(in_scratch("out/.forage/backlog"));
    cr_assert_eq(symlink("elsewhere", in_scratch("out/.forage/backlog")), 0);
    cr_assert_eq(count_entries(0), 0);
}

/* Each length of the file's last bytes, and each of them changed. */
Test(backlog_peek, it_ends_at_the_first_record_that_is_not_whole)
{
    struct stat st;
    struct backlog *b = open_backlog(false, NULL);
    add_many(b, 0, 40);
    cr_assert_eq(stat(in_scratch("out/.forage/backlog"), &st), 0);
    off_t before = st.st_size;
    add_many(b, 40, 41);
    close_backlog(b, false);
    cr_assert_eq(stat(in_scratch("out/.forage/backlog"), &st), 0);
    int fd = open(in_scratch("out/.forage/backlog"), O_RDWR | O_CLOEXEC);
    for (off_t at = before + 8; at < st.st_size; at++) { /* the first eight bytes are a link */
        char byte, other;
        cr_assert_eq(pread(fd, &byte, 1, at), 1);
        other = (char)(byte ^ 0x10);
        cr_assert_eq(pwrite(fd, &other, 1, at), 1);
        cr_assert_eq(count_entries(0), 40, "byte %d", (int)(at - before));
        cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    }
    cr_assert_eq(count_entries(0), 41);
    for (off_t size = st.st_size - 1; size > before; size--) {
        cr_assert_eq(ftruncate(fd, size), 0);
        cr_assert_eq(count_entries(0), 40, "%d bytes less", (int)(st.st_size - size));
    }
    close(fd);
}

Test(backlog_peek, a_file_that_cannot_be_read_is_a_failure)
{
    struct look look = {0};
    struct backlog_failure failure = {BACKLOG_OK, 0, ""};
    struct backlog *b = open_backlog(false, NULL);
    close_backlog(b, false);
    struct rlimit before, none = {0, 0};
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none.rlim_max = before.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum backlog_status status = backlog_peek(in_scratch("out"), look_at, &look, &failure);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_assert_eq(status, BACKLOG_SYSTEM);
    cr_assert_eq(failure.status, BACKLOG_SYSTEM);
    cr_assert_eq(failure.error, EMFILE);
    cr_assert_str_eq(failure.text, "Too many open files");
}
