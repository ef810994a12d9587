// SPDX-License-Identifier: Apache-2.0
// X.dvc: the text file that stands in git for the tracked file or directory X beside it.
//
//   outs:
//   - md5: baa0d609df3f73f015f724fddbf86984.dir
//     size: 9
//     nfiles: 9
//     hash: md5
//     path: raw
//
// Of an import, `deps` tells where it came from and `md5` at the top is a digest of the file's own statements. Paths are
// relative to `wdir`, which is the file's directory unless it is given.

#include <algorithm>

#include "hash/hasher.hpp"
#include "spec/dialects/dvc.hpp"
#include "spec/dialects/dvc_parts.hpp"
#include "spec/dialects/dvc_yaml.hpp"
#include "spec/yaml_edit.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

/// Where a pointer without `deps` keeps what its file says beside `outs`.
constexpr const char* stage_key = "stage";

struct OutDraft {
  EntryDraft entry;
  Pointer pointer;
};

void read_extra(const Place& at, const YamlNode& node, OutDraft& into) {
  into.entry.extra.emplace_back(at.path.substr(at.path.rfind('.') + 1), to_value(node));
}

void read_persist(const Place& at, const YamlNode& node, OutDraft& into) {
  read_bool(at, node);
  read_extra(at, node, into);
}

constexpr Field<OutDraft> out_fields[] = {
    {"md5", [](const Place& at, const YamlNode& n, OutDraft& o) { read_md5(at, n, o.entry); }},
    {"size", [](const Place& at, const YamlNode& n, OutDraft& o) { read_size(at, n, o.entry); }},
    {"nfiles", [](const Place& at, const YamlNode& n, OutDraft& o) { read_nfiles(at, n, o.entry); }},
    {"isexec", [](const Place& at, const YamlNode& n, OutDraft& o) { read_isexec(at, n, o.entry); }},
    {"version_id", [](const Place& at, const YamlNode& n, OutDraft& o) { read_foreign(at, n, o.entry); }},
    {"etag", [](const Place& at, const YamlNode& n, OutDraft& o) { read_foreign(at, n, o.entry); }},
    {"checksum", [](const Place& at, const YamlNode& n, OutDraft& o) { read_foreign(at, n, o.entry); }},
    {"cloud", [](const Place& at, const YamlNode& n, OutDraft& o) { read_cloud(at, n, o.entry); }},
    {"hash", [](const Place& at, const YamlNode& n, OutDraft& o) { read_hash(at, n, o.entry); }},
    {"path", [](const Place& at, const YamlNode& n, OutDraft& o) { read_entry_path(at, n, o.entry); }},
    {"fs_config", [](const Place& at, const YamlNode& n, OutDraft& o) { read_map(at, n, o.entry); }},
    {"files", [](const Place& at, const YamlNode& n, OutDraft& o) { read_files(at, n, o.entry); }},
    {"persist", read_persist},
    {"desc", [](const Place& at, const YamlNode& n, OutDraft& o) { o.pointer.annotations.desc = read_text(at, n); }},
    {"type", [](const Place& at, const YamlNode& n, OutDraft& o) { o.pointer.annotations.type = read_text(at, n); }},
    {"labels",
     [](const Place& at, const YamlNode& n, OutDraft& o) { o.pointer.annotations.labels = read_texts(at, n); }},
    {"meta", [](const Place&, const YamlNode& n, OutDraft& o) { o.pointer.annotations.meta = to_value(n); }},
    {"cache", [](const Place& at, const YamlNode& n, OutDraft& o) { o.pointer.cache = read_bool(at, n); }},
    {"remote", [](const Place& at, const YamlNode& n, OutDraft& o) { o.pointer.remote = read_text(at, n); }},
    {"push", [](const Place& at, const YamlNode& n, OutDraft& o) { o.pointer.push = read_bool(at, n); }},
};

