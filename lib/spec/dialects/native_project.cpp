// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "spec/dialects/native.hpp"
#include "spec/dialects/native_names.hpp"
#include "spec/template.hpp"
#include "util/text.hpp"

namespace mlops::spec::native {

namespace {

/// A stage while it is read: paths are relative to `base`.
struct StageDraft {
  Stage stage;
  fs::RepoPath dir;   ///< of the pipeline file
  fs::RepoPath base;  ///< the stage's working directory
};

struct OutputDraft {
  Output output;
  Value::Map plot;
};

/// A path that a person wrote, relative to `base`. Throws Error where it cannot be one of the project's.
fs::RepoPath resolve_path(const Place& at, const YamlNode& node, const fs::RepoPath& base, const std::string& text) {
  const std::string name = quoted(text);
  if (text.find("://") != std::string::npos) {
    throw at.error(node, "names " + name + ", which is not a path in the project")
        .hint("bring it in with `mlops import-url`");
  }
  if (text.starts_with('/')) {
    throw at.error(node, "has the absolute path " + name +
                             "; a path must be relative and stay inside the project, to mean the same everywhere");
  }
  const std::optional<fs::RepoPath> path = text.empty() ? std::nullopt : fs::RepoPath::resolve(base, text);
  if (!path) {
    throw at.error(node, text.empty() ? "has an empty path" : "has the path " + name + ", which leaves the project");
  }
  fs::require_declarable(*path, at.file + ":" + std::to_string(node.line));
  return *path;
}

fs::RepoPath resolve_item(const Place& at, const YamlNode& node, const fs::RepoPath& base, const std::string& text) {
  fs::RepoPath path = resolve_path(at, node, base, text);
  if (path.is_root()) {
    throw at.error(node, "names the whole project");
  }
  return path;
}

void require_map_or_null(const Place& at, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::null) {
    require_map(at, node);
  }
}

template <class Item>
void sort_unique(const Place& at, std::vector<Item>& items, fs::RepoPath Item::*path) {
  std::ranges::stable_sort(items, {}, path);
  const auto twice = std::ranges::adjacent_find(items, {}, path);
  if (twice != items.end()) {
    YamlNode node;
    node.line = std::max(twice->line, std::next(twice)->line);
    throw at.error(node, fmt::format("lists {} twice, first on line {}", quoted((*twice.*path).str()),
                                     std::min(twice->line, std::next(twice)->line)));
  }
}

// What belongs to an output.

void read_plot_property(const Place& at, const YamlNode& node, OutputDraft& into) {
  into.plot.emplace_back(at.path.substr(at.path.rfind('.') + 1), to_value(node));
}

constexpr Field<OutputDraft> output_fields[] = {
    {"cache", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.cache = read_bool(at, n); }},
    {"persist", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.persist = read_bool(at, n); }},
    {"push", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.push = read_bool(at, n); }},
    {"remote", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.remote = read_text(at, n); }},
    {"desc", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.annotations.desc = read_text(at, n); }},
    {"type", [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.annotations.type = read_text(at, n); }},
    {"labels",
     [](const Place& at, const YamlNode& n, OutputDraft& o) { o.output.annotations.labels = read_texts(at, n); }},
    {"meta", [](const Place&, const YamlNode& n, OutputDraft& o) { o.output.annotations.meta = to_value(n); }},
};

constexpr Field<OutputDraft> plot_fields[] = {
    output_fields[0],
    output_fields[1],
    output_fields[2],
    output_fields[3],
    output_fields[4],
    output_fields[5],
    output_fields[6],
    output_fields[7],
    {"x", read_plot_property},
    {"y", read_plot_property},
    {"title", read_plot_property},
    {"template", read_plot_property},
    {"x_label", read_plot_property},
    {"y_label", read_plot_property},
    {"header", read_plot_property},
};

void require_own_name(const Place& at, const YamlNode& node, const fs::RepoPath& path) {
  const std::string_view name = path.name();
  if (name == names.pipeline || name == names.lock || name.ends_with(names.pointer_suffix)) {
    throw at.error(node, "names " + quoted(path.str()) + ", which is a file of mlops itself");
  }
}

Output read_output(const Place& at, const YamlNode& node, const StageDraft& stage, OutputKind kind) {
  OutputDraft draft;
  draft.output.kind = kind;
  draft.output.line = node.line;
  if (node.kind == YamlNode::Kind::map) {
    if (node.members.size() != 1) {
      throw at.error(node, "must be a path, or one path with its options");
    }
    const auto& [path, options] = node.members.front();
    draft.output.path = resolve_item(at, path, stage.base, path.scalar);
    require_map_or_null(at, options);
    if (kind == OutputKind::plot) {
      read_fields_if_map(at, options, plot_fields, draft);
    } else {
      read_fields_if_map(at, options, output_fields, draft);
    }
  } else {
    draft.output.path = resolve_item(at, node, stage.base, read_text(at, node));
  }
  require_own_name(at, node, draft.output.path);
  if (!draft.plot.empty()) {
    draft.output.plot = Value(std::move(draft.plot));
  }
  return std::move(draft.output);
}

