// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "spec/json.hpp"
#include "spec/python_literal.hpp"
#include "spec/utf8.hpp"
#include "spec/yaml.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

using Kind = PythonNode::Kind;

bool is_digit_of(char c, int base) {
  const char lower = static_cast<char>(c | 0x20);
  return base == 16 ? (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f') : c >= '0' && c < '0' + base;
}

/// Takes digits with single underscores between them, which it drops; returns whether there were any.
bool take_digits(std::string_view& text, int base, std::string& out) {
  std::size_t pos = 0;
  while (pos < text.size() && is_digit_of(text[pos], base)) {
    out += text[pos++];
    const bool separated = pos + 1 < text.size() && text[pos] == '_' && is_digit_of(text[pos + 1], base);
    pos += separated ? 1 : 0;
  }
  text.remove_prefix(pos);
  return pos > 0;
}

/// The digits of an integer with a base of its own: 0x, 0o, 0b. An underscore may stand behind the prefix.
std::optional<std::string> based_integer(std::string_view text) {
  const char letter = text.size() > 2 && text[0] == '0' ? static_cast<char>(text[1] | 0x20) : ' ';
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  if (base == 0) {
    return std::nullopt;
  }
  text.remove_prefix(text[2] == '_' ? 3 : 2);
  std::string clean = {'0', letter};
  return take_digits(text, base, clean) && text.empty() ? std::optional(clean) : std::nullopt;
}

bool take_exponent(std::string_view& text, std::string& out) {
  if (!text.starts_with('e') && !text.starts_with('E')) {
    return true;
  }
  out += 'e';
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) {
    out += text[0];
    text.remove_prefix(1);
  }
  return take_digits(text, 10, out);
}

/// The digits of a decimal number, without underscores; nothing for an integer that begins with a zero.
std::optional<std::string> decimal(std::string_view text) {
  std::string clean;
  bool digits = take_digits(text, 10, clean);
  const bool integer = text.empty();
  if (text.starts_with('.')) {
    clean += '.';
    text.remove_prefix(1);
    digits = take_digits(text, 10, clean) || digits;
  }
  if (!digits || !take_exponent(text, clean) || !text.empty()) {
    return std::nullopt;
  }
  const bool old_octal = integer && clean[0] == '0' && clean.find_first_not_of('0') != std::string::npos;
  return old_octal ? std::nullopt : std::optional(clean);
}

/// Reads the escapes of one string.
class Escapes {
 public:
  Escapes(const PythonSource& source, std::size_t begin, std::size_t end, bool bytes)
      : source_(source), text_(source.text.substr(0, end)), pos_(begin), bytes_(bytes) {}

  std::optional<std::string> decode(bool raw) {
    while (pos_ < text_.size()) {
      const char c = text_[pos_++];
      if (c == '\r') {
        line_break();
      } else if (c != '\\' || raw) {
        out_ += c;
      } else if (!escape()) {
        return std::nullopt;
      }
    }
    return std::move(out_);
  }

 private:
  /// Every line end is one character to Python.
  void line_break() {
    out_ += '\n';
    pos_ += text_.substr(pos_).starts_with('\n') ? 1 : 0;
  }

  bool escape() {
    static constexpr std::string_view letters = "\\'\"abfnrtv";
    static constexpr std::string_view meanings = "\\'\"\a\b\f\n\r\t\v";
    const char c = text_[pos_++];
    if (const std::size_t simple = letters.find(c); simple != std::string_view::npos) {
      out_ += meanings[simple];
      return true;
    }
    if (c == '\n' || c == '\r') {
      pos_ += c == '\r' && text_.substr(pos_).starts_with('\n') ? 1 : 0;
      return true;
    }
    if (c >= '0' && c <= '7') {
      return octal();
    }
    if (c == 'x' || (!bytes_ && (c == 'u' || c == 'U'))) {
      return hexadecimal(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    }
    out_ += '\\';  // Python keeps what it does not know
    out_ += c;
    return bytes_ || c != 'N';  // to know characters by their names takes a table of them all
  }

  bool octal() {
    --pos_;
    std::uint32_t value = 0;
    for (int i = 0; i < 3 && pos_ < text_.size() && is_digit_of(text_[pos_], 8); ++i) {
      value = value * 8 + static_cast<std::uint32_t>(text_[pos_++] - '0');
    }
    return append(value);
  }

  bool hexadecimal(std::size_t digits) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i, ++pos_) {
      if (pos_ == text_.size() || !is_digit_of(text_[pos_], 16)) {
        source_.fail(pos_, "an escape in a string lacks digits");
      }
      const char c = text_[pos_];
      value = value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (value > 0x10ffff) {
      source_.fail(pos_ - 1, "there is no such character");
    }
    return append(value);
  }

  bool append(std::uint32_t value) {
    if (bytes_) {
      out_ += static_cast<char>(value & 0xffU);
      return true;
    }
    append_utf8(out_, value);
    return value < 0xd800 || value > 0xdfff;
  }

