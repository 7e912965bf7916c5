#include "support/certificate.h"

#include "support/files.h"
#include "support/run.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_OPTIONS "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"

static void openssl(const char *folder, const char *const *arguments)
{
    struct run run = {.program = "openssl", .working_folder = folder};
    run_argv(&run, arguments);
    if (run.status != 0)
        support_fail("openssl %s: %s", arguments[0], run.err);
    run_release(&run);
}

/* The extensions of the server's certificate: the names stand only here, as clients take them only from here. */
static void write_extensions(const char *folder, enum certificate_kind kind, const char *const *names)
{
    char *text, *path = files_path(folder, "server.ext");
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        support_fail("no memory for a certificate");
    fputs("basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=", out);
    if (kind == CERTIFICATE_WRONG_NAME) {
        fputs("DNS:elsewhere.invalid", out);
    } else {
        fputs("DNS:localhost,IP:127.0.0.1", out);
        for (size_t i = 0; names && names[i]; i++)
            fprintf(out, ",DNS:%s", names[i]);
    }
    fputc('\n', out);
    fclose(out);
    files_write(path, text, -1);
    free(text);
    free(path);
}

void certificate_make(const char *folder, enum certificate_kind kind, const char *const *names)
{
    static const char *const authority[] = {"req",       "-x509",
                                            "-keyout",   "ca.key",
                                            "-out",      "ca.pem",
                                            "-days",     "2",
                                            "-subj",     "/CN=forage test authority",
                                            "-addext",   "keyUsage=critical,keyCertSign,cRLSign",
                                            KEY_OPTIONS, NULL};
    static const char *const request[] = {"req",   "-keyout",         "server.key", "-out", "server.csr",
                                          "-subj", "/CN=forage test", KEY_OPTIONS,  NULL};
    const char *const certificate[] = {
        "x509",        "-req",       "-in",      "server.csr",
        "-CA",         "ca.pem",     "-CAkey",   "ca.key",
        "-set_serial", "2",          "-extfile", "server.ext",
        "-out",        "server.pem", "-days",    kind == CERTIFICATE_EXPIRED ? "-1" : "2",
        NULL};
    write_extensions(folder, kind, names);
    openssl(folder, authority);
    openssl(folder, request);
    openssl(folder, certificate);
}