struct Unused {};
void check_text(const Place& at, const YamlNode& node, Unused&) { read_text(at, node); }
void check_text_or_map(const Place& at, const YamlNode& node, Unused&) {
  if (node.kind != YamlNode::Kind::map) {
    read_text(at, node);
  }
}

constexpr Field<Unused> repo_fields[] = {
    {"url", check_text},           {"rev", check_text},           {"rev_lock", check_text},
    {"config", check_text_or_map}, {"remote", check_text_or_map},
};
constexpr Field<Unused> db_fields[] = {
    {"connection", check_text},
    {"file_format", check_text},
    {"query", check_text},
    {"table", check_text},
};

void check_repo(const Place& at, const YamlNode& node, EntryDraft&) {
  Unused unused;
  read_fields(at, node, repo_fields, unused);
  if (node.find("url") == nullptr) {
    throw at.error(node, "has no 'url'");
  }
}

void check_db(const Place& at, const YamlNode& node, EntryDraft&) {
  Unused unused;
  read_fields(at, node, db_fields, unused);
}

constexpr Field<EntryDraft> dependency_fields[] = {
    {"md5", read_md5},
    {"size", read_size},
    {"nfiles", read_nfiles},
    {"isexec", read_isexec},
    {"version_id", read_foreign},
    {"etag", read_foreign},
    {"checksum", read_foreign},
    {"cloud", read_cloud},
    {"hash", read_hash},
    {"path", read_entry_path},
    {"persist", [](const Place& at, const YamlNode& n, EntryDraft&) { read_bool(at, n); }},
    {"repo", check_repo},
    {"db", check_db},
    {"files", read_files},
    {"fs_config", read_map},
};

/// What the file says beside the outputs, in its order.
struct FileDraft {
  Value::Map stage;
  std::string wdir = ".";
  const YamlNode* outs = nullptr;
};

void keep(const Place& at, const YamlNode& node, FileDraft& into) { into.stage.emplace_back(at.path, to_value(node)); }
void read_flag(const Place& at, const YamlNode& node, FileDraft& into) {
  read_bool(at, node);
  keep(at, node, into);
}

void read_stage_md5(const Place& at, const YamlNode& node, FileDraft& into) {
  into.stage.emplace_back(at.path, node.scalar);
}

void read_wdir(const Place& at, const YamlNode& node, FileDraft& into) {
  if (node.kind != YamlNode::Kind::null) {
    into.wdir = read_text(at, node);
    keep(at, node, into);
  }
}

void read_deps(const Place& at, const YamlNode& node, FileDraft& into) {
  if (node.kind == YamlNode::Kind::null) {
    return;
  }
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    EntryDraft draft;
    read_fields(at.item(i), node.items[i], dependency_fields, draft);
  }
  keep(at, node, into);
}

void read_desc(const Place& at, const YamlNode& node, FileDraft& into) {
  read_text(at, node);
  keep(at, node, into);
}

constexpr Field<FileDraft> file_fields[] = {
    {"desc", read_desc},
    {"md5", read_stage_md5},
    {"wdir", read_wdir},
    {"frozen", read_flag},
    {"locked", read_flag},
    {"deps", read_deps},
    {"outs", [](const Place&, const YamlNode& n, FileDraft& f) { f.outs = &n; }},
    {"always_changed", read_flag},
    {"meta", keep},
};

fs::RepoPath directory_of(const fs::RepoPath& file, const std::string& wdir) {
  const std::optional<fs::RepoPath> dir = fs::RepoPath::resolve(file.parent(), wdir);
  if (!dir) {
    throw Error("{}: 'wdir' leads out of the project: {}", file.str(), quoted(wdir));
  }
  return *dir;
}

bool has_items(const Value* value) {
  const auto* list = value == nullptr ? nullptr : value->get<Value::List>();
  return list != nullptr && !list->empty();
}

