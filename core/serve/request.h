// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/json_text.h"

namespace overcommit {

// The errors of the protocol: those of JSON-RPC 2.0, and our own. Numbers never change.
enum class RpcCode : int {
  NotJson = -32700,
  NotARequest = -32600,
  NoSuchMethod = -32601,
  WrongParams = -32602,
  NoRun = -32001,      // nothing is open
  RunIsOpen = -32002,  // something is open already
  WrongScenario = -32003,
  Refused = -32004,  // by the host: admission, a run that is over
  Failed = -32005,   // a file that cannot be read or written
  NoBackend = -32006,
  Broken = -32007,  // an invariant of the engine broke: it only answers questions now
};
struct RpcCodeInfo {
  RpcCode code;
  std::string_view meaning;
};
std::vector<RpcCodeInfo> rpcCodes();

struct RpcError {
  RpcCode code;
  std::string text;
  Json data;  // null: nothing more to say
};
template <typename T>
using Answer = tl::expected<T, RpcError>;

template <typename... Args>
[[nodiscard]] tl::unexpected<RpcError> rpcFailure(RpcCode code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<RpcError>(RpcError{code, fmt::format(format, std::forward<Args>(args)...), nullptr});
}

// One request as it was received.
struct Request {           // NOLINT(bugprone-exception-escape): moving JSON throws nothing
  std::optional<Json> id;  // a number, a text or null; nothing: a notification, which is never answered
  std::string method;
  ReceivedJson params;  // an object, empty if none were given
};

// A line: one request, or several in a list (a batch). Whatever the line, the answer is requests or errors, each of which is to be sent
// with the id that the request has, or null.
struct ReceivedRequest {  // NOLINT(bugprone-exception-escape): as above
  Json id;
  std::optional<RpcError> error;  // then there is no request
  Request request;
};
struct ReceivedLine {
  bool batch = false;
  std::vector<ReceivedRequest> requests;  // at least one
};
ReceivedLine readLine(std::string_view line);

// The longest line that is read.
inline constexpr std::size_t kLongestLine = 8u << 20;
// Requests in one batch at most.
inline constexpr std::size_t kLargestBatch = 1000;

Json resultFor(const Json& id, Json result);
Json errorFor(const Json& id, const RpcError& error);
Json notification(std::string_view method, Json params);

}  // namespace overcommit
