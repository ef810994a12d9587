// SPDX-License-Identifier: Apache-2.0
#include "spec/template_scope.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include "spec/params.hpp"
#include "spec/template_text.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

constexpr std::string_view usual_file = "params.yaml";

void refuse_templates(const Place& at, const YamlNode& node) {
  if (!find_templates(node.scalar).empty()) {
    throw at.error(node, "holds a template, which is not allowed in 'vars'").hint("write the value itself");
  }
  for (const YamlNode& item : node.items) {
    refuse_templates(at, item);
  }
  for (const auto& [key, value] : node.members) {
    refuse_templates(at, key);
    refuse_templates(at, value);
  }
}

std::string dotted(const std::string& prefix, const std::string& key) {
  return prefix.empty() ? key : prefix + "." + key;
}

Value* member(Value::Map& map, const std::string& key) {
  const auto found = std::ranges::find_if(map, [&](const auto& entry) { return entry.first == key; });
  return found == map.end() ? nullptr : &found->second;
}

/// Merges map into map; `taken` is called with the path of each value that is new. Returns the path of a value that is
/// there already, or nothing.
using Taken = std::function<void(const std::string& path)>;
std::optional<std::string> merge_maps(Value::Map& into, const Value::Map& from, const std::string& prefix,
                                      const Taken& taken) {
  for (const auto& [key, value] : from) {
    const std::string path = dotted(prefix, key);
    Value* old = member(into, key);
    if (old == nullptr) {
      into.emplace_back(key, value);
      taken(path);
      continue;
    }
    auto* old_map = old->get<Value::Map>();
    const auto* new_map = value.get<Value::Map>();
    if (old_map == nullptr || new_map == nullptr) {
      return path;
    }
    if (auto twice = merge_maps(*old_map, *new_map, path, taken)) {
      return twice;
    }
  }
  return std::nullopt;
}

std::vector<std::string> keys_of(const Value& value) {
  std::vector<std::string> keys;
  if (const auto* map = value.get<Value::Map>()) {
    for (const auto& entry : *map) {
      keys.push_back(entry.first);
    }
  }
  return keys;
}

/// The item that a text of digits names, counted from the end when it is negative.
const Value* item_at(const Value::List& list, const std::string& key) {
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const auto size = static_cast<std::int64_t>(list.size());
  index += index < 0 ? size : 0;
  const bool valid = error == std::errc() && end == key.data() + key.size() && index >= 0 && index < size;
  return valid ? &list[static_cast<std::size_t>(index)] : nullptr;
}

/// The values of a map that a `file:key,key` selects.
Value select(const Place& at, const YamlNode& node, const Value& values, const std::vector<std::string>& keys,
             const fs::RepoPath& file) {
  if (keys.empty()) {
    return values;
  }
  Value::Map chosen;
  for (const std::string& key : keys) {
    const Value* value = values.find(key);
    if (value == nullptr) {
      Error error = at.error(node, "takes " + quoted(key) + " from " + quoted(file.str()) + ", which has no such key");
      const auto near = nearest(key, keys_of(values));
      throw near ? std::move(error).hint("did you mean '{}'?", *near) : error;
    }
    if (member(chosen, key) == nullptr) {
      chosen.emplace_back(key, *value);
    }
  }
  return Value(std::move(chosen));
}

}  // namespace

TemplateScope::TemplateScope(const fs::RepoPath& file, const ReadFile& read) : read_(&read) {
  const fs::RepoPath usual = file.parent() / usual_file;
  const std::optional<std::string> text = read(usual);
  if (!text) {
    sources_.push_back(usual.str() + " (which does not exist)");
    return;
  }
  const Value values = read_values(*text, usual.str());
  if (!values.is_null() && values.get<Value::Map>() == nullptr) {
    throw Error("{}:1: holds no map of values, which templates need", usual.str());
  }
  files_[usual] = {};
  sources_.push_back(usual.str());
  if (const auto* map = values.get<Value::Map>()) {
    merge_maps(*values_.get<Value::Map>(), *map, "", [&](const std::string& path) { defined_[path] = usual.str(); });
  }
}

void TemplateScope::take(const Place& at, const YamlNode& vars, const fs::RepoPath& dir) {
  require_list(at, vars);
  refuse_templates(at, vars);
  for (std::size_t i = 0; i < vars.items.size(); ++i) {
    const YamlNode& item = vars.items[i];
    const Place here = at.item(i);
    if (item.kind == YamlNode::Kind::map) {
      sources_.push_back(here.path);
      merge(here, item, to_value(item), here.path);
    } else {
      take_file(here, item, dir);
    }
  }
}

