// SPDX-License-Identifier: Apache-2.0
#include "report/values.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "report/files.hpp"
#include "report/literal.hpp"
#include "report/param_keys.hpp"
#include "report/revisions.hpp"
#include "spec/params.hpp"
#include "spec/template.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::report {
namespace {

using spec::Value;

/// The kind of failure that a file of this name has when its text makes no sense.
Failure::Kind broken_kind(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Failure::Kind>, 3> kinds{
      {{".json", Failure::Kind::json}, {".toml", Failure::Kind::toml}, {".py", Failure::Kind::python}}};
  const auto found = std::ranges::find_if(kinds, [&](const auto& kind) { return name.ends_with(kind.first); });
  return found == kinds.end() ? Failure::Kind::yaml : found->second;
}

FileValues failed(const fs::RepoPath& path, Failure::Kind kind, std::string message) {
  return {.path = path, .values = Value::Map(), .failure = Failure{kind, std::move(message)}};
}

/// Reads one file; what goes wrong becomes a part of the answer, since one bad file must not hide the others.
FileValues read_file(Files& files, const fs::RepoPath& path) {
  std::optional<std::string> text;
  try {
    text = files.read(path);
  } catch (const Error& error) {
    const bool missing = error.kind() == ErrorKind::missing;
    return failed(path, missing ? Failure::Kind::not_cached : Failure::Kind::unreadable, error.what());
  }
  if (!text) {
    return failed(path, Failure::Kind::missing, "there is no such file");
  }
  if (!is_utf8(*text)) {
    return failed(path, Failure::Kind::encoding, quoted(path.str()) + " is not UTF-8");
  }
  try {
    Value values = spec::read_values(*text, path.str());
    return {.path = path, .values = is_falsy(values) ? Value(Value::Map()) : std::move(values)};
  } catch (const Error& error) {
    return failed(path, broken_kind(path.str()), error.what());
  }
}

/// What of a value counts as metrics: nothing for a list or null, and a map without what holds nothing.
std::optional<Value> metrics_of(const Value& value) {
  const auto* map = value.get<Value::Map>();
  if (map == nullptr) {
    const bool counts = !value.is_null() && value.get<Value::List>() == nullptr;
    return counts ? std::optional(value) : std::nullopt;
  }
  Value::Map kept;
  for (const auto& [key, member] : *map) {
    auto metrics = metrics_of(member);
    const auto* inner = metrics ? metrics->get<Value::Map>() : nullptr;
    if (metrics && (inner == nullptr || !inner->empty())) {
      kept.emplace_back(key, std::move(*metrics));
    }
  }
  return Value(std::move(kept));
}

FileValues read_metrics(Files& files, const fs::RepoPath& path) {
  FileValues read = read_file(files, path);
  auto metrics = metrics_of(read.values);
  read.values = metrics && !is_falsy(*metrics) ? std::move(*metrics) : Value(Value::Map());
  return read;
}

/// The files that hold metrics, stage by stage as they are written, then those of the top level.
std::vector<fs::RepoPath> declared_metrics(const spec::Project& project) {
  std::vector<fs::RepoPath> paths;
  for (const spec::Stage& stage : project.stages) {
    std::vector<const spec::Output*> metrics;
    for (const spec::Output& out : stage.outs) {
      // What lies outside the project has the root for its path, and no values here.
      if (out.kind == spec::OutputKind::metric && !out.path.is_root()) {
        metrics.push_back(&out);
      }
    }
    std::ranges::stable_sort(metrics, {}, [](const spec::Output* out) { return out->line; });
    for (const spec::Output* out : metrics) {
      paths.push_back(out->path);
    }
  }
  paths.insert(paths.end(), project.metrics.begin(), project.metrics.end());
  return paths;
}

/// Directories replaced by the files in them; each file once, where it first stands.
std::vector<fs::RepoPath> expanded(Files& files, const std::vector<fs::RepoPath>& paths) {
  std::vector<fs::RepoPath> all;
  std::set<fs::RepoPath> seen;
  for (const fs::RepoPath& path : paths) {
    for (const fs::RepoPath& file : files.expand(path)) {
      if (seen.insert(file).second) {
        all.push_back(file);
      }
    }
  }
  return all;
}

/// What to read at each revision.
struct Question {
  bool metrics = true;  ///< or parameters
  std::vector<fs::RepoPath> targets;
  bool only_dependencies = false;
};

Question question(const repo::Workspace& workspace, const std::vector<std::string>& targets) {
  Question asked{.metrics = true, .targets = {}, .only_dependencies = false};
  for (const std::string& target : targets) {
    asked.targets.push_back(workspace.resolve(target));
  }
  return asked;
}

std::vector<FileValues> all_metrics(Files& files, const Question& asked) {
  const auto paths = asked.targets.empty() ? declared_metrics(files.declared().project) : asked.targets;
  std::vector<FileValues> all;
  for (const fs::RepoPath& path : expanded(files, paths)) {
    all.push_back(read_metrics(files, path));
  }
  return all;
}

std::set<fs::RepoPath> pipeline_files(const spec::Dialect& dialect, const spec::Project& project) {
  std::set<fs::RepoPath> files{fs::RepoPath::parse(dialect.names().pipeline)};
  for (const spec::Stage& stage : project.stages) {
    // A stage outside the root is called by its file and its name there.
    const std::size_t colon = stage.name.rfind(':');
    if (colon != std::string::npos) {
      files.insert(fs::RepoPath::parse(stage.name.substr(0, colon)));
    }
  }
  return files;
}

/// What templates take from files that nothing else shows decides what stages do, as parameters do.
void add_template_values(Files& files, const spec::Dialect& dialect, const std::set<fs::RepoPath>& shown,
                         std::vector<FileValues>& into) {
  const spec::Project& project = files.declared().project;
  if (project.sources.empty()) {
    return;
  }
  const auto read = [&](const fs::RepoPath& path) { return files.read(path); };
  std::map<fs::RepoPath, Value::Map> all;
  for (const fs::RepoPath& file : pipeline_files(dialect, project)) {
    for (auto& [source, used] : spec::template_uses(files.read(file).value_or(""), file, read)) {
      auto& values = all[source];
      values.insert(values.end(), used.begin(), used.end());
    }
  }
  for (auto& [source, values] : all) {
    if (!shown.contains(source)) {
      into.push_back({.path = source, .values = std::move(values)});
    }
  }
}

std::vector<FileValues> all_params(Files& files, const spec::Dialect& dialect, const Question& asked) {
  ParamKeys wanted;
  for (const fs::RepoPath& target : asked.targets) {
    wanted.add(target, {});
  }
  if (asked.targets.empty()) {
    wanted.add_project(files.declared().project, asked.only_dependencies);
    const auto usual = fs::RepoPath::parse("params.yaml");
    if (!asked.only_dependencies && files.exists(usual)) {
      wanted.add(usual, {});
    }
  }
  std::vector<FileValues> all;
  std::set<fs::RepoPath> seen;
  for (const auto& [path, keys] : wanted.files()) {
    for (const fs::RepoPath& file : files.expand(path)) {
      if (seen.insert(file).second) {
        all.push_back(read_file(files, file));
        all.back().values = chosen_keys(all.back().values, keys);
      }
    }
  }
  if (asked.targets.empty()) {
    add_template_values(files, dialect, seen, all);
  }
  return all;
}

/// Reads one revision; a revision that cannot be read must not hide the others.
RevisionValues read_revision(repo::Workspace& workspace, Objects& objects, const Revision& revision,
                             const Question& asked) {
  RevisionValues result{.revision = revision.name, .files = {}};
  Files files(workspace, objects, revision.commit);
  try {
    result.files = asked.metrics ? all_metrics(files, asked) : all_params(files, workspace.dialect(), asked);
  } catch (const Error& error) {
    result.failure = Failure{Failure::Kind::declarations, error.what()};
  }
  return result;
}

bool same_values(const RevisionValues& a, const RevisionValues& b) {
  const auto in = [](const std::vector<FileValues>& files, const FileValues& wanted) {
    return std::ranges::any_of(files, [&](const FileValues& file) {
      return file.path == wanted.path && (file.values == wanted.values || equal(file.values, wanted.values));
    });
  };
  const auto failed = [](const RevisionValues& values) {
    return values.failure ||
           std::ranges::any_of(values.files, [](const FileValues& file) { return file.failure.has_value(); });
  };
  return !failed(a) && !failed(b) && a.files.size() == b.files.size() &&
         std::ranges::all_of(a.files, [&](const FileValues& file) { return in(b.files, file); });
}

Comparison compare(repo::Workspace& workspace, const CompareOptions& options, const Question& asked) {
  Comparison result{.before = options.before.value_or("HEAD"),
                    .after = options.after.value_or(workspace_name),
                    .sides = {},
                    .files = {}};
  if (!workspace.git().head()) {
    return result;
  }
  Objects objects(workspace);
  const Revision before = find_revision(workspace.git(), result.before);
  const Revision after = find_revision(workspace.git(), result.after);
  for (const Revision& revision : {before, after}) {
    result.sides.push_back(read_revision(workspace, objects, revision, asked));
  }
  result.files = changes_between(result.sides[0].files, result.sides[1].files, options.unchanged);
  return result;
}

}  // namespace

std::vector<RevisionValues> show_metrics(repo::Workspace& workspace, const MetricsOptions& options) {
  const Question asked = question(workspace, options.targets);
  Objects objects(workspace);
  if (!options.any()) {
    return {read_revision(workspace, objects, {""}, asked)};
  }
  std::vector<RevisionValues> all{read_revision(workspace, objects, {workspace_name}, asked)};
  for (const Revision& revision : chosen_revisions(workspace.git(), options)) {
    all.push_back(read_revision(workspace, objects, revision, asked));
  }
  const auto branch = workspace.git().branch();
  const auto own = std::ranges::find_if(all, [&](const RevisionValues& values) { return values.revision == branch; });
  if (own != all.end() && own != all.begin() && same_values(all.front(), *own)) {
    all.erase(all.begin());
  }
  return all;
}

Comparison compare_metrics(repo::Workspace& workspace, const CompareOptions& options) {
  return compare(workspace, options, question(workspace, options.targets));
}

Comparison compare_params(repo::Workspace& workspace, const CompareOptions& options) {
  Question asked = question(workspace, options.targets);
  asked.metrics = false;
  asked.only_dependencies = options.only_dependencies;
  return compare(workspace, options, asked);
}

}  // namespace mlops::report
