// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/dvc_scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace mlops::spec::dvc {

namespace {

bool is_space(char32_t c) { return c == U'\0' || c == U' ' || c == U'\t' || c == U'\r' || is_line_break(c); }

/// Whether block layout gives the first characters a meaning of their own.
bool begins_as_indicator(std::u32string_view text) {
  static constexpr std::u32string_view indicators = U"#,[]{}&*!|>'\"%@`";
  if (text.starts_with(U"---") || text.starts_with(U"...") || indicators.find(text[0]) != std::u32string_view::npos) {
    return true;
  }
  const bool lone = text[0] == U'?' || text[0] == U':' || text[0] == U'-';
  return lone && (text.size() == 1 || is_space(text[1]));
}

/// What the characters of a text say about how it may be written.
struct Traits {
  bool special = false;      ///< holds what must be escaped
  bool breaks = false;       ///< holds line breaks
  bool edge = false;         ///< begins or ends with a space or a line break
  bool space_break = false;  ///< a space and a line break side by side
  bool indicator = false;    ///< would not be read as one plain scalar
  bool quote_or_feed = false;
};

Traits traits_of(std::u32string_view text) {
  Traits traits;
  traits.indicator = begins_as_indicator(text);
  const auto loose = [](char32_t c) { return c == U' ' || is_line_break(c); };
  traits.edge = loose(text.front()) || loose(text.back());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    const bool line_break = is_line_break(c);
    const char32_t before = i == 0 ? U'x' : text[i - 1];
    traits.special |= !line_break && c != U'"' && c != U'\\' && !is_printable(c);
    traits.breaks |= line_break;
    traits.space_break |= (c == U' ' && is_line_break(before)) || (line_break && before == U' ');
    traits.quote_or_feed |= c == U'\'' || c == U'\n';
    traits.indicator |= c == U':' && i > 0 && (i + 1 == text.size() || is_space(text[i + 1]));
    traits.indicator |= c == U'#' && i > 0 && is_space(before);
  }
  return traits;
}

/// Reads a text from the front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  /// Takes as many of these as there are; returns how many.
  std::size_t take_all(std::string_view any_of) {
    std::size_t count = 0;
    while (take(any_of)) {
      ++count;
    }
    return count;
  }
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) {
      return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }
  /// Takes `least` to `most` digits.
  bool take_digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < most && take("0123456789")) {
      ++count;
    }
    return count >= least;
  }

 private:
  std::string_view rest_;
};

constexpr std::string_view digits = "0123456789";
constexpr std::string_view loose_digits = "0123456789_";

bool is_integer(std::string_view text) {
  Cursor sign(text);
  sign.take("+-");
  const auto matches = [&](std::string_view prefix, std::string_view allowed) {
    Cursor at = sign;
    return at.take_word(prefix) && at.take_all(allowed) > 0 && at.at_end();
  };
  return matches("", loose_digits) || matches("0b", "01_") || matches("0o", "01234567_") ||
         matches("0x", "0123456789abcdefABCDEF_");
}

bool is_float(std::string_view text) {
  Cursor at(text);
  at.take("+-");
  if (at.rest() == ".inf" || at.rest() == ".Inf" || at.rest() == ".INF") {
    return true;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return true;
  }
  const bool whole = at.take(digits);
  at.take_all(whole ? loose_digits : "");
  const bool point = at.take(".");
  const std::size_t fraction = point ? at.take_all(loose_digits) : 0;
  if (!whole && fraction == 0) {
    return false;
  }
  const bool exponent = at.take("eE");
  if (exponent && ((!at.take("+-") && !whole) || at.take_all(digits) == 0)) {
    return false;
  }
  return at.at_end() && (point || exponent);
}

bool is_zone(Cursor at) {
  at.take_all(" \t");
  if (at.at_end() || at.rest() == "Z") {
    return true;
  }
  if (!at.take("+-") || !at.take_digits(1, 2)) {
    return false;
  }
  return at.at_end() || (at.take(":") && at.take_digits(2, 2) && at.at_end());
}

