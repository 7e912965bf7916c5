/* Real input: all pages and pictures of the Debian Reference, served by nginx, arrive byte by byte. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char source[] = "/usr/share/debian-reference"; /* of the package debian-reference-en */

/* The list of its files as URLs of www.debian.com; freed by the caller. */
static char *make_list(const char *scheme, size_t *count)
{
    char *tree = files_tree(source), *list = support_format("%s", "");
    *count = 0;
    for (char *name = strtok(tree, "\n"); name; name = strtok(NULL, "\n")) {
        char *longer = support_format("%s%s://www.debian.com/%s\n", list, scheme, name);
        free(list);
        list = longer;
        ++*count;
    }
    free(tree);
    return list;
}

static void expect_same_bytes(const struct crawl *c, const json_t *line)
{
    const char *name = strstr(text_member(line, "url"), ".com/") + 5;
    char *ours = files_path(c->run.folder, text_member(line, "file")), *theirs = files_path(source, name);
    size_t len, right_len;
    char *bytes = files_read(ours, &len), *right = files_read(theirs, &right_len);
    cr_expect(len == right_len && memcmp(bytes, right, len) == 0, "%s differs from %s", ours, theirs);
    free(bytes);
    free(right);
    free(ours);
    free(theirs);
}

static void crawl_it(const char *scheme, const char *server_lines)
{
    bool tls = strcmp(scheme, "https") == 0;
    size_t count;
    cr_assert(files_exists(source), "%s is missing: install debian-reference-en", source);
    char *list = make_list(scheme, &count);
    static const char *const names[] = {"www.debian.com", NULL};
    struct nginx *n = nginx_start(&(struct nginx_options){
        .folder = source, .tls = tls, .http2 = tls, .names = names, .server_lines = server_lines});
    char *resolve = support_format("*:%d:127.0.0.1:%u", tls ? 443 : 80, nginx_port(n));
    struct crawl c = {.run.input = list};
    crawl_run(&c, NULL, "--resolve", resolve, "--per-host", "16", tls ? "--ca-file" : "-j",
              tls ? nginx_ca_file(n) : "2", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_assert_gt(count, 10);
    cr_assert_eq(json_array_size(c.log), count);
    for (size_t i = 0; i < count; i++)
        expect_same_bytes(&c, json_array_get(c.log, i));
    crawl_release(&c);
    nginx_stop(n);
    free(resolve);
    free(list);
}

Test(documentation, the_debian_reference_arrives_byte_by_byte, .timeout = 60)
{
    crawl_it("http", NULL);
}

Test(documentation, the_debian_reference_arrives_packed_over_http_2_and_is_the_same, .timeout = 60)
{
    crawl_it("https", "gzip on;\ngzip_min_length 0;\n");
}
