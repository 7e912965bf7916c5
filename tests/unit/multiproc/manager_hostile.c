/* A manager's server and clients that break the protocol or die in the middle of a request. */
#include "multiproc/manager_client.h"
#include "unit/multiproc/children.h"

#include <multiproc/manager.h>
#include <sys/socket.h>

#define HOSTILE_TEST(name) Test(manager_hostile, name, .timeout = 60)

struct scene {
    struct mp_manager *manager;
    struct mp_list *list;
};

static struct scene scene_new(void)
{
    struct scene s = {0};
    cr_assert_eq(mp_manager_new(&s.manager), MP_OK);
    cr_assert_eq(mp_list_new(s.manager, &s.list), MP_OK);
    cr_assert_eq(mp_list_append(s.list, mp_text("kept")), MP_OK);
    return s;
}

/* The server lives, and the list is as it was. */
static void expect_unharmed(struct scene *s)
{
    struct mp_items items;
    cr_assert_eq(mp_list_slice(s->list, 0, MP_LIST_END, &items), MP_OK);
    cr_assert_eq(items.count, 1);
    cr_assert_str_eq(items.items[0].value.data, "kept");
    mp_items_release(&items);
}

static void scene_end(struct scene *s)
{
    expect_unharmed(s);
    int code = -1;
    mp_list_free(s->list);
    cr_assert_eq(mp_manager_shutdown(s->manager), MP_OK);
    cr_assert_eq(mp_process_exit_code(s->manager->process, &code), MP_OK);
    cr_assert_eq(code, 0);
    mp_manager_free(s->manager);
}

/* Send bytes on a connection of their own. Returns whether the server ends that connection, with or without an
 * answer. */
static bool is_cut_off(struct scene *s, const void *bytes, size_t len)
{
    int fd = manager_connect(s->manager, true);
    cr_assert_geq(fd, 0);
    cr_assert_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
    char answer[256];
    ssize_t n = 1;
    while (n > 0 && readable(fd, 200))
        n = recv(fd, answer, sizeof(answer), 0);
    close(fd);
    return n <= 0;
}

