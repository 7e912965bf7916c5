/* libFuzzer target: a list of any bytes gives lines without line ends, blanks around them or comments, and ends. */
#include "crawl/list.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *text, size_t len)
{
    if (!len || len > LIST_LINE_MAX || memchr(text, '\n', len) || *text == '#' || *text == ' ' || text[len - 1] == '\r')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    struct list *list;
    int fd = memfd_create("list", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!(list = list_open(path)))
        abort();
    struct list_entry e;
    size_t turns = 0;
    for (enum list_status s; (s = list_next(list, &e)) != LIST_END; turns++) {
        if (s == LIST_ENTRY)
            check_line(e.url, e.url_len);
        if (s == LIST_BAD_FILE || s == LIST_WAIT || turns > size)
            abort();
    }
    list_close(list);
    close(fd);
    return 0;
}
