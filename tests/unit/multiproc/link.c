#include "multiproc/link.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

enum { CAPACITY = 1 << 16, LENGTH = 1000, KIND = 1 };

/* A link and the worker's view of its result ring, in one process. */
struct pair {
    struct link *link;
    struct ring producer;
    int fds[LINK_FDS];
};

static void pair_open(struct pair *p)
{
    cr_assert_eq(link_new(CAPACITY, CAPACITY, &p->link, p->fds), MP_OK);
    cr_assert_eq(ring_map(&p->producer, p->fds[LINK_RESULTS], CAPACITY, true), MP_OK);
}

static void pair_close(struct pair *p)
{
    ring_unmap(&p->producer);
    for (int i = 0; i < LINK_FDS; i++)
        close(p->fds[i]);
    link_retire(p->link);
}

static void produce(struct pair *p)
{
    void *data;
    cr_assert_eq(ring_reserve(&p->producer, LENGTH, KIND, 0, &data), MP_OK);
    memset(data, 'x', LENGTH);
    ring_commit(&p->producer, LENGTH);
}

/* What the driver does with a message that its callback keeps. */
static struct mp_hold *consume_and_keep(struct pair *p)
{
    struct ring_message m;
    cr_assert_eq(ring_peek(&p->link->results, &m), MP_OK);
    struct mp_hold *hold = link_spare_hold(p->link);
    cr_assert_not_null(hold);
    hold->start = m.start;
    link_keep(hold);
    ring_advance(&p->link->results, &m);
    return hold;
}

Test(link, the_tail_that_the_worker_sees_never_moves_back, .timeout = 10)
{
    struct pair p;
    pair_open(&p);
    produce(&p);
    produce(&p);
    struct mp_hold *first = consume_and_keep(&p), *second = consume_and_keep(&p);
    link_release(first);
    size_t room = ring_room(&p.producer);
    cr_assert_gt(room, 0);
    link_release(second); /* before the driver has published anything as consumed */
    cr_assert_eq(ring_room(&p.producer), room, "the worker takes a tail that moved back for a broken ring");
    link_publish(p.link);
    cr_assert_gt(ring_room(&p.producer), room);
    pair_close(&p);
}

Test(link, room_comes_free_in_order_whatever_the_order_of_releases, .timeout = 10)
{
    struct pair p;
    struct mp_hold *holds[8];
    pair_open(&p);
    size_t all = ring_room(&p.producer);
    for (int i = 0; i < 8; i++)
        produce(&p);
    for (int i = 0; i < 8; i++)
        holds[i] = consume_and_keep(&p);
    link_publish(p.link);
    size_t none = ring_room(&p.producer);
    for (int i = 7; i > 0; i--) {
        link_release(holds[i]);
        cr_assert_eq(ring_room(&p.producer), none, "hold %d was released before the oldest", i);
    }
    link_release(holds[0]);
    cr_assert_eq(ring_room(&p.producer), all);
    pair_close(&p);
}
