// SPDX-License-Identifier: Apache-2.0
//
// run.json, as text. What is read may come from anybody: every field's type is checked, and whatever a newer version
// added stays as it is.

#include "run/record_json.hpp"

#include <algorithm>
#include <array>

#include "spec/json.hpp"
#include "util/error.hpp"

namespace mlops::run {
namespace {

using spec::Value;
using Map = Value::Map;
using List = Value::List;

constexpr std::int64_t format_version = 1;

constexpr std::array<std::string_view, 20> known_keys = {
    "version", "id",     "name",     "status",    "started",          "finished",  "command",
    "targets", "branch", "base",     "stages",    "params",           "metrics",   "env",
    "machine", "tools",  "left_out", "untracked", "not_reproducible", "undeclared"};

bool is_known(std::string_view key) { return std::find(known_keys.begin(), known_keys.end(), key) != known_keys.end(); }

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value text_list(const std::vector<std::string>& texts) { return List(texts.begin(), texts.end()); }

Value text_map(const std::map<std::string, std::string>& texts) { return Map(texts.begin(), texts.end()); }

Value value_map(const std::map<std::string, Value>& values) { return Map(values.begin(), values.end()); }

Value entry_value(const std::optional<store::Entry>& entry) {
  if (!entry) {
    return {};
  }
  return Map{{"kind", std::string(store::to_string(entry->kind))},
             {std::string(hash::to_string(entry->digest.algorithm())), entry->digest.hex()},
             {"size", static_cast<std::int64_t>(entry->size)},
             {"files", static_cast<std::int64_t>(entry->files)}};
}

/// Reads the fields of one JSON object; absent fields and null keep what they were.
class Fields {
 public:
  Fields(const Value& value, std::string where) : map_(value.get<Map>()), where_(std::move(where)) {
    if (map_ == nullptr) {
      throw Error::of(ErrorKind::corrupt, "{} is not an object", where_);
    }
  }

  const Value* find(std::string_view key) const {
    for (const auto& [name, value] : *map_) {
      if (name == key) {
        return value.is_null() ? nullptr : &value;
      }
    }
    return nullptr;
  }

  template <class T>
  void read(std::string_view key, T& into) const {
    if (const Value* value = find(key)) {
      const T* typed = value->get<T>();
      if (typed == nullptr) {
        throw wrong(key);
      }
      into = *typed;
    }
  }

  void read_number(std::string_view key, double& into) const {
    if (const Value* value = find(key)) {
      const auto number = value->number();
      if (!number) {
        throw wrong(key);
      }
      into = *number;
    }
  }

  void read_size(std::string_view key, std::uint64_t& into) const {
    std::int64_t number = 0;
    read(key, number);
    if (number < 0) {
      throw wrong(key);
    }
    into = static_cast<std::uint64_t>(number);
  }

  void read_texts(std::string_view key, std::vector<std::string>& into) const {
    List items;
    read(key, items);
    for (const Value& item : items) {
      const auto* text = item.get<std::string>();
      if (text == nullptr) {
        throw wrong(key);
      }
      into.push_back(*text);
    }
  }

  void read_texts(std::string_view key, std::map<std::string, std::string>& into) const {
    Map items;
    read(key, items);
    for (const auto& [name, item] : items) {
      const auto* text = item.get<std::string>();
      if (text == nullptr) {
        throw wrong(key);
      }
      into.insert_or_assign(name, *text);
    }
  }

  void read_values(std::string_view key, std::map<std::string, Value>& into) const {
    Map items;
    read(key, items);
    for (auto& [name, item] : items) {
      into.insert_or_assign(name, std::move(item));
    }
  }

  Error wrong(std::string_view key) const {
    return Error::of(ErrorKind::corrupt, "{}: '{}' has a value of a wrong type", where_, key);
  }
  const std::string& where() const { return where_; }
  const Map& map() const { return *map_; }

