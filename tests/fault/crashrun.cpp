// SPDX-License-Identifier: Apache-2.0
//
// crashrun: runs a command and counts, kills or fails it at an exact mutating system call.
//
// Why: "killed at any moment, nothing is lost" is only shown by killing at every moment that differs. What a file
// system holds changes with a mutating system call and at no other time, so a command that makes N of them has N + 1
// states that a kill can leave behind. `--count` finds N, `--kill K` makes the K-th state, `--error ENOSPC --at K` lets
// the K-th call fail instead; a sweep over K is complete.
//
// How: the command runs under ptrace with a seccomp filter that stops it for the calls of a table (calls.cpp) and for
// no others, hence reading costs nothing and a stop costs some ten microseconds. At such a stop the call has not begun:
// a SIGKILL sent then prevents it, and a call number of -1 skips it with whatever result we put in its place. A call
// counts when it acts on a regular file or a directory; terminals, pipes, sockets, /proc and /sys don't count. The
// threads of the command count in the order in which the kernel reports them; what it executes (git, a shell) is
// followed, killed with it, but counted only with --children.
//
// Example: crashrun --count --list -- cp a b
//          1 openat /tmp/b
//          2 copy_file_range /tmp/b
//          3 close /tmp/b
//          points 3
//
// Stores through a shared memory mapping and io_uring are not seen. Tested by crashrun_test.py.

#include "calls.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using crashrun::Rule;

namespace {

// ---- What was asked for, what happened
// ---------------------------------------------------------------------------------

struct Options {
  std::uint64_t kill_before = 0;  // 0: never
  std::uint64_t kill_after = 0;
  std::uint64_t fail_at = 0;
  int fail_errno = 0;
  bool sticky = false;
  bool children = false;
  bool list = false;
  bool json = false;
  double timeout_seconds = 0;  // 0: none
  std::string report;          // file; empty for standard output
  std::vector<char*> command;
};

struct Point {
  std::uint64_t index;
  const char* syscall;
  std::string path;
};

struct Result {
  std::uint64_t points = 0;
  std::uint64_t injected = 0;
  bool killed = false;
  bool timed_out = false;
  std::size_t left = 0;  // processes that outlived the command
  int status = 0;        // of waitpid
  std::optional<Point> hit;
  std::vector<Point> list;
};

volatile sig_atomic_t alarm_rang = 0;

void set_alarm(double seconds) {
  const auto whole = static_cast<time_t>(seconds);
  itimerval timer{};
  timer.it_value = {whole, static_cast<suseconds_t>((seconds - static_cast<double>(whole)) * 1e6)};
  timer.it_interval = {0, 10'000};  // rings again, in case it rang just before waitpid
  if (seconds <= 0) timer = {};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

// ---- The tracer
// ----------------------------------------------------------------------------------------------------------

class Tracer {
 public:
  explicit Tracer(const Options& options) : options_(options) {}

  Result run();

 private:
  enum class AtExit { nothing, kill, fail };
  struct Thread {
    pid_t process = 0;
    AtExit at_exit = AtExit::nothing;
  };

  void start();
  void wait_for_all();
  void on_alarm();
  void on_stop(pid_t tid, int status);
  void on_end(pid_t tid, int status);
  void on_exec(pid_t tid);
  void on_call(pid_t tid);
  void on_call_end(pid_t tid);
  void fail_call(pid_t tid, const Rule& rule);
  void kill_all();
  void resume(pid_t tid, int signal = 0);
  Thread& thread(pid_t tid);
  bool hits(std::uint64_t wanted) const { return wanted != 0 && result_.points == wanted; }

  const Options& options_;
  Result result_;
  pid_t root_ = 0;
  bool root_ended_ = false;
  bool killing_ = false;
  std::map<pid_t, Thread> threads_;
  std::map<pid_t, bool> counted_;  // by process: forked copies of the command count until they execute something
};

[[noreturn]] void become_command(int ready, const Options& options) {
  char byte = 0;
  if (read(ready, &byte, 1) != 1) _exit(127);
  std::vector<sock_filter> filter = crashrun::build_filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    std::perror("crashrun: cannot install the filter");
    _exit(127);
  }
  execvp(options.command.front(), options.command.data());
  std::perror(options.command.front());
  _exit(127);
}

void Tracer::start() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) std::exit(127);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans come to us rather than to an init that may not reap
  root_ = fork();
  if (root_ == 0) become_command(ends[0], options_);
  constexpr long follow = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
  if (root_ < 0 || ptrace(PTRACE_SEIZE, root_, nullptr, follow) != 0) {
    std::perror("crashrun: cannot trace");
    std::exit(127);
  }
  counted_[root_] = false;  // until it has become the command
  threads_[root_] = {root_, AtExit::nothing};
  if (write(ends[1], "x", 1) != 1) std::exit(127);
  close(ends[0]);
  close(ends[1]);
}

