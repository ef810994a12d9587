// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bytes of the compiled form (compiled.cpp): numbers little-endian, texts by their place in a table, values by a tag.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fs/repo_path.hpp"
#include "hash/fingerprint.hpp"
#include "spec/value.hpp"

namespace mlops::spec {

inline constexpr std::string_view compiled_magic = "mlopsc04";
inline constexpr std::size_t compiled_header_bytes = 16;
inline constexpr int compiled_max_depth = 200;

/// Appends the bytes of a number, lowest first.
template <class T>
void put_number(std::string& out, T number) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
  }
}

/// Collects what is written; its result begins with magic, check sum and the table of texts.
class CompiledWriter {
 public:
  void u8(std::uint8_t number) { put_number(body_, number); }
  void u32(std::size_t number) { put_number(body_, static_cast<std::uint32_t>(number)); }
  void u64(std::uint64_t number) { put_number(body_, number); }
  void flag(bool value) { u8(value ? 1 : 0); }
  void real(double value) { u64(std::bit_cast<std::uint64_t>(value)); }

  void text(const std::string& value) {
    const auto [found, fresh] = numbers_.emplace(value, numbers_.size());
    if (fresh) {
      put_number(texts_, static_cast<std::uint32_t>(value.size()));
      texts_ += value;
    }
    u32(found->second);
  }
  void path(const fs::RepoPath& value) { text(value.str()); }

  template <class Items, class Put>
  void each(const Items& items, Put put) {
    u32(items.size());
    for (const auto& item : items) {
      put(item);
    }
  }

  void texts(const std::vector<std::string>& values) {
    each(values, [this](const std::string& value) { text(value); });
  }

  void value(const Value& value) {
    u8(static_cast<std::uint8_t>(value.data().index()));
    std::visit([this](const auto& data) { put(data); }, value.data());
  }

  std::string finish() const {
    std::string payload;
    put_number(payload, static_cast<std::uint32_t>(numbers_.size()));
    payload += texts_;
    payload += body_;
    std::string out(compiled_magic);
    put_number(out, hash::fingerprint(payload));
    return out + payload;
  }

 private:
  void put(std::monostate) {}
  void put(bool value) { flag(value); }
  void put(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void put(double value) { real(value); }
  void put(const std::string& value) { text(value); }
  void put(const Value::List& list) {
    each(list, [this](const Value& item) { value(item); });
  }
  void put(const Value::Map& map) {
    each(map, [this](const auto& member) {
      text(member.first);
      flag(member.first.typed());
      value(member.second);
    });
  }

  std::string texts_;
  std::string body_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

/// Thrown inside when the bytes are not what they should be; never seen outside.
struct MalformedCompiled {};

/// Reads what CompiledWriter wrote; throws MalformedCompiled on anything else.
class CompiledReader {
 public:
  explicit CompiledReader(std::string_view bytes) : bytes_(bytes) {
    const std::size_t count = this->count(4);
    texts_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      texts_.push_back(take(u32()));
    }
    paths_.resize(count);
  }

  bool at_end() const { return bytes_.empty(); }

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  int line() { return static_cast<int>(u32() & 0x7fffffffU); }
  double real() { return std::bit_cast<double>(u64()); }

  bool flag() { return enumerator<std::uint8_t>(1) == 1; }

  template <class Enum>
  Enum enumerator(std::uint8_t last) {
    const std::uint8_t number = u8();
    if (number > last) {
      throw MalformedCompiled();
    }
    return static_cast<Enum>(number);
  }

  /// A number of items of which each takes at least `least_bytes`, so that nothing is reserved for what is not there.
  std::size_t count(std::size_t least_bytes) {
    const std::size_t count = u32();
    if (count > bytes_.size() / least_bytes) {
      throw MalformedCompiled();
    }
    return count;
  }

  std::string text() { return std::string(texts_.at(text_number())); }

  const fs::RepoPath& path() {
    const std::size_t number = text_number();
    std::optional<fs::RepoPath>& path = paths_[number];
    if (!path) {
      path = texts_[number].empty() ? fs::RepoPath() : fs::RepoPath::try_parse(texts_[number]);
    }
    if (!path) {
      throw MalformedCompiled();
    }
    return *path;
  }

  template <class Item, class Read>
  std::vector<Item> list(std::size_t least_bytes, Read read) {
    const std::size_t size = count(least_bytes);
    std::vector<Item> items;
    items.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      items.push_back(read());
    }
    return items;
  }

  std::vector<std::string> texts() {
    return list<std::string>(4, [this] { return text(); });
  }

  Value value(int depth = 0) {
    if (depth > compiled_max_depth) {
      throw MalformedCompiled();
    }
    switch (u8()) {
      case 0:
        return {};
      case 1:
        return flag();
      case 2:
        return static_cast<std::int64_t>(u64());
      case 3:
        return real();
      case 4:
        return text();
      case 5:
        return list<Value>(1, [&] { return value(depth + 1); });
      case 6:
        return list<Value::Map::value_type>(6, [&] {
          std::string key = text();
          const bool typed = flag();
          return Value::Map::value_type(MapKey(std::move(key), typed), value(depth + 1));
        });
      default:
        throw MalformedCompiled();
    }
  }

  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      throw MalformedCompiled();
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

 private:
  template <class T>
  T number() {
    const std::string_view raw = take(sizeof(T));
    T out = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&out, raw.data(), sizeof(T));
    } else {
      for (std::size_t i = sizeof(T); i-- > 0;) {
        out = static_cast<T>((out << 8U) | static_cast<unsigned char>(raw[i]));
      }
    }
    return out;
  }

  std::size_t text_number() {
    const std::size_t number = u32();
    if (number >= texts_.size()) {
      throw MalformedCompiled();
    }
    return number;
  }

  std::string_view bytes_;
  std::vector<std::string_view> texts_;
  std::vector<std::optional<fs::RepoPath>> paths_;  ///< the texts that are paths, checked once each
};

}  // namespace mlops::spec
