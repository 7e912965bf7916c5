/* The crawl loop and the writers side by side, for ThreadSanitizer: pages in one piece and in pieces, with bytes that
 * are reused as soon as they are let go, until each page has ended once; the same pages again, which are there already;
 * and the end of some. */
#include "base/clock.h"
#include "store/pages/pages.h"

#include "support/check.h"
#include "support/files.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 3000, SLOTS = 64, BYTES = 2000, WAIT_MS = 60000 };

/* Memory of a pretended worker. A slot is free again when the writer has let it go. */
struct slot {
    char data[BYTES];
    atomic_bool taken;
};

static struct slot slots[SLOTS];

struct end {
    int count;
    uint8_t digest[PAGES_DIGEST_BYTES];
    struct pages_known known;
};

static struct end ends[PAGES];

static void let_go(void *context)
{
    struct slot *slot = context;
    memset(slot->data, '!', BYTES);
    atomic_store_explicit(&slot->taken, false, memory_order_release);
}

static struct slot *free_slot(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (!atomic_load_explicit(&slots[i].taken, memory_order_acquire)) {
            atomic_store_explicit(&slots[i].taken, true, memory_order_relaxed);
            return &slots[i];
        }
    }
    return NULL;
}

static void page_ended(const struct pages_done *done, void *context)
{
    int *count = context;
    struct end *end = done->context;
    CHECK(done->error == 0 && !done->left);
    CHECK(done->unchanged == (end->count == 1));
    if (++end->count == 1) {
        memcpy(end->digest, done->digest, sizeof end->digest);
        end->known = (struct pages_known){end->digest, done->bytes, done->mtime_ns};
    }
    CHECK(memcmp(end->digest, done->digest, sizeof end->digest) == 0 || end->count == 3);
    ++*count;
}

static void turn(struct pages *pages, int *count)
{
    struct pollfd p = {.fd = pages_fd(pages), .events = POLLIN};
    pages_flush(pages);
    CHECK(poll(&p, 1, WAIT_MS) == 1);
    pages_collect(pages, page_ended, count);
}

static struct pages_bytes fill_slot(struct pages *pages, int number, int *count)
{
    struct slot *slot;
    while (!(slot = free_slot()))
        turn(pages, count);
    memset(slot->data, 'a' + number % 26, BYTES);
    return (struct pages_bytes){slot->data, BYTES, let_go, slot};
}

static void give_page(struct pages *pages, int number, int *count)
{
    char name[64];
    snprintf(name, sizeof name, "s%d/%d.html", number % 10, number);
    while (pages_room(pages) < 4)
        turn(pages, count);
    struct end *end = &ends[number];
    const struct pages_known *known = end->count ? &end->known : NULL;
    struct pages_bytes bytes = fill_slot(pages, number, count);
    if (number % 5) {
        CHECK(pages_put(pages, name, &bytes, known, end) == STORE_OK);
        return;
    }
    struct page *page;
    CHECK(pages_begin(pages, &page) == STORE_OK);
    CHECK(pages_append(page, &bytes) == STORE_OK);
    bytes = fill_slot(pages, number, count);
    CHECK(pages_append(page, &bytes) == STORE_OK);
    if (number % 50)
        CHECK(pages_finish(page, name, known, end) == STORE_OK);
    else
        pages_abandon(page);
}

static void remove_page(struct pages *pages, int number, int *count)
{
    char name[64];
    snprintf(name, sizeof name, "s%d/%d.html", number % 10, number);
    while (pages_room(pages) < 1)
        turn(pages, count);
    CHECK(pages_remove(pages, name, &ends[number].known, &ends[number]) == STORE_OK);
}

static void check_file(const char *dir, int number)
{
    char path[256], data[2 * BYTES + 1];
    snprintf(path, sizeof path, "%s/s%d/%d.html", dir, number % 10, number);
    FILE *f = fopen(path, "r");
    if (number % 50 == 0 || number % 7 == 0) {
        CHECK(!f);
        return;
    }
    CHECK(f);
    size_t n = fread(data, 1, sizeof data, f);
    fclose(f);
    CHECK(n == (number % 5 ? BYTES : 2 * BYTES));
    for (size_t i = 0; i < n; i++)
        CHECK(data[i] == 'a' + number % 26);
}

int main(void)
{
    char dir[] = "/tmp/forage-tsan-XXXXXX";
    CHECK(mkdtemp(dir));
    struct pages *pages;
    const struct pages_options options = {.writers = 3, .capacity = 100, .folders_opened = 4, .digest = true};
    int count = 0, removed = 0;
    for (int round = 0; round < 2; round++) {
        CHECK(pages_open(dir, &options, &pages) == STORE_OK);
        for (int i = 0; i < PAGES; i++)
            give_page(pages, i, &count);
        pages_close(pages, page_ended, &count);
    }
    CHECK(count == 2 * (PAGES - PAGES / 50));
    CHECK(pages_open(dir, &options, &pages) == STORE_OK);
    for (int i = 0; i < PAGES; i += 7)
        if (i % 50)
            remove_page(pages, i, &removed);
    pages_close(pages, page_ended, &removed);
    CHECK(removed == 420);
    for (int i = 0; i < PAGES; i++)
        check_file(dir, i);
    files_remove(dir);
    return 0;
}
