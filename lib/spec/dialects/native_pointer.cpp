// SPDX-License-Identifier: Apache-2.0
// X.mlops: the text file that stands in git for the tracked file or directory X beside it.
//
//   version: 1
//   path: raw
//   kind: tree
//   sha256: 4355a4...4b98e47
//   size: 1048576
//   files: 12
//
// `path` is relative to the pointer's directory. desc, type, labels, meta, remote, push and source may follow.

#include <stdexcept>

#include "spec/dialects/native.hpp"
#include "util/text.hpp"

namespace mlops::spec::native {

namespace {

struct PointerDraft : EntryFields {
  Pointer pointer;
  fs::RepoPath dir;
  Value extra;
};

void read_data_path(const Place& at, const YamlNode& node, PointerDraft& into) {
  into.pointer.path = into.dir / read_path(at, node);
}

constexpr Field<PointerDraft> pointer_fields[] = {
    {"version", [](const Place&, const YamlNode&, PointerDraft&) {}},
    {"path", read_data_path},
    {"kind", [](const Place& at, const YamlNode& n, PointerDraft& p) { read_kind(at, n, p); }},
    {"sha256", [](const Place& at, const YamlNode& n, PointerDraft& p) { read_digest(at, n, p); }},
    {"size", [](const Place& at, const YamlNode& n, PointerDraft& p) { p.size = read_count(at, n); }},
    {"files", [](const Place& at, const YamlNode& n, PointerDraft& p) { p.files = read_count(at, n); }},
    {"desc",
     [](const Place& at, const YamlNode& n, PointerDraft& p) { p.pointer.annotations.desc = read_text(at, n); }},
    {"type",
     [](const Place& at, const YamlNode& n, PointerDraft& p) { p.pointer.annotations.type = read_text(at, n); }},
    {"labels",
     [](const Place& at, const YamlNode& n, PointerDraft& p) { p.pointer.annotations.labels = read_texts(at, n); }},
    {"meta", [](const Place&, const YamlNode& n, PointerDraft& p) { p.pointer.annotations.meta = to_value(n); }},
    {"remote", [](const Place& at, const YamlNode& n, PointerDraft& p) { p.pointer.remote = read_text(at, n); }},
    {"push", [](const Place& at, const YamlNode& n, PointerDraft& p) { p.pointer.push = read_bool(at, n); }},
    {"source", [](const Place&, const YamlNode& n, PointerDraft& p) { p.pointer.source = to_value(n); }},
};

}  // namespace

Pointer read_pointer(std::string_view text, const fs::RepoPath& file) {
  const YamlNode root = read_versioned(text, file.str());
  const Place at{.file = file.str(), .path = {}};
  PointerDraft draft;
  draft.dir = file.parent();
  draft.pointer.file = file;
  read_known_fields(at, root, pointer_fields, draft);
  if (root.find("path") == nullptr) {
    throw at.error(root, "has no 'path'");
  }
  draft.pointer.entry = finish_entry(at, root, draft);
  if (draft.pointer.entry->kind == store::EntryKind::link) {
    throw at.key("kind").error(*root.find("kind"), "must be 'file', 'exec' or 'tree'");
  }
  draft.pointer.extra = std::move(draft.extra);
  return std::move(draft.pointer);
}

std::string write_pointer(const Pointer& pointer, const fs::RepoPath& file) {
  const Annotations& notes = pointer.annotations;
  Value::Map map;
  map.emplace_back("version", format_version);
  map.emplace_back("path", pointer.path.below(file.parent()).str());
  if (!pointer.entry) {
    throw std::logic_error("a pointer without content cannot be written");
  }
  append_entry(map, *pointer.entry);
  const auto add = [&](bool wanted, const char* key, Value value) {
    if (wanted) {
      map.emplace_back(key, std::move(value));
    }
  };
  add(!notes.desc.empty(), "desc", notes.desc);
  add(!notes.type.empty(), "type", notes.type);
  add(!notes.labels.empty(), "labels", Value::List(notes.labels.begin(), notes.labels.end()));
  add(!notes.meta.is_null(), "meta", notes.meta);
  add(pointer.remote.has_value(), "remote", pointer.remote.value_or(""));
  add(!pointer.push, "push", false);
  add(!pointer.source.is_null(), "source", pointer.source);
  append_extra(map, pointer.extra);
  return emit_yaml(Value(std::move(map)));
}

}  // namespace mlops::spec::native
