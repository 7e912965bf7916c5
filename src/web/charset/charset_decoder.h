/* Inside a decoder. Private to charset_*.c. */
#ifndef WEB_CHARSET_DECODER_H
#define WEB_CHARSET_DECODER_H

#include <iconv.h>
#include <stdint.h>

#include "web/charset/charset_table.h"

enum charset_jis_state { JIS_ASCII, JIS_ROMAN, JIS_KATAKANA, JIS_PAIRS };

struct charset_decoder {
    const struct charset *charset;
    uint64_t errors;
    uint8_t held[8]; /* the beginning of a sequence that goes on in the next chunk */
    size_t held_len;
    bool begun;        /* something was put out, so a byte order mark can no longer come */
    bool has_iconv;    /* iconv is open */
    iconv_t iconv;     /* of charset->iconv_name */
    bool has_jis0212;  /* jis0212 is open */
    iconv_t jis0212;   /* EUC-JP's third set; opened when it is first met */
    bool replaced;     /* CHARSET_REPLACEMENT has put its character */
    bool just_escaped; /* ISO-2022-JP: nothing stood behind the last escape so far */
    enum charset_jis_state state;
};

/* A way to decode: put at TO what the bytes from *AT to END are and move *AT behind the last whole sequence. Fewer than
 * 4 bytes stay, and only when they are the beginning of one. Returns where the output ends.
 * TO has room for 3 bytes of each byte and 16 more, and the output keeps to 3 bytes of each byte that was read. */
typedef char *charset_decode(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to);

charset_decode charset_decode_east, charset_decode_big5, charset_decode_euc_jp, charset_decode_iso_2022_jp;

/* Put U+FFFD for an error, and count it. */
char *charset_put_error(struct charset_decoder *d, char *to);

#endif
