// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "spec/json.hpp"
#include "spec/utf8.hpp"
#include "spec/yaml.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

/// Whether some reader may take `text` for a number: integers of all bases, floats, base 60, with '_' between digits.
bool looks_like_number(std::string_view text) {
  if (text[0] == '-' || text[0] == '+') {
    text.remove_prefix(1);
  }
  const std::string word = lower(text);
  if (word == ".inf" || word == ".nan") {
    return true;
  }
  if (word.starts_with("0x") || word.starts_with("0o") || word.starts_with("0b")) {
    return consists_of(std::string_view(word).substr(2), "0123456789abcdef_");
  }
  const std::size_t exponent = word.find('e');
  const std::string_view mantissa = std::string_view(word).substr(0, exponent);
  if (!consists_of(mantissa, "0123456789._:,") || std::ranges::none_of(mantissa, is_digit)) {
    return false;
  }
  return exponent == std::string::npos || consists_of(std::string_view(word).substr(exponent + 1), "0123456789+-_");
}

bool looks_like_date(std::string_view text) {
  return text.size() > 5 && std::ranges::all_of(text.substr(0, 4), is_digit) && text[4] == '-' && is_digit(text[5]);
}

bool resolves_to_something(std::string_view text) {
  static constexpr std::array<std::string_view, 12> words = {"~",  "null", "true", "false", "yes", "no",
                                                             "on", "off",  "y",    "n",     "=",   "<<"};
  return std::ranges::find(words, lower(text)) != words.end() || looks_like_number(text) || looks_like_date(text);
}

/// Characters that stand in YAML only as escapes, or that some reader takes for a line break.
bool needs_escape(const CodePoint& point) {
  const std::uint32_t c = point.value;
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe ||
         c == 0xffff;
}

bool needs_double_quotes(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    if (point.length == 0) {
      throw Error("{} is not UTF-8", quoted(text));
    }
    if (needs_escape(point)) {
      return true;
    }
    text.remove_prefix(point.length);
  }
  return false;
}

enum class Place { block, flow };

bool fits_plain(std::string_view text, Place place) {
  static constexpr std::string_view indicators = ",[]{}#&*!|>'\"%@`?:";
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') {
    return false;
  }
  if (indicators.find(text[0]) != std::string_view::npos || text == "-" || text.starts_with("- ")) {
    return false;
  }
  if (text.starts_with("---") || text.starts_with("...") || resolves_to_something(text)) {
    return false;
  }
  if (place == Place::flow && text.find_first_of(",[]{}?:") != std::string_view::npos) {
    return false;
  }
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

std::string in_single_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') {
      out += c;
    }
  }
  return out + "'";
}

void append_escape(std::string& out, std::uint32_t point) {
  if (point == '\n') {
    out += "\\n";
  } else if (point == '\t') {
    out += "\\t";
  } else if (point == '\r') {
    out += "\\r";
  } else if (point <= 0xff) {
    out += fmt::format("\\x{:02X}", point);
  } else {
    out += fmt::format("\\u{:04X}", point);
  }
}

std::string in_double_quotes(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    if (needs_escape(point)) {
      append_escape(out, point.value);
    } else {
      if (point.value == '"' || point.value == '\\') {
        out += '\\';
      }
      out += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  return out + "\"";
}

std::string scalar_text(std::string_view text, Place place) {
  if (needs_double_quotes(text)) {
    return in_double_quotes(text);
  }
  if (fits_plain(text, place)) {
    return std::string(text);
  }
  return text.find('\'') == std::string_view::npos ? in_single_quotes(text) : in_double_quotes(text);
}

std::string key_text(std::string_view key, Place place) {
  if (key.size() > 1000) {
    throw Error("a key of {} bytes is too long", key.size());
  }
  return scalar_text(key, place);
}

/// Whether a literal block gives back exactly `text`.
bool fits_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == '\n' || text.front() == ' ' ||
      text.ends_with("\n\n")) {
    return false;
  }
  for (const std::string& line : split(text, '\n')) {
    const bool blank = !line.empty() && consists_of(line, " ");
    if (blank || line.starts_with('\t') || needs_double_quotes(line)) {
      return false;
    }
  }
  return true;
}

