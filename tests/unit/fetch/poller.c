#include "fetch/poller.h"

#include <criterion/criterion.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct poller poller;
static int wake;

static void open_poller(void)
{
    wake = eventfd(0, EFD_NONBLOCK);
    cr_assert(poller_open(&poller, wake));
}

static void close_poller(void)
{
    poller_close(&poller);
    close(wake);
}

TestSuite(poller, .init = open_poller, .fini = close_poller, .timeout = 10);

static int events_of(int fd)
{
    struct epoll_event events[4];
    int n = poller_wait(&poller, events, 4, 0), seen = 0;
    for (int i = 0; i < n; i++)
        seen += events[i].data.fd == fd;
    return seen;
}

Test(poller, an_event_is_given_while_it_is_wanted)
{
    int fd = eventfd(1, EFD_NONBLOCK);
    poller_own(&poller, fd);
    cr_assert_eq(events_of(fd), 0);
    poller_want(&poller, fd, EPOLLIN);
    cr_assert_eq(events_of(fd), 1);
    poller_want(&poller, fd, 0);
    cr_assert_eq(events_of(fd), 0);
    poller_want(&poller, fd, EPOLLIN);
    cr_assert_eq(events_of(fd), 1, "wanted again after an event that nobody wanted");
    poller_want(&poller, fd, EPOLLOUT);
    cr_assert_eq(events_of(fd), 1);
    close(fd);
}

Test(poller, a_socket_that_was_closed_leaves_nothing_for_the_next_of_its_number)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    poller_own(&poller, fd);
    poller_want(&poller, fd, EPOLLIN);
    poller_want(&poller, fd, 0);
    poller_disown(&poller, fd);
    close(fd);
    int again = eventfd(1, EFD_NONBLOCK);
    cr_assert_eq(again, fd, "the test needs the same number");
    poller_own(&poller, again);
    poller_want(&poller, again, EPOLLIN);
    cr_assert_eq(events_of(again), 1);
    close(again);
}

Test(poller, a_descriptor_of_somebody_else_is_taken_out_at_once)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    poller_want(&poller, fd, EPOLLIN);
    poller_want(&poller, fd, 0);
    close(fd); /* without a word */
    int again = eventfd(1, EFD_NONBLOCK);
    cr_assert_eq(again, fd, "the test needs the same number");
    poller_want(&poller, again, EPOLLIN);
    cr_assert_eq(events_of(again), 1);
    close(again);
}

Test(poller, the_wake_up_ends_a_wait_and_is_given_to_nobody)
{
    struct epoll_event events[4];
    cr_assert_eq(eventfd_write(wake, 1), 0);
    cr_assert_eq(poller_wait(&poller, events, 4, 5000), 0);
}