  const PythonSource& source_;
  std::string_view text_;
  std::size_t pos_;
  bool bytes_;
  std::string out_;
};

/// How a string was written.
struct Quotes {
  std::string marks = "\"";
  bool bytes = false;
};

Quotes quotes_of(const PythonSource& source, const PythonNode* old) {
  if (old == nullptr || (old->kind != Kind::text && old->kind != Kind::bytes)) {
    return {};
  }
  const std::size_t quote = source.text.find_first_of("\"'", old->begin);
  const std::size_t end = python_string_end(source, quote);
  const std::string marks(3, source.text[quote]);
  const bool triple = end - quote >= 6 && source.text.substr(quote, 3) == marks;
  return {.marks = triple ? marks : marks.substr(0, 1), .bytes = old->kind == Kind::bytes};
}

std::string escaped(std::string_view text, const CodePoint& point, const Quotes& quotes) {
  const char c = text[0];
  if (c == '\n') {
    return quotes.marks.size() == 3 ? "\n" : "\\n";
  }
  if (c == '\t' || c == '\r') {
    return c == '\t' ? "\\t" : "\\r";
  }
  if (c == '\\' || c == quotes.marks[0]) {
    return {'\\', c};
  }
  const bool hidden = point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0);
  std::string out;
  for (std::size_t i = 0; i < point.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (quotes.bytes && (byte >= 0x80 || hidden)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += text[i];
    }
  }
  return hidden && !quotes.bytes ? fmt::format("\\x{:02x}", point.value) : out;
}

std::string write_text(std::string_view text, const Quotes& quotes) {
  std::string out = (quotes.bytes ? "b" : "") + quotes.marks;
  while (!text.empty()) {
    CodePoint point = decode_utf8(text);
    point.length = std::max<std::size_t>(point.length, 1);
    out += escaped(text, point, quotes);
    text.remove_prefix(point.length);
  }
  return out + quotes.marks;
}

std::string write_list(const Value::List& list, const PythonSource& source, const PythonNode* old) {
  const Kind kind = old == nullptr ? Kind::list : old->kind;
  if (kind == Kind::set && list.empty()) {
    return "set()";
  }
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool replaces = old != nullptr && old->kind != Kind::dict && i < old->members.size();
    out += (i == 0 ? "" : ", ") + write_python(list[i], source, replaces ? &old->members[i].node : nullptr);
  }
  if (kind == Kind::tuple) {
    return "(" + out + (list.size() == 1 ? ",)" : ")");
  }
  return kind == Kind::set ? "{" + out + "}" : "[" + out + "]";
}

std::string write_dict(const Value::Map& map, const PythonSource& source, const PythonNode* old) {
  std::unordered_map<std::string_view, const PythonMember*> known;
  if (old != nullptr && old->kind == Kind::dict) {
    for (const PythonMember& member : old->members) {
      known.emplace(member.key, &member);
    }
  }
  std::string out;
  for (const auto& [key, value] : map) {
    const auto found = known.find(key);
    const bool replaces = found != known.end();
    out += (out.empty() ? "" : ", ") + (replaces ? std::string(found->second->written_key) : write_text(key, {})) +
           ": " + write_python(value, source, replaces ? &found->second->node : nullptr);
  }
  return "{" + out + "}";
}

}  // namespace

std::optional<Value> python_number(std::string_view text, bool negative) {
  std::optional<std::string> clean = based_integer(text);
  if (!clean) {
    clean = decimal(text);
  }
  return clean ? std::optional(type_scalar((negative ? "-" : "") + *clean)) : std::nullopt;
}

std::optional<std::string> python_string(const PythonSource& source, const PythonToken& token) {
  const std::size_t quote = source.text.find_first_of("\"'", token.begin);
  const PythonPrefix prefix = python_prefix(source.text.substr(token.begin, quote - token.begin));
  const std::string_view rest = source.text.substr(quote, token.end - quote);
  const bool triple = rest.size() >= 6 && rest[1] == rest[0] && rest[2] == rest[0];
  const std::size_t marks = triple ? 3 : 1;
  return Escapes(source, quote + marks, token.end - marks, prefix.bytes).decode(prefix.raw);
}

std::string write_python(const Value& value, const PythonSource& source, const PythonNode* old) {
  if (const auto* text = value.get<std::string>()) {
    return write_text(*text, quotes_of(source, old));
  }
  if (const auto* list = value.get<Value::List>()) {
    return write_list(*list, source, old);
  }
  if (const auto* map = value.get<Value::Map>()) {
    return write_dict(*map, source, old);
  }
  if (const auto* real = value.get<double>()) {
    const std::string written = format_float(*real);
    if (written == "nan") {
      throw Error::usage("Python has no literal for nan");
    }
    // A number too large for a float is read as infinity.
    return written == "inf" ? "1e999" : written == "-inf" ? "-1e999" : written;
  }
  if (const auto* yes = value.get<bool>()) {
    return *yes ? "True" : "False";
  }
  return value.is_null() ? "None" : to_json(value);
}

}  // namespace mlops::spec
