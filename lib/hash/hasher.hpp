// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hash/digest.hpp"

namespace mlops::hash {

/// Computes a digest over bytes that come in pieces (OpenSSL EVP, which uses the processor's SHA instructions).
/// One thread at a time; reusable after `finish`.
class Hasher {
 public:
  explicit Hasher(Algorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(std::span<const char> bytes);
  /// Returns the digest of all bytes since the last finish and starts afresh.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Returns the digest of bytes in memory.
Digest digest_of(Algorithm algorithm, std::string_view bytes);
/// Returns the digest of what `fd` still has to give; checks for interrupts. `path` is for messages.
Digest digest_of_fd(Algorithm algorithm, int fd, const std::string& path);

}  // namespace mlops::hash
