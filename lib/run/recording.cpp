// SPDX-License-Identifier: Apache-2.0
#include "run/recording.hpp"

#include <algorithm>
#include <set>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "hash/hasher.hpp"
#include "run/layout.hpp"
#include "spec/params.hpp"
#include "store/build.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr unsigned id_letters = 8;
constexpr std::uint64_t values_limit_bytes = 16U << 20U;

/// Collects what a run's tree holds besides the code.
class Collector {
 public:
  Collector(repo::Workspace& workspace, Recording& recording) : workspace_(workspace), recording_(recording) {}

  std::vector<git::TreeUpdate> collect() {
    read_params();
    for (const auto& [name, state] : recording_.states) {
      const spec::Stage* stage = recording_.project->find(name);
      for (const spec::LockedPath& out : state.outs) {
        take_output(stage, out);
      }
    }
    read_plain_metrics();
    for (const auto& [file, text] : recording_.locks) {
      put(run_directory(workspace_.dialect()) / file, text, git::FileMode::regular);
    }
    put(record_path(workspace_.dialect()), write_record(recording_.record), git::FileMode::regular);
    return std::move(updates_);
  }

 private:
  void put(const fs::RepoPath& path, std::string_view bytes, git::FileMode mode) {
    updates_.push_back({workspace_.git_path(path), std::pair(workspace_.git().write_blob(bytes), mode)});
  }

  void read_params() {
    std::set<fs::RepoPath> files(recording_.project->params.begin(), recording_.project->params.end());
    for (const spec::Stage& stage : recording_.project->stages) {
      for (const spec::ParamsDependency& params : stage.params) {
        files.insert(params.file);
      }
    }
    for (const fs::RepoPath& file : files) {
      if (const auto text =
              workspace_.git().read_file(recording_.tree, workspace_.git_path(file), values_limit_bytes)) {
        keep_values(file, *text, recording_.record.params);
      }
    }
  }

  static void keep_values(const fs::RepoPath& file, std::string_view text, std::map<std::string, spec::Value>& into) {
    try {
      into.insert_or_assign(file.str(), spec::read_values(text, file.str()));
    } catch (const Error& error) {
      log::warning("the values of {} are not in the record: {}", quoted(file.str()), error.what());
    }
  }

  static const spec::Output* declared(const spec::Stage* stage, const fs::RepoPath& path) {
    if (stage == nullptr) {
      return nullptr;
    }
    const auto found =
        std::find_if(stage->outs.begin(), stage->outs.end(), [&](const spec::Output& out) { return out.path == path; });
    return found == stage->outs.end() ? nullptr : &*found;
  }

  void take_output(const spec::Stage* stage, const spec::LockedPath& out) {
    const spec::Output* output = declared(stage, out.path);
    if (output == nullptr) {
      return;
    }
    if (output->kind == spec::OutputKind::metric && out.entry.kind != store::EntryKind::tree) {
      if (const auto bytes = bytes_of(out, values_limit_bytes)) {
        keep_values(out.path, *bytes, recording_.record.metrics);
      }
    }
    if (!output->cache && !take_uncached(out)) {
      recording_.record.left_out.push_back(out.path.str());
    }
  }

  bool take_uncached(const spec::LockedPath& out) {
    if (out.entry.size > untracked_limit_bytes) {
      return false;
    }
    if (out.entry.kind == store::EntryKind::tree) {
      return take_directory(out);
    }
    const auto bytes = bytes_of(out, untracked_limit_bytes);
    if (bytes) {
      put_output(out.path, *bytes, out.entry.kind);
    }
    return bytes.has_value();
  }

  void put_output(const fs::RepoPath& path, std::string_view bytes, store::EntryKind kind) {
    const git::FileMode mode = kind == store::EntryKind::exec   ? git::FileMode::executable
                               : kind == store::EntryKind::link ? git::FileMode::link
                                                                : git::FileMode::regular;
    put(run_output_path(workspace_.dialect(), path), bytes, mode);
  }

  /// The bytes that the entry names: from the work tree, while they are still there, else from the cache.
  std::optional<std::string> bytes_of(const spec::LockedPath& out, std::uint64_t limit) {
    if (out.entry.size > limit) {
      return std::nullopt;
    }
    try {
      auto bytes = fs::try_read_file(workspace_.absolute(out.path), limit);
      if (bytes && hash::digest_of(out.entry.digest.algorithm(), *bytes) == out.entry.digest) {
        return bytes;
      }
      if (workspace_.db().has(out.entry.id())) {
        return workspace_.db().read(out.entry.id(), limit);
      }
    } catch (const Error& error) {
      log::debug("{} is not in the record: {}", quoted(out.path.str()), error.what());
    }
    return std::nullopt;
  }

