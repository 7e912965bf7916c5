#include "fetch/harvest/preload.h"

#include "base/buffer.h"
#include "base/status.h"
#include "web/charset/charset.h"

#include <string.h>

/* One of each module of iconv's that is used, with a character that makes a decoder load all of its modules: EUC-JP
 * has one more for its third set. */
static const struct {
    const char *label, *text;
} charsets[PRELOAD_COUNT] = {
    {"shift_jis", "\x93\xfa"}, {"euc-jp", "\x8f\xb0\xa1"}, {"gbk", "\xc8\xd5"},
    {"gb18030", "\xc8\xd5"},   {"euc-kr", "\xc7\xd1"},     {"big5", "\xa4\xe9"},
};

void preload_charsets(struct preload *p)
{
    struct buffer text = {0};
    for (size_t i = 0; i < COUNT_OF(charsets); i++) {
        const struct charset *charset = charset_find(charsets[i].label, strlen(charsets[i].label));
        p->decoders[i] = charset_decoder_new(charset);
        if (p->decoders[i])
            charset_decoder_feed(p->decoders[i], charsets[i].text, strlen(charsets[i].text), &text);
        buffer_clear(&text);
    }
    buffer_release(&text);
}

void preload_release(struct preload *p)
{
    for (size_t i = 0; i < PRELOAD_COUNT; i++)
        charset_decoder_free(p->decoders[i]);
    *p = (struct preload){0};
}
