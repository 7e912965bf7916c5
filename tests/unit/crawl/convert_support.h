/* A kept copy of a site, made by hand: files and the rows of their pages. */
#ifndef CONVERT_SUPPORT_H
#define CONVERT_SUPPORT_H

#include "crawl/convert/convert.h"
#include "folder_support.h"
#include "store/pages/known.h"
#include "store/pages/pages.h"
#include "store/state/state.h"

/* What may be said of a page besides its URL. */
struct copy_page {
    const char *url, *file, *content;
    const char *type; /* NULL: text/html */
    const char *final_url, *canonical;
    size_t len; /* of the content; 0: it is a text */
};

static struct state *copy_state;

static inline void copy_open(void)
{
    struct state_failure failure;
    cr_assert_eq(state_open(folder, NULL, &copy_state, &failure), STATE_OK, "%s", failure.text);
}

static inline void copy_close(void)
{
    cr_assert_eq(state_close(copy_state, NULL), STATE_OK);
    copy_state = NULL;
}

static inline void copy_begin(void)
{
    folder_make();
    copy_open();
}

static inline void copy_end(void)
{
    if (copy_state)
        copy_close();
    folder_remove();
}

static inline void make_folders(const char *file)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_folder(file));
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

static inline void copy_write(const char *file, const char *content, size_t len)
{
    make_folders(file);
    FILE *f = fopen(in_folder(file), "w");
    cr_assert(f);
    cr_assert_eq(fwrite(content, 1, len, f), len);
    fclose(f);
}

/* Keep PAGE; without a file it is only known. */
static inline void copy_keep(const struct copy_page *page)
{
    struct state_page row = {
        .url = page->url,
        .url_len = strlen(page->url),
        .file = page->file,
        .final_url = page->final_url,
        .canonical = page->canonical,
        .type = page->type ? page->type : "text/html",
        .status = 200,
        .has_digest = true,
    };
    if (page->file) {
        struct stat st;
        copy_write(page->file, page->content, page->len ? page->len : strlen(page->content));
        cr_assert_eq(lstat(in_folder(page->file), &st), 0);
        row.file_bytes = row.bytes = (uint64_t)st.st_size;
        row.file_mtime_ns = known_mtime_ns(&st);
    }
    cr_assert_eq(state_put_page(copy_state, &row), STATE_OK);
}

#define COPY_KEEP(...) copy_keep(&(struct copy_page){__VA_ARGS__})

/* The last file that was left, and why. */
static char copy_left[1024];

static inline void copy_note_left(void *context, const char *file, const char *reason, bool failed)
{
    (void)context;
    snprintf(copy_left, sizeof copy_left, "%s: %s%s", file, reason, failed ? " (failed)" : "");
}

static inline struct convert_summary copy_convert(void)
{
    struct convert_summary summary;
    struct convert_options options = {.left = copy_note_left};
    copy_left[0] = '\0';
    enum convert_status status = convert_run(folder, copy_state, &options, &summary);
    cr_expect_eq(status, CONVERT_OK, "%s", convert_status_text(status));
    return summary;
}

#define EXPECT_CONTENT(file, text)                                                                                     \
    do {                                                                                                               \
        const char *content_ = content_of(file);                                                                       \
        cr_expect(content_ &&strcmp(content_, text) == 0, "%s: %s", file, content_ ? content_ : "(no file)");          \
    } while (0)

#endif