template <OutputKind kind>
void read_outputs(const Place& at, const YamlNode& node, StageDraft& into) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    into.stage.outs.push_back(read_output(at.item(i), node.items[i], into, kind));
  }
}

// What belongs to a stage.

void read_wdir(const Place& at, const YamlNode& node, StageDraft& into) {
  into.stage.wdir = resolve_path(at, node, into.dir, read_text(at, node));
}

void read_deps(const Place& at, const YamlNode& node, StageDraft& into) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const Place here = at.item(i);
    into.stage.deps.push_back({.path = resolve_item(here, item, into.base, read_text(here, item)), .line = item.line});
  }
}

/// Adds keys to the file's entry; no keys mean the whole file, which holds them all.
void add_params(StageDraft& into, const fs::RepoPath& file, std::vector<std::string> keys, int line) {
  const bool whole = keys.empty();
  auto found = std::ranges::find(into.stage.params, file, &ParamsDependency::file);
  if (found == into.stage.params.end()) {
    into.stage.params.push_back({.file = file, .keys = std::move(keys), .line = line});
  } else if (whole) {
    found->keys.clear();
  } else if (!found->keys.empty()) {
    found->keys.insert(found->keys.end(), keys.begin(), keys.end());
  }
}

void read_params(const Place& at, const YamlNode& node, StageDraft& into) {
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const Place here = at.item(i);
    if (item.kind != YamlNode::Kind::map) {
      const std::string key = read_text(here, item);
      if (key.empty()) {
        throw here.error(item, "is empty");
      }
      add_params(into, resolve_item(here, item, into.base, "params.yaml"), {key}, item.line);
      continue;
    }
    for (const auto& [file, keys] : item.members) {
      const fs::RepoPath path = resolve_item(here, file, into.base, file.scalar);
      const bool whole = keys.kind == YamlNode::Kind::null;
      add_params(into, path, whole ? std::vector<std::string>() : read_texts(here.key(file.scalar), keys), file.line);
    }
  }
}

double read_timeout(const Place& at, const YamlNode& node) {
  const Value value = to_value(node);
  std::optional<double> seconds = value.number();
  if (const auto* text = value.get<std::string>(); text != nullptr && text->size() > 1) {
    const std::string_view units = "smh";
    const std::size_t unit = units.find(text->back());
    double count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size() - 1, count);
    if (unit != std::string_view::npos && error == std::errc() && end == text->data() + text->size() - 1) {
      seconds = count * (unit == 0 ? 1.0 : unit == 1 ? 60.0 : 3600.0);
    }
  }
  if (!seconds || !(*seconds > 0) || *seconds > 1e9) {
    throw at.error(node, "must be a number of seconds, or a text like '90s', '5m' or '2h'");
  }
  return *seconds;
}

constexpr Field<StageDraft> stage_fields[] = {
    {"cmd", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.cmd = read_command(at, n); }},
    {"wdir", read_wdir},
    {"deps", read_deps},
    {"params", read_params},
    {"outs", read_outputs<OutputKind::plain>},
    {"metrics", read_outputs<OutputKind::metric>},
    {"plots", read_outputs<OutputKind::plot>},
    {"frozen", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.frozen = read_bool(at, n); }},
    {"always_changed",
     [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.always_changed = read_bool(at, n); }},
    {"env", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.env = read_env(at, n); }},
    {"timeout",
     [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.timeout_seconds = read_timeout(at, n); }},
    {"desc", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.desc = read_text(at, n); }},
    {"meta", [](const Place&, const YamlNode& n, StageDraft& s) { s.stage.meta = to_value(n); }},
};

void sort_params(Stage& stage) {
  std::ranges::sort(stage.params, {}, &ParamsDependency::file);
  for (ParamsDependency& dependency : stage.params) {
    std::ranges::sort(dependency.keys);
    dependency.keys.erase(std::unique(dependency.keys.begin(), dependency.keys.end()), dependency.keys.end());
  }
}

Stage read_stage(const Place& at, const YamlNode& name, const YamlNode& node, const fs::RepoPath& file) {
  const fs::RepoPath dir = file.parent();
  StageDraft draft{.stage = {}, .dir = dir, .base = dir};
  if (const std::string reason = check_stage_name(name.scalar); !reason.empty()) {
    throw yaml_error(at.file, name, "the stage name " + quoted(name.scalar) + " " + reason);
  }
  draft.stage.name = stage_address(file, name.scalar);
  draft.stage.file = file;
  draft.stage.line = name.line;
  draft.stage.wdir = dir;
  require_map(at, node);
  // All other paths are relative to the working directory, wherever it is written.
  if (const YamlNode* wdir = node.find("wdir")) {
    read_wdir(at.key("wdir"), *wdir, draft);
    draft.base = draft.stage.wdir;
  }
  read_fields(at, node, stage_fields, draft);
  if (draft.stage.cmd.lines.empty()) {
    throw at.error(name, "has no 'cmd'");
  }
  sort_unique(at.key("deps"), draft.stage.deps, &Dependency::path);
  sort_unique(at.key("outs"), draft.stage.outs, &Output::path);
  sort_params(draft.stage);
  return std::move(draft.stage);
}

