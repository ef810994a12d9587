// SPDX-License-Identifier: Apache-2.0
// Edits are splices: the smallest run of bytes that stands for a value is exchanged. As the layouts that people invent
// have no end, no splice is trusted: its result is read again, and unless it means exactly what was asked for, and
// nothing else changed, the edit is refused and the text stays as it was.

#include "spec/yaml_edit.hpp"

#include <algorithm>
#include <optional>

#include "spec/value_edit.hpp"
#include "spec/yaml.hpp"
#include "spec/yaml_layout.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

using Path = std::vector<std::string>;

/// Exchanges text[begin, end).
struct Splice {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text{};
};

/// What stands behind "key:" for a value in a block: on the key's line, and on lines of its own.
struct BlockText {
  std::string head;  ///< with its leading space; may be empty
  std::string body;  ///< whole lines, each with a line break before it; may be empty
};

BlockText block_text(const Value& value, std::size_t key_column, std::size_t body_column) {
  if (is_inline(value)) {
    std::string text = " " + emit_yaml(value);
    text.pop_back();
    return {.head = std::move(text), .body = {}};
  }
  if (value.get<std::string>() != nullptr) {
    std::string text = emit_yaml(value, static_cast<int>(key_column));
    text.pop_back();
    const std::size_t first = text.find('\n');
    return {.head = " " + text.substr(key_column, first - key_column), .body = text.substr(first)};
  }
  std::string text = "\n" + emit_yaml(value, static_cast<int>(body_column));
  text.pop_back();
  return {.head = {}, .body = std::move(text)};
}

/// The same as `member` writes it.
BlockText member_block(MemberText member, const std::string& key, const Value& value, std::size_t column) {
  const std::size_t key_end = member(key, Value(), column).size() - 1;
  std::string text = member(key, value, column);
  text.pop_back();
  const std::size_t first = std::min(text.find('\n', key_end), text.size());
  return {.head = text.substr(key_end, first - key_end), .body = text.substr(first)};
}

/// A value that is not a filled collection, on one line.
std::string inline_form(const Value& value) {
  const auto* text = value.get<std::string>();
  return text == nullptr ? emit_flow(value) : emit_scalar(*text);
}

/// The line of the value at `path`, or of the innermost one on the way to it.
int line_of(const YamlNode& root, const Path& path) {
  const YamlNode* at = &root;
  for (const std::string& key : path) {
    const auto index = at->kind == YamlNode::Kind::sequence ? list_index(key) : std::nullopt;
    const YamlNode* child = index && *index < at->items.size() ? &at->items[*index] : at->find(key);
    if (child == nullptr) {
      break;
    }
    at = child;
  }
  return at->line;
}

Error not_in_place(const std::string& text, const std::string& file, const Path& path) {
  return Error("{}:{}: '{}' cannot be changed in place", file, line_of(parse_yaml(text, file), path),
               printable(join(path, ".")))
      .hint("edit the file by hand");
}

/// Finds the splices for one edit.
class Editor {
 public:
  Editor(const std::string& text, const std::string& file, MemberText member)
      : text_(text), file_(file), member_(member), document_(lay_out(text, file)) {}

