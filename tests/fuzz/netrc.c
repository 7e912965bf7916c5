/* libFuzzer target: a netrc of any bytes. The first line of the input is the host that is asked for, the rest the file.
 * No login holds a control character, and what becomes a header is one line. */
#include "target.h"
#include "web/account/auth.h"

#include <stdlib.h>
#include <string.h>

static void check_report(void *context, size_t line, const char *problem)
{
    const size_t *lines = context;
    HOLDS(line > 0 && line <= *lines && *problem);
}

static void is_clean(const char *text)
{
    for (; *text; text++)
        HOLDS((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check_header(const struct netrc *netrc, const char *host, size_t len)
{
    struct buffer text = {0}, out = {0};
    struct url url = {0};
    buffer_append_text(&text, "http://");
    buffer_append(&text, host, len);
    if (url_parse(&url, text.data, text.len, NULL) == URL_OK) {
        bool sent = auth_from_netrc(netrc, &url, &out);
        HOLDS(sent == (strncmp(buffer_text(&out), "Authorization: Basic ", 21) == 0));
        HOLDS(strlen(buffer_text(&out)) == out.len);
        is_clean(buffer_text(&out));
    }
    url_release(&url);
    buffer_release(&text);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *newline = size ? memchr(text, '\n', size) : NULL;
    size_t host_len = newline ? (size_t)(newline - text) : 0, rest = newline ? size - host_len - 1 : size, lines = 1;
    char *file = malloc(rest + 1);
    struct netrc_login login;
    HOLDS(file);
    memcpy(file, newline ? newline + 1 : text, rest);
    for (size_t i = 0; i < rest; i++)
        lines += file[i] == '\n';
    struct netrc *netrc = netrc_parse(file, rest, check_report, &lines);
    HOLDS(netrc);
    if (netrc_find(netrc, text, host_len, NULL, &login)) {
        is_clean(login.user);
        is_clean(login.password);
        HOLDS(strlen(login.user) <= NETRC_WORD_MAX && strlen(login.password) <= NETRC_WORD_MAX);
        struct netrc_login again;
        HOLDS(netrc_find(netrc, text, host_len, login.user, &again) && again.user == login.user);
    }
    check_header(netrc, text, host_len);
    netrc_free(netrc);
    free(file);
    return 0;
}
