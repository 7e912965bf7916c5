#include "web/links/links.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/links/css.h"
#include "web/links/entities.h"
#include "web/links/meta.h"
#include "web/links/srcset.h"
#include "web/links/tokenizer.h"
#include "web/links/tokenizer_scan.h"

struct links {
    struct links_options options;
    struct tokenizer_wishes wishes;
    struct tokenizer tokenizer;
    struct css css;
    bool base_seen;
    bool style_is_css;       /* of the style element that is read */
    bool style_is_attribute; /* the CSS that is read is a style attribute: it cannot import */
    bool style_in_noscript;
    uint64_t style_begin;            /* where the text of the style element begins */
    struct tokenizer_slot style;     /* the style attribute that is read */
    struct entities_walk style_walk; /* through it */
};

/* What a start tag means: one function for each element that has links. */
typedef void tag_handler(struct links *links, const struct tokenizer *t, enum tree_place place);

static void give(struct links *links, const struct link *link)
{
    links->options.found(links->options.context, link);
}

/* The finding that an attribute's whole value is. */
static struct link link_of(const struct tokenizer *t, enum html_slot slot, enum link_kind kind)
{
    struct link link = {.kind = kind, .in_noscript = t->tree.in_noscript, .in_attribute = true};
    link.text = tokenizer_value(t, slot, &link.len);
    link.value_begin = link.value_end = UINT64_MAX;
    if (tokenizer_has(t, slot) && tokenizer_slot(t, slot)->begin != UINT64_MAX) {
        const struct tokenizer_slot *written = tokenizer_slot(t, slot);
        link.quote = written->quote;
        link.value_begin = written->begin;
        link.value_end = written->begin + written->written_len;
    }
    link.written_begin = link.value_begin;
    link.written_end = link.value_end;
    return link;
}

static struct entities_walk walk_of(const struct tokenizer *t, const struct tokenizer_slot *slot)
{
    const char *text = slot->written_len ? t->values.data + slot->written_at : "";
    return (struct entities_walk){.text = text, .end = text + slot->written_len};
}

/* The offsets of what BEGIN to END of a value stand for. It lies behind where the walk is. */
static void find_written(struct link *link, const struct tokenizer_slot *slot, struct entities_walk *walk, size_t begin,
                         size_t end)
{
    link->written_begin = link->written_end = UINT64_MAX;
    if (!entities_walk_to(walk, begin))
        return;
    uint64_t at = slot->begin + walk->written;
    if (!entities_walk_to(walk, end))
        return;
    link->written_begin = at;
    link->written_end = slot->begin + walk->written;
}

/* Turn the finding that is a whole value into one that is the part TEXT of it. */
static void narrow(struct link *link, const struct tokenizer *t, enum html_slot slot, const char *text, size_t len)
{
    struct entities_walk walk = walk_of(t, tokenizer_slot(t, slot));
    size_t begin = (size_t)(text - link->text);
    find_written(link, tokenizer_slot(t, slot), &walk, begin, begin + len);
    link->text = text;
    link->len = len;
}

/* What is loaded for the page or into it is never the page itself, so an empty reference is none. */
static void give_loaded(struct links *links, const struct tokenizer *t, enum html_slot slot, enum link_kind kind)
{
    struct link link = link_of(t, slot, kind);
    if (link.len)
        give(links, &link);
}

static void give_srcset(struct links *links, const struct tokenizer *t, enum html_slot slot)
{
    struct srcset srcset;
    struct srcset_candidate candidate;
    struct link link = link_of(t, slot, LINK_IMAGE);
    struct entities_walk walk = walk_of(t, tokenizer_slot(t, slot));
    const char *text = link.text;
    srcset_init(&srcset, text, link.len);
    while (srcset_next(&srcset, &candidate)) {
        size_t begin = (size_t)(candidate.url - text);
        find_written(&link, tokenizer_slot(t, slot), &walk, begin, begin + candidate.url_len);
        link.text = candidate.url;
        link.len = candidate.url_len;
        give(links, &link);
    }
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

static unsigned rel_of_word(const char *word, size_t len)
{
    static const struct {
        const char *word;
        unsigned rel;
    } words[] = {
        {"nofollow", LINK_REL_NOFOLLOW},
        {"next", LINK_REL_NEXT},
        {"prev", LINK_REL_PREV},
        {"previous", LINK_REL_PREV},
        {"alternate", LINK_REL_ALTERNATE},
        {"canonical", LINK_REL_CANONICAL},
        {"stylesheet", LINK_REL_STYLESHEET},
        {"icon", LINK_REL_ICON},
        {"apple-touch-icon", LINK_REL_ICON},
        {"apple-touch-icon-precomposed", LINK_REL_ICON},
        {"mask-icon", LINK_REL_ICON},
        {"preload", LINK_REL_PRELOAD},
        {"modulepreload", LINK_REL_MODULEPRELOAD},
        {"prefetch", LINK_REL_PREFETCH},
        {"manifest", LINK_REL_MANIFEST},
        {"preconnect", LINK_REL_PRECONNECT},
        {"dns-prefetch", LINK_REL_PRECONNECT},
        {"pingback", LINK_REL_PINGBACK},
        {"search", LINK_REL_SEARCH},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_word(word, len, words[i].word))
            return words[i].rel;
    }
    return LINK_REL_OTHER;
}

