// SPDX-License-Identifier: Apache-2.0
//
// Writes DVC's configuration files. DVC keeps nothing of a file but its values: it reads them, changes one, and writes
// all anew, sections with a quoted name last. An edit here leaves the same bytes.

#include <algorithm>
#include <filesystem>

#include "spec/dialects/dvc_config_schema.hpp"
#include "spec/dialects/dvc_config_text.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

constexpr std::string_view triple_double = "\"\"\"";
constexpr std::string_view triple_single = "'''";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

[[noreturn]] void fail_unwritable(std::string_view text) {
  throw Error::usage("{} cannot be written to a configuration file of this kind", quoted(text));
}

std::string in(std::string_view quote, std::string_view text) {
  return std::string(quote) + std::string(text) + std::string(quote);
}

/// Whether a text comes back from between these quotes.
bool comes_back(std::string_view quote, const std::string& text) {
  try {
    const ConfigDocument document = read_config_document("[feature]\ntext = " + in(quote, text) + "\n", "");
    return document.back().members.size() == 1 && document.back().members.front().values.front() == text;
  } catch (const Error&) {
    return false;  // a text that looks like two is all that is asked here
  }
}

/// Names and members of lists stand on one line.
enum class Lines { one, any };

std::string quoted_value(std::string_view text, Lines lines) {
  if (text.empty()) {
    return "\"\"";
  }
  const bool both = has(text, "'") && has(text, "\"");
  if (lines == Lines::any && (both || has(text, "\n"))) {
    const std::string_view usual = has(text, triple_double) ? triple_double : triple_single;
    const std::string_view other = usual == triple_double ? triple_single : triple_double;
    if (has(text, triple_double) && has(text, triple_single)) {
      fail_unwritable(text);
    }
    // DVC takes the usual one without looking, and cannot read some of its files again.
    return in(comes_back(usual, std::string(text)) ? usual : other, text);
  }
  if (has(text, "\n")) {
    fail_unwritable(text);
  }
  constexpr std::string_view delicate = " \r\n\v\t'\"";
  const bool plain = !has(delicate, text.substr(0, 1)) && !has(delicate, text.substr(text.size() - 1)) &&
                     text.find_first_of(",#") == std::string_view::npos;
  if (plain) {
    return std::string(text);
  }
  if (both) {
    fail_unwritable(text);
  }
  return in(has(text, "\"") ? "'" : "\"", text);
}

std::string value_text(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::text) {
    return quoted_value(node.values.front(), Lines::any);
  }
  std::vector<std::string> items;
  for (const std::string& value : node.values) {
    items.push_back(quoted_value(value, Lines::one));
  }
  return items.size() > 1 ? join(items, ", ") : items.empty() ? "," : items.front() + ",";
}

/// The lines of a section's members: values, then sections within it, each deeper by four blanks.
void append_members(std::string& out, const std::vector<ConfigNode>& members, std::size_t depth) {
  constexpr std::size_t indent = 4;
  const std::string blanks(depth * indent, ' ');
  for (const ConfigNode& member : members) {
    if (member.kind != ConfigNode::Kind::section) {
      out += blanks + quoted_value(member.name, Lines::one) + " = " + value_text(member) + "\n";
    }
  }
  for (const ConfigNode& member : members) {
    if (member.kind == ConfigNode::Kind::section) {
      out += blanks + std::string(depth + 1, '[') + quoted_value(member.name, Lines::one) +
             std::string(depth + 1, ']') + "\n";
      append_members(out, member.members, depth + 1);
    }
  }
}

bool is_address(std::string_view path) {
  const std::size_t mark = path.find("://");
  return mark != std::string_view::npos && mark > 0 &&
         path.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789_") >= mark;
}

/// Brings the relative paths of a file into their shortest form, as every write of DVC's does.
void shorten_paths(ConfigNode& node, const std::string& key, const std::filesystem::path& directory) {
  if (node.kind == ConfigNode::Kind::section) {
    for (ConfigNode& member : node.members) {
      shorten_paths(member, key + "." + member.name, directory);
    }
    return;
  }
  if (node.kind != ConfigNode::Kind::text || !is_path_key(key)) {
    return;
  }
  std::string& path = node.values.front();
  if (path.starts_with('/') || path.starts_with('~') || is_address(path)) {
    return;
  }
  std::string whole = (directory / path).lexically_normal().string();
  if (whole.size() > 1 && whole.ends_with('/')) {
    whole.pop_back();
  }
  path = std::filesystem::path(whole).lexically_relative(directory.lexically_normal()).string();
}

/// A file's document, ready to be changed and written.
ConfigDocument open_document(const std::string& text, const std::string& file) {
  ConfigDocument document = read_config_document(text, file);
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  for (ConfigNode& section : document) {
    shorten_paths(section, section.name, directory.empty() ? "/" : directory);
  }
  return document;
}

