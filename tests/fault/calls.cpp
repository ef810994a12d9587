// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#if defined(__aarch64__)
#include <elf.h>
#endif

namespace crashrun {
namespace {

constexpr std::array rules{
#ifdef SYS_open  // the calls without a directory descriptor, which newer architectures left out
    Rule{SYS_open, "open", Kind::open, -1, 0},
    Rule{SYS_creat, "creat", Kind::path, -1, 0},
    Rule{SYS_rename, "rename", Kind::path, -1, 1},
    Rule{SYS_renameat, "renameat", Kind::path, 2, 3},
    Rule{SYS_link, "link", Kind::path, -1, 1},
    Rule{SYS_symlink, "symlink", Kind::path, -1, 1},
    Rule{SYS_unlink, "unlink", Kind::path, -1, 0},
    Rule{SYS_mkdir, "mkdir", Kind::path, -1, 0},
    Rule{SYS_rmdir, "rmdir", Kind::path, -1, 0},
    Rule{SYS_mknod, "mknod", Kind::path, -1, 0},
    Rule{SYS_chmod, "chmod", Kind::path, -1, 0},
    Rule{SYS_chown, "chown", Kind::path, -1, 0},
    Rule{SYS_lchown, "lchown", Kind::path, -1, 0},
    Rule{SYS_utime, "utime", Kind::path, -1, 0},
    Rule{SYS_utimes, "utimes", Kind::path, -1, 0},
    Rule{SYS_futimesat, "futimesat", Kind::times, 0, 1},
#endif
    Rule{SYS_openat, "openat", Kind::open, 0, 1},
    Rule{SYS_openat2, "openat2", Kind::openat2, 0, 1},
    Rule{SYS_write, "write", Kind::file, -1, 0},
    Rule{SYS_writev, "writev", Kind::file, -1, 0},
    Rule{SYS_pwrite64, "pwrite64", Kind::file, -1, 0},
    Rule{SYS_pwritev, "pwritev", Kind::file, -1, 0},
    Rule{SYS_pwritev2, "pwritev2", Kind::file, -1, 0},
    Rule{SYS_sendfile, "sendfile", Kind::file, -1, 0},
    Rule{SYS_copy_file_range, "copy_file_range", Kind::file, -1, 2},
    Rule{SYS_splice, "splice", Kind::file, -1, 2},
    Rule{SYS_ioctl, "ioctl", Kind::ioctl, -1, 0},
    Rule{SYS_fsync, "fsync", Kind::file, -1, 0},
    Rule{SYS_fdatasync, "fdatasync", Kind::file, -1, 0},
    Rule{SYS_syncfs, "syncfs", Kind::file, -1, 0},
    Rule{SYS_sync_file_range, "sync_file_range", Kind::file, -1, 0},
    Rule{SYS_renameat2, "renameat2", Kind::path, 2, 3},
    Rule{SYS_linkat, "linkat", Kind::path, 2, 3},
    Rule{SYS_symlinkat, "symlinkat", Kind::path, 1, 2},
    Rule{SYS_unlinkat, "unlinkat", Kind::path, 0, 1},
    Rule{SYS_mkdirat, "mkdirat", Kind::path, 0, 1},
    Rule{SYS_mknodat, "mknodat", Kind::path, 0, 1},
    Rule{SYS_truncate, "truncate", Kind::path, -1, 0},
    Rule{SYS_ftruncate, "ftruncate", Kind::file, -1, 0},
    Rule{SYS_fallocate, "fallocate", Kind::file, -1, 0},
    Rule{SYS_fchmod, "fchmod", Kind::file, -1, 0},
    Rule{SYS_fchmodat, "fchmodat", Kind::path, 0, 1},
    Rule{452, "fchmodat2", Kind::path, 0, 1},  // newer than the C library's table
    Rule{SYS_fchown, "fchown", Kind::file, -1, 0},
    Rule{SYS_fchownat, "fchownat", Kind::path, 0, 1},
    Rule{SYS_utimensat, "utimensat", Kind::times, 0, 1},
    Rule{SYS_setxattr, "setxattr", Kind::path, -1, 0},
    Rule{SYS_lsetxattr, "lsetxattr", Kind::path, -1, 0},
    Rule{SYS_fsetxattr, "fsetxattr", Kind::file, -1, 0},
    Rule{SYS_removexattr, "removexattr", Kind::path, -1, 0},
    Rule{SYS_lremovexattr, "lremovexattr", Kind::path, -1, 0},
    Rule{SYS_fremovexattr, "fremovexattr", Kind::file, -1, 0},
    Rule{SYS_close, "close", Kind::close, -1, 0},
};

constexpr std::uint32_t write_flags = O_ACCMODE | O_CREAT | O_TRUNC;

#if defined(__x86_64__)
constexpr std::uint32_t audit_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t audit_arch = AUDIT_ARCH_AARCH64;
#else
#error "crashrun knows x86_64 and aarch64"
#endif

constexpr std::uint32_t argument_offset(int index) {  // of the low half: both machines are little-endian
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    sizeof(std::uint64_t) * static_cast<std::size_t>(index));
}

sock_filter statement(int code, std::uint32_t value) { return {static_cast<std::uint16_t>(code), 0, 0, value}; }

sock_filter jump(int code, std::uint32_t value, int when_true, int when_false) {
  return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(when_true), static_cast<std::uint8_t>(when_false),
          value};
}

