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
#include "spec/dialect.hpp"

namespace mlops::spec {

namespace {

constexpr std::string_view magic = "mlopsc02";
constexpr std::size_t header_bytes = 16;
constexpr int max_depth = 200;

template <class T>
void put_number(std::string& out, T number) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
  }
}

class Writer {
 public:
  void u8(std::uint8_t number) { put_number(body_, number); }
  void u32(std::size_t number) { put_number(body_, static_cast<std::uint32_t>(number)); }
  void u64(std::uint64_t number) { put_number(body_, number); }
  void flag(bool value) { u8(value ? 1 : 0); }
  void real(double value) { u64(std::bit_cast<std::uint64_t>(value)); }

  void text(const std::string& value) {
    const auto [found, fresh] = numbers_.emplace(value, numbers_.size());
    if (fresh) {
      put_number(texts_, static_cast<std::uint32_t>(value.size()));
      texts_ += value;
    }
    u32(found->second);
  }
  void path(const fs::RepoPath& value) { text(value.str()); }

  template <class Items, class Put>
  void each(const Items& items, Put put) {
    u32(items.size());
    for (const auto& item : items) {
      put(item);
    }
  }

  void texts(const std::vector<std::string>& values) {
    each(values, [this](const std::string& value) { text(value); });
  }

  void value(const Value& value) {
    u8(static_cast<std::uint8_t>(value.data().index()));
    std::visit([this](const auto& data) { put(data); }, value.data());
  }

  std::string finish() const {
    std::string payload;
    put_number(payload, static_cast<std::uint32_t>(numbers_.size()));
    payload += texts_;
    payload += body_;
    std::string out(magic);
    put_number(out, hash::fingerprint(payload));
    return out + payload;
  }

 private:
  void put(std::monostate) {}
  void put(bool value) { flag(value); }
  void put(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void put(double value) { real(value); }
  void put(const std::string& value) { text(value); }
  void put(const Value::List& list) {
    each(list, [this](const Value& item) { value(item); });
  }
  void put(const Value::Map& map) {
    each(map, [this](const auto& member) {
      text(member.first);
      value(member.second);
    });
  }

  std::string texts_;
  std::string body_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

/// Thrown inside when the bytes are not what they should be; never seen outside.
struct Malformed {};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {
    const std::size_t count = this->count(4);
    texts_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      texts_.push_back(take(u32()));
    }
    paths_.resize(count);
  }

  bool at_end() const { return bytes_.empty(); }

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  int line() { return static_cast<int>(u32() & 0x7fffffffU); }
  double real() { return std::bit_cast<double>(u64()); }

  bool flag() { return enumerator<std::uint8_t>(1) == 1; }

  template <class Enum>
  Enum enumerator(std::uint8_t last) {
    const std::uint8_t number = u8();
    if (number > last) {
      throw Malformed();
    }
    return static_cast<Enum>(number);
  }

  /// A number of items of which each takes at least `least_bytes`, so that nothing is reserved for what is not there.
  std::size_t count(std::size_t least_bytes) {
    const std::size_t count = u32();
    if (count > bytes_.size() / least_bytes) {
      throw Malformed();
    }
    return count;
  }

  std::string text() { return std::string(texts_.at(text_number())); }

  const fs::RepoPath& path() {
    const std::size_t number = text_number();
    std::optional<fs::RepoPath>& path = paths_[number];
    if (!path) {
      path = texts_[number].empty() ? fs::RepoPath() : fs::RepoPath::try_parse(texts_[number]);
    }
    if (!path) {
      throw Malformed();
    }
    return *path;
  }

