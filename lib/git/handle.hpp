// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every file of this layer needs of libgit2: owning handles, one way to turn a return code into an Error, and the
// two conversions of object names. Included by .cpp files of lib/git only.

#include <fmt/core.h>
#include <git2.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "git/repository.hpp"

namespace mlops::git {

template <auto free_handle>
struct Deleter {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    free_handle(handle);
  }
};

using RepositoryHandle = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Deleter<git_reference_free>>;
using ReferenceIteratorHandle = std::unique_ptr<git_reference_iterator, Deleter<git_reference_iterator_free>>;
using TransactionHandle = std::unique_ptr<git_transaction, Deleter<git_transaction_free>>;
using ObjectHandle = std::unique_ptr<git_object, Deleter<git_object_free>>;
using CommitHandle = std::unique_ptr<git_commit, Deleter<git_commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, Deleter<git_tree_free>>;
using TreeEntryHandle = std::unique_ptr<git_tree_entry, Deleter<git_tree_entry_free>>;
using TreeBuilderHandle = std::unique_ptr<git_treebuilder, Deleter<git_treebuilder_free>>;
using BlobHandle = std::unique_ptr<git_blob, Deleter<git_blob_free>>;
using OdbHandle = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using IndexHandle = std::unique_ptr<git_index, Deleter<git_index_free>>;
using ConfigHandle = std::unique_ptr<git_config, Deleter<git_config_free>>;
using ConfigIteratorHandle = std::unique_ptr<git_config_iterator, Deleter<git_config_iterator_free>>;
using SignatureHandle = std::unique_ptr<git_signature, Deleter<git_signature_free>>;
using WorktreeHandle = std::unique_ptr<git_worktree, Deleter<git_worktree_free>>;

/// Receives a handle from a libgit2 function; the handle has it at the end of the full expression, not before.
template <class Handle>
class Out {
 public:
  explicit Out(Handle& handle) : handle_(handle) {}
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  ~Out() { handle_.reset(raw_); }
  operator typename Handle::pointer *() { return &raw_; }  // implicit: it stands for libgit2's T** argument

 private:
  Handle& handle_;
  typename Handle::pointer raw_ = nullptr;
};

template <class Handle>
Out<Handle> out(Handle& handle) {
  return Out<Handle>(handle);
}

/// A libgit2 buffer that frees itself.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { git_buf_dispose(&buffer_); }
  git_buf* get() { return &buffer_; }
  std::string str() const { return {buffer_.ptr, buffer_.size}; }

 private:
  git_buf buffer_{};
};

/// libgit2's own words about the last failure of this thread.
std::string last_message();

/// Throws the Error for a libgit2 failure: "cannot <doing>: <libgit2's words>".
[[noreturn]] void fail(int code, const std::string& doing);

/// Throws Error when `code` says that a libgit2 call failed. To be called at once: libgit2's message is the thread's.
template <class... Args>
void check(int code, fmt::format_string<Args...> doing, Args&&... args) {
  if (code < 0) {
    fail(code, fmt::format(doing, std::forward<Args>(args)...));
  }
}

inline git_oid raw(const Oid& id) {
  git_oid result;
  std::memcpy(result.id, id.bytes().data(), id.bytes().size());
  return result;
}

inline Oid oid(const git_oid& id) {
  std::array<unsigned char, 20> bytes{};
  std::memcpy(bytes.data(), id.id, bytes.size());
  return Oid(bytes);
}

struct Repository::State {
  RepositoryHandle repository;
  IndexHandle index;  ///< read when first needed

  git_repository* get() const { return repository.get(); }
  /// The index as it is on disk now.
  git_index* fresh_index();
};

/// The full names of all settings, one for each value. Not through libgit2's search by pattern, which leaks memory for
/// every name that does not match (1.5 with PCRE).
std::vector<std::string> setting_names(git_config* config);

/// Starts libgit2, once in the life of the process.
void start_library();

/// Returns a path as libgit2 gives directories, without the '/' at the end.
std::string without_slash(std::string path);

}  // namespace mlops::git
