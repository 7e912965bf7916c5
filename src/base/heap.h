/* A binary min-heap of things with a 64-bit key, of which the least is at hand: what is due first, for example.
 *
 * A heap_node is embedded in what waits; zeroes are a node that is in no heap. Zeroes are also an empty heap.
 * heap_push, heap_first, heap_pop, heap_remove and heap_update take O(log n); heap_release ends it. Nodes with the same
 * key come in no order. The heap's own memory is one pointer a node, at most twice as many as there ever were at once.
 *
 * Context: one thread. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;  /* set by heap_push and heap_update only */
    size_t index; /* the position plus one; 0: in no heap */
};

struct heap {
    struct heap_node **nodes;
    size_t count;
    size_t capacity;
};

/* What NODE is embedded in. */
#define HEAP_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Make room for COUNT nodes in all, so that heap_push cannot fail before there are more. False when memory is out. */
bool heap_reserve(struct heap *h, size_t count);

/* Put NODE, which is in no heap, in with KEY. False when memory is out. */
bool heap_push(struct heap *h, struct heap_node *node, int64_t key);

/* Change the key of NODE, which is in this heap. */
void heap_update(struct heap *h, struct heap_node *node, int64_t key);

/* Take NODE out; nothing happens when it is in no heap. */
void heap_remove(struct heap *h, struct heap_node *node);

/* The node with the least key; NULL when there is none. */
struct heap_node *heap_first(const struct heap *h);

/* Take it out; NULL when there is none. */
struct heap_node *heap_pop(struct heap *h);

/* Free the heap's memory. The nodes are the owners' and stay as they are. */
void heap_release(struct heap *h);

#endif
