// SPDX-License-Identifier: Apache-2.0
#include "hash/hasher.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace mlops::hash {
namespace {

constexpr std::size_t read_size = 256U << 10U;

template <auto release>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    release(handle);
  }
};
using Method = std::unique_ptr<EVP_MD, Deleter<EVP_MD_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

/// OpenSSL fails here for want of memory only; everything else would be a bug of ours.
void check(int result) {
  if (result != 1) {
    throw std::runtime_error("OpenSSL cannot compute a digest");
  }
}

bool is_md5(Algorithm algorithm) { return algorithm == Algorithm::md5 || algorithm == Algorithm::md5_dos2unix; }

Method fetch(Algorithm algorithm) {
  Method method(EVP_MD_fetch(nullptr, is_md5(algorithm) ? "MD5" : "SHA256", nullptr));
  if (!method) {
    throw Error("OpenSSL on this machine does not offer {}", to_string(algorithm))
        .hint("a policy such as FIPS mode may have switched it off");
  }
  return method;
}

/// Fetched once: a look-up by name costs more than the digest of a small file.
const EVP_MD* method_of(Algorithm algorithm) {
  if (is_md5(algorithm)) {
    static const Method md5 = fetch(Algorithm::md5);
    return md5.get();
  }
  static const Method sha256 = fetch(Algorithm::sha256);
  return sha256.get();
}

Hasher& hasher_of_thread(Algorithm algorithm) {
  if (algorithm == Algorithm::md5) {
    thread_local Hasher md5(Algorithm::md5);
    return md5;
  }
  thread_local Hasher sha256(Algorithm::sha256);
  return sha256;
}

/// Bytes that DVC 2 looked at and converted at a time.
constexpr std::size_t text_block_bytes = 1U << 20U;

/// DVC 2's guess: no NUL, and hardly anything but printable ASCII, in the first 512 bytes of a block.
bool looks_like_text(std::string_view block) {
  constexpr std::size_t looked_at = 512;
  const std::string_view head = block.substr(0, looked_at);
  const auto is_odd = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return !(byte >= 0x20 && byte <= 0x7e) && std::string_view("\n\r\t\f\b").find(c) == std::string_view::npos;
  };
  const auto odd = static_cast<std::size_t>(std::count_if(head.begin(), head.end(), is_odd));
  return head.find('\0') == std::string_view::npos && odd * 10 <= head.size() * 3;
}

/// The bytes of a block that count: without the CR of each CRLF where it looks like text.
std::string_view counted_bytes(std::string_view block, std::string& buffer) {
  if (!looks_like_text(block) || block.find("\r\n") == std::string_view::npos) {
    return block;
  }
  buffer.clear();
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (block[i] != '\r' || i + 1 == block.size() || block[i + 1] != '\n') {
      buffer.push_back(block[i]);
    }
  }
  return buffer;
}

}  // namespace

struct Hasher::State {
  Algorithm algorithm;
  Context context;
  std::string block{};  ///< of md5_dos2unix: what came since the last full block

  void digest(std::string_view bytes) const { check(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size())); }

  void take_text(std::string_view bytes) {
    std::string buffer;
    while (!bytes.empty()) {
      const std::size_t taken = std::min(bytes.size(), text_block_bytes - block.size());
      block.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (block.size() == text_block_bytes) {
        digest(counted_bytes(block, buffer));
        block.clear();
      }
    }
  }

  void end_text() {
    std::string buffer;
    digest(counted_bytes(block, buffer));
    block.clear();
  }

  void start() const { check(EVP_DigestInit_ex2(context.get(), method_of(algorithm), nullptr)); }
};

Hasher::Hasher(Algorithm algorithm) : state_(new State{algorithm, Context(EVP_MD_CTX_new())}) {
  if (algorithm == Algorithm::part) {
    throw std::logic_error("parts of listings are named by whoever makes them");
  }
  state_->start();
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  state_->algorithm == Algorithm::md5_dos2unix ? state_->take_text(text) : state_->digest(text);
}

Digest Hasher::finish() {
  if (state_->algorithm == Algorithm::md5_dos2unix) {
    state_->end_text();
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), bytes.data(), &size));
  state_->start();
  return {state_->algorithm, std::span(bytes).first(size)};
}

Digest digest_of(Algorithm algorithm, std::string_view bytes) {
  if (algorithm == Algorithm::md5_dos2unix) {
    Hasher hasher(algorithm);
    hasher.update(bytes);
    return hasher.finish();
  }
  Hasher& hasher = hasher_of_thread(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

Digest digest_of_fd(Algorithm algorithm, int fd, const std::string& path) {
  thread_local const auto buffer = std::make_unique<std::array<char, read_size>>();
  // A hasher of its own: should reading fail halfway, the thread's shared one would keep the first half.
  Hasher hasher(algorithm);
  while (true) {
    check_interrupt();
    const ssize_t count = ::read(fd, buffer->data(), buffer->size());
    if (count == 0) {
      return hasher.finish();
    }
    if (count > 0) {
      hasher.update(std::span(*buffer).first(static_cast<std::size_t>(count)));
    } else if (errno != EINTR) {
      throw system_error(errno, "read", path);
    }
  }
}

}  // namespace mlops::hash
