// SPDX-License-Identifier: Apache-2.0
// Git's configuration syntax, line by line:
//
//   [remote "My Store"]     ; section, and subsection in quotes (\" and \\ are its escapes)
//     url = "a b" # c       -> key "remote.My Store.url", value `a b`
//     flag                  -> "true"
//     long = one \          -> goes on in the next line
//       two
//
// Editing works on the lines as they stand, so comments and layout stay.

#include "spec/config_text.hpp"

#include <algorithm>
#include <optional>

#include "spec/yaml.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

/// One logical line: an item may take several physical ones.
struct ConfigLine {
  enum class Kind { other, section, item };
  Kind kind = Kind::other;
  std::size_t begin = 0;
  std::size_t end = 0;  ///< after its line break
  std::string section;  ///< canonical; of the section that the line opens or belongs to
  std::string name;     ///< of an item, lowercase
  std::string value;
  std::size_t rest = 0;  ///< of a section line: where an item could follow the ']' on the same line
  int line = 0;
  bool attached = false;  ///< a comment that belongs to the section below it
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

class ConfigReader {
 public:
  ConfigReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::vector<ConfigLine> lines() {
    check();
    pos_ = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;
    while (pos_ < text_.size()) {
      read_line();
    }
    assign_comments();
    return std::move(lines_);
  }

 private:
  /// Comments directly above a section's head belong to that section.
  void assign_comments() {
    for (std::size_t i = lines_.size(); i-- > 1;) {
      ConfigLine& above = lines_[i - 1];
      const bool comment =
          above.kind == ConfigLine::Kind::other && !trim(text_.substr(above.begin, above.end - above.begin)).empty();
      const bool attached = lines_[i].kind == ConfigLine::Kind::section || lines_[i].attached;
      if (comment && attached) {
        above.section = lines_[i].section;
        above.attached = true;
      }
    }
  }

  [[noreturn]] void fail(std::string_view reason) const { throw Error("{}:{}: {}", file_, line_, reason); }

  void check() const {
    if (!is_utf8(text_) || text_.find('\0') != std::string_view::npos) {
      throw Error("{}: the text is not UTF-8", file_);
    }
  }

  bool at_end() const { return pos_ >= text_.size(); }
  char peek() const { return at_end() ? '\n' : text_[pos_]; }
  bool at_break() const { return peek() == '\n' || (peek() == '\r' && text_.substr(pos_).starts_with("\r\n")); }

  void skip_blanks() {
    while (!at_end() && is_blank(text_[pos_])) {
      ++pos_;
    }
  }

  void read_line() {
    ConfigLine line;
    line.begin = pos_;
    line.line = line_;
    const std::size_t end = std::min(text_.find('\n', pos_), text_.size());
    if (is_conflict_marker(text_.substr(pos_, end - pos_))) {
      throw conflict_error(file_, static_cast<std::size_t>(line_));
    }
    skip_blanks();
    if (peek() == '[') {
      read_section(line);
    } else if (!at_break() && peek() != '#' && peek() != ';') {
      read_item(line);
    } else {
      skip_comment();
    }
    line.end = pos_;
    line.section = section_;
    lines_.push_back(std::move(line));
  }

  void skip_comment() {
    pos_ = std::min(text_.find('\n', pos_), text_.size());
    end_line();
  }

  void end_line() {
    if (!at_end() && text_[pos_] == '\r') {
      ++pos_;
    }
    if (!at_end()) {
      ++pos_;
    }
    ++line_;
  }

  void read_section(ConfigLine& line) {
    line.kind = ConfigLine::Kind::section;
    ++pos_;
    std::string name;
    while (is_word(peek()) || peek() == '.') {
      name += text_[pos_++];
    }
    section_ = lower(name);
    if (name.empty()) {
      fail("a section name is expected after '['");
    }
    skip_blanks();
    if (peek() == '"') {
      section_ += "." + read_subsection();
    }
    if (peek() != ']') {
      fail("']' is expected after the section name");
    }
    ++pos_;
    line.rest = pos_;
    if (section_ == "include" || section_.starts_with("includeif")) {
      fail("'include' is not allowed in this file");
    }
    skip_blanks();
    if (at_break() || peek() == '#' || peek() == ';') {
      skip_comment();
    }
    // Anything else on the line is an item, which git allows too; it is read as a line of its own.
  }

  std::string read_subsection() {
    std::string out;
    ++pos_;
    while (peek() != '"') {
      if (peek() == '\\') {
        ++pos_;
      }
      if (at_break()) {
        fail("the section name has no closing '\"'");
      }
      out += text_[pos_++];
    }
    ++pos_;
    return out;
  }

