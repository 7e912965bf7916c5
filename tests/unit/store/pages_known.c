/* Pages that may be there already: their digests, what is written and what is not, and what is removed. */
#include "scratch.h"

#include <errno.h>
#include <openssl/evp.h>

TestSuite(pages_known, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

static const struct pages_options digests = {.digest = true};

/* ---- Digests and times ---- */

static bool is_digest(const uint8_t *found, const void *data, size_t len)
{
    unsigned char wanted[EVP_MAX_MD_SIZE];
    cr_assert(EVP_Digest(data, len, wanted, NULL, EVP_sha256(), NULL));
    return memcmp(found, wanted, PAGES_DIGEST_BYTES) == 0;
}

Test(pages_known, the_digest_is_the_sha_256_of_all_bytes)
{
    static const size_t sizes[] = {0, 1, 55, 56, 63, 64, 65, 1000, 15 * 1024, 200 * 1024};
    static char text[200 * 1024 + 1], twice[400 * 1024];
    static const uint8_t abc[4] = {0xba, 0x78, 0x16, 0xbf};
    struct pages *pages = open_out(&digests);
    cr_assert_eq(memcmp(put_now(pages, "abc.html", "abc").digest, abc, sizeof abc), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i];
        for (size_t at = 0; at < size; at++)
            text[at] = (char)('a' + (at * 7 + i) % 26);
        text[size] = '\0';
        memcpy(twice, text, size);
        memcpy(twice + size, text, size);
        struct pages_done whole = put_now(pages, "whole.html", text);
        struct pages_done pieces = put_pieces_now(pages, "pieces.html", text, text);
        cr_expect(is_digest(whole.digest, text, size), "%zu bytes", size);
        cr_expect(is_digest(pieces.digest, twice, 2 * size), "twice %zu bytes", size);
    }
    close_out(pages);
}

Test(pages_known, pages_whose_pieces_come_by_turns_have_each_their_own_digest)
{
    enum { PAGES = 10, PIECES = 20 };
    struct pages *pages = open_out(&(struct pages_options){.writers = 2, .digest = true});
    struct page *page[PAGES];
    static char texts[PAGES][PIECES * 8 + 1];
    for (intptr_t i = 0; i < PAGES; i++)
        cr_assert_eq(pages_begin(pages, &page[i]), STORE_OK);
    for (int piece = 0; piece < PIECES; piece++) {
        for (int i = 0; i < PAGES; i++) {
            char *at = texts[i] + (size_t)piece * 8;
            memset(at, 'a' + (i + piece) % 26, 8);
            struct pages_bytes bytes = {.data = at, .len = 8};
            cr_assert_eq(pages_append(page[i], &bytes), STORE_OK);
        }
    }
    struct seen seen = {0};
    for (intptr_t i = 0; i < PAGES; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.html", (int)i);
        cr_assert_eq(pages_finish(page[i], name, NULL, (void *)i), STORE_OK);
    }
    wait_for(pages, &seen, PAGES);
    for (int i = 0; i < PAGES; i++)
        cr_expect(is_digest(seen.done[i].digest, texts[(intptr_t)seen.done[i].context], PIECES * 8));
    close_out(pages);
}

Test(pages_known, no_digest_is_made_unless_it_is_asked_for)
{
    static const uint8_t none[PAGES_DIGEST_BYTES];
    struct pages *pages = open_out(NULL);
    struct pages_done done = put_now(pages, "a.html", "text");
    cr_assert_eq(memcmp(done.digest, none, sizeof none), 0);
    done = put_pieces_now(pages, "b.html", "te", "xt");
    cr_assert_eq(memcmp(done.digest, none, sizeof none), 0);
    close_out(pages);
}

/* ---- A page that is there already ---- */

struct before {
    uint8_t digest[PAGES_DIGEST_BYTES];
    struct pages_known known;
    ino_t inode;
};

static ino_t inode_of(const char *path)
{
    struct stat st;
    cr_assert_eq(lstat(in_scratch(path), &st), 0, "%s: %s", path, strerror(errno));
    return st.st_ino;
}