void append_rule(std::vector<sock_filter>& filter, const Rule& rule) {
  const auto number = static_cast<std::uint32_t>(rule.number);
  const auto trace = statement(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  const auto allow = statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const auto load_next = statement(BPF_LD | BPF_W | BPF_ABS, argument_offset(rule.at + 1));
  if (rule.kind == Kind::open) {
    filter.insert(filter.end(), {jump(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4), load_next,
                                 jump(BPF_JMP | BPF_JSET | BPF_K, write_flags, 0, 1), trace, allow});
  } else if (rule.kind == Kind::ioctl) {
    filter.insert(filter.end(), {jump(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 5), load_next,
                                 jump(BPF_JMP | BPF_JEQ | BPF_K, FICLONE, 1, 0),
                                 jump(BPF_JMP | BPF_JEQ | BPF_K, FICLONERANGE, 0, 1), trace, allow});
  } else {
    filter.insert(filter.end(), {jump(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), trace});
  }
}

std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> text{};
  const ssize_t length = readlink(path.c_str(), text.data(), text.size());
  return length < 0 ? std::string{} : std::string(text.data(), static_cast<std::size_t>(length));
}

bool read_memory(pid_t tid, std::uint64_t address, void* into, std::size_t size) {
  iovec local{into, size};
  iovec remote{reinterpret_cast<void*>(address), size};  // NOLINT: an address of another process
  return process_vm_readv(tid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

std::string read_string(pid_t tid, std::uint64_t address) {
  constexpr std::uint64_t page = 4096;
  std::string text;
  std::array<char, page> buffer{};
  while (text.size() < PATH_MAX) {
    const std::size_t part = page - (address + text.size()) % page;  // a read across a page's end may fail as a whole
    if (!read_memory(tid, address + text.size(), buffer.data(), part)) break;
    const std::size_t length = strnlen(buffer.data(), part);
    text.append(buffer.data(), length);
    if (length < part) break;
  }
  return text;
}

std::string proc(pid_t tid, std::string_view rest) { return "/proc/" + std::to_string(tid) + "/" + std::string(rest); }

std::string descriptor_link(pid_t tid, std::uint64_t descriptor) {
  return proc(tid, "fd/" + std::to_string(static_cast<int>(descriptor)));
}

std::string path_argument(pid_t tid, const Rule& rule, Arguments arguments) {
  std::string path = read_string(tid, arguments[static_cast<std::size_t>(rule.at)]);
  if (path.starts_with('/')) return path;
  const bool here = rule.dir < 0 || static_cast<int>(arguments[static_cast<std::size_t>(rule.dir)]) == AT_FDCWD;
  const std::string base =
      read_link(here ? proc(tid, "cwd") : descriptor_link(tid, arguments[static_cast<std::size_t>(rule.dir)]));
  return path.empty() ? base : base + "/" + path;
}

bool on_disk(const std::string& path) {
  const auto below = [&](std::string_view prefix) { return path.starts_with(prefix); };
  return path.starts_with('/') && !below("/proc/") && !below("/sys/") && !below("/memfd:") &&
         (!below("/dev/") || below("/dev/shm/"));
}

/// What the command was started with as its standard streams is the caller's, even if it is a file.
bool is_own_stream(const struct stat& file) {
  const auto same = [&](int descriptor) {
    struct stat own {};
    return fstat(descriptor, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino;
  };
  return same(STDIN_FILENO) || same(STDOUT_FILENO) || same(STDERR_FILENO);
}

bool counts_or_missing(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return true;
  return S_ISDIR(status.st_mode) || (S_ISREG(status.st_mode) && !is_own_stream(status));
}

bool writable_descriptor(pid_t tid, std::uint64_t descriptor) {
  std::ifstream lines(proc(tid, "fdinfo/" + std::to_string(static_cast<int>(descriptor))));
  std::string key;
  for (std::string value; lines >> key >> value;)
    if (key == "flags:") return (std::strtoul(value.c_str(), nullptr, 8) & O_ACCMODE) != O_RDONLY;
  return false;
}

}  // namespace

const Rule* find_rule(std::uint64_t number) {
  const auto* found = std::find_if(rules.begin(), rules.end(),
                                   [&](const Rule& rule) { return rule.number == static_cast<long>(number); });
  return found == rules.end() ? nullptr : found;
}

std::vector<sock_filter> build_filter() {
  std::vector<sock_filter> filter{
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      jump(BPF_JMP | BPF_JEQ | BPF_K, audit_arch, 1, 0),
      statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const Rule& rule : rules) append_rule(filter, rule);
  filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return filter;
}

std::optional<std::string> changed_path(pid_t tid, const Rule& rule, Arguments arguments) {
  const std::uint64_t value = arguments[static_cast<std::size_t>(rule.at)];
  const bool by_descriptor = rule.kind == Kind::file || rule.kind == Kind::ioctl || rule.kind == Kind::close ||
                             (rule.kind == Kind::times && value == 0);
  if (by_descriptor) {
    const std::uint64_t descriptor = rule.kind == Kind::times ? arguments[static_cast<std::size_t>(rule.dir)] : value;
    const std::string link = descriptor_link(tid, descriptor);
    std::string path = read_link(link);
    if (!on_disk(path) || !counts_or_missing(link)) return std::nullopt;
    if (rule.kind == Kind::close && !writable_descriptor(tid, descriptor)) return std::nullopt;
    return path;
  }
  if (rule.kind == Kind::openat2) {
    open_how how{};
    read_memory(tid, arguments[static_cast<std::size_t>(rule.at) + 1], &how, sizeof how);
    if ((how.flags & write_flags) == 0) return std::nullopt;
  }
  std::string path = path_argument(tid, rule, arguments);
  const bool opens = rule.kind == Kind::open || rule.kind == Kind::openat2;
  if (!on_disk(path) || (opens && !counts_or_missing(path))) return std::nullopt;
  return path;
}

#if defined(__x86_64__)
void set_result(pid_t tid, long result) {
  user_regs_struct regs{};
  ptrace(PTRACE_GETREGS, tid, nullptr, &regs);
  regs.rax = static_cast<unsigned long long>(result);
  ptrace(PTRACE_SETREGS, tid, nullptr, &regs);
}

void skip_call(pid_t tid) {
  user_regs_struct regs{};
  ptrace(PTRACE_GETREGS, tid, nullptr, &regs);
  regs.orig_rax = static_cast<unsigned long long>(-1);
  ptrace(PTRACE_SETREGS, tid, nullptr, &regs);
}
#elif defined(__aarch64__)
void set_result(pid_t tid, long result) {
  user_regs_struct regs{};
  iovec area{&regs, sizeof regs};
  ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &area);
  regs.regs[0] = static_cast<unsigned long long>(result);
  ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &area);
}

void skip_call(pid_t tid) {
  int number = -1;
  iovec area{&number, sizeof number};
  ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &area);
}
#endif

}  // namespace crashrun
