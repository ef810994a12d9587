// SPDX-License-Identifier: Apache-2.0
#include "spec/template_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "spec/params.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

/// The shortest digits that read back as `value`, in Python's layout: an exponent below 1e-4 and from 1e16 on.
std::string python_float(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-inf" : "inf";
  }
  std::array<char, 400> buffer{};
  const auto scientific =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string text(buffer.data(), scientific.ptr);
  const int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  if (exponent < -4 || exponent >= 16) {
    return text;
  }
  const auto fixed = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  std::string plain(buffer.data(), fixed.ptr);
  return plain.find('.') == std::string::npos ? plain + ".0" : plain;
}

/// As Python's shlex.quote does it, so that the same command comes out, to the byte.
std::string python_quoted(std::string_view text) {
  static constexpr std::string_view safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!text.empty() && text.find_first_not_of(safe) == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string_view("'\"'\"'") : std::string_view(&c, 1);
  }
  return out + "'";
}

/// What a list's item or an option's value looks like behind its flag.
std::string option_text(const std::string& key, const Value& value, const TemplateOptions& options) {
  if (const auto* text = value.get<std::string>()) {
    return options.as_python ? python_quoted(*text) : shell_quoted(*text);
  }
  if (value.get<Value::List>() != nullptr || value.get<Value::Map>() != nullptr) {
    throw Error("has a list or map inside the list {}, which cannot be written as options", quoted(key));
  }
  if (const bool* flag = value.get<bool>()) {
    return *flag ? "True" : "False";
  }
  return template_scalar_text(value);
}

void append_option(std::string& out, const std::string& key, const Value& value, const TemplateOptions& options) {
  const std::string flag = "--" + key;
  if (const bool* set = value.get<bool>()) {
    out += *set ? flag + " " : options.negated_flags ? "--no-" + key + " " : "";
    return;
  }
  const auto* list = value.get<Value::List>();
  if (list == nullptr) {
    out += flag + " " + option_text(key, value, options) + " ";
    return;
  }
  bool first = true;
  for (const Value& item : *list) {
    out += (first || options.repeated_flags ? flag + " " : "") + option_text(key, item, options) + " ";
    first = false;
  }
}

std::string_view trim_left(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

bool is_empty_map(const Value& value) {
  const auto* map = value.get<Value::Map>();
  return map != nullptr && map->empty();
}

}  // namespace

std::vector<TemplateMatch> find_templates(std::string_view text) {
  std::vector<TemplateMatch> matches;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
    const std::size_t close = text.find_first_of("}\n", at + 2);
    if ((at > 0 && text[at - 1] == '\\') || close == std::string_view::npos || text[close] == '\n') {
      at += 2;
      continue;
    }
    matches.push_back({.begin = at, .end = close + 1, .expression = text.substr(at + 2, close - at - 2)});
    at = close + 1;
  }
  return matches;
}

std::string without_template_escapes(std::string_view text) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = text.find("\\${"); at != std::string_view::npos; at = text.find("\\${", at + 3)) {
    out += text.substr(begin, at - begin);
    begin = at + 1;
  }
  return out += text.substr(begin);
}

std::vector<std::string> parse_template_expression(std::string_view expression) {
  const auto fail = [&](std::string_view reason) -> Error {
    return Error("has '${{{}}}', {}", printable(expression), reason)
        .hint("an expression is a name such as '${{train.lr}}' or '${{models[0]}}'; for a literal '${{' write '\\${{'");
  };
  std::vector<std::string> keys;
  std::string_view rest = expression;
  const auto take_word = [&] {
    const std::size_t length = std::min(rest.find_first_of(".[]"), rest.size());
    const std::string_view word = trim(rest.substr(0, length));
    if (word.empty()) {
      throw fail(trim(expression).empty() ? "which names nothing" : "where a name is missing");
    }
    keys.emplace_back(word);
    rest.remove_prefix(length);
  };
  take_word();
  while (!rest.empty()) {
    const char separator = rest.front();
    rest.remove_prefix(1);
    if (separator == ']') {
      throw fail("where a ']' closes nothing");
    }
    take_word();
    if (separator == '[') {
      if (!rest.starts_with(']')) {
        throw fail("where a ']' is missing");
      }
      rest = trim_left(rest.substr(1));
      if (!rest.empty() && rest.front() != '.' && rest.front() != '[') {
        throw fail("where '.' or '[' must follow a ']'");
      }
    }
  }
  return keys;
}

std::string template_scalar_text(const Value& value) {
  if (value.is_null()) {
    return "None";
  }
  if (const bool* flag = value.get<bool>()) {
    return *flag ? "true" : "false";
  }
  if (const auto* number = value.get<std::int64_t>()) {
    return std::to_string(*number);
  }
  if (const double* real = value.get<double>()) {
    return python_float(*real);
  }
  if (const auto* text = value.get<std::string>()) {
    return *text;
  }
  throw Error("is a {}, and only a text, a number, true, false or null can stand inside a text",
              value.get<Value::List>() != nullptr ? "list" : "map");
}

std::string template_options_text(const Value::Map& map, const TemplateOptions& options) {
  std::string out;
  for (const auto& [key, value] : flatten(Value(map))) {
    if (!is_empty_map(value)) {
      append_option(out, key, value, options);
    }
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace mlops::spec
