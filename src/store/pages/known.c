#include "store/pages/known.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int64_t known_mtime_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

bool known_file(int at, const char *path, uint64_t bytes, int64_t mtime_ns)
{
    struct stat st;
    if (fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    errno = 0;
    return S_ISREG(st.st_mode) && (uint64_t)st.st_size == bytes && known_mtime_ns(&st) == mtime_ns;
}
