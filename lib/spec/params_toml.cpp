// SPDX-License-Identifier: Apache-2.0
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "spec/json.hpp"
#include "spec/params_text.hpp"
#include "spec/utf8.hpp"
#include "spec/value_edit.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

toml::table parse(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    throw Error("{}:{}: {}", file, error.source().begin.line, printable(error.description()));
  }
}

template <class T>
Value as_text(const T& value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

// Tables of toml++ are sorted by key; the order of the file is that of where the values stand.
template <class Table>
auto in_file_order(const Table& table) {
  std::vector<std::pair<std::string, const toml::node*>> members;
  for (const auto& [key, node] : table) {
    members.emplace_back(std::string(key.str()), &node);
  }
  std::ranges::stable_sort(members, [](const auto& a, const auto& b) {
    const toml::source_position x = a.second->source().begin;
    const toml::source_position y = b.second->source().begin;
    return std::pair(x.line, x.column) < std::pair(y.line, y.column);
  });
  return members;
}

Value convert(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    Value::Map map;
    for (const auto& [key, member] : in_file_order(*table)) {
      map.emplace_back(key, convert(*member));
    }
    return map;
  }
  if (const auto* array = node.as_array()) {
    Value::List list;
    for (const toml::node& item : *array) {
      list.push_back(convert(item));
    }
    return list;
  }
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* integer = node.as_integer()) {
    return std::int64_t{integer->get()};
  }
  if (const auto* real = node.as_floating_point()) {
    return real->get();
  }
  if (const auto* boolean = node.as_boolean()) {
    return boolean->get();
  }
  if (const auto* date = node.as_date()) {
    return as_text(date->get());
  }
  if (const auto* time = node.as_time()) {
    return as_text(time->get());
  }
  return as_text(node.as_date_time()->get());
}

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// JSON's escapes are TOML's; control characters and quotes come out the same.
std::string toml_key(const std::string& key) { return is_bare_key(key) ? key : json_string(key); }

std::string toml_text(const Value& value) {
  if (const auto* list = value.get<Value::List>()) {
    std::string out;
    for (const Value& item : *list) {
      out += (out.empty() ? "" : ", ") + toml_text(item);
    }
    return "[" + out + "]";
  }
  if (const auto* map = value.get<Value::Map>()) {
    std::string out;
    for (const auto& [key, member] : *map) {
      out += (out.empty() ? " " : ", ") + toml_key(key) + " = " + toml_text(member);
    }
    return out.empty() ? "{}" : "{" + out + " }";
  }
  if (const auto* real = value.get<double>()) {
    return format_float(*real);
  }
  if (value.is_null()) {
    throw Error::usage("TOML has no null");
  }
  return to_json(value);
}

/// The offset of a line and column, which toml++ counts in characters.
std::size_t offset_of(std::string_view text, const toml::source_position& position) {
  std::size_t pos = 0;
  for (toml::source_index line = 1; line < position.line && pos < text.size(); ++line) {
    pos = std::min(text.find('\n', pos), text.size() - 1) + 1;
  }
  for (toml::source_index column = 1; column < position.column && pos < text.size(); ++column) {
    pos += std::max<std::size_t>(decode_utf8(text.substr(pos)).length, 1);
  }
  return pos;
}

std::size_t line_end(std::string_view text, std::size_t pos) { return std::min(text.find('\n', pos), text.size()); }

const toml::node* child_of(const toml::node& node, const std::string& key) {
  if (const auto* table = node.as_table()) {
    return table->get(key);
  }
  const auto* array = node.as_array();
  const std::optional<std::size_t> index = list_index(key);
  return array != nullptr && index && *index < array->size() ? array->get(*index) : nullptr;
}

class TomlEditor {
 public:
  TomlEditor(const std::string& text, const std::string& file) : text_(text), root_(parse(text, file)) {}