static unsigned read_rel(const struct tokenizer *t)
{
    size_t len;
    const char *p = tokenizer_value(t, SLOT_REL, &len), *end = p + len;
    unsigned rel = 0;
    while (p < end) {
        const char *word = p;
        while (p < end && !scan_is_blank(*p))
            p++;
        if (p > word)
            rel |= rel_of_word(word, (size_t)(p - word));
        p += p < end;
    }
    return rel;
}

static void give_place(struct links *links, const struct tokenizer *t, enum html_slot slot, enum link_kind kind)
{
    if (!tokenizer_has(t, slot))
        return;
    struct link link = link_of(t, slot, kind);
    link.rel = read_rel(t);
    give(links, &link);
}

/* SVG's own href goes before the older xlink:href. */
static enum html_slot svg_href(const struct tokenizer *t)
{
    return tokenizer_has(t, SLOT_HREF) ? SLOT_HREF : SLOT_XLINK_HREF;
}

static void on_a(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_HTML)
        give_place(links, t, SLOT_HREF, LINK_A);
    else if (place == TREE_IN_SVG)
        give_place(links, t, svg_href(t), LINK_SVG_A);
}

static void on_area(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_HTML)
        give_place(links, t, SLOT_HREF, LINK_AREA);
}

static void on_frame(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_HTML)
        give_loaded(links, t, SLOT_SRC, t->tag_name == HTML_FRAME ? LINK_FRAME : LINK_IFRAME);
}

static void on_link(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place != TREE_IN_HTML)
        return;
    struct link link = link_of(t, SLOT_HREF, LINK_LINK);
    link.rel = read_rel(t);
    if (link.len)
        give(links, &link);
    if (links->options.requisites && (link.rel & LINK_REL_PRELOAD))
        give_srcset(links, t, SLOT_IMAGESRCSET);
}

static void on_base(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place != TREE_IN_HTML || links->base_seen || t->tree.in_noscript || !tokenizer_has(t, SLOT_HREF))
        return;
    links->base_seen = true;
    struct link link = link_of(t, SLOT_HREF, LINK_BASE);
    give(links, &link);
}

static void on_meta_name(struct links *links, const struct tokenizer *t)
{
    size_t name_len;
    const char *name = tokenizer_value(t, SLOT_NAME, &name_len);
    bool named = links->options.agent && is_word(name, name_len, links->options.agent);
    if (!named && !is_word(name, name_len, "robots"))
        return;
    struct link link = link_of(t, SLOT_CONTENT, LINK_ROBOTS);
    link.names_agent = named;
    give(links, &link);
}

static void on_meta_refresh(struct links *links, const struct tokenizer *t)
{
    struct link link = link_of(t, SLOT_CONTENT, LINK_REFRESH);
    struct meta_refresh refresh;
    if (!meta_refresh(link.text, link.len, &refresh) || !refresh.url)
        return;
    narrow(&link, t, SLOT_CONTENT, refresh.url, refresh.url_len);
    link.seconds = refresh.seconds;
    give(links, &link);
}

static void on_meta_content_type(struct links *links, const struct tokenizer *t)
{
    struct link link = link_of(t, SLOT_CONTENT, LINK_CHARSET);
    size_t len;
    const char *label = meta_charset(link.text, link.len, &len);
    if (!label)
        return;
    narrow(&link, t, SLOT_CONTENT, label, len);
    give(links, &link);
}

