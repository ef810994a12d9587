// SPDX-License-Identifier: Apache-2.0
//
// DVC's configuration files are configobj's:
//
//   [core]                       a section
//       remote = store           text, not in quotes
//       list = a, "b c"          commas make a list
//   ['remote "store"']           a section with a name, in quotes of its own or not
//       url = """two
//   lines"""
//       name = %(remote)s        another value of this section or of one around it
//
// Section and option names count in lowercase, a name that comes twice in another case with its last value.

#include <optional>

#include "spec/dialects/dvc_config_schema.hpp"
#include "spec/dialects/dvc_config_text.hpp"
#include "spec/yaml.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

/// Matching goes back and forth within a line.
constexpr std::size_t line_limit_bytes = 16384;
constexpr std::size_t depth_limit = 16;

[[noreturn]] void fail(const std::string& file, int line, std::string_view reason) {
  throw Error("{}:{}: {}", file, line, reason);
}

const ConfigNode* find_member(const std::vector<ConfigNode>& members, std::string_view name) {
  for (const ConfigNode& member : members) {
    if (member.name == name) {
      return &member;
    }
  }
  return nullptr;
}

/// As an assignment to an ordered dictionary: in its old place if it is there.
void assign(std::vector<ConfigNode>& members, ConfigNode node) {
  for (ConfigNode& member : members) {
    if (member.name == node.name) {
      member = std::move(node);
      return;
    }
  }
  members.push_back(std::move(node));
}

/// Reads the lines into nested sections, names as they are written.
class LineReader {
 public:
  LineReader(std::string_view text, const std::string& file) : file_(file), lines_(python_lines(text)) {}

  ConfigNode read() {
    for (index_ = 0; index_ < lines_.size(); ++index_) {
      read_line(lines_[index_]);
    }
    return std::move(root_);
  }

 private:
  int line_number() const { return static_cast<int>(index_) + 1; }
  [[noreturn]] void fail_here(std::string_view reason) const { fail(file_, line_number(), reason); }

  void read_line(std::string_view line) {
    if (line.size() > line_limit_bytes) {
      fail_here("the line is too long");
    }
    if (is_conflict_marker(line)) {
      throw conflict_error(file_, index_ + 1);
    }
    const std::size_t first = skip_spaces(line, 0);
    if (first == line.size() || line[first] == '#') {
      return;
    }
    if (const auto head = match_config_head(line)) {
      open_section(*head);
    } else if (const auto pair = match_config_pair(line)) {
      read_pair(*pair);
    } else {
      fail_here("neither a section nor 'name = value'");
    }
  }

  ConfigNode& current() {
    ConfigNode* section = &root_;
    for (std::size_t i = 0; i < depth_; ++i) {
      section = &section->members.back();
      while (section->kind != ConfigNode::Kind::section) {
        --section;
      }
    }
    return *section;
  }

  void open_section(const ConfigHead& head) {
    if (head.opened != head.closed) {
      fail_here("as many ']' are expected as there are '['");
    }
    if (head.opened > depth_ + 1 || head.opened > depth_limit) {
      fail_here("the section has no section around it");
    }
    depth_ = head.opened - 1;
    ConfigNode& parent = current();
    const std::string name(unquoted(head.name));
    if (find_member(parent.members, name) != nullptr) {
      fail_here("there are two sections " + quoted(name));
    }
    parent.members.push_back({.name = name, .line = line_number()});
    depth_ = head.opened;
  }

  void read_pair(const ConfigPair& pair) {
    const int line = line_number();
    ConfigNode node{.name = {}, .kind = ConfigNode::Kind::text, .line = line};
    if (pair.value.starts_with("\"\"\"") || pair.value.starts_with("'''")) {
      node.values = {read_long_text(pair.value)};
    } else if (auto content = match_config_value(pair.value)) {
      node.kind = content->is_list ? ConfigNode::Kind::list : ConfigNode::Kind::text;
      node.values = std::move(content->values);
    } else {
      fail_here("the value is malformed; is a quote not closed?");
    }
    node.name = std::string(unquoted(pair.name));
    ConfigNode& section = current();
    if (find_member(section.members, node.name) != nullptr) {
      fail(file_, line, quoted(node.name) + " comes twice");
    }
    section.members.push_back(std::move(node));
  }

