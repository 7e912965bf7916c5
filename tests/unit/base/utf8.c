#include "base/utf8.h"

#include "base/status.h"

#include <criterion/criterion.h>

Test(utf8, characters_are_told_from_other_bytes)
{
    static const struct {
        const char *text;
        unsigned len;
        uint32_t code;
    } rows[] = {
        {"", 0, 0},
        {"a", 1, 'a'},
        {"\x1b[", 1, 0x1b},
        {"\x7f", 1, 0x7f},
        {"\x80", 0, 0},
        {"\xbf\xbf", 0, 0},
        {"\xc0\x80", 0, 0},
        {"\xc1\xbf", 0, 0},
        {"\xc2\x80", 2, 0x80},
        {"\xc2", 0, 0},
        {"\xc2x", 0, 0},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\x9f\xbf", 0, 0},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xe2\x82", 0, 0},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xed\xa0\x80", 0, 0},
        {"\xed\xbf\xbf", 0, 0},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x8f\xbf\xbf", 0, 0},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xf8\x88\x80\x80\x80", 0, 0},
        {"\xff", 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t code = 0;
        unsigned len = utf8_character(rows[i].text, &code);
        cr_expect(len == rows[i].len && code == rows[i].code, "row %zu: %u bytes, U+%04X", i, len, (unsigned)code);
        cr_expect_eq(utf8_character(rows[i].text, NULL), rows[i].len);
    }
}
