// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace mlops::hash {

/// XXH3-64 of bytes: a fast check against accidents (torn or stale derived files). Never an identity of content.
std::uint64_t fingerprint(std::string_view bytes);

}  // namespace mlops::hash