  /// A text in triple quotes, over any number of lines.
  std::string read_long_text(std::string_view value) {
    const std::string_view quote = value.substr(0, 3);
    const std::string_view rest = value.substr(3);
    if (const auto whole = match_closing_quote(rest, quote)) {
      return std::string(*whole);
    }
    const int line = line_number();
    const auto malformed = [&] { fail(file_, line, "the value in triple quotes does not end"); };
    if (rest.find(quote) != std::string_view::npos) {
      malformed();
    }
    std::string text(rest);
    while (++index_ < lines_.size()) {
      text += '\n';
      if (lines_[index_].find(quote) == std::string_view::npos) {
        text += lines_[index_];
        continue;
      }
      const auto last = match_closing_quote(lines_[index_], quote);
      if (!last) {
        break;
      }
      return text + std::string(*last);
    }
    malformed();
    return text;
  }

  const std::string& file_;
  std::vector<std::string_view> lines_;
  std::size_t index_ = 0;
  std::size_t depth_ = 0;
  ConfigNode root_;
};

/// Fills in `%(name)s`: from the section itself, then from those around it, each with its section DEFAULT.
class Interpolator {
 public:
  explicit Interpolator(const std::string& file) : file_(file) {}

  /// Returns `section` with texts filled in; `around` are the sections from the root down to it.
  ConfigNode filled(const ConfigNode& section, std::vector<const ConfigNode*> around) {
    around.push_back(&section);
    ConfigNode out = section;
    for (ConfigNode& member : out.members) {
      if (member.kind == ConfigNode::Kind::section) {
        member = filled(member, around);
        continue;
      }
      for (std::string& value : member.values) {
        value = filled_text(value, member, around, 0);
      }
    }
    return out;
  }

 private:
  std::string filled_text(const std::string& text, const ConfigNode& member,
                          const std::vector<const ConfigNode*>& around, std::size_t depth) {
    std::string out;
    std::size_t pos = 0;
    while (true) {
      const std::size_t begin = text.find("%(", pos);
      const std::size_t end = begin == std::string::npos ? begin : text.find(')', begin);
      if (end == std::string::npos) {
        return out + text.substr(pos);
      }
      if (text.compare(end, 2, ")s") != 0) {
        out += text.substr(pos, begin + 1 - pos);
        pos = begin + 1;
        continue;
      }
      if (out.size() > line_limit_bytes) {
        fail(file_, member.line, "the value becomes too long");
      }
      const std::string name = text.substr(begin + 2, end - begin - 2);
      out += text.substr(pos, begin - pos) + looked_up(name, member, around, depth + 1);
      pos = end + 2;
    }
  }

  std::string looked_up(const std::string& name, const ConfigNode& member, const std::vector<const ConfigNode*>& around,
                        std::size_t depth) {
    if (depth > depth_limit || ++lookups_ > lookup_limit) {
      fail(file_, member.line, "the value refers to itself");
    }
    for (std::size_t count = around.size(); count > 0; --count) {
      const ConfigNode& section = *around[count - 1];
      const ConfigNode* defaults = find_member(section.members, "DEFAULT");
      for (const ConfigNode* place : {&section, defaults}) {
        const ConfigNode* found = place == nullptr ? nullptr : find_member(place->members, name);
        if (found != nullptr && found->kind == ConfigNode::Kind::text) {
          return filled_text(found->values.front(), member, {around.begin(), around.begin() + static_cast<long>(count)},
                             depth);
        }
      }
    }
    fail(file_, member.line, "no value " + quoted(name) + " to put in place of " + quoted("%(" + name + ")s"));
  }

  static constexpr std::size_t lookup_limit = 1000;
  const std::string& file_;
  std::size_t lookups_ = 0;
};

/// Names in lowercase, values before sections, as configobj's dictionaries list them.
std::vector<ConfigNode> lowered(const std::vector<ConfigNode>& members) {
  std::vector<ConfigNode> out;
  for (const bool sections : {false, true}) {
    for (const ConfigNode& member : members) {
      if ((member.kind == ConfigNode::Kind::section) == sections) {
        ConfigNode copy = member;
        copy.name = python_lower(member.name);
        copy.members = lowered(member.members);
        assign(out, std::move(copy));
      }
    }
  }
  return out;
}

