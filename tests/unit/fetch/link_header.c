#include "fetch/harvest/link_header.h"

#include "base/buffer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* All links of a value: "TARGET:RELS ..." with a letter for each relation. */
static void show(const char *value, size_t len, struct buffer *shown)
{
    struct link_header link;
    buffer_clear(shown);
    for (size_t at = 0, before = 0; link_header_next((struct text){value, len}, &at, &link); before = at) {
        cr_assert_gt(at, before);
        cr_assert(link.target.data >= value && link.target.data + link.target.len <= value + len);
        buffer_printf(shown, "%s%.*s:", shown->len ? " " : "", (int)link.target.len, link.target.data);
        for (unsigned i = 0; i < 4; i++)
            if (link.rels & 1U << i)
                buffer_append_char(shown, "cnpa"[i]);
    }
}

static const struct {
    const char *value, *links;
} rows[] = {
    {"</a>; rel=canonical", "/a:c"},
    {"</a>;rel=\"canonical\"", "/a:c"},
    {"< /a >; REL = \" Canonical  next\tprev \"", " /a :cnp"},
    {"</a>; rel=\"next\", </b>; rel=prev", "/a:n /b:p"},
    {"</a>; rel=next,</b>;rel=previous,,<c>;rel=alternate", "/a:n /b:p c:a"},
    {"</a>; rel=next; rel=canonical", "/a:n"},
    {"</a>; title=\"x; rel=next, <y>\"; rel=canonical", "/a:c"},
    {"</a>; title=\"x\\\"; rel=next\"; rel=canonical", "/a:c"},
    {"</a>; title*=UTF-8''x; rel=stylesheet", "/a:"},
    {"</a,b;c>; rel=next", "/a,b;c:n"},
    {"</a>", "/a:"},
    {"<>; rel=next", ":n"},
    {"</a>; rel=canonical; anchor=\"#x\", </b>; rel=next", "/b:n"},
    {"</a>; anchor=x; rel=canonical", ""},
    {"</a>; rel=canonicalize", "/a:"},
    {"</a>; rel=", "/a:"},
    {"</a>; rel", "/a:"},
    {"</a>; xrel=next", "/a:"},
    {"</a> rel=next", "/a:n"},
    {"</a>; rel=next </b>; rel=prev", "/a:n"},
    {"</a>; rel=\"next", "/a:n"},
    {"</a>; rel=\"next\\", "/a:"},
    {"/a; rel=next", ""},
    {"</a; rel=next", ""},
    {"x, </a>; rel=next", ""},
    {",,", ""},
    {"", ""},
};

Test(link_header, every_link_is_found_with_what_it_is)
{
    struct buffer shown = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        show(rows[i].value, strlen(rows[i].value), &shown);
        cr_expect_str_eq(buffer_text(&shown), rows[i].links, "%s: %s", rows[i].value, buffer_text(&shown));
    }
    buffer_release(&shown);
}

Test(link_header, a_value_that_is_cut_is_read_within_its_bounds)
{
    struct buffer shown = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t len = 0; len <= strlen(rows[i].value); len++) {
            char *exact = malloc(len + 1); /* the address sanitizer sees a read past the end */
            memcpy(exact, rows[i].value, len);
            show(exact, len, &shown);
            free(exact);
        }
    buffer_release(&shown);
}