std::vector<ConfigNode>::iterator find(std::vector<ConfigNode>& members, std::string_view name) {
  return std::find_if(members.begin(), members.end(), [&](const ConfigNode& member) { return member.name == name; });
}

ConfigNode& member_of(std::vector<ConfigNode>& members, const std::string& name) {
  const auto found = find(members, name);
  if (found != members.end()) {
    return *found;
  }
  members.push_back({.name = name});
  return members.back();
}

/// "remote.my.store.url" as its section and the option's name.
struct KeyPath {
  std::string section;
  std::string name;  ///< of a section with a quoted name
  std::string option;
};

KeyPath path_of(const std::string& key) {
  const std::size_t first = key.find('.');
  const std::size_t last = key.rfind('.');
  const bool named = first != last && is_named_section(key.substr(0, first));
  if (first == std::string::npos || first == 0 || last + 1 == key.size() || (first != last && !named)) {
    throw Error::usage("{} is not a key", quoted(key)).hint("keys look like 'core.remote' or 'remote.NAME.url'");
  }
  return {.section = key.substr(0, first),
          .name = named ? key.substr(first + 1, last - first - 1) : std::string(),
          .option = key.substr(last + 1)};
}

/// The section that holds the option, made where it is not there.
ConfigNode& section_of(ConfigDocument& document, const KeyPath& path) {
  ConfigNode& section = member_of(document, path.section);
  return is_named_section(path.section) ? member_of(section.members, path.name) : section;
}

/// "remote.store": the members of "remote", and the place of "store" among them.
struct Named {
  std::vector<ConfigNode>& all;
  std::vector<ConfigNode>::iterator at;
};
Named find_named(ConfigDocument& document, const std::string& section, const std::string& file) {
  const std::size_t dot = section.find('.');
  const std::string kind = section.substr(0, dot);
  if (dot == std::string::npos || !is_named_section(kind)) {
    throw Error::usage("{} is not a section with a name", quoted(section));
  }
  std::vector<ConfigNode>& all = member_of(document, kind).members;
  const auto at = find(all, section.substr(dot + 1));
  if (at == all.end()) {
    throw Error::of(ErrorKind::missing, "no section '{}' in {}", printable(section), quoted(file));
  }
  return {all, at};
}

}  // namespace

std::string write_config_document(const ConfigDocument& document) {
  std::vector<ConfigNode> sections;
  for (const ConfigNode& section : document) {
    if (!is_named_section(section.name) && !section.members.empty()) {
      sections.push_back(section);
    }
  }
  for (const std::string_view kind : named_sections()) {
    for (const ConfigNode& section : document) {
      for (const ConfigNode& member : section.name == kind ? section.members : std::vector<ConfigNode>()) {
        sections.push_back(member);
        sections.back().name = std::string(kind) + " \"" + member.name + "\"";
      }
    }
  }
  std::string out;
  append_members(out, sections, 0);
  return out.empty() ? "\n" : out;
}

std::string set_config(const std::string& text, const std::string& file, const std::string& key,
                       const std::string& value) {
  const KeyPath path = path_of(key);
  ConfigDocument document = open_document(text, file);
  ConfigNode& option = member_of(section_of(document, path).members, path.option);
  option.kind = ConfigNode::Kind::text;
  option.values = {value};
  std::string written = write_config_document(document);
  // What has line breaks of another kind, or a reference in it, would come back as something else.
  ConfigDocument again = read_config_document(written, file);
  if (member_of(section_of(again, path).members, path.option).values != std::vector<std::string>{value}) {
    fail_unwritable(value);
  }
  return written;
}

std::string unset_config(const std::string& text, const std::string& file, const std::string& key, Absent absent) {
  const KeyPath path = path_of(key);
  ConfigDocument document = open_document(text, file);
  std::vector<ConfigNode>& options = section_of(document, path).members;
  const auto found = find(options, path.option);
  if (found != options.end()) {
    options.erase(found);
  } else if (absent == Absent::refuse) {
    throw Error::of(ErrorKind::missing, "'{}' is not set in {}", printable(key), quoted(file));
  }
  return write_config_document(document);
}

std::string remove_config_section(const std::string& text, const std::string& file, const std::string& section) {
  ConfigDocument document = open_document(text, file);
  const Named named = find_named(document, section, file);
  named.all.erase(named.at);
  return write_config_document(document);
}

std::string rename_config_section(const std::string& text, const std::string& file, const std::string& from,
                                  const std::string& to) {
  ConfigDocument document = open_document(text, file);
  const Named named = find_named(document, from, file);
  ConfigNode moved = *named.at;
  moved.name = to.substr(to.find('.') + 1);
  named.all.erase(named.at);
  if (find(named.all, moved.name) != named.all.end()) {
    throw Error("{} already has a section '{}'", quoted(file), printable(to));
  }
  named.all.push_back(std::move(moved));
  return write_config_document(document);
}

}  // namespace mlops::spec::dvc
