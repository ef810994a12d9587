// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <unordered_set>

#include "spec/json.hpp"
#include "spec/utf8.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

constexpr std::size_t max_depth = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Reader {
 public:
  Reader(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  JsonNode document() {
    JsonNode root = value(0);
    skip_space();
    if (pos_ != text_.size()) {
      fail("something follows the end of the value");
    }
    return root;
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(pos_), '\n');
    throw Error("{}:{}: {}", where_, line, reason);
  }

  char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  void skip_space() {
    while (pos_ < text_.size() && std::string_view(" \t\r\n").find(text_[pos_]) != std::string_view::npos) {
      ++pos_;
    }
  }

  bool take(std::string_view word) {
    if (!text_.substr(pos_).starts_with(word)) {
      return false;
    }
    pos_ += word.size();
    return true;
  }

  JsonNode value(std::size_t depth) {
    skip_space();
    if (depth > max_depth) {
      fail("nested too deeply");
    }
    JsonNode node;
    node.begin = pos_;
    if (peek() == '[') {
      list(node, depth);
    } else if (peek() == '{') {
      map(node, depth);
    } else {
      node.value = scalar();
    }
    node.end = pos_;
    return node;
  }

  void list(JsonNode& node, std::size_t depth) {
    node.kind = JsonNode::Kind::list;
    ++pos_;
    skip_space();
    while (peek() != ']') {
      node.members.push_back({std::string(), value(depth + 1)});
      next_member(']');
    }
    ++pos_;
  }

  void map(JsonNode& node, std::size_t depth) {
    node.kind = JsonNode::Kind::map;
    ++pos_;
    skip_space();
    std::unordered_set<std::string> seen;
    while (peek() != '}') {
      const std::size_t key_begin = pos_;
      if (peek() != '"') {
        fail("a key in double quotes is expected");
      }
      std::string key = string();
      if (!seen.insert(key).second) {
        fail("duplicate key " + quoted(key));
      }
      skip_space();
      if (!take(":")) {
        fail("a ':' is expected after the key");
      }
      JsonNode member = value(depth + 1);
      member.key_begin = key_begin;
      node.members.push_back({std::move(key), std::move(member)});
      next_member('}');
    }
    ++pos_;
  }

  void next_member(char close) {
    skip_space();
    if (take(",")) {
      skip_space();
      if (peek() == close) {
        fail("a value is expected after ','");
      }
    } else if (peek() != close) {
      fail(std::string("',' or '") + close + "' is expected");
    }
  }

  Value scalar() {
    if (peek() == '"') {
      return string();
    }
    if (take("true")) {
      return true;
    }
    if (take("false")) {
      return false;
    }
    if (take("null")) {
      return {};
    }
    return number();
  }

  Value number() {
    if (take("NaN")) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const std::size_t begin = pos_;
    const bool negative = take("-");
    if (take("Infinity")) {
      return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    }
    const bool zero = peek() == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) {
      fail("a value is expected");
    }
    bool real = false;
    if (take(".")) {
      real = true;
      require_digits();
    }
    if (take("e") || take("E")) {
      real = true;
      if (!take("+")) {
        take("-");
      }
      require_digits();
    }
    return convert(text_.substr(begin, pos_ - begin), real);
  }

  std::size_t digits() {
    const std::size_t begin = pos_;
    while (is_digit(peek())) {
      ++pos_;
    }
    return pos_ - begin;
  }

  void require_digits() {
    if (digits() == 0) {
      fail("a digit is expected");
    }
  }

  static Value convert(std::string_view number, bool real) {
    if (real) {
      return std::strtod(std::string(number).c_str(), nullptr);
    }
    std::int64_t integer = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), integer).ec != std::errc()) {
      return std::string(number);
    }
    return integer;
  }

  std::string string() {
    std::string out;
    ++pos_;
    while (peek() != '"') {
      if (pos_ >= text_.size()) {
        fail("the text ends inside a string");
      }
      const char c = text_[pos_];
      if (static_cast<unsigned char>(c) < 0x20) {
        fail("a control character inside a string");
      }
      if (c == '\\') {
        escape(out);
      } else {
        character(out);
      }
    }
    ++pos_;
    return out;
  }

  void character(std::string& out) {
    const std::size_t length = decode_utf8(text_.substr(pos_)).length;
    if (length == 0) {
      fail("the text is not UTF-8");
    }
    out += text_.substr(pos_, length);
    pos_ += length;
  }

  void escape(std::string& out) {
    ++pos_;
    static constexpr std::string_view names = "\"\\/bfnrt";
    static constexpr std::string_view bytes = "\"\\/\b\f\n\r\t";
    const char c = peek();
    const std::size_t index = names.find(c);
    if (c != '\0' && index != std::string_view::npos) {
      out += bytes[index];
      ++pos_;
    } else if (take("u")) {
      unicode(out);
    } else {
      fail("an unknown escape inside a string");
    }
  }

  void unicode(std::string& out) {
    const std::uint32_t first = hex4();
    if (first >= 0xd800 && first <= 0xdbff && take("\\u")) {
      const std::uint32_t second = hex4();
      if (second < 0xdc00 || second > 0xdfff) {
        fail("half a surrogate pair inside a string");
      }
      append_utf8(out, 0x10000U + ((first - 0xd800U) << 10U) + (second - 0xdc00U));
    } else if (first >= 0xdc80 && first <= 0xdcff) {
      out += static_cast<char>(first & 0xffU);
    } else if (first >= 0xd800 && first <= 0xdfff) {
      fail("half a surrogate pair inside a string");
    } else {
      append_utf8(out, first);
    }
  }

  std::uint32_t hex4() {
    std::uint32_t value = 0;
    const std::string_view part = text_.substr(pos_, 4);
    const auto result = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (part.size() != 4 || result.ec != std::errc() || result.ptr != part.data() + 4) {
      fail("four hexadecimal digits are expected after '\\u'");
    }
    pos_ += 4;
    return value;
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t pos_ = 0;
};

}  // namespace

JsonNode read_json(std::string_view text, std::string_view where) { return Reader(text, where).document(); }

Value json_value(JsonNode&& node) {
  if (node.kind == JsonNode::Kind::scalar) {
    return std::move(node.value);
  }
  if (node.kind == JsonNode::Kind::list) {
    Value::List list;
    list.reserve(node.members.size());
    for (auto& member : node.members) {
      list.push_back(json_value(std::move(member.node)));
    }
    return list;
  }
  Value::Map map;
  map.reserve(node.members.size());
  for (auto& [key, member] : node.members) {
    map.emplace_back(std::move(key), json_value(std::move(member)));
  }
  return map;
}

Value parse_json(std::string_view text, std::string_view where) { return json_value(read_json(text, where)); }

}  // namespace mlops::spec
