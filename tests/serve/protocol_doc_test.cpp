// SPDX-License-Identifier: GPL-2.0-or-later
// docs/reference/serve.md carries tables made from the protocol's own. Run with OVERCOMMIT_UPDATE_GOLDEN=1 to write them anew.
#include <fstream>
#include <sstream>

#include "serve/method_table.h"
#include "serve/request.h"
#include "support/test.h"

using namespace overcommit;

namespace {

const std::string kPage = std::string(OVERCOMMIT_SOURCE_DIR) + "/docs/reference/serve.md";

std::string pageText() {
  std::ifstream file(kPage, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string paramRows(std::span<const ParamInfo> params) {
  std::string table = "| | | |\n|---|---|---|\n";
  for (const ParamInfo& param : params) table += fmt::format("| `{}` | {} | {} |\n", param.name, param.type, param.meaning);
  return table;
}

std::string methodsText() {
  std::string text;
  for (const MethodInfo& method : methodTable()) {
    text += fmt::format("\n### {}\n\n{}{}.\n\n", method.name, static_cast<char>(method.summary[0] - ('a' - 'A')), method.summary.substr(1));
    if (!method.params.empty()) text += paramRows(method.params) + "\n";
    text += fmt::format("Result: {}.\n", method.result);
  }
  return text + "\n";
}

std::string notificationsText() {
  std::string table = "| method | when | params |\n|---|---|---|\n";
  for (const NotificationInfo& info : notificationTable()) table += fmt::format("| `{}` | {} | {} |\n", info.name, info.when, info.params);
  return table;
}

std::string errorsText() {
  std::string table = "| code | meaning |\n|---|---|\n";
  for (const RpcCodeInfo& info : rpcCodes()) table += fmt::format("| {} | {} |\n", static_cast<int>(info.code), info.meaning);
  return table;
}

std::optional<std::string> partFor(std::string_view marker) {
  if (marker == "methods") return methodsText();
  if (marker == "notifications") return notificationsText();
  if (marker == "errors") return errorsText();
  if (marker == "stops") return paramRows(stopTable());
  return std::nullopt;
}

std::string withParts(const std::string& page) {
  std::string made;
  std::istringstream stream(page);
  bool inPart = false;
  for (std::string line; std::getline(stream, line);) {
    const bool isComment = line.starts_with("<!-- ") && line.ends_with(" -->");
    const std::string marker = isComment ? line.substr(5, line.size() - 9) : std::string();
    if (marker == "end") inPart = false;
    if (!inPart) made += line + "\n";
    if (const auto part = isComment ? partFor(marker) : std::nullopt) {
      made += *part;
      inPart = true;
    }
  }
  return made;
}

}  // namespace

class ProtocolDocTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theTablesOfThePageAreThoseOfTheProtocol() {
    const std::string there = pageText();
    for (const char* marker : {"methods", "notifications", "errors", "stops"})
      QVERIFY2(there.find(fmt::format("<!-- {} -->", marker)) != std::string::npos, marker);
    const std::string wanted = withParts(there);
    if (qEnvironmentVariable("OVERCOMMIT_UPDATE_GOLDEN") == QStringLiteral("1") && wanted != there)
      std::ofstream(kPage, std::ios::binary) << wanted;
    QVERIFY2(pageText() == wanted, "run this test with OVERCOMMIT_UPDATE_GOLDEN=1 to bring the page up to date");
  }
};

OVERCOMMIT_TEST(ProtocolDocTest)
#include "protocol_doc_test.moc"
