/* Raw text: what stands in title, textarea, style, script and the like, up to the end tag of that element.
 *
 * A script has two more levels inside: escaped behind "<!--", where an end tag still counts, and double-escaped
 * behind a <script> in there, where it does not. "-->" leads out of both. */
#include "web/links/tokenizer_scan.h"
#include "web/links/tokenizer_states.h"

static inline void give_style(struct tokenizer *t, const char *text, size_t len)
{
    if (t->style_wanted && len)
        t->sink.style(t->sink.context, text, len);
}

static inline bool ends_word(char c)
{
    return scan_is_blank(c) || c == '/' || c == '>';
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline const char *in_raw(struct tokenizer *t, const char *p, const char *end)
{
    const char *less = scan_for(p, end, '<');
    give_style(t, p, (size_t)(less - p));
    if (less == end)
        return end;
    t->return_state = t->state;
    t->state = STATE_RAW_LESS;
    return less + 1;
}

/* Inside an escaped script a run of dashes and a '>' leads out. */
static inline const char *in_escaped_script(struct tokenizer *t, const char *p, const char *end)
{
    while (p < end) {
        char c = *p++;
        if (c == '-') {
            t->dashes = t->dashes ? 2 : 1;
        } else if (c == '<') {
            t->return_state = t->state;
            t->state = STATE_RAW_LESS;
            t->dashes = 0;
            return p;
        } else if (c == '>' && t->dashes == 2) {
            t->state = STATE_SCRIPT;
            return p;
        } else {
            t->dashes = 0;
        }
    }
    return p;
}

/* It was no end tag: the bytes that were held back are text. */
static const char *back_to_text(struct tokenizer *t, const char *p)
{
    give_style(t, "<", 1);
    t->state = t->return_state;
    return p;
}

static inline const char *raw_less(struct tokenizer *t, const char *p)
{
    t->matched = 0;
    if (*p == '/') {
        t->state = t->return_state == STATE_SCRIPT_DOUBLE ? STATE_SCRIPT_END_DOUBLE : STATE_RAW_END_NAME;
        return p + 1;
    }
    if (*p == '!' && t->return_state == STATE_SCRIPT) {
        t->state = STATE_SCRIPT_BANG;
        return p + 1;
    }
    if (scan_is_letter(*p) && t->return_state == STATE_SCRIPT_ESCAPED) {
        t->state = STATE_SCRIPT_WORD;
        return p;
    }
    return back_to_text(t, p);
}

/* Two dashes behind "<!" escape the script; they count as the beginning of a "-->". */
static inline const char *script_bang(struct tokenizer *t, const char *p)
{
    if (*p != '-') {
        t->state = STATE_SCRIPT;
        return p;
    }
    t->matched++;
    if (t->matched == 2) {
        t->state = STATE_SCRIPT_ESCAPED;
        t->dashes = 2;
    }
    return p + 1;
}

/* Read letters as long as they spell "script". What ends the word decides: then the level becomes TO, else FROM
 * goes on. */
static inline const char *script_word(struct tokenizer *t, const char *p, uint8_t from, uint8_t to)
{
    static const char word[] = "script";
    if (t->matched < sizeof word - 1 && lower(*p) == word[t->matched]) {
        t->matched++;
        return p + 1;
    }
    bool whole = t->matched == sizeof word - 1 && ends_word(*p);
    t->state = whole ? to : from;
    return whole ? p + 1 : p;
}

/* Behind "</": the end tag counts if it has the name of the element. */
static inline const char *raw_end_name(struct tokenizer *t, const char *p)
{
    const struct html_name_entry *name = &html_names[t->raw_name];
    if (t->matched < name->len && lower(*p) == name->text[t->matched]) {
        t->lookahead[t->matched++] = *p;
        return p + 1;
    }
    if (t->matched < name->len || !ends_word(*p)) {
        back_to_text(t, p);
        give_style(t, "/", 1);
        give_style(t, t->lookahead, t->matched);
        return p;
    }
    t->is_end_tag = t->ends_text = true;
    t->self_closing = false;
    t->asked = 0;
    t->tag_name = t->raw_name;
    t->state = STATE_BEFORE_ATTRIBUTE;
    return p;
}

const char *tokenizer_raw(struct tokenizer *t, const char *p, const char *end)
{
    while (p < end) {
        switch ((enum tokenizer_state)t->state) {
        case STATE_RAW:
        case STATE_SCRIPT:
            p = in_raw(t, p, end);
            break;
        case STATE_SCRIPT_ESCAPED:
        case STATE_SCRIPT_DOUBLE:
            p = in_escaped_script(t, p, end);
            break;
        case STATE_RAW_LESS:
            p = raw_less(t, p);
            break;
        case STATE_RAW_END_NAME:
            p = raw_end_name(t, p);
            break;
        case STATE_SCRIPT_BANG:
            p = script_bang(t, p);
            break;
        case STATE_SCRIPT_WORD:
            p = script_word(t, p, STATE_SCRIPT_ESCAPED, STATE_SCRIPT_DOUBLE);
            break;
        case STATE_SCRIPT_END_DOUBLE:
            p = script_word(t, p, STATE_SCRIPT_DOUBLE, STATE_SCRIPT_ESCAPED);
            break;
        default:
            return p;
        }
    }
    return p;
}
