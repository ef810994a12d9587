// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "spec/json.hpp"
#include "spec/utf8.hpp"

namespace mlops::spec {

namespace {

class Writer {
 public:
  explicit Writer(const JsonStyle& style) : style_(style), level_(style.level) {}

  std::string take() { return std::move(out_); }

  void write(const Value& value) {
    std::visit([this](const auto& data) { put(data); }, value.data());
  }

 private:
  void put(std::monostate) { out_ += "null"; }
  void put(bool value) { out_ += value ? "true" : "false"; }
  void put(std::int64_t value) { out_ += std::to_string(value); }
  void put(const std::string& value) { out_ += json_string(value); }

  void put(double value) {
    if (std::isfinite(value)) {
      out_ += format_float(value);
    } else if (!style_.bare_nan) {
      out_ += '"' + format_float(value) + '"';
    } else if (std::isnan(value)) {
      out_ += "NaN";
    } else {
      out_ += value > 0 ? "Infinity" : "-Infinity";
    }
  }

  void put(const Value::List& list) {
    out_ += '[';
    ++level_;
    for (std::size_t i = 0; i < list.size(); ++i) {
      separate(i == 0);
      write(list[i]);
    }
    close(list.empty(), ']');
  }

  void put(const Value::Map& map) {
    std::vector<const Value::Map::value_type*> members;
    members.reserve(map.size());
    for (const auto& member : map) {
      members.push_back(&member);
    }
    if (style_.sorted) {
      std::ranges::sort(members, {}, [](const auto* member) -> const std::string& { return member->first; });
    }
    out_ += '{';
    ++level_;
    for (std::size_t i = 0; i < members.size(); ++i) {
      separate(i == 0);
      out_ += json_string(members[i]->first);
      out_ += style_.compact ? ":" : ": ";
      write(members[i]->second);
    }
    close(members.empty(), '}');
  }

  bool one_line() const { return style_.indent == 0 && !style_.tabs; }

  void separate(bool first) {
    if (!first) {
      out_ += one_line() && !style_.compact ? ", " : ",";
    }
    if (!one_line()) {
      break_line();
    }
  }

  void close(bool empty, char bracket) {
    --level_;
    if (!empty && !one_line()) {
      break_line();
    }
    out_ += bracket;
  }

  void break_line() {
    const int count = style_.tabs ? level_ : level_ * style_.indent;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(count), style_.tabs ? '\t' : ' ');
  }

  JsonStyle style_;
  int level_;
  std::string out_;
};

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    default:
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

std::string write_json(const Value& value, const JsonStyle& style) {
  Writer writer(style);
  writer.write(value);
  return writer.take();
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') {
        append_escaped(out, c);
      } else {
        out += c;
      }
      ++i;
      continue;
    }
    const CodePoint point = decode_utf8(text.substr(i));
    if (point.length == 0) {
      out += fmt::format("\\udc{:02x}", byte);
      ++i;
    } else {
      out += text.substr(i, point.length);
      i += point.length;
    }
  }
  out += '"';
  return out;
}

std::string format_float(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  if (std::isinf(value)) {
    return value > 0 ? "inf" : "-inf";
  }
  std::array<char, 40> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), result.ptr);
  // YAML 1.1 takes a number for a float only if its mantissa has a point.
  if (text.find('.') == std::string::npos) {
    const std::size_t exponent = text.find('e');
    text.insert(exponent == std::string::npos ? text.size() : exponent, ".0");
  }
  return text;
}

std::string to_json(const Value& value) { return write_json(value, {}); }

std::string canonical_json(const Value& value) {
  return write_json(value, {.sorted = true, .compact = true, .bare_nan = true});
}

}  // namespace mlops::spec