  void read_item(ConfigLine& line) {
    if (section_.empty()) {
      fail("a value outside of any section");
    }
    if (!is_letter(peek())) {
      fail("a name must begin with a letter");
    }
    line.kind = ConfigLine::Kind::item;
    std::string name;
    while (is_word(peek())) {
      name += text_[pos_++];
    }
    line.name = lower(name);
    skip_blanks();
    if (peek() == '=') {
      ++pos_;
      line.value = read_value();
    } else if (at_break() || peek() == '#' || peek() == ';') {
      line.value = "true";
      skip_comment();
    } else {
      fail("'=' is expected after " + quoted(name));
    }
  }

  std::string read_value() {
    skip_blanks();
    std::string out;
    std::size_t kept = 0;  // blanks beyond this length count only if something follows them
    bool in_quotes = false;
    while (!at_break()) {
      const char c = text_[pos_];
      if (c == '"') {
        in_quotes = !in_quotes;
        kept = out.size();
      } else if (c == '\\') {
        if (read_escape(out)) {
          kept = out.size();
        }
        continue;
      } else if (!in_quotes && (c == '#' || c == ';')) {
        break;
      } else {
        out += c;
        kept = in_quotes || !is_blank(c) ? out.size() : kept;
      }
      ++pos_;
    }
    if (in_quotes) {
      fail("the value has no closing '\"'");
    }
    skip_comment();
    out.resize(kept);
    return out;
  }

  /// Returns false for the end of a line that goes on in the next.
  bool read_escape(std::string& out) {
    ++pos_;
    if (at_break()) {
      if (at_end()) {
        fail("the text ends with a '\\'");
      }
      end_line();
      return false;
    }
    static constexpr std::string_view names = "\"\\ntb";
    static constexpr std::string_view bytes = "\"\\\n\t\b";
    const std::size_t index = names.find(text_[pos_]);
    if (index == std::string_view::npos) {
      fail("an unknown escape in the value");
    }
    out += bytes[index];
    ++pos_;
    return true;
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t pos_ = 0;
  int line_ = 1;
  std::string section_;
  std::vector<ConfigLine> lines_;
};

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n' || c == '\t' || c == '\b') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\b";
    } else {
      out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
  }
  const bool edge = !value.empty() && (is_blank(value.front()) || is_blank(value.back()));
  const bool special = value.find_first_of("#;\r") != std::string_view::npos;
  return edge || special ? "\"" + out + "\"" : out;
}

/// "remote.My.Store.url" as section "remote.My.Store" and name "url".
struct Key {
  std::string section;
  std::string name;
};

std::string canonical_section(std::string_view section) {
  const std::size_t dot = section.find('.');
  const std::string first = lower(section.substr(0, dot));
  const std::string rest = dot == std::string_view::npos ? "" : std::string(section.substr(dot));
  if (first.empty() || !std::ranges::all_of(first, is_word) ||
      rest.find_first_of(std::string_view("\n\0", 2)) != std::string::npos || rest == ".") {
    throw Error::usage("'{}' is not a section", printable(section));
  }
  return first + rest;
}

Key split_config_key(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  const std::string_view name = key.substr(dot == std::string_view::npos ? key.size() : dot + 1);
  if (dot == 0 || name.empty() || !is_letter(name[0]) || !std::ranges::all_of(name, is_word)) {
    throw Error::usage("'{}' is not a key", printable(key)).hint("keys look like 'core.remote'");
  }
  return {.section = canonical_section(key.substr(0, dot)), .name = lower(name)};
}

std::string header(const std::string& section) {
  const std::size_t dot = section.find('.');
  if (dot == std::string::npos) {
    return "[" + section + "]";
  }
  std::string sub;
  for (const char c : section.substr(dot + 1)) {
    sub += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return "[" + section.substr(0, dot) + " \"" + sub + "\"]";
}

std::string with_newline(std::string text) {
  if (!text.empty() && text.back() != '\n') {
    text += '\n';
  }
  return text;
}

/// Removes the lines for which `drop` holds. An item may have shared its line with the section's head, which then needs
/// a line break of its own.
template <class Predicate>
std::string without_lines(const std::string& text, const std::vector<ConfigLine>& lines, Predicate drop) {
  std::string out = text.substr(0, lines.empty() ? 0 : lines.front().begin);
  for (const ConfigLine& line : lines) {
    if (!drop(line)) {
      out += text.substr(line.begin, line.end - line.begin);
    } else if (!out.empty() && out.back() != '\n') {
      out += '\n';
    }
  }
  return out;
}

bool has_section(const std::vector<ConfigLine>& lines, const std::string& section) {
  return std::ranges::any_of(
      lines, [&](const ConfigLine& line) { return line.kind == ConfigLine::Kind::section && line.section == section; });
}

[[noreturn]] void fail_no_section(const std::string& file, const std::string& section) {
  throw Error::of(ErrorKind::missing, "no section '{}' in '{}'", printable(section), file);
}

}  // namespace

