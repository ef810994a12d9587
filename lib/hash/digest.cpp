// SPDX-License-Identifier: Apache-2.0
#include "hash/digest.hpp"

#include <algorithm>
#include <stdexcept>

#include "util/text.hpp"

namespace mlops::hash {

std::string_view to_string(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::md5:
      return "md5";
    case Algorithm::md5_dos2unix:
      return "md5-dos2unix";
    case Algorithm::part:
      return "part";
    case Algorithm::sha256:
      break;
  }
  return "sha256";
}

std::optional<Algorithm> parse_algorithm(std::string_view word) {
  for (const Algorithm algorithm : {Algorithm::sha256, Algorithm::md5, Algorithm::md5_dos2unix, Algorithm::part}) {
    if (word == to_string(algorithm)) {
      return algorithm;
    }
  }
  return std::nullopt;
}

std::size_t digest_size(Algorithm algorithm) {
  return algorithm == Algorithm::md5 || algorithm == Algorithm::md5_dos2unix ? 16 : 32;
}

Digest::Digest(Algorithm algorithm, std::span<const unsigned char> bytes) : algorithm_(algorithm) {
  if (bytes.size() != digest_size(algorithm)) {
    throw std::logic_error("a digest has the wrong length for its algorithm");
  }
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

std::optional<Digest> Digest::parse(Algorithm algorithm, std::string_view hex) {
  const auto bytes = hex.size() == digest_size(algorithm) * 2 ? from_hex(hex) : std::nullopt;
  return bytes ? std::optional(Digest(algorithm, *bytes)) : std::nullopt;
}

std::string Digest::hex() const { return to_hex(bytes()); }

}  // namespace mlops::hash
