// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/reproduce_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/json.hpp"
#include "run/reproduce.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

Json value_json(const std::optional<spec::Value>& value) { return value ? to_json_value(*value) : Json(nullptr); }

Json output_json(const run::OutputVerdict& output) {
  Json metrics = Json::array();
  for (const auto& metric : output.metrics)
    metrics.push_back({{"key", metric.value.key},
                       {"recorded", value_json(metric.value.before)},
                       {"actual", value_json(metric.value.after)},
                       {"delta", metric.value.delta ? Json(*metric.value.delta) : Json(nullptr)},
                       {"within", metric.within}});
  return {{"path", output.path.str()},
          {"stage", output.stage},
          {"verdict", run::to_string(output.verdict)},
          {"recorded", entry_json(output.recorded)},
          {"actual", entry_json(output.actual)},
          {"metrics", metrics}};
}

Json result_json(const run::ReproduceResult& result) {
  Json json = repro_json(result.repro);
  Json outputs = Json::array();
  for (const auto& output : result.outputs) outputs.push_back(output_json(output));
  json["identical"] = result.same();
  json["run"] = result.run ? Json(result.run->record.id) : Json(nullptr);
  json["commit"] = result.commit.hex();
  json["outputs"] = outputs;
  json["directory"] = result.directory.empty() ? Json(nullptr) : Json(result.directory);
  return json;
}

void show_output(Context& context, const run::OutputVerdict& output) {
  const Paint paint(context.color_out());
  std::string word(run::to_string(output.verdict));
  std::replace(word.begin(), word.end(), '_', ' ');
  const bool good = output.verdict == run::Verdict::identical || output.verdict == run::Verdict::within_tolerance;
  context.out << (good ? paint.green(word) : paint.red(word)) << "\t" << printable(output.path.str()) << "\t("
              << printable(output.stage) << ")\n";
  for (const auto& metric : output.metrics) {
    if (!metric.value.differs()) continue;
    const auto text = [](const std::optional<spec::Value>& value) { return value ? spec::to_text(*value) : "-"; };
    context.out << "\t" << printable(metric.value.key) << ": " << printable(text(metric.value.before)) << " -> "
                << printable(text(metric.value.after)) << (metric.within ? " (within tolerance)" : "") << "\n";
  }
}

void show(Context& context, const run::ReproduceResult& result) {
  std::size_t differing = 0;
  for (const auto& output : result.outputs) {
    show_output(context, output);
    differing += output.verdict == run::Verdict::different || output.verdict == run::Verdict::missing ? 1 : 0;
  }
  if (!result.directory.empty()) context.say("The work tree is kept at " + mlops::quoted(result.directory) + ".");
  if (result.repro.failed) return;
  const std::string what = result.run ? "run " + result.run->record.id : "commit " + result.commit.short_hex();
  if (result.same()) {
    context.out << "Reproduced " << what << ": " << counted(result.outputs.size(), "output") << " identical"
                << " or within tolerance.\n";
  } else {
    context.out << "Not reproduced: " << what << " differs in " << counted(differing, "output") << ".\n";
  }
}

}  // namespace

void ReproduceArgs::append_to(Args& args) {
  args.push_back({.names = "--run",
                  .metavar = "run",
                  .help = "Reproduce this past run instead",
                  .into = &run_word,
                  .complete = Complete::run});
  args.push_back({.names = "--rev",
                  .metavar = "revision",
                  .help = "Reproduce what this commit's lock records",
                  .into = &revision,
                  .complete = Complete::revision});
  args.push_back({.names = "--tolerance",
                  .metavar = "metric=abs|rel%",
                  .help = "How far a metric may be off, for example accuracy=0.01 or loss=1% (repeatable)",
                  .into = &tolerances});
  args.push_back(
      {.names = "--from-record", .help = "Give each stage the recorded outputs of the others", .into = &from_record});
  args.push_back({.names = "--keep", .help = "Keep the temporary work tree", .into = &keep});
}

void ReproduceArgs::refuse_without_run() const {
  const std::string_view flag = !tolerances.empty() ? "--tolerance" : from_record ? "--from-record" : "--keep";
  if (!tolerances.empty() || from_record || keep)
    throw Error::usage("`{}` belongs to the reproduction of a past run", flag)
        .hint("name one with `--run` or `--rev`; `mlops runs list` shows them");
}

namespace {

/// What chooses or skips stages here would be passed over in silence there.
void refuse_flags_of_here(const ReproArgs& repro) {
  const auto& options = repro.options;
  const std::pair<bool, std::string_view> given[] = {{options.dry, "--dry"},
                                                     {options.plan.single_item, "--single-item"},
                                                     {options.plan.downstream, "--downstream"},
                                                     {options.plan.force_downstream, "--force-downstream"},
                                                     {options.plan.allow_missing, "--allow-missing"},
                                                     {options.keep_going, "--keep-going"},
                                                     {options.strict, "--strict"},
                                                     {repro.pull, "--pull"}};
  for (const auto& flag : given) {
    if (flag.first)
      throw Error::usage("`{}` does not go with `--run` and `--rev`", flag.second)
          .hint("a past run is reproduced as a whole, or as far as the stages named; what is missing is fetched");
  }
}

}  // namespace

ExitCode ReproduceArgs::run(Context& context, repo::Workspace& workspace, const ReproArgs& repro) const {
  if (run_word && revision) throw Error::usage("give either `--run` or `--rev`");
  refuse_flags_of_here(repro);
  run::ReproduceOptions options;
  options.run = run_word.value_or("");
  options.revision = revision.value_or("");
  options.targets = repro.options.plan.targets;
  options.from_record = from_record;
  options.keep = keep;
  options.jobs = repro.options.jobs;
  for (const auto& text : tolerances) options.tolerances.push_back(run::parse_tolerance(text));
  StageDisplay display(context, {repro.explain, false, options.jobs > 1});
  options.observer = &display;
  const auto result = run::reproduce(workspace, options);
  if (repro.json) {
    print_json(context.out, result_json(result));
  } else {
    show(context, result);
  }
  const auto code = conclude(context, result.repro, Kept::no);
  if (code != ExitCode::ok) return code;
  return result.same() ? ExitCode::ok : ExitCode::no;
}

}  // namespace mlops::cli