std::vector<ConfigItem> parse_config(std::string_view text, const std::string& file) {
  std::vector<ConfigItem> items;
  for (ConfigLine& line : ConfigReader(text, file).lines()) {
    if (line.kind == ConfigLine::Kind::item) {
      items.push_back({.key = line.section + "." + line.name, .value = std::move(line.value), .line = line.line});
    }
  }
  return items;
}

std::string set_config(const std::string& text, const std::string& file, const std::string& key,
                       const std::string& value) {
  if (!is_utf8(value) || value.find_first_of(std::string_view("\0\r", 2)) != std::string::npos) {
    throw Error::usage("the value of '{}' holds characters that a configuration cannot", printable(key));
  }
  const Key wanted = split_config_key(key);
  const std::vector<ConfigLine> lines = ConfigReader(text, file).lines();
  const std::string item = "\t" + wanted.name + " = " + escaped(value) + "\n";
  std::optional<std::size_t> same;
  std::optional<std::size_t> last;  // the last line of the section that is not a comment
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].section == wanted.section && lines[i].kind != ConfigLine::Kind::other) {
      last = i;
      same = lines[i].kind == ConfigLine::Kind::item && lines[i].name == wanted.name ? i : same;
    }
  }
  if (same) {
    // An item that shares its line with the section's head begins behind it and keeps the head.
    const ConfigLine& line = lines[*same];
    const char before = line.begin == 0 ? '\n' : text[line.begin - 1];
    const std::string own = before == '\n' ? item : (before == ']' ? " " : "") + item.substr(1);
    return text.substr(0, line.begin) + own + text.substr(line.end);
  }
  if (last) {
    return with_newline(text.substr(0, lines[*last].end)) + item + text.substr(lines[*last].end);
  }
  return with_newline(text) + header(wanted.section) + "\n" + item;
}

std::string unset_config(const std::string& text, const std::string& file, const std::string& key) {
  const Key wanted = split_config_key(key);
  const std::vector<ConfigLine> lines = ConfigReader(text, file).lines();
  const auto is_it = [&](const ConfigLine& line) {
    return line.kind == ConfigLine::Kind::item && line.section == wanted.section && line.name == wanted.name;
  };
  const auto keeps_section = [&](const ConfigLine& line) {
    const bool comment =
        line.kind == ConfigLine::Kind::other && !trim(text.substr(line.begin, line.end - line.begin)).empty();
    return line.section == wanted.section && (comment || (line.kind == ConfigLine::Kind::item && !is_it(line)));
  };
  if (std::ranges::none_of(lines, is_it)) {
    throw Error::of(ErrorKind::missing, "'{}' is not set in '{}'", printable(key), file);
  }
  const bool emptied = std::ranges::none_of(lines, keeps_section);
  return without_lines(
      text, lines, [&](const ConfigLine& line) { return is_it(line) || (emptied && line.section == wanted.section); });
}

std::string remove_config_section(const std::string& text, const std::string& file, const std::string& section) {
  const std::string wanted = canonical_section(section);
  const std::vector<ConfigLine> lines = ConfigReader(text, file).lines();
  if (!has_section(lines, wanted)) {
    fail_no_section(file, wanted);
  }
  return without_lines(text, lines, [&](const ConfigLine& line) { return line.section == wanted; });
}

std::string rename_config_section(const std::string& text, const std::string& file, const std::string& from,
                                  const std::string& to) {
  const std::string old_name = canonical_section(from);
  const std::string new_name = canonical_section(to);
  const std::vector<ConfigLine> lines = ConfigReader(text, file).lines();
  if (!has_section(lines, old_name)) {
    fail_no_section(file, old_name);
  }
  if (old_name != new_name && has_section(lines, new_name)) {
    throw Error("'{}' already has a section '{}'", file, printable(new_name));
  }
  std::string out = text.substr(0, lines.front().begin);
  for (const ConfigLine& line : lines) {
    const bool rename = line.kind == ConfigLine::Kind::section && line.section == old_name;
    out += rename ? header(new_name) + text.substr(line.rest, line.end - line.rest)
                  : text.substr(line.begin, line.end - line.begin);
  }
  return out;
}

}  // namespace mlops::spec