  std::vector<Splice> set(const Path& path, const Value& value) {
    path_ = path;
    if (document_.root->kind == YamlNode::Kind::null) {
      append_to_empty(path, value);
      return std::move(splices_);
    }
    const YamlLayout* at = &document_.layout;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const YamlLayout* child = find(*at, path[i]);
      if (child == nullptr) {
        append(*at, path[i], nest({path.begin() + static_cast<std::ptrdiff_t>(i) + 1, path.end()}, value));
        return std::move(splices_);
      }
      const bool last = i + 1 == path.size();
      if (last || is_empty(*child)) {
        replace(*at, *child, nest({path.begin() + static_cast<std::ptrdiff_t>(i) + 1, path.end()}, value));
        return std::move(splices_);
      }
      parents_.push_back(at);
      at = child;
    }
    throw Error("{}: the whole document cannot be set", file_);
  }

  std::vector<Splice> erase(const Path& path) {
    path_ = path;
    const YamlLayout* at = &document_.layout;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      parents_.push_back(at);
      at = find(*at, path[i]);
      if (at == nullptr) {
        refuse();
      }
    }
    const YamlLayout* child = find(*at, path.back());
    if (child == nullptr) {
      refuse();
    }
    remove(*at, *child, path.size() > 1 ? find(*parents_.back(), path[path.size() - 2]) : nullptr);
    return std::move(splices_);
  }

 private:
  [[noreturn]] void refuse() const { throw not_in_place(text_, file_, path_); }

  std::size_t column(std::size_t pos) const { return pos - line_begin(text_, pos); }

  static const YamlLayout* find(const YamlLayout& at, const std::string& key) {
    if (at.is_map()) {
      for (std::size_t i = 0; i < at.children.size(); ++i) {
        if (at.node->members[i].key.scalar == key) {
          return &at.children[i];
        }
      }
      return nullptr;
    }
    const std::optional<std::size_t> index = list_index(key);
    return at.is_list() && index && *index < at.children.size() ? &at.children[*index] : nullptr;
  }

  static const std::string& key_of(const YamlLayout& parent, const YamlLayout& child) {
    return parent.node->members[static_cast<std::size_t>(&child - parent.children.data())].key.scalar;
  }

  /// A null or an empty map, in whose place a map with a first member may be put.
  static bool is_empty(const YamlLayout& at) {
    return at.node->kind == YamlNode::Kind::null || (at.is_map() && at.children.empty());
  }

  static Value nest(const Path& path, const Value& value) {
    Value out = value;
    for (auto key = path.rbegin(); key != path.rend(); ++key) {
      out = Value(Value::Map{{*key, std::move(out)}});
    }
    return out;
  }

  void append_to_empty(const Path& path, const Value& value) {
    const Path below(path.begin() + 1, path.end());
    std::string text = member_ != nullptr ? member_(path.front(), nest(below, value), 0) : emit_yaml(nest(path, value));
    if (!text_.empty() && text_.back() != '\n') {
      text.insert(0, "\n");
    }
    add(text_.size(), text_.size(), std::move(text));
  }

  void add(std::size_t begin, std::size_t end, std::string text) {
    splices_.push_back({.begin = begin, .end = end, .text = std::move(text)});
  }

  void add_at(std::size_t pos, std::string text) { add(pos, pos, std::move(text)); }

  void replace(const YamlLayout& parent, const YamlLayout& child, const Value& value) {
    if (parent.node->flow) {
      replace_in_flow(parent, child, value);
      return;
    }
    const bool own_line = child.present && line_begin(text_, child.begin) > child.key_begin;
    if (parent.is_list() && child.present && !own_line) {
      replace_item(child, value);
      return;
    }
    const std::size_t key_column = column(child.key_begin);
    BlockText text = member_ != nullptr && parent.is_map()
                         ? member_block(member_, key_of(parent, child), value, key_column)
                         : block_text(value, key_column, body_column(child, value, own_line, key_column));
    if (own_line && !text.head.empty() && next_line(text_, child.key_end) != line_begin(text_, child.begin)) {
      // Blank lines and comments that stand between would become part of a literal block.
      text = {.head = " " + inline_form(value), .body = {}};
    }
    add(child.key_end, child.present && !own_line ? child.end : child.key_end, text.head);
    if (own_line) {
      // The lines of the old value make way for those of the new one.
      const std::string lines = text.body.empty() ? "" : text.body.substr(1);
      const std::size_t end = lines.empty() ? next_line(text_, child.end) : line_end(text_, child.end);
      add(line_begin(text_, child.begin), end, lines);
    } else if (!text.body.empty()) {
      add_at(line_end(text_, child.present ? child.end : child.key_end), text.body);
    }
  }

  std::size_t body_column(const YamlLayout& child, const Value& value, bool own_line, std::size_t key_column) const {
    const bool list = value.get<Value::List>() != nullptr;
    if (own_line && list == child.is_list()) {
      return column(child.begin);
    }
    return list ? key_column : key_column + 2;
  }

  /// An item whose value begins on the dash's line.
  void replace_item(const YamlLayout& child, const Value& value) {
    const std::size_t dash = column(child.key_begin);
    if (is_inline(value) || value.get<std::string>() != nullptr) {
      const BlockText text = block_text(value, dash, dash);
      add(child.key_end, child.end, text.head);
      if (!text.body.empty()) {
        add_at(line_end(text_, child.end), text.body);
      }
      return;
    }
    const std::size_t own = column(child.begin);
    std::string text = emit_yaml(value, static_cast<int>(own));
    text.pop_back();
    // A comment behind the old value stays on the first line, where it cannot become part of a literal block.
    const std::size_t first = text.find('\n');
    add(child.begin, child.end, text.substr(own, first - own));
    if (first != std::string::npos) {
      add_at(line_end(text_, child.end), text.substr(first));
    }
  }

  void replace_in_flow(const YamlLayout& parent, const YamlLayout& child, const Value& value) {
    if (child.present) {
      add(child.begin, child.end, emit_flow(value));
    } else if (parent.is_map()) {
      add(child.key_end, child.key_end, (child.colon ? " " : ": ") + emit_flow(value));
    } else {
      refuse();
    }
  }

  void append(const YamlLayout& at, const std::string& key, const Value& value) {
    if (at.node->alias || at.compact || (!at.is_map() && !at.is_list())) {
      refuse();
    }
    if (at.is_list() && list_index(key) != at.children.size()) {
      refuse();
    }
    if (at.node->flow) {
      append_to_flow(at, key, value);
      return;
    }
    const std::size_t own = column(at.children.front().key_begin);
    Value one = at.is_list() ? Value(Value::List{value}) : Value(Value::Map{{key, value}});
    std::string text = "\n";
    text += member_ != nullptr && at.is_map() ? member_(key, value, own) : emit_yaml(one, static_cast<int>(own));
    text.pop_back();
    add_at(line_end(text_, at.end), std::move(text));
  }

  void append_to_flow(const YamlLayout& at, const std::string& key, const Value& value) {
    const Value one = at.is_list() ? Value(Value::List{value}) : Value(Value::Map{{key, value}});
    std::string text = emit_flow(one);
    text = text.substr(1, text.size() - 2);
    if (at.children.empty()) {
      add(at.end - 1, at.end - 1, text);
    } else {
      add(at.children.back().end, at.children.back().end, ", " + text);
    }
  }

  void remove(const YamlLayout& parent, const YamlLayout& child, const YamlLayout* parent_as_child) {
    const auto index = static_cast<std::size_t>(&child - parent.children.data());
    if (parent.node->flow) {
      remove_from_flow(parent, index);
      return;
    }
    if (parent.children.size() == 1 && parent_as_child != nullptr) {
      replace(*parents_.back(), *parent_as_child, parent.is_map() ? Value(Value::Map{}) : Value(Value::List{}));
      remove_comments(child.key_begin);
      return;
    }
    const std::size_t first = line_begin(text_, child.key_begin);
    const bool shares_line = text_.find_first_not_of(' ', first) != child.key_begin;
    if (shares_line && index + 1 < parent.children.size()) {
      add(child.key_begin, parent.children[index + 1].key_begin, {});
      return;
    }
    std::size_t begin = comments_above(child.key_begin);
    const std::size_t end = next_line(text_, std::max(child.end, child.key_end));
    if (end == text_.size() && text_.back() != '\n' && begin > 0) {
      --begin;
      begin -= begin > 0 && text_[begin - 1] == '\r' ? 1 : 0;
    }
    add(begin, end, {});
  }

  void remove_comments(std::size_t key) {
    // A key behind a dash shares its line, and the comments above it, with the item.
    const std::size_t begin = comments_above(key);
    const std::size_t end = line_begin(text_, key);
    if (begin < end && text_.find_first_not_of(' ', end) == key) {
      add(begin, end, {});
    }
  }

  /// The first of the comment lines directly above the line of `key`, at the same indentation.
  std::size_t comments_above(std::size_t key) const {
    const std::size_t own = column(key);
    std::size_t begin = line_begin(text_, key);
    while (begin > 0) {
      const std::size_t line = line_begin(text_, begin - 1);
      const std::size_t first = text_.find_first_not_of(' ', line);
      if (text_[first] != '#' || first - line != own) {
        break;
      }
      begin = line;
    }
    return begin;
  }

  void remove_from_flow(const YamlLayout& parent, std::size_t index) {
    const auto& children = parent.children;
    if (parent.compact) {
      refuse();
    }
    if (index + 1 < children.size()) {
      add(children[index].key_begin, children[index + 1].key_begin, {});
    } else if (index > 0) {
      add(children[index - 1].end, children[index].end, {});
    } else {
      add(children[index].key_begin, children[index].end, {});
    }
  }

  const std::string& text_;
  const std::string& file_;
  MemberText member_;
  Path path_{};  ///< what is edited, for messages
  YamlDocument document_;
  std::vector<const YamlLayout*> parents_;
  std::vector<Splice> splices_;
};

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '\n' ? "\r\n" : std::string(1, c);
  }
  return out;
}

