// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/dvc_parts.hpp"

#include <algorithm>

#include "hash/hasher.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

constexpr std::string_view tree_suffix = ".dir";

/// The key that `at` leads to.
std::string field_name(const Place& at) { return at.path.substr(at.path.rfind('.') + 1); }

/// A digest as it stands: its text counts, whatever number a run of digits may look like.
std::string read_digest_text(const Place& at, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar && node.kind != YamlNode::Kind::null) {
    throw at.error(node, "must be a text");
  }
  return node.scalar;
}

void require_map_item(const Place& at, const YamlNode& node, std::initializer_list<std::string_view> known) {
  require_map(at, node);
  for (const auto& member : node.members) {
    if (std::ranges::find(known, member.key.scalar) == known.end()) {
      fail_unknown_key(at, member.key, {known.begin(), known.end()});
    }
  }
}

const Value* find_extra(const Value::Map& extra, std::string_view key) {
  const auto found = std::ranges::find(extra, key, &Value::Map::value_type::first);
  return found == extra.end() ? nullptr : &found->second;
}

Value count_value(std::uint64_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

std::optional<store::Entry> entry_of_files(const Value& files) {
  struct File {
    std::string relpath, md5;
  };
  std::vector<File> found;
  std::uint64_t size = 0;
  for (const Value& item : *files.get<Value::List>()) {
    const Value* md5 = item.find("md5");
    if (md5 == nullptr) {
      return std::nullopt;
    }
    found.push_back({*item.find("relpath")->get<std::string>(), to_text(*md5)});
    const Value* bytes = item.find("size");
    size += bytes == nullptr ? 0 : static_cast<std::uint64_t>(*bytes->get<std::int64_t>());
  }
  std::ranges::sort(found, {}, &File::relpath);
  Value::List listing;
  for (File& file : found) {
    listing.emplace_back(Value::Map{{"md5", std::move(file.md5)}, {"relpath", std::move(file.relpath)}});
  }
  const hash::Digest digest = hash::digest_of(hash::Algorithm::md5, python_json(Value(std::move(listing))));
  return store::Entry{.kind = store::EntryKind::tree, .digest = digest, .size = size, .files = found.size()};
}

void read_entry_path(const Place& at, const YamlNode& node, EntryDraft& into) { into.path = read_text(at, node); }

void read_md5(const Place& at, const YamlNode& node, EntryDraft& into) {
  std::string text = read_digest_text(at, node);
  if (text.empty()) {
    return;
  }
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  into.md5 = std::move(text);
}

void read_size(const Place& at, const YamlNode& node, EntryDraft& into) { into.size = read_count(at, node); }
void read_nfiles(const Place& at, const YamlNode& node, EntryDraft& into) { into.nfiles = read_count(at, node); }
void read_isexec(const Place& at, const YamlNode& node, EntryDraft& into) { into.exec = read_bool(at, node); }

void read_hash(const Place& at, const YamlNode& node, EntryDraft& into) {
  if (read_text(at, node) != "md5") {
    throw at.error(node, "must be 'md5'");
  }
  into.hash = true;
}

void read_foreign(const Place& at, const YamlNode& node, EntryDraft& into) {
  into.extra.emplace_back(field_name(at), read_digest_text(at, node));
}

void read_cloud(const Place& at, const YamlNode& node, EntryDraft& into) {
  require_map(at, node);
  if (node.members.size() > 1) {
    throw at.error(node, "must name one remote only");
  }
  for (const auto& [remote, meta] : node.members) {
    require_map_item(at.key(remote.scalar), meta,
                     {"etag", "checksum", "md5", "size", "nfiles", "isexec", "version_id"});
  }
  into.extra.emplace_back("cloud", to_value(node));
}

void read_files(const Place& at, const YamlNode& node, EntryDraft& into) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Place here = at.item(i);
    const YamlNode& item = node.items[i];
    require_map_item(here, item,
                     {"relpath", "md5", "etag", "checksum", "size", "nfiles", "isexec", "version_id", "cloud"});
    const YamlNode* relpath = item.find("relpath");
    if (relpath == nullptr) {
      throw here.error(item, "has no 'relpath'");
    }
    read_text(here.key("relpath"), *relpath);
    if (const YamlNode* size = item.find("size")) {
      read_count(here.key("size"), *size);
    }
  }
  into.extra.emplace_back("files", to_value(node));
}

void read_map(const Place& at, const YamlNode& node, EntryDraft& into) {
  require_map(at, node);
  into.extra.emplace_back(field_name(at), to_value(node));
}

std::optional<store::Entry> finish_entry(const Place& at, const YamlNode& node, const EntryDraft& draft) {
  if (!draft.path) {
    throw at.error(node, "has no 'path'");
  }
  if (const Value* files = find_extra(draft.extra, "files")) {
    return entry_of_files(*files);
  }
  if (!draft.md5) {
    return std::nullopt;
  }
  std::string_view hex = *draft.md5;
  const bool tree = hex.ends_with(tree_suffix);
  hex.remove_suffix(tree ? tree_suffix.size() : 0);
  const std::optional<hash::Digest> digest =
      hash::Digest::parse(draft.hash ? hash::Algorithm::md5 : hash::Algorithm::md5_dos2unix, hex);
  if (!digest) {
    throw at.key("md5").error(*node.find("md5"), "must be 32 hexadecimal digits, with '.dir' for a directory");
  }
  const auto kind = tree ? store::EntryKind::tree : draft.exec ? store::EntryKind::exec : store::EntryKind::file;
  return store::Entry{.kind = kind,
                      .digest = *digest,
                      .size = draft.size.value_or(store::Entry::unknown),
                      .files = tree ? draft.nfiles.value_or(store::Entry::unknown) : 1};
}

