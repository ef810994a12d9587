// SPDX-License-Identifier: Apache-2.0
#include "store/hash_file.hpp"

#include <span>
#include <vector>

#include "hash/hasher.hpp"
#include "store/evidence.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

std::optional<HashedFile> try_hash(const std::string& path, hash::Algorithm algorithm) {
  const fs::Fd fd = fs::open_read(path);
  const fs::FileStat before = fs::stat_fd(fd.get());
  if (before.type != fs::FileType::file) {
    throw Error("cannot hash {}: it is not a regular file", quoted(path));
  }
  if (before.size > small_file_bytes) {
    const hash::Digest digest = hash::digest_of_fd(algorithm, fd.get(), path);
    return unmoved(fd, path, before) ? std::optional(HashedFile{digest, before}) : std::nullopt;
  }
  const auto content = read_small(fd, path, before.size);
  if (!content || !unmoved(fd, path, before)) {
    return std::nullopt;
  }
  return HashedFile{hash::digest_of(algorithm, *content), before};
}

}  // namespace

bool unmoved(const fs::Fd& fd, const std::string& path, const fs::FileStat& before) {
  return fs::stat_fd(fd.get()) == before && fs::stat_path(path) == before;
}

std::optional<std::string_view> read_small(const fs::Fd& fd, const std::string& path, std::uint64_t size) {
  thread_local std::vector<char> buffer(small_file_bytes + 1);
  // One byte more than expected shows that the file has grown.
  const std::size_t count = fs::read_full(fd.get(), std::span(buffer).first(size + 1), path);
  if (count != size) {
    return std::nullopt;
  }
  return std::string_view(buffer.data(), count);
}

void record_hashed(Memo& memo, const LocalDb* db, const fs::FileStat& stat, const hash::Digest& digest) {
  const std::int64_t seen = wall_clock_ns();
  Memo::Link link = Memo::Link::no;
  if (db != nullptr && stat.links > 1) {
    const auto object = fs::stat_path(db->path({digest, hash::ObjectKind::file}));
    if (object && object->inode == stat.inode && object->device == stat.device) {
      link = Memo::Link::into_cache;
    }
  }
  memo.record(stat, digest, seen, link);
}

HashedFile hash_file(const std::string& path, hash::Algorithm algorithm, Memo& memo, const LocalDb* db) {
  for (int attempt = 0; attempt < stable_attempts; ++attempt) {
    check_interrupt();
    if (const auto hashed = try_hash(path, algorithm)) {
      record_hashed(memo, db, hashed->stat, hashed->digest);
      return *hashed;
    }
  }
  throw changed_meanwhile(path);
}

Error changed_meanwhile(const std::string& path) {
  return Error::of(ErrorKind::changed, "{} changed while it was being read", quoted(path))
      .hint("let whatever writes to it finish, then try again");
}

}  // namespace mlops::store