Result Tracer::run() {
  struct sigaction on_ring {};
  on_ring.sa_handler = [](int) { alarm_rang = 1; };  // without SA_RESTART: waitpid shall return
  sigaction(SIGALRM, &on_ring, nullptr);
  start();
  set_alarm(options_.timeout_seconds);
  wait_for_all();
  return std::move(result_);
}

void Tracer::wait_for_all() {
  while (true) {
    int status = 0;
    const pid_t tid = waitpid(-1, &status, __WALL);
    if (tid < 0 && errno != EINTR) return;
    if (alarm_rang != 0) on_alarm();
    if (tid < 0) continue;
    if (WIFSTOPPED(status)) on_stop(tid, status);
    if (WIFEXITED(status) || WIFSIGNALED(status)) on_end(tid, status);
  }
}

void Tracer::on_alarm() {
  set_alarm(0);
  alarm_rang = 0;
  if (root_ended_)
    result_.left = counted_.size();
  else
    result_.timed_out = true;
  kill_all();
}

Tracer::Thread& Tracer::thread(pid_t tid) {
  const auto known = threads_.find(tid);
  if (known != threads_.end()) return known->second;
  // A new thread or process may stop before its maker's event is reported, so /proc tells whose it is.
  pid_t process = tid;
  pid_t parent = 0;
  std::ifstream lines("/proc/" + std::to_string(tid) + "/status");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Tgid:")) process = std::atoi(line.c_str() + 5);
    if (line.starts_with("PPid:")) parent = std::atoi(line.c_str() + 5);
  }
  if (!counted_.contains(process)) counted_[process] = counted_.contains(parent) && counted_[parent];
  return threads_[tid] = {process, AtExit::nothing};
}

void Tracer::resume(pid_t tid, int signal) {
  const bool until_exit = thread(tid).at_exit != AtExit::nothing;
  ptrace(until_exit ? PTRACE_SYSCALL : PTRACE_CONT, tid, nullptr, static_cast<long>(signal));
}

void Tracer::on_stop(pid_t tid, int status) {
  thread(tid);
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  if (killing_) {
    kill_all();  // it may have been born after the others were killed
    return;
  }
  if (event == PTRACE_EVENT_SECCOMP) return on_call(tid);
  if (signal == (SIGTRAP | 0x80)) return on_call_end(tid);
  if (event == PTRACE_EVENT_EXEC) on_exec(tid);
  if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {  // stopped by job control: stays so, as without us
    ptrace(PTRACE_LISTEN, tid, nullptr, nullptr);
    return;
  }
  resume(tid, event == 0 ? signal : 0);
}

void Tracer::on_exec(pid_t tid) {
  unsigned long former = 0;
  ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &former);
  if (static_cast<pid_t>(former) != tid) threads_.erase(static_cast<pid_t>(former));
  counted_[tid] = tid == root_ || options_.children;
}

