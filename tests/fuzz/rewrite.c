/* libFuzzer target: a page or a style sheet whose links are not changed is as it was; one whose links are all written
 * anew with the same texts has the same links; and one whose links were all replaced has nothing but the new ones. The
 * first byte chooses the encoding, and whether it is a style sheet. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "target.h"
#include "web/links/rewrite.h"

typedef enum rewrite_status rewriter(const char *, size_t, const struct rewrite_options *, struct buffer *);

struct subject {
    rewriter *rewrite;
    const struct charset *charset;
    struct buffer links, text;
};

static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return len > 0;
}

static const char *leave(void *context, const struct rewrite_link *link)
{
    (void)context;
    (void)link;
    return NULL;
}

static const char *list(void *context, const struct rewrite_link *link)
{
    struct subject *s = context;
    buffer_printf(&s->links, "%d %zu ", link->kind, link->len);
    buffer_append(&s->links, link->text, link->len);
    return NULL;
}

/* Of candidates of a srcset and of refreshes, commas and quotes are written in another way. */
static const char *repeat(void *context, const struct rewrite_link *link)
{
    struct subject *s = context;
    if (!is_plain(link->text, link->len) || link->kind == LINK_IMAGE || link->kind == LINK_REFRESH)
        return NULL;
    buffer_clear(&s->text);
    buffer_append(&s->text, link->text, link->len);
    return buffer_text(&s->text);
}

static const char new_link[] = "new'\"()<>&\\;,x";

static const char *replace(void *context, const struct rewrite_link *link)
{
    (void)context;
    return link->kind == LINK_IMAGE || link->kind == LINK_REFRESH ? "plain" : new_link;
}

static const char *check_new(void *context, const struct rewrite_link *link)
{
    const char *wanted = replace(context, link);
    HOLDS(link->len == strlen(wanted) && memcmp(link->text, wanted, link->len) == 0);
    return NULL;
}

static enum rewrite_status run(struct subject *s, const char *bytes, size_t len, rewrite_fn *becomes,
                               struct buffer *out)
{
    struct rewrite_options options = {.charset = s->charset, .becomes = becomes, .context = s};
    return s->rewrite(bytes, len, &options, out);
}

static void check(struct subject *s, const char *bytes, size_t len)
{
    struct buffer out = {0}, before = {0};
    HOLDS(run(s, bytes, len, leave, &out) == REWRITE_SAME && out.len == 0);
    HOLDS(run(s, bytes, len, list, &out) == REWRITE_SAME);
    before = s->links;
    s->links = (struct buffer){0};
    if (run(s, bytes, len, repeat, &out) == REWRITE_CHANGED) {
        struct buffer again = {0};
        HOLDS(run(s, out.data, out.len, list, &again) == REWRITE_SAME);
        HOLDS(before.len == s->links.len && memcmp(before.data, s->links.data, before.len) == 0);
    }
    buffer_clear(&out);
    if (run(s, bytes, len, replace, &out) == REWRITE_CHANGED) {
        struct buffer again = {0};
        HOLDS(run(s, out.data, out.len, check_new, &again) == REWRITE_SAME);
    }
    buffer_release(&out);
    buffer_release(&before);
    buffer_release(&s->links);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"utf-8", "windows-1252", "shift_jis", "gbk", "gb18030", "big5", "euc-kr"};
    if (size == 0)
        return 0;
    const char *name = names[data[0] / 2 % (sizeof names / sizeof *names)];
    struct subject s = {.rewrite = data[0] % 2 ? rewrite_css : rewrite_html,
                        .charset = charset_find(name, strlen(name))};
    check(&s, (const char *)data + 1, size - 1);
    buffer_release(&s.text);
    return 0;
}
