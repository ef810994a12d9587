// SPDX-License-Identifier: Apache-2.0

// Where Python's strings end.
//
// A formatted string holds expressions in { }, which since Python 3.12 may hold any string, the outer quotes included:
// f"{names["it's"]}". So its end is not the next quote. We keep a stack of what we are in (the text of a string, a field
// of it, the format behind a field's colon) and never recurse. What was valid before 3.12 ends at the same place.

#include <algorithm>
#include <vector>

#include "spec/python_lines.hpp"

namespace mlops::spec {

namespace {

constexpr std::size_t max_nesting = 200;

bool is_quote(char c) { return c == '"' || c == '\''; }

std::string_view quotes_at(const PythonSource& source, std::size_t quote) {
  const std::string_view rest = source.text.substr(quote);
  const bool triple = rest.size() >= 3 && rest[1] == rest[0] && rest[2] == rest[0];
  return rest.substr(0, triple ? 3 : 1);
}

/// The offset behind a backslash and what it escapes; a line break of two bytes is one character.
std::size_t behind_escape(std::string_view text, std::size_t backslash) {
  const std::size_t length = text.substr(backslash + 1).starts_with("\r\n") ? 3 : 2;
  return std::min(backslash + length, text.size());
}

class FormattedString {
 public:
  FormattedString(const PythonSource& source, std::size_t quote)
      : source_(source), text_(source.text), begin_(quote), pos_(quote) {}

  std::size_t end(bool raw) {
    open_string(raw);
    while (!stack_.empty()) {
      if (pos_ >= text_.size()) {
        source_.fail(begin_, "the string is not closed");
      }
      if (stack_.back().in == In::field) {
        in_field();
      } else {
        in_text();
      }
    }
    return pos_;
  }

 private:
  enum class In { text, field, format };
  struct Frame {
    In in = In::text;
    std::string_view quotes;
    bool raw = false;
    std::size_t brackets = 0;
  };

  void push(const Frame& frame) {
    if (stack_.size() == max_nesting) {
      source_.fail(pos_, "formatted strings are nested too deeply");
    }
    stack_.push_back(frame);
  }

  void open_string(bool raw) {
    const std::string_view quotes = quotes_at(source_, pos_);
    push({.in = In::text, .quotes = quotes, .raw = raw});
    pos_ += quotes.size();
  }

  /// In the text of a string or in a field's format.
  void in_text() {
    const Frame frame = stack_.back();
    const std::string_view rest = text_.substr(pos_);
    if (rest.starts_with(frame.quotes)) {
      close_string();
    } else if (rest[0] == '\\') {
      skip_escape(frame.raw);
    } else if (rest[0] == '{') {
      open_brace(frame);
    } else if (rest[0] == '}' && frame.in == In::format) {
      stack_.resize(stack_.size() - 2);  // the format's and its field's
      ++pos_;
    } else if ((rest[0] == '\n' || rest[0] == '\r') && frame.quotes.size() == 1) {
      source_.fail(begin_, "the string is not closed");
    } else {
      ++pos_;
    }
  }

  void close_string() {
    if (stack_.back().in == In::format) {
      source_.fail(pos_, "'{' is not closed in the formatted string");
    }
    pos_ += stack_.back().quotes.size();
    stack_.pop_back();
  }

  /// A backslash does not escape braces, and those of \N{...} are no field.
  void skip_escape(bool raw) {
    const std::string_view rest = text_.substr(pos_ + 1);
    if (rest.starts_with('{') || rest.starts_with('}')) {
      ++pos_;
    } else if (!raw && rest.starts_with("N{")) {
      pos_ += 3;  // its '}' is taken for a lone one, which is text
    } else {
      pos_ = behind_escape(text_, pos_);
    }
  }

  void open_brace(const Frame& frame) {
    if (frame.in == In::text && text_.substr(pos_).starts_with("{{")) {
      pos_ += 2;
      return;
    }
    push({.in = In::field, .quotes = frame.quotes, .raw = frame.raw});
    ++pos_;
  }

  void in_field() {
    const char c = text_[pos_];
    if (begins_python_name(c)) {
      word();
    } else if (is_quote(c)) {
      pos_ = python_string_end(source_, pos_);
    } else if (c == '#') {
      pos_ = std::min(text_.find_first_of("\r\n", pos_), text_.size());
    } else {
      symbol(c);
    }
  }

  void word() {
    const std::size_t begin = pos_;
    while (pos_ < text_.size() && continues_python_name(text_[pos_])) {
      ++pos_;
    }
    const PythonPrefix prefix = python_prefix(text_.substr(begin, pos_ - begin));
    if (prefix.valid && prefix.formatted && pos_ < text_.size() && is_quote(text_[pos_])) {
      open_string(prefix.raw);
    }
  }

  void symbol(char c) {
    Frame& frame = stack_.back();
    ++pos_;
    if (c == '(' || c == '[' || c == '{') {
      ++frame.brackets;
    } else if (c == '}' && frame.brackets == 0) {
      stack_.pop_back();
    } else if (c == ')' || c == ']' || c == '}') {
      frame.brackets -= std::min<std::size_t>(frame.brackets, 1);
    } else if (c == ':' && frame.brackets == 0) {
      push({.in = In::format, .quotes = frame.quotes, .raw = frame.raw});
    }
  }

  const PythonSource& source_;
  std::string_view text_;
  std::size_t begin_;
  std::size_t pos_;
  std::vector<Frame> stack_;
};

}  // namespace

PythonPrefix python_prefix(std::string_view letters) {
  PythonPrefix prefix{.valid = letters.size() <= 2};
  bool unicode = false;
  for (const char letter : letters.substr(0, 2)) {
    const char lower = static_cast<char>(letter | 0x20);
    bool& flag = lower == 'r'                   ? prefix.raw
                 : lower == 'b'                 ? prefix.bytes
                 : lower == 'f' || lower == 't' ? prefix.formatted
                                                : unicode;
    const bool known = std::string_view("rbftu").find(lower) != std::string_view::npos;
    prefix.valid = prefix.valid && known && !flag;
    flag = true;
  }
  // Of two letters, one is r: br, fr and their like.
  prefix.valid = prefix.valid && !(unicode && letters.size() > 1) && (letters.size() < 2 || prefix.raw);
  return prefix;
}

std::size_t python_string_end(const PythonSource& source, std::size_t quote) {
  const std::string_view quotes = quotes_at(source, quote);
  const char stops[] = {'\\', quotes[0], '\n', '\r'};
  const std::string_view stop(stops, quotes.size() == 1 ? 4 : 2);
  std::size_t pos = quote + quotes.size();
  while (true) {
    pos = source.text.find_first_of(stop, pos);
    if (pos == std::string_view::npos || source.text[pos] == '\n' || source.text[pos] == '\r') {
      source.fail(quote, "the string is not closed");
    }
    if (source.text.substr(pos).starts_with(quotes)) {
      return pos + quotes.size();
    }
    pos = source.text[pos] == '\\' ? behind_escape(source.text, pos) : pos + 1;
  }
}

std::size_t python_formatted_end(const PythonSource& source, std::size_t quote, bool raw) {
  return FormattedString(source, quote).end(raw);
}

}  // namespace mlops::spec
