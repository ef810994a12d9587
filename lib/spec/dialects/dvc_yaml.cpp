// SPDX-License-Identifier: Apache-2.0
// The YAML writer.
//
// Files that two programs write in turn should not change where nothing changed, so this lays out a document exactly as
// ruamel.yaml 0.19 does, which DVC writes with:
//
//   stages:
//     prepare:
//       cmd: python prepare.py --a-long-line folds at the first blank that follows
//         the eightieth column
//       deps:
//       - path: raw
//
// Columns count characters, not bytes. "indent" is where a folded line goes on: two columns right of the map or list
// that holds the scalar. The rules were found by experiment and are kept by tests against recorded output.

#include "spec/dialects/dvc_yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "spec/dialects/dvc_scalar.hpp"
#include "spec/utf8.hpp"
#include "spec/yaml.hpp"

namespace mlops::spec::dvc {

namespace {

constexpr std::size_t width = 80;
constexpr std::size_t longest_key = 122;  // of those that need no '?'

std::u32string decode(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const CodePoint point = byte < 0x80 ? CodePoint{byte, 1} : decode_utf8(text.substr(i));
    // A byte that is no UTF-8 cannot be written as it is; the caller has refused it long ago.
    out += point.length == 0 ? U'\ufffd' : static_cast<char32_t>(point.value);
    i += point.length == 0 ? 1 : point.length;
  }
  return out;
}

/// Where a value begins: behind "key:", behind "-", or behind the ":" that follows a "? key".
enum class After { key, dash, colon };

class Writer {
 public:
  explicit Writer(const YamlMarks& marks) : marks_(marks) {}

  std::string document(const Value& root) {
    if (!marks_.shared.empty()) {
      number_anchors(root);
    }
    if (const auto* map = root.get<Value::Map>(); map != nullptr && !map->empty()) {
      put_map(*map, 0, false);
    } else if (const auto* list = root.get<Value::List>(); list != nullptr && !list->empty()) {
      put_list(*list, 0, false);
    } else {
      out_ = root.get<Value::List>() != nullptr ? "[]\n" : "{}\n";
    }
    return std::move(out_);
  }

 private:
  /// Anchors are numbered in the order in which an object is met for the second time.
  void number_anchors(const Value& value) {
    if (const auto found = marks_.shared.find(&value); found != marks_.shared.end()) {
      const auto [anchor, fresh] = anchors_.try_emplace(found->second, Anchor{});
      if (!fresh) {
        anchor->second.number = anchor->second.number == 0 ? ++last_anchor_ : anchor->second.number;
        return;
      }
    }
    if (const auto* list = value.get<Value::List>()) {
      for (const Value& item : *list) {
        number_anchors(item);
      }
    } else if (const auto* map = value.get<Value::Map>()) {
      for (const auto& member : *map) {
        number_anchors(member.second);
      }
    }
  }

  void put(std::string_view ascii) {
    out_ += ascii;
    column_ += ascii.size();
  }

  void put(char32_t c) {
    append_utf8(out_, static_cast<std::uint32_t>(c));
    ++column_;
  }

  void put(std::u32string_view text) {
    for (const char32_t c : text) {
      put(c);
    }
  }

  void end_line() {
    out_ += '\n';
    column_ = 0;
  }

  void indent(std::size_t count) {
    out_.append(count, ' ');
    column_ += count;
  }

  void fold(std::size_t indentation) {
    end_line();
    indent(indentation);
  }

  /// With `inline_first` the first member stands on the line that was begun.
  void put_map(const Value::Map& map, std::size_t at, bool inline_first) {
    for (const auto& [key, value] : map) {
      indent(inline_first ? 0 : at);
      inline_first = false;
      put_member(key, value, at);
    }
  }

  void put_member(const MapKey& key, const Value& value, std::size_t at) {
    if (key.typed()) {
      put_plain(decode(typed_text(type_scalar(key), key)), at + 2, true);
      put(":");
      put_value(value, at, After::key);
      return;
    }
    const std::u32string text = decode(key);
    if (text.size() <= longest_key && std::ranges::none_of(text, is_line_break)) {
      put_text(text, at + 2, true);
      put(":");
      put_value(value, at, After::key);
      return;
    }
    put("? ");
    put_text(text, at + 2, false);
    fold(at);
    put(":");
    put_value(value, at, After::colon);
  }

  void put_list(const Value::List& list, std::size_t at, bool inline_first) {
    for (const Value& item : list) {
      indent(inline_first ? 0 : at);
      inline_first = false;
      put("-");
      put_value(item, at, After::dash);
    }
  }

  void put_value(const Value& value, std::size_t at, After after) {
    const bool collection = value.get<Value::Map>() != nullptr || value.get<Value::List>() != nullptr;
    if (collection) {
      put_collection(value, at, after);
      return;
    }
    if (value.is_null()) {
      put(after == After::dash ? " " : "");
    } else {
      put(" ");
      put_scalar(value, at + 2);
    }
    end_line();
  }

  void put_scalar(const Value& value, std::size_t at) {
    const auto* text = value.get<std::string>();
    if (text == nullptr) {
      put_plain(decode(typed_text(value, "")), at, false);
    } else if (marks_.numbers.contains(&value)) {
      put_plain(decode(*text), at, false);
    } else {
      put_text(decode(*text), at, false);
    }
  }

