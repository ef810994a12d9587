// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/repro.hpp"
#include "pipeline/stage_edit.hpp"
#include "repo/init.hpp"
#include "repo/snapshot.hpp"
#include "repo/workspace.hpp"
#include "support/git_sandbox.hpp"

namespace mlops::test {

/// Remembers what a repro told.
class Watcher : public pipeline::ReproObserver {
 public:
  void started(const std::string& stage, const spec::StageCommand&, const std::vector<pipeline::Reason>&) override {
    started_stages.push_back(stage);
    ++running;
    most_running = std::max(most_running, running);
    if (on_start) {
      on_start(stage);
    }
  }
  void output(const std::string& stage, std::string_view bytes) override {
    printed[stage] += bytes;
    if (on_output) {
      on_output(stage);
    }
  }
  void ended(const pipeline::StageReport& report) override {
    if (report.job) {
      --running;
    }
  }

  void stopping(const std::vector<std::string>& stages) override { stopped_stages = stages; }

  std::vector<std::string> started_stages, stopped_stages;
  std::map<std::string, std::string> printed;
  int running = 0, most_running = 0;
  std::function<void(const std::string&)> on_start, on_output;
};

/// A project in a fresh git repository, whose stages are declared by the test.
class PipelineProject {
 public:
  PipelineProject() { repo::init(session(), {}); }

  repo::Session session(const std::string& below = "") const {
    return {.cwd = below.empty() ? git.root() : git.root() + "/" + below, .env = git.env, .program = "/bin/false"};
  }
  /// Opens the project as a new process would.
  std::unique_ptr<repo::Workspace> open(const std::string& below = "") const {
    return std::make_unique<repo::Workspace>(repo::Workspace::open_at(git.root(), session(below)));
  }

  void write(const std::string& name, std::string_view content) const { git.write(name, content); }
  bool exists(const std::string& name) const {
    return std::filesystem::symlink_status(git.path(name)).type() != std::filesystem::file_type::not_found;
  }
  std::string read(const std::string& name) const { return git.dir.read("work/" + name); }
  void pipeline(const std::string& stages) const { write("mlops.yaml", "stages:\n" + stages); }

  pipeline::ReproResult repro(pipeline::ReproOptions options = {}) {
    watcher = {};
    watcher.on_output = on_output;
    watcher.on_start = on_start;
    options.observer = &watcher;
    const auto workspace = open();
    return pipeline::repro(*workspace, options);
  }

  /// "a: executed, b: up_to_date" after a repro.
  std::string outcomes(const pipeline::ReproOptions& options = {}) {
    last = repro(options);
    std::string text;
    for (const pipeline::StageReport& report : last.stages) {
      text += (text.empty() ? "" : ", ") + report.stage + ": " + std::string(pipeline::to_string(report.outcome));
    }
    return text;
  }
  const pipeline::StageReport& report(const std::string& stage) const {
    for (const pipeline::StageReport& one : last.stages) {
      if (one.stage == stage) {
        return one;
      }
    }
    throw std::runtime_error("no report of " + stage);
  }
  spec::Lock lock() const { return repo::Snapshot::of_pipeline(*open())->lock; }

  GitSandbox git;
  Watcher watcher;
  std::function<void(const std::string&)> on_start, on_output;
  pipeline::ReproResult last;
};

}  // namespace mlops::test
