// SPDX-License-Identifier: Apache-2.0
#include "cli/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "util/text.hpp"

namespace mlops::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Length of the valid UTF-8 sequence at the front of `text`, or 0.
std::size_t valid_prefix(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
    if (is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

void print_string(std::ostream& out, std::string_view text) {
  out << '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = valid_prefix(text);
    if (length == 0) {
      out << fmt::format("\\udc{:02x}", byte);
    } else if (byte == '"' || byte == '\\') {
      out << '\\' << text.front();
    } else if (byte == '\n') {
      out << "\\n";
    } else if (byte == '\t') {
      out << "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out << fmt::format("\\u{:04x}", byte);
    } else {
      out << text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out << '"';
}

void print_value(std::ostream& out, const Json& value, std::size_t depth);

void print_members(std::ostream& out, const Json& value, std::size_t depth) {
  const std::string indent(2 * (depth + 1), ' ');
  const bool object = value.is_object();
  if (value.empty()) {
    out << (object ? "{}" : "[]");
    return;
  }
  out << (object ? '{' : '[');
  bool first = true;
  for (auto member = value.begin(); member != value.end(); ++member) {
    out << (first ? "\n" : ",\n") << indent;
    first = false;
    if (object) {
      print_string(out, member.key());
      out << ": ";
    }
    print_value(out, *member, depth + 1);
  }
  out << "\n" << std::string(2 * depth, ' ') << (object ? '}' : ']');
}

void print_value(std::ostream& out, const Json& value, std::size_t depth) {
  if (value.is_structured()) {
    print_members(out, value, depth);
  } else if (value.is_string()) {
    print_string(out, value.get_ref<const std::string&>());
  } else {
    out << value.dump();
  }
}

}  // namespace

void print_json(std::ostream& out, const Json& document) {
  print_value(out, document, 0);
  out << "\n";
}

Json to_json_value(const spec::Value& value) {
  if (const auto* list = value.get<spec::Value::List>()) {
    Json json = Json::array();
    for (const auto& item : *list) json.push_back(to_json_value(item));
    return json;
  }
  if (const auto* map = value.get<spec::Value::Map>()) {
    Json json = Json::object();
    for (const auto& member : *map) json[member.first] = to_json_value(member.second);
    return json;
  }
  if (const auto* text = value.get<std::string>()) return *text;
  if (const auto* flag = value.get<bool>()) return *flag;
  if (const auto* integer = value.get<std::int64_t>()) return *integer;
  if (const auto* number = value.get<double>()) {
    if (std::isfinite(*number)) return *number;
    return spec::to_text(value);
  }
  return nullptr;
}

}  // namespace mlops::cli
