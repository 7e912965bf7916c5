/* Files of secrets: who may read them, what is missing, and that the file that was looked at is the one that is
 * read. */
#include "crawl/secret.h"

#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(secret, .timeout = 20);

static char *folder, *path;

static void make(void)
{
    folder = files_temp_folder();
    path = files_path(folder, "file");
    files_write(path, "machine a.com password s3cret\n", -1);
}

static void drop(void)
{
    files_remove(folder);
    free(folder);
    free(path);
}

static enum forage_status read_it(enum secret_kind kind, char text[256], char error[256])
{
    struct buffer b = {0};
    *error = '\0';
    enum forage_status s = secret_read(path, kind, &b, error, 256);
    int saved = errno;
    if (s == FORAGE_OK)
        strncpy(text, buffer_text(&b), 255);
    buffer_release(&b);
    errno = saved;
    return s;
}

Test(secret, one_to_which_others_have_access_is_refused, .init = make, .fini = drop)
{
    static const mode_t bits[] = {0040, 0020, 0010, 0004, 0002, 0001};
    char text[256] = "", error[256], *says = support_format("%s: others have access to it", path);
    for (size_t i = 0; i < SUPPORT_COUNT(bits); i++) {
        cr_assert_eq(chmod(path, 0600 | bits[i]), 0);
        cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_USAGE, "%o", bits[i]);
        cr_expect(text_has(error, says), "%s", error);
        cr_expect_eq(read_it(SECRET_KEPT, text, error), FORAGE_USAGE, "%o", bits[i]);
        cr_expect_str_eq(text, "");
        cr_expect_eq(read_it(SECRET_PUBLIC, text, error), FORAGE_OK, "%s", error);
        *text = '\0';
    }
    free(says);
}

Test(secret, one_that_its_owner_alone_may_read_is_read, .init = make, .fini = drop)
{
    static const mode_t modes[] = {0600, 0400, 0700};
    for (size_t i = 0; i < SUPPORT_COUNT(modes); i++) {
        char text[256] = "", error[256];
        cr_assert_eq(chmod(path, modes[i]), 0);
        cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_OK, "%o: %s", modes[i], error);
        cr_expect_str_eq(text, "machine a.com password s3cret\n");
    }
}

Test(secret, only_what_we_write_may_be_missing, .init = make, .fini = drop)
{
    char text[256] = "", error[256], *says = support_format("%s: No such file or directory", path);
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_FILE);
    cr_expect_eq(errno, ENOENT);
    cr_expect_str_eq(error, says);
    cr_expect_eq(read_it(SECRET_KEPT, text, error), FORAGE_OK);
    cr_expect_eq(read_it(SECRET_PUBLIC, text, error), FORAGE_OK);
    cr_expect_str_eq(text, "");
    free(says);
}

Test(secret, the_mode_is_that_of_the_file_and_not_of_a_link_to_it, .init = make, .fini = drop)
{
    char *target = files_path(folder, "target"), text[256] = "", error[256];
    cr_assert_eq(rename(path, target), 0);
    cr_assert_eq(symlink(target, path), 0);
    cr_assert_eq(chmod(target, 0644), 0);
    cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_USAGE);
    cr_assert_eq(chmod(target, 0600), 0);
    cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_OK, "%s", error);
    free(target);
}

Test(secret, a_folder_and_what_is_too_large_are_refused, .init = make, .fini = drop)
{
    char text[256] = "", error[256], *says = support_format("%s: is larger than 16 MiB", path);
    cr_assert_eq(chmod(path, 0600), 0);
    cr_assert_eq(truncate(path, SECRET_MAX_BYTES), 0);
    cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_OK, "%s", error);
    cr_assert_eq(truncate(path, SECRET_MAX_BYTES + 1), 0);
    cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_USAGE);
    cr_expect_str_eq(error, says);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_expect_eq(read_it(SECRET_GIVEN, text, error), FORAGE_FILE);
    cr_expect_eq(errno, EISDIR);
    free(says);
}
