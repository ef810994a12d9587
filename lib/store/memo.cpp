// SPDX-License-Identifier: Apache-2.0

// The file is a header of 64 bytes and an open-addressing table of 80-byte records, two thirds full, probed linearly
// from a slot that device and inode give. It is mapped, checked once against its checksum, and never changed in place:
// saving writes a new one and renames it. A damaged or foreign file counts as empty.
//
// Each record remembers the day on which it was last of use. Once there are many, those that were not for a month are
// dropped when the table is next written; that bounds its growth however often files come and go.

#include "store/memo.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/file.hpp"
#include "fs/lock_file.hpp"
#include "hash/fingerprint.hpp"
#include "store/evidence.hpp"
#include "util/error.hpp"
#include "util/log.hpp"

namespace mlops::store {
namespace {

constexpr std::uint8_t flag_used = 1;
constexpr std::uint8_t flag_into_cache = 2;
constexpr std::uint32_t refresh_after_days = 7;
constexpr std::uint32_t drop_after_days = 30;
constexpr std::size_t many_records = 200'000;

struct Record {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::array<unsigned char, 32> digest{};
  std::uint32_t day = 0;
  hash::Algorithm algorithm = hash::Algorithm::sha256;
  std::uint8_t flags = 0;
  std::uint16_t zero = 0;
};
static_assert(sizeof(Record) == 80);

struct Header {
  std::array<char, 8> magic{'m', 'l', 'o', 'p', 's', 'm', 'e', 'm'};
  std::uint32_t version = 1;
  std::uint32_t record_size = sizeof(Record);
  std::uint64_t capacity = 0;
  std::uint64_t count = 0;
  std::uint64_t checksum = 0;
  std::array<std::uint64_t, 3> zero{};
};
static_assert(sizeof(Header) == 64);

struct Key {
  std::uint64_t device;
  std::uint64_t inode;
  friend bool operator==(const Key&, const Key&) = default;
};

std::uint64_t mix(const Key& key) {
  std::uint64_t value = key.inode * 0x9e3779b97f4a7c15U ^ (key.device + 0x632be59bd9b4e019U) * 0xff51afd7ed558ccdU;
  value ^= value >> 32U;
  value *= 0xd6e8feb86659fd93U;
  return value ^ (value >> 32U);
}

struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept { return mix(key); }
};

std::size_t first_slot(const Key& key, std::uint64_t capacity) {
  // The high half of the product spreads the hash over any capacity without a division.
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<Wide>(mix(key)) * capacity) >> 64U);
}

/// Finds the record of `key` or the free slot where it belongs. There always is one: tables are never full.
std::size_t probe(std::span<const Record> slots, const Key& key) {
  std::size_t slot = first_slot(key, slots.size());
  while ((slots[slot].flags & flag_used) != 0 && Key{slots[slot].device, slots[slot].inode} != key) {
    slot = slot + 1 == slots.size() ? 0 : slot + 1;
  }
  return slot;
}

bool matches(const Record& record, const fs::FileStat& stat) {
  return record.size == stat.size && record.mtime_ns == stat.mtime_ns &&
         (record.ctime_ns == stat.ctime_ns || (record.flags & flag_into_cache) != 0);
}

std::optional<hash::Digest> digest_in(const Record& record) {
  if (record.algorithm != hash::Algorithm::sha256 && record.algorithm != hash::Algorithm::md5 &&
      record.algorithm != hash::Algorithm::md5_dos2unix) {
    return std::nullopt;
  }
  return hash::Digest(record.algorithm, std::span(record.digest).first(hash::digest_size(record.algorithm)));
}

std::uint32_t today() { return static_cast<std::uint32_t>(wall_clock_ns() / 86'400'000'000'000); }

std::string_view as_text(std::span<const Record> slots) {
  return {reinterpret_cast<const char*>(slots.data()), slots.size_bytes()};
}

