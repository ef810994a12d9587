// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>

#include "spec/yaml.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

template <std::size_t count>
bool is_one_of(std::string_view text, const std::array<std::string_view, count>& words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes digits and the underscores between them off the front; false without any digit.
bool take_digits(std::string_view& text, std::string& digits) {
  std::size_t length = 0;
  while (length < text.size() && (is_digit(text[length]) || (text[length] == '_' && length > 0))) {
    if (text[length] != '_') {
      digits += text[length];
    }
    ++length;
  }
  text.remove_prefix(length);
  return length > 0;
}

bool take_exponent(std::string_view& text, std::string& out) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) {
    return false;
  }
  std::string_view rest = text.substr(1);
  std::string exponent = "e";
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    exponent += rest[0];
    rest.remove_prefix(1);
  }
  if (rest.empty() || !std::ranges::all_of(rest, is_digit)) {
    return false;
  }
  out += exponent;
  out += rest;
  text = {};
  return true;
}

/// Digits with a point, an exponent or both.
std::optional<double> read_float(std::string_view text, bool negative) {
  std::string clean = negative ? "-" : "";
  const bool whole = take_digits(text, clean);
  bool point = false;
  if (!text.empty() && text[0] == '.') {
    point = true;
    clean += '.';
    text.remove_prefix(1);
    const bool fraction = take_digits(text, clean);
    if (!whole && !fraction) {
      return std::nullopt;
    }
  }
  const bool exponent = (whole || point) && take_exponent(text, clean);
  if (!text.empty() || (!point && !exponent)) {
    return std::nullopt;
  }
  return std::strtod(clean.c_str(), nullptr);
}

/// The number, or the text itself where 64 bits are too few; nothing if the text is no integer.
std::optional<Value> read_integer(std::string_view all, std::string_view text, bool negative) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b')) {
    base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
    text.remove_prefix(2);
  }
  std::string clean = negative ? "-" : "";
  for (const char c : text) {
    if (c != '_') {
      clean += c;
    }
  }
  if (text.empty() || text[0] == '_' || text[0] == '-' || text[0] == '+') {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(clean.data(), clean.data() + clean.size(), value, base);
  if (end != clean.data() + clean.size() || error == std::errc::invalid_argument) {
    return std::nullopt;
  }
  return error == std::errc() ? Value(value) : Value(std::string(all));
}

std::optional<double> read_special(std::string_view text, std::string_view unsigned_text) {
  if (is_one_of<3>(text, {".nan", ".NaN", ".NAN"})) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (is_one_of<3>(unsigned_text, {".inf", ".Inf", ".INF"})) {
    const double infinity = std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -infinity : infinity;
  }
  return std::nullopt;
}

}  // namespace

Value type_scalar(std::string_view plain) {
  if (is_one_of<5>(plain, {"", "~", "null", "Null", "NULL"})) {
    return {};
  }
  if (is_one_of<3>(plain, {"true", "True", "TRUE"})) {
    return true;
  }
  if (is_one_of<3>(plain, {"false", "False", "FALSE"})) {
    return false;
  }
  if (!is_digit(plain[0]) && plain[0] != '-' && plain[0] != '+' && plain[0] != '.') {
    return std::string(plain);
  }
  const bool is_signed = plain[0] == '-' || plain[0] == '+';
  const std::string_view number = plain.substr(is_signed ? 1 : 0);
  if (std::optional<Value> integer = read_integer(plain, number, plain[0] == '-')) {
    return std::move(*integer);
  }
  if (const std::optional<double> real = read_float(number, plain[0] == '-')) {
    return *real;
  }
  if (const std::optional<double> special = read_special(plain, number)) {
    return *special;
  }
  return std::string(plain);
}

MapKey to_key(const YamlNode& key) {
  // Most keys begin with a letter and are none of the few words that are no texts: typing them all would take longer.
  static constexpr std::string_view others = "-+.0123456789tTfFnN~";
  const bool candidate = key.plain && (key.scalar.empty() || others.find(key.scalar[0]) != std::string_view::npos);
  return {key.scalar, candidate && type_scalar(key.scalar).get<std::string>() == nullptr};
}

Value to_value(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return {};
    case YamlNode::Kind::scalar:
      return node.plain ? type_scalar(node.scalar) : Value(node.scalar);
    case YamlNode::Kind::sequence: {
      Value::List list;
      list.reserve(node.items.size());
      for (const YamlNode& item : node.items) {
        list.push_back(to_value(item));
      }
      return list;
    }
    case YamlNode::Kind::map:
      break;
  }
  Value::Map map;
  map.reserve(node.members.size());
  for (const auto& member : node.members) {
    map.emplace_back(to_key(member.key), to_value(member.value));
  }
  return map;
}

Error yaml_error(const std::string& file, const YamlNode& node, std::string_view message) {
  return Error("{}:{}: {}", file, std::max(node.line, 1), message);
}

Error yaml_error(const std::string& file, const YamlNode& node, std::string_view message, std::string_view word,
                 const std::vector<std::string>& candidates) {
  Error error = yaml_error(file, node, message);
  if (const std::optional<std::string> near = nearest(word, candidates)) {
    return std::move(error).hint("did you mean '{}'?", *near);
  }
  return error;
}

}  // namespace mlops::spec
