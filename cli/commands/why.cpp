// SPDX-License-Identifier: Apache-2.0
#include "pipeline/why.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/pipeline_text.hpp"
#include "cli/json.hpp"
#include "repo/workspace.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

class Why : public Command {
  std::vector<std::string> stages_;
  bool json_ = false;

  Args args() override {
    return {{.names = "stages",
             .metavar = "stage",
             .help = "Which stages; all if omitted",
             .into = &stages_,
             .complete = Complete::stage},
            args::json(&json_)};
  }

  static Json why_json(const pipeline::Why& why) {
    Json last = nullptr;
    if (why.last)
      last = {{"ended", utc_time(why.last->seconds)},
              {"outcome", why.last->outcome},
              {"wall_seconds", why.last->wall_seconds},
              {"reasons", reasons_json(why.last->reasons)}};
    return {{"name", why.stage},
            {"action", action_word(why.action)},
            {"reasons", reasons_json(why.reasons)},
            {"upstream", why.upstream},
            {"last", last}};
  }

  static void show(Context& context, const pipeline::Why& why) {
    const std::string name = printable(why.stage);
    if (why.action == pipeline::Action::run) {
      context.out << name << " will run:\n";
    } else {
      context.out << name << " is " << (why.action == pipeline::Action::frozen ? "frozen" : "up to date") << ".\n";
    }
    for (const auto& reason : why.reasons) context.out << "  " << pipeline::describe(reason) << "\n";
    if (!why.last) return;
    context.out << "Last time (" << time_ago(why.last->seconds, now_ns() / 1'000'000'000) << ", "
                << printable(why.last->outcome) << ")" << (why.last->reasons.empty() ? ".\n" : " because of:\n");
    for (const auto& reason : why.last->reasons) context.out << "  " << pipeline::describe(reason) << "\n";
  }

  ExitCode run(Context& context) override {
    auto workspace = context.workspace();
    const auto answers = pipeline::why(workspace, stages_);
    if (json_) {
      Json stages = Json::array();
      for (const auto& why : answers) stages.push_back(why_json(why));
      print_json(context.out, {{"stages", stages}});
    } else {
      if (answers.empty()) say_no_stages(context);
      for (const auto& why : answers) show(context, why);
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec why_command{
    .name = "why",
    .group = "Pipeline",
    .summary = "Tell why a stage will run, or ran",
    .manual =
        R"(Shows, field by field, what differs between a stage as it is now and as it was when it last succeeded, and why it
ran the last time.

EXAMPLES
  mlops why train
)",
    .make = make_command<Why>};

}  // namespace mlops::cli
