/* libFuzzer target: a file of credentials of any bytes. Each line gives credentials or a report or is a comment, and
 * each header is one line. */
#include "web/account/auth.h"

#include "target.h"

#include <stdlib.h>
#include <string.h>

static const char *const urls[] = {"http://a/", "https://a/", "https://a:81/", "http://[::1]/", "http://1.2.3.4/"};

/* Lines are reported in order, and each once. */
static void check_report(void *context, size_t line, const char *problem)
{
    size_t *last = context;
    HOLDS(line > *last && *problem);
    *last = line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t last = 0, lines = 1;
    char *text = malloc(size + 1);
    HOLDS(text);
    memcpy(text, data, size);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    struct auth *auth = auth_parse(text, size, check_report, &last);
    HOLDS(auth && last <= lines && auth_count(auth) <= lines);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct url url = {0};
        struct buffer out = {0};
        HOLDS(url_parse(&url, urls[i], strlen(urls[i]), NULL) == URL_OK);
        const struct credentials *credentials = auth_find(auth, &url);
        if (credentials) {
            HOLDS(auth_header(credentials, &out) && strncmp(out.data, "Authorization: B", 16) == 0);
            HOLDS(out.len <= 32 + 4 * AUTH_SECRET_MAX / 3);
            for (size_t k = 0; k < out.len; k++)
                HOLDS(out.data[k] >= ' ' && out.data[k] < 0x7f);
        }
        buffer_release(&out);
        url_release(&url);
    }
    auth_free(auth);
    free(text);
    return 0;
}
