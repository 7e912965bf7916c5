/* A backlog whose file was torn, damaged, or made by somebody else: what is whole comes back, and nothing is believed
 * that was not written so. */
#include "backlog_support.h"

#include "store/backlog/backlog_record.h"

#include <errno.h>

TestSuite(backlog_damage, .init = scratch_make, .fini = scratch_remove, .timeout = 240);

enum { ENTRIES = 12, HOSTS = 2, FILE_MAX = 64 * 1024 };

#define PATH "out/" BACKLOG_FILE

struct bytes {
    char data[FILE_MAX];
    size_t len;
};

static void save(const struct bytes *bytes)
{
    int fd = open(in_scratch(PATH), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes->data, bytes->len), (ssize_t)bytes->len);
    close(fd);
}

static void load(struct bytes *bytes)
{
    int fd = open(in_scratch(PATH), O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, bytes->data, sizeof bytes->data);
    cr_assert_gt(n, 0);
    cr_assert_lt(n, FILE_MAX);
    bytes->len = (size_t)n;
    close(fd);
}

/* A file of a few entries. */
static struct bytes make_file(uint64_t ends[ENTRIES])
{
    static struct bytes bytes;
    struct backlog *b = open_backlog(false, NULL);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        struct backlog_entry e = numbered(i, HOSTS);
        cr_assert_eq(backlog_add(b, &e), BACKLOG_OK);
        ends[i] = backlog_bytes(b);
    }
    close_backlog(b, false);
    load(&bytes);
    return bytes;
}

/* Replay what is there, and take it all; how many came back, in order and as they were. */
static uint64_t come_back(uint64_t *left)
{
    struct replay r = {.origins = HOSTS};
    struct backlog_replayed replayed;
    struct backlog_entry e;
    struct backlog *b = open_backlog(true, NULL);
    cr_assert_eq(backlog_replay(b, replay_numbered, &r, &replayed), BACKLOG_OK);
    *left = backlog_bytes(b);
    uint64_t taken = 0;
    for (; backlog_next(b, &e); taken++)
        r.wrong += !is_numbered(&e, number_of(&e), HOSTS);
    cr_assert_eq(taken, r.count);
    cr_assert_eq(replayed.entries, r.count);
    cr_assert_eq(r.wrong, 0);
    close_backlog(b, false);
    return r.count;
}

Test(backlog_damage, wherever_the_file_ends_what_is_whole_comes_back)
{
    uint64_t ends[ENTRIES], left;
    struct bytes file = make_file(ends), torn = file;
    for (torn.len = 0; torn.len <= file.len; torn.len++) {
        uint64_t whole = 0;
        while (whole < ENTRIES && ends[whole] <= torn.len)
            whole++;
        save(&torn);
        cr_assert_eq(come_back(&left), whole, "%zu of %zu bytes", torn.len, file.len);
        cr_assert_leq(left, torn.len < 32 ? 32 : torn.len);
    }
}

Test(backlog_damage, a_byte_that_changed_ends_the_replay_in_front_of_its_record)
{
    uint64_t ends[ENTRIES], left;
    struct bytes file = make_file(ends), changed;
    struct backlog_failure failure;
    for (size_t at = 0; at < file.len; at++) {
        uint64_t whole = 0;
        while (whole < ENTRIES && ends[whole] <= at)
            whole++;
        changed = file;
        changed.data[at] = (char)(changed.data[at] ^ 0x21);
        save(&changed);
        if (at < sizeof(struct record_file_head)) {
            cr_assert_eq(refusal_of(true, &failure), BACKLOG_DAMAGED, "byte %zu", at);
            continue;
        }
        uint64_t came = come_back(&left);
        /* The offsets of chains are made anew, so what they were does not matter. */
        cr_assert(came == whole || came == ENTRIES, "byte %zu: %zu entries instead of %zu", at, (size_t)came,
                  (size_t)whole);
    }
}

Test(backlog_damage, zeroes_and_other_bytes_behind_the_end_are_cut_off)
{
    uint64_t ends[ENTRIES], left;
    struct bytes file = make_file(ends), longer = file;
    for (size_t more = 1; more < 3000; more += 37) {
        longer.len = file.len + more;
        memset(longer.data + file.len, more % 2 ? 0 : 0x55, more);
        save(&longer);
        cr_assert_eq(come_back(&left), ENTRIES);
        cr_assert_eq(left, file.len);
    }
}

/* ---- Records with a right checksum that were not made here ---- */

