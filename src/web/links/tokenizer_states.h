/* The states of the tokenizer, in groups: each group has a function that reads until the state is another group's
 * or the piece is over, and says where it stopped. Private to the tokenizer.
 *
 * States of the standard that differ only in what they report as errors are one here. */
#ifndef WEB_TOKENIZER_STATES_H
#define WEB_TOKENIZER_STATES_H

#include "web/links/tokenizer.h"

enum tokenizer_state {
    STATE_DATA,
    STATE_PLAINTEXT,

    STATE_TAG_OPEN, /* the first of the tags */
    STATE_END_TAG_OPEN,
    STATE_TAG_NAME,
    STATE_BEFORE_ATTRIBUTE,
    STATE_ATTRIBUTE_NAME,
    STATE_AFTER_ATTRIBUTE_NAME,
    STATE_BEFORE_VALUE,
    STATE_VALUE_DOUBLE,
    STATE_VALUE_SINGLE,
    STATE_VALUE_UNQUOTED,
    STATE_AFTER_VALUE,
    STATE_SELF_CLOSING,

    STATE_MARKUP, /* the first of the markup declarations: behind "<!" */
    STATE_MARKUP_DASH,
    STATE_MARKUP_CDATA,
    STATE_BOGUS, /* bogus comments and DOCTYPE: to the next '>' */
    STATE_COMMENT_START,
    STATE_COMMENT_START_DASH,
    STATE_COMMENT,
    STATE_COMMENT_BANG,
    STATE_CDATA,

    STATE_RAW, /* the first of the raw texts: RCDATA and RAWTEXT */
    STATE_SCRIPT,
    STATE_SCRIPT_ESCAPED,
    STATE_SCRIPT_DOUBLE,
    STATE_RAW_LESS, /* behind '<' in any of those */
    STATE_RAW_END_NAME,
    STATE_SCRIPT_BANG,      /* behind "<!" in a script */
    STATE_SCRIPT_WORD,      /* behind "<" and a letter in an escaped script */
    STATE_SCRIPT_END_DOUBLE /* behind "</" in a double-escaped script */
};

const char *tokenizer_tag(struct tokenizer *t, const char *p, const char *end);
const char *tokenizer_markup(struct tokenizer *t, const char *p, const char *end);
const char *tokenizer_raw(struct tokenizer *t, const char *p, const char *end);

/* Pass over text and over tags that mean nothing, as long as the tree is plain and the tags lie well inside the
 * piece; the states take over from where it stops. */
const char *tokenizer_skip(struct tokenizer *t, const char *p, const char *end);

/* A start tag of NAME begins, of which no attribute has been read. */
void tokenizer_begin_tag(struct tokenizer *t, enum html_name name);

/* Whether the value of the tag's attribute NAME is to be kept; it is the current one then. */
bool tokenizer_asks_for(struct tokenizer *t, enum html_name name);

/* All of the current attribute's value. */
void tokenizer_whole_value(struct tokenizer *t, const char *at, size_t len, char quote);

/* The tag is complete: tell the tree and the sink, and set the state in which the text goes on. */
void tokenizer_finish_tag(struct tokenizer *t);

#endif
