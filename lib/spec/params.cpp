// SPDX-License-Identifier: Apache-2.0
#include "spec/params.hpp"

#include <algorithm>

#include "spec/params_python.hpp"
#include "spec/params_text.hpp"
#include "spec/yaml.hpp"
#include "spec/yaml_edit.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

Value read_yaml(std::string_view text, const std::string& file) { return to_value(parse_yaml(text, file)); }

Value read_json_values(std::string_view text, const std::string& file) { return parse_json(text, file); }

std::string apply_to_yaml(const std::string& text, const std::string& file, const Assignment& assignment) {
  YamlEditor editor(text, file);
  editor.set(assignment.path, assignment.value);
  return editor.text();
}

/// What a file name's ending decides.
struct Format {
  std::string_view suffix;
  Value (*read)(std::string_view text, const std::string& file);
  std::string (*apply)(const std::string& text, const std::string& file, const Assignment& assignment);
};

constexpr Format formats[] = {
    {.suffix = ".json", .read = read_json_values, .apply = apply_to_json},
    {.suffix = ".toml", .read = read_toml, .apply = apply_to_toml},
    {.suffix = ".py", .read = read_python, .apply = apply_to_python},
    {.suffix = "", .read = read_yaml, .apply = apply_to_yaml},  // .yaml, .yml and whatever else, as DVC does it
};

const Format& format_of(const std::string& file) {
  return *std::ranges::find_if(formats, [&](const Format& format) { return file.ends_with(format.suffix); });
}

[[noreturn]] void refuse_assignment(std::string_view text, std::string_view reason) {
  throw Error::usage("cannot set '{}': {}", printable(text), reason)
      .hint("write `[file:]key.path=value`, for example `-S train.lr=0.1`");
}

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Value assigned_value(std::string_view all, std::string_view text) {
  if (text.empty()) {
    return "";
  }
  if (std::string_view("[{\"'").find(text[0]) != std::string_view::npos) {
    try {
      return to_value(parse_yaml(text, "value"));
    } catch (const Error& error) {
      refuse_assignment(all, error.what());
    }
  }
  Value value = type_scalar(text);
  if (value.get<std::string>() != nullptr && is_whole_number(text)) {
    refuse_assignment(all, "the number does not fit into 64 bits");
  }
  return value;
}

void append_leaves(std::vector<std::pair<std::string, Value>>& out, const std::string& prefix, const Value& value) {
  const auto* map = value.get<Value::Map>();
  if (map == nullptr || (map->empty() && !prefix.empty())) {
    out.emplace_back(prefix, value);
    return;
  }
  for (const auto& [key, member] : *map) {
    append_leaves(out, prefix.empty() ? std::string(key) : prefix + "." + key, member);
  }
}

}  // namespace

Value read_values(std::string_view text, const std::string& file) { return format_of(file).read(text, file); }

Assignment parse_assignment(std::string_view text, const std::string& default_file) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    refuse_assignment(text, "there is no '='");
  }
  if (!is_utf8(text)) {
    refuse_assignment(text, "it is not UTF-8");
  }
  std::string_view target = text.substr(0, equals);
  Assignment assignment{.file = default_file, .path = {}, .value = {}};
  if (const std::size_t colon = target.find(':'); colon != std::string_view::npos) {
    assignment.file = target.substr(0, colon);
    target.remove_prefix(colon + 1);
  }
  // Hydra, and with it DVC, writes '+' before keys that are new and '++' before keys that may be.
  for (int i = 0; i < 2 && target.starts_with('+'); ++i) {
    target.remove_prefix(1);
  }
  assignment.path = split_key(target);
  const auto is_empty = [](const std::string& key) { return key.empty(); };
  if (assignment.file.empty() || std::ranges::any_of(assignment.path, is_empty)) {
    refuse_assignment(text, assignment.file.empty() ? "the file is missing" : "a part of the key is empty");
  }
  if (target.starts_with('~')) {
    refuse_assignment(text, "removing a key with '~' is not supported");
  }
  assignment.value = assigned_value(text, text.substr(equals + 1));
  return assignment;
}

std::string apply_assignment(const std::string& text, const std::string& file, const Assignment& assignment) {
  return format_of(file).apply(text, file, assignment);
}

std::vector<std::string> split_key(std::string_view dotted) {
  std::vector<std::string> keys(1);
  for (std::size_t i = 0; i < dotted.size(); ++i) {
    const std::size_t close = dotted[i] == '[' ? dotted.find(']', i) : std::string_view::npos;
    const bool ends_part = close != std::string_view::npos &&
                           (close + 1 == dotted.size() || dotted[close + 1] == '.' || dotted[close + 1] == '[');
    if (dotted[i] == '.') {
      keys.emplace_back();
    } else if (ends_part) {
      if (i > 0) {
        keys.emplace_back();
      }
      keys.back() = dotted.substr(i + 1, close - i - 1);
      i = close;
    } else {
      keys.back() += dotted[i];
    }
  }
  return keys;
}

std::vector<std::pair<std::string, Value>> flatten(const Value& value) {
  std::vector<std::pair<std::string, Value>> out;
  append_leaves(out, "", value);
  return out;
}

}  // namespace mlops::spec
