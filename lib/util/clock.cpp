// SPDX-License-Identifier: Apache-2.0
#include "util/clock.hpp"

#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

std::atomic<std::int64_t> clock_offset_ns{0};

void fill_random(void* into, std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(into);
  while (size > 0) {
    const ssize_t count = ::getrandom(bytes, size, 0);
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw system_error(errno, "read", "random bytes of the kernel");
    }
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * ns_per_second + now.tv_nsec + clock_offset_ns.load(std::memory_order_relaxed);
}

void set_clock_offset(std::int64_t offset_ns) { clock_offset_ns.store(offset_ns); }

std::string utc_time(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) {
    return fmt::format("@{}", seconds);
  }
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string time_ago(std::int64_t then_seconds, std::int64_t now_seconds) {
  struct Unit {
    const char* noun;
    std::int64_t seconds;
    std::int64_t below;  // used while the count stays below this
  };
  constexpr std::int64_t day = 86'400;
  constexpr std::array units{Unit{"second", 1, 60}, Unit{"minute", 60, 60},   Unit{"hour", 3'600, 24},
                             Unit{"day", day, 14},  Unit{"week", 7 * day, 9}, Unit{"month", 30 * day, 24}};
  const std::int64_t age = now_seconds - then_seconds;
  if (age <= 0) {
    return "just now";
  }
  for (const Unit& unit : units) {
    const std::int64_t count = age / unit.seconds;
    if (count < unit.below) {
      return counted(static_cast<std::uint64_t>(count), unit.noun) + " ago";
    }
  }
  return counted(static_cast<std::uint64_t>(age / (365 * day)), "year") + " ago";
}

std::string random_word(unsigned count) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string word(count, '\0');
  fill_random(word.data(), word.size());
  for (char& letter : word) {
    letter = alphabet[static_cast<unsigned char>(letter) % alphabet.size()];
  }
  return word;
}

}  // namespace mlops
