// SPDX-License-Identifier: Apache-2.0
#include "spec/dialects/dvc.hpp"

#include "spec/dialects/dvc_config.hpp"
#include "spec/dialects/dvc_names.hpp"

namespace mlops::spec {

namespace {

class DvcDialect : public Dialect {
 public:
  const Names& names() const override { return dvc::names; }
  hash::Algorithm algorithm() const override { return hash::Algorithm::md5; }

  Project read_project(std::string_view text, const fs::RepoPath& file, const ReadFile& read) const override {
    return dvc::read_project(text, file, read);
  }
  std::string with_stage(const std::string& text, const fs::RepoPath& file, const Stage& stage) const override {
    return dvc::with_stage(text, file, stage);
  }
  std::string without_stage(const std::string& text, const fs::RepoPath& file,
                            const std::string& address) const override {
    return dvc::without_stage(text, file, address);
  }
  std::string with_frozen(const std::string& text, const fs::RepoPath& file, const std::string& address,
                          bool frozen) const override {
    return dvc::with_frozen(text, file, address, frozen);
  }

  Lock read_lock(std::string_view text, const fs::RepoPath& file, const Project& project) const override {
    return dvc::read_lock(text, file, project);
  }
  std::string write_lock(const Lock& lock, const fs::RepoPath& file, std::string_view before) const override {
    return dvc::write_lock(lock, file, before);
  }
  std::vector<Pointer> read_pointers(std::string_view text, const fs::RepoPath& file) const override {
    return dvc::read_pointers(text, file);
  }
  std::string write_pointer(const Pointer& pointer, const fs::RepoPath& file, std::string_view before) const override {
    return dvc::write_pointer(pointer, file, before);
  }
  bool status_by_stage() const override { return true; }
  bool notices_removals() const override { return false; }
  bool locks_need_projects() const override { return true; }
  bool pipeline_in_each_directory() const override { return true; }
  bool pointers_have_fixed_names() const override { return false; }

  std::string stage_key_text(const StageInputs& inputs) const override { return dvc::stage_key_text(inputs); }
  std::string write_stage_entry(const StageEntry& entry) const override { return dvc::write_stage_entry(entry); }
  StageEntry read_stage_entry(std::string_view text, const std::string& where,
                              const fs::RepoPath& wdir) const override {
    return dvc::read_stage_entry(text, where, wdir);
  }
  bool keeps_all_results() const override { return true; }
  std::string stage_value_text(const StageEntry& entry) const override { return dvc::stage_value_text(entry); }
  std::string stage_cache_place(const std::string& key) const override { return dvc::stage_cache_place(key); }
  std::optional<StageEntryName> stage_entry_name(std::string_view place) const override {
    return dvc::stage_entry_name(place);
  }
  bool same_stage_inputs(const StageInputs& a, const StageInputs& b) const override {
    return dvc::same_stage_inputs(a, b);
  }
  bool reuses_without_inputs() const override { return false; }

  bool equal(const Value& a, const Value& b) const override { return dvc::equal(a, b); }

  const ConfigFormat& config_format() const override { return dvc::config_format(); }
};

}  // namespace

const Dialect& dvc_dialect() {
  static const DvcDialect dialect;
  return dialect;
}

}  // namespace mlops::spec