HOSTILE_TEST(requests_that_make_no_sense_end_the_connection_and_nothing_else)
{
    struct scene s = scene_new();
    unsigned char list[8];
    memcpy(list, &s.list->proxy.id, sizeof(list));
#define LIST      list[0], list[1], list[2], list[3], list[4], list[5], list[6], list[7]
#define NO_OBJECT 0, 0, 0, 0, 0, 0, 0, 0
#define ROW(...)                                                                                                       \
    {                                                                                                                  \
        sizeof((unsigned char[]){__VA_ARGS__}),                                                                        \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
    const struct {
        size_t len;
        unsigned char bytes[40];
    } rows[] = {
        ROW(0, 0, 0, 0),                                                                  /* no body */
        ROW(255, 255, 255, 255),                                                          /* longest frame */
        ROW(1, 0, 0, 4),                                                                  /* a byte over the limit */
        ROW(1, 0, 0, 0, OP_COUNT),                                                        /* no object */
        ROW(9, 0, 0, 0, OP_LIMIT, LIST),                                                  /* no such operation */
        ROW(9, 0, 0, 0, 255, LIST),                                                       /* no such operation */
        ROW(9, 0, 0, 0, OP_LIST_POP, LIST),                                               /* no index */
        ROW(9, 0, 0, 0, OP_LIST_REMOVE, LIST),                                            /* no index */
        ROW(12, 0, 0, 0, OP_LIST_GET, LIST, 0, 0, 0),                                     /* half an index */
        ROW(13, 0, 0, 0, OP_LIST_EXTEND, LIST, 255, 255, 255, 255),                       /* four billion values */
        ROW(19, 0, 0, 0, OP_LIST_EXTEND, LIST, 2, 0, 0, 0, MP_BYTES, 1, 0, 0, 0, 'x'),    /* the second is missing */
        ROW(18, 0, 0, 0, OP_LIST_EXTEND, LIST, 1, 0, 0, 0, MP_BYTES, 255, 255, 255, 127), /* bytes that are not there */
        ROW(14, 0, 0, 0, OP_LIST_EXTEND, LIST, 1, 0, 0, 0, 77),                           /* no such kind */
        ROW(16, 0, 0, 0, OP_LIST_EXTEND, LIST, 1, 0, 0, 0, MP_DICT, 1, 0),                /* half a number */
        ROW(13, 0, 0, 0, OP_HOLD, NO_OBJECT, 255, 255, 255, 255),       /* numbers that are not there */
        ROW(17, 0, 0, 0, OP_LIST_SET, LIST, 0, 0, 0, 0, 0, 0, 0, 0),    /* no value */
        ROW(17, 0, 0, 0, OP_LIST_INSERT, LIST, 0, 0, 0, 0, 0, 0, 0, 0), /* no value */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        cr_assert(is_cut_off(&s, rows[i].bytes, rows[i].len), "row %zu", i);
        expect_unharmed(&s);
    }
    scene_end(&s);
}

/* Answers are errors, and the connection stays. */
HOSTILE_TEST(objects_that_are_not_there_or_of_another_kind_are_errors)
{
    struct scene s = scene_new();
    uint64_t ids[] = {0, 1, UINT64_MAX, s.list->proxy.id + 1, s.list->proxy.id ^ (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        for (int op = OP_COUNT; op < OP_LIMIT; op++)
            cr_assert_eq(manager_tell(s.manager, op, ids[i]), MP_NOT_FOUND, "object %zu, operation %d", i, op);
    for (int op = OP_DICT_SET; op <= OP_DICT_ITEMS; op++)
        cr_assert_eq(manager_tell(s.manager, op, s.list->proxy.id), MP_INVALID);
    scene_end(&s);
}

HOSTILE_TEST(a_client_cannot_drop_what_it_does_not_hold)
{
    struct scene s = scene_new();
    unsigned char request[13] = {9, 0, 0, 0, OP_DROP};
    memcpy(request + 5, &s.list->proxy.id, 8);
    int fd = manager_connect(s.manager, true);
    for (int i = 0; i < 10; i++) {
        unsigned char answer[5] = {0};
        cr_assert_eq(send(fd, request, sizeof(request), MSG_NOSIGNAL), (ssize_t)sizeof(request));
        cr_assert(readable(fd, PATIENCE_MS));
        cr_assert_eq(recv(fd, answer, sizeof(answer), MSG_WAITALL), (ssize_t)sizeof(answer));
        cr_assert_eq(answer[4], MP_NOT_FOUND);
    }
    close(fd);
    scene_end(&s);
}

static int ask_for_shutdown(void *arg)
{
    struct scene *s = arg;
    end_with_test();
    return is_cut_off(s, (unsigned char[]){1, 0, 0, 0, OP_SHUTDOWN}, 5) ? 0 : 1;
}

HOSTILE_TEST(only_the_process_that_made_it_can_end_it)
{
    struct scene s = scene_new();
    cr_assert_eq(run_in_child(ask_for_shutdown, &s), 0);
    scene_end(&s);
}

HOSTILE_TEST(letters_at_the_door_without_or_with_too_many_descriptors_do_no_harm)
{
    struct scene s = scene_new();
    for (size_t count = 0; count <= 8; count++) {
        union {
            char bytes[CMSG_SPACE(8 * sizeof(int))];
            struct cmsghdr align;
        } control = {0};
        struct iovec iov = {(char[]){'x'}, 1};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        if (count) {
            int fds[8] = {0, 1, 2, 0, 1, 2, 0, 1};
            msg.msg_control = control.bytes;
            msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
            struct cmsghdr *h = CMSG_FIRSTHDR(&msg);
            *h = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
            h->cmsg_len = CMSG_LEN(count * sizeof(int));
            memcpy(CMSG_DATA(h), fds, count * sizeof(int));
        }
        cr_assert_eq(sendmsg(s.manager->door, &msg, 0), 1);
    }
    expect_unharmed(&s);
    scene_end(&s);
}

HOSTILE_TEST(a_client_that_reads_no_answers_holds_up_nobody)
{
    struct scene s = scene_new();
    unsigned char request[29] = {25, 0, 0, 0, OP_LIST_SLICE, [20] = 0, [21] = 255, 255, 255, 255, 255, 255, 255, 127};
    memcpy(request + 5, &s.list->proxy.id, 8);
    int fd = manager_connect(s.manager, true);
    size_t sent = 0;
    while (send(fd, request, sizeof(request), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(request))
        sent++;
    cr_assert_gt(sent, 100);
    expect_unharmed(&s);
    close(fd);
    scene_end(&s);
}

static int use_it_for_ever(void *arg)
{
    struct scene *s = arg;
    end_with_test();
    char *filler = calloc(1, 100000);
    struct mp_dict *mine;
    if (mp_dict_new(s->manager, &mine) != MP_OK)
        return 1;
    for (;;) {
        struct mp_value v;
        if (mp_dict_set(mine, "k", 1, mp_bytes(filler, 100000)) != MP_OK || mp_dict_get(mine, "k", 1, &v) != MP_OK)
            return 2;
        mp_value_release(&v);
    }
}

HOSTILE_TEST(clients_killed_in_the_middle_of_requests_leave_the_server_and_others_alone)
{
    struct scene s = scene_new();
    srandom(3);
    for (int round = 0; round < 20; round++) {
        struct mp_process *all[4];
        for (int i = 0; i < 4; i++)
            all[i] = start(use_it_for_ever, &s);
        nanosleep(&(struct timespec){.tv_nsec = random() % 4000000}, NULL);
        for (int i = 0; i < 4; i++)
            mp_process_kill(all[i]);
        for (int i = 0; i < 4; i++)
            cr_assert_eq(finish(all[i]), -SIGKILL);
        expect_unharmed(&s);
    }
    scene_end(&s);
}

struct birth {
    struct scene *scene;
    struct event ids;
};

static int make_one_and_wait(void *arg)
{
    struct birth *a = arg;
    struct mp_dict *mine;
    end_with_test();
    if (mp_dict_new(a->scene->manager, &mine) != MP_OK)
        return 1;
    return write(a->ids.fds[1], &mine->proxy.id, sizeof(mine->proxy.id)) > 0 ? wait_for_ever(NULL) : 2;
}

HOSTILE_TEST(what_only_a_killed_client_had_a_handle_of_is_freed)
{
    struct scene s = scene_new();
    struct birth arg = {&s, event_new()};
    struct mp_process *p = start(make_one_and_wait, &arg);
    uint64_t id = 0;
    cr_assert(readable(arg.ids.fds[0], PATIENCE_MS));
    cr_assert_eq(read(arg.ids.fds[0], &id, sizeof(id)), sizeof(id));
    cr_assert_eq(manager_tell(s.manager, OP_COUNT, id), MP_OK);
    mp_process_kill(p);
    cr_assert_eq(finish(p), -SIGKILL);
    int64_t deadline = now_ms() + PATIENCE_MS;
    enum mp_status status;
    while ((status = manager_tell(s.manager, OP_COUNT, id)) == MP_OK && now_ms() < deadline)
        sched_yield();
    cr_assert_eq(status, MP_NOT_FOUND);
    scene_end(&s);
}
