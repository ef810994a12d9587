// SPDX-License-Identifier: Apache-2.0
#include "spec/python_lines.hpp"

#include <algorithm>

#include "spec/yaml.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

using Kind = PythonToken::Kind;

constexpr std::size_t max_brackets = 200;  // Python's own limit

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_quote(char c) { return c == '"' || c == '\''; }

char closer_of(char opener) { return opener == '(' ? ')' : opener == '[' ? ']' : '}'; }

void check_text(const PythonSource& source) {
  const YamlLimits limits;
  if (source.text.size() > limits.bytes) {
    throw Error("{}: larger than {}", source.file, human_size(limits.bytes));
  }
  if (const std::size_t null = source.text.find('\0'); null != std::string_view::npos) {
    source.fail(null, "control character 0x00");
  }
  if (is_utf8(source.text)) {
    return;
  }
  std::size_t begin = 0;
  for (std::size_t end = 0; begin < source.text.size(); begin = end + 1) {
    end = std::min(source.text.find('\n', begin), source.text.size());
    if (!is_utf8(source.text.substr(begin, end - begin))) {
      break;
    }
  }
  source.fail(begin, "the text is not UTF-8");
}

}  // namespace

bool begins_python_name(char c) { return is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

bool continues_python_name(char c) { return begins_python_name(c) || is_digit(c); }

std::size_t PythonSource::line_of(std::size_t offset) const {
  std::size_t line = 1;
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    const bool lone_return = text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    line += text[i] == '\n' || lone_return ? 1 : 0;
  }
  return line;
}

void PythonSource::fail(std::size_t offset, std::string_view reason) const {
  throw Error("{}:{}: {}", file, line_of(offset), reason)
      .hint("`python3 -m py_compile {}` shows what Python makes of it", shell_quoted(file));
}

PythonLines::PythonLines(const PythonSource& source) : source_(source) {
  check_text(source);
  if (at("\xef\xbb\xbf")) {
    pos_ = 3;
  }
}

bool PythonLines::next(PythonLine& line) {
  line.tokens.clear();
  while (!at_end() && line.tokens.empty()) {
    line.indent = indent();
    check_conflict();
    while (!at_end() && (line_break() == 0 || !brackets_.empty())) {
      token(line);
    }
    pos_ += line_break();
  }
  if (!brackets_.empty()) {
    source_.fail(brackets_.back(), fmt::format("'{}' is not closed", source_.text[brackets_.back()]));
  }
  return !line.tokens.empty();
}

std::size_t PythonLines::line_break() const {
  if (at("\r\n")) {
    return 2;
  }
  return at("\n") || at("\r") ? 1 : 0;
}

void PythonLines::skip_comment() { pos_ = std::min(source_.text.find_first_of("\r\n", pos_), source_.text.size()); }

void PythonLines::skip_continuation() {
  ++pos_;
  const std::size_t length = line_break();
  if (length == 0) {
    source_.fail(pos_ - 1, "a backslash outside of strings must end its line");
  }
  pos_ += length;
}

void PythonLines::check_conflict() const {
  const std::string_view rest = source_.text.substr(pos_, 9);
  if (is_conflict_marker(rest.substr(0, rest.find_first_of("\r\n")))) {
    throw conflict_error(source_.file, source_.line_of(pos_));
  }
}

PythonIndent PythonLines::indent() {
  PythonIndent indent;
  for (; !at_end(); ++pos_) {
    const char c = source_.text[pos_];
    if (c == ' ') {
      ++indent.column;
      ++indent.with_short_tabs;
    } else if (c == '\t') {
      indent.column = (indent.column / 8 + 1) * 8;
      ++indent.with_short_tabs;
    } else if (c == '\f') {
      indent = {};
    } else {
      break;
    }
  }
  return indent;
}