static void on_meta(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place != TREE_IN_HTML)
        return;
    size_t len;
    const char *text = tokenizer_value(t, SLOT_HTTP_EQUIV, &len);
    give_loaded(links, t, SLOT_CHARSET, LINK_CHARSET);
    if (is_word(text, len, "content-type"))
        on_meta_content_type(links, t);
    if (is_word(text, len, "refresh"))
        on_meta_refresh(links, t);
    on_meta_name(links, t);
}

static void on_image(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_SVG && t->tag_name == HTML_IMAGE) {
        give_loaded(links, t, svg_href(t), LINK_IMAGE);
    } else if (place == TREE_IN_HTML) {
        give_loaded(links, t, SLOT_SRC, LINK_IMAGE);
        give_srcset(links, t, SLOT_SRCSET);
    }
}

static void on_use(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_SVG)
        give_loaded(links, t, svg_href(t), LINK_SVG_USE);
}

static void on_input(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    size_t len;
    const char *type = tokenizer_value(t, SLOT_TYPE, &len);
    if (place == TREE_IN_HTML && is_word(type, len, "image"))
        give_loaded(links, t, SLOT_SRC, LINK_IMAGE);
}

static void on_media(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place != TREE_IN_HTML)
        return;
    give_loaded(links, t, SLOT_SRC, LINK_MEDIA);
    give_loaded(links, t, SLOT_POSTER, LINK_MEDIA);
    give_srcset(links, t, SLOT_SRCSET);
}

static void on_script(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_HTML)
        give_loaded(links, t, SLOT_SRC, LINK_SCRIPT);
    else if (place == TREE_IN_SVG)
        give_loaded(links, t, svg_href(t), LINK_SCRIPT);
}

static void on_object(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_HTML)
        give_loaded(links, t, t->tag_name == HTML_EMBED ? SLOT_SRC : SLOT_DATA, LINK_OBJECT);
}

static void on_background(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    if (place == TREE_IN_HTML)
        give_loaded(links, t, SLOT_BACKGROUND, LINK_IMAGE);
}

static void on_style(struct links *links, const struct tokenizer *t, enum tree_place place)
{
    size_t len;
    const char *type = tokenizer_value(t, SLOT_TYPE, &len);
    links->style_is_css = place == TREE_IN_HTML && (len == 0 || is_word(type, len, "text/css"));
    links->style_in_noscript = t->tree.in_noscript;
    links->style_begin = t->tag_end;
}

struct element {
    tag_handler *handler;
    uint32_t always;     /* the attributes that are asked for */
    uint32_t requisites; /* those that are asked for besides, with options.requisites */
};

static const struct element elements[HTML_NAME_COUNT] = {
    [HTML_A] = {on_a, SLOT(HREF) | SLOT(REL) | SLOT(XLINK_HREF), 0},
    [HTML_AREA] = {on_area, SLOT(HREF) | SLOT(REL), 0},
    [HTML_IFRAME] = {on_frame, SLOT(SRC), 0},
    [HTML_FRAME] = {on_frame, SLOT(SRC), 0},
    [HTML_LINK] = {on_link, SLOT(HREF) | SLOT(REL), SLOT(IMAGESRCSET)},
    [HTML_BASE] = {on_base, SLOT(HREF), 0},
    [HTML_META] = {on_meta, SLOT(HTTP_EQUIV) | SLOT(CONTENT) | SLOT(NAME) | SLOT(CHARSET), 0},
    [HTML_IMG] = {on_image, 0, SLOT(SRC) | SLOT(SRCSET)},
    [HTML_IMAGE] = {on_image, 0, SLOT(SRC) | SLOT(SRCSET) | SLOT(HREF) | SLOT(XLINK_HREF)},
    [HTML_USE] = {on_use, 0, SLOT(HREF) | SLOT(XLINK_HREF)},
    [HTML_FEIMAGE] = {on_use, 0, SLOT(HREF) | SLOT(XLINK_HREF)},
    [HTML_INPUT] = {on_input, 0, SLOT(SRC) | SLOT(TYPE)},
    [HTML_SOURCE] = {on_media, 0, SLOT(SRC) | SLOT(SRCSET)},
    [HTML_VIDEO] = {on_media, 0, SLOT(SRC) | SLOT(POSTER)},
    [HTML_AUDIO] = {on_media, 0, SLOT(SRC)},
    [HTML_TRACK] = {on_media, 0, SLOT(SRC)},
    [HTML_SCRIPT] = {on_script, 0, SLOT(SRC) | SLOT(HREF) | SLOT(XLINK_HREF)},
    [HTML_EMBED] = {on_object, 0, SLOT(SRC)},
    [HTML_OBJECT] = {on_object, 0, SLOT(DATA)},
    [HTML_BODY] = {on_background, 0, SLOT(BACKGROUND)},
    [HTML_TABLE] = {on_background, 0, SLOT(BACKGROUND)},
    [HTML_TD] = {on_background, 0, SLOT(BACKGROUND)},
    [HTML_TH] = {on_background, 0, SLOT(BACKGROUND)},
    [HTML_STYLE] = {on_style, 0, SLOT(TYPE)},
};

