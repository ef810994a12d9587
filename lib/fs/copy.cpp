// SPDX-License-Identifier: Apache-2.0
//
// Copying contents: sharing blocks where the file system can, else through a buffer of the thread.

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fs/file.hpp"
#include "fs/mutate.hpp"
#include "util/interrupt.hpp"

namespace mlops::fs {
namespace {

/// Below this a copy is cheaper than the metadata of shared blocks.
constexpr std::uint64_t reflink_from_bytes = 64U << 10U;

template <class Use>
std::uint64_t for_each_buffer(int fd, const std::string& path, Use use) {
  const std::span<char> buffer = transfer_buffer();
  std::uint64_t total = 0;
  while (true) {
    check_interrupt();
    const std::size_t count = read_some(fd, buffer, path);
    if (count == 0) {
      return total;
    }
    use(buffer.first(count));
    total += count;
  }
}

}  // namespace

bool try_reflink(int from_fd, int to_fd) {
  return attempt("reflink", "", [&] { return ::ioctl(to_fd, FICLONE, from_fd); }) == 0;
}

std::uint64_t copy_bytes(int from_fd, TempFile& to, const std::string& from_path,
                         const std::function<void(std::span<const char>)>& seen) {
  const std::uint64_t size = stat_fd(from_fd).size;
  if (size >= reflink_from_bytes && ::lseek(from_fd, 0, SEEK_CUR) == 0 && try_reflink(from_fd, to.fd())) {
    // Read from the clone: the source may change meanwhile, and the digest must be that of what was kept.
    const std::uint64_t total = seen ? for_each_buffer(to.fd(), to.path(), seen) : stat_fd(to.fd()).size;
    return total;
  }
  return for_each_buffer(from_fd, from_path, [&](std::span<const char> bytes) {
    to.write(bytes);
    if (seen) {
      seen(bytes);
    }
  });
}

}  // namespace mlops::fs
