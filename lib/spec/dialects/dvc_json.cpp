// SPDX-License-Identifier: Apache-2.0
// The JSON that DVC takes digests of: Python's json.dumps(value, sort_keys=True).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "spec/dialects/dvc_parts.hpp"
#include "spec/dialects/dvc_scalar.hpp"
#include "spec/utf8.hpp"

namespace mlops::spec::dvc {

namespace {

void append_unit(std::string& out, std::uint32_t unit) { out += fmt::format("\\u{:04x}", unit); }

void append_point(std::string& out, std::uint32_t point) {
  if (point < 0x10000) {
    append_unit(out, point);
    return;
  }
  append_unit(out, 0xd800 + ((point - 0x10000) >> 10U));
  append_unit(out, 0xdc00 + ((point - 0x10000) & 0x3ffU));
}

void append_string(std::string& out, std::string_view text) {
  static constexpr std::string_view named = "\"\\\n\r\t\b\f";
  static constexpr std::string_view letters = "\"\\nrtbf";
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      // A byte that is not UTF-8 is the surrogate that Python keeps it as.
      const CodePoint point = decode_utf8(text.substr(i));
      append_point(out, point.length == 0 ? 0xdc00U + byte : point.value);
      i += std::max<std::size_t>(point.length, 1);
      continue;
    }
    if (const std::size_t index = named.find(c); index != std::string_view::npos) {
      out += '\\';
      out += letters[index];
    } else if (byte < 0x20 || byte == 0x7f) {
      append_unit(out, byte);
    } else {
      out += c;
    }
    ++i;
  }
  out += '"';
}

class Writer {
 public:
  Writer(std::initializer_list<std::string_view> excluded, const YamlMarks& marks)
      : excluded_(excluded), marks_(marks) {}

  std::string take() { return std::move(out_); }

  void put(const Value& value) {
    if (const auto* map = value.get<Value::Map>()) {
      put_map(*map);
    } else if (const auto* list = value.get<Value::List>()) {
      put_list(*list);
    } else if (const auto* text = value.get<std::string>()) {
      if (marks_.numbers.contains(&value)) {
        out_ += *text;
      } else {
        append_string(out_, *text);
      }
    } else {
      out_ += scalar(value);
    }
  }

 private:
  static std::string scalar(const Value& value) {
    if (const auto* flag = value.get<bool>()) {
      return *flag ? "true" : "false";
    }
    if (const auto* number = value.get<std::int64_t>()) {
      return std::to_string(*number);
    }
    if (const auto* real = value.get<double>()) {
      return std::isfinite(*real) ? float_repr(*real)
             : std::isnan(*real)  ? "NaN"
             : *real > 0          ? "Infinity"
                                  : "-Infinity";
    }
    return "null";
  }

  struct Member {
    const Value::Map::value_type* member = nullptr;
    std::string key;
    std::optional<double> number;
  };

  /// Keys that are numbers are sorted as numbers, and are texts in the end.
  void put_map(const Value::Map& map) {
    std::vector<Member> members;
    for (const auto& member : map) {
      if (std::ranges::find(excluded_, std::string_view(member.first)) != excluded_.end()) {
        continue;
      }
      const Value key = member.first.typed() ? type_scalar(member.first) : Value(std::string(member.first));
      const auto* flag = key.get<bool>();
      members.push_back({.member = &member,
                         .key = member.first.typed() ? scalar(key) : std::string(member.first),
                         .number = flag != nullptr ? std::optional<double>(*flag ? 1 : 0) : key.number()});
    }
    std::ranges::stable_sort(members, [](const Member& a, const Member& b) {
      return a.number && b.number     ? *a.number < *b.number
             : !a.number && !b.number ? a.key < b.key
                                      : a.number.has_value();
    });
    out_ += '{';
    const char* separator = "";
    for (const Member& member : members) {
      out_ += separator;
      append_string(out_, member.key);
      out_ += ": ";
      put(member.member->second);
      separator = ", ";
    }
    out_ += '}';
  }

  void put_list(const Value::List& list) {
    out_ += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
      out_ += i == 0 ? "" : ", ";
      put(list[i]);
    }
    out_ += ']';
  }

  std::vector<std::string_view> excluded_;
  const YamlMarks& marks_;
  std::string out_;
};

}  // namespace

std::string python_json(const Value& value, std::initializer_list<std::string_view> excluded, const YamlMarks& marks) {
  Writer writer(excluded, marks);
  writer.put(value);
  return writer.take();
}

}  // namespace mlops::spec::dvc
