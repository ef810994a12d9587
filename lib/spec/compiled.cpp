// SPDX-License-Identifier: Apache-2.0
// The compiled form of a pipeline file and its lock: little-endian, private to one version of this program.
//
//   magic and format (8 bytes), XXH3 of all that follows (8 bytes),
//   table of texts: count, then length and bytes of each; a text is referred to by its number,
//   project, lock: fields in order; lists by count; values by a tag.
//
// The checksum guards against accidents, such as a torn write. Every count and reference is checked nevertheless, so
// that no bytes whatever can do more than be refused. Whoever changes one of the structs changes `magic` too.

#include <array>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "hash/fingerprint.hpp"
#include "spec/compiled_bytes.hpp"
#include "spec/dialect.hpp"

namespace mlops::spec {

namespace {

using Writer = CompiledWriter;
using Reader = CompiledReader;

void write_command(Writer& out, const StageCommand& cmd) {
  out.texts(cmd.lines);
  out.flag(cmd.list);
}

StageCommand read_command(Reader& in) {
  StageCommand cmd;
  cmd.lines = in.texts();
  cmd.list = in.flag();
  return cmd;
}

void write_env(Writer& out, const std::map<std::string, std::string>& env) {
  out.each(env, [&](const auto& member) {
    out.text(member.first);
    out.text(member.second);
  });
}

std::map<std::string, std::string> read_env(Reader& in) {
  std::map<std::string, std::string> env;
  for (std::size_t left = in.count(8); left > 0; --left) {
    std::string name = in.text();
    env.insert_or_assign(std::move(name), in.text());
  }
  return env;
}

void write_output(Writer& out, const Output& output) {
  out.path(output.path);
  out.text(output.written);
  out.text(output.elsewhere);
  out.u8(static_cast<std::uint8_t>(output.kind));
  out.flag(output.cache);
  out.flag(output.persist);
  out.flag(output.push);
  out.flag(output.remote.has_value());
  out.text(output.remote.value_or(""));
  out.text(output.annotations.desc);
  out.text(output.annotations.type);
  out.texts(output.annotations.labels);
  out.value(output.annotations.meta);
  out.value(output.plot);
  out.u32(static_cast<std::size_t>(output.line));
}

Output read_output(Reader& in) {
  Output output;
  output.path = in.path();
  output.written = in.text();
  output.elsewhere = in.text();
  output.kind = in.enumerator<OutputKind>(static_cast<std::uint8_t>(OutputKind::plot));
  output.cache = in.flag();
  output.persist = in.flag();
  output.push = in.flag();
  const bool has_remote = in.flag();
  std::string remote = in.text();
  if (has_remote) {
    output.remote = std::move(remote);
  }
  output.annotations.desc = in.text();
  output.annotations.type = in.text();
  output.annotations.labels = in.texts();
  output.annotations.meta = in.value();
  output.plot = in.value();
  output.line = in.line();
  return output;
}

void write_stage(Writer& out, const Stage& stage) {
  out.text(stage.name);
  out.path(stage.file);
  write_command(out, stage.cmd);
  out.path(stage.wdir);
  out.each(stage.deps, [&](const Dependency& dependency) {
    out.path(dependency.path);
    out.text(dependency.written);
    out.text(dependency.elsewhere);
    out.u32(static_cast<std::size_t>(dependency.line));
  });
  out.each(stage.params, [&](const ParamsDependency& dependency) {
    out.path(dependency.file);
    out.text(dependency.written);
    out.texts(dependency.keys);
    out.u32(static_cast<std::size_t>(dependency.line));
  });
  out.each(stage.outs, [&](const Output& output) { write_output(out, output); });
  write_env(out, stage.env);
  out.flag(stage.timeout_seconds.has_value());
  out.real(stage.timeout_seconds.value_or(0));
  out.flag(stage.frozen);
  out.flag(stage.always_changed);
  out.text(stage.desc);
  out.value(stage.meta);
  out.u32(static_cast<std::size_t>(stage.line));
}

Dependency read_dependency(Reader& in) {
  Dependency dependency{.path = in.path()};
  dependency.written = in.text();
  dependency.elsewhere = in.text();
  dependency.line = in.line();
  return dependency;
}

ParamsDependency read_params_dependency(Reader& in) {
  ParamsDependency dependency{.file = in.path(), .keys = {}};
  dependency.written = in.text();
  dependency.keys = in.texts();
  dependency.line = in.line();
  return dependency;
}

Stage read_stage(Reader& in) {
  Stage stage;
  stage.name = in.text();
  stage.file = in.path();
  stage.cmd = read_command(in);
  stage.wdir = in.path();
  stage.deps = in.list<Dependency>(16, [&] { return read_dependency(in); });
  stage.params = in.list<ParamsDependency>(16, [&] { return read_params_dependency(in); });
  stage.outs = in.list<Output>(38, [&] { return read_output(in); });
  stage.env = read_env(in);
  const bool has_timeout = in.flag();
  const double timeout = in.real();
  if (has_timeout) {
    stage.timeout_seconds = timeout;
  }
  stage.frozen = in.flag();
  stage.always_changed = in.flag();
  stage.desc = in.text();
  stage.meta = in.value();
  stage.line = in.line();
  return stage;
}

void write_digest(Writer& out, const hash::Digest& digest) {
  out.u8(static_cast<std::uint8_t>(digest.algorithm()));
  for (const unsigned char byte : digest.bytes()) {
    out.u8(byte);
  }
}

hash::Digest read_digest(Reader& in) {
  const auto algorithm = in.enumerator<hash::Algorithm>(static_cast<std::uint8_t>(hash::Algorithm::part));
  const std::size_t size = hash::digest_size(algorithm);
  std::array<unsigned char, 32> bytes{};
  std::memcpy(bytes.data(), in.take(size).data(), size);
  return {algorithm, std::span(bytes.data(), size)};
}

void write_sections(Writer& out, const std::map<fs::RepoPath, Value>& sections) {
  out.each(sections, [&](const auto& section) {
    out.path(section.first);
    out.value(section.second);
  });
}

std::map<fs::RepoPath, Value> read_sections(Reader& in) {
  std::map<fs::RepoPath, Value> sections;
  for (std::size_t left = in.count(5); left > 0; --left) {
    const fs::RepoPath file = in.path();
    sections.insert_or_assign(file, in.value());
  }
  return sections;
}

void write_project(Writer& out, const Project& project) {
  const auto path = [&](const fs::RepoPath& file) { out.path(file); };
  out.each(project.stages, [&](const Stage& stage) { write_stage(out, stage); });
  out.each(project.metrics, path);
  out.each(project.params, path);
  write_sections(out, project.plots);
  write_sections(out, project.artifacts);
  out.each(project.sources, [&](const TemplateSource& source) {
    out.path(source.path);
    out.flag(source.digest.has_value());
    if (source.digest) {
      write_digest(out, *source.digest);
    }
  });
}

Project read_project(Reader& in) {
  Project project;
  project.stages = in.list<Stage>(64, [&] { return read_stage(in); });
  project.metrics = in.list<fs::RepoPath>(4, [&] { return in.path(); });
  project.params = in.list<fs::RepoPath>(4, [&] { return in.path(); });
  project.plots = read_sections(in);
  project.artifacts = read_sections(in);
  project.sources = in.list<TemplateSource>(5, [&] {
    TemplateSource source{.path = in.path(), .digest = {}};
    if (in.flag()) {
      source.digest = read_digest(in);
    }
    return source;
  });
  return project;
}

void write_locked_path(Writer& out, const LockedPath& path) {
  out.path(path.path);
  out.u8(static_cast<std::uint8_t>(path.entry.kind));
  write_digest(out, path.entry.digest);
  out.u64(path.entry.size);
  out.u64(path.entry.files);
  out.text(path.written);
  out.text(path.elsewhere);
  out.value(path.extra);
}

LockedPath read_locked_path(Reader& in) {
  const fs::RepoPath& path = in.path();
  const auto kind = in.enumerator<store::EntryKind>(static_cast<std::uint8_t>(store::EntryKind::link));
  LockedPath locked{.path = path, .entry = {.kind = kind, .digest = read_digest(in)}};
  locked.entry.size = in.u64();
  locked.entry.files = in.u64();
  locked.written = in.text();
  locked.elsewhere = in.text();
  locked.extra = in.value();
  return locked;
}

void write_locked_stage(Writer& out, const LockedStage& stage) {
  const auto path = [&](const LockedPath& locked) { write_locked_path(out, locked); };
  write_command(out, stage.cmd);
  out.path(stage.wdir);
  out.each(stage.deps, path);
  out.each(stage.outs, path);
  out.each(stage.params, [&](const auto& file) {
    out.path(file.first);
    out.each(file.second, [&](const auto& param) {
      out.text(param.first);
      out.value(param.second);
    });
  });
  write_env(out, stage.env);
  out.value(stage.extra);
}

LockedStage read_locked_stage(Reader& in) {
  LockedStage stage;
  stage.cmd = read_command(in);
  stage.wdir = in.path();
  stage.deps = in.list<LockedPath>(46, [&] { return read_locked_path(in); });
  stage.outs = in.list<LockedPath>(46, [&] { return read_locked_path(in); });
  for (std::size_t left = in.count(8); left > 0; --left) {
    const fs::RepoPath file = in.path();
    stage.params[file] = in.list<LockedParams::value_type>(5, [&] {
      std::string key = in.text();
      return LockedParams::value_type(std::move(key), in.value());
    });
  }
  stage.env = read_env(in);
  stage.extra = in.value();
  return stage;
}

Lock read_lock(Reader& in) {
  Lock lock;
  for (std::size_t left = in.count(30); left > 0; --left) {
    std::string name = in.text();
    lock.stages.insert_or_assign(std::move(name), read_locked_stage(in));
  }
  lock.extra = in.value();
  return lock;
}

}  // namespace

std::string compile(const Project& project, const Lock& lock) {
  Writer out;
  write_project(out, project);
  out.each(lock.stages, [&](const auto& stage) {
    out.text(stage.first);
    write_locked_stage(out, stage.second);
  });
  out.value(lock.extra);
  return out.finish();
}

std::optional<Compiled> load_compiled(std::string_view bytes) {
  if (bytes.size() < compiled_header_bytes || !bytes.starts_with(compiled_magic)) {
    return std::nullopt;
  }
  std::string checksum;
  put_number(checksum, hash::fingerprint(bytes.substr(compiled_header_bytes)));
  if (bytes.substr(compiled_magic.size(), checksum.size()) != checksum) {
    return std::nullopt;
  }
  try {
    Reader in(bytes.substr(compiled_header_bytes));
    Compiled compiled;
    compiled.project = read_project(in);
    compiled.lock = read_lock(in);
    return in.at_end() ? std::optional(std::move(compiled)) : std::nullopt;
  } catch (const MalformedCompiled&) {
    return std::nullopt;
  }
}

}  // namespace mlops::spec
