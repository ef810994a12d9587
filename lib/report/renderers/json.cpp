// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "report/literal.hpp"
#include "report/renderers/renderers.hpp"
#include "util/text.hpp"

namespace mlops::report {
namespace {

using spec::Value;

class Writer {
 public:
  explicit Writer(unsigned indent) : indent_(indent) {}

  void write(const Value& value, unsigned depth) {
    if (const auto* map = value.get<Value::Map>()) {
      write_map(*map, depth);
    } else if (const auto* list = value.get<Value::List>()) {
      write_list(*list, depth);
    } else if (const auto* text = value.get<std::string>()) {
      write_string(*text);
    } else if (const auto* flag = value.get<bool>()) {
      out_ += *flag ? "true" : "false";
    } else if (const auto* real = value.get<double>()) {
      write_float(*real);
    } else {
      out_ += value.is_null() ? "null" : literal(value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void new_line(unsigned depth) {
    if (indent_ > 0) {
      out_ += "\n" + std::string(static_cast<std::size_t>(indent_) * depth, ' ');
    }
  }
  void separate(bool first, unsigned depth) {
    out_ += first ? "" : indent_ > 0 ? "," : ", ";
    new_line(depth);
  }

  void write_map(const Value::Map& map, unsigned depth) {
    out_ += '{';
    bool first = true;
    for (const auto& [key, member] : map) {
      separate(first, depth + 1);
      first = false;
      write_string(key);
      out_ += ": ";
      write(member, depth + 1);
    }
    if (!map.empty()) {
      new_line(depth);
    }
    out_ += '}';
  }

  void write_list(const Value::List& list, unsigned depth) {
    out_ += '[';
    bool first = true;
    for (const Value& item : list) {
      separate(first, depth + 1);
      first = false;
      write(item, depth + 1);
    }
    if (!list.empty()) {
      new_line(depth);
    }
    out_ += ']';
  }

  void write_float(double value) {
    if (std::isnan(value)) {
      out_ += "NaN";
    } else if (std::isinf(value)) {
      out_ += value < 0 ? "-Infinity" : "Infinity";
    } else {
      out_ += literal_float(value);
    }
  }

  void write_string(std::string_view text) {
    out_ += '"';
    for (std::size_t at = 0; at < text.size();) {
      write_code_point(text, at);
    }
    out_ += '"';
  }

  void write_code_point(std::string_view text, std::size_t& at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const auto point = next_code_point(text, at);
    if (!point) {
      out_ += fmt::format("\\udc{:02x}", byte);
    } else if (*point >= 0x10000) {
      const auto above = static_cast<std::uint32_t>(*point) - 0x10000U;
      out_ += fmt::format("\\u{:04x}\\u{:04x}", 0xd800U + (above >> 10U), 0xdc00U + (above & 0x3ffU));
    } else if (*point >= 0x80) {
      out_ += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(*point));
    } else {
      write_ascii(static_cast<char>(*point));
    }
  }

  void write_ascii(char c) {
    constexpr std::string_view special = "\"\\\n\r\t\f\b";
    constexpr std::string_view letters = "\"\\nrtfb";
    const std::size_t place = special.find(c);
    if (place != std::string_view::npos) {
      out_ += '\\';
      out_ += letters[place];
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out_ += c;
    }
  }

  unsigned indent_;
  std::string out_;
};

}  // namespace

std::string json_text(const Value& document, unsigned indent) {
  Writer writer(indent);
  writer.write(document, 0);
  return writer.take();
}

}  // namespace mlops::report
