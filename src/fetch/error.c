#include "fetch/error.h"

#include "base/status.h"

#include <errno.h>
#include <string.h>

const char *fetch_error_word(enum fetch_error error)
{
    static const char *const words[] = STATUS_TEXTS(FETCH_ERROR_TABLE);
    return (unsigned)error < COUNT_OF(words) ? words[error] : "unknown";
}

static enum fetch_error of_connect(long os_errno)
{
    switch (os_errno) {
    case ECONNREFUSED:
        return FETCH_REFUSED;
    case ETIMEDOUT:
        return FETCH_TIMEOUT;
    default:
        return FETCH_UNREACHABLE;
    }
}

/* A receive error without an errno is libcurl's own verdict on the bytes: a bad chunk, a bad frame. */
static enum fetch_error of_transfer(long os_errno)
{
    return os_errno ? FETCH_RESET : FETCH_PROTOCOL;
}

/* A stream of HTTP/2 that is reset, or whose connection is going away, is what a closed connection is to HTTP/1.1: a
 * server behind which another one died has nothing else to say. Only of an answer that has not begun is libcurl's
 * verdict on its bytes, or the server's on ours, one that would be the same again. */
static enum fetch_error of_stream(const char *words, bool in_body)
{
    if (in_body)
        return FETCH_TRUNCATED;
    return strstr(words, "PROTOCOL_ERROR") ? FETCH_PROTOCOL : FETCH_RESET;
}

enum fetch_error fetch_error_of_curl(CURLcode code, long os_errno, const char *words, bool in_body)
{
    switch (code) {
    case CURLE_OK:
        return FETCH_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return FETCH_TIMEOUT;
    case CURLE_PARTIAL_FILE:
        return FETCH_TRUNCATED;
    case CURLE_GOT_NOTHING:
        return FETCH_EMPTY;
    case CURLE_COULDNT_CONNECT:
        return of_connect(os_errno);
    case CURLE_RECV_ERROR:
        return of_transfer(os_errno);
    case CURLE_SEND_ERROR:
        return FETCH_RESET;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
        return of_stream(words, in_body);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return FETCH_DNS;
    case CURLE_URL_MALFORMAT:
        return FETCH_URL;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
        return FETCH_TLS;
    case CURLE_BAD_CONTENT_ENCODING:
        return FETCH_CODING;
    case CURLE_OUT_OF_MEMORY:
        return FETCH_IO;
    case CURLE_PROXY:
        return FETCH_UNREACHABLE;
    default:
        return FETCH_PROTOCOL;
    }
}
