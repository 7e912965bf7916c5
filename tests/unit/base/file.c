#include "base/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

static int file_with(const char *text)
{
    int fd = memfd_create("file", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(file_write(fd, text, strlen(text)), strlen(text));
    return fd;
}

Test(file, reading_is_short_only_where_the_file_ends)
{
    static const struct {
        uint64_t at;
        size_t len;
        const char *found;
    } rows[] = {{0, 6, "abcdef"}, {0, 9, "abcdef"}, {2, 3, "cde"}, {5, 4, "f"}, {6, 1, ""}, {1000, 4, ""}, {0, 0, ""}};
    int fd = file_with("abcdef");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char found[10] = "";
        cr_expect_eq(file_read_at(fd, found, rows[i].len, rows[i].at), (ssize_t)strlen(rows[i].found), "row %zu", i);
        cr_expect_str_eq(found, rows[i].found, "row %zu", i);
    }
    close(fd);
    char byte;
    cr_expect_eq(file_read_at(fd, &byte, 1, 0), -1);
    cr_expect_eq(errno, EBADF);
}

Test(file, writing_at_an_offset_leaves_the_rest_and_where_the_file_stands)
{
    int fd = file_with("abcdef");
    char found[16] = "";
    cr_expect_eq(file_write_at(fd, "XY", 2, 1), 2);
    cr_expect_eq(file_write_at(fd, "", 0, 3), 0);
    cr_expect_eq(file_write(fd, "ghi", 3), 3);
    cr_expect_eq(file_read_at(fd, found, sizeof found, 0), 9);
    cr_expect_str_eq(found, "aXYdefghi");
    close(fd);
}

/* A limit stands in for a disk: the call that reaches it writes a part, the next one fails. */
Test(file, what_a_full_disk_took_is_counted)
{
    static char data[10000];
    struct rlimit limit = {.rlim_cur = 6000, .rlim_max = 6000};
    int fd = file_with("");
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(file_write(fd, data, sizeof data), 6000);
    cr_expect_eq(errno, EFBIG);
    cr_expect_eq(file_write_at(fd, data, sizeof data, 1000), 5000);
    cr_expect_eq(errno, EFBIG);
    close(fd);
    fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cr_expect_eq(file_write(fd, data, sizeof data), 0);
    cr_expect_eq(errno, ENOSPC);
    close(fd);
}

/* ---- Signals ---- */

enum { SENT_BYTES = 300 * 1024 };

static int drain;
static volatile sig_atomic_t ticks;
static char received[SENT_BYTES];
static size_t received_len;

/* The pipe is read only here, and not at each signal: writing is interrupted with a part and with nothing written. */
static void on_tick(int number)
{
    (void)number;
    int error = errno;
    if (ticks++ % 2) {
        ssize_t n = read(drain, received + received_len, sizeof received - received_len);
        received_len += n > 0 ? (size_t)n : 0;
    }
    errno = error;
}

Test(file, a_signal_does_not_end_writing, .timeout = 20)
{
    static char data[SENT_BYTES];
    const struct sigaction act = {.sa_handler = on_tick}; /* no SA_RESTART */
    const struct itimerval every_ms = {{0, 1000}, {0, 1000}}, never = {0};
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 >> 3);
    drain = ends[0];
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &every_ms, NULL);
    size_t written = file_write(ends[1], data, sizeof data);
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN);
    close(ends[1]);
    cr_assert_eq(written, sizeof data);
    for (ssize_t n = 1; n > 0; received_len += n > 0 ? (size_t)n : 0)
        n = read(ends[0], received + received_len, sizeof received - received_len);
    cr_expect_eq(received_len, sizeof data);
    cr_expect_arr_eq(received, data, sizeof data);
    cr_expect_gt(ticks, 3);
    close(ends[0]);
}
