#include "store/pages/digest.h"

#include <openssl/evp.h>

bool digester_init(struct digester *digester)
{
    *digester = (struct digester){EVP_MD_fetch(NULL, "SHA256", NULL), EVP_MD_CTX_new()};
    if (digester->method && digester->whole)
        return true;
    digester_release(digester);
    return false;
}

void digester_release(struct digester *digester)
{
    EVP_MD_CTX_free(digester->whole);
    EVP_MD_free(digester->method);
    *digester = (struct digester){0};
}

bool digest_whole(struct digester *digester, const void *data, size_t len, uint8_t out[DIGEST_BYTES])
{
    return EVP_DigestInit_ex2(digester->whole, digester->method, NULL) &&
           EVP_DigestUpdate(digester->whole, data, len) && EVP_DigestFinal_ex(digester->whole, out, NULL);
}

bool digest_begin(struct digester *digester, struct digest *digest)
{
    digest->context = EVP_MD_CTX_new();
    if (digest->context && EVP_DigestInit_ex2(digest->context, digester->method, NULL))
        return true;
    digest_drop(digest);
    return false;
}

bool digest_add(struct digest *digest, const void *data, size_t len)
{
    return EVP_DigestUpdate(digest->context, data, len);
}

bool digest_end(struct digest *digest, uint8_t out[DIGEST_BYTES])
{
    bool ok = EVP_DigestFinal_ex(digest->context, out, NULL);
    digest_drop(digest);
    return ok;
}

void digest_drop(struct digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}