/// Carries out splices that do not overlap, with the line breaks that `text` has.
std::string spliced(const std::string& text, std::vector<Splice> splices) {
  std::ranges::stable_sort(splices, {}, &Splice::begin);
  const std::size_t newline = text.find('\n');
  const bool crlf = newline != std::string::npos && newline > 0 && text[newline - 1] == '\r';
  std::string out;
  std::size_t done = 0;
  for (const Splice& splice : splices) {
    out.append(text, done, splice.begin - done);
    out += crlf ? with_crlf(splice.text) : splice.text;
    done = splice.end;
  }
  return out.append(text, done, text.size() - done);
}

Value read(const std::string& text, const std::string& file) {
  Value value = to_value(parse_yaml(text, file));
  return value.is_null() ? Value(Value::Map{}) : value;
}

}  // namespace

YamlEditor::YamlEditor(std::string text, std::string file, MemberText member)
    : text_(std::move(text)), file_(std::move(file)), member_(member), value_(read(text_, file_)) {
  if (value_.get<Value::Map>() == nullptr) {
    throw Error("{}:1: a map of keys is expected", file_);
  }
}

void YamlEditor::set(const std::vector<std::string>& path, const Value& value) {
  if (const Value* old = value_at(value_, path); old != nullptr && *old == value) {
    return;
  }
  Value wanted = with_value(value_, path, value, file_);
  adopt(spliced(text_, Editor(text_, file_, member_).set(path, value)), std::move(wanted), path);
}

bool YamlEditor::erase(const std::vector<std::string>& path) {
  if (path.empty() || value_at(value_, path) == nullptr) {
    return false;
  }
  adopt(spliced(text_, Editor(text_, file_, member_).erase(path)), without_value(value_, path), path);
  return true;
}

void YamlEditor::adopt(std::string text, Value wanted, const std::vector<std::string>& path) {
  const auto means_it = [&](const std::string& candidate) {
    try {
      return read(candidate, file_) == wanted;
    } catch (const Error&) {
      return false;  // The splice made the text unreadable, which is one of the things it is checked for.
    }
  };
  // A literal block at the very end needs a last line break, which this text may not have had.
  if (!text.ends_with('\n') && !means_it(text)) {
    text += '\n';
  }
  if (!means_it(text)) {
    throw not_in_place(text_, file_, path);
  }
  text_ = std::move(text);
  value_ = std::move(wanted);
}

}  // namespace mlops::spec
