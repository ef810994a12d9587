// SPDX-License-Identifier: Apache-2.0
#include "pipeline/last_run.hpp"

#include "fs/file.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mlops::pipeline {
namespace {

using Json = nlohmann::ordered_json;

std::string file_of(const repo::Workspace& workspace) { return workspace.state_directory() + "/last-runs"; }

Json to_json(const std::string& stage, const LastRun& run) {
  Json reasons = Json::array();
  for (const Reason& reason : run.reasons) {
    reasons.push_back({{"kind", to_string(reason.kind)},
                       {"subject", reason.subject},
                       {"before", reason.before},
                       {"after", reason.after},
                       {"detail", reason.detail}});
  }
  return {{"stage", stage},
          {"seconds", run.seconds},
          {"outcome", run.outcome},
          {"wall_seconds", run.wall_seconds},
          {"reasons", std::move(reasons)}};
}

LastRun from_json(const Json& line) {
  LastRun run{.seconds = line.at("seconds").get<std::int64_t>(),
              .outcome = line.at("outcome").get<std::string>(),
              .reasons = {},
              .wall_seconds = line.at("wall_seconds").get<double>()};
  for (const Json& reason : line.at("reasons")) {
    if (const auto kind = parse_reason_kind(reason.at("kind").get<std::string>())) {
      run.reasons.push_back({.kind = *kind,
                             .subject = reason.at("subject").get<std::string>(),
                             .before = reason.at("before").get<std::string>(),
                             .after = reason.at("after").get<std::string>(),
                             .detail = reason.at("detail").get<std::string>()});
    }
  }
  return run;
}

}  // namespace

std::map<std::string, LastRun> read_last_runs(const repo::Workspace& workspace) {
  std::map<std::string, LastRun> runs;
  for (const std::string& line : split(fs::try_read_file(file_of(workspace)).value_or(""), '\n')) {
    if (line.empty()) {
      continue;
    }
    try {
      const Json json = Json::parse(line);
      runs.insert_or_assign(json.at("stage").get<std::string>(), from_json(json));
    } catch (const Json::exception& error) {
      log::debug("a line of '{}' is damaged: {}", file_of(workspace), error.what());
    }
  }
  return runs;
}

void write_last_runs(const repo::Workspace& workspace, const std::map<std::string, LastRun>& news) {
  std::map<std::string, LastRun> runs = read_last_runs(workspace);
  for (const auto& [stage, run] : news) {
    runs.insert_or_assign(stage, run);
  }
  std::string text;
  for (const auto& [stage, run] : runs) {
    // Texts are printable already; whatever is not UTF-8 all the same must not stop the run.
    text += to_json(stage, run).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  fs::write_file_atomic(file_of(workspace), text, 0600, fs::Durability::off);
}

}  // namespace mlops::pipeline
