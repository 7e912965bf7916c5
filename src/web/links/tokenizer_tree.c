#include "web/links/tokenizer_tree.h"

#include "web/links/links.h"

/* Where a search through the stack of open elements ended without finding the element. */
enum { BLOCKED = -1, OUTSIDE = -2 };

enum scope { SCOPE_DEFAULT, SCOPE_BUTTON, SCOPE_LIST, SCOPE_TABLE };

static uint32_t flags_of(uint16_t name)
{
    return name < HTML_NAME_COUNT ? html_names[name].flags : 0;
}

static bool has_begun(const struct tree *tree, uint16_t name)
{
    return name < HTML_NAME_COUNT && (tree->begun[name / 64] >> name % 64 & 1);
}

static struct tree_element *top_of(struct tree *tree)
{
    return &tree->stack[tree->depth - 1];
}

static bool is_html(const struct tree_element *element)
{
    return !(element->role & TREE_FOREIGN);
}

static void pop_to(struct tree *tree, unsigned depth)
{
    tree->deeper = 0;
    while (tree->depth > depth) {
        tree->depth--;
        const struct tree_element *gone = &tree->stack[tree->depth];
        tree->templates -= gone->name == HTML_TEMPLATE && is_html(gone);
    }
}

/* Elements that end the list of active formatting elements for what is in them. */
static bool sets_marker(const struct tree_element *element)
{
    return is_html(element) && (element->role & TREE_IS_SCOPE) && element->name != HTML_TABLE;
}

/* Close the element at PLACE and what is open in it. A formatting element in there would be opened anew by the text
 * that follows, which is left to doubt, unless PLACE ended the list of such elements. */
static void close_at(struct tree *tree, unsigned place)
{
    for (unsigned i = place + 1; i < tree->depth && !sets_marker(&tree->stack[place]); i++) {
        if (is_html(&tree->stack[i]) && (flags_of(tree->stack[i].name) & NAME_FORMATTING))
            tree->doubts |= LINKS_DOUBT_MISNESTED;
    }
    pop_to(tree, place);
}

static void push(struct tree *tree, uint16_t name, unsigned role)
{
    if (tree->depth == TREE_DEPTH) {
        tree->deeper++;
        tree->doubts |= LINKS_DOUBT_DEEP;
        return;
    }
    tree->stack[tree->depth++] = (struct tree_element){name, (uint16_t)role};
}

static unsigned html_role(uint16_t name)
{
    uint32_t flags = flags_of(name);
    return (flags & NAME_SCOPE ? TREE_IS_SCOPE : 0U) | (flags & NAME_SPECIAL ? TREE_IS_SPECIAL : 0U);
}

static unsigned foreign_role(const struct tree_tag *tag, unsigned space)
{
    unsigned point = 0;
    switch (tag->name) {
    case HTML_FOREIGNOBJECT:
    case HTML_DESC:
    case HTML_TITLE:
        point = space == TREE_SVG ? TREE_HTML_POINT | TREE_IS_SCOPE | TREE_IS_SPECIAL : 0;
        break;
    case HTML_MI:
    case HTML_MO:
    case HTML_MN:
    case HTML_MS:
    case HTML_MTEXT:
        point = space == TREE_MATH ? TREE_TEXT_POINT | TREE_IS_SCOPE | TREE_IS_SPECIAL : 0;
        break;
    case HTML_ANNOTATION_XML:
        point = space == TREE_MATH ? TREE_IS_SCOPE | TREE_IS_SPECIAL : 0;
        if (point && tag->html_encoding)
            point |= TREE_HTML_POINT;
        break;
    default:
        break;
    }
    return space | point;
}

static bool ends_scope(const struct tree_element *element, enum scope scope)
{
    if (scope == SCOPE_TABLE)
        return is_html(element) && (element->name == HTML_TABLE || element->name == HTML_TEMPLATE);
    if (element->role & TREE_IS_SCOPE)
        return true;
    if (!is_html(element))
        return false;
    return (scope == SCOPE_BUTTON && element->name == HTML_BUTTON) ||
           (scope == SCOPE_LIST && (element->name == HTML_OL || element->name == HTML_UL));
}

/* The place of the topmost HTML element NAME in scope, or BLOCKED, or OUTSIDE when the search leaves what is
 * remembered. */
static int find_in_scope(const struct tree *tree, uint16_t name, enum scope scope)
{
    for (int i = (int)tree->depth - 1; i >= 0; i--) {
        const struct tree_element *element = &tree->stack[i];
        if (element->name == name && is_html(element))
            return i;
        if (ends_scope(element, scope))
            return BLOCKED;
    }
    return OUTSIDE;
}