static void read_style_attribute(struct links *links, const struct tokenizer *t)
{
    size_t len;
    const char *text = tokenizer_value(t, SLOT_STYLE, &len);
    links->style_is_attribute = true;
    links->style_in_noscript = t->tree.in_noscript;
    links->style = *tokenizer_slot(t, SLOT_STYLE);
    links->style_walk = walk_of(t, &links->style);
    css_feed(&links->css, text, len);
    css_end(&links->css);
    links->style_is_attribute = false;
}

static void found_tag(void *context, const struct tokenizer *t, enum html_name name, enum tree_place place)
{
    struct links *links = context;
    if (elements[name].handler)
        elements[name].handler(links, t, place);
    if (tokenizer_has(t, SLOT_STYLE))
        read_style_attribute(links, t);
}

static void found_style(void *context, const char *text, size_t len)
{
    struct links *links = context;
    if (!links->style_is_css)
        return;
    if (text)
        css_feed(&links->css, text, len);
    else
        css_end(&links->css);
}

static void found_in_css(void *context, enum css_kind kind, const char *text, size_t len)
{
    struct links *links = context;
    if (kind == CSS_IMPORT && links->style_is_attribute)
        return;
    struct css_place place = css_place(&links->css);
    struct link link = {.kind = kind == CSS_IMPORT ? LINK_CSS_IMPORT : LINK_CSS_URL,
                        .text = text,
                        .len = len,
                        .in_noscript = links->style_in_noscript,
                        .in_attribute = links->style_is_attribute,
                        .css_quote = place.quote};
    if (link.in_attribute) {
        link.quote = links->style.quote;
        find_written(&link, &links->style, &links->style_walk, place.begin, place.end);
    } else {
        link.written_begin = links->style_begin + place.begin;
        link.written_end = links->style_begin + place.end;
    }
    link.value_begin = link.written_begin;
    link.value_end = link.written_end;
    give(links, &link);
}

struct links *links_new(const struct links_options *options)
{
    struct links *links = calloc(1, sizeof *links);
    if (!links)
        return NULL;
    links->options = *options;
    links->wishes.style_text = options->requisites;
    for (unsigned name = 0; name < HTML_NAME_COUNT; name++) {
        const struct element *element = &elements[name];
        links->wishes.attributes[name] =
            element->always | (options->requisites ? element->requisites | SLOT(STYLE) : 0);
    }
    struct tokenizer_sink sink = {.tag = found_tag, .style = found_style, .context = links};
    tokenizer_init(&links->tokenizer, &links->wishes, &sink);
    css_init(&links->css, found_in_css, links);
    return links;
}

void links_feed(struct links *links, const char *bytes, size_t len)
{
    tokenizer_feed(&links->tokenizer, bytes, len);
}

bool links_end(struct links *links)
{
    tokenizer_end(&links->tokenizer);
    return css_end(&links->css) && !links->tokenizer.failed;
}

void links_reset(struct links *links)
{
    tokenizer_reset(&links->tokenizer);
    css_end(&links->css);
    links->css.failed = false;
    links->base_seen = links->style_is_css = false;
}

unsigned links_doubts(const struct links *links)
{
    const struct tree *tree = &links->tokenizer.tree;
    bool has_select = tree->begun[HTML_SELECT / 64] >> HTML_SELECT % 64 & 1;
    return tree->doubts | (has_select ? LINKS_DOUBT_CHANGED : 0);
}

void links_free(struct links *links)
{
    if (!links)
        return;
    tokenizer_release(&links->tokenizer);
    css_release(&links->css);
    free(links);
}
