#include "web/account/auth.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/name_table.h"

/* A whole header line, so that the secret is encoded once and lies in one place. */
struct credentials {
    struct name_node node; /* the origin */
    size_t header_len;
    char *header; /* in TEXT, behind the origin */
    size_t text_len;
    char text[];
};

struct auth {
    struct name_table origins;
};

struct span {
    const char *at;
    size_t len;
};

static const char basic[] = "Authorization: Basic ", bearer[] = "Authorization: Bearer ";

static size_t base64_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* RFC 4648 section 4. */
static void base64(char *out, const char *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)data;
    for (; len > 0; out += 4) {
        size_t n = len < 3 ? len : 3;
        uint32_t bits = (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
        out[0] = digits[bits >> 18];
        out[1] = digits[bits >> 12 & 63];
        out[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
        out[3] = n > 2 ? digits[bits & 63] : '=';
        in += n;
        len -= n;
    }
}

static bool has_control(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
            return true;
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Take the next word off LINE, and the blanks before and after it. */
static struct span take_word(struct span *line)
{
    const char *at = line->at, *end = at + line->len;
    while (at < end && is_blank(*at))
        at++;
    struct span word = {at, 0};
    while (at < end && !is_blank(*at))
        at++;
    word.len = (size_t)(at - word.at);
    while (at < end && is_blank(*at))
        at++;
    *line = (struct span){at, (size_t)(end - at)};
    return word;
}

static bool word_is(struct span word, const char *text)
{
    return word.len == strlen(text) && strncasecmp(word.at, text, word.len) == 0;
}

#define OUT_OF_MEMORY "out of memory"

/* Only a scheme, a host and a port; url_parse would see past backslashes, blanks and missing slashes. */
static const char *read_origin(struct span word, struct url *url)
{
    const char *end = word.at + word.len, *host = memmem(word.at, word.len, "://", 3);
    if (!host)
        return "an origin is scheme://host[:port]";
    host += 3;
    if (memchr(word.at, '@', word.len))
        return "an origin has no user name";
    if (host < end && end[-1] == '/') {
        word.len--;
        end--;
    }
    for (const char *c = host; c < end; c++) {
        if (strchr("/\\?#", *c))
            return "an origin has no path";
    }
    enum url_status status = url_parse(url, word.at, word.len, NULL);
    return status == URL_OK ? NULL : status == URL_NO_MEMORY ? OUT_OF_MEMORY : url_status_text(status);
}

static const char *check_basic(struct span secret)
{
    if (secret.len == 0 || !memchr(secret.at, ':', secret.len))
        return "basic needs USER:PASSWORD";
    return has_control(secret)            ? "a control character"
           : secret.len > AUTH_SECRET_MAX ? "the password is too long"
                                          : NULL;
}

static const char *check_bearer(struct span secret)
{
    if (secret.len == 0)
        return "bearer needs a token";
    for (size_t i = 0; i < secret.len; i++) {
        if (secret.at[i] <= ' ' || secret.at[i] >= 0x7f)
            return "a token has no blank and only printable ASCII characters";
    }
    return secret.len > AUTH_SECRET_MAX ? "the token is too long" : NULL;
}

/* FIELD is terminated, and so is what is made of it. */
static struct credentials *credentials_new(struct url_part origin, const char *field, struct span secret, bool encode)
{
    size_t field_len = strlen(field), value_len = encode ? base64_len(secret.len) : secret.len;
    size_t text_len = origin.len + 1 + field_len + value_len + 1;
    struct credentials *c = calloc(1, sizeof *c + text_len);
    if (!c)
        return NULL;
    c->text_len = text_len;
    memcpy(c->text, origin.at, origin.len);
    c->node.name = c->text;
    c->node.len = origin.len;
    c->header = c->text + origin.len + 1;
    c->header_len = field_len + value_len;
    memcpy(c->header, field, field_len + 1);
    if (encode)
        base64(c->header + field_len, secret.at, secret.len);
    else
        memcpy(c->header + field_len, secret.at, secret.len);
    return c;
}

static void credentials_free(struct credentials *credentials)
{
    explicit_bzero(credentials->text, credentials->text_len);
    free(credentials);
}

static const char *add(struct auth *auth, const struct url *url, bool is_basic, struct span secret)
{
    if (name_table_find(&auth->origins, url->origin.at, url->origin.len))
        return "the origin has credentials already";
    struct credentials *c = credentials_new(url->origin, is_basic ? basic : bearer, secret, is_basic);
    if (!c)
        return OUT_OF_MEMORY;
    if (!name_table_add(&auth->origins, &c->node)) {
        credentials_free(c);
        return OUT_OF_MEMORY;
    }
    return NULL;
}

/* Returns what is wrong, or NULL. */
static const char *read_line(struct auth *auth, struct span line)
{
    struct span origin = take_word(&line), kind = take_word(&line), secret = line;
    struct url url = {0};
    bool is_basic = word_is(kind, "basic");
    if (origin.len == 0 || origin.at[0] == '#')
        return NULL;
    if (!is_basic && !word_is(kind, "bearer"))
        return "neither basic nor bearer";
    while (secret.len > 0 && is_blank(secret.at[secret.len - 1]))
        secret.len--;
    const char *problem = is_basic ? check_basic(secret) : check_bearer(secret);
    if (!problem)
        problem = read_origin(origin, &url);
    if (!problem)
        problem = add(auth, &url, is_basic, secret);
    url_release(&url);
    return problem;
}

struct auth *auth_parse(const char *text, size_t len, auth_report *report, void *context)
{
    struct auth *auth = calloc(1, sizeof *auth);
    const char *end = text + len;
    if (!auth)
        return NULL;
    name_table_init(&auth->origins);
    for (size_t number = 1; text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;
        bool has_cr = stop > text && stop[-1] == '\r';
        const char *problem = read_line(auth, (struct span){text, (size_t)(stop - text) - has_cr});
        if (problem && strcmp(problem, OUT_OF_MEMORY) == 0) {
            auth_free(auth);
            return NULL;
        }
        if (problem && report)
            report(context, number, problem);
        text = newline ? newline + 1 : end;
    }
    return auth;
}

const struct credentials *auth_find(const struct auth *auth, const struct url *to)
{
    return (const struct credentials *)name_table_find(&auth->origins, to->origin.at, to->origin.len);
}

bool auth_header(const struct credentials *credentials, struct buffer *out)
{
    return buffer_append(out, credentials->header, credentials->header_len);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo percent-encoding. TO has room for LEN bytes and the end. False when the text then has a control character. */
static bool decode(struct url_part from, char *to)
{
    size_t len = 0;
    for (size_t i = 0; i < from.len; i++) {
        int high = -1, low = -1;
        if (from.at[i] == '%' && from.len - i > 2) {
            high = hex_digit(from.at[i + 1]);
            low = hex_digit(from.at[i + 2]);
        }
        if (high >= 0 && low >= 0)
            i += 2;
        to[len++] = high >= 0 && low >= 0 ? (char)(high << 4 | low) : from.at[i];
    }
    to[len] = '\0';
    return !has_control((struct span){to, len});
}

static bool append_basic(const struct netrc_login *login, struct buffer *out)
{
    size_t user_len = strlen(login->user), password_len = strlen(login->password), len = user_len + 1 + password_len;
    if (memchr(login->user, ':', user_len) || len > AUTH_SECRET_MAX)
        return false;
    char pair[AUTH_SECRET_MAX], encoded[(AUTH_SECRET_MAX + 2) / 3 * 4];
    bool ok = buffer_reserve(out, sizeof basic - 1 + base64_len(len));
    if (ok) {
        memcpy(pair, login->user, user_len);
        pair[user_len] = ':';
        memcpy(pair + user_len + 1, login->password, password_len);
        base64(encoded, pair, len);
        buffer_append_text(out, basic);
        buffer_append(out, encoded, base64_len(len));
        explicit_bzero(pair, sizeof pair);
        explicit_bzero(encoded, sizeof encoded);
    }
    return ok;
}

bool auth_from_netrc(const struct netrc *netrc, const struct url *to, struct buffer *out)
{
    char user[NETRC_WORD_MAX + 1];
    struct netrc_login login;
    if (to->password.len > 0 || to->username.len > NETRC_WORD_MAX || !decode(to->username, user))
        return false;
    const char *wanted = to->username.len > 0 ? user : NULL;
    if (!netrc_find(netrc, to->host.at, to->host.len, wanted, &login) || login.is_default)
        return false;
    return append_basic(&login, out);
}

size_t auth_count(const struct auth *auth)
{
    return auth->origins.count;
}

void auth_free(struct auth *auth)
{
    if (!auth)
        return;
    for (struct name_node *node = name_table_next(&auth->origins, NULL), *next; node; node = next) {
        next = name_table_next(&auth->origins, node);
        credentials_free((struct credentials *)node);
    }
    name_table_release(&auth->origins);
    free(auth);
}
