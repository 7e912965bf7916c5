/* As much of HTML's tree construction (section 13.2.6) as decides how the text goes on and which tags are links:
 * whether a tag opens an element of HTML, SVG or MathML, whether it lies in a template, in noscript or in a
 * frameset.
 *
 * Ordinary HTML needs no stack of open elements for that, so none is kept while it lasts. Inside svg, math and
 * template each open element is remembered, TREE_DEPTH of them; deeper ones are only counted. What lies outside of
 * the outermost of these is known only as "such an element has been begun in this page". Where that, or another
 * shortening, may decide otherwise than a tree would, a doubt is noted (links.h).
 *
 * tree_reset, then tree_start and tree_end for each tag in turn. Private to the tokenizer. */
#ifndef WEB_TOKENIZER_TREE_H
#define WEB_TOKENIZER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/links/tokenizer_names.h"

enum { TREE_DEPTH = 128 };

enum tree_role {
    TREE_SVG = 1,         /* an SVG element */
    TREE_MATH = 2,        /* a MathML element */
    TREE_HTML_POINT = 4,  /* HTML may begin in it (HTML integration point) */
    TREE_TEXT_POINT = 8,  /* the same but for mglyph and malignmark (MathML text integration point) */
    TREE_IS_SCOPE = 16,   /* ends the search for an element in scope */
    TREE_IS_SPECIAL = 32, /* ends the search of an end tag of no particular kind */
    TREE_FOREIGN = TREE_SVG | TREE_MATH
};

struct tree_element {
    uint16_t name; /* an enum html_name, or from HTML_NAME_COUNT on a hash of another name */
    uint16_t role;
};

struct tree {
    uint64_t begun[(HTML_NAME_COUNT + 63) / 64]; /* which names have had a start tag in HTML */
    struct tree_element stack[TREE_DEPTH];
    unsigned depth;
    uint32_t deeper;    /* elements that did not fit, all of them treated as the topmost that did */
    unsigned templates; /* how many template elements are on the stack */
    unsigned framesets; /* open frameset elements */
    unsigned doubts;    /* of enum links_doubt */
    bool in_noscript;
    bool in_body; /* what belongs to no head has been seen, outside of templates */
    bool
        frameset_refused; /* so has what keeps a frameset from taking the place of a body ("frameset-ok" is "not ok") */
    bool has_frameset;    /* the page is a frameset: nothing else in it counts */
};

/* A start tag as the tree sees it. */
struct tree_tag {
    uint16_t name;
    bool self_closing;
    bool font_attribute; /* color, face or size */
    bool html_encoding;  /* encoding is text/html or application/xhtml+xml */
};

enum tree_place {
    TREE_IN_HTML, /* an HTML element of the page; its content is tokenized as its name demands */
    TREE_IN_SVG,
    TREE_IN_MATH,
    TREE_IN_TEMPLATE, /* an HTML element that is not part of the page, though its content is tokenized like one */
    TREE_NOWHERE      /* ignored: an SVG or MathML element in a template, or a tag that a frameset has no use for */
};

void tree_reset(struct tree *tree);

enum tree_place tree_start(struct tree *tree, const struct tree_tag *tag);
void tree_end(struct tree *tree, uint16_t name);

/* There is text that is not only blanks. */
static inline void tree_text(struct tree *tree)
{
    tree->frameset_refused = true;
    tree->in_body |= !tree->templates;
}

/* Whether there is a body that stays one. */
static inline bool tree_has_body(const struct tree *tree)
{
    return tree->in_body && tree->frameset_refused;
}

/* Whether <![CDATA[ begins foreign text. */
static inline bool tree_is_foreign(const struct tree *tree)
{
    return tree->depth && (tree->stack[tree->depth - 1].role & TREE_FOREIGN);
}

/* Whether tags that are no links, and end tags, change nothing but tree.begun. */
static inline bool tree_is_plain(const struct tree *tree)
{
    return tree_has_body(tree) && tree->depth == 0 && !tree->in_noscript && !tree->has_frameset;
}

static inline void tree_note_begun(struct tree *tree, uint16_t name)
{
    if (name < HTML_NAME_COUNT)
        tree->begun[name / 64] |= UINT64_C(1) << name % 64;
}

#endif
