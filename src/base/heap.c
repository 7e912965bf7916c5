#include "base/heap.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

/* Doubled, and in bytes, it fits in a size_t still. */
static const size_t COUNT_MAX = SIZE_MAX / 4 / sizeof(struct heap_node *);

bool heap_reserve(struct heap *h, size_t count)
{
    if (count <= h->capacity)
        return true;
    if (count > COUNT_MAX)
        return false;
    size_t capacity = h->capacity ? h->capacity : FIRST_CAPACITY;
    while (capacity < count)
        capacity *= 2;
    struct heap_node **nodes = realloc(h->nodes, capacity * sizeof(struct heap_node *));
    if (!nodes)
        return false;
    h->nodes = nodes;
    h->capacity = capacity;
    return true;
}

static void place(struct heap *h, struct heap_node *node, size_t at)
{
    h->nodes[at] = node;
    node->index = at + 1;
}

/* NODE belongs at AT or nearer to the root. */
static void rise(struct heap *h, struct heap_node *node, size_t at)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (h->nodes[parent]->key <= node->key)
            break;
        place(h, h->nodes[parent], at);
        at = parent;
    }
    place(h, node, at);
}

/* NODE belongs at AT or farther from the root. */
static void sink(struct heap *h, struct heap_node *node, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->nodes[child + 1]->key < h->nodes[child]->key)
            child++;
        if (node->key <= h->nodes[child]->key)
            break;
        place(h, h->nodes[child], at);
        at = child;
    }
    place(h, node, at);
}

bool heap_push(struct heap *h, struct heap_node *node, int64_t key)
{
    assert(!node->index);
    if (!heap_reserve(h, h->count + 1))
        return false;
    node->key = key;
    rise(h, node, h->count++);
    return true;
}

static void settle(struct heap *h, struct heap_node *node, size_t at)
{
    if (at > 0 && h->nodes[(at - 1) / 2]->key > node->key)
        rise(h, node, at);
    else
        sink(h, node, at);
}

void heap_update(struct heap *h, struct heap_node *node, int64_t key)
{
    assert(node->index && h->nodes[node->index - 1] == node);
    node->key = key;
    settle(h, node, node->index - 1);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    if (!node->index)
        return;
    size_t at = node->index - 1;
    assert(at < h->count && h->nodes[at] == node);
    node->index = 0;
    struct heap_node *last = h->nodes[--h->count];
    if (last != node)
        settle(h, last, at);
}

struct heap_node *heap_first(const struct heap *h)
{
    return h->count ? h->nodes[0] : NULL;
}

struct heap_node *heap_pop(struct heap *h)
{
    struct heap_node *first = heap_first(h);
    if (first)
        heap_remove(h, first);
    return first;
}

void heap_release(struct heap *h)
{
    free(h->nodes);
    *h = (struct heap){0};
}
