// SPDX-License-Identifier: Apache-2.0
#include "report/literal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "util/text.hpp"

namespace mlops::report {
namespace {

using spec::Value;

/// A boolean counts as the number that it is in Python.
std::optional<std::int64_t> as_integer(const Value& value) {
  if (const auto* flag = value.get<bool>()) {
    return *flag ? 1 : 0;
  }
  const auto* integer = value.get<std::int64_t>();
  return integer == nullptr ? std::nullopt : std::optional(*integer);
}

/// Compared exactly: a float is rarely the integer that it is nearest to.
bool equal_numbers(std::int64_t integer, double real) {
  constexpr double two_to_63 = 9223372036854775808.0;
  return real >= -two_to_63 && real < two_to_63 && std::trunc(real) == real &&
         static_cast<std::int64_t>(real) == integer;
}

bool equal_scalars(const Value& a, const Value& b) {
  const auto left = as_integer(a);
  const auto right = as_integer(b);
  const auto* left_real = a.get<double>();
  const auto* right_real = b.get<double>();
  if (left && right) {
    return *left == *right;
  }
  if (left_real != nullptr && right_real != nullptr) {
    return *left_real == *right_real;
  }
  if (left && right_real != nullptr) {
    return equal_numbers(*left, *right_real);
  }
  if (right && left_real != nullptr) {
    return equal_numbers(*right, *left_real);
  }
  return a == b;
}

std::string quoted_literal(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c == quote || c == '\\') {
          out += '\\';
          out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + quote;
}

std::string list_literal(const Value::List& list) {
  std::string out = "[";
  for (const Value& item : list) {
    out += (out.size() > 1 ? ", " : "") + literal(item);
  }
  return out + "]";
}

std::string map_literal(const Value::Map& map) {
  std::string out = "{";
  for (const auto& [key, value] : map) {
    out += (out.size() > 1 ? ", " : "") + quoted_literal(key) + ": " + literal(value);
  }
  return out + "}";
}

/// `digits` with the point after the first `whole` of them.
std::string placed_point(const std::string& digits, int whole) {
  const int count = static_cast<int>(digits.size());
  if (whole <= 0) {
    return "0." + std::string(static_cast<std::size_t>(-whole), '0') + digits;
  }
  if (whole >= count) {
    return digits + std::string(static_cast<std::size_t>(whole - count), '0') + ".0";
  }
  return digits.substr(0, static_cast<std::size_t>(whole)) + "." + digits.substr(static_cast<std::size_t>(whole));
}

}  // namespace

std::string literal_float(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-inf" : "inf";
  }
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific).ptr;
  const std::string text(buffer, end);
  const std::size_t mark = text.find('e');
  std::string digits = text.substr(0, mark);
  std::erase(digits, '.');
  const int exponent = std::atoi(text.c_str() + mark + 1);
  const std::string sign = std::signbit(value) ? "-" : "";
  if (exponent >= -4 && exponent < 16) {
    return sign + placed_point(digits, exponent + 1);
  }
  const std::string fraction = digits.size() > 1 ? "." + digits.substr(1) : "";
  return sign + digits[0] + fraction + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

std::string literal(const Value& value) {
  if (const auto* text = value.get<std::string>()) {
    return quoted_literal(*text);
  }
  if (const auto* list = value.get<Value::List>()) {
    return list_literal(*list);
  }
  if (const auto* map = value.get<Value::Map>()) {
    return map_literal(*map);
  }
  if (const auto* flag = value.get<bool>()) {
    return *flag ? "True" : "False";
  }
  if (const auto* integer = value.get<std::int64_t>()) {
    return std::to_string(*integer);
  }
  const auto* real = value.get<double>();
  return real == nullptr ? "None" : literal_float(*real);
}

std::string literal_text(const Value& value) {
  const auto* text = value.get<std::string>();
  return text != nullptr ? *text : literal(value);
}

double rounded(double value, int digits) {
  constexpr int most_digits = 323;  // behind those no double has any
  if (!std::isfinite(value) || digits > most_digits) {
    return value;
  }
  if (digits >= 0) {
    return std::strtod(fmt::format("{:.{}f}", value, digits).c_str(), nullptr);
  }
  const double unit = std::pow(10.0, -digits);
  return std::isinf(unit) ? std::copysign(0.0, value) : std::nearbyint(value / unit) * unit;
}

bool equal(const Value& a, const Value& b) {
  const auto* list_a = a.get<Value::List>();
  const auto* list_b = b.get<Value::List>();
  if (list_a != nullptr && list_b != nullptr) {
    return std::ranges::equal(*list_a, *list_b, equal);
  }
  const auto* map_a = a.get<Value::Map>();
  const auto* map_b = b.get<Value::Map>();
  if (map_a == nullptr || map_b == nullptr) {
    return equal_scalars(a, b);
  }
  return map_a->size() == map_b->size() && std::ranges::all_of(*map_a, [&](const auto& member) {
           const Value* other = b.find(member.first);
           return other != nullptr && equal(member.second, *other);
         });
}

bool is_falsy(const Value& value) {
  if (const auto* text = value.get<std::string>()) {
    return text->empty();
  }
  if (const auto* list = value.get<Value::List>()) {
    return list->empty();
  }
  if (const auto* map = value.get<Value::Map>()) {
    return map->empty();
  }
  if (const auto* real = value.get<double>()) {
    return *real == 0;
  }
  return as_integer(value).value_or(0) == 0;
}

Value difference(const Value& a, const Value& b) {
  const auto before = as_integer(a);
  const auto after = as_integer(b);
  std::int64_t exact = 0;
  if (before && after && !__builtin_sub_overflow(*after, *before, &exact)) {
    return exact;
  }
  const auto number = [](const Value& value, const std::optional<std::int64_t>& integer) {
    return integer ? std::optional(static_cast<double>(*integer)) : value.number();
  };
  const auto left = number(a, before);
  const auto right = number(b, after);
  return left && right ? Value(*right - *left) : Value();
}

}  // namespace mlops::report