/* Whether an element that the end tag NAME closes may be open outside of what is remembered. */
static bool may_be_open_outside(const struct tree *tree, uint16_t name)
{
    if (name >= HTML_NAME_COUNT)
        return true;
    bool open = has_begun(tree, name);
    if (flags_of(name) & NAME_TABLE_PART)
        open |= has_begun(tree, HTML_TABLE); /* rows and sections are opened without a tag */
    for (unsigned level = HTML_H1; (flags_of(name) & NAME_HEADING) && level <= HTML_H6; level++)
        open |= has_begun(tree, (uint16_t)level); /* each closes the others too */
    return open;
}

/* An element that lies outside the outermost svg, math or template is closed, as far as is known: they all end. */
static void leave(struct tree *tree, uint16_t name)
{
    if (!may_be_open_outside(tree, name))
        return;
    tree->doubts |= LINKS_DOUBT_MISNESTED;
    if (name < HTML_NAME_COUNT)
        pop_to(tree, 0);
}

static void close_found(struct tree *tree, uint16_t name, int found)
{
    if (found >= 0)
        close_at(tree, (unsigned)found);
    else if (found == OUTSIDE)
        leave(tree, name);
}

static void end_any_other(struct tree *tree, uint16_t name)
{
    int i = (int)tree->depth - 1;
    for (; i >= 0; i--) {
        const struct tree_element *element = &tree->stack[i];
        if (element->name == name && is_html(element))
            break;
        if (element->role & TREE_IS_SPECIAL)
            return;
    }
    close_found(tree, name, i >= 0 ? i : OUTSIDE);
}

static void take_out(struct tree *tree, unsigned place)
{
    for (unsigned i = place; i + 1 < tree->depth; i++)
        tree->stack[i] = tree->stack[i + 1];
    tree->depth--;
}

/* The adoption agency without its copies: an element with a special one inside is only taken out of the stack. */
static void end_formatting(struct tree *tree, uint16_t name)
{
    int found = find_in_scope(tree, name, SCOPE_DEFAULT);
    bool special_inside = false;
    for (int i = (int)tree->depth - 1; i > found && i >= 0; i--)
        special_inside |= (tree->stack[i].role & TREE_IS_SPECIAL) != 0;
    if (found < 0 || !special_inside) {
        close_found(tree, name, found);
        return;
    }
    tree->doubts |= LINKS_DOUBT_MISNESTED;
    take_out(tree, (unsigned)found);
}

static bool end_is_implied(const struct tree_element *element)
{
    switch (element->name) {
    case HTML_DD:
    case HTML_DT:
    case HTML_LI:
    case HTML_OPTGROUP:
    case HTML_OPTION:
    case HTML_P:
    case HTML_RB:
    case HTML_RP:
    case HTML_RT:
    case HTML_RTC:
        return is_html(element);
    default:
        return false;
    }
}

/* A form is taken out of the stack and what is open in it stays; one that lies outside goes without a trace. */
static void end_form(struct tree *tree)
{
    int found = find_in_scope(tree, HTML_FORM, SCOPE_DEFAULT);
    if (found < 0)
        return;
    if (tree->templates) {
        pop_to(tree, (unsigned)found);
        return;
    }
    while (end_is_implied(top_of(tree)))
        tree->depth--;
    take_out(tree, (unsigned)found);
}

static void end_heading(struct tree *tree, uint16_t name)
{
    int i = (int)tree->depth - 1;
    for (; i >= 0; i--) {
        const struct tree_element *element = &tree->stack[i];
        if (is_html(element) && (flags_of(element->name) & NAME_HEADING))
            break;
        if (ends_scope(element, SCOPE_DEFAULT))
            return;
    }
    close_found(tree, name, i >= 0 ? i : OUTSIDE);
}

/* When such an element is still open, an <a> of the template goes on behind it, by the standard's own words. */
static void end_template(struct tree *tree)
{
    for (unsigned i = tree->depth; tree->templates && i-- > 0;) {
        if (tree->stack[i].name == HTML_TEMPLATE && is_html(&tree->stack[i])) {
            pop_to(tree, i);
            return;
        }
        if (sets_marker(&tree->stack[i]))
            tree->doubts |= LINKS_DOUBT_TEMPLATE;
    }
}