void Tracer::on_end(pid_t tid, int status) {
  const auto known = threads_.find(tid);
  const pid_t process = known == threads_.end() ? tid : known->second.process;
  threads_.erase(tid);
  if (process == tid) counted_.erase(tid);
  if (tid != root_) return;
  result_.status = status;
  root_ended_ = true;
  alarm_rang = 0;
  set_alarm(1.0);  // children that are just about to end are no leftovers
}

void Tracer::on_call(pid_t tid) {
  __ptrace_syscall_info info{};
  ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info);
  const Rule* rule = counted_[thread(tid).process] ? crashrun::find_rule(info.seccomp.nr) : nullptr;
  const auto path = rule != nullptr ? crashrun::changed_path(tid, *rule, info.seccomp.args) : std::nullopt;
  if (!path) return resume(tid);
  ++result_.points;
  const Point point{result_.points, rule->name, *path};
  if (options_.list) result_.list.push_back(point);
  if (hits(options_.kill_before) || hits(options_.kill_after) || hits(options_.fail_at)) result_.hit = point;
  if (hits(options_.kill_before)) return kill_all();
  if (hits(options_.kill_after)) thread(tid).at_exit = AtExit::kill;
  const bool later = options_.sticky && options_.fail_at != 0 && result_.points > options_.fail_at;
  if (hits(options_.fail_at) || later) fail_call(tid, *rule);
  resume(tid);
}

void Tracer::fail_call(pid_t tid, const Rule& rule) {
  ++result_.injected;
  if (rule.kind == crashrun::Kind::close) {  // a close that fails has closed the descriptor all the same
    thread(tid).at_exit = AtExit::fail;
    return;
  }
  crashrun::skip_call(tid);
  crashrun::set_result(tid, -options_.fail_errno);
}

void Tracer::on_call_end(pid_t tid) {
  const AtExit todo = std::exchange(thread(tid).at_exit, AtExit::nothing);
  if (todo == AtExit::kill) return kill_all();
  if (todo == AtExit::fail) crashrun::set_result(tid, -options_.fail_errno);
  resume(tid);
}

void Tracer::kill_all() {
  if (!killing_ && !result_.timed_out && !root_ended_) result_.killed = true;
  killing_ = true;
  for (const auto& [process, counted] : counted_) kill(process, SIGKILL);
}

// ---- Words in, report out
// ------------------------------------------------------------------------------------------------

constexpr std::string_view usage = R"(usage: crashrun [option...] -- command [argument...]
  --count            only count (what happens without another wish)
  --list             report every counted call
  --kill K           kill the command and all it started just before the K-th call
  --kill-after K     the same just after it
  --error E --at K   let the K-th call fail with E, a name such as ENOSPC, or a number
  --sticky           let all calls after it fail, too
  --children         count the calls of the programs that the command starts as well
  --timeout S        kill everything after S seconds
  --json             report as JSON
  --report FILE      report into FILE rather than to standard output
The exit code is the command's, 128 + n if signal n ended it, 124 after the timeout, 2 for wrong usage.
)";

[[noreturn]] void refuse(const std::string& reason) {
  std::cerr << "crashrun: " << reason << "\n" << usage;
  std::exit(2);
}

template <typename Number>
Number to_number(std::string_view option, std::string_view text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number <= 0)
    refuse("'" + std::string(option) + "' needs a positive number, not '" + std::string(text) + "'");
  return number;
}

int to_errno(const std::string& text) {
  for (int number = 1; number < 134; ++number) {
    const char* name = strerrorname_np(number);
    if (name != nullptr && text == name) return number;
  }
  return to_number<int>("--error", text);
}

bool parse_flag(std::string_view word, Options& options) {
  if (word == "--list") return options.list = true;
  if (word == "--json") return options.json = true;
  if (word == "--sticky") return options.sticky = true;
  if (word == "--children") return options.children = true;
  return word == "--count";
}

