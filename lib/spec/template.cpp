// SPDX-License-Identifier: Apache-2.0
#include "spec/template.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "hash/hasher.hpp"
#include "spec/schema.hpp"
#include "spec/utf8.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

/// What one file may grow to: the product of a matrix is quickly written and slow to make.
constexpr std::size_t most_stages = 100'000;
constexpr std::size_t longest_text = YamlLimits().scalar_bytes;

/// Sections of the document besides `stages` whose texts may hold templates.
constexpr std::string_view other_sections[] = {"params", "metrics", "plots", "artifacts", "datasets"};

std::string type_name(const Value& value) {
  if (value.get<Value::Map>() != nullptr) {
    return "a map";
  }
  return value.get<Value::List>() != nullptr ? "a list" : "'" + to_text(value) + "'";
}

bool is_composite(const Value& value) {
  return value.get<Value::Map>() != nullptr || value.get<Value::List>() != nullptr;
}

/// One combination of a matrix, or one item of a foreach.
struct Case {
  std::string key;
  TemplateScope::Iteration iteration;
};

/// Cases in order; one with the key of an earlier one replaces it.
class Cases {
 public:
  void add(Case next) {
    const auto [place, fresh] = places_.emplace(next.key, cases_.size());
    if (fresh) {
      cases_.push_back(std::move(next));
    } else {
      cases_[place->second] = std::move(next);
    }
  }
  std::vector<Case> take() { return std::move(cases_); }

 private:
  std::vector<Case> cases_;
  std::unordered_map<std::string, std::size_t> places_;
};

class Expander {
 public:
  Expander(const fs::RepoPath& file, const ReadFile& read, const TemplateOptions& options, TemplateUses* uses = nullptr)
      : file_(file), name_(file.str()), options_(options), scope_(file, read), uses_(uses) {}

  YamlNode document(YamlNode root) {
    const Place at{.file = name_, .path = {}};
    const auto vars = std::ranges::find_if(root.members, [](const YamlMember& m) { return m.key.scalar == "vars"; });
    if (vars != root.members.end()) {
      if (vars->value.kind != YamlNode::Kind::null) {
        scope_.take(at.key("vars"), vars->value, file_.parent());
      }
      root.members.erase(vars);
    }
    for (auto& [key, value] : root.members) {
      const Place here = at.key(key.scalar);
      if (key.scalar == "stages") {
        value = stages(here, value);
      } else if (std::ranges::count(other_sections, key.scalar) > 0) {
        value = filled(here, value, scope_, Collections::allowed);
      }
    }
    return root;
  }

 private:
  /// Whether a whole text may become a list or a map.
  enum class Collections { refused, allowed };

  const fs::RepoPath& file_;
  std::string name_;
  const TemplateOptions& options_;
  TemplateScope scope_;
  TemplateUses* uses_;  ///< where to note what stages use; null when nobody asks
  std::size_t made_ = 0;