Pointer read_out(const Place& at, const YamlNode& node, const fs::RepoPath& dir) {
  OutDraft draft;
  read_fields(at, node, out_fields, draft);
  Pointer pointer = std::move(draft.pointer);
  pointer.entry = finish_entry(at, node, draft.entry);
  Value::Map extra = std::move(draft.entry.extra);
  if (!pointer.entry) {
    if (draft.entry.size) {
      extra.emplace_back("size", static_cast<std::int64_t>(*draft.entry.size));
    }
    if (draft.entry.nfiles) {
      extra.emplace_back("nfiles", static_cast<std::int64_t>(*draft.entry.nfiles));
    }
  }
  const ResolvedPath resolved = resolve_path(dir, *draft.entry.path);
  if (resolved.elsewhere.empty()) {
    fs::require_declarable(resolved.path, at.file + ":" + std::to_string(node.line));
  } else {
    extra.emplace_back("path", resolved.elsewhere);
  }
  pointer.path = resolved.path;
  pointer.extra = extra.empty() ? Value() : Value(std::move(extra));
  return pointer;
}

}  // namespace

std::vector<Pointer> read_pointers(std::string_view text, const fs::RepoPath& file) {
  const YamlNode root = parse_yaml(text, file.str());
  const Place at{.file = file.str(), .path = {}};
  FileDraft draft;
  read_fields_if_map(at, root, file_fields, draft);
  if (draft.outs == nullptr || draft.outs->items.empty()) {
    throw at.error(root, "has no 'outs'");
  }
  const fs::RepoPath dir = directory_of(file, draft.wdir);
  const Value stage = draft.stage.empty() ? Value() : Value(std::move(draft.stage));
  const Place outs = at.key("outs");
  std::vector<Pointer> pointers;
  for (std::size_t i = 0; i < draft.outs->items.size(); ++i) {
    Pointer pointer = read_out(outs.item(i), draft.outs->items[i], dir);
    pointer.file = file;
    if (has_items(stage.find("deps"))) {
      pointer.source = stage;
    } else if (!stage.is_null()) {
      Value::Map extra = pointer.extra.is_null() ? Value::Map() : *pointer.extra.get<Value::Map>();
      extra.emplace_back(stage_key, stage);
      pointer.extra = Value(std::move(extra));
    }
    pointers.push_back(std::move(pointer));
  }
  return pointers;
}

namespace {

/// Builds a map of what is worth saying.
class Members {
 public:
  void add(const char* key, Value value) { map_.emplace_back(key, std::move(value)); }
  void add_if(bool wanted, const char* key, Value value) {
    if (wanted) {
      add(key, std::move(value));
    }
  }
  /// Copies members of `from`, where it has them and they are not there yet.
  void copy(const Value& from, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      const Value* value = from.find(key);
      if (value != nullptr &&
          std::ranges::find(map_, std::string_view(key), &Value::Map::value_type::first) == map_.end()) {
        add(key, *value);
      }
    }
  }
  Value take() { return std::move(map_); }

 private:
  Value::Map map_;
};

void add_content(Members& out, const Pointer& pointer) {
  if (!pointer.entry) {
    out.copy(pointer.extra, {"etag", "checksum", "size", "nfiles"});
    return;
  }
  const store::Entry& entry = *pointer.entry;
  const bool tree = entry.kind == store::EntryKind::tree;
  out.add("md5", entry.digest.hex() + (tree ? ".dir" : ""));
  out.add_if(entry.size != store::Entry::unknown, "size", static_cast<std::int64_t>(entry.size));
  out.add_if(tree && entry.files != store::Entry::unknown, "nfiles", static_cast<std::int64_t>(entry.files));
  out.add_if(entry.kind == store::EntryKind::exec, "isexec", true);
}

