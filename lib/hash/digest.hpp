// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mlops::hash {

enum class Algorithm : std::uint8_t {
  sha256,
  md5,
  md5_dos2unix,  ///< MD5 as DVC 2 and older took it: line ends of what looks like text count as LF
  part           ///< SHA-256 of a directory's listing that is no object: it lies inside a flat one (D24)
};

/// "sha256", "md5", "md5-dos2unix", "part".
std::string_view to_string(Algorithm algorithm);
std::optional<Algorithm> parse_algorithm(std::string_view word);
/// Digest length in bytes: 32 or 16.
std::size_t digest_size(Algorithm algorithm);

/// A content digest that knows its algorithm. No default constructor: a digest is always of something.
class Digest {
 public:
  /// Throws std::logic_error unless `bytes` has the algorithm's length.
  Digest(Algorithm algorithm, std::span<const unsigned char> bytes);
  /// Returns nothing unless `hex` is lowercase hexadecimal of the right length.
  static std::optional<Digest> parse(Algorithm algorithm, std::string_view hex);

  Algorithm algorithm() const { return algorithm_; }
  std::span<const unsigned char> bytes() const { return {bytes_.data(), digest_size(algorithm_)}; }
  std::string hex() const;

  friend bool operator==(const Digest&, const Digest&) = default;
  friend std::strong_ordering operator<=>(const Digest&, const Digest&) = default;

 private:
  Algorithm algorithm_;
  std::array<unsigned char, 32> bytes_{};  // the tail stays zero for shorter digests, so == may compare all of it
};

}  // namespace mlops::hash

template <>
struct std::hash<mlops::hash::Digest> {
  std::size_t operator()(const mlops::hash::Digest& digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.bytes().data(), sizeof value);
    return value;
  }
};
