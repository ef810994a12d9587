// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "spec/json.hpp"
#include "spec/params_text.hpp"
#include "spec/value_edit.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

/// How the file breaks and indents its lines, seen at the first member of its first collection.
JsonStyle detect_style(std::string_view text, const JsonNode& root) {
  JsonStyle style{.bare_nan = true};
  if (root.members.empty()) {
    style.indent = text.find('\n') == std::string_view::npos ? 0 : 2;
    return style;
  }
  const JsonNode& first = root.members.front().node;
  const std::size_t begin = root.kind == JsonNode::Kind::map ? first.key_begin : first.begin;
  const std::string_view gap = text.substr(root.begin + 1, begin - root.begin - 1);
  if (const std::size_t newline = gap.rfind('\n'); newline != std::string_view::npos) {
    const std::string_view indent = gap.substr(newline + 1);
    style.tabs = indent.starts_with('\t');
    style.indent = static_cast<int>(indent.size());
  } else if (root.kind == JsonNode::Kind::map) {
    style.compact = first.begin > 0 && text[first.begin - 1] == ':';
  }
  return style;
}

/// What stands between the members of `node`: a line break and indentation, or a space, or nothing.
std::string member_gap(std::string_view text, const JsonNode& node, const JsonStyle& style) {
  const auto& [key, last] = node.members.back();
  const std::size_t begin = node.kind == JsonNode::Kind::map ? last.key_begin : last.begin;
  const std::size_t before = text.find_last_not_of(" \t\r\n", begin - 1);
  const std::string_view gap = text.substr(before + 1, begin - before - 1);
  if (node.members.size() == 1 && gap.empty()) {
    return style.compact ? "" : " ";
  }
  return std::string(gap);
}

class JsonEditor {
 public:
  JsonEditor(const std::string& text, const std::string& file)
      : text_(text), root_(read_json(text, file)), style_(detect_style(text, root_)) {}

  std::string set(const std::vector<std::string>& path, const Value& value) {
    const JsonNode* at = &root_;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const JsonNode* child = find(*at, path[i]);
      if (child == nullptr) {
        return append(*at, path, i, value);
      }
      at = child;
      if (at->kind == JsonNode::Kind::scalar) {
        return put(at->begin, at->end, nested(path, i + 1, value, static_cast<int>(i + 1)));
      }
    }
    return put(at->begin, at->end, nested(path, path.size(), value, static_cast<int>(path.size())));
  }

 private:
  static const JsonNode* find(const JsonNode& at, const std::string& key) {
    if (at.kind == JsonNode::Kind::list) {
      const std::optional<std::size_t> index = list_index(key);
      return index && *index < at.members.size() ? &at.members[*index].node : nullptr;
    }
    const auto found = std::ranges::find_if(at.members, [&](const auto& member) { return member.key == key; });
    return found == at.members.end() ? nullptr : &found->node;
  }

  /// The text of `value` inside maps for the keys from `from` on, as it stands at that level.
  std::string nested(const std::vector<std::string>& path, std::size_t from, const Value& value, int level) const {
    Value out = value;
    for (std::size_t i = path.size(); i-- > from;) {
      out = Value(Value::Map{{path[i], std::move(out)}});
    }
    JsonStyle style = style_;
    style.level = level;
    return write_json(out, style);
  }

  std::string append(const JsonNode& at, const std::vector<std::string>& path, std::size_t depth, const Value& value) {
    const std::string text = nested(path, depth + 1, value, static_cast<int>(depth) + 1);
    const std::string key = json_string(path[depth]) + (style_.compact ? ":" : ": ");
    const std::string member = (at.kind == JsonNode::Kind::map ? key : "") + text;
    if (at.members.empty()) {
      return put(at.begin, at.end, nested(path, depth, value, static_cast<int>(depth)));
    }
    const std::size_t end = at.members.back().node.end;
    return put(end, end, "," + member_gap(text_, at, style_) + member);
  }

  std::string put(std::size_t begin, std::size_t end, const std::string& replacement) const {
    return text_.substr(0, begin) + replacement + text_.substr(end);
  }

  const std::string& text_;
  JsonNode root_;
  JsonStyle style_;
};

}  // namespace

void refuse_edit(const std::string& file, const Assignment& assignment) {
  throw Error("{}: '{}' cannot be changed in place", file, printable(join(assignment.path, ".")))
      .hint("edit the file by hand");
}

std::string apply_to_json(const std::string& text, const std::string& file, const Assignment& assignment) {
  const std::string start = trim(text).empty() ? "{}\n" : text;
  const Value before = parse_json(start, file);
  if (const Value* old = value_at(before, assignment.path); old != nullptr && *old == assignment.value) {
    return text;
  }
  const Value wanted = with_value(before, assignment.path, assignment.value, file);
  std::string edited = JsonEditor(start, file).set(assignment.path, assignment.value);
  if (!(parse_json(edited, file) == wanted)) {
    refuse_edit(file, assignment);
  }
  return edited;
}

}  // namespace mlops::spec
