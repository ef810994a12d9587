// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mlops::spec {

/// A character and how many bytes it takes; length 0 where the bytes are not UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;
};

/// Returns the first character of a text that is not empty.
CodePoint decode_utf8(std::string_view text);
/// Appends a character.
void append_utf8(std::string& out, std::uint32_t point);

}  // namespace mlops::spec