/// `remote "store"` apart; nothing for a section without a name.
struct NamedSection {
  std::string kind;
  std::string name;
};
std::optional<NamedSection> match_named(std::string_view section) {
  const std::size_t begin = skip_spaces(section, 0);
  for (const std::string_view kind : named_sections()) {
    if (!section.substr(begin).starts_with(kind)) {
      continue;
    }
    const std::size_t open = skip_spaces(section, begin + kind.size());
    const std::size_t end = trim_end(section, open, section.size());
    if (end >= open + 2 && section[open] == '"' && section[end - 1] == '"') {
      return NamedSection{.kind = std::string(kind), .name = std::string(section.substr(open + 1, end - open - 2))};
    }
  }
  return std::nullopt;
}

void check_shape(const ConfigDocument& document, const std::string& file) {
  for (const ConfigNode& section : document) {
    if (section.kind != ConfigNode::Kind::section) {
      fail(file, section.line, "a value outside of any section");
    }
    check_section_name(section.name, file, section.line);
    const bool named = is_named_section(section.name);
    for (const ConfigNode& member : section.members) {
      const bool nested = member.kind == ConfigNode::Kind::section;
      if (nested != named && !ignores_options(section.name)) {
        fail(file, member.line,
             nested ? "a section within [" + section.name + "]" : "'" + section.name + "' wants a name in quotes");
      }
      for (const ConfigNode& inner : member.members) {
        if (named && inner.kind == ConfigNode::Kind::section) {
          fail(file, inner.line, "a section within that of " + quoted(member.name));
        }
      }
    }
  }
}

}  // namespace

ConfigDocument read_config_document(std::string_view text, const std::string& file) {
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    throw Error("{}: the text is not UTF-8", file);
  }
  text.remove_prefix(text.starts_with("\xef\xbb\xbf") ? 3 : 0);
  const ConfigNode root = LineReader(text, file).read();
  ConfigDocument document;
  for (const std::string_view kind : named_sections()) {
    document.push_back({.name = std::string(kind)});
  }
  for (ConfigNode& section : lowered(Interpolator(file).filled(root, {}).members)) {
    const auto named = match_named(section.name);
    if (!named) {
      assign(document, std::move(section));
      continue;
    }
    if (section.kind != ConfigNode::Kind::section) {
      fail(file, section.line, "a value outside of any section");
    }
    for (ConfigNode& kind : document) {
      if (kind.name == named->kind) {
        section.name = named->name;
        assign(kind.members, std::move(section));
        break;
      }
    }
  }
  check_shape(document, file);
  return document;
}

std::vector<ConfigItem> parse_config(std::string_view text, const std::string& file) {
  std::vector<ConfigItem> items;
  const auto append = [&](const std::string& section, const ConfigNode& node) {
    ConfigItem item{.key = section + "." + node.name, .value = join(node.values, ","), .line = node.line};
    if (node.kind == ConfigNode::Kind::list) {
      if (!is_list_key(item.key)) {
        fail(file, node.line, quoted(item.key) + " takes one value; put a text with commas in quotes");
      }
      std::vector<std::string> shown;
      for (const std::string& value : node.values) {
        const std::string quote = value.find('\'') != std::string::npos ? "\"" : "'";
        shown.push_back(quote + value + quote);
      }
      item.shown = "[" + join(shown, ", ") + "]";
    }
    if (is_lowercase_key(item.key)) {
      item.shown = item.value;
      item.value = python_lower(item.value);
    }
    items.push_back(std::move(item));
  };
  for (const ConfigNode& section : read_config_document(text, file)) {
    for (const ConfigNode& member : section.members) {
      if (member.kind != ConfigNode::Kind::section) {
        append(section.name, member);
        continue;
      }
      for (const ConfigNode& option : member.members) {
        append(section.name + "." + member.name, option);
      }
    }
  }
  return items;
}

}  // namespace mlops::spec::dvc
