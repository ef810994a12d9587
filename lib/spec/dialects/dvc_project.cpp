// SPDX-License-Identifier: Apache-2.0
// The document is read three times over: its shape as it is written, its templates, and what is left.

#include <algorithm>
#include <set>

#include "spec/dialects/dvc.hpp"
#include "spec/dialects/dvc_path.hpp"
#include "spec/dialects/dvc_schema.hpp"
#include "spec/template.hpp"
#include "spec/template_text.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

constexpr std::string_view usual_params = "params.yaml";

/// The properties of a plot, in the order in which DVC keeps them.
constexpr std::string_view plot_properties[] = {"template", "x", "y", "x_label", "y_label", "title", "header"};

/// A stage while it is read: paths are relative to `base`.
struct StageDraft {
  Stage stage;
  fs::RepoPath base;
};

/// A text that a template may have made of a number or a flag.
std::string loose_text(const Place& at, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::null) {
    return {};
  }
  if (node.kind != YamlNode::Kind::scalar) {
    throw at.error(node, "must be a text");
  }
  return template_scalar_text(to_value(node));
}

std::vector<std::string> loose_texts(const Place& at, const YamlNode& node) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    texts.push_back(loose_text(at.item(i), node.items[i]));
  }
  return texts;
}

/// Whether Python takes the node for nothing: null, false, 0, an empty text, list or map.
bool is_falsy(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) {
    return node.items.empty() && node.members.empty();
  }
  const Value value = to_value(node);
  const auto* text = value.get<std::string>();
  const auto* flag = value.get<bool>();
  return value.is_null() || (text != nullptr && text->empty()) || (flag != nullptr && !*flag) || value.number() == 0.0;
}

// Outputs.

void set_option(const Place& at, const std::string& key, const YamlNode& node, Output& into) {
  if (key == "cache") {
    into.cache = read_bool(at, node);
  } else if (key == "persist") {
    into.persist = read_bool(at, node);
  } else if (key == "push") {
    into.push = read_bool(at, node);
  } else if (key == "remote") {
    into.remote = loose_text(at, node);
  } else if (key == "desc") {
    into.annotations.desc = loose_text(at, node);
  } else if (key == "type") {
    into.annotations.type = loose_text(at, node);
  } else if (key == "labels") {
    into.annotations.labels = loose_texts(at, node);
  } else if (key == "meta") {
    into.annotations.meta = is_falsy(node) ? Value() : to_value(node);
  } else if (std::ranges::count(plot_properties, key) > 0) {
    if (into.plot.is_null()) {
      into.plot = Value(Value::Map());
    }
    auto& properties = *into.plot.get<Value::Map>();
    std::erase_if(properties, [&](const auto& property) { return property.first == key; });
    properties.emplace_back(key, to_value(node));
  }
}

void sort_properties(Output& output) {
  if (auto* properties = output.plot.get<Value::Map>()) {
    std::ranges::sort(*properties, {}, [](const auto& property) {
      return std::ranges::find(plot_properties, property.first) - std::begin(plot_properties);
    });
  }
}

/// The output of this spelling; the same one that is listed again is one output, whose options add up.
Output& output_of(const Place& at, const YamlNode& node, OutputKind kind, std::vector<Output>& into,
                  const fs::RepoPath& base) {
  const std::string written = require_text(at, node);
  const auto found = std::ranges::find(into, written, &Output::written);
  if (found != into.end()) {
    return *found;
  }
  Located place = locate(at, node, base, written);
  if (place.path.is_root() && place.elsewhere.empty()) {
    throw at.error(node, "names the whole project");
  }
  into.push_back({.path = std::move(place.path),
                  .written = written,
                  .elsewhere = std::move(place.elsewhere),
                  .kind = kind,
                  .remote = {},
                  .annotations = {},
                  .plot = {},
                  .line = node.line});
  return into.back();
}

void read_outputs(const Place& at, const YamlNode& node, OutputKind kind, StageDraft& into) {
  std::vector<Output> outs;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const Place here = at.item(i);
    if (item.kind != YamlNode::Kind::map) {
      output_of(here, item, kind, outs, into.base);
      continue;
    }
    for (const auto& [path, options] : item.members) {
      Output& output = output_of(here, path, kind, outs, into.base);
      for (const auto& [key, value] : options.members) {
        set_option(here.key(path.scalar).key(key.scalar), key.scalar, value, output);
      }
      sort_properties(output);
    }
  }
  into.stage.outs.insert(into.stage.outs.end(), std::make_move_iterator(outs.begin()),
                         std::make_move_iterator(outs.end()));
}

/// Throws Error where an output is declared twice: by two kinds, or in two spellings.
void sort_outputs(const Place& at, std::vector<Output>& outs) {
  const auto order = [](const Output& a, const Output& b) {
    return std::tie(a.path, a.elsewhere) < std::tie(b.path, b.elsewhere);
  };
  std::ranges::stable_sort(outs, order);
  const auto same = [](const Output& a, const Output& b) { return a.path == b.path && a.elsewhere == b.elsewhere; };
  const auto twice = std::ranges::adjacent_find(outs, same);
  if (twice != outs.end()) {
    YamlNode node;
    node.line = std::max(twice->line, std::next(twice)->line);
    throw at.error(node, fmt::format("makes {} twice, first on line {}", quoted(std::next(twice)->written),
                                     std::min(twice->line, std::next(twice)->line)));
  }
}

