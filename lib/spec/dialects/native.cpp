// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/native.hpp"

#include "spec/dialects/native_names.hpp"

namespace mlops::spec {

namespace {

class NativeDialect : public Dialect {
 public:
  const Names& names() const override { return native::names; }
  hash::Algorithm algorithm() const override { return hash::Algorithm::sha256; }

  Project read_project(std::string_view text, const fs::RepoPath& file, const ReadFile& read) const override {
    return native::read_project(text, file, read);
  }
  std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage) const override {
    return native::with_stage(text, file, stage);
  }
  std::string without_stage(const std::string& text, const fs::RepoPath& file,
                            const std::string& address) const override {
    return native::without_stage(text, file, address);
  }
  std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address,
                          bool frozen) const override {
    return native::with_frozen(text, file, address, frozen);
  }

  Lock read_lock(std::string_view text, const fs::RepoPath& file, const Project&) const override {
    return native::read_lock(text, file);
  }
  std::string write_lock(const Lock& lock, const fs::RepoPath& file, std::string_view) const override {
    return native::write_lock(lock, file);
  }
  std::vector<Pointer> read_pointers(std::string_view text, const fs::RepoPath& file) const override {
    return {native::read_pointer(text, file)};
  }
  std::string write_pointer(const Pointer& pointer, const fs::RepoPath& file, std::string_view) const override {
    return native::write_pointer(pointer, file);
  }

  std::string stage_key_text(const StageInputs& inputs) const override { return native::stage_key_text(inputs); }
  std::string write_stage_entry(const StageEntry& entry) const override { return native::write_stage_entry(entry); }
  StageEntry read_stage_entry(std::string_view text, const std::string& where, const fs::RepoPath&) const override {
    return native::read_stage_entry(text, where);
  }
  std::string stage_cache_place(const std::string& key) const override { return native::stage_cache_place(key); }
  std::optional<StageEntryName> stage_entry_name(std::string_view place) const override {
    return native::stage_entry_name(place);
  }

  /// Typed, as in the stage key: 1 and 1.0 are not the same parameter.
  bool equal(const Value& a, const Value& b) const override { return a == b; }

  const ConfigFormat& config_format() const override { return native::config_format(); }
};

}  // namespace

const Dialect& native_dialect() {
  static const NativeDialect dialect;
  return dialect;
}

}  // namespace mlops::spec