  std::string set(const std::vector<std::string>& path, const Value& value) {
    const toml::node* at = &root_;
    const toml::table* table = &root_;  // the innermost table with a place of its own in the text
    std::size_t table_depth = 0;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const toml::node* child = child_of(*at, path[i]);
      if (child == nullptr) {
        return append(*table, *at, {path.begin() + static_cast<std::ptrdiff_t>(table_depth), path.end()}, value);
      }
      at = child;
      if (at->is_table() && !at->as_table()->is_inline()) {
        table = at->as_table();
        table_depth = i + 1;
      }
    }
    const std::size_t begin = offset_of(text_, at->source().begin);
    return put(begin, offset_of(text_, at->source().end), toml_text(value));
  }

 private:
  std::string put(std::size_t begin, std::size_t end, const std::string& replacement) const {
    return text_.substr(0, begin) + replacement + text_.substr(end);
  }

  /// Adds "a.b = value" behind the last line of the table, or into the inline table or array that lacks it.
  std::string append(const toml::table& table, const toml::node& at, const std::vector<std::string>& keys,
                     const Value& value) const {
    if (const auto* inner = at.as_table(); inner != nullptr && inner->is_inline()) {
      const std::string member = toml_key(keys.back()) + " = " + toml_text(value);
      const std::size_t close = offset_of(text_, inner->source().end) - 1;
      const std::size_t last = text_.find_last_not_of(" \t", close - 1) + 1;
      return put(last, close, (inner->empty() ? " " : ", ") + member + " ");
    }
    if (const auto* array = at.as_array(); array != nullptr) {
      const std::size_t close = offset_of(text_, array->source().end) - 1;
      const std::size_t last = text_.find_last_not_of(" \t\r\n,", close - 1) + 1;
      return put(last, last, (array->empty() ? "" : ", ") + toml_text(value));
    }
    std::string line;
    for (const std::string& key : keys) {
      line += (line.empty() ? "" : ".") + toml_key(key);
    }
    line += " = " + toml_text(value);
    return add_line(last_line_of(table), line);
  }

  /// The offset of the end of the last line that belongs to the table itself; npos if its place is the text's beginning.
  std::size_t last_line_of(const toml::table& table) const {
    std::size_t end = &table == &root_ ? std::string::npos : line_end(text_, offset_of(text_, table.source().begin));
    for (const auto& [key, node] : table) {
      const auto* inner = node.as_table();
      const auto* array = node.as_array();
      const bool elsewhere =
          (inner != nullptr && !inner->is_inline()) ||
          (array != nullptr && !array->empty() && array->get(0)->is_table() && !array->get(0)->as_table()->is_inline());
      if (!elsewhere) {
        const std::size_t own = line_end(text_, offset_of(text_, node.source().end));
        end = end == std::string::npos ? own : std::max(end, own);
      }
    }
    return end;
  }

  std::string add_line(std::size_t pos, const std::string& line) const {
    if (pos == std::string::npos) {
      return put(0, 0, line + "\n");
    }
    const bool crlf = pos > 0 && text_[pos - 1] == '\r' && pos < text_.size();
    return pos == text_.size() ? text_ + "\n" + line + "\n" : put(pos + 1, pos + 1, line + (crlf ? "\r\n" : "\n"));
  }

  const std::string& text_;
  toml::table root_;
};

/// `text` with the value in a table of its own at the end: for a table that only others' names imply.
std::string with_section(const std::string& text, const std::vector<std::string>& path, const Value& value) {
  std::string header;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    header += (i == 0 ? "" : ".") + toml_key(path[i]);
  }
  const std::string gap = text.empty() || text.ends_with('\n') ? "" : "\n";
  return text + gap + "\n[" + header + "]\n" + toml_key(path.back()) + " = " + toml_text(value) + "\n";
}

bool means(const std::string& text, const std::string& file, const Value& wanted) {
  try {
    return read_toml(text, file) == wanted;
  } catch (const Error&) {
    return false;  // An edit that makes the text unreadable is none.
  }
}

}  // namespace

Value read_toml(std::string_view text, const std::string& file) { return convert(parse(text, file)); }

std::string apply_to_toml(const std::string& text, const std::string& file, const Assignment& assignment) {
  const Value before = read_toml(text, file);
  if (const Value* old = value_at(before, assignment.path); old != nullptr && *old == assignment.value) {
    return text;
  }
  const Value wanted = with_value(before, assignment.path, assignment.value, file);
  std::string edited = TomlEditor(text, file).set(assignment.path, assignment.value);
  if (!means(edited, file, wanted)) {
    edited = with_section(text, assignment.path, assignment.value);
  }
  if (!means(edited, file, wanted)) {
    refuse_edit(file, assignment);
  }
  return edited;
}

}  // namespace mlops::spec