/// A saved table, mapped read-only. The file is replaced by renaming, so the mapping stays what it was.
class Table {
 public:
  /// Returns nothing when there is no table or it cannot be believed.
  static std::unique_ptr<Table> open(const std::string& path) {
    const auto fd = path.empty() ? std::nullopt : open_file(path);
    if (!fd) {
      return nullptr;
    }
    const fs::FileStat stat = fs::stat_fd(fd->get());
    if (stat.type != fs::FileType::file || stat.size < sizeof(Header) + sizeof(Record)) {
      return nullptr;
    }
    void* address = ::mmap(nullptr, stat.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd->get(), 0);
    if (address == MAP_FAILED) {
      return nullptr;
    }
    std::unique_ptr<Table> table(new Table(stat, address));
    return table->sound() ? std::move(table) : nullptr;
  }

  ~Table() { ::munmap(address_, stat_.size); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const Record* find(const Key& key) const {
    const Record& record = slots()[probe(slots(), key)];
    return (record.flags & flag_used) != 0 ? &record : nullptr;
  }

  std::span<const Record> slots() const {
    const auto* first = reinterpret_cast<const Record*>(static_cast<const char*>(address_) + sizeof(Header));
    return {first, (stat_.size - sizeof(Header)) / sizeof(Record)};
  }
  std::size_t count() const { return header().count; }
  bool same_file(const Table& other) const {
    return stat_.inode == other.stat_.inode && stat_.mtime_ns == other.stat_.mtime_ns &&
           header().checksum == other.header().checksum;
  }

  void note_use(const Record& record) {
    used_[static_cast<std::size_t>(&record - slots().data())].store(1, std::memory_order_relaxed);
  }
  bool was_used(std::size_t slot) const { return used_[slot].load(std::memory_order_relaxed) != 0; }

 private:
  /// A file that cannot be opened (another user's, say) is one that cannot be believed.
  static std::optional<fs::Fd> open_file(const std::string& path) {
    try {
      return fs::try_open_read(path);
    } catch (const Error& error) {
      log::debug("the memo is not used: {}", error.what());
      return std::nullopt;
    }
  }

  Table(const fs::FileStat& stat, void* address) : stat_(stat), address_(address), used_(slots().size()) {}

  const Header& header() const { return *static_cast<const Header*>(address_); }

  bool sound() const {
    const Header expected;
    const Header& found = header();
    return found.magic == expected.magic && found.version == expected.version &&
           found.record_size == expected.record_size && found.capacity == slots().size() &&
           sizeof(Header) + slots().size_bytes() == stat_.size && found.count < found.capacity &&
           found.checksum == hash::fingerprint(as_text(slots())) && found.count == used_slots();
  }

  /// Counted rather than believed: probing a full table would not end.
  std::size_t used_slots() const {
    return static_cast<std::size_t>(std::count_if(
        slots().begin(), slots().end(), [](const Record& record) { return (record.flags & flag_used) != 0; }));
  }

  fs::FileStat stat_;
  void* address_;
  std::vector<std::atomic<std::uint8_t>> used_;
};

/// A table being made.
class Draft {
 public:
  explicit Draft(std::size_t expected) : slots_(std::max<std::size_t>(64, expected + expected / 2)) {}

  /// Adds a record unless there is one for its file already.
  void add(const Record& record) {
    Record& slot = slots_[probe(slots_, {record.device, record.inode})];
    if ((slot.flags & flag_used) == 0) {
      slot = record;
      ++count_;
    }
  }

  void write(const std::string& path) const {
    Header header;
    header.capacity = slots_.size();
    header.count = count_;
    header.checksum = hash::fingerprint(as_text(slots_));
    const std::size_t slash = path.rfind('/');
    fs::TempFile file(slash == std::string::npos ? "." : path.substr(0, slash));
    file.write({reinterpret_cast<const char*>(&header), sizeof header});
    file.write({reinterpret_cast<const char*>(slots_.data()), slots_.size() * sizeof(Record)});
    file.close();
    file.replace(path);
  }

 private:
  std::vector<Record> slots_;
  std::size_t count_ = 0;
};

struct Shard {
  std::mutex mutex;
  std::unordered_map<Key, Record, KeyHash> records;
};

}  // namespace

struct Memo::State {
  explicit State(std::string file) : path(std::move(file)), day(today()) {}

  Table* table() const {
    std::call_once(loaded, [this] { mapped = Table::open(path); });
    return mapped.get();
  }
  Shard& shard(const Key& key) const { return shards[mix(key) % shards.size()]; }

