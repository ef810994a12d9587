// SPDX-License-Identifier: Apache-2.0
#include "run/verdict.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "fs/file.hpp"
#include "run/values.hpp"
#include "spec/params.hpp"
#include "store/build.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

bool names_key(const std::string& word, const std::string& file, const std::string& key) {
  return word == key || word == file + ":" + key;
}

bool is_near(const ValueDelta& value, const Tolerance& tolerance) {
  if (!value.delta) {
    return false;
  }
  const double limit = tolerance.relative ? tolerance.amount * std::abs(*value.before->number()) : tolerance.amount;
  return std::abs(*value.delta) <= limit;
}

}  // namespace

Tolerance parse_tolerance(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const auto wrong = [&] {
    return Error::usage("{} is no tolerance", quoted(text))
        .hint("it names a metric and a limit: accuracy=0.01, or accuracy=1% of the recorded value");
  };
  if (equals == std::string::npos || equals == 0) {
    throw wrong();
  }
  std::string_view number = std::string_view(text).substr(equals + 1);
  Tolerance tolerance{.metric = text.substr(0, equals), .relative = number.ends_with('%')};
  if (tolerance.relative) {
    number.remove_suffix(1);
  }
  const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), tolerance.amount);
  if (failure != std::errc() || end != number.data() + number.size() || !std::isfinite(tolerance.amount) ||
      tolerance.amount < 0) {
    throw wrong();
  }
  if (tolerance.relative) {
    tolerance.amount /= 100;
  }
  return tolerance;
}

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, 4> words{"identical", "within_tolerance", "different", "missing"};
  return words[static_cast<std::size_t>(verdict)];
}

Judge::Judge(const PastRun& past, const repo::Snapshot& snapshot, std::map<std::string, spec::Value> metrics,
             std::vector<Tolerance> tolerances)
    : past_(past), snapshot_(snapshot), metrics_(std::move(metrics)), tolerances_(std::move(tolerances)) {}

void Judge::check_tolerances() const {
  for (const Tolerance& tolerance : tolerances_) {
    std::vector<std::string> keys;
    bool known = false;
    for (const auto& [file, value] : metrics_) {
      for (const auto& [key, leaf] : spec::flatten(value)) {
        known = known || names_key(tolerance.metric, file, key);
        keys.push_back(key);
      }
    }
    if (known) {
      continue;
    }
    Error error = Error::usage("{} has no metric {}", past_.shown, quoted(tolerance.metric));
    if (const auto near = nearest(tolerance.metric, keys)) {
      throw std::move(error).hint("did you mean '{}'?", printable(*near));
    }
    throw std::move(error).hint("it has {}", keys.empty() ? "none" : printable(join(keys, ", ")));
  }
}

std::optional<Tolerance> Judge::tolerance_for(const std::string& file, const std::string& key) const {
  const auto found = std::find_if(tolerances_.begin(), tolerances_.end(),
                                  [&](const Tolerance& tolerance) { return names_key(tolerance.metric, file, key); });
  return found == tolerances_.end() ? std::nullopt : std::optional(*found);
}

std::vector<OutputVerdict> Judge::judge(repo::Workspace& there, const std::string& stage) const {
  std::vector<OutputVerdict> verdicts;
  const spec::Stage& declared = *snapshot_.project.find(stage);
  for (const spec::LockedPath& out : past_.lock.stages.at(stage).outs) {
    verdicts.push_back(judge_output(there, declared, out));
  }
  return verdicts;
}

OutputVerdict Judge::judge_output(repo::Workspace& there, const spec::Stage& stage,
                                  const spec::LockedPath& recorded) const {
  OutputVerdict verdict{
      .path = recorded.path, .stage = stage.name, .recorded = recorded.entry, .actual = {}, .metrics = {}};
  verdict.actual = store::hash_path(there.root(), recorded.path, there.memo(), &there.db(),
                                    there.build_options(recorded.path, "Comparing"));
  const auto declared = std::find_if(stage.outs.begin(), stage.outs.end(),
                                     [&](const spec::Output& out) { return out.path == recorded.path; });
  const bool metric = declared != stage.outs.end() && declared->kind == spec::OutputKind::metric;
  verdict.cached = declared == stage.outs.end() || declared->cache;
  if (!verdict.actual) {
    verdict.verdict = Verdict::missing;
    return verdict;
  }
  const bool same = verdict.actual->digest == recorded.entry.digest && verdict.actual->kind == recorded.entry.kind;
  verdict.verdict = same ? Verdict::identical : Verdict::different;
  if (!same && metric) {
    judge_metrics(there, verdict);
  }
  return verdict;
}

void Judge::judge_metrics(repo::Workspace& there, OutputVerdict& verdict) const {
  const std::string file = verdict.path.str();
  const auto recorded = metrics_.find(file);
  if (recorded == metrics_.end()) {
    return;
  }
  std::map<std::string, spec::Value> now;
  try {
    now.emplace(file, spec::read_values(fs::read_file(there.absolute(verdict.path)), file));
  } catch (const Error& error) {
    log::debug("the metrics in {} cannot be compared: {}", quoted(file), error.what());
    return;
  }
  bool any_tolerance = false;
  bool all_within = true;
  for (ValueDelta& value : compare_values({*recorded}, now)) {
    MetricDelta delta{.value = std::move(value), .tolerance = {}};
    delta.tolerance = tolerance_for(file, delta.value.key);
    delta.within = !delta.value.differs() || (delta.tolerance && is_near(delta.value, *delta.tolerance));
    any_tolerance = any_tolerance || delta.tolerance.has_value();
    all_within = all_within && delta.within;
    verdict.metrics.push_back(std::move(delta));
  }
  if (any_tolerance && all_within) {
    verdict.verdict = Verdict::within_tolerance;
  }
}

}  // namespace mlops::run