  YamlNode stages(const Place& at, const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map) {
      return node;
    }
    YamlNode out = node;
    out.members.clear();
    for (const auto& [name, definition] : node.members) {
      const Place here = at.key(name.scalar);
      if (definition.find("matrix") != nullptr) {
        generate(here, name, matrix_template(here, definition), matrix_cases(here, *definition.find("matrix")), out);
      } else if (definition.find("foreach") != nullptr || definition.find("do") != nullptr) {
        const auto [data, body] = foreach_parts(here, definition);
        generate(here, name, *body, foreach_cases(here, *data), out);
      } else {
        out.members.push_back({name, stage(here, definition, scope_)});
      }
    }
    return out;
  }

  void generate(const Place& at, const YamlNode& name, const YamlNode& body, const std::vector<Case>& cases,
                YamlNode& out) {
    require_map(at, body);
    made_ += cases.size();
    if (made_ > most_stages) {
      throw at.error(name, fmt::format("makes the file have more than {} generated stages", most_stages));
    }
    for (const Case& one : cases) {
      TemplateScope scope = scope_;
      scope.iterate(one.iteration);
      YamlNode generated = name;
      generated.scalar += "@" + one.key;
      const std::string path = at.path + "@" + one.key;
      out.members.push_back({generated, stage({.file = name_, .path = path}, body, scope)});
    }
  }

  /// A stage with its texts filled in; its own `vars` and `wdir` come first.
  YamlNode stage(const Place& at, const YamlNode& definition, const TemplateScope& outer) const {
    const YamlNode* vars = definition.find("vars");
    if (definition.kind != YamlNode::Kind::map) {
      return definition;
    }
    if (vars == nullptr || vars->kind == YamlNode::Kind::null) {
      return stage_members(at, definition, outer);
    }
    TemplateScope scope = outer;
    scope.take(at.key("vars"), *vars, directory_of(at, definition, outer));
    return stage_members(at, definition, scope);
  }

  fs::RepoPath directory_of(const Place& at, const YamlNode& definition, const TemplateScope& scope) const {
    const YamlNode* wdir = definition.find("wdir");
    if (wdir == nullptr || wdir->kind != YamlNode::Kind::scalar) {
      return file_.parent();
    }
    const Place here = at.key("wdir");
    const YamlNode text = filled(here, *wdir, scope, Collections::refused);
    const std::optional<fs::RepoPath> path = fs::RepoPath::resolve(file_.parent(), text.scalar);
    if (!path) {
      throw here.error(*wdir, "has the path " + quoted(text.scalar) + ", which leaves the project");
    }
    return *path;
  }

  YamlNode stage_members(const Place& at, const YamlNode& definition, const TemplateScope& scope) const {
    YamlNode out = definition;
    out.members.clear();
    for (const auto& [key, value] : definition.members) {
      if (key.scalar != "vars") {
        out.members.push_back({key, filled(at.key(key.scalar), value, scope, Collections::refused)});
        if (uses_ != nullptr) {
          note_uses(value, scope);
        }
      }
    }
    return out;
  }

  void note_uses(const YamlNode& node, const TemplateScope& scope) const {
    for (const TemplateMatch& match : find_templates(node.scalar)) {
      const auto origin = scope.origin(match.expression);
      const Value& value = scope.find(match.expression);
      if (!origin || value.get<Value::Map>() != nullptr) {
        continue;
      }
      auto& used = (*uses_)[origin->file];
      if (std::ranges::none_of(used, [&](const auto& one) { return one.first == origin->key; })) {
        used.emplace_back(origin->key, value);
      }
    }
    for (const YamlNode& item : node.items) {
      note_uses(item, scope);
    }
    for (const auto& [key, value] : node.members) {
      note_uses(key, scope);
      note_uses(value, scope);
    }
  }

  /// The node with all its texts, keys too, filled in.
  YamlNode filled(const Place& at, const YamlNode& node, const TemplateScope& scope, Collections collections) const {
    switch (node.kind) {
      case YamlNode::Kind::null:
        return node;
      case YamlNode::Kind::scalar:
        return filled_text(at, node, scope, collections);
      case YamlNode::Kind::sequence: {
        YamlNode out = node;
        for (std::size_t i = 0; i < node.items.size(); ++i) {
          out.items[i] = filled(at.item(i), node.items[i], scope, collections);
        }
        return out;
      }
      case YamlNode::Kind::map:
        break;
    }
    YamlNode out = node;
    for (auto& [key, value] : out.members) {
      const Place here = at.key(key.scalar);
      value = filled(here, value, scope, collections);
      key = filled_text(here, key, scope, Collections::refused);
    }
    require_different_keys(at, out);
    return out;
  }

  static void require_different_keys(const Place& at, const YamlNode& map) {
    std::unordered_set<std::string_view> seen;
    for (const auto& [key, value] : map.members) {
      if (!seen.insert(key.scalar).second) {
        throw at.error(key, "has the key " + quoted(key.scalar) + " twice");
      }
    }
  }

  YamlNode filled_text(const Place& at, const YamlNode& node, const TemplateScope& scope,
                       Collections collections) const {
    const std::string& text = node.scalar;
    const std::vector<TemplateMatch> matches = find_templates(text);
    if (matches.empty() && text.find("${") == std::string::npos) {
      return node;
    }
    try {
      const bool whole = matches.size() == 1 && matches.front().begin == 0 && matches.front().end == text.size();
      if (whole) {
        return whole_value(node, scope.find(matches.front().expression), collections);
      }
      YamlNode out = node;
      out.plain = false;
      out.scalar = interpolated(at, text, matches, scope);
      return out;
    } catch (const Error& error) {
      throw placed(at, node, error);
    }
  }

  static YamlNode whole_value(const YamlNode& node, const Value& value, Collections collections) {
    if (is_composite(value) && collections == Collections::refused) {
      throw Error("uses '{}', which is {}, where a single value belongs", printable(node.scalar), type_name(value));
    }
    return node_of(value, {.line = node.line, .column = node.column});
  }

  std::string interpolated(const Place& at, const std::string& text, const std::vector<TemplateMatch>& matches,
                           const TemplateScope& scope) const {
    std::string out;
    std::size_t begin = 0;
    for (const TemplateMatch& match : matches) {
      out += text.substr(begin, match.begin - begin) + embedded(at, match, scope.find(match.expression));
      begin = match.end;
      if (out.size() > longest_text) {
        throw Error("becomes longer than {}", human_size(longest_text));
      }
    }
    return without_template_escapes(out + text.substr(begin));
  }

  std::string embedded(const Place& at, const TemplateMatch& match, const Value& value) const {
    const auto* map = value.get<Value::Map>();
    if (map != nullptr && is_command(at)) {
      return template_options_text(*map, options_);
    }
    if (is_composite(value)) {
      throw Error("uses '${{{}}}', which is {}, inside a text", printable(match.expression), type_name(value))
          .hint("{}", map != nullptr ? "a map can stand in 'cmd' alone, where it becomes options"
                                     : "name one of its items, such as '${NAME[0]}', or use 'foreach'");
    }
    return template_scalar_text(value);
  }

  static bool is_command(const Place& at) {
    const std::size_t dot = at.path.rfind('.');
    return dot != std::string::npos && (at.path.substr(dot) == ".cmd" || at.path.substr(dot).starts_with(".cmd["));
  }

  static Error placed(const Place& at, const YamlNode& node, const Error& error) {
    Error out = at.error(node, error.what());
    for (const std::string& hint : error.hints()) {
      out.hint("{}", hint);
    }
    return out;
  }

  struct ForeachParts {
    const YamlNode* data;
    const YamlNode* body;
  };

  static ForeachParts foreach_parts(const Place& at, const YamlNode& definition) {
    const ForeachParts parts{.data = definition.find("foreach"), .body = definition.find("do")};
    if (parts.data == nullptr || parts.body == nullptr) {
      throw at.error(definition, parts.data == nullptr ? "has 'do' without 'foreach'" : "has 'foreach' without 'do'");
    }
    for (const auto& [key, value] : definition.members) {
      if (key.scalar != "foreach" && key.scalar != "do") {
        throw at.key(key.scalar).error(key, "cannot stand beside 'foreach' and 'do'").hint("put it into 'do'");
      }
    }
    return parts;
  }

  static YamlNode matrix_template(const Place& at, const YamlNode& definition) {
    YamlNode body = definition;
    for (const auto& [key, value] : definition.members) {
      if (key.scalar == "foreach" || key.scalar == "do") {
        throw at.key(key.scalar).error(key, "cannot stand beside 'matrix'");
      }
    }
    std::erase_if(body.members, [](const YamlMember& member) { return member.key.scalar == "matrix"; });
    return body;
  }

  std::vector<Case> foreach_cases(const Place& at, const YamlNode& node) {
    const Place here = at.key("foreach");
    const Value data = to_value(filled(here, node, scope_, Collections::allowed));
    Cases cases;
    if (const auto* map = data.get<Value::Map>()) {
      for (const auto& [key, value] : *map) {
        cases.add({key, {.item = value, .key = Value(key)}});
      }
      return cases.take();
    }
    const auto* list = data.get<Value::List>();
    if (list == nullptr) {
      throw here.error(node, "must be a list or a map, not " + type_name(data));
    }
    const bool numbered = std::ranges::any_of(*list, is_composite);
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Value& item = (*list)[i];
      cases.add(
          {numbered ? std::to_string(i) : name_part(item, comes_from_variable(node, i)), {.item = item, .key = {}}});
    }
    return cases.take();
  }

  static bool is_whole_template(const YamlNode& node) {
    const std::vector<TemplateMatch> matches = find_templates(node.scalar);
    return matches.size() == 1 && matches.front().begin == 0 && matches.front().end == node.scalar.size();
  }

  /// Whether a template gave the item, or the whole list that it is in.
  static bool comes_from_variable(const YamlNode& list, std::size_t index) {
    return list.kind == YamlNode::Kind::sequence ? is_whole_template(list.items[index]) : is_whole_template(list);
  }

  /// What a value puts into the name of a generated stage.
  std::string name_part(const Value& value, bool from_variable) const {
    const bool* flag = value.get<bool>();
    if (flag != nullptr && from_variable && options_.as_python) {
      return *flag ? "True" : "False";
    }
    return template_scalar_text(value);
  }

  /// An axis of a matrix. Throws Error unless it is, or may be taken for, a list.
  Value::List axis(const Place& at, const YamlNode& node, const Value& values) const {
    if (const auto* list = values.get<Value::List>()) {
      return *list;
    }
    Value::List items;
    const auto* map = values.get<Value::Map>();
    const auto* text = values.get<std::string>();
    if (!options_.as_python || (map == nullptr && (text == nullptr || is_whole_template(node)))) {
      throw at.error(node, "must be a list, not " + type_name(values));
    }
    if (map != nullptr) {
      for (const auto& member : *map) {
        items.emplace_back(member.first);
      }
      return items;
    }
    for (std::string_view rest = *text; !rest.empty();) {
      const std::size_t length = std::max<std::size_t>(decode_utf8(rest).length, 1);
      items.emplace_back(std::string(rest.substr(0, length)));
      rest.remove_prefix(length);
    }
    return items;
  }

  std::vector<Case> matrix_cases(const Place& at, const YamlNode& node) {
    const Place here = at.key("matrix");
    require_map(here, node);
    const YamlNode given = filled(here, node, scope_, Collections::allowed);
    std::vector<Axis> axes;
    std::size_t count = given.members.empty() ? 0 : 1;
    for (std::size_t i = 0; i < given.members.size(); ++i) {
      const auto& [name, values] = given.members[i];
      const YamlNode& written = node.members[i].value;
      axes.push_back({name.scalar, axis(here.key(name.scalar), written, to_value(values)), &written});
      count *= axes.back().values.size();
      if (count > most_stages) {
        throw here.error(node, fmt::format("makes more than {} stages", most_stages));
      }
    }
    Cases cases;
    for (std::size_t i = 0; i < count; ++i) {
      cases.add(combination(axes, i, count));
    }
    return cases.take();
  }

  struct Axis {
    std::string name;
    Value::List values;
    const YamlNode* written;
  };

  /// The combination with number `index`; the last axis varies fastest.
  Case combination(const std::vector<Axis>& axes, std::size_t index, std::size_t count) const {
    Value::Map item;
    std::vector<std::string> parts;
    for (const Axis& axis : axes) {
      count /= axis.values.size();
      const std::size_t place = index / count;
      index %= count;
      const Value& value = axis.values[place];
      const bool from_variable = comes_from_variable(*axis.written, place);
      parts.push_back(is_composite(value) ? axis.name + std::to_string(place) : name_part(value, from_variable));
      item.emplace_back(axis.name, value);
    }
    const std::string key = join(parts, "-");
    return {key, {.item = Value(std::move(item)), .key = Value(key)}};
  }
};

