/* The task runs in a worker, its callback in the parent, which gets what the task returned. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <string.h>

struct seen {
    pid_t task_pid, callback_pid;
    char result[16];
    int calls;
};

/* In the tutorial: return '*' * i. The process that did it comes first. */
static int func(const void *arg, size_t len, struct mp_reply *reply)
{
    pid_t pid = getpid();
    int i;
    if (len != sizeof(i))
        return 1;
    memcpy(&i, arg, sizeof(i));
    mp_reply_write(reply, &pid, sizeof(pid));
    while (i-- > 0)
        mp_reply_write(reply, "*", 1);
    return 0;
}

static void call_back(const struct mp_outcome *outcome, void *context)
{
    struct seen *s = context;
    s->calls++;
    s->callback_pid = getpid();
    if (outcome->status != MP_OK || outcome->len < sizeof(pid_t) || outcome->len >= sizeof(s->result))
        return;
    memcpy(&s->task_pid, outcome->data, sizeof(pid_t));
    memcpy(s->result, (const char *)outcome->data + sizeof(pid_t), outcome->len - sizeof(pid_t));
}

Test(pool, the_callback_runs_once_in_the_parent_with_the_result_of_the_task, .timeout = 60)
{
    struct mp_pool *pool;
    struct seen seen = {0};
    cr_assert_eq(mp_pool_new(NULL, &pool), MP_OK);
    cr_assert_eq(mp_pool_apply_async(pool, func, &(int){3}, sizeof(int), call_back, &seen, NULL), MP_OK);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    cr_assert_eq(seen.calls, 1);
    cr_assert_eq(seen.callback_pid, getpid());
    cr_assert_neq(seen.task_pid, getpid());
    cr_assert_str_eq(seen.result, "***");
    mp_pool_free(pool);
}