// What belongs to the document.

struct ProjectDraft {
  Project project;
  fs::RepoPath file;
};

void read_stages(const Place& at, const YamlNode& node, ProjectDraft& into) {
  require_map_or_null(at, node);
  for (const auto& [name, stage] : node.members) {
    into.project.stages.push_back(read_stage(at.key(name.scalar), name, stage, into.file));
  }
}

std::vector<fs::RepoPath> read_file_list(const Place& at, const YamlNode& node, const fs::RepoPath& dir) {
  std::vector<fs::RepoPath> paths;
  if (node.kind == YamlNode::Kind::null) {
    return paths;
  }
  require_list(at, node);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Place here = at.item(i);
    paths.push_back(resolve_item(here, node.items[i], dir, read_text(here, node.items[i])));
  }
  return paths;
}

struct Properties {};
constexpr Field<Properties> top_plot_fields[] = {
    {"x", [](const Place&, const YamlNode&, Properties&) {}},
    {"y", [](const Place&, const YamlNode&, Properties&) {}},
    {"x_label", [](const Place& at, const YamlNode& n, Properties&) { read_text(at, n); }},
    {"y_label", [](const Place& at, const YamlNode& n, Properties&) { read_text(at, n); }},
    {"title", [](const Place& at, const YamlNode& n, Properties&) { read_text(at, n); }},
    {"template", [](const Place& at, const YamlNode& n, Properties&) { read_text(at, n); }},
};
constexpr Field<Properties> artifact_fields[] = {
    {"path", [](const Place& at, const YamlNode& n, Properties&) { read_text(at, n); }},
    {"type", [](const Place& at, const YamlNode& n, Properties&) { read_text(at, n); }},
    {"desc", [](const Place& at, const YamlNode& n, Properties&) { read_text(at, n); }},
    {"labels", [](const Place& at, const YamlNode& n, Properties&) { read_texts(at, n); }},
    {"meta", [](const Place&, const YamlNode&, Properties&) {}},
};

void read_top_plots(const Place& at, const YamlNode& node, ProjectDraft& into) {
  require_list(at, node);
  Properties properties;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Place here = at.item(i);
    if (node.items[i].kind != YamlNode::Kind::map) {
      read_text(here, node.items[i]);
      continue;
    }
    for (const auto& [id, plot] : node.items[i].members) {
      require_map_or_null(here.key(id.scalar), plot);
      read_fields_if_map(here.key(id.scalar), plot, top_plot_fields, properties);
    }
  }
  into.project.plots.emplace(into.file, to_value(node));
}

void read_artifacts(const Place& at, const YamlNode& node, ProjectDraft& into) {
  require_map(at, node);
  Properties properties;
  for (const auto& [name, artifact] : node.members) {
    const Place here = at.key(name.scalar);
    read_fields(here, artifact, artifact_fields, properties);
    const YamlNode* path = artifact.find("path");
    if (path == nullptr) {
      throw here.error(name, "has no 'path'");
    }
    resolve_item(here.key("path"), *path, into.file.parent(), path->scalar);
  }
  into.project.artifacts.emplace(into.file, to_value(node));
}

/// Names with an '@' are made by foreach and matrix only.
void require_written_names(const Place& at, const YamlNode& root) {
  const YamlNode* stages = root.find("stages");
  if (stages == nullptr) {
    return;
  }
  for (const auto& [name, stage] : stages->members) {
    if (name.scalar.find('@') != std::string::npos) {
      throw yaml_error(at.file, name,
                       "the stage name " + quoted(name.scalar) + " has an '@', which is kept for generated stages");
    }
  }
}

constexpr Field<ProjectDraft> project_fields[] = {
    {"stages", read_stages},
    {"params", [](const Place& at, const YamlNode& n,
                  ProjectDraft& p) { p.project.params = read_file_list(at, n, p.file.parent()); }},
    {"metrics", [](const Place& at, const YamlNode& n,
                   ProjectDraft& p) { p.project.metrics = read_file_list(at, n, p.file.parent()); }},
    {"plots", read_top_plots},
    {"artifacts", read_artifacts},
};

}  // namespace

Project read_project(std::string_view text, const fs::RepoPath& file, const ReadFile& read) {
  fs::require_declarable(file, "a pipeline file");  // its path is a part of its stages' names
  YamlNode root = parse_yaml(text, file.str());
  const std::string& name = file.str();
  const Place at{.file = name, .path = {}};
  require_written_names(at, root);
  ProjectDraft draft{.project = {}, .file = file};
  draft.project.sources = fill_templates(root, file, read, {});
  require_map_or_null(at, root);
  read_fields_if_map(at, root, project_fields, draft);
  return std::move(draft.project);
}

}  // namespace mlops::spec::native