static void end_html(struct tree *tree, uint16_t name)
{
    uint32_t flags = flags_of(name);
    if (name == HTML_NOSCRIPT)
        tree->in_noscript = false;
    if (name == HTML_BR)
        tree_text(tree);
    if (tree->depth == 0 || (flags & (NAME_NOT_PUSHED | NAME_VOID | NAME_TEXT)))
        return;
    if (name == HTML_TEMPLATE)
        end_template(tree);
    else if (name == HTML_FORM)
        end_form(tree);
    else if (flags & NAME_HEADING)
        end_heading(tree, name);
    else if (flags & NAME_FORMATTING)
        end_formatting(tree, name);
    else if (name == HTML_TABLE || (flags & NAME_TABLE_PART))
        close_found(tree, name, find_in_scope(tree, name, SCOPE_TABLE));
    else if (flags & NAME_BLOCK)
        close_found(tree, name,
                    find_in_scope(tree, name,
                                  name == HTML_P    ? SCOPE_BUTTON
                                  : name == HTML_LI ? SCOPE_LIST
                                                    : SCOPE_DEFAULT));
    else
        end_any_other(tree, name);
}

/* Leave foreign elements until HTML may go on. */
static void break_out(struct tree *tree)
{
    unsigned depth = tree->depth;
    while (depth && !is_html(&tree->stack[depth - 1]) &&
           !(tree->stack[depth - 1].role & (TREE_HTML_POINT | TREE_TEXT_POINT)))
        depth--;
    pop_to(tree, depth);
}

static void end_foreign(struct tree *tree, uint16_t name)
{
    if (name == HTML_P || name == HTML_BR) {
        tree->doubts |= LINKS_DOUBT_CHANGED;
        break_out(tree);
    } else {
        for (unsigned i = tree->depth; i-- > 0 && !is_html(&tree->stack[i]);) {
            if (tree->stack[i].name == name) {
                pop_to(tree, i);
                return;
            }
        }
    }
    end_html(tree, name);
}

void tree_end(struct tree *tree, uint16_t name)
{
    if (tree->has_frameset)
        tree->framesets -= name == HTML_FRAMESET && tree->framesets;
    else if (tree->deeper)
        tree->deeper--;
    else if (tree->depth && !is_html(top_of(tree)))
        end_foreign(tree, name);
    else
        end_html(tree, name);
}

static void close_if_in_scope(struct tree *tree, uint16_t name, enum scope scope)
{
    int found = find_in_scope(tree, name, scope);
    if (found >= 0)
        close_at(tree, (unsigned)found);
}

/* A new item ends the one that it stands in, if only ordinary elements, address, div and p lie between. */
static void close_item(struct tree *tree, uint16_t name, uint16_t other)
{
    for (unsigned i = tree->depth; i-- > 0;) {
        const struct tree_element *element = &tree->stack[i];
        if (is_html(element) && (element->name == name || element->name == other)) {
            close_at(tree, i);
            return;
        }
        bool passed =
            is_html(element) && (element->name == HTML_ADDRESS || element->name == HTML_DIV || element->name == HTML_P);
        if ((element->role & TREE_IS_SPECIAL) && !passed)
            return;
    }
}

static bool is_section(uint16_t name)
{
    return name == HTML_TBODY || name == HTML_THEAD || name == HTML_TFOOT;
}

/* A part of a table ends what is open in the place that it belongs to. */
static void start_table_part(struct tree *tree, uint16_t name)
{
    unsigned i = tree->depth;
    bool cell = name == HTML_TD || name == HTML_TH;
    for (; i > 0; i--) {
        const struct tree_element *element = &tree->stack[i - 1];
        if (ends_scope(element, SCOPE_TABLE))
            break;
        if (is_html(element) &&
            ((cell && element->name == HTML_TR) || ((cell || name == HTML_TR) && is_section(element->name))))
            break;
    }
    if (i == 0) {
        leave(tree, name);
        return;
    }
    tree->doubts |= LINKS_DOUBT_TABLE;
    pop_to(tree, i);
    if (name != HTML_COL)
        push(tree, name, html_role(name));
}

static void close_what_it_ends(struct tree *tree, uint16_t name, uint32_t flags)
{
    if (name == HTML_LI)
        close_item(tree, HTML_LI, HTML_LI);
    else if (name == HTML_DD || name == HTML_DT)
        close_item(tree, HTML_DD, HTML_DT);
    else if (name == HTML_BUTTON)
        close_if_in_scope(tree, HTML_BUTTON, SCOPE_DEFAULT);
    else if ((name == HTML_A || name == HTML_NOBR) && find_in_scope(tree, name, SCOPE_DEFAULT) >= 0)
        end_formatting(tree, name);
    if (flags & NAME_CLOSES_P)
        close_if_in_scope(tree, HTML_P, SCOPE_BUTTON);
    if (tree->depth == 0 || !is_html(top_of(tree)))
        return;
    uint16_t top = top_of(tree)->name;
    if (((flags & NAME_HEADING) && (flags_of(top) & NAME_HEADING)) ||
        ((name == HTML_OPTION || name == HTML_OPTGROUP) && top == HTML_OPTION))
        tree->depth--;
}

