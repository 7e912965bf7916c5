/* Certificates for tests, made with the openssl command: an authority of its own, and a server's certificate by it. */
#ifndef SUPPORT_CERTIFICATE_H
#define SUPPORT_CERTIFICATE_H

enum certificate_kind {
    CERTIFICATE_GOOD,
    CERTIFICATE_EXPIRED,    /* since yesterday */
    CERTIFICATE_WRONG_NAME, /* for elsewhere.invalid alone */
};

/* Make FOLDER/ca.pem (the authority), FOLDER/server.pem and FOLDER/server.key for localhost, 127.0.0.1 and NAMES
 * (ended by NULL; may be NULL). A failure ends the test. */
void certificate_make(const char *folder, enum certificate_kind kind, const char *const *names);

#endif
