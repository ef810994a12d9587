// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace mlops::test {

/// The block of docs/formats.md that follows the line `<!-- example: NAME -->`, with its last line break.
inline std::string documented(const std::string& name) {
  std::ifstream file(MLOPS_SOURCE_DIR "/docs/formats.md", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t marker = text.find("\n<!-- example: " + name + " -->\n");
  const std::size_t fence = text.find("\n```", marker);
  const std::size_t begin = text.find('\n', fence + 1);
  const std::size_t end = text.find("\n```\n", begin);
  if (marker == std::string::npos || end == std::string::npos) {
    throw std::runtime_error("docs/formats.md has no example '" + name + "'");
  }
  return text.substr(begin + 1, end - begin);
}

}  // namespace mlops::test
