// SPDX-License-Identifier: Apache-2.0
// yaml-cpp says where a value begins, not where it ends. Ends are found here: for a collection it is that of its last
// child (and its closing bracket), for a scalar that of its characters by the rules of its style.

#include "spec/yaml_layout.hpp"

#include <algorithm>
#include <array>

#include "spec/yaml_reader.hpp"

namespace mlops::spec {

namespace {

constexpr std::string_view flow_marks = ",[]{}";

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r'; }

class Surveyor {
 public:
  Surveyor(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  /// Fills in ends and children. `indent` is the column of the key or dash that the value belongs to, -1 for the root.
  void survey(YamlLayout& at, bool flow, int indent) {
    if (at.node->kind == YamlNode::Kind::null) {
      survey_null(at, flow, indent);
      return;
    }
    at.begin = at.node->offset;
    const std::size_t body = skip_properties(at.begin);
    if (at.node->kind == YamlNode::Kind::scalar) {
      at.end = scalar_end(body, flow, indent);
    } else if (at.node->flow) {
      at.compact = at.is_map() && peek(body) != '{';
      survey_flow(at, body);
    } else if (at.is_map()) {
      survey_block_map(at);
    } else {
      survey_block_list(at, body);
    }
  }

 private:
  [[noreturn]] void fail(std::size_t pos) const {
    const std::string_view before = text_.substr(0, std::min(pos, text_.size()));
    throw Error("{}:{}: written in a way that cannot be changed in place", file_, 1 + std::ranges::count(before, '\n'));
  }

  char peek(std::size_t pos) const { return pos < text_.size() ? text_[pos] : '\n'; }

  std::size_t column(std::size_t pos) const { return pos - line_begin(text_, pos); }

  /// Skips spaces, line breaks and comments.
  std::size_t skip_space(std::size_t pos) const {
    while (pos < text_.size()) {
      if (is_space(text_[pos])) {
        ++pos;
      } else if (text_[pos] == '#' && (pos == 0 || is_space(text_[pos - 1]))) {
        pos = line_end(text_, pos);
      } else {
        break;
      }
    }
    return pos;
  }

  /// Skips anchors and tags and what separates them.
  std::size_t skip_properties(std::size_t pos) const {
    while (peek(pos) == '&' || peek(pos) == '!') {
      while (pos < text_.size() && !is_space(text_[pos])) {
        ++pos;
      }
      pos = skip_space(pos);
    }
    return pos;
  }

  /// Finds the ':' behind a key; returns the offset after it, or `pos` if there is none.
  std::size_t skip_colon(std::size_t pos) const {
    const std::size_t colon = skip_space(pos);
    return peek(colon) == ':' ? colon + 1 : pos;
  }

  void survey_null(YamlLayout& at, bool flow, int indent) const {
    at.begin = at.end = at.key_end;
    at.present = false;
    const std::size_t pos = skip_space(at.key_end);
    const bool same_line = line_begin(text_, pos) == line_begin(text_, at.key_end);
    if (!flow && !same_line && static_cast<int>(column(pos)) <= indent) {
      return;
    }
    const std::size_t body = skip_properties(pos);
    for (const std::string_view word : std::array<std::string_view, 4>{"~", "null", "Null", "NULL"}) {
      const char next = peek(body + word.size());
      if (text_.substr(body).starts_with(word) && (is_space(next) || flow_marks.find(next) != std::string_view::npos)) {
        at.begin = pos;
        at.end = body + word.size();
        at.present = true;
      }
    }
    if (body != pos && !at.present) {
      fail(pos);
    }
  }

  void survey_block_map(YamlLayout& at) {
    at.end = at.begin;
    for (const auto& [key, value] : at.node->members) {
      YamlLayout child;
      child.node = &value;
      child.key_begin = key.offset;
      const int indent = static_cast<int>(column(key.offset));
      const std::size_t key_end = scalar_end(skip_properties(key.offset), false, indent, true);
      child.key_end = skip_colon(key_end);
      if (child.key_end == key_end) {
        fail(key.offset);
      }
      survey(child, false, indent);
      at.end = child.end;
      at.children.push_back(std::move(child));
    }
  }

  void survey_block_list(YamlLayout& at, std::size_t pos) {
    at.end = at.begin;
    for (const YamlNode& item : at.node->items) {
      pos = skip_space(pos);
      if (peek(pos) != '-') {
        fail(pos);
      }
      YamlLayout child;
      child.node = &item;
      child.key_begin = pos;
      child.key_end = pos + 1;
      survey(child, false, static_cast<int>(column(pos)));
      pos = at.end = child.end;
      at.children.push_back(std::move(child));
    }
  }

  void survey_flow(YamlLayout& at, std::size_t body) {
    std::size_t pos = at.compact ? body : body + 1;
    for (const auto& [key, value] : at.node->members) {
      YamlLayout child;
      child.node = &value;
      child.key_begin = key.offset;
      const std::size_t key_end = scalar_end(skip_properties(key.offset), true, -1);
      child.key_end = skip_colon(key_end);
      child.colon = child.key_end != key_end;
      survey(child, true, -1);
      pos = child.end;
      at.children.push_back(std::move(child));
    }
    for (const YamlNode& item : at.node->items) {
      YamlLayout child;
      child.node = &item;
      child.key_begin = child.key_end = item.offset;
      survey(child, true, -1);
      pos = child.end;
      at.children.push_back(std::move(child));
    }
    at.end = at.compact ? pos : closing_bracket(pos, at.is_map() ? '}' : ']');
  }

  std::size_t closing_bracket(std::size_t pos, char bracket) const {
    pos = skip_space(pos);
    if (peek(pos) == ',') {
      pos = skip_space(pos + 1);
    }
    if (peek(pos) != bracket) {
      fail(pos);
    }
    return pos + 1;
  }

  std::size_t scalar_end(std::size_t pos, bool flow, int indent, bool key = false) const {
    switch (peek(pos)) {
      case '"':
      case '\'':
        return std::min(quoted_end(text_, pos), text_.size());
      case '|':
      case '>':
        return flow ? plain_end(pos, flow) : block_scalar_end(pos, indent);
      default:
        return flow || key ? plain_end(pos, flow) : continued_end(pos, indent);
    }
  }

  /// A plain scalar ends before ': ', ' #', in flow also before brackets and commas; in a block at the line's end.
  std::size_t plain_end(std::size_t pos, bool flow) const {
    std::size_t end = pos;
    for (; pos < text_.size(); ++pos) {
      const char c = text_[pos];
      const char next = peek(pos + 1);
      const bool flow_end = flow && (flow_marks.find(c) != std::string_view::npos || c == '?');
      const bool colon = c == ':' && (is_space(next) || (flow && flow_marks.find(next) != std::string_view::npos));
      const bool comment = c == '#' && pos > 0 && is_space(text_[pos - 1]);
      if (flow_end || colon || comment || (!flow && (c == '\n' || c == '\r'))) {
        break;
      }
      if (!is_space(c)) {
        end = pos + 1;
      }
    }
    return end;
  }

  /// A plain scalar in a block may go on in lines that are indented deeper than its key.
  std::size_t continued_end(std::size_t pos, int indent) const {
    std::size_t end = plain_end(pos, false);
    while (peek(skip_blanks(end)) != '#') {
      const std::size_t next = next_content(end);
      if (next == text_.size() || static_cast<int>(column(next)) <= indent || text_[next] == '#') {
        break;
      }
      end = plain_end(next, false);
      if (end == next) {
        fail(next);
      }
    }
    return end;
  }

  std::size_t skip_blanks(std::size_t pos) const {
    while (is_blank(peek(pos))) {
      ++pos;
    }
    return pos;
  }

  /// The next byte that is no space, on a later line.
  std::size_t next_content(std::size_t pos) const {
    while (pos < text_.size() && is_space(text_[pos])) {
      ++pos;
    }
    return pos;
  }

  std::size_t block_scalar_end(std::size_t pos, int indent) const {
    const std::string_view header = text_.substr(pos, line_end(text_, pos) - pos);
    const bool keep = header.substr(0, header.find('#')).find('+') != std::string_view::npos;
    std::size_t end = line_end(text_, pos);
    for (std::size_t line = next_line(text_, pos); line < text_.size(); line = next_line(text_, line)) {
      const std::size_t first = std::min(text_.find_first_not_of(' ', line), text_.size());
      const bool blank = first == line_end(text_, line) || first == text_.size();
      if (!blank && static_cast<int>(first - line) <= indent) {
        break;
      }
      if (!blank || keep) {
        end = line_end(text_, line);
      }
    }
    return end;
  }

  std::string_view text_;
  const std::string& file_;
};

}  // namespace

std::size_t quoted_end(std::string_view text, std::size_t pos) {
  const char quote = text[pos];
  for (++pos; pos < text.size(); ++pos) {
    if (quote == '"' && text[pos] == '\\') {
      ++pos;
    } else if (text[pos] == quote) {
      if (quote == '"' || pos + 1 == text.size() || text[pos + 1] != '\'') {
        return pos + 1;
      }
      ++pos;
    }
  }
  return std::string_view::npos;
}

std::size_t line_begin(std::string_view text, std::size_t pos) {
  const std::size_t before = pos == 0 ? std::string_view::npos : text.rfind('\n', pos - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

std::size_t line_end(std::string_view text, std::size_t pos) {
  const std::size_t end = std::min(text.find('\n', pos), text.size());
  return end > pos && text[end - 1] == '\r' ? end - 1 : end;
}

std::size_t next_line(std::string_view text, std::size_t pos) {
  const std::size_t end = text.find('\n', pos);
  return end == std::string_view::npos ? text.size() : end + 1;
}

YamlDocument lay_out(std::string_view text, const std::string& file) {
  const YamlLimits limits;
  check_yaml_text(text, file, limits);
  YamlDocument document;
  document.root = std::make_unique<YamlNode>(read_yaml_events(text, file, limits, Aliases::keep));
  document.layout.node = document.root.get();
  if (document.root->kind != YamlNode::Kind::null) {
    Surveyor(text, file).survey(document.layout, false, -1);
  }
  return document;
}

}  // namespace mlops::spec