  template <class Item, class Read>
  std::vector<Item> list(std::size_t least_bytes, Read read) {
    const std::size_t size = count(least_bytes);
    std::vector<Item> items;
    items.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      items.push_back(read());
    }
    return items;
  }

  std::vector<std::string> texts() {
    return list<std::string>(4, [this] { return text(); });
  }

  Value value(int depth = 0) {
    if (depth > max_depth) {
      throw Malformed();
    }
    switch (u8()) {
      case 0:
        return {};
      case 1:
        return flag();
      case 2:
        return static_cast<std::int64_t>(u64());
      case 3:
        return real();
      case 4:
        return text();
      case 5:
        return list<Value>(1, [&] { return value(depth + 1); });
      case 6:
        return list<std::pair<std::string, Value>>(5, [&] {
          std::string key = text();
          return std::pair(std::move(key), value(depth + 1));
        });
      default:
        throw Malformed();
    }
  }

  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      throw Malformed();
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

 private:
  template <class T>
  T number() {
    const std::string_view raw = take(sizeof(T));
    T out = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&out, raw.data(), sizeof(T));
    } else {
      for (std::size_t i = sizeof(T); i-- > 0;) {
        out = static_cast<T>((out << 8U) | static_cast<unsigned char>(raw[i]));
      }
    }
    return out;
  }

  std::size_t text_number() {
    const std::size_t number = u32();
    if (number >= texts_.size()) {
      throw Malformed();
    }
    return number;
  }

  std::string_view bytes_;
  std::vector<std::string_view> texts_;
  std::vector<std::optional<fs::RepoPath>> paths_;  ///< the texts that are paths, checked once each
};

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
  write_command(out, stage.cmd);
  out.path(stage.wdir);
  out.each(stage.deps, [&](const Dependency& dependency) {
    out.path(dependency.path);
    out.u32(static_cast<std::size_t>(dependency.line));
  });
  out.each(stage.params, [&](const ParamsDependency& dependency) {
    out.path(dependency.file);
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
  dependency.line = in.line();
  return dependency;
}

ParamsDependency read_params_dependency(Reader& in) {
  ParamsDependency dependency{.file = in.path(), .keys = {}};
  dependency.keys = in.texts();
  dependency.line = in.line();
  return dependency;
}

Stage read_stage(Reader& in) {
  Stage stage;
  stage.name = in.text();
  stage.cmd = read_command(in);
  stage.wdir = in.path();
  stage.deps = in.list<Dependency>(8, [&] { return read_dependency(in); });
  stage.params = in.list<ParamsDependency>(12, [&] { return read_params_dependency(in); });
  stage.outs = in.list<Output>(30, [&] { return read_output(in); });
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
  const auto algorithm = in.enumerator<hash::Algorithm>(static_cast<std::uint8_t>(hash::Algorithm::md5));
  const std::size_t size = hash::digest_size(algorithm);
  std::array<unsigned char, 32> bytes{};
  std::memcpy(bytes.data(), in.take(size).data(), size);
  return {algorithm, std::span(bytes.data(), size)};
}

void write_project(Writer& out, const Project& project) {
  const auto path = [&](const fs::RepoPath& file) { out.path(file); };
  out.each(project.stages, [&](const Stage& stage) { write_stage(out, stage); });
  out.each(project.metrics, path);
  out.each(project.params, path);
  out.value(project.plots);
  out.value(project.artifacts);
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
  project.stages = in.list<Stage>(60, [&] { return read_stage(in); });
  project.metrics = in.list<fs::RepoPath>(4, [&] { return in.path(); });
  project.params = in.list<fs::RepoPath>(4, [&] { return in.path(); });
  project.plots = in.value();
  project.artifacts = in.value();
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
  out.value(path.extra);
}

LockedPath read_locked_path(Reader& in) {
  const fs::RepoPath& path = in.path();
  const auto kind = in.enumerator<store::EntryKind>(static_cast<std::uint8_t>(store::EntryKind::link));
  LockedPath locked{.path = path, .entry = {.kind = kind, .digest = read_digest(in)}};
  locked.entry.size = in.u64();
  locked.entry.files = in.u64();
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
  stage.deps = in.list<LockedPath>(39, [&] { return read_locked_path(in); });
  stage.outs = in.list<LockedPath>(39, [&] { return read_locked_path(in); });
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
    lock.stages.insert_or_assign(lock.stages.end(), std::move(name), read_locked_stage(in));
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
  if (bytes.size() < header_bytes || !bytes.starts_with(magic)) {
    return std::nullopt;
  }
  std::string checksum;
  put_number(checksum, hash::fingerprint(bytes.substr(header_bytes)));
  if (bytes.substr(magic.size(), checksum.size()) != checksum) {
    return std::nullopt;
  }
  try {
    Reader in(bytes.substr(header_bytes));
    Compiled compiled;
    compiled.project = read_project(in);
    compiled.lock = read_lock(in);
    return in.at_end() ? std::optional(std::move(compiled)) : std::nullopt;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace mlops::spec