  std::vector<Record> recorded_here() const;
  void save_merged();

  const std::string path;
  const std::uint32_t day;
  mutable std::once_flag loaded;
  mutable std::unique_ptr<Table> mapped;
  mutable std::array<Shard, 64> shards;
  std::atomic<std::size_t> recorded{0};
  std::atomic<bool> unsaved{false};
  mutable std::atomic<bool> days_stale{false};
};

Memo::Memo(std::string path) : state_(std::make_unique<State>(std::move(path))) {}
Memo::~Memo() = default;

std::optional<hash::Digest> Memo::find(const fs::FileStat& stat) const {
  const Key key{stat.device, stat.inode};
  if (state_->recorded.load(std::memory_order_acquire) > 0) {
    Shard& shard = state_->shard(key);
    const std::lock_guard guard(shard.mutex);
    if (const auto it = shard.records.find(key); it != shard.records.end()) {
      return matches(it->second, stat) ? digest_in(it->second) : std::nullopt;
    }
  }
  Table* table = state_->table();
  const Record* record = table != nullptr ? table->find(key) : nullptr;
  if (record == nullptr || !matches(*record, stat)) {
    return std::nullopt;
  }
  table->note_use(*record);
  if (record->day + refresh_after_days < state_->day) {
    state_->days_stale.store(true, std::memory_order_relaxed);
  }
  return digest_in(*record);
}

void Memo::record(const fs::FileStat& stat, const hash::Digest& digest, std::int64_t seen_ns, Link link) {
  if (stat.type != fs::FileType::file || too_fresh(stat, seen_ns, link)) {
    return;
  }
  Record record{.device = stat.device,
                .inode = stat.inode,
                .size = stat.size,
                .mtime_ns = stat.mtime_ns,
                .ctime_ns = stat.ctime_ns,
                .day = state_->day,
                .algorithm = digest.algorithm(),
                .flags = flag_used};
  std::copy(digest.bytes().begin(), digest.bytes().end(), record.digest.begin());
  if (link == Link::into_cache) {
    record.flags |= flag_into_cache;
  }
  const Key key{stat.device, stat.inode};
  Shard& shard = state_->shard(key);
  const std::lock_guard guard(shard.mutex);
  shard.records.insert_or_assign(key, record);
  state_->unsaved.store(true, std::memory_order_relaxed);
  state_->recorded.fetch_add(1, std::memory_order_release);
}

std::vector<Record> Memo::State::recorded_here() const {
  std::vector<Record> all;
  for (Shard& shard : shards) {
    const std::lock_guard guard(shard.mutex);
    for (const auto& item : shard.records) {
      all.push_back(item.second);
    }
  }
  return all;
}

void Memo::State::save_merged() {
  fs::make_directories(path.substr(0, std::min(path.rfind('/'), path.size())));
  const auto lock =
      fs::LockFile::acquire(path + ".lock", fs::LockFile::Mode::exclusive, fs::holder_text("saving what was hashed"),
                            std::chrono::seconds(5), [](const std::string&) {});
  const std::unique_ptr<Table> reread = Table::open(path);
  const bool ours = mapped && reread && mapped->same_file(*reread);
  const std::vector<Record> fresh = recorded_here();
  const std::size_t saved = reread ? reread->count() : 0;
  Draft draft(saved + fresh.size());
  for (const Record& record : fresh) {
    draft.add(record);
  }
  for (std::size_t slot = 0; reread && slot < reread->slots().size(); ++slot) {
    Record record = reread->slots()[slot];
    if (ours && mapped->was_used(slot)) {
      record.day = day;
    }
    const bool old = record.day + drop_after_days < day;
    if ((record.flags & flag_used) != 0 && !(old && saved > many_records)) {
      draft.add(record);
    }
  }
  draft.write(path);
}

void Memo::save() {
  if (state_->path.empty() || (!state_->unsaved && !state_->days_stale)) {
    return;
  }
  try {
    state_->save_merged();
    state_->unsaved = false;
    state_->days_stale = false;
  } catch (const Error& error) {
    log::debug("the memo was not saved: {}", error.what());
  }
}

}  // namespace mlops::store
