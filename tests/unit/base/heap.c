#include "base/heap.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { NODES = 500, STEPS = 20000 };

struct thing {
    int before;
    struct heap_node node;
    int64_t key; /* as the model has it */
    bool in;
};

static uint64_t random_state = 88172645463325252U;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 32) % limit);
}

static int64_t least_key(const struct thing *things)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < NODES; i++)
        if (things[i].in && things[i].key < least)
            least = things[i].key;
    return least;
}

static size_t count_in(const struct thing *things)
{
    size_t count = 0;
    for (size_t i = 0; i < NODES; i++)
        count += things[i].in;
    return count;
}

static void step(struct heap *h, struct thing *t)
{
    int64_t key = (int64_t)random_below(1000) - 500;
    bool removes = random_below(3) == 0;
    if (!t->in) {
        cr_assert(heap_push(h, &t->node, key));
        t->key = key;
        t->in = true;
    } else if (removes) {
        heap_remove(h, &t->node);
        t->in = false;
    } else {
        heap_update(h, &t->node, key);
        t->key = key;
    }
}

Test(heap, the_least_key_comes_first_whatever_was_pushed_changed_and_removed)
{
    static struct thing things[NODES];
    struct heap h = {0};
    for (int i = 0; i < STEPS; i++) {
        step(&h, &things[random_below(NODES)]);
        struct heap_node *first = heap_first(&h);
        cr_assert_eq(first ? first->key : INT64_MAX, least_key(things), "after step %d", i);
    }
    cr_assert_eq(h.count, count_in(things));
    int64_t last = INT64_MIN;
    size_t popped = 0, expected = count_in(things);
    for (struct heap_node *node; (node = heap_pop(&h)); popped++) {
        struct thing *t = HEAP_OWNER(node, struct thing, node);
        cr_assert(t->in && t->key == node->key && node->key >= last);
        cr_assert_eq(node->index, 0);
        last = node->key;
        t->in = false;
    }
    cr_assert_eq(popped, expected);
    heap_release(&h);
}

Test(heap, extreme_keys_are_keys_like_any_other)
{
    static const int64_t keys[] = {INT64_MAX, 0, INT64_MIN, -1, 1};
    static const int64_t sorted[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    struct heap_node nodes[5] = {0};
    struct heap h = {0};
    for (int i = 0; i < 5; i++)
        cr_assert(heap_push(&h, &nodes[i], keys[i]));
    for (int i = 0; i < 5; i++)
        cr_assert_eq(heap_pop(&h)->key, sorted[i]);
    heap_release(&h);
}

Test(heap, a_node_that_is_in_no_heap_may_be_removed)
{
    struct heap h = {0};
    struct heap_node node = {0};
    heap_remove(&h, &node);
    cr_assert_null(heap_first(&h));
    cr_assert_null(heap_pop(&h));
    heap_release(&h);
}

Test(heap, its_memory_is_at_most_twice_what_it_held_at_once)
{
    static struct heap_node nodes[1000];
    struct heap h = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            cr_assert(heap_push(&h, &nodes[i], i));
        while (heap_pop(&h))
            continue;
    }
    cr_assert_leq(h.capacity, 2000);
    heap_release(&h);
}

Test(heap, room_that_was_made_is_not_made_again)
{
    struct heap_node node = {0};
    struct heap h = {0};
    cr_assert(heap_reserve(&h, 100));
    struct heap_node **room = h.nodes;
    for (int i = 0; i < 100; i++) {
        cr_assert(heap_push(&h, &node, i));
        heap_remove(&h, &node);
    }
    cr_assert_eq(h.nodes, room);
    cr_assert_not(heap_reserve(&h, SIZE_MAX));
    cr_assert_eq(h.nodes, room);
    heap_release(&h);
}