// Dependencies.

void read_deps(const Place& at, const YamlNode& node, StageDraft& into) {
  std::vector<Dependency>& deps = into.stage.deps;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const Place here = at.item(i);
    const std::string written = require_text(here, item);
    Located place = written.starts_with("ds://") ? Located{.path = {}, .elsewhere = written}
                                                 : locate(here, item, into.base, written);
    deps.push_back({.path = std::move(place.path),
                    .written = written,
                    .elsewhere = std::move(place.elsewhere),
                    .line = item.line});
  }
  // One that is listed twice is no more than one that is listed once.
  std::ranges::stable_sort(deps, [](const Dependency& a, const Dependency& b) {
    return std::tie(a.path, a.elsewhere) < std::tie(b.path, b.elsewhere);
  });
  const auto same = [](const Dependency& a, const Dependency& b) {
    return a.path == b.path && a.elsewhere == b.elsewhere;
  };
  deps.erase(std::unique(deps.begin(), deps.end(), same), deps.end());
}

/// The entry of a parameter file, made where it is new.
ParamsDependency& params_of(const Place& at, const YamlNode& node, const std::string& written, StageDraft& into) {
  Located place = locate(at, node, into.base, written);
  if (!place.elsewhere.empty() || place.path.is_root()) {
    throw at.error(node, "names " + quoted(written) + ", which is no file of the project");
  }
  const auto found = std::ranges::find(into.stage.params, place.path, &ParamsDependency::file);
  if (found != into.stage.params.end()) {
    return *found;
  }
  into.stage.params.push_back({.file = std::move(place.path), .written = written, .keys = {}, .line = node.line});
  return into.stage.params.back();
}

void add_key(ParamsDependency& into, const std::string& key) {
  if (std::ranges::count(into.keys, key) == 0) {
    into.keys.push_back(key);
  }
}

void add_file_keys(const Place& at, const YamlNode& file, const YamlNode& keys, StageDraft& into) {
  if (keys.kind != YamlNode::Kind::sequence) {
    throw at.error(keys, "must be a list of keys, or nothing for the whole file");
  }
  ParamsDependency& entry = params_of(at, file, require_text(at, file), into);
  for (const std::string& key : loose_texts(at, keys)) {
    add_key(entry, key);
  }
}

/// Files that a stage reads as a whole, whatever keys are named besides; keys stay in the order in which they are named.
std::set<std::string> read_whole_files(const Place& at, const YamlNode& node, StageDraft& into) {
  std::set<std::string> whole;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    for (const auto& [file, keys] : node.items[i].members) {
      if (is_falsy(keys)) {
        const std::string written = require_text(at.item(i), file);
        params_of(at.item(i), file, written, into);
        whole.insert(written);
      }
    }
  }
  return whole;
}

void read_params(const Place& at, const YamlNode& node, StageDraft& into) {
  const std::set<std::string> whole = read_whole_files(at, node, into);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const Place here = at.item(i);
    if (item.kind != YamlNode::Kind::map) {
      const std::string key = require_text(here, item);
      if (key.empty()) {
        throw here.error(item, "is empty");
      }
      if (whole.count(std::string(usual_params)) == 0) {
        add_key(params_of(here, item, std::string(usual_params), into), key);
      }
      continue;
    }
    for (const auto& [file, keys] : item.members) {
      if (whole.count(file.scalar) == 0) {
        add_file_keys(here.key(file.scalar), file, keys, into);
      }
    }
  }
  std::ranges::sort(into.stage.params, {}, &ParamsDependency::file);
}

// Stages.

StageCommand read_command(const Place& at, const YamlNode& node) {
  StageCommand cmd;
  if (node.kind == YamlNode::Kind::sequence) {
    cmd = {.lines = loose_texts(at, node), .list = true};
  } else {
    cmd = {.lines = {loose_text(at, node)}, .list = false};
  }
  // The shell would get what stands in front of it.
  const auto cut = [](const std::string& line) { return line.find('\0') != std::string::npos; };
  if (std::ranges::any_of(cmd.lines, cut)) {
    throw at.error(node, "holds a NUL byte");
  }
  return cmd;
}

fs::RepoPath read_wdir(const Place& at, const YamlNode& node, const fs::RepoPath& dir) {
  const std::string text = require_text(at, node);
  Located place = locate(at, node, dir, text.empty() ? "." : text);
  if (!place.elsewhere.empty()) {
    throw at.error(node, "has the path " + quoted(text) + ", which leaves the project");
  }
  return std::move(place.path);
}

