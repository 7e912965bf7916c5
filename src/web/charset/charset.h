/* Character encodings as the Encoding Standard of the WHATWG has them: labels, decoding to UTF-8, and what a form or a
 * link's query becomes in one.
 *
 * charset_find turns a label into an encoding, a constant that is never freed. charset_decoder_new, feed chunk by
 * chunk, end, free. web/charset/page_charset.h says which encoding a page is in.
 *
 * The single-byte encodings, UTF-8 and UTF-16 are decoded by tables of our own. The seven of East Asia are iconv's,
 * which loads a module from the system's library folder when the first decoder of its kind is made. Where the module is
 * missing, charset_decoder_new says NULL. */
#ifndef WEB_CHARSET_H
#define WEB_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct charset;

/* The encoding that LABEL names, in letters of either case and with blanks around it; NULL when none does. */
const struct charset *charset_find(const char *label, size_t len);

const struct charset *charset_utf8(void);

/* What a page is in that does not say. */
const struct charset *charset_windows_1252(void);

/* The standard's name, such as "windows-1252". */
const char *charset_name(const struct charset *charset);

/* Whether text of this encoding is UTF-16, of either byte order: a page cannot say of itself that it is. */
bool charset_is_utf16(const struct charset *charset);

/* What forms and queries of a page in CHARSET are encoded in: UTF-8 for UTF-16 and for "replacement", itself for
 * others. */
const struct charset *charset_output(const struct charset *charset);

struct charset_decoder;

/* Returns NULL when memory is out or iconv does not have the encoding. */
struct charset_decoder *charset_decoder_new(const struct charset *charset);

/* Append to OUT, as UTF-8, the characters that end within these bytes; a character may go on in the next chunk.
 *
 * A byte order mark of the encoding's own is dropped at the beginning. What is no character becomes U+FFFD, one for
 * each sequence that the standard calls an error, so OUT is valid UTF-8 whatever comes in. OUT grows by 3 * LEN + 16
 * bytes at most; the decoder itself keeps less than 16 bytes. False when memory is out, and OUT ends anywhere. */
bool charset_decoder_feed(struct charset_decoder *decoder, const char *bytes, size_t len, struct buffer *out);

/* No more bytes come: a character that was cut becomes U+FFFD. */
bool charset_decoder_end(struct charset_decoder *decoder, struct buffer *out);

/* How many U+FFFD were put for what is no character. */
uint64_t charset_decoder_errors(const struct charset_decoder *decoder);

/* Accepts NULL. */
void charset_decoder_free(struct charset_decoder *decoder);

/* Append QUERY, a URL's query in UTF-8 without its '?', as it stands in a request that a page in CHARSET makes.
 *
 * It is encoded in charset_output(CHARSET); what a query of http must not hold is percent-encoded; a character that the
 * encoding lacks becomes its number, %26%23NNNN%3B (URL Standard, "percent-encode after encoding"). Tabs and line ends
 * are dropped, as they are anywhere in a URL. Percent signs are left alone, so what was encoded stays so, and the
 * result passes through url_parse as it is. False when memory is out or iconv does not have the encoding; OUT is then
 * as it was. */
bool charset_encode_query(const struct charset *charset, const char *query, size_t len, struct buffer *out);

#endif
