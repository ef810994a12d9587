// SPDX-License-Identifier: Apache-2.0
// Links only if libgit2 and everything below it is there.

#include <git2.h>

int main() { return git_libgit2_init() > 0 ? 0 : 1; }
