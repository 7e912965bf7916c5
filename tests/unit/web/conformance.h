/* Reading the conformance data that stands beside the project: JSONL, one record a line.
 *
 * A test without the folder is skipped; with the folder, a missing file or a line that is not JSON fails it. */
#ifndef UNIT_WEB_CONFORMANCE_H
#define UNIT_WEB_CONFORMANCE_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static inline FILE *conformance_open(const char *name)
{
    char folder[2048], path[4096];
    const char *given = getenv("FORAGE_CONFORMANCE"), *source = getenv("FORAGE_SOURCE");
    if (given)
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/../shared/conformance", source ? source : ".");
    struct stat info;
    if (stat(folder, &info) != 0)
        cr_skip_test("no conformance data");
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s is missing", path);
    return file;
}

/* The next record, NULL at the end. Owned by the caller. */
static inline json_t *conformance_next(FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    json_t *record = NULL;
    ssize_t len = getline(&line, &room, file);
    if (len > 0) {
        json_error_t error;
        record = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, &error);
        cr_assert(record, "not JSON: %s: %s", error.text, line);
    }
    free(line);
    return record;
}

/* A field's text, NULL when it is null or not there. Borrowed from the record. */
static inline const char *conformance_text(const json_t *record, const char *field)
{
    return json_string_value(json_object_get(record, field));
}

static inline size_t conformance_len(const json_t *record, const char *field)
{
    return json_string_length(json_object_get(record, field));
}

#endif
