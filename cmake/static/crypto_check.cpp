// SPDX-License-Identifier: Apache-2.0
// Links only if libcrypto and everything below it is there.

#include <openssl/evp.h>

int main() {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const int ready = EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  EVP_MD_CTX_free(context);
  return ready == 1 ? 0 : 1;
}
