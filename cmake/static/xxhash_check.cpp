// SPDX-License-Identifier: Apache-2.0
// Links only if libxxhash is there.

#include <xxhash.h>

int main() { return XXH_versionNumber() > 0 ? 0 : 1; }