static enum tree_place start_in_frameset(struct tree *tree, uint16_t name)
{
    if (name == HTML_FRAMESET && tree->framesets)
        tree->framesets++;
    bool counts = name == HTML_NOFRAMES || (name == HTML_FRAME && tree->framesets);
    return counts ? TREE_IN_HTML : TREE_NOWHERE;
}

static enum tree_place start_frameset(struct tree *tree)
{
    if (tree_has_body(tree) || tree->templates)
        return TREE_NOWHERE;
    if (tree->in_body || tree->depth)
        tree->doubts |= LINKS_DOUBT_FRAMESET;
    tree->has_frameset = true;
    tree->framesets = 1;
    pop_to(tree, 0);
    return TREE_NOWHERE;
}

static bool belongs_to_head(uint16_t name)
{
    switch (name) {
    case HTML_HTML:
    case HTML_HEAD:
    case HTML_TITLE:
    case HTML_BASE:
    case HTML_LINK:
    case HTML_META:
    case HTML_SCRIPT:
    case HTML_STYLE:
    case HTML_NOSCRIPT:
    case HTML_NOFRAMES:
    case HTML_TEMPLATE:
        return true;
    default:
        return false;
    }
}

/* Inside svg, math or a template. */
static void start_remembered(struct tree *tree, const struct tree_tag *tag)
{
    uint32_t flags = flags_of(tag->name);
    if ((flags & NAME_TEXT) && tree->templates)
        tree->doubts |= LINKS_DOUBT_TEMPLATE;
    if (tree->deeper) { /* what it would end is not known */
        tree->deeper += !(flags & (NAME_NOT_PUSHED | NAME_VOID | NAME_TEXT));
        return;
    }
    if (flags & NAME_TABLE_PART) {
        start_table_part(tree, tag->name);
        return;
    }
    close_what_it_ends(tree, tag->name, flags);
    if (!(flags & (NAME_NOT_PUSHED | NAME_VOID | NAME_TEXT)))
        push(tree, tag->name, html_role(tag->name));
}

static enum tree_place start_foreign(struct tree *tree, const struct tree_tag *tag, unsigned space)
{
    if (!tag->self_closing)
        push(tree, tag->name, foreign_role(tag, space));
    if (tree->templates)
        return TREE_NOWHERE;
    return space == TREE_SVG ? TREE_IN_SVG : TREE_IN_MATH;
}

static enum tree_place start_html(struct tree *tree, const struct tree_tag *tag)
{
    uint16_t name = tag->name;
    if (name == HTML_FRAMESET)
        return start_frameset(tree);
    if (name == HTML_FORM && tree->depth && !tree->templates && has_begun(tree, HTML_FORM))
        tree->doubts |= LINKS_DOUBT_MISNESTED; /* a form inside a form is ignored: is the other one still open? */
    tree_note_begun(tree, name);
    tree->frameset_refused |= (flags_of(name) & NAME_REFUSES_FRAMESET) != 0;
    tree->in_body |= !tree->templates && !belongs_to_head(name);
    if (name == HTML_SVG || name == HTML_MATH)
        return start_foreign(tree, tag, name == HTML_SVG ? TREE_SVG : TREE_MATH);
    if (name == HTML_FRAME)
        return TREE_NOWHERE;
    tree->in_noscript |= name == HTML_NOSCRIPT;
    enum tree_place place = tree->templates ? TREE_IN_TEMPLATE : TREE_IN_HTML;
    if (tree->depth)
        start_remembered(tree, tag);
    else if (name == HTML_TEMPLATE)
        push(tree, name, html_role(name));
    tree->templates += name == HTML_TEMPLATE && tree->deeper == 0;
    return place;
}

/* Whether HTML's rules apply although the current element is foreign. */
static bool html_may_begin(const struct tree_element *top, uint16_t name)
{
    if (top->role & TREE_HTML_POINT)
        return true;
    if (top->role & TREE_TEXT_POINT)
        return name != HTML_MGLYPH && name != HTML_MALIGNMARK;
    return (top->role & TREE_MATH) && top->name == HTML_ANNOTATION_XML && name == HTML_SVG;
}

enum tree_place tree_start(struct tree *tree, const struct tree_tag *tag)
{
    if (tree->has_frameset)
        return start_in_frameset(tree, tag->name);
    if (tree->depth == 0 || is_html(top_of(tree)) || html_may_begin(top_of(tree), tag->name))
        return start_html(tree, tag);
    if (!(flags_of(tag->name) & NAME_BREAKOUT) && !(tag->name == HTML_FONT && tag->font_attribute))
        return start_foreign(tree, tag, top_of(tree)->role & TREE_FOREIGN);
    break_out(tree);
    return start_html(tree, tag);
}

void tree_reset(struct tree *tree)
{
    *tree = (struct tree){0};
}
