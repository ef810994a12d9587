// SPDX-License-Identifier: Apache-2.0
//
// A stage as it is declared and as its inputs are now, against what the lock says of the last time it succeeded.
#include "pipeline/plan.hpp"
#include "spec/params.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace mlops::pipeline {
namespace {

using Kind = Reason::Kind;

constexpr std::size_t longest_text = 60;

/// `at`, or the beginning of the character that it lies in.
std::size_t character_start(const std::string& text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) {
    --at;
  }
  return at;
}

/// Long values would push what matters off the line.
std::string shortened(const std::string& safe) {
  return safe.size() <= longest_text ? safe : safe.substr(0, character_start(safe, longest_text - 3)) + "...";
}

std::string short_text(const std::string& text) { return shortened(printable(text)); }

/// Both sides of a change. What long ones begin with alike gives way to where they differ.
std::pair<std::string, std::string> short_texts(const std::string& before, const std::string& after) {
  constexpr std::size_t context = 16;
  std::pair<std::string, std::string> safe(printable(before), printable(after));
  const auto differ = std::mismatch(safe.first.begin(), safe.first.end(), safe.second.begin(), safe.second.end());
  const auto at = static_cast<std::size_t>(differ.first - safe.first.begin());
  if (at >= longest_text - context && std::max(safe.first.size(), safe.second.size()) > longest_text) {
    const std::size_t start = character_start(safe.first, at - context);
    for (std::string* side : {&safe.first, &safe.second}) {
      side->replace(0, start, "...");
    }
  }
  return {shortened(safe.first), shortened(safe.second)};
}

/// A list of one command is another declaration than the command, and is shown as one.
std::pair<std::string, std::string> command_texts(const spec::StageCommand& before, const spec::StageCommand& after) {
  const auto text = [&](const spec::StageCommand& cmd) {
    const std::string line = join(cmd.lines, " && ");
    return cmd.list && before.list != after.list ? "[" + line + "]" : line;
  };
  return short_texts(text(before), text(after));
}

std::string entry_text(const store::Entry& entry) { return hash::short_name(entry.id()); }

std::string value_text(const spec::Value& value) { return short_text(spec::to_text(value)); }

/// Compares one stage; collects every difference.
class Comparison {
 public:
  Comparison(const spec::Dialect& dialect, const spec::Stage& stage, const spec::LockedStage& locked, Current& current,
             bool allow_missing)
      : dialect_(dialect), stage_(stage), locked_(locked), current_(current), allow_missing_(allow_missing) {}

  std::vector<Reason> run() {
    compare_command();
    compare_env();
    compare_deps();
    compare_params();
    compare_outs();
    return std::move(reasons_);
  }

 private:
  void add(Kind kind, std::string subject, std::string before = {}, std::string after = {}, std::string detail = {}) {
    reasons_.push_back({.kind = kind,
                        .subject = std::move(subject),
                        .before = std::move(before),
                        .after = std::move(after),
                        .detail = std::move(detail)});
  }

  void compare_command() {
    if (stage_.cmd != locked_.cmd) {
      auto [before, after] = command_texts(locked_.cmd, stage_.cmd);
      add(Kind::command_changed, stage_.name, std::move(before), std::move(after));
    }
    if (stage_.wdir != locked_.wdir) {
      const auto shown = [](const fs::RepoPath& path) { return path.is_root() ? "." : printable(path.str()); };
      add(Kind::wdir_changed, stage_.name, shown(locked_.wdir), shown(stage_.wdir));
    }
  }

  void compare_env() {
    if (stage_.env == locked_.env) {
      return;
    }
    for (const auto& [name, value] : stage_.env) {
      const auto before = locked_.env.find(name);
      if (before == locked_.env.end() || before->second != value) {
        auto [was, is] = short_texts(before == locked_.env.end() ? "" : before->second, value);
        add(Kind::env_changed, printable(name), std::move(was), std::move(is));
      }
    }
    for (const auto& [name, value] : locked_.env) {
      if (!stage_.env.contains(name)) {
        add(Kind::env_changed, printable(name), short_text(value));
      }
    }
  }

  struct PathKinds {
    Kind added, removed, missing, changed;
  };

  /// What lists of paths are sorted by.
  template <class Item>
  static auto place(const Item& item) {
    return std::tie(item.path, item.elsewhere);
  }

  template <class Item>
  static std::string shown(const Item& item) {
    return printable(item.elsewhere.empty() ? item.path.str() : item.elsewhere);
  }

  void add_removed(const spec::LockedPath& known, const PathKinds& kinds) {
    if (dialect_.notices_removals()) {
      add(kinds.removed, shown(known));
    }
  }

  /// Walks two lists sorted by path side by side.
  template <class Declared>
  void compare_paths(const std::vector<Declared>& declared, const std::vector<spec::LockedPath>& locked,
                     const PathKinds& kinds) {
    auto known = locked.begin();
    for (const Declared& wanted : declared) {
      for (; known != locked.end() && place(*known) < place(wanted); ++known) {
        add_removed(*known, kinds);
      }
      if (known == locked.end() || place(*known) != place(wanted)) {
        add(kinds.added, shown(wanted));
        continue;
      }
      compare_entry(*known, kinds);
      ++known;
    }
    for (; known != locked.end(); ++known) {
      add_removed(*known, kinds);
    }
  }

