// SPDX-License-Identifier: Apache-2.0
#include "hash/fingerprint.hpp"

#include <xxhash.h>

namespace mlops::hash {

std::uint64_t fingerprint(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace mlops::hash
