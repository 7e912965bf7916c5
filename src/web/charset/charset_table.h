/* The encodings and how each is decoded. Private to charset_*.c. */
#ifndef WEB_CHARSET_TABLE_H
#define WEB_CHARSET_TABLE_H

#include <stdint.h>

#include "web/charset/charset.h"

enum charset_kind {
    CHARSET_UTF8,
    CHARSET_UTF16LE,
    CHARSET_UTF16BE,
    CHARSET_SINGLE,       /* a byte a character, ASCII below 0x80, a table above */
    CHARSET_USER_DEFINED, /* the same, with a part of the private use area above */
    CHARSET_REPLACEMENT,  /* encodings too dangerous to be read: all of a text is one U+FFFD */
    CHARSET_GBK,          /* these four by iconv */
    CHARSET_GB18030,
    CHARSET_SHIFT_JIS,
    CHARSET_EUC_KR,
    CHARSET_BIG5, /* by iconv, apart from what the C library has otherwise than the standard */
    CHARSET_EUC_JP,
    CHARSET_ISO_2022_JP
};

struct charset {
    const char *name;
    const char *labels; /* lower case, separated by blanks */
    enum charset_kind kind;
    const uint16_t *upper;  /* CHARSET_SINGLE: what the bytes from 0x80 are; 0: none */
    const char *iconv_name; /* of those that iconv decodes */
};

extern const uint16_t charset_upper_ibm866[128], charset_upper_iso_8859_2[128], charset_upper_iso_8859_3[128],
    charset_upper_iso_8859_4[128], charset_upper_iso_8859_5[128], charset_upper_iso_8859_6[128],
    charset_upper_iso_8859_7[128], charset_upper_iso_8859_8[128], charset_upper_iso_8859_10[128],
    charset_upper_iso_8859_13[128], charset_upper_iso_8859_14[128], charset_upper_iso_8859_15[128],
    charset_upper_iso_8859_16[128], charset_upper_koi8_r[128], charset_upper_koi8_u[128], charset_upper_macintosh[128],
    charset_upper_windows_874[128], charset_upper_windows_1250[128], charset_upper_windows_1251[128],
    charset_upper_windows_1252[128], charset_upper_windows_1253[128], charset_upper_windows_1254[128],
    charset_upper_windows_1255[128], charset_upper_windows_1256[128], charset_upper_windows_1257[128],
    charset_upper_windows_1258[128], charset_upper_x_mac_cyrillic[128];

#endif
