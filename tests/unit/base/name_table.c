#include "base/name_table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { THINGS = 1000 };

struct thing {
    struct name_node node;
    char name[16];
    unsigned met;
};

static struct thing things[THINGS];

/* All things in a new table; their names share beginnings, and one is empty. */
static struct name_table filled(void)
{
    struct name_table table;
    name_table_init(&table);
    for (size_t i = 0; i < THINGS; i++) {
        int len = i ? snprintf(things[i].name, sizeof things[i].name, "h%zu", i) : 0;
        things[i].node = (struct name_node){.name = things[i].name, .len = (size_t)len};
        cr_assert_null(name_table_find(&table, things[i].name, (size_t)len));
        cr_assert(name_table_add(&table, &things[i].node));
        cr_assert_eq(table.count, i + 1);
    }
    return table;
}

static struct name_node *find(const struct name_table *table, const char *name)
{
    return name_table_find(table, name, strlen(name));
}

Test(name_table, each_thing_is_found_by_all_of_its_name)
{
    struct name_table table = filled();
    for (size_t i = 0; i < THINGS; i++)
        cr_assert_eq(find(&table, things[i].name), &things[i].node, "%s", things[i].name);
    cr_expect_null(find(&table, "h"));
    cr_expect_null(find(&table, "h1000"));
    cr_expect_null(find(&table, "H1"));
    cr_expect_null(name_table_find(&table, "h1\0", 3));
    cr_expect_eq(name_table_find(&table, "h12", 2), &things[1].node);
    name_table_release(&table);
}

Test(name_table, what_was_removed_is_not_found_and_the_rest_is)
{
    struct name_table table = filled();
    for (size_t i = 0; i < THINGS; i += 2)
        name_table_remove(&table, &things[i].node);
    cr_expect_eq(table.count, THINGS / 2);
    for (size_t i = 0; i < THINGS; i++)
        cr_assert_eq(find(&table, things[i].name), i % 2 ? &things[i].node : NULL, "%s", things[i].name);
    name_table_release(&table);
}

Test(name_table, a_walk_meets_each_thing_once_even_while_it_is_removed)
{
    struct name_table table = filled();
    for (struct name_node *node = name_table_next(&table, NULL), *next; node; node = next) {
        struct thing *thing = (struct thing *)node;
        next = name_table_next(&table, node);
        if (!thing->met++ && thing->name[0])
            name_table_remove(&table, node);
    }
    for (size_t i = 0; i < THINGS; i++)
        cr_assert_eq(things[i].met, 1, "%s", things[i].name);
    cr_expect_eq(table.count, 1);
    cr_expect_eq(name_table_next(&table, NULL), &things[0].node);
    cr_expect_null(name_table_next(&table, &things[0].node));
    name_table_release(&table);
}

Test(name_table, nothing_is_in_an_empty_one_and_a_released_one_is_used_again)
{
    struct name_table table = {.seed = 7};
    struct name_node node = {.name = "a", .len = 1};
    cr_expect_null(find(&table, "a"));
    cr_expect_null(name_table_next(&table, NULL));
    cr_assert(name_table_add(&table, &node));
    name_table_release(&table);
    cr_expect_eq(table.count, 0);
    cr_expect_null(find(&table, "a"));
    cr_assert(name_table_add(&table, &node));
    cr_expect_eq(find(&table, "a"), &node);
    name_table_release(&table);
}