  bool take_directory(const spec::LockedPath& out) {
    const store::HashedPath now =
        store::hash_path_with_trees(workspace_.root(), out.path, workspace_.memo(), &workspace_.db(),
                                    workspace_.build_options(out.path, "Hashing"));
    if (!now.entry || now.entry->digest != out.entry.digest) {
      return false;
    }
    take_tree(now, out.path, *now.entry);
    return true;
  }

  // The depth is that of directories on disk, which the system limits.
  void take_tree(const store::HashedPath& hashed, const fs::RepoPath& directory, const store::Entry& entry) {
    for (const store::TreeEntry& item : hashed.read(entry.id(), workspace_.db()).entries) {
      const fs::RepoPath path = directory / item.name;
      const std::string absolute = workspace_.absolute(path);
      if (item.entry.kind == store::EntryKind::tree) {
        take_tree(hashed, path, item.entry);
      } else if (item.entry.kind == store::EntryKind::link) {
        put_output(path, fs::read_link(absolute).value_or(""), item.entry.kind);
      } else {
        put_output(path, fs::read_file(absolute, untracked_limit_bytes), item.entry.kind);
      }
    }
  }

  /// Metrics files that the pipeline names and no stage makes.
  void read_plain_metrics() {
    for (const fs::RepoPath& file : recording_.project->metrics) {
      const bool made = std::any_of(
          recording_.project->stages.begin(), recording_.project->stages.end(), [&](const spec::Stage& stage) {
            return std::any_of(stage.outs.begin(), stage.outs.end(),
                               [&](const spec::Output& out) { return file.within(out.path); });
          });
      const auto text =
          made ? std::nullopt
               : workspace_.git().read_file(recording_.tree, workspace_.git_path(file), values_limit_bytes);
      if (text) {
        keep_values(file, *text, recording_.record.metrics);
      }
    }
  }

  repo::Workspace& workspace_;
  Recording& recording_;
  std::vector<git::TreeUpdate> updates_;
};

std::string commit_message(const repo::Workspace& workspace, const Record& record) {
  std::string text = "mlops run " + record.id;
  if (!record.name.empty()) {
    text += " (" + record.name + ")";
  }
  return text + "\n\nStatus: " + record.status + "\n" + project_line(workspace);
}

git::Signature author_of(repo::Workspace& workspace, std::int64_t seconds) {
  auto author = workspace.git().identity().value_or(git::Signature{.name = "mlops", .email = "mlops@localhost"});
  author.seconds = seconds;
  return author;
}

}  // namespace

bool is_good(pipeline::Outcome outcome) {
  return outcome == pipeline::Outcome::executed || outcome == pipeline::Outcome::restored ||
         outcome == pipeline::Outcome::up_to_date || outcome == pipeline::Outcome::frozen;
}

StageRecord stage_record(const pipeline::StageReport& report) {
  StageRecord record;
  record.name = report.stage;
  record.outcome = pipeline::to_string(report.outcome);
  record.key = report.key;
  record.log = report.log;
  record.error = report.error;
  if (report.job) {
    record.exit_code = report.job->exit_code;
    record.wall_seconds = report.job->wall_seconds;
    record.cpu_seconds = report.job->cpu_seconds;
    record.peak_memory_bytes = report.job->peak_memory_bytes;
  }
  return record;
}

std::string new_run_id(repo::Workspace& workspace) {
  const std::vector<git::Ref> refs = workspace.git().refs(ref_prefix);
  while (true) {
    std::string id = random_word(id_letters);
    const auto taken = [&](const git::Ref& ref) { return ref.name == ref_name(id); };
    if (std::none_of(refs.begin(), refs.end(), taken)) {
      return id;
    }
  }
}

Run write_run(repo::Workspace& workspace, Recording recording) {
  const std::vector<git::TreeUpdate> updates = Collector(workspace, recording).collect();
  const git::Repository& git = workspace.git();
  Record& record = recording.record;
  // A run of a run's own tree (apply, worktrees) must not carry the older record along.
  std::vector<git::TreeUpdate> all{{workspace.git_path(run_directory(workspace.dialect())), std::nullopt}};
  all.insert(all.end(), updates.begin(), updates.end());
  const git::Oid tree = git.write_tree(recording.tree, all);
  const std::vector<git::Oid> parents = record.base ? std::vector{*record.base} : std::vector<git::Oid>();
  const git::Oid commit =
      git.write_commit(tree, parents, author_of(workspace, record.finished), commit_message(workspace, record));
  git.create_ref(ref_name(record.id), commit);
  return {.commit = commit, .record = std::move(record)};
}

}  // namespace mlops::run