/* Put TEXT at a/x.html, and set its time back, so that a new file can be told from it. */
static void put_before(struct pages *pages, const char *text, struct before *before)
{
    const struct timespec times[2] = {{1000000000, 0}, {1000000000, 123456789}};
    struct pages_done done = put_now(pages, "a/x.html", text);
    cr_assert_eq(done.error, 0, "%s", strerror(done.error));
    cr_assert_eq(utimensat(AT_FDCWD, in_scratch("out/a/x.html"), times, 0), 0);
    memcpy(before->digest, done.digest, sizeof before->digest);
    before->known = (struct pages_known){before->digest, done.bytes, 1000000000123456789};
    before->inode = inode_of("out/a/x.html");
}

static void expect_untouched(const struct pages_done *done, const struct before *before, const char *text)
{
    cr_expect_eq(done->error, 0, "%s", strerror(done->error));
    cr_expect(done->unchanged);
    cr_expect_not(done->replaced);
    cr_expect_eq(done->bytes, strlen(text));
    cr_expect_eq(done->mtime_ns, 1000000000123456789);
    cr_expect(is_digest(done->digest, text, strlen(text)));
    cr_expect_eq(inode_of("out/a/x.html"), before->inode);
    cr_expect_eq(mtime_of("out/a/x.html"), 1000000000123456789);
    cr_expect_str_eq(content_of("out/a/x.html"), text);
    cr_expect_eq(files_below("out"), 1);
}

Test(pages_known, the_same_page_again_leaves_the_file_and_its_time)
{
    static const char *const texts[] = {"the same", ""};
    struct pages *pages = open_out(&digests);
    struct before before;
    for (int i = 0; i < 2; i++) {
        put_before(pages, texts[i], &before);
        struct pages_done done = put_known_now(pages, "a/x.html", texts[i], &before.known);
        expect_untouched(&done, &before, texts[i]);
        done = put_pieces_known_now(pages, "a/x.html", "", texts[i], &before.known);
        expect_untouched(&done, &before, texts[i]);
    }
    close_out(pages);
}

/* What the user, or a later run, may have done to a/x.html or to what is known of it. */
static void nothing(struct before *before)
{
    (void)before;
}

static void remove_file(struct before *before)
{
    (void)before;
    unlink(in_scratch("out/a/x.html"));
}

static void remove_folder(struct before *before)
{
    remove_file(before);
    rmdir(in_scratch("out/a"));
}

static void write_as_much(struct before *before)
{
    (void)before;
    write_file("out/a/x.html", "THE SAME");
}

static void write_more(struct before *before)
{
    const struct timespec times[2] = {{1000000000, 0}, {1000000000, 123456789}};
    (void)before;
    write_file("out/a/x.html", "the same and more");
    utimensat(AT_FDCWD, in_scratch("out/a/x.html"), times, 0);
}

static void put_a_link(struct before *before)
{
    (void)before;
    rename(in_scratch("out/a/x.html"), in_scratch("mine.html"));
    cr_assert_eq(symlink("../../mine.html", in_scratch("out/a/x.html")), 0);
}

static void forget_digest(struct before *before)
{
    before->known.digest = NULL;
}

static void another_digest(struct before *before)
{
    before->digest[PAGES_DIGEST_BYTES - 1] ^= 1;
}

static void another_time(struct before *before)
{
    before->known.mtime_ns++;
}

static void another_size(struct before *before)
{
    before->known.bytes++;
}

static const struct change {
    const char *name;
    void (*make)(struct before *before);
    const char *page; /* that comes */
    bool there;       /* something has its name */
} changes[] = {
    {"another page", nothing, "another!", true},
    {"a longer page", nothing, "the same and more", true},
    {"the file is gone", remove_file, "the same", false},
    {"the folder is gone", remove_folder, "the same", false},
    {"the file was written", write_as_much, "the same", true},
    {"the file was made longer", write_more, "the same", true},
    {"the file is a link", put_a_link, "the same", true},
    {"no digest", forget_digest, "the same", true},
    {"another digest", another_digest, "the same", true},
    {"another time", another_time, "the same", true},
    {"another size", another_size, "the same", true},
};