void parse_value(const std::string& word, const char* value, Options& options) {
  if (value == nullptr) refuse("'" + word + "' is unknown or needs a value");
  if (word == "--kill")
    options.kill_before = to_number<std::uint64_t>(word, value);
  else if (word == "--kill-after")
    options.kill_after = to_number<std::uint64_t>(word, value);
  else if (word == "--at")
    options.fail_at = to_number<std::uint64_t>(word, value);
  else if (word == "--error")
    options.fail_errno = to_errno(value);
  else if (word == "--timeout")
    options.timeout_seconds = to_number<double>(word, value);
  else if (word == "--report")
    options.report = value;
  else
    refuse("unknown option '" + word + "'");
}

Options parse(int argc, char** argv) {
  Options options;
  int at = 1;
  for (; at < argc && std::string_view(argv[at]) != "--"; ++at) {
    if (parse_flag(argv[at], options)) continue;
    parse_value(argv[at], at + 1 < argc ? argv[at + 1] : nullptr, options);
    ++at;
  }
  for (++at; at < argc; ++at) options.command.push_back(argv[at]);
  if (options.command.empty()) refuse("no command after '--'");
  if ((options.fail_at != 0) != (options.fail_errno != 0)) refuse("'--error' and '--at' need each other");
  options.command.push_back(nullptr);
  return options;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    std::array<char, 8> escape{};
    if (static_cast<unsigned char>(c) < 0x20) {
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;  // bytes that are not UTF-8 stay as they are
    }
  }
  return out + "\"";
}

std::string quoted_or_null(const std::optional<Point>& point, bool path) {
  if (!point) return "null";
  return path ? quoted(point->path) : quoted(point->syscall);
}

void write_json(std::ostream& out, const Options& options, const Result& result) {
  const auto yes_no = [](bool value) { return value ? "true" : "false"; };
  const int status = result.status;
  out << "{\"points\": " << result.points << ", \"injected\": " << result.injected
      << ", \"killed\": " << yes_no(result.killed) << ", \"timed_out\": " << yes_no(result.timed_out)
      << ", \"exit\": " << (WIFEXITED(status) ? std::to_string(WEXITSTATUS(status)) : "null")
      << ", \"signal\": " << (WIFSIGNALED(status) ? std::to_string(WTERMSIG(status)) : "null")
      << ", \"left\": " << result.left << ", \"syscall\": " << quoted_or_null(result.hit, false)
      << ", \"path\": " << quoted_or_null(result.hit, true);
  if (options.list) {
    out << ", \"list\": [";
    for (const Point& point : result.list)
      out << (point.index == 1 ? "\n" : ",\n") << " {\"index\": " << point.index
          << ", \"syscall\": " << quoted(point.syscall) << ", \"path\": " << quoted(point.path) << "}";
    out << "]";
  }
  out << "}\n";
}

void write_text(std::ostream& out, const Result& result) {
  for (const Point& point : result.list) out << point.index << " " << point.syscall << " " << point.path << "\n";
  out << "points " << result.points << "\n";
  if (result.hit)
    out << (result.killed ? "killed at " : "failed at ") << result.hit->index << " " << result.hit->syscall << " "
        << result.hit->path << "\n";
  if (result.left != 0) out << "left " << result.left << "\n";
}

void write_report(const Options& options, const Result& result) {
  std::ofstream file;
  if (!options.report.empty()) file.open(options.report, std::ios::binary);
  std::ostream& out = options.report.empty() ? std::cout : file;
  if (options.json)
    write_json(out, options, result);
  else
    write_text(out, result);
  if (!out.flush()) refuse("cannot write the report");
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const Result result = Tracer(options).run();
  write_report(options, result);
  if (result.timed_out) return 124;
  return WIFEXITED(result.status) ? WEXITSTATUS(result.status) : 128 + WTERMSIG(result.status);
}
