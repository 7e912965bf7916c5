#include "multiproc/ring.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CAPACITY = 4096 };

/* Both sides of one ring, as two processes would see it. */
struct pair {
    struct ring producer;
    struct ring consumer;
    int fd;
};

static struct pair pair_new(void)
{
    struct pair p = {.fd = ring_create(CAPACITY)};
    cr_assert_geq(p.fd, 0);
    cr_assert_eq(ring_map(&p.producer, p.fd, CAPACITY, true), MP_OK);
    cr_assert_eq(ring_map(&p.consumer, p.fd, CAPACITY, true), MP_OK);
    return p;
}

static void pair_release(struct pair *p)
{
    ring_unmap(&p->producer);
    ring_unmap(&p->consumer);
    close(p->fd);
}

static void put(struct pair *p, uint64_t id, const void *data, size_t len)
{
    void *room;
    cr_assert_eq(ring_reserve(&p->producer, len, 7, id, &room), MP_OK);
    memcpy(room, data, len);
    ring_commit(&p->producer, len);
}

enum { FILL_COUNT = CAPACITY / 256, FILL_BYTES = 256 - sizeof(struct ring_header) };

/* FILL_COUNT messages of FILL_BYTES, and nothing more fits. */
static void fill(struct pair *p)
{
    static const char data[FILL_BYTES];
    for (unsigned i = 0; i < FILL_COUNT; i++)
        put(p, i, data, sizeof data);
}

static void release_all(struct pair *p)
{
    ring_release(&p->consumer, p->consumer.tail);
}

/* Take one message and give its room back. */
static void take(struct pair *p)
{
    struct ring_message m;
    cr_assert_eq(ring_peek(&p->consumer, &m), MP_OK);
    ring_advance(&p->consumer, &m);
    release_all(p);
}

Test(ring, messages_of_every_length_arrive_whole_and_in_order_many_times_around)
{
    struct pair p = pair_new();
    unsigned char sent[1024];
    struct ring_message m;
    for (unsigned i = 0; i < 20000; i++) {
        size_t len = i * 31 % sizeof sent;
        memset(sent, (int)i, len);
        put(&p, i, sent, len);
        cr_assert_eq(ring_peek(&p.consumer, &m), MP_OK);
        cr_assert(m.id == i && m.kind == 7 && m.len == len && memcmp(m.data, sent, len) == 0);
        cr_assert_eq((uintptr_t)m.data % 16, 0);
        ring_advance(&p.consumer, &m);
        release_all(&p);
    }
    cr_assert_eq(ring_peek(&p.consumer, &m), MP_EMPTY);
    pair_release(&p);
}

Test(ring, a_full_ring_refuses_and_has_room_again_when_the_consumer_releases)
{
    struct pair p = pair_new();
    void *room;
    struct ring_message m;
    fill(&p);
    cr_assert_eq(ring_reserve(&p.producer, 0, 7, 0, &room), MP_FULL);
    cr_assert_eq(ring_room(&p.producer), 0);
    cr_assert(ring_producer_arm(&p.producer, FILL_BYTES), "nothing fits, so the producer may sleep");
    cr_assert_eq(ring_peek(&p.consumer, &m), MP_OK);
    ring_advance(&p.consumer, &m);
    cr_assert_eq(ring_reserve(&p.producer, FILL_BYTES, 7, 0, &room), MP_FULL, "read is not yet released");
    release_all(&p);
    cr_assert_not(ring_producer_arm(&p.producer, FILL_BYTES), "it fits now");
    cr_assert_eq(ring_reserve(&p.producer, FILL_BYTES, 7, 0, &room), MP_OK);
    pair_release(&p);
}

Test(ring, a_producer_that_sleeps_is_woken_once_and_only_when_half_of_the_ring_is_free)
{
    struct pair p = pair_new();
    fill(&p);
    cr_assert(ring_producer_arm(&p.producer, FILL_BYTES));
    for (unsigned i = 1; i <= FILL_COUNT; i++) {
        take(&p);
        cr_assert_eq(ring_must_wake_producer(&p.consumer), i == FILL_COUNT / 2, "after %u messages", i);
    }
    pair_release(&p);
}

Test(ring, a_producer_that_waits_for_more_than_half_is_woken_until_it_has_it)
{
    struct pair p = pair_new();
    unsigned woken = 0;
    fill(&p);
    for (unsigned i = 0; i < FILL_COUNT; i++) {
        bool sleeps = ring_producer_arm(&p.producer, (FILL_COUNT - 1) * 256 - sizeof(struct ring_header));
        cr_assert_eq(sleeps, i < FILL_COUNT - 1, "after %u messages", i);
        take(&p);
        woken += ring_must_wake_producer(&p.consumer);
    }
    cr_assert_eq(woken, FILL_COUNT / 2, "each release from the half on, while it sleeps");
    pair_release(&p);
}

Test(ring, a_message_may_fill_the_whole_ring)
{
    struct pair p = pair_new();
    void *room;
    struct ring_message m;
    put(&p, 0, "", 1);
    cr_assert_eq(ring_peek(&p.consumer, &m), MP_OK);
    ring_advance(&p.consumer, &m);
    release_all(&p);
    cr_assert_eq(ring_reserve(&p.producer, CAPACITY - 15, 7, 1, &room), MP_FULL);
    cr_assert_eq(ring_reserve(&p.producer, CAPACITY - 16, 7, 1, &room), MP_OK);
    memset(room, 'w', CAPACITY - 16);
    ring_commit(&p.producer, CAPACITY - 16);
    cr_assert_eq(ring_peek(&p.consumer, &m), MP_OK);
    cr_assert(m.len == CAPACITY - 16 && ((const char *)m.data)[m.len - 1] == 'w');
    pair_release(&p);
}

