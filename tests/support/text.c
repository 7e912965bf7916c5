/* The part of files.h that looks at texts. */
#include "support/files.h"
#include "support/support.h"

#include <string.h>

bool text_has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

size_t text_times(const char *text, const char *part)
{
    size_t times = 0, len = strlen(part);
    for (const char *at = text; len && (at = strstr(at, part)); at += len)
        times++;
    return times;
}

size_t text_lines(const char *text)
{
    size_t len = strlen(text), lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines + (len && text[len - 1] != '\n');
}

json_t *text_json_lines(const char *text)
{
    json_t *lines = json_array();
    while (*text) {
        size_t len = strcspn(text, "\n");
        json_error_t error;
        json_t *object = json_loadb(text, len, 0, &error);
        if (!json_is_object(object))
            support_fail("no JSON object: %.*s: %s", (int)len, text, error.text);
        json_array_append_new(lines, object);
        text += len + (text[len] == '\n');
    }
    return lines;
}

const char *text_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}
