// SPDX-License-Identifier: Apache-2.0
// A reader for the plain core of YAML: block maps and lists, scalars on one line or folded, literal blocks, comments.
//
// A lock of 1,000 stages takes yaml-cpp 50 ms. Almost all files of ours, and most that people write, need a small part
// of YAML only, which can be read line by line. Whatever is not clearly that part, errors included, is given up: the
// caller then asks yaml-cpp, which also words the error. That both agree is a property test.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <unordered_set>

#include "spec/utf8.hpp"
#include "spec/yaml_reader.hpp"

namespace mlops::spec {

namespace {

/// Thrown inside to leave; never seen outside.
struct GiveUp {};

/// What is left to read of a line.
struct Line {
  std::size_t indent = 0;
  std::string_view content{};  ///< without indentation and trailing spaces
  std::size_t offset = 0;      ///< of content in the text
  int number = 0;
  bool end = false;
};

bool is_dash(std::string_view content) { return content == "-" || content.starts_with("- "); }

bool is_null_word(std::string_view text) { return text == "~" || text == "null" || text == "Null" || text == "NULL"; }

class BlockReader {
 public:
  BlockReader(std::string_view text, const YamlLimits& limits) : text_(text), limits_(limits) {}

  YamlNode document() {
    if (!text_.ends_with('\n') || text_.find('\r') != std::string_view::npos || text_.starts_with('\xef')) {
      throw GiveUp();
    }
    advance();
    if (line_.end || line_.indent != 0) {
      throw GiveUp();
    }
    YamlNode root = collection(1);
    if (!line_.end) {
      throw GiveUp();
    }
    return root;
  }

 private:
  /// Moves to the next line that is neither blank nor a comment.
  void advance() {
    while (next_ < text_.size()) {
      const std::size_t begin = next_;
      const std::size_t end = text_.find('\n', begin);
      next_ = end + 1;
      ++number_;
      std::size_t first = begin;
      while (first < end && text_[first] == ' ') {
        ++first;
      }
      if (first == end || text_[first] == '#') {
        continue;
      }
      if (text_[first] == '\t') {
        throw GiveUp();
      }
      set_line(first - begin, first, end);
      return;
    }
    line_ = Line{.end = true};
  }

  void set_line(std::size_t indent, std::size_t first, std::size_t end) {
    std::string_view content = text_.substr(first, end - first);
    while (content.ends_with(' ')) {
      content.remove_suffix(1);
    }
    if (indent == 0 && (content.starts_with("---") || content.starts_with("..."))) {
      throw GiveUp();
    }
    line_ = Line{.indent = indent, .content = content, .offset = first, .number = number_, .end = false};
  }

  /// Drops `count` bytes, and the spaces behind them, off the line; what remains stands at its own column.
  void shift(std::size_t count) {
    while (count < line_.content.size() && line_.content[count] == ' ') {
      ++count;
    }
    line_.content.remove_prefix(count);
    line_.offset += count;
    line_.indent += count;
  }

  YamlNode node_here(YamlNode::Kind kind) {
    if (++nodes_ > limits_.nodes) {
      throw GiveUp();
    }
    YamlNode node;
    node.kind = kind;
    node.line = line_.number;
    node.column = static_cast<int>(line_.indent) + 1;
    node.offset = line_.offset;
    return node;
  }

  YamlNode collection(std::size_t depth) {
    if (depth > limits_.depth) {
      throw GiveUp();
    }
    return is_dash(line_.content) ? sequence(depth) : map(depth);
  }

  YamlNode sequence(std::size_t depth) {
    const std::size_t indent = line_.indent;
    YamlNode node = node_here(YamlNode::Kind::sequence);
    while (!line_.end && line_.indent == indent && is_dash(line_.content)) {
      shift(1);
      if (line_.content.empty()) {
        node.items.push_back(absent_item(indent));
      } else if (line_.content.starts_with('#')) {
        throw GiveUp();
      } else if (is_dash(line_.content) || key_length(line_.content) != 0) {
        node.items.push_back(collection(depth + 1));
      } else {
        node.items.push_back(scalar(indent));
      }
    }
    require_left(indent);
    return node;
  }