Test(ring, a_consumer_sleeps_only_when_nothing_was_published)
{
    struct pair p = pair_new();
    cr_assert(ring_consumer_arm(&p.consumer));
    put(&p, 0, "", 0);
    cr_assert(ring_must_wake_consumer(&p.producer));
    cr_assert_not(ring_must_wake_consumer(&p.producer), "one wake-up for each sleep");
    cr_assert_not(ring_consumer_arm(&p.consumer));
    cr_assert_not(ring_must_wake_consumer(&p.producer), "a consumer that did not sleep needs no bell");
    pair_release(&p);
}

Test(ring, a_dead_producers_draft_is_salvaged_once_and_only_if_it_was_not_committed)
{
    struct pair p = pair_new();
    struct ring_message m;
    void *room;
    cr_assert_eq(ring_salvage(&p.consumer, &m), MP_EMPTY);
    put(&p, 1, "whole", 5);
    cr_assert_eq(ring_reserve(&p.producer, 100, 9, 2, &room), MP_OK);
    memcpy(room, "half of it", 10);
    ring_draft(&p.producer, 4);
    cr_assert_eq(ring_peek(&p.consumer, &m), MP_OK);
    ring_advance(&p.consumer, &m);
    cr_assert_eq(ring_peek(&p.consumer, &m), MP_EMPTY);
    cr_assert_eq(ring_salvage(&p.consumer, &m), MP_OK);
    cr_assert(m.len == 4 && m.kind == 9 && m.id == 2 && memcmp(m.data, "half", 4) == 0);
    ring_advance(&p.consumer, &m);
    cr_assert_eq(ring_salvage(&p.consumer, &m), MP_EMPTY);
    pair_release(&p);
}

/* What a hostile producer may publish: a head, and a length in the header at the consumer's position. */
struct lie {
    const char *name;
    uint64_t head;
    uint32_t len;
};

static const struct lie lies[] = {
    {"more than the capacity", CAPACITY + 64 + 16, 0},
    {"the largest head", UINT64_MAX, 0},
    {"the largest aligned head", UINT64_MAX - 15, 0},
    {"a head that is not aligned", 17, 0},
    {"a head that went back", 16, 0},
    {"a length beyond the head", 64 + 32, 17},
    {"a length beyond the ring", 64 + 32, CAPACITY},
    {"a length that overflows when padded", 64 + 32, UINT32_MAX},
    {"a length that overflows with its header", 64 + 32, UINT32_MAX - 15},
};

Test(ring, whatever_a_hostile_producer_publishes_is_found_out)
{
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct pair p = pair_new();
        struct ring_message m;
        put(&p, 1, "0123456789abcdef0123456789abcdef0123456789abcdef", 48);
        cr_assert_eq(ring_peek(&p.consumer, &m), MP_OK);
        ring_advance(&p.consumer, &m);
        ((struct ring_header *)(p.producer.data + 64))->len = lies[i].len;
        atomic_store(&p.producer.control->head, lies[i].head);
        cr_expect_eq(ring_peek(&p.consumer, &m), MP_PROTOCOL, "%s", lies[i].name);
        pair_release(&p);
    }
}

Test(ring, whatever_a_hostile_producer_drafts_is_found_out)
{
    const uint64_t drafts[] = {1, 15, CAPACITY + 1, UINT64_MAX, UINT64_MAX - 15, (uint64_t)UINT32_MAX + 100};
    for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++) {
        struct pair p = pair_new();
        struct ring_message m;
        atomic_store(&p.producer.control->draft, drafts[i]);
        cr_expect_eq(ring_salvage(&p.consumer, &m), MP_PROTOCOL, "%llu", (unsigned long long)drafts[i]);
        pair_release(&p);
    }
}

Test(ring, whatever_a_hostile_consumer_releases_is_found_out)
{
    const uint64_t tails[] = {0, 16, 33, 4096 + 16, UINT64_MAX, UINT64_MAX - 15};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        struct pair p = pair_new();
        struct ring_message m;
        void *room;
        put(&p, 1, "0123456789abcdef", 16);
        cr_assert_eq(ring_peek(&p.consumer, &m), MP_OK);
        ring_advance(&p.consumer, &m);
        release_all(&p);
        cr_assert_eq(ring_room(&p.producer), CAPACITY - 16);
        atomic_store(&p.consumer.control->tail, tails[i]);
        cr_expect_eq(ring_room(&p.producer), 0, "%llu", (unsigned long long)tails[i]);
        put(&p, 2, "", 0);
        cr_expect_eq(ring_reserve(&p.producer, CAPACITY - 16, 1, 1, &room), MP_PROTOCOL);
        pair_release(&p);
    }
}

Test(ring, its_memory_cannot_be_taken_away_from_the_other_side)
{
    struct pair p = pair_new();
    cr_assert_eq(ftruncate(p.fd, 0), -1);
    cr_assert_eq(ftruncate(p.fd, 1 << 20), -1);
    pair_release(&p);
}
