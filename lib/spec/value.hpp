// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mlops::spec {

/// The key of a map's member: a text. What a YAML file had there may have been a number, a boolean or null, which some
/// formats tell from a text that reads the same; keys compare by their text all the same.
class MapKey : public std::string {
 public:
  MapKey() = default;
  MapKey(std::string text, bool typed = false)  // NOLINT(google-explicit-constructor): a text is a key
      : std::string(std::move(text)), typed_(typed) {}
  MapKey(const char* text) : std::string(text) {}  // NOLINT(google-explicit-constructor)

  /// Whether the text stands for what it reads as (1, true, null) rather than for itself.
  bool typed() const { return typed_; }

 private:
  bool typed_ = false;
};

/// A parameter or metric as YAML, JSON or TOML know it. Maps keep the order in which keys were written.
class Value {
 public:
  using List = std::vector<Value>;
  using Map = std::vector<std::pair<MapKey, Value>>;
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map>;

  Value() = default;                                       ///< null
  Value(bool value) : data_(value) {}                      // NOLINT(google-explicit-constructor): reads as the literal
  Value(std::int64_t value) : data_(value) {}              // NOLINT(google-explicit-constructor)
  Value(double value) : data_(value) {}                    // NOLINT(google-explicit-constructor)
  Value(std::string value) : data_(std::move(value)) {}    // NOLINT(google-explicit-constructor)
  Value(const char* value) : data_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Value(List value) : data_(std::move(value)) {}           // NOLINT(google-explicit-constructor)
  Value(Map value) : data_(std::move(value)) {}            // NOLINT(google-explicit-constructor)

  const Data& data() const { return data_; }
  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  template <class T>
  const T* get() const {
    return std::get_if<T>(&data_);
  }
  template <class T>
  T* get() {
    return std::get_if<T>(&data_);
  }
  /// The number, from an integer or a float; nothing for anything else.
  std::optional<double> number() const;
  /// The member of a map, or nullptr.
  const Value* find(std::string_view key) const;
  /// The value at a dotted path ("train.lr", "layers.0.units", "a[2].b"); nullptr if there is none.
  const Value* at(std::string_view dotted) const;

  /// Equal in type and value; maps compare regardless of order; NaN equals NaN, and -0.0 does not equal 0.0.
  friend bool operator==(const Value& a, const Value& b);

 private:
  Data data_;
};

/// One-line text for people and tables: strings bare, lists and maps as JSON.
std::string to_text(const Value& value);
/// JSON with keys in map order; not-finite floats as strings "nan", "inf", "-inf". Floats in shortest round-trip form
/// that keeps them floats ("1.0").
std::string to_json(const Value& value);
/// JSON with keys sorted by bytes and no spaces: the form that is hashed. Different values have different texts, so
/// not-finite floats are bare: NaN, Infinity, -Infinity.
std::string canonical_json(const Value& value);
/// Reads JSON, and NaN, Infinity and -Infinity. Throws Error "WHERE:LINE: reason".
Value parse_json(std::string_view text, std::string_view where);

}  // namespace mlops::spec
