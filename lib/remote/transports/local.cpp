// SPDX-License-Identifier: Apache-2.0
// A folder as a remote, on a disk or on a share that several machines have mounted.
//
//   mlops-remote            what makes it a remote (remote/marker.hpp)
//   objects/, stages/       files under their final names, read-only
//   tmp/                    files being written
//
// A file is written in tmp/, fsynced, looked at again and only then renamed to its name, so that neither another client
// nor a power cut ever finds a part of one. flush() makes the names themselves durable. Nothing is chmod-ed but our own
// files: the group and set-gid bit of the root folder decide who shares it.

#include "remote/transports/local.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <set>

#include "fs/leftovers.hpp"
#include "fs/repo_path.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::remote {
namespace {

constexpr std::uint32_t read_only = 0444;
constexpr std::string_view temporary = "tmp";

/// Failures that a share recovers from: a stale handle after a server's restart, a timeout, a host that is away.
bool passes(int code) {
  constexpr int codes[] = {ESTALE, EINTR, EAGAIN, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH};
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Directories whose entries changed and are not yet known to be durable. Any thread.
class ChangedDirectories {
 public:
  void add(const std::string& directory) {
    const std::lock_guard guard(mutex_);
    paths_.insert(directory);
  }

  std::set<std::string> take() {
    const std::lock_guard guard(mutex_);
    return std::exchange(paths_, {});
  }

  void put_back(const std::set<std::string>& paths) {
    const std::lock_guard guard(mutex_);
    paths_.insert(paths.begin(), paths.end());
  }

 private:
  std::mutex mutex_;
  std::set<std::string> paths_;
};

class LocalTransport : public Transport {
 public:
  explicit LocalTransport(std::string root) : root_(std::move(root)) {}

  std::string describe() const override { return "folder " + quoted(root_); }

  Place place() override {
    return guarded([&] {
      if (!root_exists()) {
        return Place::absent;
      }
      const std::vector<fs::DirEntry> entries = fs::list_directory(root_);
      const bool occupied = std::any_of(entries.begin(), entries.end(), [](const fs::DirEntry& entry) {
        return entry.name != temporary && entry.name != "lost+found";
      });
      return occupied ? Place::occupied : Place::empty;
    });
  }

  std::optional<std::uint64_t> stat(const std::string& name) override {
    return guarded([&] {
      const std::string path = path_of(name);
      const std::optional<fs::FileStat> stat = fs::stat_path(path);
      if (!stat || stat->type != fs::FileType::file) {
        return std::optional<std::uint64_t>();
      }
      note_young(path, *stat);
      return std::optional(stat->size);
    });
  }

  std::vector<RemoteFile> list(const std::string& prefix) override {
    return guarded([&] {
      std::vector<RemoteFile> files;
      std::vector<std::string> waiting{prefix};
      while (!waiting.empty()) {
        check_interrupt();
        const std::string name = std::move(waiting.back());
        waiting.pop_back();
        list_one(name, files, waiting);
      }
      return files;
    });
  }

  bool read_to(const std::string& name, fs::TempFile& to, std::uint64_t limit_bytes) override {
    return guarded([&] {
      const std::string path = path_of(name);
      const std::optional<fs::Fd> file = fs::try_open_read(path);
      if (!file) {
        return false;
      }
      std::uint64_t total = 0;
      require_limit(path, fs::stat_fd(file->get()).size, limit_bytes);
      fs::copy_bytes(file->get(), to, path, [&](std::span<const char> bytes) {
        total += bytes.size();
        require_limit(path, total, limit_bytes);  // it may have grown since
      });
      return true;
    });
  }

  std::optional<std::string> read(const std::string& name, std::uint64_t limit_bytes) override {
    return guarded([&] { return fs::try_read_file(path_of(name), limit_bytes); });
  }

  void write_file(const std::string& name, const std::string& source_path,
                  const std::function<void(std::span<const char>)>& seen,
                  const std::function<bool()>& accept) override {
    guarded([&] {
      const fs::Fd source = fs::open_read(source_path);
      fs::TempFile file = start_file();
      const std::uint64_t sent = fs::copy_bytes(source.get(), file, source_path, seen);
      if (accept()) {
        finish_file(file, sent);
        give_name(file, name, sent);
      }
    });
  }

  void write(const std::string& name, std::string_view content) override {
    guarded([&] {
      fs::TempFile file = start_file();
      file.write(content);
      finish_file(file, content.size());
      const std::string path = ready_path(name);
      file.replace(path);
      changed_.add(parent_of(path));
    });
  }

  bool write_new(const std::string& name, std::string_view content) override {
    return guarded([&] {
      make_root();
      fs::TempFile file = start_file();
      file.write(content);
      finish_file(file, content.size());
      const std::string path = ready_path(name);
      const bool written = file.publish(path);
      changed_.add(parent_of(path));
      return written;
    });
  }

  void make_place() override {
    guarded([&] { fs::make_directories(root_); });
  }

  void remove(const std::string& name) override {
    guarded([&] {
      const std::string path = path_of(name);
      fs::remove_file(path);
      changed_.add(parent_of(path));
    });
  }

  void flush() override {
    const std::set<std::string> directories = changed_.take();
    try {
      guarded([&] { sync(directories); });
    } catch (const Transient&) {
      changed_.put_back(directories);
      throw;
    }
  }

  unsigned list_page() const override { return 8; }

 private:
  /// Does the work; turns what passes by itself into Transient, and a root that vanished into an error that says so.
  template <class Work>
  auto guarded(Work&& work) -> decltype(work()) {
    try {
      return work();
    } catch (const Error& error) {
      if (passes(error.system_code())) {
        throw Transient(error.what());
      }
      if (error.system_code() == ENOENT && !root_exists()) {
        throw Error::of(ErrorKind::missing, "{} does not exist", describe())
            .hint("make it, or mount the share that holds it");
      }
      throw;
    }
  }

  void sync(const std::set<std::string>& directories) const {
    constexpr std::size_t one_by_one = 32;
    if (directories.size() > one_by_one) {
      fs::sync_filesystem(root_);
      return;
    }
    for (const std::string& directory : directories) {
      if (fs::stat_path(directory)) {
        fs::sync_directory(directory);
      }
    }
  }

  static void require_limit(const std::string& path, std::uint64_t size, std::uint64_t limit_bytes) {
    if (size > limit_bytes) {
      throw Error::of(ErrorKind::corrupt, "{} has more than the {} bytes expected of it", quoted(path), limit_bytes);
    }
  }

  /// The name of a file that came a moment ago may not be durable: another client flushes at its end. We do it too, for
  /// what we go on to write may rely on it.
  void note_young(const std::string& path, const fs::FileStat& stat) {
    constexpr std::int64_t young_ns = 600LL * 1'000'000'000;
    if (std::abs(now_ns() - stat.ctime_ns) < young_ns) {
      changed_.add(parent_of(path));
    }
  }

  static std::optional<std::uint64_t> size_of(const std::string& path) {
    const std::optional<fs::FileStat> stat = fs::stat_path(path);
    return stat && stat->type == fs::FileType::file ? std::optional(stat->size) : std::nullopt;
  }

  bool root_exists() const {
    // The root itself may be a link to a directory; the '.' makes the kernel follow it.
    if (fs::stat_path(root_ + "/.")) {
      return true;
    }
    if (const std::optional<fs::FileStat> stat = fs::stat_path(root_); stat && stat->type == fs::FileType::file) {
      throw Error("{} is no folder", quoted(root_)).hint("a remote needs a folder");
    }
    return false;
  }

  void make_root() {
    if (root_exists()) {
      return;
    }
    if (!fs::stat_path(parent_of(root_) + "/.")) {
      throw Error::of(ErrorKind::missing, "cannot make {}: {} does not exist", describe(), quoted(parent_of(root_)))
          .hint("make that folder first, or mount the share that holds it");
    }
    fs::make_directory(root_);
    changed_.add(parent_of(root_));
  }

  std::string path_of(const std::string& name) const { return root_ + "/" + fs::RepoPath::parse(name).str(); }

  void list_one(const std::string& name, std::vector<RemoteFile>& files, std::vector<std::string>& waiting) {
    const std::string directory = name.empty() ? root_ : path_of(name);
    if (!fs::stat_path(directory)) {
      return;
    }
    for (const fs::StatEntry& entry : fs::stat_directory(directory)) {
      std::string below = name.empty() ? entry.name : name + "/" + entry.name;
      if (entry.stat.type == fs::FileType::directory) {
        waiting.push_back(std::move(below));
      } else if (entry.stat.type == fs::FileType::file) {
        note_young(directory + "/" + entry.name, entry.stat);
        files.push_back({std::move(below), entry.stat.size});
      }
    }
  }

  /// Makes the directory below the root and its parents. Never the root: what is not there is not mounted.
  void make_below_root(const std::string& name) {
    std::string path = root_;
    for (const std::string& part : split(name, '/')) {
      const std::string parent = path;
      path += "/" + part;
      if (!fs::stat_path(path)) {
        fs::make_directory(path);
        changed_.add(parent);
      }
    }
  }

  /// Where a file of that name goes, its directory made.
  std::string ready_path(const std::string& name) {
    std::string path = path_of(name);
    const std::string directory = parent_of(path);
    if (directory != root_ && !fs::stat_path(directory)) {
      make_below_root(directory.substr(root_.size() + 1));
    }
    return path;
  }

  fs::TempFile start_file() {
    const std::string directory = root_ + "/" + std::string(temporary);
    if (!fs::stat_path(directory)) {
      make_below_root(std::string(temporary));
    }
    fs::TempFile file(directory);
    if (!swept_.exchange(true)) {
      // What killed uploads left. A new file tells the time of the machine that keeps the folder.
      fs::sweep_temporary(directory, fs::stat_fd(file.fd()).mtime_ns);
    }
    return file;
  }

  /// Makes the content durable and compares its size with what was sent.
  static void finish_file(fs::TempFile& file, std::uint64_t size) {
    file.chmod(read_only);
    file.sync();
    file.close();
    if (const std::optional<std::uint64_t> kept = size_of(file.path()); kept != size) {
      throw Error::of(ErrorKind::corrupt, "{} kept {} of {} bytes", quoted(file.path()), kept.value_or(0), size);
    }
  }

  void give_name(fs::TempFile& file, const std::string& name, std::uint64_t size) {
    const std::string path = ready_path(name);
    const std::optional<std::uint64_t> there = size_of(path);
    if (there && *there != size) {
      file.replace(path);
    } else {
      file.publish(path);
    }
    changed_.add(parent_of(path));
  }

  std::string root_;
  ChangedDirectories changed_;
  std::atomic<bool> swept_{false};
};

unsigned hex_value(char c) {
  const std::string_view digits = "0123456789abcdef";
  const std::size_t at = digits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
  return at == std::string_view::npos ? 16U : static_cast<unsigned>(at);
}

/// Undoes the "%20" of addresses.
std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size();
    const unsigned high = escape ? hex_value(text[i + 1]) : 16U;
    const unsigned low = escape ? hex_value(text[i + 2]) : 16U;
    if (high < 16U && low < 16U) {
      result += static_cast<char>(high * 16U + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// The path of "file:///srv/data" and "file://localhost/srv/data"; anything else as it is.
std::string path_of_url(const std::string& url) {
  constexpr std::string_view separator = "://";
  constexpr std::string_view localhost = "localhost/";
  const std::size_t at = url.starts_with('/') ? std::string::npos : url.find(separator);
  if (at == std::string::npos) {
    return url;
  }
  std::string_view rest = std::string_view(url).substr(at + separator.size());
  if (rest.starts_with(localhost)) {
    rest.remove_prefix(localhost.size() - 1);
  }
  return percent_decoded(rest);
}

}  // namespace

std::unique_ptr<Transport> make_local(const RemoteOptions& options) {
  const std::string& url = options.at("url");
  std::string path = path_of_url(url);
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) {
    throw Error::usage("the remote's url {} is no absolute path", quoted(url))
        .hint("give the folder's full path, such as /srv/data or file:///srv/data");
  }
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return std::make_unique<LocalTransport>(std::move(path));
}

}  // namespace mlops::remote
