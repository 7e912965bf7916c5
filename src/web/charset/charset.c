#include "web/charset/charset_table.h"

#include "base/status.h"

#include <string.h>
#include <strings.h>

/* Encoding Standard section 4.2, in its order but for the two that stand first. */
static const struct charset charsets[] = {
    {"UTF-8", "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8", CHARSET_UTF8},
    {"windows-1252",
     "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 "
     "iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
     CHARSET_SINGLE, .upper = charset_upper_windows_1252},
    {"IBM866", "866 cp866 csibm866 ibm866", CHARSET_SINGLE, .upper = charset_upper_ibm866},
    {"ISO-8859-2", "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
     CHARSET_SINGLE, .upper = charset_upper_iso_8859_2},
    {"ISO-8859-3", "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
     CHARSET_SINGLE, .upper = charset_upper_iso_8859_3},
    {"ISO-8859-4", "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
     CHARSET_SINGLE, .upper = charset_upper_iso_8859_4},
    {"ISO-8859-5", "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
     CHARSET_SINGLE, .upper = charset_upper_iso_8859_5},
    {"ISO-8859-6",
     "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i "
     "iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
     CHARSET_SINGLE, .upper = charset_upper_iso_8859_6},
    {"ISO-8859-7",
     "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
     "iso_8859-7:1987 sun_eu_greek",
     CHARSET_SINGLE, .upper = charset_upper_iso_8859_7},
    {"ISO-8859-8",
     "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 "
     "iso_8859-8:1988 visual",
     CHARSET_SINGLE, .upper = charset_upper_iso_8859_8},
    {"ISO-8859-8-I", "csiso88598i iso-8859-8-i logical", CHARSET_SINGLE, .upper = charset_upper_iso_8859_8},
    {"ISO-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6", CHARSET_SINGLE,
     .upper = charset_upper_iso_8859_10},
    {"ISO-8859-13", "iso-8859-13 iso8859-13 iso885913", CHARSET_SINGLE, .upper = charset_upper_iso_8859_13},
    {"ISO-8859-14", "iso-8859-14 iso8859-14 iso885914", CHARSET_SINGLE, .upper = charset_upper_iso_8859_14},
    {"ISO-8859-15", "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9", CHARSET_SINGLE,
     .upper = charset_upper_iso_8859_15},
    {"ISO-8859-16", "iso-8859-16", CHARSET_SINGLE, .upper = charset_upper_iso_8859_16},
    {"KOI8-R", "cskoi8r koi koi8 koi8-r koi8_r", CHARSET_SINGLE, .upper = charset_upper_koi8_r},
    {"KOI8-U", "koi8-ru koi8-u", CHARSET_SINGLE, .upper = charset_upper_koi8_u},
    {"macintosh", "csmacintosh mac macintosh x-mac-roman", CHARSET_SINGLE, .upper = charset_upper_macintosh},
    {"windows-874", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874", CHARSET_SINGLE,
     .upper = charset_upper_windows_874},
    {"windows-1250", "cp1250 windows-1250 x-cp1250", CHARSET_SINGLE, .upper = charset_upper_windows_1250},
    {"windows-1251", "cp1251 windows-1251 x-cp1251", CHARSET_SINGLE, .upper = charset_upper_windows_1251},
    {"windows-1253", "cp1253 windows-1253 x-cp1253", CHARSET_SINGLE, .upper = charset_upper_windows_1253},
    {"windows-1254",
     "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 "
     "x-cp1254",
     CHARSET_SINGLE, .upper = charset_upper_windows_1254},
    {"windows-1255", "cp1255 windows-1255 x-cp1255", CHARSET_SINGLE, .upper = charset_upper_windows_1255},
    {"windows-1256", "cp1256 windows-1256 x-cp1256", CHARSET_SINGLE, .upper = charset_upper_windows_1256},
    {"windows-1257", "cp1257 windows-1257 x-cp1257", CHARSET_SINGLE, .upper = charset_upper_windows_1257},
    {"windows-1258", "cp1258 windows-1258 x-cp1258", CHARSET_SINGLE, .upper = charset_upper_windows_1258},
    {"x-mac-cyrillic", "x-mac-cyrillic x-mac-ukrainian", CHARSET_SINGLE, .upper = charset_upper_x_mac_cyrillic},
    {"GBK", "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk", CHARSET_GBK,
     .iconv_name = "GB18030"},
    {"gb18030", "gb18030", CHARSET_GB18030, .iconv_name = "GB18030"},
    {"Big5", "big5 big5-hkscs cn-big5 csbig5 x-x-big5", CHARSET_BIG5, .iconv_name = "BIG5-HKSCS"},
    {"EUC-JP", "cseucpkdfmtjapanese euc-jp x-euc-jp", CHARSET_EUC_JP, .iconv_name = "CP932"},
    {"ISO-2022-JP", "csiso2022jp iso-2022-jp", CHARSET_ISO_2022_JP, .iconv_name = "CP932"},
    {"Shift_JIS", "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis", CHARSET_SHIFT_JIS,
     .iconv_name = "CP932"},
    {"EUC-KR",
     "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
     CHARSET_EUC_KR, .iconv_name = "UHC"},
    {"replacement", "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement", CHARSET_REPLACEMENT},
    {"UTF-16BE", "unicodefffe utf-16be", CHARSET_UTF16BE},
    {"UTF-16LE", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le", CHARSET_UTF16LE},
    {"x-user-defined", "x-user-defined", CHARSET_USER_DEFINED},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool has_label(const char *labels, const char *label, size_t len)
{
    for (const char *at = labels; *at;) {
        size_t n = strcspn(at, " ");
        if (n == len && strncasecmp(at, label, len) == 0)
            return true;
        at += n + strspn(at + n, " ");
    }
    return false;
}

const struct charset *charset_find(const char *label, size_t len)
{
    for (; len && is_blank(label[0]); len--)
        label++;
    while (len && is_blank(label[len - 1]))
        len--;
    for (size_t i = 0; i < COUNT_OF(charsets) && len; i++) {
        if (has_label(charsets[i].labels, label, len))
            return &charsets[i];
    }
    return NULL;
}

const struct charset *charset_utf8(void)
{
    return &charsets[0];
}

const struct charset *charset_windows_1252(void)
{
    return &charsets[1];
}

const char *charset_name(const struct charset *charset)
{
    return charset->name;
}

bool charset_is_utf16(const struct charset *charset)
{
    return charset->kind == CHARSET_UTF16LE || charset->kind == CHARSET_UTF16BE;
}

const struct charset *charset_output(const struct charset *charset)
{
    return charset_is_utf16(charset) || charset->kind == CHARSET_REPLACEMENT ? charset_utf8() : charset;
}