  /// A dash with nothing behind it, neither on its line nor on the next.
  YamlNode absent_item(std::size_t indent) {
    YamlNode absent = node_here(YamlNode::Kind::null);
    advance();
    require_left(indent);
    return absent;
  }

  YamlNode map(std::size_t depth) {
    const std::size_t indent = line_.indent;
    YamlNode node = node_here(YamlNode::Kind::map);
    std::unordered_set<std::string> seen;
    while (!line_.end && line_.indent == indent && !is_dash(line_.content)) {
      YamlNode key = take_key();
      require_new(node, key, seen);
      YamlNode value = take_value(indent, depth);
      node.members.push_back({std::move(key), std::move(value)});
    }
    require_left(indent);
    return node;
  }

  /// After a collection the text goes on further left, or not at all.
  void require_left(std::size_t indent) const {
    if (!line_.end && line_.indent > indent) {
      throw GiveUp();
    }
  }

  static void require_new(const YamlNode& node, const YamlNode& key, std::unordered_set<std::string>& seen) {
    if (node.members.size() < 16) {
      if (node.find(key.scalar) != nullptr) {
        throw GiveUp();
      }
      return;
    }
    if (seen.empty()) {
      for (const auto& member : node.members) {
        seen.insert(member.key.scalar);
      }
    }
    if (!seen.insert(key.scalar).second) {
      throw GiveUp();
    }
  }

  /// Length of the key that `content` begins with, up to its ':'; 0 if there is none.
  static std::size_t key_length(std::string_view content) {
    std::size_t colon = 0;
    if (content[0] == '"' || content[0] == '\'') {
      colon = std::min(quoted_length(content), content.size());
    } else {
      colon = std::min(content.find(": "), content.size() - 1);
    }
    if (colon >= content.size() || content[colon] != ':') {
      return 0;
    }
    return colon + 1 == content.size() || content[colon + 1] == ' ' ? colon : 0;
  }

  YamlNode take_key() {
    const std::size_t length = key_length(line_.content);
    if (length == 0 || length > 1000) {
      throw GiveUp();
    }
    YamlNode key = node_here(YamlNode::Kind::scalar);
    const std::string_view raw = line_.content.substr(0, length);
    if (raw[0] == '"' || raw[0] == '\'') {
      key.plain = false;
      key.scalar = unquote(raw);
    } else {
      require_plain(raw);
      if (raw == "<<" || raw.ends_with(' ') || raw.find(" #") != std::string_view::npos) {
        throw GiveUp();
      }
      key.scalar = is_null_word(raw) ? "null" : std::string(raw);
    }
    shift(length + 1);
    return key;
  }

  YamlNode take_value(std::size_t indent, std::size_t depth) {
    if (!line_.content.empty() && !line_.content.starts_with('#')) {
      return scalar(indent);
    }
    YamlNode absent = node_here(YamlNode::Kind::null);
    advance();
    if (line_.end || line_.indent < indent || (line_.indent == indent && !is_dash(line_.content))) {
      return absent;
    }
    if (line_.indent > indent && !is_dash(line_.content) && key_length(line_.content) == 0) {
      if (line_.content[0] == '|') {
        throw GiveUp();
      }
      return scalar(indent);
    }
    return collection(depth + 1);
  }

  /// Reads the scalar, literal block or empty collection that begins on the line, and moves on.
  YamlNode scalar(std::size_t indent) {
    YamlNode node = node_here(YamlNode::Kind::scalar);
    const std::string_view content = line_.content;
    if (content == "|" || content == "|-") {
      node.plain = false;
      literal(node, indent, content == "|");
    } else if (content[0] == '"' || content[0] == '\'') {
      node.plain = false;
      node.scalar = quoted(indent);
      advance();
    } else if (content == "[]" || content == "{}") {
      node.kind = content == "[]" ? YamlNode::Kind::sequence : YamlNode::Kind::map;
      node.flow = true;
      advance();
    } else {
      plain(node, content);
      advance();
      fold_plain(node, indent);
    }
    if (node.scalar.size() > limits_.scalar_bytes) {
      throw GiveUp();
    }
    require_left(indent);
    return node;
  }

