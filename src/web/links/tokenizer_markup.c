/* What begins with "<!": comments, DOCTYPE and CDATA, which hold no links and only have to end at the right place. */
#include "web/links/tokenizer_scan.h"
#include "web/links/tokenizer_states.h"

static const char cdata_word[] = "CDATA[";

static inline const char *markup_open(struct tokenizer *t, const char *p)
{
    if (*p == '-') {
        t->state = STATE_MARKUP_DASH;
        return p + 1;
    }
    if (*p == '[' && tree_is_foreign(&t->tree)) {
        t->state = STATE_MARKUP_CDATA;
        t->matched = 0;
        return p + 1;
    }
    t->state = STATE_BOGUS;
    return p;
}

static inline const char *markup_dash(struct tokenizer *t, const char *p)
{
    t->state = *p == '-' ? STATE_COMMENT_START : STATE_BOGUS;
    return *p == '-' ? p + 1 : p;
}

static inline const char *markup_cdata(struct tokenizer *t, const char *p)
{
    if (*p != cdata_word[t->matched]) {
        t->state = STATE_BOGUS;
        return p;
    }
    t->matched++;
    if (t->matched == sizeof cdata_word - 1) {
        t->state = STATE_CDATA;
        t->dashes = 0;
    }
    return p + 1;
}

static inline const char *in_bogus(struct tokenizer *t, const char *p, const char *end)
{
    p = scan_for(p, end, '>');
    if (p == end)
        return end;
    t->state = STATE_DATA;
    return p + 1;
}

/* Behind "<!--" and "<!---" a '>' ends the comment at once. */
static inline const char *comment_start(struct tokenizer *t, const char *p)
{
    t->dashes = t->state == STATE_COMMENT_START_DASH;
    if (*p == '>') {
        t->state = STATE_DATA;
        return p + 1;
    }
    if (*p == '-' && t->dashes == 0) {
        t->state = STATE_COMMENT_START_DASH;
        return p + 1;
    }
    t->state = STATE_COMMENT;
    return p;
}

/* "-->" and "--!>" end it. The dashes are counted up to two; what the standard calls a comment less-than sign only
 * reports errors. */
static inline const char *in_comment(struct tokenizer *t, const char *p, const char *end)
{
    if (t->dashes == 0) {
        p = scan_for(p, end, '-');
        if (p == end)
            return end;
    }
    if (*p == '-') {
        t->dashes = t->dashes ? 2 : 1;
        return p + 1;
    }
    if (t->dashes == 2 && *p == '>') {
        t->state = STATE_DATA;
        return p + 1;
    }
    if (t->dashes == 2 && *p == '!')
        t->state = STATE_COMMENT_BANG;
    t->dashes = 0;
    return p + 1;
}

static inline const char *comment_bang(struct tokenizer *t, const char *p)
{
    t->state = *p == '>' ? STATE_DATA : STATE_COMMENT;
    return *p == '>' ? p + 1 : p;
}

static inline const char *in_cdata(struct tokenizer *t, const char *p, const char *end)
{
    if (t->dashes == 0) {
        p = scan_for(p, end, ']');
        if (p == end)
            return end;
    }
    if (*p == ']')
        t->dashes = t->dashes ? 2 : 1;
    else if (*p == '>' && t->dashes == 2)
        t->state = STATE_DATA;
    else
        t->dashes = 0;
    return p + 1;
}

const char *tokenizer_markup(struct tokenizer *t, const char *p, const char *end)
{
    while (p < end) {
        switch ((enum tokenizer_state)t->state) {
        case STATE_MARKUP:
            p = markup_open(t, p);
            break;
        case STATE_MARKUP_DASH:
            p = markup_dash(t, p);
            break;
        case STATE_MARKUP_CDATA:
            p = markup_cdata(t, p);
            break;
        case STATE_BOGUS:
            p = in_bogus(t, p, end);
            break;
        case STATE_COMMENT_START:
        case STATE_COMMENT_START_DASH:
            p = comment_start(t, p);
            break;
        case STATE_COMMENT:
            p = in_comment(t, p, end);
            break;
        case STATE_COMMENT_BANG:
            p = comment_bang(t, p);
            break;
        case STATE_CDATA:
            p = in_cdata(t, p, end);
            break;
        default:
            return p;
        }
    }
    return p;
}
