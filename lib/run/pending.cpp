// SPDX-License-Identifier: Apache-2.0
#include "run/pending.hpp"

#include <unistd.h>

#include <algorithm>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "run/record_json.hpp"
#include "spec/dialect.hpp"
#include "spec/json.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

namespace mlops::run {
namespace {

constexpr std::uint64_t size_limit = 1U << 30U;
constexpr std::int64_t ns_per_second = 1'000'000'000;

std::string line_of(spec::Value::Map map) {
  return spec::write_json(spec::Value(std::move(map)), {.compact = true, .bare_nan = true}) + "\n";
}

const std::string& text_at(const spec::Value& value, std::string_view key, const std::string& where) {
  const spec::Value* member = value.find(key);
  const auto* text = member == nullptr ? nullptr : member->get<std::string>();
  if (text == nullptr) {
    throw Error::of(ErrorKind::corrupt, "{} lacks '{}'", where, key);
  }
  return *text;
}

Pending parse_first(std::string_view line, const std::string& where) {
  const spec::Value value = spec::parse_json(line, where);
  const auto tree = git::Oid::parse(text_at(value, "tree", where));
  if (!tree) {
    throw Error::of(ErrorKind::corrupt, "{} names no tree", where);
  }
  return {.record = read_record(text_at(value, "record", where), where), .tree = *tree, .states = {}};
}

void parse_stage(std::string_view line, const std::string& where, Pending& pending) {
  const spec::Value value = spec::parse_json(line, where);
  const spec::Value* stage = value.find("stage");
  if (stage == nullptr) {
    throw Error::of(ErrorKind::corrupt, "{} lacks 'stage'", where);
  }
  StageRecord record = stage_from_value(*stage, where);
  pending.states.insert_or_assign(record.name, spec::locked_stage_from_json(text_at(value, "state", where), where));
  pending.record.stages.push_back(std::move(record));
}

Pending parse(std::string_view text, const std::string& where) {
  std::size_t end = text.find('\n');
  Pending pending = parse_first(text.substr(0, end), where);
  for (std::size_t start = end + 1; end != std::string_view::npos; start = end + 1) {
    end = text.find('\n', start);
    if (end == std::string_view::npos) {
      break;
    }
    try {
      parse_stage(text.substr(start, end - start), where, pending);
    } catch (const Error& error) {
      log::debug("a stage of a killed run is not known: {}", error.what());
      break;
    }
  }
  return pending;
}

}  // namespace

PendingRun::PendingRun(const repo::Workspace& workspace) : path_(workspace.state_directory() + "/pending-run") {}

std::optional<Pending> PendingRun::read() const {
  const auto text = fs::try_read_file(path_, size_limit);
  const auto stat = fs::stat_path(path_);
  if (!text || !stat) {
    return std::nullopt;
  }
  try {
    Pending pending = parse(*text, path_);
    pending.record.finished = std::max(pending.record.started, stat->mtime_ns / ns_per_second);
    return pending;
  } catch (const Error& error) {
    log::warning("what a killed run left cannot be read: {}", error.what());
    return std::nullopt;
  }
}

void PendingRun::begin(const Record& record, const git::Oid& tree) const {
  fs::write_file_atomic(
      path_, line_of({{"pid", std::int64_t{::getpid()}}, {"tree", tree.hex()}, {"record", write_record(record)}}),
      0600);
}

void PendingRun::add(const StageRecord& stage, const spec::LockedStage& state) const {
  fs::append_file_durable(path_,
                          line_of({{"stage", stage_to_value(stage)}, {"state", spec::locked_stage_to_json(state)}}));
}

void PendingRun::clear() const { fs::remove_file(path_); }

}  // namespace mlops::run
