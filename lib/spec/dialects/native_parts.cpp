// SPDX-License-Identifier: Apache-2.0
// What lock, pointer and stage entry have in common.

#include <algorithm>

#include "spec/dialects/native.hpp"
#include "util/text.hpp"

namespace mlops::spec::native {

namespace {

struct LockedPathDraft : EntryFields {
  std::optional<fs::RepoPath> path;
  std::string written, elsewhere;
  Value extra;
};

using hash::Algorithm;

void read_files(const Place& at, const YamlNode& node, EntryFields& into) { into.files = read_count(at, node); }
void read_size(const Place& at, const YamlNode& node, EntryFields& into) { into.size = read_count(at, node); }

constexpr Field<LockedPathDraft> locked_path_fields[] = {
    {"path", [](const Place& at, const YamlNode& n, LockedPathDraft& p) { p.path = read_path(at, n); }},
    {"kind", [](const Place& at, const YamlNode& n, LockedPathDraft& p) { read_kind(at, n, p); }},
    {"sha256",
     [](const Place& at, const YamlNode& n, LockedPathDraft& p) { read_digest(at, n, p, Algorithm::sha256); }},
    {"size", [](const Place& at, const YamlNode& n, LockedPathDraft& p) { read_size(at, n, p); }},
    {"files", [](const Place& at, const YamlNode& n, LockedPathDraft& p) { read_files(at, n, p); }},
    // What the journal of a project with other formats holds besides.
    {"md5", [](const Place& at, const YamlNode& n, LockedPathDraft& p) { read_digest(at, n, p, Algorithm::md5); }},
    {"md5-dos2unix",
     [](const Place& at, const YamlNode& n, LockedPathDraft& p) { read_digest(at, n, p, Algorithm::md5_dos2unix); }},
    {"written", [](const Place& at, const YamlNode& n, LockedPathDraft& p) { p.written = read_text(at, n); }},
    {"elsewhere", [](const Place& at, const YamlNode& n, LockedPathDraft& p) { p.elsewhere = read_text(at, n); }},
};

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && std::ranges::all_of(name, allowed);
}

}  // namespace

Value command_value(const StageCommand& cmd) {
  if (!cmd.list && cmd.lines.size() == 1) {
    return cmd.lines.front();
  }
  return Value::List(cmd.lines.begin(), cmd.lines.end());
}

StageCommand read_command(const Place& at, const YamlNode& node) {
  StageCommand cmd;
  if (node.kind == YamlNode::Kind::sequence) {
    cmd = {.lines = read_texts(at, node), .list = true};
  } else {
    cmd = {.lines = {read_text(at, node)}, .list = false};
  }
  const auto blank = [](const std::string& line) { return trim(line).empty(); };
  if (cmd.lines.empty() || std::ranges::all_of(cmd.lines, blank)) {
    throw at.error(node, "is empty");
  }
  // The shell would get what stands in front of it.
  const auto cut = [](const std::string& line) { return line.find('\0') != std::string::npos; };
  if (std::ranges::any_of(cmd.lines, cut)) {
    throw at.error(node, "holds a NUL byte");
  }
  return cmd;
}

Value env_value(const std::map<std::string, std::string>& env) {
  Value::Map map;
  for (const auto& [name, value] : env) {
    map.emplace_back(name, value);
  }
  return map;
}

std::map<std::string, std::string> read_env(const Place& at, const YamlNode& node) {
  require_map(at, node);
  std::map<std::string, std::string> env;
  for (const auto& [name, value] : node.members) {
    const Place here = at.key(name.scalar);
    if (!is_variable_name(name.scalar)) {
      throw here.error(name, "is not the name of a variable");
    }
    if (value.kind != YamlNode::Kind::scalar && value.kind != YamlNode::Kind::null) {
      throw here.error(value, "must be a text or a number");
    }
    if (value.scalar.find('\0') != std::string::npos) {
      throw here.error(value, "holds a NUL byte");
    }
    env.emplace(name.scalar, value.scalar);
  }
  return env;
}

fs::RepoPath read_path(const Place& at, const YamlNode& node) {
  const std::string text = node.kind == YamlNode::Kind::scalar ? node.scalar : read_text(at, node);
  const std::optional<fs::RepoPath> path = fs::RepoPath::try_parse(text);
  if (!path || path->is_root()) {
    throw at.error(node, "is not a path inside the project: " + quoted(text));
  }
  fs::require_declarable(*path, at.file + ":" + std::to_string(node.line));
  return *path;
}

void append_extra(Value::Map& map, const Value& extra) {
  if (const auto* members = extra.get<Value::Map>()) {
    map.insert(map.end(), members->begin(), members->end());
  }
}

void read_kind(const Place& at, const YamlNode& node, EntryFields& into) {
  into.kind = store::parse_entry_kind(read_text(at, node));
  if (!into.kind) {
    throw at.error(node, "must be 'file', 'exec', 'tree' or 'link'");
  }
}

void read_digest(const Place& at, const YamlNode& node, EntryFields& into, Algorithm algorithm) {
  // The text counts, whatever number a run of digits may look like.
  if (node.kind == YamlNode::Kind::scalar) {
    into.digest = hash::Digest::parse(algorithm, node.scalar);
  }
  if (!into.digest) {
    throw at.error(node, fmt::format("must be {} hexadecimal digits in lowercase", 2 * hash::digest_size(algorithm)));
  }
}

