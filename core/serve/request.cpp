// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/request.h"

#include <utility>

namespace overcommit {
namespace {

ReceivedRequest wrongRequest(RpcCode code, std::string text, Json id = nullptr) {
  ReceivedRequest received;
  received.id = std::move(id);
  received.error = RpcError{code, std::move(text), nullptr};
  return received;
}
ReceivedRequest notARequest(std::string text, Json id = nullptr) {
  return wrongRequest(RpcCode::NotARequest, std::move(text), std::move(id));
}

ReceivedRequest readRequest(ReceivedJson& json) {
  if (!json.is_object()) return notARequest("a request is an object such as {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}");
  ReceivedRequest received;
  Request& request = received.request;
  if (const auto id = json.find("id"); id != json.end()) {
    if (id->is_number_integer()) {
      request.id = id->is_number_unsigned() ? Json(id->get<std::uint64_t>()) : Json(id->get<std::int64_t>());
    } else if (id->is_string()) {
      request.id = Json(id->get_ref<const std::string&>());
    } else if (id->is_null()) {
      request.id = Json(nullptr);
    } else {
      return notARequest("id must be a whole number or a text");
    }
    received.id = *request.id;
  }
  const auto version = json.find("jsonrpc");
  if (version == json.end() || !version->is_string() || version->get_ref<const std::string&>() != "2.0")
    return notARequest("it lacks \"jsonrpc\":\"2.0\"", received.id);
  const auto method = json.find("method");
  if (method == json.end() || !method->is_string()) return notARequest("it lacks a \"method\", which is a text", received.id);
  request.method = method->get<std::string>();
  request.params = ReceivedJson::object();
  if (const auto params = json.find("params"); params != json.end()) {
    if (!params->is_object()) return notARequest("\"params\" must be an object: parameters are given by name", received.id);
    request.params = std::move(*params);
  }
  return received;
}

}  // namespace

std::vector<RpcCodeInfo> rpcCodes() {
  return {{RpcCode::NotJson, "the line is not JSON, or longer than 8 MiB"},
          {RpcCode::NotARequest, "it is JSON, but no request"},
          {RpcCode::NoSuchMethod, "there is no such method"},
          {RpcCode::WrongParams, "a parameter is missing, unknown, of another type or out of range"},
          {RpcCode::NoRun, "nothing is open"},
          {RpcCode::RunIsOpen, "something is open already: close it first"},
          {RpcCode::WrongScenario, "the scenario has a mistake; `data` has its `file`, `line` and `column`"},
          {RpcCode::Refused, "the host refuses: admission, a setting that cannot be, a run that is over"},
          {RpcCode::Failed, "a file cannot be read or written, or is not what it should be"},
          {RpcCode::NoBackend, "the backend is not available on this machine"},
          {RpcCode::Broken, "an invariant of the engine broke: it can be looked at, and nothing else"}};
}

ReceivedLine readLine(std::string_view line) {
  ReceivedLine received;
  auto json = parseJson(line);
  if (!json) {
    received.requests.push_back(wrongRequest(RpcCode::NotJson, fmt::format("this is not JSON: {}", json.error().text)));
    return received;
  }
  if (!json->is_array()) {
    received.requests.push_back(readRequest(*json));
    return received;
  }
  if (json->empty() || json->size() > kLargestBatch) {
    received.requests.push_back(notARequest(fmt::format("a batch has 1 to {} requests", kLargestBatch)));
    return received;
  }
  received.batch = true;
  for (ReceivedJson& one : *json) received.requests.push_back(readRequest(one));
  return received;
}

Json resultFor(const Json& id, Json result) {
  Json json;
  json["jsonrpc"] = "2.0";
  json["id"] = id;
  json["result"] = std::move(result);
  return json;
}

Json errorFor(const Json& id, const RpcError& error) {
  Json json;
  json["jsonrpc"] = "2.0";
  json["id"] = id;
  json["error"] = {{"code", static_cast<int>(error.code)}, {"message", error.text}};
  if (!error.data.is_null()) json["error"]["data"] = error.data;
  return json;
}

Json notification(std::string_view method, Json params) {
  Json json;
  json["jsonrpc"] = "2.0";
  json["method"] = method;
  json["params"] = std::move(params);
  return json;
}

}  // namespace overcommit