Value out_value(const Pointer& pointer, const fs::RepoPath& dir) {
  // A listing of what the directory was before says nothing of what it is now.
  const Value* files = pointer.extra.find("files");
  const bool listed = files != nullptr && pointer.entry == entry_of_files(*files);
  Members out;
  if (!listed) {
    add_content(out, pointer);
    out.copy(pointer.extra, {"version_id", "etag", "checksum", "cloud"});
  }
  const bool old = pointer.entry && pointer.entry->digest.algorithm() == hash::Algorithm::md5_dos2unix;
  out.add_if(!old, "hash", "md5");
  const Value* elsewhere = pointer.extra.find("path");
  out.add("path", elsewhere != nullptr ? *elsewhere : Value(pointer.path.relative_to(dir)));
  const Annotations& notes = pointer.annotations;
  out.copy(pointer.extra, {"fs_config"});
  out.add_if(!notes.desc.empty(), "desc", notes.desc);
  out.add_if(!notes.type.empty(), "type", notes.type);
  out.add_if(!notes.labels.empty(), "labels", Value::List(notes.labels.begin(), notes.labels.end()));
  out.add_if(!notes.meta.is_null(), "meta", notes.meta);
  out.add_if(!pointer.cache, "cache", false);
  out.copy(pointer.extra, {"persist"});
  out.add_if(pointer.remote.has_value(), "remote", pointer.remote.value_or(""));
  out.add_if(!pointer.push, "push", false);
  out.add_if(listed, "files", listed ? *files : Value());
  return out.take();
}

/// What the file says beside `outs`: what the pointer knows of it, or else what is there and no import's.
Value stage_of(const Pointer& pointer, const Value& before) {
  if (!pointer.source.is_null()) {
    return pointer.source;
  }
  if (const Value* stage = pointer.extra.find(stage_key)) {
    return *stage;
  }
  Members kept;
  kept.copy(before, {"desc", "wdir", "always_changed", "meta"});
  if (!has_items(before.find("deps"))) {
    kept.copy(before, {"frozen", "locked"});
  }
  return kept.take();
}

bool is_true(const Value* value) { return value != nullptr && *value == Value(true); }

/// The outputs of the file with that of the pointer exchanged.
Value::List outs_of(const Pointer& pointer, const Value& before, const fs::RepoPath& dir) {
  Value out = out_value(pointer, dir);
  const Value* old = before.find("outs");
  Value::List outs = has_items(old) ? *old->get<Value::List>() : Value::List();
  const Value* elsewhere = pointer.extra.find("path");
  const auto same = [&](const Value& other) {
    const Value* path = other.find("path");
    const auto* text = path == nullptr ? nullptr : path->get<std::string>();
    if (text == nullptr || elsewhere != nullptr) {
      return text != nullptr && *elsewhere == *path;
    }
    const ResolvedPath resolved = resolve_path(dir, *text);
    return resolved.elsewhere.empty() && resolved.path == pointer.path;
  };
  const auto place = std::ranges::find_if(outs, same);
  if (place != outs.end()) {
    *place = std::move(out);
  } else {
    outs.push_back(std::move(out));
  }
  return outs;
}

/// The digest of what an import states, without what may change in passing.
std::string stage_md5(const Value& file) {
  Members statements;
  for (const auto& [key, value] : *file.get<Value::Map>()) {
    const bool usual_wdir = key == "wdir" && value == Value(".");
    statements.add_if(key != "md5" && !usual_wdir, key.c_str(), value);
  }
  const std::string text = python_json(
      statements.take(),
      {"desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles"}, {});
  return hash::digest_of(hash::Algorithm::md5, text).hex();
}