  void plain(YamlNode& node, std::string_view content) {
    first_length_ = content.size();
    content = content.substr(0, content.find(" #"));
    while (content.ends_with(' ')) {
      content.remove_suffix(1);
    }
    require_plain(content);
    if (content.find(": ") != std::string_view::npos || content.ends_with(':')) {
      throw GiveUp();
    }
    if (is_null_word(content)) {
      node.kind = YamlNode::Kind::null;
    } else {
      node.scalar = content;
    }
  }

  /// Appends the lines that go on with a plain scalar: those that follow directly and are indented deeper than `indent`.
  void fold_plain(YamlNode& node, std::size_t indent) {
    const bool comment = node.kind == YamlNode::Kind::null || node.scalar.size() != first_length_;
    for (int last = node.line; !line_.end && line_.indent > indent; last = line_.number, advance()) {
      const std::string_view content = line_.content;
      const bool odd = content.find(": ") != std::string_view::npos || content.ends_with(':') ||
                       content.find(" #") != std::string_view::npos || content.find('\t') != std::string_view::npos;
      if (comment || odd || line_.number != last + 1) {
        throw GiveUp();
      }
      node.scalar += ' ';
      node.scalar += content;
      if (node.scalar.size() > limits_.scalar_bytes) {
        throw GiveUp();
      }
    }
  }

  static void require_plain(std::string_view text) {
    static constexpr std::string_view indicators = ",[]{}#&*!|>'\"%@`?:";
    const bool dash = text == "-" || text.starts_with("- ");
    if (text.empty() || dash || indicators.find(text[0]) != std::string_view::npos ||
        text.find('\t') != std::string_view::npos) {
      throw GiveUp();
    }
  }

  static void require_comment(std::string_view rest) {
    const std::size_t first = rest.find_first_not_of(' ');
    if (first != std::string_view::npos && (first == 0 || rest[first] != '#')) {
      throw GiveUp();
    }
  }

  /// Length of the quoted text at the beginning of `content`; npos if it does not end there.
  static std::size_t quoted_length(std::string_view content) {
    const char quote = content[0];
    for (std::size_t i = 1; i < content.size(); ++i) {
      if (quote == '"' && content[i] == '\\') {
        ++i;
      } else if (content[i] == quote) {
        if (quote == '"' || i + 1 == content.size() || content[i + 1] != '\'') {
          return i + 1;
        }
        ++i;
      }
    }
    return std::string_view::npos;
  }

  /// Reads a quoted text that may go on over lines indented deeper than `indent`; leaves the line that it ends on.
  std::string quoted(std::size_t indent) {
    const std::size_t here = quoted_length(line_.content);
    if (here != std::string_view::npos) {
      require_comment(line_.content.substr(here));
      return unquote(line_.content.substr(0, here));
    }
    const std::size_t length = quoted_length(text_.substr(line_.offset));
    if (length == std::string_view::npos || length > limits_.scalar_bytes) {
      throw GiveUp();
    }
    const std::string raw = unfold(text_.substr(line_.offset, length), indent);
    const std::size_t end = line_.offset + length;
    const std::size_t line_end = text_.find('\n', end);
    require_comment(text_.substr(end, line_end - end));
    number_ += static_cast<int>(std::ranges::count(text_.substr(line_.offset, length), '\n'));
    next_ = line_end + 1;
    return unquote(raw);
  }

  /// The quoted text on one line.
  static std::string unfold(std::string_view raw, std::size_t indent) {
    std::string out;
    std::size_t begin = 0;
    for (std::size_t end = raw.find('\n'); end != std::string_view::npos; end = raw.find('\n', begin)) {
      out += raw.substr(begin, end - begin);
      begin = std::min(raw.find_first_not_of(' ', end + 1), raw.size());
      const bool blank = raw[begin] == '\n' || raw[begin] == '\t' || out.ends_with('\t');
      if (blank || begin - end - 1 <= indent) {
        throw GiveUp();
      }
      join_lines(out, raw[0]);
    }
    return out.append(raw.substr(begin));
  }

