// SPDX-License-Identifier: Apache-2.0
#include "spec/lock.hpp"

#include <algorithm>
#include <stdexcept>

namespace mlops::spec {

StageStates::StageStates(std::initializer_list<Item> items) {
  for (const Item& item : items) {
    insert_or_assign(item.first, item.second);
  }
}

StageStates::const_iterator StageStates::find(const std::string& stage) const {
  const auto place = places_.find(stage);
  return place == places_.end() ? items_.end() : items_.begin() + static_cast<std::ptrdiff_t>(place->second);
}

const LockedStage& StageStates::at(const std::string& stage) const {
  const auto found = find(stage);
  if (found == end()) {
    throw std::out_of_range("no state of stage '" + stage + "'");
  }
  return found->second;
}

void StageStates::insert_or_assign(std::string stage, LockedStage state) {
  const auto [place, fresh] = places_.try_emplace(stage, items_.size());
  if (fresh) {
    items_.emplace_back(std::move(stage), std::move(state));
  } else {
    items_[place->second].second = std::move(state);
  }
}

void StageStates::erase(const std::string& stage) {
  const auto place = places_.find(stage);
  if (place == places_.end()) {
    return;
  }
  const std::size_t gone = place->second;
  places_.erase(place);
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(gone));
  for (auto& other : places_) {
    other.second -= other.second > gone ? 1 : 0;
  }
}

std::vector<std::string> StageStates::names() const {
  std::vector<std::string> names;
  names.reserve(items_.size());
  for (const Item& item : items_) {
    names.push_back(item.first);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool operator==(const StageStates& a, const StageStates& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const StageStates::Item& item) {
           const auto other = b.find(item.first);
           return other != b.end() && other->second == item.second;
         });
}

}  // namespace mlops::spec
