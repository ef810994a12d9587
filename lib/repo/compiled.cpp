// SPDX-License-Identifier: Apache-2.0
//
// The pipeline files in a form that needs no parsing.
//
// Problem: the YAML of a thousand stages takes longer to parse than a whole command may take. Idea: `.mlops/tmp/compiled`
// keeps what parsing gave, with the SHA-256 and the stat of each text that it was made from. When both stats are the
// same, and were old enough when they were taken that a later change would show in them, not even the texts are read;
// else they are read and hashed, and parsed only when a digest differs. Files that templates took values from are read
// and hashed each time: they are small, and few. The file is derived: deleting or damaging it
// costs time only. Layout: "mlops-compiled 1\n", two lines of evidence, the rest as spec::compile made it (with a check
// sum of its own). Tested in tests/unit/repo/snapshot_test.cpp.

#include "repo/compiled.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "fs/file.hpp"
#include "hash/fingerprint.hpp"
#include "hash/hasher.hpp"
#include "repo/lock_text.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

namespace mlops::repo {
namespace {

constexpr std::string_view magic = "mlops-compiled 1\n";
constexpr std::uint64_t size_limit = 1U << 30U;

/// One of the two texts: what is known of it before and after reading.
struct Source {
  std::string path;
  std::optional<fs::FileStat> stat{};
  std::int64_t seen_ns = 0;
  std::optional<std::string> text{};

  void look() {
    seen_ns = now_ns();
    stat = fs::stat_path(path);
  }
  void read() {
    // Looking first: when the file changes in between, the evidence is older than the text and will not match again.
    look();
    text = fs::try_read_file(path, metadata_limit_bytes);
  }
};

using Sources = std::array<Source, 2>;

/// Whether a change after `seen_ns` would alter the times. Whole seconds hint at a file system that keeps no finer.
bool is_evidence(const Source& source) {
  if (!source.stat) {
    return true;
  }
  constexpr std::int64_t second_ns = 1'000'000'000;
  const std::int64_t newest = std::max(source.stat->mtime_ns, source.stat->ctime_ns);
  const std::int64_t grain_ns = source.stat->mtime_ns % second_ns == 0 ? 2 * second_ns : 20'000'000;
  return newest + grain_ns < source.seen_ns;
}

std::string stat_words(const Source& source) {
  if (!source.stat) {
    return "absent";
  }
  const fs::FileStat& stat = *source.stat;
  return fmt::format("{}:{}:{}:{}:{}", stat.device, stat.inode, stat.size, stat.mtime_ns, stat.ctime_ns);
}

std::string text_words(const Source& source) {
  return source.text ? hash::digest_of(hash::Algorithm::sha256, *source.text).hex() : "absent";
}

/// The two lines of evidence: stat (or "racy") and digest of each text.
std::string evidence(const Sources& sources) {
  std::string lines;
  for (const Source& source : sources) {
    lines += fmt::format("{} {}\n", is_evidence(source) ? stat_words(source) : "racy", text_words(source));
  }
  return lines;
}

/// What the file on disk holds, taken apart.
struct Stored {
  std::array<std::string, 2> stat, digest;
  std::string body;
};

std::optional<Stored> read_stored(const std::string& path) {
  auto bytes = fs::try_read_file(path, size_limit);
  if (!bytes || !bytes->starts_with(magic)) {
    return std::nullopt;
  }
  Stored stored;
  std::size_t at = magic.size();
  for (std::size_t i = 0; i < stored.stat.size(); ++i) {
    const std::size_t end = bytes->find('\n', at);
    const std::size_t space = bytes->find(' ', at);
    if (end == std::string::npos || space > end) {
      return std::nullopt;
    }
    stored.stat.at(i) = bytes->substr(at, space - at);
    stored.digest.at(i) = bytes->substr(space + 1, end - space - 1);
    at = end + 1;
  }
  bytes->erase(0, at);
  stored.body = std::move(*bytes);
  return stored;
}

bool same_stats(const Stored& stored, const Sources& sources) {
  return stored.stat[0] == stat_words(sources[0]) && stored.stat[1] == stat_words(sources[1]);
}

bool same_texts(const Stored& stored, const Sources& sources) {
  return stored.digest[0] == text_words(sources[0]) && stored.digest[1] == text_words(sources[1]);
}

void save(const Workspace& workspace, const std::string& path, const Sources& sources, const std::string& body) {
  try {
    workspace.make_state_directory();
    fs::write_file_atomic(path, std::string(magic) + evidence(sources) + body, 0600, fs::Durability::off);
  } catch (const Error& failure) {
    log::debug("the compiled pipeline is not saved: {}", failure.what());
  }
}

/// Whether the files that templates took values from are as they were.
bool same_template_sources(const spec::Project& project, const spec::ReadFile& read) {
  return std::all_of(project.sources.begin(), project.sources.end(), [&](const spec::TemplateSource& source) {
    const std::optional<std::string> text = read(source.path);
    return text ? hash::digest_of(hash::Algorithm::sha256, *text) == source.digest : !source.digest;
  });
}

/// What the stored form says; nothing when it is damaged or templates would now give something else.
std::optional<PipelineFiles> take_stored(const std::string& body, const spec::ReadFile& read) {
  auto loaded = spec::load_compiled(body);
  if (!loaded || !same_template_sources(loaded->project, read)) {
    return std::nullopt;
  }
  return PipelineFiles{std::move(loaded->project), std::move(loaded->lock)};
}

/// The file of the compiled form: one for each pipeline file.
std::string compiled_path(const Workspace& workspace, const fs::RepoPath& pipeline) {
  const std::string path = workspace.state_directory() + "/compiled";
  return pipeline.parent().is_root() ? path : fmt::format("{}-{:016x}", path, hash::fingerprint(pipeline.str()));
}

PipelineFiles read_one(const Workspace& workspace, const fs::RepoPath& pipeline) {
  const spec::Dialect& dialect = workspace.dialect();
  Sources sources{Source{workspace.absolute(pipeline)}, Source{workspace.absolute(lock_of(dialect, pipeline))}};
  for (Source& source : sources) {
    source.look();
  }
  if (!sources[0].stat && !sources[1].stat) {
    return {};
  }
  const std::string path = compiled_path(workspace, pipeline);
  const auto stored = read_stored(path);
  const spec::ReadFile read = work_tree_files(workspace);
  if (stored && same_stats(*stored, sources)) {
    if (auto files = take_stored(stored->body, read)) {
      return std::move(*files);
    }
  }
  for (Source& source : sources) {
    source.read();
  }
  if (stored && same_texts(*stored, sources)) {
    if (auto files = take_stored(stored->body, read)) {
      save(workspace, path, sources, stored->body);
      return std::move(*files);
    }
  }
  PipelineFiles files;
  files.project = parse_pipeline(dialect, sources[0].text, pipeline, read);
  files.lock = parse_lock(dialect, sources[1].text, pipeline, files.project);
  save(workspace, path, sources, spec::compile(files.project, files.lock));
  return files;
}

}  // namespace

PipelineFiles read_pipeline_files(const Workspace& workspace, const std::vector<fs::RepoPath>& pipelines) {
  PipelineFiles all;
  for (const fs::RepoPath& pipeline : pipelines) {
    PipelineFiles files = read_one(workspace, pipeline);
    if (pipelines.size() == 1) {
      return files;
    }
    merge_project(all.project, std::move(files.project));
    for (const auto& [stage, state] : files.lock.stages) {
      all.lock.stages.insert_or_assign(stage, state);
    }
  }
  return all;
}

}  // namespace mlops::repo
