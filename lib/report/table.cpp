// SPDX-License-Identifier: Apache-2.0
#include "report/table.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "report/literal.hpp"
#include "util/text.hpp"

namespace mlops::report {
namespace {

using spec::Value;

constexpr const char* absent = "-";

std::string cell(const Value& value, std::optional<int> precision) {
  if (value.is_null()) {
    return absent;
  }
  const auto* real = value.get<double>();
  return real != nullptr && precision ? literal_float(rounded(*real, *precision)) : literal_text(value);
}

/// The metrics of a file by dotted key; a file that is one value has it under the empty key.
std::map<std::string, Value> flat(const Value& values) {
  std::map<std::string, Value> leaves;
  if (values.get<Value::Map>() == nullptr) {
    leaves.emplace("", values);
    return leaves;
  }
  std::vector<std::pair<std::string, const Value*>> pending{{"", &values}};
  while (!pending.empty()) {
    const auto [prefix, map] = std::move(pending.back());
    pending.pop_back();
    for (const auto& [key, value] : *map->get<Value::Map>()) {
      const std::string dotted = map == &values ? std::string(key) : prefix + "." + key;
      if (value.get<Value::Map>() != nullptr) {
        pending.emplace_back(dotted, &value);
      } else {
        leaves.insert_or_assign(dotted, value);
      }
    }
  }
  return leaves;
}

/// The words that editors and scripts tell failures by.
std::string_view type_name(Failure::Kind kind) {
  constexpr std::array<std::string_view, 9> names{"FileNotFoundError",
                                                  "FileNotFoundError",
                                                  "OSError",
                                                  "EncodingError",
                                                  "JSONFileCorruptedError",
                                                  "TOMLFileCorruptedError",
                                                  "PythonFileCorruptedError",
                                                  "YAMLFileCorruptedError",
                                                  "YAMLSyntaxError"};
  return names.at(static_cast<std::size_t>(kind));
}

Value error_document(const Failure& failure, const fs::RepoPath& file) {
  const bool missing = failure.kind == Failure::Kind::missing;
  const std::string message = missing ? "[Errno 2] No such file or directory: " + quoted(file.str()) : failure.message;
  return Value::Map{{"error", Value::Map{{"type", std::string(type_name(failure.kind))}, {"msg", message}}}};
}

}  // namespace

Table table_of(const std::vector<RevisionValues>& revisions, const MetricsTable& options) {
  struct Row {
    std::string revision, path;
    std::map<std::string, Value> metrics;
  };
  std::vector<Row> rows;
  std::set<std::string> columns;
  for (const RevisionValues& revision : revisions) {
    for (const FileValues& file : revision.files) {
      rows.push_back({revision.revision, file.path.relative_to(options.cwd), flat(file.values)});
      for (const auto& [key, value] : rows.back().metrics) {
        columns.insert(key);
      }
    }
  }
  Table table;
  if (options.revisions) {
    table.headers.emplace_back("Revision");
  }
  table.headers.emplace_back("Path");
  table.headers.insert(table.headers.end(), columns.begin(), columns.end());
  for (const Row& row : rows) {
    auto& cells = table.rows.emplace_back();
    if (options.revisions) {
      cells.push_back(row.revision);
    }
    cells.push_back(row.path);
    for (const std::string& column : columns) {
      const auto metric = row.metrics.find(column);
      cells.push_back(metric == row.metrics.end() ? absent : cell(metric->second, options.precision));
    }
  }
  return table;
}

Table table_of(const Comparison& comparison, const ComparisonTable& options) {
  Table table;
  const auto add_row = [&](std::vector<std::string>& into, std::vector<std::string> cells) {
    if (!options.delta) {
      cells.pop_back();
    }
    if (!options.path) {
      cells.erase(cells.begin());
    }
    into = std::move(cells);
  };
  add_row(table.headers, {"Path", std::string(options.title), comparison.before, comparison.after, "Change"});
  for (const FileChanges& file : comparison.files) {
    for (const ValueChange& change : file.changes) {
      add_row(table.rows.emplace_back(),
              {file.path.relative_to(options.cwd), change.key, cell(change.before, options.precision),
               cell(change.after, options.precision), cell(change.delta, options.precision)});
    }
  }
  return table;
}

Value document_of(const std::vector<RevisionValues>& revisions, const fs::RepoPath& cwd) {
  Value::Map document;
  for (const RevisionValues& revision : revisions) {
    if (revision.failure) {
      document.emplace_back(revision.revision, error_document(*revision.failure, {}));
      continue;
    }
    Value::Map files;
    for (const FileValues& file : revision.files) {
      files.emplace_back(file.path.relative_to(cwd), file.failure ? error_document(*file.failure, file.path)
                                                                  : Value(Value::Map{{"data", file.values}}));
    }
    document.emplace_back(revision.revision, Value::Map{{"data", std::move(files)}});
  }
  return document;
}

Value document_of(const Comparison& comparison, const fs::RepoPath& cwd) {
  Value::Map document;
  for (const FileChanges& file : comparison.files) {
    Value::Map changes;
    for (const ValueChange& change : file.changes) {
      Value::Map sides{{"old", change.before}, {"new", change.after}};
      if (!change.delta.is_null()) {
        sides.emplace_back("diff", change.delta);
      }
      changes.emplace_back(change.key, std::move(sides));
    }
    document.emplace_back(file.path.relative_to(cwd), std::move(changes));
  }
  return document;
}

}  // namespace mlops::report