Value file_value(const Pointer& pointer, const Value& before) {
  const Value stage = stage_of(pointer, before);
  const Value* wdir = stage.find("wdir");
  const auto* wdir_text = wdir == nullptr ? nullptr : wdir->get<std::string>();
  const fs::RepoPath dir = directory_of(pointer.file, wdir_text == nullptr ? "." : *wdir_text);
  const Value* deps = stage.find("deps");
  Value::List outs = outs_of(pointer, before, dir);
  const bool import = has_items(deps) && deps->get<Value::List>()->size() == 1 && outs.size() == 1;
  const bool digested = import && (pointer.entry || stage.find("md5") != nullptr);
  const auto build = [&](const std::string& md5) {
    Members file;
    file.copy(stage, {"desc"});
    file.add_if(!md5.empty(), "md5", md5);
    file.copy(stage, {"wdir"});
    file.add_if(is_true(stage.find("frozen")) || is_true(stage.find("locked")), "frozen", true);
    file.copy(stage, {"deps"});
    file.add("outs", outs);
    file.add_if(is_true(stage.find("always_changed")), "always_changed", true);
    file.copy(stage, {"meta"});
    return file.take();
  };
  return build(digested ? stage_md5(build("")) : "");
}

bool is_collection(const Value& value) {
  return value.get<Value::Map>() != nullptr || value.get<Value::List>() != nullptr;
}

bool is_same_collection(const Value& a, const Value& b) {
  return is_collection(a) && a.data().index() == b.data().index();
}

/// Whether two lists are told apart item by item.
bool is_paired(const Value& a, const Value& b) {
  const auto* list = a.get<Value::List>();
  return list == nullptr || list->size() == b.get<Value::List>()->size();
}

/// `wanted` with what is equal in `old` kept at its place there, and new members behind.
Value merged(const Value& wanted, const Value& old) {
  if (!is_same_collection(wanted, old) || !is_paired(wanted, old)) {
    return equal(wanted, old) ? old : wanted;
  }
  if (const auto* list = wanted.get<Value::List>()) {
    Value::List items;
    for (std::size_t i = 0; i < list->size(); ++i) {
      items.push_back(merged((*list)[i], (*old.get<Value::List>())[i]));
    }
    return items;
  }
  Value::Map map;
  for (const auto& [key, value] : *old.get<Value::Map>()) {
    if (const Value* other = wanted.find(key)) {
      map.emplace_back(key, merged(*other, value));
    }
  }
  for (const auto& [key, value] : *wanted.get<Value::Map>()) {
    if (old.find(key) == nullptr) {
      map.emplace_back(key, value);
    }
  }
  return map;
}

/// Makes the text mean `wanted`, touching no line that means the same.
void edit(YamlEditor& editor, std::vector<std::string>& path, const Value& wanted, const Value& old) {
  if (equal(wanted, old)) {
    return;
  }
  if (!is_same_collection(wanted, old) || !is_paired(wanted, old)) {
    editor.set(path, wanted);
    return;
  }
  const auto descend = [&](const std::string& key, const Value& value, const Value& before) {
    path.push_back(key);
    edit(editor, path, value, before);
    path.pop_back();
  };
  if (const auto* list = wanted.get<Value::List>()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      descend(std::to_string(i), (*list)[i], (*old.get<Value::List>())[i]);
    }
    return;
  }
  for (const auto& [key, value] : *wanted.get<Value::Map>()) {
    const Value* before = old.find(key);
    descend(key, value, before == nullptr ? Value() : *before);
  }
  for (const auto& member : *old.get<Value::Map>()) {
    if (wanted.find(member.first) == nullptr) {
      path.push_back(member.first);
      editor.erase(path);
      path.pop_back();
    }
  }
}

}  // namespace

std::string write_pointer(const Pointer& pointer, const fs::RepoPath& file, std::string_view before) {
  const Value old = to_value(parse_yaml(before, file.str()));
  Pointer placed = pointer;
  placed.file = file;
  const Value wanted = file_value(placed, old);
  if (old.is_null()) {
    return dvc::emit_yaml(wanted);
  }
  const Value result = merged(wanted, old);
  if (dvc::emit_yaml(old) == before) {
    return dvc::emit_yaml(result);
  }
  // Somebody has laid it out or commented it.
  YamlEditor editor(std::string(before), file.str());
  std::vector<std::string> path;
  edit(editor, path, result, old);
  return editor.text();
}

}  // namespace mlops::spec::dvc