Test(pages_known, whatever_is_not_as_it_was_is_written)
{
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
            const struct change *c = &changes[i];
            struct pages *pages = open_out(&(struct pages_options){.writers = 1, .digest = true});
            struct before before;
            put_before(pages, "the same", &before);
            c->make(&before);
            struct pages_done done = in_pieces ? put_pieces_known_now(pages, "a/x.html", "", c->page, &before.known)
                                               : put_known_now(pages, "a/x.html", c->page, &before.known);
            cr_expect_eq(done.error, 0, "%s: %s", c->name, strerror(done.error));
            cr_expect_not(done.unchanged, "%s", c->name);
            cr_expect_eq(done.replaced, c->there, "%s", c->name);
            cr_expect_eq(done.mtime_ns, mtime_of("out/a/x.html"), "%s", c->name);
            cr_expect_gt(done.mtime_ns, 1500000000000000000, "%s", c->name);
            cr_expect_str_eq(content_of("out/a/x.html"), c->page, "%s", c->name);
            cr_expect_eq(files_below("out"), 1, "%s", c->name);
            close_out(pages);
            remove_folder(&before);
        }
    }
    cr_assert_str_eq(content_of("mine.html"), "the same", "what the link led to is left alone");
}

Test(pages_known, without_digests_every_page_is_written)
{
    struct pages *pages = open_out(&digests);
    struct before before;
    put_before(pages, "the same", &before);
    close_out(pages);
    pages = open_out(NULL);
    struct pages_done done = put_known_now(pages, "a/x.html", "the same", &before.known);
    cr_assert(done.replaced && !done.unchanged);
    put_before(pages, "the same", &before);
    done = put_pieces_known_now(pages, "a/x.html", "the ", "same", &before.known);
    cr_assert(done.replaced && !done.unchanged);
    close_out(pages);
}

Test(pages_known, an_unchanged_page_needs_no_room_on_the_disk)
{
    struct pages *pages = open_out(&digests);
    struct before before;
    put_before(pages, "the same", &before);
    chmod(scratch, 0755);
    chmod(in_scratch("out"), 0555);
    chmod(in_scratch("out/a"), 0555);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0); /* of all threads */
    struct pages_done same = put_known_now(pages, "a/x.html", "the same", &before.known);
    struct pages_done other = put_known_now(pages, "a/x.html", "another!", &before.known);
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    chmod(in_scratch("out"), 0755);
    chmod(in_scratch("out/a"), 0755);
    expect_untouched(&same, &before, "the same");
    cr_assert_eq(other.error, EACCES);
    cr_assert_not(other.unchanged);
    close_out(pages);
}

/* ---- Removing ---- */

static struct pages_done remove_now(struct pages *pages, const char *name, const struct pages_known *known)
{
    struct seen seen = {0};
    cr_assert_eq(pages_remove(pages, name, known, NULL), STORE_OK);
    wait_for(pages, &seen, 1);
    return seen.done[0];
}

static void expect_end(const char *what, const struct pages_done *done, int error, bool left)
{
    cr_expect_eq(done->error, error, "%s: %s", what, strerror(done->error));
    cr_expect_eq(done->left, left, "%s", what);
    cr_expect_eq(done->bytes, 0);
    cr_expect_eq(done->mtime_ns, 0);
}

Test(pages_known, a_file_that_is_as_it_was_put_is_removed)
{
    struct pages *pages = open_out(NULL);
    struct pages_done put = put_now(pages, "a/x.html", "text");
    put_now(pages, "a/y.html", "text");
    struct pages_done top = put_now(pages, "top.html", "top");
    struct pages_known known = {NULL, put.bytes, put.mtime_ns}, known_top = {NULL, top.bytes, top.mtime_ns};
    struct pages_done done = remove_now(pages, "a/x.html", &known);
    expect_end("below", &done, 0, false);
    done = remove_now(pages, "top.html", &known_top);
    expect_end("at the top", &done, 0, false);
    cr_assert_null(content_of("out/a/x.html"));
    cr_assert_null(content_of("out/top.html"));
    cr_assert_str_eq(content_of("out/a/y.html"), "text");
    cr_assert_eq(pages_room(pages), 1024);
    close_out(pages);
}

Test(pages_known, a_folder_stays_when_its_last_file_is_removed)
{
    struct pages *pages = open_out(NULL);
    struct pages_done put = put_now(pages, "a/b/x.html", "text");
    struct pages_done done = remove_now(pages, "a/b/x.html", &(struct pages_known){NULL, put.bytes, put.mtime_ns});
    expect_end("the last", &done, 0, false);
    cr_assert_eq(files_below("out"), 0);
    cr_assert_eq(access(in_scratch("out/a/b"), F_OK), 0);
    close_out(pages);
}