static size_t put_record(struct bytes *file, const struct record *head, const char *text)
{
    uint64_t salt;
    memcpy(&salt, file->data + offsetof(struct record_file_head, salt), sizeof salt);
    record_write(file->data + file->len, head, 0, text, file->len, salt);
    file->len += record_size(head);
    return file->len;
}

Test(backlog_damage, a_record_that_nobody_would_write_ends_the_replay)
{
    static const struct {
        const char *what, *text;
        struct record head;
    } rows[] = {
        {"a priority too many", "http://a/", {.kind = RECORD_ENTRY, .priority = BACKLOG_PRIORITIES}},
        {"a parent that is not the newest", "http://a/", {.kind = RECORD_ENTRY, .parent = 3}},
        {"a parent in front of the file", "http://a/", {.kind = RECORD_ENTRY, .parent = UINT32_MAX}},
        {"no URL", "word", {.kind = RECORD_ENTRY}},
        {"a line end in a URL", "http://a/\n", {.kind = RECORD_ENTRY}},
        {"an escape in a parent", "http://a/\x1b[", {.kind = RECORD_PARENT}},
    };
    uint64_t ends[ENTRIES], left;
    struct bytes file = make_file(ends);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes changed = file;
        struct record head = rows[i].head, good = {.kind = RECORD_ENTRY, .text_len = 9};
        head.text_len = (uint32_t)strlen(rows[i].text);
        put_record(&changed, &head, rows[i].text);
        put_record(&changed, &good, "http://b/");
        save(&changed);
        cr_expect_eq(come_back(&left), ENTRIES, "%s", rows[i].what);
        cr_expect_eq(left, file.len, "%s", rows[i].what);
    }
}

Test(backlog_damage, a_record_of_another_place_or_file_is_none)
{
    uint64_t ends[ENTRIES], left;
    struct bytes file = make_file(ends), copied = file;
    memcpy(copied.data + file.len, file.data + ends[ENTRIES - 2], file.len - ends[ENTRIES - 2]);
    copied.len += file.len - ends[ENTRIES - 2];
    save(&copied);
    cr_assert_eq(come_back(&left), ENTRIES);
    struct bytes other = make_file(ends);
    memcpy(other.data + ends[2], file.data + ends[2], file.len - ends[2]);
    save(&other);
    cr_assert_eq(come_back(&left), 3);
}

/* ---- Changes while it is in use ---- */

enum { FILLED = 3000, OTHER = 2000 /* this one and the next one of its origin have another priority */ };

/* A backlog whose first records are behind its window. */
static struct backlog *filled(uint64_t ends[FILLED])
{
    static char url[300];
    struct backlog *b = open_backlog(false, &small);
    memset(url, 'x', sizeof url - 1);
    for (int i = 0; i < FILLED; i++) {
        url[snprintf(url, sizeof url, "http://h%d/%d/", i % 2, i)] = 'x';
        add_url(b, url, i == OTHER || i == OTHER + 2 ? 3 : 0);
        ends[i] = backlog_bytes(b);
    }
    cr_assert_eq(backlog_flush(b), BACKLOG_OK);
    return b;
}

static void overwrite(uint64_t at, const void *data, size_t len)
{
    int fd = open(in_scratch(PATH), O_WRONLY | O_CLOEXEC);
    cr_assert_eq(pwrite(fd, data, len, (off_t)at), (ssize_t)len);
    close(fd);
}

/* The seed of a file is random, so each byte of a record may have been any. */
static void change_byte(uint64_t at)
{
    unsigned char byte;
    int fd = open(in_scratch(PATH), O_RDONLY | O_CLOEXEC);
    cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
    close(fd);
    byte ^= 0xff;
    overwrite(at, &byte, 1);
}

/* Take until nothing comes; it must have failed as damaged. */
static unsigned take_until_damage(struct backlog *b, const char *why)
{
    struct backlog_entry e;
    struct backlog_failure failure = {0};
    unsigned taken = 0;
    for (; backlog_next(b, &e); taken++)
        backlog_done(b, e.url, e.url_len);
    cr_expect(backlog_failed(b, &failure), "%s", why);
    cr_expect_eq(failure.status, BACKLOG_DAMAGED, "%s: %s", why, failure.text);
    cr_expect_eq(strncmp(failure.text, "damaged: ", 9), 0, "%s", failure.text);
    close_backlog(b, true);
    return taken;
}

