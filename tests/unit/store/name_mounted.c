/* Names on a real file system without case: exFAT in user space, in an image of its own. Needs root, a loop device and
 * FUSE; skipped without. */
#include "scratch.h"
#include "store/name/name.h"
#include "store/name/site.h"
#include "store/pages/pages.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool shell(const char *format, ...)
{
    char command[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return system(command) == 0;
}

static void begin(void)
{
    scratch_make();
    mkdir(in_scratch("mount"), 0755);
    shell("exec >/dev/null 2>&1; cd '%s' && truncate -s 16M image && mkfs.exfat image && "
          "losetup -f --show image >device && mount.exfat-fuse \"$(cat device)\" mount && touch mount/mounted",
          in_scratch("."));
}

static void end(void)
{
    shell("exec >/dev/null 2>&1; cd '%s'; umount mount; [ -s device ] && losetup -d \"$(cat device)\"",
          in_scratch("."));
    scratch_remove();
}

TestSuite(name_mounted, .init = begin, .fini = end, .timeout = 60);

Test(name_mounted, urls_that_differ_in_case_have_files_of_their_own_on_exfat)
{
    static const char *const paths[] = {"/a", "/A", "/a.html", "/A.html", "/d/x", "/D/x", "/%C3%A9", "/%c3%a9"};
    char name[NAME_SIZE], path[4096];
    struct sites *sites;
    const char *site;
    struct stat st;
    if (stat(in_scratch("mount/mounted"), &st) != 0)
        cr_skip_test("exFAT cannot be mounted here");
    for (int run = 0; run < 2; run++) {
        cr_assert_eq(sites_open(in_scratch("mount/out"), &sites), STORE_OK);
        cr_assert(sites_without_case(sites));
        cr_assert_eq(sites_name(sites, "http://h:80", "h", &site), STORE_OK);
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
            struct name_parts parts = {.site = site, .path = paths[i], .media_type = "text/html", .without_case = true};
            cr_assert_eq(name_make(&parts, name), STORE_OK);
            snprintf(path, sizeof path, "%s/%s", in_scratch("mount/out"), name);
            for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                mkdir(path, 0755);
                *slash = '/';
            }
            int fd = open(path, run ? O_RDONLY : O_WRONLY | O_CREAT | O_EXCL, 0644);
            cr_expect_geq(fd, 0, "%s: %s", paths[i], name);
            close(fd);
        }
        sites_close(sites);
    }
}

static void take_done(const struct pages_done *done, void *context)
{
    *(struct pages_done *)context = *done;
}

static struct pages_done put(const char *name, const char *text)
{
    struct pages *pages;
    struct pages_done done = {.error = -1};
    struct pages_bytes bytes = {.data = text, .len = strlen(text)};
    cr_assert_eq(pages_open(in_scratch("mount/out"), NULL, &pages), STORE_OK);
    cr_assert_eq(pages_put(pages, name, &bytes, NULL, NULL), STORE_OK);
    pages_close(pages, take_done, &done);
    return done;
}

/* exFAT has neither files without a name nor links, and the driver does not rename without replacing. */
Test(name_mounted, pages_are_put_in_place_where_there_are_no_links)
{
    struct stat st;
    if (stat(in_scratch("mount/mounted"), &st) != 0)
        cr_skip_test("exFAT cannot be mounted here");
    for (int i = 0; i < 2; i++) {
        struct pages_done done = put("h/a.html", i ? "second" : "first");
        cr_expect_eq(done.error, 0, "%s: %s", pages_step_text(done.step), strerror(done.error));
        cr_expect_eq(done.replaced, i == 1);
        cr_expect_str_eq(content_of("mount/out/h/a.html"), i ? "second" : "first");
    }
}