Test(pages_known, what_is_not_as_it_was_put_is_not_removed)
{
    static void (*const made[])(struct before *) = {write_as_much, write_more, put_a_link, another_time, another_size};
    struct pages *pages = open_out(&digests);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        struct before before;
        put_before(pages, "the same", &before);
        made[i](&before);
        struct pages_done done = remove_now(pages, "a/x.html", &before.known);
        expect_end("changed", &done, 0, true);
        cr_expect_eq(files_below("out"), 1, "row %zu", i);
    }
    cr_assert_str_eq(content_of("mine.html"), "the same");
    close_out(pages);
}

Test(pages_known, what_is_gone_already_needs_no_removing_and_no_folder_is_made_for_it)
{
    static const char *const names[] = {"a/x.html", "b/x.html", "b/c/x.html", "x.html"};
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/y.html", "text");
    for (size_t i = 0; i < 4; i++) {
        struct pages_done done = remove_now(pages, names[i], &(struct pages_known){NULL, 4, 1});
        expect_end(names[i], &done, 0, false);
    }
    cr_assert_neq(access(in_scratch("out/b"), F_OK), 0);
    cr_assert_eq(files_below("out"), 1);
    close_out(pages);
}

Test(pages_known, nothing_is_removed_through_a_link_or_from_what_is_no_folder)
{
    struct pages *pages = open_out(NULL);
    struct pages_done put = put_now(pages, "a/x.html", "text");
    close_out(pages);
    cr_assert_eq(rename(in_scratch("out/a"), in_scratch("mine")), 0);
    cr_assert_eq(symlink("../mine", in_scratch("out/a")), 0);
    write_file("out/b", "a file");
    mkdir(in_scratch("out/folder"), 0755);
    pages = open_out(NULL);
    static const char *const names[] = {"a/x.html", "b/x.html", "folder"};
    for (size_t i = 0; i < 3; i++) {
        struct pages_done done = remove_now(pages, names[i], &(struct pages_known){NULL, put.bytes, put.mtime_ns});
        expect_end(names[i], &done, 0, true);
    }
    cr_assert_str_eq(content_of("mine/x.html"), "text");
    cr_assert_eq(files_below("out"), 2);
    close_out(pages);
}

/* The writer keeps folders open: a file that moved away with its folder is not the one of this name any more. */
Test(pages_known, a_file_in_a_folder_that_was_made_anew_is_found)
{
    struct pages *pages = open_out(&(struct pages_options){.writers = 1});
    put_now(pages, "a/y.html", "text");
    cr_assert_eq(rename(in_scratch("out/a"), in_scratch("mine")), 0);
    mkdir(in_scratch("out/a"), 0755);
    write_file("out/a/x.html", "text");
    struct pages_known known = {NULL, 4, mtime_of("out/a/x.html")};
    struct pages_done done = remove_now(pages, "a/x.html", &known);
    expect_end("made anew", &done, 0, false);
    cr_assert_null(content_of("out/a/x.html"));
    close_out(pages);
}

Test(pages_known, a_file_that_may_not_be_removed_is_told)
{
    struct pages *pages = open_out(NULL);
    struct pages_done put = put_now(pages, "a/x.html", "text");
    chmod(scratch, 0755);
    chmod(in_scratch("out/a"), 0555);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0); /* of all threads */
    struct pages_done done = remove_now(pages, "a/x.html", &(struct pages_known){NULL, put.bytes, put.mtime_ns});
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    chmod(in_scratch("out/a"), 0755);
    expect_end("no permission", &done, EACCES, false);
    cr_assert_eq(done.step, PAGES_STEP_REMOVE);
    cr_assert_str_eq(content_of("out/a/x.html"), "text");
    close_out(pages);
}

Test(pages_known, removing_takes_a_place_and_a_name_like_putting)
{
    static const char *const names[] = {"", "/etc/passwd", "../x.html", "a//x.html", ".forage/state.db", "a/.x"};
    struct pages *pages = open_out(&(struct pages_options){.capacity = 1});
    struct pages_known known = {NULL, 4, 1};
    struct seen seen = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_eq(pages_remove(pages, names[i], &known, NULL), STORE_INVALID, "\"%s\"", names[i]);
    cr_assert_eq(pages_remove(pages, "x.html", &known, pages), STORE_OK);
    cr_assert_eq(pages_remove(pages, "x.html", &known, NULL), STORE_FULL);
    cr_assert_eq(pages_pending(pages), 1);
    wait_for(pages, &seen, 1);
    cr_assert_eq(seen.done[0].context, pages);
    cr_assert_eq(pages_pending(pages), 0);
    close_out(pages);
}