bool holds_template(const YamlNode& node) {
  return node.scalar.find("${") != std::string::npos || std::ranges::any_of(node.items, holds_template) ||
         std::ranges::any_of(node.members,
                             [](const YamlMember& m) { return holds_template(m.key) || holds_template(m.value); });
}

bool is_generated(const YamlMember& stage) {
  const auto generates = [](const YamlMember& member) {
    const std::string& key = member.key.scalar;
    return key == "foreach" || key == "do" || key == "matrix" || key == "vars";
  };
  return std::ranges::any_of(stage.value.members, generates);
}

}  // namespace

bool has_templates(const YamlNode& root) {
  const YamlNode* stages = root.find("stages");
  return root.find("vars") != nullptr || holds_template(root) ||
         (stages != nullptr && std::ranges::any_of(stages->members, is_generated));
}

YamlNode expand_templates(YamlNode root, const fs::RepoPath& file, const ReadFile& read,
                          const TemplateOptions& options) {
  return Expander(file, read, options).document(std::move(root));
}

std::vector<TemplateSource> fill_templates(YamlNode& root, const fs::RepoPath& file, const ReadFile& read,
                                           const TemplateOptions& options) {
  if (!has_templates(root)) {
    return {};
  }
  std::map<fs::RepoPath, std::optional<hash::Digest>> found;
  const ReadFile noting = [&](const fs::RepoPath& path) {
    std::optional<std::string> text = read(path);
    found[path] = text ? std::optional(hash::digest_of(hash::Algorithm::sha256, *text)) : std::nullopt;
    return text;
  };
  root = expand_templates(std::move(root), file, noting, options);
  std::vector<TemplateSource> sources;
  for (const auto& [path, digest] : found) {
    sources.push_back({path, digest});
  }
  return sources;
}

TemplateUses template_uses(std::string_view text, const fs::RepoPath& file, const ReadFile& read) {
  TemplateUses uses;
  YamlNode root = parse_yaml(text, file.str());
  if (has_templates(root)) {
    Expander(file, read, {}, &uses).document(std::move(root));
  }
  return uses;
}

}  // namespace mlops::spec