store::Entry finish_entry(const Place& at, const YamlNode& node, const EntryFields& fields) {
  if (!fields.kind || !fields.digest || !fields.size) {
    throw at.error(node, !fields.kind ? "has no 'kind'" : !fields.digest ? "has no 'sha256'" : "has no 'size'");
  }
  const bool tree = *fields.kind == store::EntryKind::tree;
  if (tree != fields.files.has_value()) {
    throw at.error(node, tree ? "is a tree without 'files'" : "has 'files' and is no tree");
  }
  return {.kind = *fields.kind, .digest = *fields.digest, .size = *fields.size, .files = fields.files.value_or(1)};
}

namespace {

/// As finish_entry; a digest of another family may come without sizes.
store::Entry finish_locked_entry(const Place& at, const YamlNode& node, EntryFields fields) {
  if (fields.digest && fields.digest->algorithm() != Algorithm::sha256) {
    fields.size = fields.size.value_or(store::Entry::unknown);
    if (fields.kind == store::EntryKind::tree) {
      fields.files = fields.files.value_or(store::Entry::unknown);
    }
  }
  return finish_entry(at, node, fields);
}

}  // namespace

void append_entry(Value::Map& map, const store::Entry& entry) {
  map.emplace_back("kind", std::string(store::to_string(entry.kind)));
  map.emplace_back(std::string(hash::to_string(entry.digest.algorithm())), entry.digest.hex());
  if (entry.size != store::Entry::unknown) {
    map.emplace_back("size", static_cast<std::int64_t>(entry.size));
  }
  if (entry.kind == store::EntryKind::tree && entry.files != store::Entry::unknown) {
    map.emplace_back("files", static_cast<std::int64_t>(entry.files));
  }
}

Value locked_paths_value(const std::vector<LockedPath>& paths) {
  Value::List list;
  list.reserve(paths.size());
  for (const LockedPath& path : paths) {
    Value::Map map;
    map.emplace_back("path", path.path.str());
    append_entry(map, path.entry);
    if (!path.written.empty()) {
      map.emplace_back("written", path.written);
    }
    if (!path.elsewhere.empty()) {
      map.emplace_back("elsewhere", path.elsewhere);
    }
    append_extra(map, path.extra);
    list.emplace_back(std::move(map));
  }
  return list;
}

std::vector<LockedPath> read_locked_paths(const Place& at, const YamlNode& node) {
  require_list(at, node);
  std::vector<LockedPath> paths;
  paths.reserve(node.items.size());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Place here = at.item(i);
    LockedPathDraft draft;
    read_known_fields(here, node.items[i], locked_path_fields, draft);
    if (!draft.path) {
      throw here.error(node.items[i], "has no 'path'");
    }
    paths.push_back({.path = *draft.path,
                     .entry = finish_locked_entry(here, node.items[i], draft),
                     .written = std::move(draft.written),
                     .elsewhere = std::move(draft.elsewhere),
                     .extra = std::move(draft.extra)});
  }
  std::ranges::stable_sort(paths, {}, &LockedPath::path);
  const auto twice = std::ranges::adjacent_find(paths, {}, &LockedPath::path);
  if (twice != paths.end()) {
    throw at.error(node, "lists " + quoted(twice->path.str()) + " twice");
  }
  return paths;
}

Value locked_params_value(const std::map<fs::RepoPath, LockedParams>& params) {
  Value::Map files;
  for (const auto& [file, values] : params) {
    Value::Map map;
    for (const auto& [key, value] : values) {
      map.emplace_back(key, value);
    }
    files.emplace_back(file.str(), std::move(map));
  }
  return files;
}

std::map<fs::RepoPath, LockedParams> read_locked_params(const Place& at, const YamlNode& node) {
  require_map(at, node);
  std::map<fs::RepoPath, LockedParams> params;
  for (const auto& [file, values] : node.members) {
    const Place here = at.key(file.scalar);
    require_map(here, values);
    LockedParams& into = params[read_path(here, file)];
    for (const auto& [key, value] : values.members) {
      into.emplace_back(key.scalar, to_value(value));
    }
  }
  return params;
}

YamlNode read_versioned(std::string_view text, const std::string& file) {
  YamlNode root = parse_yaml(text, file);
  const Place at{.file = file, .path = {}};
  if (!text.ends_with('\n')) {
    const auto lines = 1 + std::ranges::count(text, '\n');
    throw Error("{}:{}: the last line has no line break: the file is cut off", file, lines)
        .hint("restore it with `git checkout -- {}`", shell_quoted(file));
  }
  require_map(at, root);
  const YamlNode* version = root.find("version");
  if (version == nullptr) {
    throw at.error(root, "has no 'version'");
  }
  const std::uint64_t number = read_count(at.key("version"), *version);
  if (number > static_cast<std::uint64_t>(format_version)) {
    throw Error::of(ErrorKind::format, "{}:{}: written in format {}, newer than this mlops knows ({})", file,
                    version->line, number, format_version)
        .hint("install a newer mlops");
  }
  if (number == 0) {
    throw at.key("version").error(*version, "must be 1");
  }
  return root;
}

}  // namespace mlops::spec::native
