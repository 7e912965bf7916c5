#include "web/links/tokenizer.h"

#include <string.h>
#include <strings.h>

#include "web/links/entities.h"
#include "web/links/tokenizer_scan.h"
#include "web/links/tokenizer_states.h"

void tokenizer_reset(struct tokenizer *t)
{
    t->state = STATE_DATA;
    t->style_wanted = t->failed = false;
    t->plain = false;
    t->name_len = 0;
    t->values.len = 0;
    t->fed = 0;
    tree_reset(&t->tree);
}

void tokenizer_init(struct tokenizer *t, const struct tokenizer_wishes *wishes, const struct tokenizer_sink *sink)
{
    *t = (struct tokenizer){.wishes = wishes, .sink = *sink};
    t->style_asked = wishes->attributes[HTML_OTHER] != 0;
    for (unsigned name = 0; name < HTML_NAME_COUNT; name++) {
        bool asked = (wishes->attributes[name] & ~(SLOT(STYLE) | SLOT(BACKGROUND))) != 0;
        bool turns = (html_names[name].flags & (NAME_TEXT | NAME_TURNS)) != 0;
        t->interest[name] = turns ? INTEREST_STATES : asked ? INTEREST_ATTRIBUTES : INTEREST_NONE;
    }
    tokenizer_reset(t);
}

/* Until the body has begun, know when it begins. */
static void note_text(struct tokenizer *t, const char *p, const char *end)
{
    while (p < end && (scan_is_blank(*p) || *p == '\0'))
        p++;
    if (p < end) {
        tree_text(&t->tree);
        t->plain = tree_is_plain(&t->tree);
    }
}

static const char *in_data(struct tokenizer *t, const char *p, const char *end)
{
    if (t->plain)
        p = tokenizer_skip(t, p, end);
    const char *less = scan_for(p, end, '<');
    if (!tree_has_body(&t->tree))
        note_text(t, p, less);
    if (less == end)
        return end;
    t->state = STATE_TAG_OPEN;
    return less + 1;
}

void tokenizer_feed(struct tokenizer *t, const char *bytes, size_t len)
{
    const char *p = bytes, *end = p + len;
    t->piece = bytes;
    while (p < end) {
        if (t->state == STATE_DATA)
            p = in_data(t, p, end);
        else if (t->state == STATE_PLAINTEXT)
            p = end;
        else if (t->state < STATE_MARKUP)
            p = tokenizer_tag(t, p, end);
        else if (t->state < STATE_RAW)
            p = tokenizer_markup(t, p, end);
        else
            p = tokenizer_raw(t, p, end);
    }
    t->fed += len;
}

/* Replace the values that have references in them by decoded ones, which stand behind all the others. */
static void decode_values(struct tokenizer *t)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++) {
        if (!(t->encoded >> slot & 1))
            continue;
        struct buffer decoded = {0};
        struct tokenizer_slot *value = &t->slots[slot];
        bool fits = entities_decode_attribute(&decoded, t->values.data + value->at, value->len);
        size_t at = t->values.len;
        if (fits && buffer_append(&t->values, decoded.data, decoded.len)) {
            value->at = (uint32_t)at;
            value->len = (uint32_t)decoded.len;
        } else {
            t->failed = true;
            t->valued &= ~(UINT32_C(1) << slot);
        }
        buffer_release(&decoded);
    }
    t->encoded = 0;
}

static bool is_word(const struct tokenizer *t, enum html_slot slot, const char *word)
{
    size_t len;
    const char *value = tokenizer_value(t, slot, &len);
    return len == strlen(word) && strncasecmp(value, word, len) == 0;
}

static uint8_t text_state(uint32_t flags)
{
    if (flags & NAME_PLAIN)
        return STATE_PLAINTEXT;
    return flags & NAME_SCRIPT_DATA ? STATE_SCRIPT : STATE_RAW;
}

static enum tree_place place_of_tag(struct tokenizer *t)
{
    struct tree_tag tag = {
        .name = t->tag_name,
        .self_closing = t->self_closing,
        .font_attribute = (t->seen & (SLOT(COLOR) | SLOT(FACE) | SLOT(SIZE))) != 0,
        .html_encoding = is_word(t, SLOT_ENCODING, "text/html") || is_word(t, SLOT_ENCODING, "application/xhtml+xml"),
    };
    return tree_start(&t->tree, &tag);
}

static void start_tag(struct tokenizer *t)
{
    if (t->encoded)
        decode_values(t);
    enum html_name name = t->tag_name < HTML_NAME_COUNT ? (enum html_name)t->tag_name : HTML_OTHER;
    uint32_t flags = html_names[name].flags;
    enum tree_place place = TREE_IN_HTML;
    if (t->plain && !(flags & NAME_TURNS))
        tree_note_begun(&t->tree, t->tag_name);
    else
        place = place_of_tag(t);
    if ((place == TREE_IN_HTML || place == TREE_IN_TEMPLATE) && (flags & NAME_TEXT)) {
        t->state = text_state(flags);
        t->raw_name = (uint16_t)name;
    }
    bool counts = place == TREE_IN_HTML || place == TREE_IN_SVG || place == TREE_IN_MATH;
    if (counts && t->wishes->attributes[name])
        t->sink.tag(t->sink.context, t, name, place);
    t->style_wanted = name == HTML_STYLE && place == TREE_IN_HTML && t->wishes->style_text;
}

void tokenizer_finish_tag(struct tokenizer *t)
{
    t->state = STATE_DATA;
    if (!t->is_end_tag)
        start_tag(t);
    else if (!t->ends_text)
        tree_end(&t->tree, t->tag_name);
    else if (t->style_wanted)
        t->sink.style(t->sink.context, NULL, 0);
    t->style_wanted &= !t->is_end_tag;
    t->plain = tree_is_plain(&t->tree);
}

void tokenizer_end(struct tokenizer *t)
{
    if (t->style_wanted)
        t->sink.style(t->sink.context, NULL, 0);
    if (t->state == STATE_AFTER_VALUE && !t->is_end_tag && t->tag_name == HTML_META)
        tokenizer_finish_tag(t);
    t->state = STATE_DATA;
}

void tokenizer_release(struct tokenizer *t)
{
    buffer_release(&t->values);
}
