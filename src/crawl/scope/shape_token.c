#include "crawl/scope/shape_token.h"

#include "base/status.h"

#include <string.h>
#include <strings.h>

/* Shorter texts are read by people too often to tell: names of models, dates. */
enum { RANDOM_MIN = 16, RANDOM_MAX = 512, CHANGES_MIN = 4, CHANGE_EACH = 6, SESSION_MIN = 4 };

/* Parameters that PHP, Java, ASP, ColdFusion and the shops and forums of their time are known to carry sessions in. */
static const char *const session_names[] = {
    "sid",     "sessid", "session", "sessionid", "session_id", "_session_id", "phpsessid", "jsessionid",
    "sesskey", "osCsid", "zenid",   "cfid",      "cftoken",    "xtcsid",      "oxsid",     "s_id",
};

static bool is_session_name(struct url_part name)
{
    static const char asp[] = "ASPSESSIONID";
    if (name.len > strlen(asp) && strncasecmp(name.at, asp, strlen(asp)) == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(session_names); i++)
        if (name.len == strlen(session_names[i]) && strncasecmp(name.at, session_names[i], name.len) == 0)
            return true;
    return false;
}

enum kind { LETTER, DIGIT, MARK, OTHER };

static enum kind kind_of(char c)
{
    if (c >= '0' && c <= '9')
        return DIGIT;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return LETTER;
    return c && strchr("-_.~()=", c) ? MARK : OTHER;
}

/* Letters and digits follow each other in no order: in words, numbers and dates they hardly ever do. */
bool token_looks_random(struct url_part text)
{
    unsigned changes = 0;
    enum kind before = MARK;
    if (text.len < RANDOM_MIN || text.len > RANDOM_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        enum kind kind = kind_of(text.at[i]);
        if (kind == OTHER)
            return false;
        if (kind != before && kind != MARK && before != MARK)
            changes++;
        before = kind;
    }
    return changes >= CHANGES_MIN && changes * CHANGE_EACH >= text.len;
}

enum token token_of_value(struct url_part name, struct url_part value)
{
    if (value.len >= SESSION_MIN && is_session_name(name))
        return TOKEN_BY_NAME;
    return token_looks_random(value) ? TOKEN_BY_LOOKS : TOKEN_NONE;
}

struct url_part token_split(struct url_part *text, char c)
{
    struct url_part before = *text;
    const char *at = text->len ? memchr(text->at, c, text->len) : NULL;
    if (!at) {
        *text = (struct url_part){NULL, 0};
        return before;
    }
    before.len = (size_t)(at - before.at);
    *text = (struct url_part){at + 1, text->len - before.len - 1};
    return before;
}