  /// A line break is a space, with the spaces before it, unless a backslash takes it away.
  static void join_lines(std::string& out, char quote) {
    const std::size_t spaces = out.size() - (out.find_last_not_of(' ') + 1);
    std::size_t backslashes = 0;
    while (quote == '"' && spaces == 0 && backslashes < out.size() && out[out.size() - 1 - backslashes] == '\\') {
      ++backslashes;
    }
    if (backslashes % 2 == 1) {
      out.pop_back();
      return;
    }
    out.resize(out.size() - spaces);
    // An escaped space at the end of a line is content.
    if (quote == '"' && spaces > 0 && out.ends_with('\\')) {
      throw GiveUp();
    }
    out += ' ';
  }

  static std::string unquote(std::string_view raw) {
    const char quote = raw[0];
    raw = raw.substr(1, raw.size() - 2);
    std::string out;
    for (std::size_t i = 0; i < raw.size();) {
      if (raw[i] == '\t') {
        throw GiveUp();
      }
      if (quote == '\'' && raw[i] == '\'') {
        ++i;
      } else if (quote == '"' && raw[i] == '\\') {
        i += escape(raw.substr(i + 1), out) + 1;
        continue;
      }
      out += raw[i++];
    }
    return out;
  }

  /// Appends what an escape stands for; returns its length without the backslash.
  static std::size_t escape(std::string_view text, std::string& out) {
    static constexpr std::string_view names = "\"\\/ ntrab";
    static constexpr std::string_view bytes = "\"\\/ \n\t\r\a\b";
    if (const std::size_t index = names.find(text[0]); index != std::string_view::npos) {
      out += bytes[index];
      return 1;
    }
    const std::size_t digits = text[0] == 'x' ? 2 : text[0] == 'u' ? 4 : text[0] == 'U' ? 8 : 0;
    std::uint32_t point = 0;
    const std::string_view hex = text.substr(1, digits);
    const auto result = std::from_chars(hex.data(), hex.data() + hex.size(), point, 16);
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (digits == 0 || hex.size() != digits || result.ptr != hex.data() + digits || point > 0x10ffff || surrogate) {
      throw GiveUp();
    }
    append_utf8(out, point);
    return digits + 1;
  }

  /// Reads the lines below `|`; they are indented deeper than `indent`, the first says how much.
  void literal(YamlNode& node, std::size_t indent, bool final_newline) {
    std::size_t width = 0;
    std::size_t blank_lines = 0;
    while (next_ < text_.size()) {
      const std::size_t end = text_.find('\n', next_);
      const std::string_view line = text_.substr(next_, end - next_);
      const std::size_t spaces = std::min(line.find_first_not_of(' '), line.size());
      if (width == 0) {
        if (spaces == line.size() || spaces <= indent || line[spaces] == '\t') {
          throw GiveUp();
        }
        width = spaces;
      }
      if (spaces == line.size()) {
        if (spaces > width) {
          throw GiveUp();
        }
        ++blank_lines;
      } else if (spaces < width) {
        break;
      } else {
        node.scalar.append(blank_lines, '\n');
        node.scalar += line.substr(width);
        node.scalar += '\n';
        blank_lines = 0;
      }
      next_ = end + 1;
      ++number_;
    }
    if (width == 0) {
      throw GiveUp();
    }
    if (!final_newline) {
      node.scalar.pop_back();
    }
    advance();
  }

  std::string_view text_;
  const YamlLimits& limits_;
  std::size_t next_ = 0;
  int number_ = 0;
  std::size_t nodes_ = 0;
  std::size_t first_length_ = 0;  ///< of the first line of the plain scalar that was read last
  Line line_;
};

}  // namespace

std::optional<YamlNode> read_yaml_block(std::string_view text, const YamlLimits& limits) {
  try {
    return BlockReader(text, limits).document();
  } catch (const GiveUp&) {
    return std::nullopt;
  }
}

}  // namespace mlops::spec
