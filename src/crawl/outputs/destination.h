/* Destination: what the path of a file that is to be written leads to, so that what is written there takes the place of
 * a file and of nothing else.
 *
 * A symbolic link is followed to the last one's target, whether or not that is there: the target is what is replaced,
 * and the link stays. What is no file (a pipe, a terminal, another device, a socket) and what is open already
 * (/dev/stdout, /dev/fd/3) is to be written to as it is.
 *
 * As with the kernel's own protected_symlinks, a link in a folder where anybody may make one (/tmp) is followed only if
 * it is ours or the folder's owner's: somebody else's would choose what we replace.
 *
 * destination_find, then destination_release. Context: any thread; looks at the disk. */
#ifndef CRAWL_DESTINATION_H
#define CRAWL_DESTINATION_H

#include <stdbool.h>

struct destination {
    char *path;    /* no link any more */
    bool as_it_is; /* to be opened, not replaced */
    int fd;        /* the descriptor of this process that the path stands for; -1: none */
};

/* False: errno says why; then there is nothing to release. */
bool destination_find(const char *path, struct destination *destination);

/* Open for writing one that is AS_IT_IS. The caller's to close; -1: errno says why. What nobody reads (ENXIO) is not
 * waited for, and neither is a descriptor taken (EBADF) that was not inherited: it is another file of this program. */
int destination_open(const struct destination *destination);

void destination_release(struct destination *destination);

#endif