  void compare_entry(const spec::LockedPath& known, const PathKinds& kinds) {
    std::optional<store::Entry> now;
    try {
      now = known.elsewhere.empty() ? current_.entry(known.path, known.entry.digest.algorithm())
                                    : current_.entry_elsewhere(known);
    } catch (const Error& error) {
      // An output that cannot be described (a fifo in it, a link in its place) is made anew; an input must be mended.
      if (kinds.changed != Kind::output_changed) {
        throw;
      }
      add(kinds.changed, printable(known.path.str()), entry_text(known.entry), {}, error.what());
      return;
    }
    if (!now) {
      if (!allow_missing_) {
        add(kinds.missing, shown(known));
      }
    } else if (*now != known.entry) {
      add(kinds.changed, shown(known), entry_text(known.entry), entry_text(*now),
          known.elsewhere.empty() ? current_.changes_below(known.path, known.entry) : std::string());
    }
  }

  void compare_deps() {
    compare_paths(
        stage_.deps, locked_.deps,
        {Kind::dependency_added, Kind::dependency_removed, Kind::dependency_missing, Kind::dependency_changed});
  }

  void compare_outs() {
    compare_paths(stage_.outs, locked_.outs,
                  {Kind::output_added, Kind::output_removed, Kind::output_missing, Kind::output_changed});
  }

  static const std::map<fs::RepoPath, spec::LockedParams>& no_params() {
    static const std::map<fs::RepoPath, spec::LockedParams> none;
    return none;
  }

  void compare_params() {
    static const spec::LockedParams none;
    for (const spec::ParamsDependency& declared : stage_.params) {
      const auto known = locked_.params.find(declared.file);
      compare_file(declared, known == locked_.params.end() ? none : known->second);
    }
    for (const auto& [file, values] : dialect_.notices_removals() ? locked_.params : no_params()) {
      const auto same_file = [&path = file](const spec::ParamsDependency& params) { return params.file == path; };
      if (std::none_of(stage_.params.begin(), stage_.params.end(), same_file)) {
        for (const auto& [key, value] : values) {
          add(Kind::param_removed, subject(file, key), value_text(value));
        }
      }
    }
  }

  void compare_file(const spec::ParamsDependency& declared, const spec::LockedParams& known) {
    static const std::vector<std::string> whole_file{""};
    const std::vector<std::string>& keys = declared.keys.empty() ? whole_file : declared.keys;
    for (const std::string& key : keys) {
      const auto before = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.first == key; });
      const spec::Value* now = current_.find_param(declared.file, key);
      compare_param(declared.file, key, before == known.end() ? nullptr : &before->second, now);
    }
    for (const auto& [key, value] : known) {
      if (dialect_.notices_removals() && std::find(keys.begin(), keys.end(), key) == keys.end()) {
        add(Kind::param_removed, subject(declared.file, key), value_text(value));
      }
    }
  }

  void compare_param(const fs::RepoPath& file, const std::string& key, const spec::Value* before,
                     const spec::Value* now) {
    if (before == nullptr && now != nullptr) {
      add(Kind::param_added, subject(file, key), {}, value_text(*now));
    } else if (before != nullptr && now == nullptr) {
      if (!allow_missing_) {
        add(Kind::param_removed, subject(file, key), value_text(*before));
      }
    } else if (before != nullptr && !dialect_.equal(*before, *now)) {
      compare_values(file, key, *before, *now);
    }
  }

  /// A text that became a number, or the other way round, is quoted: `1 -> 1` would tell nobody what changed.
  void add_changed(std::string name, const spec::Value& before, const spec::Value& now) {
    const auto is_text = [](const spec::Value& value) { return value.get<std::string>() != nullptr; };
    const bool quote = is_text(before) != is_text(now);
    const auto text = [&](const spec::Value& value) {
      return quote && is_text(value) ? spec::to_json(value) : spec::to_text(value);
    };
    auto [was, is] = short_texts(text(before), text(now));
    add(Kind::param_changed, std::move(name), std::move(was), std::move(is));
  }

  /// Names the leaves that differ, so that one changed rate is not shown as two whole maps.
  void compare_values(const fs::RepoPath& file, const std::string& key, const spec::Value& before,
                      const spec::Value& now) {
    if (before.get<spec::Value::Map>() == nullptr || now.get<spec::Value::Map>() == nullptr) {
      add_changed(subject(file, key), before, now);
      return;
    }
    const auto full = [&](const std::string& leaf) { return subject(file, key.empty() ? leaf : key + "." + leaf); };
    const auto old_leaves = spec::flatten(before);
    const auto new_leaves = spec::flatten(now);
    const std::size_t reasons_before = reasons_.size();
    for (const auto& [leaf, value] : new_leaves) {
      const auto* old_value = find_leaf(old_leaves, leaf);
      if (old_value == nullptr) {
        add(Kind::param_added, full(leaf), {}, value_text(value));
      } else if (!dialect_.equal(*old_value, value)) {
        add_changed(full(leaf), *old_value, value);
      }
    }
    for (const auto& [leaf, value] : old_leaves) {
      if (find_leaf(new_leaves, leaf) == nullptr) {
        add(Kind::param_removed, full(leaf), value_text(value));
      }
    }
    // Empty maps have no leaves, yet they differ.
    if (reasons_.size() == reasons_before) {
      add_changed(subject(file, key), before, now);
    }
  }

  static const spec::Value* find_leaf(const std::vector<std::pair<std::string, spec::Value>>& leaves,
                                      const std::string& key) {
    const auto found = std::find_if(leaves.begin(), leaves.end(), [&](const auto& leaf) { return leaf.first == key; });
    return found == leaves.end() ? nullptr : &found->second;
  }

  static std::string subject(const fs::RepoPath& file, const std::string& key) {
    return printable(key.empty() ? file.str() : file.str() + ": " + key);
  }

  const spec::Dialect& dialect_;
  const spec::Stage& stage_;
  const spec::LockedStage& locked_;
  Current& current_;
  bool allow_missing_;
  std::vector<Reason> reasons_;
};

