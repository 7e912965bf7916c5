#include "crawl/scope/tally.h"

#include "base/hash.h"

#include <criterion/criterion.h>

static uint64_t key_of(uint64_t n)
{
    return hash_bytes(&n, sizeof n, 7);
}

Test(tally, an_entry_begins_at_zero_and_keeps_its_counters)
{
    struct tally t;
    tally_init(&t, 1024);
    cr_assert_null(tally_find(&t, 5));
    struct tally_entry *entry = tally_at(&t, 5);
    cr_assert(entry && entry->a == 0 && entry->b == 0);
    entry->a = 3;
    entry->b = 4;
    tally_at(&t, 0)->a = 9;
    cr_assert_eq(tally_at(&t, 5)->a, 3);
    cr_assert_eq(tally_find(&t, 5)->b, 4);
    cr_assert_eq(tally_find(&t, 0)->a, 9, "0 is a key, too");
    cr_assert_null(tally_find(&t, 6));
    tally_release(&t);
}

Test(tally, nothing_is_forgotten_while_there_is_room)
{
    enum { KEYS = 100000 };
    struct tally t;
    tally_init(&t, 1 << 20);
    for (uint32_t i = 0; i < KEYS; i++)
        tally_at(&t, key_of(i))->a = i + 1;
    for (uint32_t i = 0; i < KEYS; i++) {
        const struct tally_entry *entry = tally_find(&t, key_of(i));
        cr_assert(entry && entry->a == i + 1, "%u", i);
    }
    for (uint32_t i = KEYS; i < 2 * KEYS; i++)
        cr_assert_null(tally_find(&t, key_of(i)));
    tally_release(&t);
}

Test(tally, a_full_table_keeps_its_size_and_what_is_asked_for_often)
{
    enum { MAX = 4096, KEYS = 1000000, OFTEN = 64 };
    struct tally t;
    tally_init(&t, MAX);
    for (uint32_t i = 0; i < OFTEN; i++)
        tally_at(&t, key_of(i))->a = i + 1;
    for (uint32_t i = OFTEN; i < KEYS; i++) {
        cr_assert_eq(tally_at(&t, key_of(i))->a, 0);
        const struct tally_entry *often = tally_find(&t, key_of(i % OFTEN));
        cr_assert(often && often->a == i % OFTEN + 1, "%u after %u others", i % OFTEN, i);
    }
    cr_assert_eq(tally_bytes(&t), MAX * sizeof(struct tally_entry));
    size_t found = 0;
    for (uint32_t i = 0; i < KEYS; i++)
        found += tally_find(&t, key_of(i)) != NULL;
    cr_assert_leq(found, MAX);
    cr_assert_gt(found, MAX * 9 / 10);
    tally_release(&t);
}

/* Keys of which the low bits are the same fall together however far the table grows. */
Test(tally, of_keys_that_fall_together_the_last_eight_are_kept)
{
    struct tally t;
    tally_init(&t, 4096);
    for (uint64_t i = 1; i <= 100; i++)
        tally_at(&t, i << 40)->a = (uint32_t)i;
    for (uint64_t i = 1; i <= 100; i++) {
        const struct tally_entry *entry = tally_find(&t, i << 40);
        cr_assert_eq(entry != NULL, i > 92, "%d", (int)i);
        cr_assert(!entry || entry->a == i);
    }
    cr_assert_leq(tally_bytes(&t), 4096 * sizeof(struct tally_entry));
    tally_release(&t);
}

Test(tally, a_counter_stays_at_its_largest_number)
{
    uint32_t counter = UINT32_MAX - 1;
    tally_count(&counter);
    tally_count(&counter);
    cr_assert_eq(counter, UINT32_MAX);
}
