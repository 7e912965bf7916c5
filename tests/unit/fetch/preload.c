/* Invariant 3: once a worker has shut itself in, decoding opens no file. A child that may have no descriptor at all
 * shows it, and one that has not loaded anything shows that the child could. */
#include "fetch/harvest/preload.h"

#include "base/buffer.h"
#include "web/charset/charset.h"

#include "support/support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(preload, .timeout = 60);

static const struct {
    const char *label, *text, *utf8;
} rows[] = {
    {"shift_jis", "\x93\xfa", "\xe6\x97\xa5"},  {"euc-jp", "\xc6\xfc", "\xe6\x97\xa5"},
    {"euc-jp", "\x8f\xb0\xa1", "\xe4\xb8\x82"}, {"iso-2022-jp", "\x1b$BF|\x1b(B", "\xe6\x97\xa5"},
    {"gbk", "\xc8\xd5", "\xe6\x97\xa5"},        {"gb18030", "\x81\x30\x84\x36", "\xc2\xa5"},
    {"euc-kr", "\xc7\xd1", "\xed\x95\x9c"},     {"big5", "\xa4\xe9", "\xe6\x97\xa5"},
};

static bool is_read(const struct charset *charset, const char *text, const char *utf8)
{
    struct buffer out = {0};
    struct charset_decoder *d = charset_decoder_new(charset);
    bool right = d && charset_decoder_feed(d, text, strlen(text), &out) && charset_decoder_end(d, &out) &&
                 strcmp(buffer_text(&out), utf8) == 0;
    charset_decoder_free(d);
    buffer_release(&out);
    return right;
}

static bool is_written(const struct charset *charset, const char *utf8)
{
    struct buffer out = {0};
    bool right = charset_encode_query(charset, utf8, strlen(utf8), &out);
    buffer_release(&out);
    return right;
}

/* How many rows can neither be read nor written by a child that can open nothing. */
static unsigned failures_of_a_child(bool preloads)
{
    int status = 0;
    pid_t pid = support_fork();
    if (pid == 0) {
        struct preload p = {0};
        struct rlimit none = {0, 0};
        unsigned failures = 0;
        if (preloads)
            preload_charsets(&p);
        if (setrlimit(RLIMIT_NOFILE, &none) != 0 || open("/dev/null", O_RDONLY) >= 0)
            _exit(99);
        for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
            const struct charset *charset = charset_find(rows[i].label, strlen(rows[i].label));
            failures += !is_read(charset, rows[i].text, rows[i].utf8) || !is_written(charset, rows[i].utf8);
        }
        preload_release(&p);
        _exit((int)failures);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) != 99, "the child ended with 0x%x", status);
    return (unsigned)WEXITSTATUS(status);
}

Test(preload, what_was_loaded_needs_no_file)
{
    cr_assert_eq(failures_of_a_child(true), 0);
}

Test(preload, what_was_not_loaded_does)
{
    cr_assert_eq(failures_of_a_child(false), SUPPORT_COUNT(rows));
}
