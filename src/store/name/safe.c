#include "store/name/safe.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_safe(char c)
{
    return is_alnum(c) || (c && strchr("%-_.+,=@", c));
}

bool safe_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_safe(text[i]))
            return false;
    }
    return true;
}

bool safe_component(const char *text, size_t len)
{
    return len > 0 && len <= SAFE_COMPONENT_MAX && text[0] != '.' && text[0] != '-' && text[len - 1] != '.' &&
           safe_text(text, len);
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

bool safe_without_case(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool escape = text[i] == '%' && len - i > 2 && is_hex(text[i + 1]) && is_hex(text[i + 2]);
        if (is_upper(text[i]) || (escape && (text[i + 1] >= 'a' || text[i + 2] >= 'a')))
            return false;
        i += escape ? 2 : 0;
    }
    return true;
}

size_t safe_extension(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && is_alnum(text[len - 1 - n])) {
        if (++n > SAFE_EXTENSION_MAX)
            return 0;
    }
    return n < len && text[len - 1 - n] == '.' ? n : 0;
}

void safe_prefix(const char *text, size_t len, const char *fallback, char out[SAFE_PREFIX_MAX + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < len && n < SAFE_PREFIX_MAX; i++) {
        bool keep = is_alnum(text[i]) || text[i] == '_' || text[i] == '.';
        char c = keep ? text[i] : '-';
        if (n == 0 ? c == '.' || c == '-' : c == '-' && out[n - 1] == '-')
            continue;
        out[n++] = c;
    }
    while (n > 0 && (out[n - 1] == '.' || out[n - 1] == '-'))
        n--;
    if (n == 0) {
        n = strlen(fallback);
        memcpy(out, fallback, n);
    }
    out[n] = '\0';
}

bool safe_tag(const void *data, size_t len, char tag[SAFE_TAG_LEN + 1])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (!EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL))
        return false;
    for (int group = 0; group < 2; group++) {
        uint64_t bits = 0;
        for (int i = 0; i < 5; i++)
            bits = bits << 8 | digest[group * 5 + i];
        for (int i = 0; i < 8; i++)
            tag[group * 8 + i] = alphabet[bits >> (35 - 5 * i) & 31];
    }
    tag[SAFE_TAG_LEN] = '\0';
    return true;
}
