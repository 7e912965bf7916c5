/* The digest of a page whose bytes change while they are read: whoever sends them has the memory in which they lie, and
 * may not be honest. */
#include "scratch.h"

#include "store/pages/digest.h"

#include <pthread.h>

TestSuite(page_digest, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

enum { BYTES = 64 * 1024, CHANGED_FROM = BYTES - 1024, ROUNDS = 200 };

static _Atomic unsigned char page_bytes[BYTES];
static atomic_bool over;

/* At the end, which is read last and written last. */
static void *change(void *arg)
{
    (void)arg;
    for (unsigned char n = 0; !atomic_load(&over); n++)
        for (int i = CHANGED_FROM; i < BYTES; i++)
            atomic_store_explicit(&page_bytes[i], n, memory_order_relaxed);
    return NULL;
}

static struct pages_bytes bytes_from(size_t from, size_t len)
{
    return (struct pages_bytes){.data = (const void *)(uintptr_t)&page_bytes[from], .len = len};
}

static struct pages_done put_changing(struct pages *pages, const struct pages_known *known)
{
    struct seen seen = {0};
    struct pages_bytes bytes = bytes_from(0, BYTES);
    cr_assert_eq(pages_put(pages, "page.html", &bytes, known, NULL), STORE_OK);
    wait_for(pages, &seen, 1);
    return seen.done[0];
}

static struct pages_done put_changing_pieces(struct pages *pages, const struct pages_known *known)
{
    struct seen seen = {0};
    struct page *page;
    struct pages_bytes first = bytes_from(0, BYTES / 2), second = bytes_from(BYTES / 2, BYTES / 2);
    cr_assert_eq(pages_begin(pages, &page), STORE_OK);
    cr_assert_eq(pages_append(page, &first), STORE_OK);
    cr_assert_eq(pages_append(page, &second), STORE_OK);
    cr_assert_eq(pages_finish(page, "page.html", known, NULL), STORE_OK);
    wait_for(pages, &seen, 1);
    return seen.done[0];
}

static bool file_has(struct digester *digester, const uint8_t digest[PAGES_DIGEST_BYTES])
{
    static unsigned char content[BYTES + 1];
    uint8_t is[DIGEST_BYTES];
    FILE *in = fopen(in_scratch("out/page.html"), "r");
    cr_assert(in);
    size_t n = fread(content, 1, sizeof content, in);
    fclose(in);
    return n == BYTES && digest_whole(digester, content, n, is) && memcmp(is, digest, sizeof is) == 0;
}

/* The state kept the digest of the true page for a forged file, which was then left alone for good. */
Test(page_digest, a_file_has_the_digest_that_is_told_whoever_changes_its_bytes)
{
    struct pages_done (*const ways[])(struct pages *, const struct pages_known *) = {put_changing, put_changing_pieces};
    struct digester digester;
    pthread_t thread;
    cr_assert(digester_init(&digester));
    cr_assert_eq(pthread_create(&thread, NULL, change, NULL), 0);
    for (int way = 0; way < 2; way++) {
        struct pages *pages = open_out(&(struct pages_options){.digest = true});
        struct pages_done before = {0};
        int wrong = 0;
        for (int i = 0; i < ROUNDS; i++) {
            struct pages_known known = {before.digest, before.bytes, before.mtime_ns};
            struct pages_done done = ways[way](pages, i ? &known : NULL);
            cr_assert_eq(done.error, 0);
            wrong += !file_has(&digester, done.digest);
            before = done;
        }
        cr_expect_eq(wrong, 0, "%s: %d of %d files are of other bytes", way ? "in pieces" : "whole", wrong, ROUNDS);
        close_out(pages);
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    digester_release(&digester);
}
