// SPDX-License-Identifier: Apache-2.0
//
// A repro that is stopped, or that died, and the one after it.
#include <signal.h>

#include "fs/file.hpp"
#include "fs/seam.hpp"
#include "pipeline_project.hpp"
#include "repo/journal.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace mlops::test {
namespace {

constexpr const char* three = R"(
  one:
    cmd: echo 1 > one.txt
    outs: [one.txt]
  two:
    cmd: (cat one.txt; echo 2) > two.txt; echo at work; test -e go || until test -e never; do sleep 0.01; done
    deps: [one.txt]
    outs: [two.txt]
  three:
    cmd: cp two.txt three.txt
    deps: [two.txt]
    outs: [three.txt]
)";

/// Signals of one test must not reach the next.
struct Signals {
  Signals() { install_signal_handlers(); }
  ~Signals() { clear_interrupt(); }
};

TEST_CASE("a stop signal ends running stages, keeps finished ones and records nothing of the others") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const Signals signals;
    PipelineProject project;
    project.pipeline(three);
    project.on_output = [signal](const std::string& stage) {
      if (stage == "two" && pending_interrupt() == 0) {
        raise_interrupt(signal);
      }
    };
    CHECK(project.outcomes() == "one: executed, two: failed, three: skipped");
    CHECK(project.last.interrupted == signal);
    CHECK(project.watcher.stopped_stages == std::vector<std::string>{"two"});
    CHECK(project.report("two").interrupted);
    CHECK_FALSE(project.report("three").interrupted);
    clear_interrupt();
    REQUIRE(project.report("two").log);
    CHECK(project.open()->db().read(project.report("two").log->id()) == "at work\n");
    const auto lock = project.lock();
    CHECK(lock.stages.size() == 1);
    CHECK(lock.stages.contains("one"));
    project.on_output = {};
    project.write("go", "");
    CHECK(project.outcomes() == "one: up_to_date, two: executed, three: executed");
    // What the interrupted command had written was nobody's, so it was put aside.
    CHECK(project.report("two").rescued.size() == 1);
  }
}

TEST_CASE("finished stages count after a kill, and the next command folds the journal into the lock") {
  PipelineProject project;
  project.write("go", "");
  project.pipeline(three);
  project.outcomes();
  const auto state = project.lock().stages.at("two");
  const auto kept = *fs::try_read_file(project.git.path("mlops.lock"));
  // As it stands when we are killed after stage two and before mlops.lock is rewritten.
  {
    const auto workspace = project.open();
    repo::write_lock_files(*workspace, {}, {"two", "three"});
    repo::Journal(*workspace).append("two", nullptr, state);
  }
  CHECK(*fs::try_read_file(project.git.path("mlops.lock")) != kept);
  CHECK(project.lock().stages.contains("two"));
  CHECK(project.outcomes() == "one: up_to_date, two: up_to_date, three: restored");
  CHECK(*fs::try_read_file(project.git.path("mlops.lock")) == kept);
  CHECK_FALSE(project.exists(".mlops/tmp/journal"));
}

TEST_CASE("a no-op folds a journal that was left behind") {
  PipelineProject project;
  project.write("go", "");
  project.pipeline(three);
  project.outcomes();
  const auto kept = *fs::try_read_file(project.git.path("mlops.lock"));
  {
    const auto workspace = project.open();
    const auto state = project.lock().stages.at("three");
    repo::write_lock_files(*workspace, {}, {"three"});
    repo::Journal(*workspace).append("three", nullptr, state);
  }
  CHECK(project.outcomes() == "one: up_to_date, two: up_to_date, three: up_to_date");
  CHECK(*fs::try_read_file(project.git.path("mlops.lock")) == kept);
}

#ifdef MLOPS_FAILPOINTS
TEST_CASE("whatever call fails, repro ends with an error or a failed stage, and the next one succeeds") {
  int calls = 0;
  {
    PipelineProject project;
    project.write("go", "");
    project.pipeline(three);
    fs::set_fault_hook([&](std::string_view, std::string_view) { return ++calls, 0; });
    project.outcomes();
    fs::set_fault_hook({});
  }
  REQUIRE(calls > 20);
  for (int failing = 1; failing <= calls; failing += 5) {
    PipelineProject project;
    project.write("go", "");
    project.pipeline(three);
    int call = 0;
    fs::set_fault_hook([&](std::string_view, std::string_view) { return ++call == failing ? ENOSPC : 0; });
    try {
      project.outcomes();
    } catch (const Error&) {
      project.last = {};
    }
    fs::set_fault_hook({});
    INFO("call " << failing << " of " << calls);
    for (const auto& report : project.last.stages) {
      CHECK((report.outcome != pipeline::Outcome::failed || !report.error.empty()));
    }
    project.outcomes();
    CHECK_FALSE(project.last.failed);
    CHECK(project.read("three.txt") == "1\n2\n");
    CHECK(project.lock().stages.size() == 3);
  }
}
#endif

}  // namespace
}  // namespace mlops::test