  void put_collection(const Value& value, std::size_t at, After after) {
    const Anchor* anchor = take_anchor(value);
    if (anchor != nullptr && anchor->written) {
      put(fmt::format(" *id{:03}", anchor->number));
      end_line();
      return;
    }
    if (anchor != nullptr) {
      anchors_[marks_.shared.at(&value)].written = true;
      put(fmt::format(" &id{:03}", anchor->number));
    }
    const auto* map = value.get<Value::Map>();
    const auto* list = value.get<Value::List>();
    if (map != nullptr ? map->empty() : list->empty()) {
      put(map != nullptr ? " {}" : " []");
      end_line();
      return;
    }
    const bool same_line = after != After::key && anchor == nullptr;
    if (same_line) {
      put(" ");
    } else {
      end_line();
    }
    if (map != nullptr) {
      put_map(*map, at + 2, same_line);
    } else {
      put_list(*list, same_line || after == After::dash ? at + 2 : at, same_line);
    }
  }

  struct Anchor {
    int number = 0;  ///< 0: met once only
    bool written = false;
  };

  const Anchor* take_anchor(const Value& value) const {
    const auto object = marks_.shared.find(&value);
    if (object == marks_.shared.end()) {
      return nullptr;
    }
    const auto anchor = anchors_.find(object->second);
    return anchor == anchors_.end() || anchor->second.number == 0 ? nullptr : &anchor->second;
  }

  /// What is no text, as it stands in a document.
  static std::string typed_text(const Value& value, std::string_view otherwise) {
    if (const auto* flag = value.get<bool>()) {
      return *flag ? "true" : "false";
    }
    if (const auto* number = value.get<std::int64_t>()) {
      return std::to_string(*number);
    }
    if (const auto* real = value.get<double>()) {
      const std::string text = float_repr(*real);
      return std::isfinite(*real) ? text : text[0] == '-' ? "-." + text.substr(1) : "." + text;
    }
    return value.is_null() ? "null" : std::string(otherwise);
  }

  void put_text(std::u32string_view text, std::size_t at, bool key) {
    switch (scalar_style(text)) {
      case ScalarStyle::plain:
        put_plain(text, at, key);
        break;
      case ScalarStyle::single_quoted:
        put_single_quoted(text, at, key);
        break;
      case ScalarStyle::double_quoted:
        put_double_quoted(text, at, key);
        break;
    }
  }

  /// Breaks before a word that would not fit any more, and at a single space when the line is full.
  void put_plain(std::u32string_view text, std::size_t at, bool key) {
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t word_end = std::min(text.find(U' ', i), text.size());
      if (column_ + (word_end - i) > width && column_ > at) {
        fold(at);
      }
      put(text.substr(i, word_end - i));
      i = std::min(text.find_first_not_of(U' ', word_end), text.size());
      if (i - word_end == 1 && column_ >= width && !key) {
        fold(at);
      } else {
        indent(i - word_end);
      }
    }
  }

  void put_single_quoted(std::u32string_view text, std::size_t at, bool key) {
    put("'");
    for (std::size_t i = 0; i < text.size();) {
      const char32_t c = text[i];
      const std::size_t end = c == U' ' ? std::min(text.find_first_not_of(U' ', i), text.size()) : i + 1;
      if (c == U' ' && end - i == 1 && column_ > width && i != 0 && end != text.size() && !key) {
        fold(at);
      } else if (is_line_break(c)) {
        put(c);
        const bool run = end < text.size() && is_line_break(text[end]);
        column_ = 0;
        indent(run ? 0 : at);
      } else {
        put(text.substr(i, end - i));
        put(c == U'\'' ? "'" : "");
      }
      i = end;
    }
    put("'");
  }

  void put_double_quoted(std::u32string_view text, std::size_t at, bool key) {
    put("\"");
    std::size_t pending = 0;  // what stands before it has been written
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!is_printable(text[i])) {
        put(text.substr(pending, i - pending));
        put(escaped(text[i]));
        pending = i + 1;
      }
      const bool inside = i > 0 && i + 1 < text.size() && !key;
      if (inside && (text[i] == U' ' || pending >= i) && column_ + i > width + pending) {
        fold_double_quoted(text, i, pending, at);
      }
    }
    put(text.substr(std::min(pending, text.size())));
    put("\"");
  }

  /// Breaks the line before character `i`; the line break itself reads as a space unless a backslash stands before it.
  void fold_double_quoted(std::u32string_view text, std::size_t i, std::size_t& pending, std::size_t at) {
    const bool backslash = pending == i || !break_reads_as_space(text, i);
    if (pending < i) {
      put(text.substr(pending, i - pending));
      pending = i;
    }
    put(backslash ? "\\" : "");
    fold(at);
    if (text[pending] == U' ') {
      pending += backslash ? 0 : 1;
      put(backslash ? "\\" : "");
    }
  }

  /// Not a rule of YAML but what the other writer does.
  static bool break_reads_as_space(std::u32string_view text, std::size_t i) {
    const std::size_t space = text.find(U' ', i);
    if (space == std::u32string_view::npos) {
      return false;
    }
    const std::size_t feed = text.substr(0, space).find(U'\n', i);
    const std::size_t next = feed == std::u32string_view::npos ? space : feed;
    if (next + 1 >= text.size() || (text[next] == U'\n' && text[next + 1] != U' ')) {
      return false;
    }
    const std::u32string_view ahead = text.substr(i, next - i);
    const bool quotes = ahead.find_first_of(U"\"'") != std::u32string_view::npos;
    const bool blank = text[next + 1] == U' ' || text[next + 1] == U'\n';
    return !quotes && !blank && !(text[i - 1] == U' ' && text[i] == U' ');
  }

  const YamlMarks& marks_;
  std::unordered_map<int, Anchor> anchors_;
  int last_anchor_ = 0;
  std::string out_;
  std::size_t column_ = 0;
};

}  // namespace

std::string emit_yaml(const Value& value, const YamlMarks& marks) { return Writer(marks).document(value); }

std::string emit_yaml(const Value& value) { return emit_yaml(value, YamlMarks{}); }

}  // namespace mlops::spec::dvc
