// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace overcommit {

// The protocol's version; it changes when something that there is becomes other than it was, not when something is added.
inline constexpr int kProtocolVersion = 1;

// Every method with its parameters, and every notification that the engine sends. The one list: requests are checked against it,
// `initialize` tells it, and a test holds docs/reference/serve.md against it.
struct ParamInfo {
  std::string_view name;
  std::string_view type;  // "text", "number", "time", "true/false", "object", "list"
  std::string_view meaning;
};
struct MethodInfo {
  std::string_view name;
  std::string_view summary;
  std::span<const ParamInfo> params;
  std::string_view result;
};
std::span<const MethodInfo> methodTable();
const MethodInfo* findMethod(std::string_view name);
std::vector<std::string_view> paramsOf(std::string_view method);

struct NotificationInfo {
  std::string_view name;
  std::string_view when;
  std::string_view params;
};
std::span<const NotificationInfo> notificationTable();

// What `until` of `advance` can ask for.
std::span<const ParamInfo> stopTable();

}  // namespace overcommit