bool is_timestamp(std::string_view text) {
  Cursor at(text);
  if (!at.take_digits(4, 4) || !at.take("-")) {
    return false;
  }
  Cursor date = at;
  if (date.take_digits(2, 2) && date.take("-") && date.take_digits(2, 2) && date.at_end()) {
    return true;
  }
  if (!at.take_digits(1, 2) || !at.take("-") || !at.take_digits(1, 2)) {
    return false;
  }
  if (!at.take("Tt") && at.take_all(" \t") == 0) {
    return false;
  }
  if (!at.take_digits(1, 2) || !at.take(":") || !at.take_digits(2, 2) || !at.take(":") || !at.take_digits(2, 2)) {
    return false;
  }
  if (at.take(".")) {
    at.take_all(digits);
  }
  return is_zone(at);
}

}  // namespace

bool is_line_break(char32_t c) { return c == U'\n' || c == 0x85 || c == 0x2028 || c == 0x2029; }

bool is_printable(char32_t c) {
  if (c < 0x80) {
    return c >= 0x20 && c <= 0x7e && c != U'"' && c != U'\\';
  }
  const bool plane = (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
  return plane && c != 0x2028 && c != 0x2029 && c != 0xfeff;
}

std::string escaped(char32_t c) {
  static constexpr std::u32string_view characters = U"\0\a\b\t\n\v\f\r\x1b\"\\\x85\u2028\u2029";
  static constexpr std::string_view letters = "0abtnvfre\"\\NLP";
  static constexpr std::u32string_view named(characters.data(), letters.size());
  if (const std::size_t index = named.find(c); index != std::u32string_view::npos) {
    return std::string("\\") + letters[index];
  }
  const auto number = static_cast<std::uint32_t>(c);
  return c <= 0xff     ? fmt::format("\\x{:02X}", number)
         : c <= 0xffff ? fmt::format("\\u{:04X}", number)
                       : fmt::format("\\U{:08X}", number);
}

bool resolves(std::string_view plain) {
  static constexpr std::array<std::string_view, 13> words = {"",     "~",     "null",  "Null",  "NULL", "true", "True",
                                                             "TRUE", "false", "False", "FALSE", "=",    "<<"};
  if (std::ranges::find(words, plain) != words.end()) {
    return true;
  }
  const char c = plain[0];
  const bool digit = c >= '0' && c <= '9';
  if (digit || c == '-' || c == '+') {
    return is_integer(plain) || is_float(plain) || (digit && is_timestamp(plain));
  }
  return c == '.' && is_float(plain);
}

ScalarStyle scalar_style(std::u32string_view text) {
  if (text.empty()) {
    return ScalarStyle::single_quoted;
  }
  const Traits traits = traits_of(text);
  if (!traits.edge && !traits.special && !traits.breaks && !traits.indicator) {
    const bool ascii = std::ranges::all_of(text, [](char32_t c) { return c < 0x80; });
    if (!ascii || !resolves(std::string(text.begin(), text.end()))) {
      return ScalarStyle::plain;
    }
  }
  const bool quoted_twice = traits.quote_or_feed || traits.special || traits.space_break;
  return quoted_twice ? ScalarStyle::double_quoted : ScalarStyle::single_quoted;
}

std::string float_repr(double value) {
  if (!std::isfinite(value)) {
    return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  std::array<char, 40> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= 16) {
    return std::string(text);
  }
  const std::string sign = std::signbit(value) ? "-" : "";
  std::string mantissa;
  std::ranges::copy_if(text.substr(0, e), std::back_inserter(mantissa), [](char c) { return c >= '0' && c <= '9'; });
  if (exponent < 0) {
    return sign + "0." + std::string(static_cast<std::size_t>(-exponent) - 1, '0') + mantissa;
  }
  const auto point = static_cast<std::size_t>(exponent) + 1;
  if (mantissa.size() <= point) {
    return sign + mantissa + std::string(point - mantissa.size(), '0') + ".0";
  }
  return sign + mantissa.substr(0, point) + "." + mantissa.substr(point);
}

}  // namespace mlops::spec::dvc