 private:
  const Map* map_;
  std::string where_;
};

std::optional<store::Entry> read_entry(const Fields& fields, std::string_view key) {
  const Value* value = fields.find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const Fields inner(*value, fields.where());
  std::string kind;
  std::string hex;
  inner.read("kind", kind);
  inner.read("sha256", hex);
  const auto parsed = store::parse_entry_kind(kind);
  const auto digest = hash::Digest::parse(hash::Algorithm::sha256, hex);
  if (!parsed || !digest) {
    throw fields.wrong(key);
  }
  store::Entry entry{.kind = *parsed, .digest = *digest};
  inner.read_size("size", entry.size);
  inner.read_size("files", entry.files);
  return entry;
}

void read_identity(const Fields& fields, Record& record) {
  fields.read("id", record.id);
  fields.read("name", record.name);
  fields.read("status", record.status);
  fields.read("started", record.started);
  fields.read("finished", record.finished);
  fields.read_texts("command", record.command);
  fields.read_texts("targets", record.targets);
  fields.read("branch", record.branch);
  std::string base;
  fields.read("base", base);
  record.base = git::Oid::parse(base);
  if (!base.empty() && !record.base) {
    throw fields.wrong("base");
  }
}

}  // namespace

spec::Value stage_to_value(const StageRecord& stage) {
  return Map{{"name", stage.name},
             {"outcome", stage.outcome},
             {"key", text_or_null(stage.key)},
             {"exit_code", stage.exit_code ? Value(std::int64_t{*stage.exit_code}) : Value()},
             {"wall_seconds", stage.wall_seconds},
             {"cpu_seconds", stage.cpu_seconds},
             {"peak_memory_bytes", static_cast<std::int64_t>(stage.peak_memory_bytes)},
             {"log", entry_value(stage.log)},
             {"error", text_or_null(stage.error)}};
}

StageRecord stage_from_value(const spec::Value& value, const std::string& where) {
  const Fields fields(value, where);
  StageRecord stage;
  fields.read("name", stage.name);
  fields.read("outcome", stage.outcome);
  fields.read("key", stage.key);
  if (fields.find("exit_code") != nullptr) {
    std::int64_t code = 0;
    fields.read("exit_code", code);
    stage.exit_code = static_cast<int>(code);
  }
  fields.read_number("wall_seconds", stage.wall_seconds);
  fields.read_number("cpu_seconds", stage.cpu_seconds);
  fields.read_size("peak_memory_bytes", stage.peak_memory_bytes);
  stage.log = read_entry(fields, "log");
  fields.read("error", stage.error);
  if (!spec::check_stage_address(stage.name).empty()) {
    throw fields.wrong("stages");
  }
  return stage;
}

std::string write_record(const Record& record) {
  List stages;
  for (const StageRecord& stage : record.stages) {
    stages.push_back(stage_to_value(stage));
  }
  Map map{{"version", format_version},
          {"id", record.id},
          {"name", text_or_null(record.name)},
          {"status", record.status},
          {"started", record.started},
          {"finished", record.finished},
          {"command", text_list(record.command)},
          {"targets", text_list(record.targets)},
          {"branch", text_or_null(record.branch)},
          {"base", record.base ? Value(record.base->hex()) : Value()},
          {"stages", std::move(stages)},
          {"params", value_map(record.params)},
          {"metrics", value_map(record.metrics)},
          {"env", text_map(record.env)},
          {"machine", text_map(record.machine)},
          {"tools", text_map(record.tools)},
          {"left_out", text_list(record.left_out)},
          {"untracked", text_list(record.untracked)},
          {"not_reproducible", text_list(record.not_reproducible)},
          {"undeclared", text_list(record.undeclared)}};
  if (const Map* extra = record.extra.get<Map>()) {
    map.insert(map.end(), extra->begin(), extra->end());
  }
  return spec::write_json(Value(std::move(map)), {.bare_nan = true, .indent = 2}) + "\n";
}

Record read_record(std::string_view text, const std::string& where) {
  const Value value = spec::parse_json(text, where);
  const Fields fields(value, where);
  std::int64_t version = 0;
  fields.read("version", version);
  if (version != format_version) {
    throw Error::of(ErrorKind::format, "{} has version {}, which this program does not know", where, version)
        .hint("use a newer mlops");
  }
  Record record;
  read_identity(fields, record);
  List stages;
  fields.read("stages", stages);
  for (const Value& stage : stages) {
    record.stages.push_back(stage_from_value(stage, where));
  }
  fields.read_values("params", record.params);
  fields.read_values("metrics", record.metrics);
  fields.read_texts("env", record.env);
  fields.read_texts("machine", record.machine);
  fields.read_texts("tools", record.tools);
  fields.read_texts("left_out", record.left_out);
  fields.read_texts("untracked", record.untracked);
  fields.read_texts("not_reproducible", record.not_reproducible);
  fields.read_texts("undeclared", record.undeclared);
  Map extra;
  for (const auto& [key, item] : fields.map()) {
    if (!is_known(key)) {
      extra.emplace_back(key, item);
    }
  }
  record.extra = extra.empty() ? Value() : Value(std::move(extra));
  return record;
}

}  // namespace mlops::run