std::string float_text(double value) {
  std::string text = format_float(value);
  if (std::isfinite(value)) {
    return text;
  }
  return value < 0 ? "-.inf" : "." + text;
}

std::string flow_text(const Value& value);

std::string flow_members(const Value::Map& map) {
  std::string out;
  for (const auto& [key, member] : map) {
    out += (out.empty() ? "" : ", ") + key_text(key, Place::flow) + ": " + flow_text(member);
  }
  return out;
}

std::string inline_text(const Value& value, Place place) {
  if (const auto* text = value.get<std::string>()) {
    return scalar_text(*text, place);
  }
  if (const auto* real = value.get<double>()) {
    return float_text(*real);
  }
  return to_json(value);
}

std::string flow_text(const Value& value) {
  if (const auto* map = value.get<Value::Map>()) {
    return "{" + flow_members(*map) + "}";
  }
  if (const auto* list = value.get<Value::List>()) {
    std::string out;
    for (const Value& item : *list) {
      out += (out.empty() ? "" : ", ") + flow_text(item);
    }
    return "[" + out + "]";
  }
  return inline_text(value, Place::flow);
}

class Emitter {
 public:
  std::string take() { return std::move(out_); }

  /// Writes a value at the beginning of a line.
  void root(const Value& value, std::size_t indent) {
    if (is_inline(value) || value.get<std::string>() != nullptr) {
      pad(indent);
      tail(value, indent);
    } else {
      block(value, indent);
    }
  }

 private:
  void pad(std::size_t indent) { out_.append(indent, ' '); }

  void block(const Value& value, std::size_t indent) {
    if (const auto* map = value.get<Value::Map>()) {
      for (const auto& [key, member] : *map) {
        pad(indent);
        this->member(key, member, indent);
      }
    } else {
      for (const Value& item : *value.get<Value::List>()) {
        pad(indent);
        this->item(item, indent);
      }
    }
  }

  void member(const std::string& key, const Value& value, std::size_t indent) {
    out_ += key_text(key, Place::block) + ":";
    if (is_inline(value) || value.get<std::string>() != nullptr) {
      out_ += ' ';
      tail(value, indent);
    } else {
      out_ += '\n';
      block(value, value.get<Value::List>() != nullptr ? indent : indent + 2);
    }
  }

  /// The first line of a collection inside an item stands behind the dash.
  void item(const Value& value, std::size_t indent) {
    out_ += "- ";
    if (is_inline(value) || value.get<std::string>() != nullptr) {
      tail(value, indent);
      return;
    }
    const std::size_t begin = out_.size();
    block(value, indent + 2);
    out_.erase(begin, indent + 2);
  }

  void tail(const Value& value, std::size_t indent) {
    const auto* text = value.get<std::string>();
    if (text != nullptr && fits_literal(*text)) {
      literal(*text, indent + 2);
    } else {
      out_ += inline_text(value, Place::block) + "\n";
    }
  }

  void literal(std::string_view text, std::size_t indent) {
    out_ += text.ends_with('\n') ? "|\n" : "|-\n";
    if (text.ends_with('\n')) {
      text.remove_suffix(1);
    }
    for (const std::string& line : split(text, '\n')) {
      if (!line.empty()) {
        pad(indent);
      }
      out_ += line + "\n";
    }
  }

  std::string out_;
};

}  // namespace

bool is_inline(const Value& value) {
  if (const auto* map = value.get<Value::Map>()) {
    return map->empty();
  }
  if (const auto* list = value.get<Value::List>()) {
    return list->empty();
  }
  const auto* text = value.get<std::string>();
  return text == nullptr || !fits_literal(*text);
}

std::string emit_scalar(std::string_view text) { return scalar_text(text, Place::block); }

std::string emit_yaml(const Value& value) { return emit_yaml(value, 0); }

std::string emit_yaml(const Value& value, int indent) {
  Emitter emitter;
  emitter.root(value, static_cast<std::size_t>(indent));
  return emitter.take();
}

std::string emit_flow(const Value& value) { return flow_text(value); }

}  // namespace mlops::spec