spec::LockedParams current_params(const spec::Stage& stage, const spec::ParamsDependency& params, Current& current) {
  const spec::Value* whole = current.find_param(params.file, "");
  if (whole == nullptr) {
    throw Error::of(ErrorKind::missing, "the parameter file {} of stage '{}' does not exist", quoted(params.file.str()),
                    stage.name);
  }
  spec::LockedParams values;
  if (params.keys.empty()) {
    values.emplace_back("", *whole);
  }
  for (const std::string& key : params.keys) {
    if (const spec::Value* value = whole->at(key)) {
      values.emplace_back(key, *value);
    }
  }
  return values;
}

}  // namespace

std::vector<Reason> compare(const spec::Dialect& dialect, const spec::Stage& stage, const spec::LockedStage* locked,
                            Current& current, bool allow_missing) {
  std::vector<Reason> reasons;
  if (locked == nullptr) {
    reasons.push_back({.kind = Kind::never_run, .subject = stage.name});
  } else {
    reasons = Comparison(dialect, stage, *locked, current, allow_missing).run();
  }
  // A stage without any input or output would otherwise never run again.
  const bool callback = stage.deps.empty() && stage.params.empty() && stage.outs.empty();
  if (stage.always_changed || (callback && locked != nullptr)) {
    reasons.push_back({.kind = Kind::always_changed, .subject = stage.name});
  }
  return reasons;
}

spec::LockedStage current_inputs(const spec::Stage& stage, Current& current) {
  spec::LockedStage state;
  state.cmd = stage.cmd;
  state.wdir = stage.wdir;
  state.env = stage.env;
  for (const spec::Dependency& dep : stage.deps) {
    const auto entry = dep.elsewhere.empty() ? current.entry(dep.path) : current.entry_elsewhere(dep.elsewhere);
    if (!entry && !dep.elsewhere.empty()) {
      throw Error::of(ErrorKind::missing, "the dependency {} of stage '{}' cannot be read", quoted(dep.elsewhere),
                      stage.name)
          .hint("copy it into the project and name it there");
    }
    if (!entry) {
      throw Error::of(ErrorKind::missing, "the dependency {} of stage '{}' does not exist", quoted(dep.path.str()),
                      stage.name)
          .hint("if it is tracked, `mlops checkout` or `mlops pull` brings it");
    }
    state.deps.push_back({.path = dep.path, .entry = *entry, .written = dep.written, .elsewhere = dep.elsewhere});
  }
  for (const spec::ParamsDependency& params : stage.params) {
    state.params.emplace(params.file, current_params(stage, params, current));
  }
  return state;
}

bool same_inputs(const spec::Dialect& dialect, const spec::LockedStage& a, const spec::LockedStage& b) {
  const auto same_path = [](const spec::LockedPath& one, const spec::LockedPath& other) {
    return one.path == other.path && one.elsewhere == other.elsewhere && one.entry == other.entry;
  };
  const auto same_param = [&](const auto& one, const auto& other) {
    return one.first == other.first && dialect.equal(one.second, other.second);
  };
  const auto same_file = [&](const auto& one, const auto& other) {
    return one.first == other.first &&
           std::equal(one.second.begin(), one.second.end(), other.second.begin(), other.second.end(), same_param);
  };
  return a.cmd == b.cmd && a.wdir == b.wdir && a.env == b.env &&
         std::equal(a.deps.begin(), a.deps.end(), b.deps.begin(), b.deps.end(), same_path) &&
         std::equal(a.params.begin(), a.params.end(), b.params.begin(), b.params.end(), same_file);
}

}  // namespace mlops::pipeline