void TemplateScope::take_file(const Place& at, const YamlNode& node, const fs::RepoPath& dir) {
  const std::string text = read_text(at, node);
  const std::size_t colon = text.find(':');
  const std::optional<fs::RepoPath> path = fs::RepoPath::resolve(dir, text.substr(0, colon));
  if (!path || path->is_root()) {
    throw at.error(node, "names " + quoted(text) + ", which is no file inside the project");
  }
  std::vector<std::string> keys =
      colon == std::string::npos ? std::vector<std::string>() : split(text.substr(colon + 1), ',');
  std::erase(keys, "");
  const auto before = files_.find(*path);
  if (before != files_.end()) {
    if (keys.empty() && before->second.empty()) {
      return;
    }
    const auto again = [&](const std::string& key) { return std::ranges::count(before->second, key) > 0; };
    if (keys.empty() || before->second.empty() || std::ranges::any_of(keys, again)) {
      throw at.error(node, "takes values of " + quoted(path->str()) + " that have been taken already")
          .hint("take each key once, or the whole file");
    }
  }
  const std::optional<std::string> content = (*read_)(*path);
  if (!content) {
    throw at.error(node, "names " + quoted(path->str()) + ", which does not exist");
  }
  Value values = read_values(*content, path->str());
  if (values.is_null()) {
    values = Value(Value::Map{});  // an empty file
  }
  if (values.get<Value::Map>() == nullptr) {
    throw at.error(node, "names " + quoted(path->str()) + ", which holds no map of values");
  }
  sources_.push_back(path->str());
  merge(at, node, select(at, node, values, keys, *path), path->str());
  files_[*path].insert(files_[*path].end(), keys.begin(), keys.end());
}

void TemplateScope::merge(const Place& at, const YamlNode& node, const Value& values, const std::string& source) {
  for (const std::string& key : keys_of(values)) {
    if (iteration_ && (key == "item" || (key == "key" && iteration_->key))) {
      throw at.error(node, "redefines " + quoted(key) + ", which generated stages have of their own");
    }
  }
  const auto twice = merge_maps(*values_.get<Value::Map>(), *values.get<Value::Map>(), "",
                                [&](const std::string& path) { defined_[path] = source; });
  if (!twice) {
    return;
  }
  std::string known = *twice;
  while (defined_.count(known) == 0 && known.find('.') != std::string::npos) {
    known.erase(known.rfind('.'));
  }
  const auto first = defined_.find(known);
  throw at
      .error(node, "redefines " + quoted(*twice) +
                       (first == defined_.end() ? "" : ", which " + quoted(first->second) + " defines"))
      .hint("give it another name, or remove one of the two");
}

std::optional<TemplateScope::Origin> TemplateScope::origin(std::string_view expression) const {
  const std::vector<std::string> keys = parse_template_expression(expression);
  if (iteration_ && (keys.front() == "item" || (iteration_->key && keys.front() == "key"))) {
    return std::nullopt;
  }
  const std::string key = join(keys, ".");
  std::string known = key;
  auto source = defined_.find(known);
  while (source == defined_.end() && known.find('.') != std::string::npos) {
    known.erase(known.rfind('.'));
    source = defined_.find(known);
  }
  if (source == defined_.end()) {
    return std::nullopt;
  }
  const auto file = std::ranges::find_if(files_, [&](const auto& one) { return one.first.str() == source->second; });
  return file == files_.end() ? std::nullopt : std::optional(Origin{.file = file->first, .key = key});
}

const Value* TemplateScope::root(const std::string& name) const {
  if (iteration_ && name == "item") {
    return &iteration_->item;
  }
  if (iteration_ && iteration_->key && name == "key") {
    return &*iteration_->key;
  }
  return values_.find(name);
}

std::string TemplateScope::searched() const {
  std::vector<std::string> places = sources_;
  if (iteration_) {
    places.emplace_back(iteration_->key ? "'item' and 'key' of the generated stage" : "'item' of the generated stage");
  }
  return join(places, ", ");
}

const Value& TemplateScope::find(std::string_view expression) const {
  const std::vector<std::string> keys = parse_template_expression(expression);
  const Value* at = root(keys.front());
  std::string reached;
  std::vector<std::string> near = at == nullptr ? keys_of(values_) : std::vector<std::string>();
  for (std::size_t i = 1; at != nullptr && i < keys.size(); ++i) {
    reached = dotted(reached, keys[i - 1]);
    const auto* list = at->get<Value::List>();
    near = keys_of(*at);
    at = list != nullptr ? item_at(*list, keys[i]) : at->find(keys[i]);
  }
  if (at != nullptr) {
    return *at;
  }
  Error error = Error::of(ErrorKind::missing, "uses '${{{}}}', and there is no such variable{}",
                          printable(trim(expression)), reached.empty() ? "" : " below " + quoted(reached));
  const auto likely = nearest(keys[reached.empty() ? 0 : split(reached, '.').size()], near);
  std::string looked = "looked in " + searched() + "; for a literal '${' write '\\${'";
  throw likely ? std::move(error).hint("did you mean '{}'?", dotted(reached, *likely)).hint("{}", looked)
               : std::move(error).hint("{}", looked);
}

}  // namespace mlops::spec