ResolvedPath resolve_path(const fs::RepoPath& wdir, const std::string& written) {
  const bool absolute = written.starts_with('/') || written.find("://") != std::string::npos;
  std::optional<fs::RepoPath> path = absolute ? std::nullopt : fs::RepoPath::resolve(wdir, written);
  return path ? ResolvedPath{*path, ""} : ResolvedPath{{}, written};
}

std::string spelled(const LockedPath& path, const fs::RepoPath& wdir) {
  if (!path.written.empty()) {
    return path.written;
  }
  return path.elsewhere.empty() ? path.path.relative_to(wdir) : path.elsewhere;
}

namespace {

/// A digest of what is recorded of content that has none of ours, so that the same record is the same content.
store::Entry stand_in(const EntryDraft& draft) {
  const bool tree = draft.nfiles.has_value() || find_extra(draft.extra, "files") != nullptr;
  const auto kind = tree ? store::EntryKind::tree : draft.exec ? store::EntryKind::exec : store::EntryKind::file;
  return {.kind = kind,
          .digest = hash::digest_of(hash::Algorithm::sha256, python_json(Value(draft.extra))),
          .size = draft.size.value_or(store::Entry::unknown),
          .files = tree ? draft.nfiles.value_or(store::Entry::unknown) : 1};
}

constexpr Field<EntryDraft> entry_fields[] = {
    {"path", read_entry_path},    {"hash", read_hash},     {"md5", read_md5},      {"size", read_size},
    {"nfiles", read_nfiles},      {"isexec", read_isexec}, {"etag", read_foreign}, {"checksum", read_foreign},
    {"version_id", read_foreign}, {"cloud", read_cloud},   {"files", read_files},  {"dataset", read_map},
};

/// Appends the members of `extra` that are not there yet.
void append_rest(Value::Map& map, const Value& extra) {
  const auto* members = extra.get<Value::Map>();
  for (std::size_t i = 0; members != nullptr && i < members->size(); ++i) {
    const auto& member = (*members)[i];
    if (find_extra(map, member.first) == nullptr) {
      map.push_back(member);
    }
  }
}

}  // namespace

Value locked_path_value(const LockedPath& path, const fs::RepoPath& wdir) {
  const store::Entry& entry = path.entry;
  // A digest of another kind stands in for what `extra` tells, and is not written.
  const bool ours =
      entry.digest.algorithm() == hash::Algorithm::md5 || entry.digest.algorithm() == hash::Algorithm::md5_dos2unix;
  const bool tree = entry.kind == store::EntryKind::tree;
  Value::Map map{{"path", spelled(path, wdir)}};
  if (entry.digest.algorithm() == hash::Algorithm::md5 || path.extra.find("hash") != nullptr) {
    map.emplace_back("hash", "md5");
  }
  if (path.extra.find("files") == nullptr && path.extra.find("dataset") == nullptr) {
    if (ours) {
      map.emplace_back("md5", entry.digest.hex() + (tree ? ".dir" : ""));
    } else if (const char* key = path.extra.find("etag") != nullptr ? "etag" : "checksum"; path.extra.find(key)) {
      map.emplace_back(key, *path.extra.find(key));
    }
    if (entry.size != store::Entry::unknown) {
      map.emplace_back("size", count_value(entry.size));
    }
    if (tree && entry.files != store::Entry::unknown) {
      map.emplace_back("nfiles", count_value(entry.files));
    }
    if (entry.kind == store::EntryKind::exec) {
      map.emplace_back("isexec", true);
    }
  }
  append_rest(map, path.extra);
  return map;
}

std::vector<LockedPath> read_locked_paths(const Place& at, const YamlNode& node, const fs::RepoPath& wdir,
                                          PathRole role) {
  require_list(at, node);
  std::vector<LockedPath> paths;
  paths.reserve(node.items.size());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Place here = at.item(i);
    EntryDraft draft;
    read_fields(here, node.items[i], entry_fields, draft);
    std::optional<store::Entry> entry = finish_entry(here, node.items[i], draft);
    if (!entry && draft.hash) {
      draft.extra.insert(draft.extra.begin(), {"hash", "md5"});
    }
    ResolvedPath resolved = resolve_path(wdir, *draft.path);
    if (role == PathRole::output && resolved.elsewhere.empty()) {
      fs::require_declarable(resolved.path, at.file + ":" + std::to_string(node.items[i].line));
    }
    paths.push_back({.path = std::move(resolved.path),
                     .entry = entry ? *entry : stand_in(draft),
                     .written = std::move(*draft.path),
                     .elsewhere = std::move(resolved.elsewhere),
                     .extra = draft.extra.empty() ? Value() : Value(std::move(draft.extra))});
  }
  std::ranges::stable_sort(paths, {}, &LockedPath::path);
  return paths;
}

StageCommand read_command(const Place& at, const YamlNode& node) {
  StageCommand cmd;
  if (node.kind == YamlNode::Kind::sequence) {
    cmd = {.lines = read_texts(at, node), .list = true};
  } else {
    cmd = {.lines = {read_text(at, node)}, .list = false};
  }
  // The shell would get what stands in front of it.
  const auto cut = [](const std::string& line) { return line.find('\0') != std::string::npos; };
  if (std::ranges::any_of(cmd.lines, cut)) {
    throw at.error(node, "holds a NUL byte");
  }
  return cmd;
}

Value command_value(const StageCommand& cmd) {
  if (!cmd.list && cmd.lines.size() == 1) {
    return cmd.lines.front();
  }
  return Value::List(cmd.lines.begin(), cmd.lines.end());
}

}  // namespace mlops::spec::dvc