constexpr Field<StageDraft> stage_fields[] = {
    {"cmd", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.cmd = read_command(at, n); }},
    {"wdir", [](const Place&, const YamlNode&, StageDraft&) {}},
    {"deps", read_deps},
    {"params", read_params},
    {"outs", [](const Place& at, const YamlNode& n, StageDraft& s) { read_outputs(at, n, OutputKind::plain, s); }},
    {"metrics", [](const Place& at, const YamlNode& n, StageDraft& s) { read_outputs(at, n, OutputKind::metric, s); }},
    {"plots", [](const Place& at, const YamlNode& n, StageDraft& s) { read_outputs(at, n, OutputKind::plot, s); }},
    {"frozen", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.frozen = read_bool(at, n); }},
    {"always_changed",
     [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.always_changed = read_bool(at, n); }},
    {"desc", [](const Place& at, const YamlNode& n, StageDraft& s) { s.stage.desc = loose_text(at, n); }},
    {"meta", [](const Place&, const YamlNode& n, StageDraft& s) { s.stage.meta = to_value(n); }},
    {"matrix", [](const Place&, const YamlNode&, StageDraft&) {}},  // below 'do', where it means nothing
};

void check_name(const Place& at, const YamlNode& name, const std::set<std::string>& groups) {
  const std::string text = name.scalar;
  const std::optional<std::string> group = stage_group(text);
  std::string reason;
  if (text.empty()) {
    reason = "is empty";
  } else if (has_control(text)) {
    reason = "holds a control character";
  } else if (text.back() == '@') {
    reason = "has nothing behind its '@'";
  } else if (group && groups.count(*group) == 0) {
    reason = "has an '@', which only 'foreach' and 'matrix' may put into it, and once";
  }
  if (!reason.empty()) {
    throw yaml_error(at.file, name, "the stage name " + quoted(text) + " " + reason);
  }
}

Stage read_stage(const Place& at, const YamlNode& name, const YamlNode& node, const fs::RepoPath& file) {
  StageDraft draft{.stage = {}, .base = file.parent()};
  if (const YamlNode* wdir = node.find("wdir")) {
    // All other paths are relative to it, wherever it is written.
    draft.base = read_wdir(at.key("wdir"), *wdir, file.parent());
  }
  draft.stage.name = stage_address(file, name.scalar);
  draft.stage.file = file;
  draft.stage.line = name.line;
  draft.stage.wdir = draft.base;
  read_fields(at, node, stage_fields, draft);
  sort_outputs(at.key("outs"), draft.stage.outs);
  return std::move(draft.stage);
}

/// The names of what 'foreach' and 'matrix' make stages of.
std::set<std::string> generating_names(const YamlNode& root) {
  std::set<std::string> names;
  if (const YamlNode* stages = root.find("stages")) {
    for (const auto& [name, stage] : stages->members) {
      if (stage.find("foreach") != nullptr || stage.find("matrix") != nullptr) {
        names.insert(name.scalar);
      }
    }
  }
  return names;
}

void read_stages(const Place& at, const YamlNode& node, const fs::RepoPath& file, const std::set<std::string>& groups,
                 std::vector<Stage>& into) {
  std::set<std::string> seen;
  for (const auto& [name, stage] : node.members) {
    check_name(at, name, groups);
    if (!seen.insert(name.scalar).second) {
      throw yaml_error(at.file, name, "the stage name " + quoted(name.scalar) + " is made twice");
    }
    into.push_back(read_stage(at.key(name.scalar), name, stage, file));
  }
}

/// Files named at the top level; others than the project's are not kept.
std::vector<fs::RepoPath> read_file_list(const Place& at, const YamlNode& node, const fs::RepoPath& dir) {
  std::vector<fs::RepoPath> paths;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Place here = at.item(i);
    Located place = locate(here, node.items[i], dir, require_text(here, node.items[i]), Own::allowed);
    if (place.elsewhere.empty() && !place.path.is_root()) {
      paths.push_back(std::move(place.path));
    }
  }
  return paths;
}

}  // namespace

Project read_project(std::string_view text, const fs::RepoPath& file, const ReadFile& read) {
  const std::string& name = file.str();
  YamlNode root = parse_yaml(text, name);
  Project project;
  if (is_falsy(root)) {
    return project;
  }
  check_pipeline_schema(root, name);
  const std::set<std::string> groups = generating_names(root);
  project.sources = fill_templates(root, file, read, {.as_python = true});
  const Place at{.file = name, .path = {}};
  for (const auto& [key, value] : root.members) {
    const Place here = at.key(key.scalar);
    if (key.scalar == "stages") {
      read_stages(here, value, file, groups, project.stages);
    } else if (key.scalar == "metrics") {
      project.metrics = read_file_list(here, value, file.parent());
    } else if (key.scalar == "params") {
      project.params = read_file_list(here, value, file.parent());
    } else if (key.scalar == "plots" && !value.items.empty()) {
      project.plots.emplace(file, to_value(value));
    } else if (key.scalar == "artifacts" && !value.members.empty()) {
      std::ranges::for_each(value.members, [&](const YamlMember& artifact) { require_text(here, artifact.key); });
      project.artifacts.emplace(file, to_value(value));
    }
  }
  return project;
}

}  // namespace mlops::spec::dvc
