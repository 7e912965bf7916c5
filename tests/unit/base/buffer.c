#include "base/buffer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(buffer, appended_bytes_are_kept_in_order_and_terminated)
{
    struct buffer b;
    buffer_init(&b);
    for (int i = 0; i < 1000; i++)
        cr_assert(buffer_printf(&b, "%d,", i % 10));
    cr_assert_eq(b.len, 2000);
    cr_assert_eq(strlen(b.data), 2000);
    cr_assert_eq(strncmp(b.data, "0,1,2,3,", 8), 0);
    buffer_release(&b);
}

Test(buffer, an_impossible_reservation_fails_and_leaves_the_content)
{
    struct buffer b;
    buffer_init(&b);
    buffer_append_text(&b, "kept");
    cr_assert_not(buffer_reserve(&b, (size_t)-1));
    cr_assert_str_eq(buffer_text(&b), "kept");
    buffer_release(&b);
}

Test(buffer, take_hands_over_the_memory_and_leaves_it_empty)
{
    struct buffer b;
    buffer_init(&b);
    buffer_append_text(&b, "mine");
    char *mine = buffer_take(&b);
    cr_assert_str_eq(mine, "mine");
    cr_assert_str_eq(buffer_text(&b), "");
    free(mine);
}
