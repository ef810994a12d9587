// SPDX-License-Identifier: Apache-2.0
#include "hash/hasher.hpp"

#include <openssl/evp.h>
#include <unistd.h>

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

Method fetch(Algorithm algorithm) {
  Method method(EVP_MD_fetch(nullptr, algorithm == Algorithm::md5 ? "MD5" : "SHA256", nullptr));
  if (!method) {
    throw Error("OpenSSL on this machine does not offer {}", to_string(algorithm))
        .hint("a policy such as FIPS mode may have switched it off");
  }
  return method;
}

/// Fetched once: a look-up by name costs more than the digest of a small file.
const EVP_MD* method_of(Algorithm algorithm) {
  if (algorithm == Algorithm::md5) {
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

}  // namespace

struct Hasher::State {
  Algorithm algorithm;
  Context context;

  void start() const { check(EVP_DigestInit_ex2(context.get(), method_of(algorithm), nullptr)); }
};

Hasher::Hasher(Algorithm algorithm) : state_(new State{algorithm, Context(EVP_MD_CTX_new())}) { state_->start(); }
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const char> bytes) {
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

Digest Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), bytes.data(), &size));
  state_->start();
  return {state_->algorithm, std::span(bytes).first(size)};
}

Digest digest_of(Algorithm algorithm, std::string_view bytes) {
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