Test(backlog_damage, a_chain_is_followed_only_forward_and_to_its_own_records)
{
    static uint64_t ends[FILLED];
    const struct {
        const char *what;
        int to; /* the entry that entry 4 leads to; its next one is 6 */
        uint64_t by;
    } rows[] = {{"to itself", 4, 0},
                {"back", 2, 0},
                {"to another origin", 7, 0},
                {"to another priority", OTHER, 0},
                {"into a record", 6, 8},
                {"to no multiple of 8", 6, 4},
                {"out of the file", FILLED - 1, 1 << 20},
                {"far out", 6, UINT64_MAX / 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backlog *b = filled(ends);
        uint64_t to = ends[rows[i].to - 1] + rows[i].by;
        overwrite(ends[3], &to, sizeof to);
        unsigned taken = take_until_damage(b, rows[i].what);
        cr_expect(taken >= 4 && taken <= 7, "%s: %u were taken", rows[i].what, taken);
    }
}

Test(backlog_damage, what_changed_on_disk_is_not_given_out)
{
    static uint64_t ends[FILLED];
    for (unsigned at = 8; at < 300; at += 11) {
        struct backlog *b = filled(ends);
        change_byte(ends[9] + at);
        unsigned taken = take_until_damage(b, "a byte");
        cr_expect(taken == 10 || taken == 11, "byte %u: %u were taken", at, taken);
    }
}

Test(backlog_damage, a_file_that_became_shorter_is_no_crash)
{
    static uint64_t ends[FILLED];
    struct backlog *b = filled(ends);
    cr_assert_eq(truncate(in_scratch(PATH), 10000), 0);
    cr_assert_lt(take_until_damage(b, "shorter"), 60);
}

/* ---- What else may stand in its place ---- */

Test(backlog_damage, what_is_no_backlog_stays_as_it_was)
{
    uint64_t ends[ENTRIES];
    make_file(ends);
    write_file(PATH, "a letter that somebody left here, longer than a head");
    struct backlog_failure failure;
    cr_assert_eq(refusal_of(true, &failure), BACKLOG_DAMAGED);
    cr_assert_str_eq(content_of(PATH), "a letter that somebody left here, longer than a head");
    close_backlog(open_backlog(false, NULL), true);
}

Test(backlog_damage, no_link_is_followed)
{
    uint64_t ends[ENTRIES];
    struct backlog_failure failure;
    make_file(ends);
    write_file("mine", "my text");
    cr_assert_eq(unlink(in_scratch(PATH)), 0);
    cr_assert_eq(symlink("../../mine", in_scratch(PATH)), 0);
    cr_assert_eq(refusal_of(true, &failure), BACKLOG_SYSTEM);
    cr_assert_eq(failure.error, ELOOP);
    struct backlog *b = open_backlog(false, NULL);
    add_url(b, "http://a/", 0);
    close_backlog(b, true);
    cr_assert_str_eq(content_of("mine"), "my text");
    cr_assert_eq(link(in_scratch("mine"), in_scratch(PATH)), 0);
    close_backlog(open_backlog(false, NULL), false);
    cr_assert_str_eq(content_of("mine"), "my text", "another name of the file is no reason to change it");
    scratch_remove();
    mkdir(scratch, 0700), mkdir(in_scratch("out"), 0700), mkdir(in_scratch("elsewhere"), 0700);
    cr_assert_eq(symlink("../elsewhere", in_scratch("out/.forage")), 0);
    cr_assert_eq(refusal_of(false, &failure), BACKLOG_SYSTEM);
    cr_assert(failure.error == ELOOP || failure.error == ENOTDIR);
    cr_assert_eq(files_below("elsewhere"), 0);
}

Test(backlog_damage, a_pipe_or_a_folder_in_its_place_is_told)
{
    struct backlog_failure failure;
    int before = descriptors_open();
    mkdir(in_scratch("out"), 0700), mkdir(in_scratch("out/.forage"), 0700);
    cr_assert_eq(mkfifo(in_scratch(PATH), 0600), 0);
    cr_assert_eq(refusal_of(true, &failure), BACKLOG_SYSTEM);
    cr_assert_eq(failure.error, EINVAL);
    unlink(in_scratch(PATH));
    mkdir(in_scratch(PATH), 0700);
    cr_assert_eq(refusal_of(true, &failure), BACKLOG_SYSTEM);
    cr_assert_eq(failure.error, EISDIR);
    cr_assert_eq(refusal_of(false, &failure), BACKLOG_SYSTEM);
    cr_assert_eq(failure.error, EISDIR);
    cr_assert_eq(descriptors_open(), before);
}