void PythonLines::token(PythonLine& line) {
  const char c = source_.text[pos_];
  const bool digit_follows = pos_ + 1 < source_.text.size() && is_digit(source_.text[pos_ + 1]);
  if (c == ' ' || c == '\t' || c == '\f' || c == '\n' || c == '\r') {
    ++pos_;
  } else if (c == '#') {
    skip_comment();
  } else if (c == '\\') {
    skip_continuation();
  } else if (begins_python_name(c)) {
    word(line);
  } else if (is_digit(c) || (c == '.' && digit_follows)) {
    number(line);
  } else if (is_quote(c)) {
    const std::size_t begin = pos_;
    pos_ = python_string_end(source_, pos_);
    add(line, Kind::string, begin);
  } else {
    symbol(line);
  }
}

void PythonLines::add(PythonLine& line, Kind kind, std::size_t begin) const {
  if (line.tokens.size() >= YamlLimits().nodes) {
    source_.fail(begin, "too long a statement");
  }
  line.tokens.push_back(
      {.kind = kind, .depth = static_cast<std::uint8_t>(brackets_.size()), .begin = begin, .end = pos_});
}

void PythonLines::word(PythonLine& line) {
  const std::size_t begin = pos_;
  while (!at_end() && continues_python_name(source_.text[pos_])) {
    ++pos_;
  }
  const PythonPrefix prefix = python_prefix(source_.text.substr(begin, pos_ - begin));
  if (at_end() || !is_quote(source_.text[pos_]) || !prefix.valid) {
    add(line, Kind::name, begin);
    return;
  }
  pos_ = prefix.formatted ? python_formatted_end(source_, pos_, prefix.raw) : python_string_end(source_, pos_);
  add(line, prefix.formatted ? Kind::formatted : Kind::string, begin);
}

/// Takes all that could belong to a number; whether it is one is known when its value is asked for.
void PythonLines::number(PythonLine& line) {
  const std::size_t begin = pos_;
  const bool hexadecimal = at("0x") || at("0X");
  for (; !at_end(); ++pos_) {
    const char c = source_.text[pos_];
    const bool exponent_sign = (c == '-' || c == '+') && !hexadecimal && (source_.text[pos_ - 1] | 0x20) == 'e';
    if (!continues_python_name(c) && c != '.' && (!exponent_sign || pos_ == begin)) {
      break;
    }
  }
  add(line, Kind::number, begin);
}

void PythonLines::symbol(PythonLine& line) {
  const std::size_t begin = pos_;
  const char c = source_.text[pos_];
  const bool before_equals = source_.text.substr(pos_ + 1).starts_with('=');
  const bool known = std::string_view("()[]{},:.;@=<>+-*/%&|^~").find(c) != std::string_view::npos;
  if (!known && !(c == '!' && before_equals)) {
    source_.fail(begin, fmt::format("unexpected {}", quoted(source_.text.substr(begin, 1))));
  }
  if (c == ')' || c == ']' || c == '}') {
    close_bracket(c);
  }
  const bool opens = c == '(' || c == '[' || c == '{';
  const bool takes_equals = before_equals && std::string_view("!=<>+-*/%&|^@:").find(c) != std::string_view::npos;
  pos_ += takes_equals || at("->") ? 2 : 1;
  add(line, Kind::symbol, begin);
  if (opens) {
    if (brackets_.size() == max_brackets) {
      source_.fail(begin, "too many nested brackets");
    }
    brackets_.push_back(begin);
  }
}

void PythonLines::close_bracket(char closer) {
  if (brackets_.empty()) {
    source_.fail(pos_, fmt::format("'{}' closes nothing", closer));
  }
  const char opener = source_.text[brackets_.back()];
  if (closer_of(opener) != closer) {
    source_.fail(
        pos_, fmt::format("'{}' cannot close the '{}' of line {}", closer, opener, source_.line_of(brackets_.back())));
  }
  brackets_.pop_back();
}

}  // namespace mlops::spec
