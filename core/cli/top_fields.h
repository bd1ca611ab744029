// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "trace/counters.h"

namespace overcommit {

// Which fields of a VM the screen shows, in which order.
using TopFields = std::vector<const Counter*>;

// The first eight fit 80 columns.
TopFields defaultTopFields();
TopFields allTopFields();

// Names of fields ("SWCUR") and of groups of them ("swap", "vcenter"), or "all", separated by commas; capitals do not matter. The error
// names the first that does not exist and the nearest one that does.
Result<TopFields> parseTopFields(std::string_view text);

// The groups that keys show and hide, a letter each from 'A' on.
struct TopFieldGroup {
  char key;
  CounterGroup group;
  std::string fields;  // their names
};
std::span<const TopFieldGroup> topFieldGroups();

bool shows(const TopFields& fields, CounterGroup group);
// Hides the group's fields if any is shown, else shows all behind the others.
void toggle(TopFields& fields, CounterGroup group);

}  // namespace overcommit
