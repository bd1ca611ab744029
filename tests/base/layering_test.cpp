// SPDX-License-Identifier: GPL-2.0-or-later
// What a reader may rely on in every source file: includes point downwards only, Qt stays in the desktop app and the tests, each
// file names its licence, and nothing speaks of one person's machine.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/test.h"

namespace fs = std::filesystem;

namespace {

// Which rooms a room may include, besides itself: the layers of the architecture, written out.
const std::map<std::string, std::set<std::string>>& roomsBelow() {
  static const std::map<std::string, std::set<std::string>> kBelow = [] {
    std::map<std::string, std::set<std::string>> below;
    below["base"] = {};
    below["trace"] = {"base"};
    below["machine"] = {"base", "trace"};
    below["cpu"] = {"base", "trace", "machine"};
    below["policy"] = {"base", "trace", "machine", "cpu"};
    below["devices"] = below["reclaim"] = {"base", "trace", "machine", "cpu", "policy"};
    below["host"] = {"base", "trace", "machine", "cpu", "devices", "reclaim", "policy"};
    below["scenario"] = below["host"];
    below["scenario"].insert("host");
    below["serve"] = below["scenario"];
    below["serve"].insert("scenario");
    below["student"] = {"base", "trace", "machine", "cpu", "policy"};
    below["grade"] = below["serve"];
    below["cli"] = below["serve"];
    below["cli"].insert({"serve", "grade", "student"});
    below["gui"] = {"base", "trace"};
    return below;
  }();
  return kBelow;
}

struct SourceFile {
  fs::path path;  // relative to the source tree
  std::string text;
};

std::string readAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool isSource(const fs::path& path) {
  static const std::set<std::string> kEndings{".h",  ".cpp",  ".c",  ".S",    ".inc", ".cmake", ".sh",
                                              ".py", ".toml", ".md", ".json", ".txt", ".ld"};
  return kEndings.contains(path.extension().string()) || path.filename() == "dev" || path.filename() == "run";
}

// What coursework is built on must not bind it.
bool isFree(const std::string& path) {
  return path.starts_with("guests/abi/") || path.starts_with("labs/clients/") || path.starts_with("include/");
}

// All text files of the project, without build trees and licence texts.
std::vector<SourceFile> sources() {
  const fs::path root = OVERCOMMIT_SOURCE_DIR;
  std::vector<SourceFile> all;
  const auto add = [&](const fs::path& path) {
    if (isSource(path)) all.push_back({fs::relative(path, root), readAll(path)});
  };
  for (const char* top : {"core", "gui", "guests", "tests", "labs", "cmake", "docs", "include", ".ci"}) {
    if (!fs::exists(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (entry.is_regular_file()) add(entry.path());
    }
  }
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_regular_file()) add(entry.path());
  }
  std::sort(all.begin(), all.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return all;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

// The room that a file of core/ or gui/ lies in.
std::optional<std::string> roomOf(const fs::path& path) {
  auto part = path.begin();
  if (part == path.end()) return std::nullopt;
  if (*part == "gui") return "gui";
  if (*part != "core" || ++part == path.end()) return std::nullopt;
  const std::string room = part->string();
  return ++part == path.end() ? std::nullopt : std::optional(room);
}

void report(const std::vector<std::string>& wrong) {
  std::string all;
  for (const std::string& line : wrong) all += "\n  " + line;
  QVERIFY2(wrong.empty(), all.c_str());
}

}  // namespace

class LayeringTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    files_ = sources();
    QVERIFY(files_.size() > 50);
  }

  void includesPointDownwards() {
    static const std::regex kInclude("^\\s*#\\s*include\\s+\"([a-z_]+)/[^\"]+\"");
    std::vector<std::string> wrong;
    int seen = 0;
    for (const SourceFile& file : files_) {
      const auto room = roomOf(file.path);
      if (!room) continue;
      const auto below = roomsBelow().find(*room);
      if (below == roomsBelow().end()) {
        wrong.push_back(file.path.string() + ": the room " + *room + " has no place in the layers");
        continue;
      }
      for (const std::string& line : lines(file.text)) {
        std::smatch match;
        if (!std::regex_search(line, match, kInclude)) continue;
        ++seen;
        const std::string target = match[1];
        if (!roomsBelow().contains(target)) continue;  // the guest ABI, or a folder within the room
        if (target != *room && !below->second.contains(target)) wrong.push_back(file.path.string() + ": " + line);
      }
    }
    QVERIFY(seen > 50);
    report(wrong);
  }

  void qtStaysOutOfTheEngine() {
    static const std::regex kQt("^\\s*#\\s*include\\s+<Q[A-Za-z/]+>");
    std::vector<std::string> wrong;
    for (const SourceFile& file : files_) {
      const auto room = roomOf(file.path);
      if (!room || *room == "gui") continue;
      for (const std::string& line : lines(file.text)) {
        if (std::regex_search(line, kQt)) wrong.push_back(file.path.string() + ": " + line);
      }
    }
    report(wrong);
  }

  // Shell scripts have it behind their first line; documentation, data and files without comments are covered by the README.
  void everySourceFileNamesItsLicence() {
    static const std::set<std::string> kWithout{".md", ".json", ".txt"};
    std::vector<std::string> wrong;
    for (const SourceFile& file : files_) {
      const bool cmake = file.path.filename() == "CMakeLists.txt";
      if (kWithout.contains(file.path.extension().string()) && !cmake) continue;
      const std::string expected =
          std::string("SPDX-License-") + "Identifier: " + (isFree(file.path.string()) ? "MIT" : "GPL-2.0-or-later");
      const auto head = lines(file.text.substr(0, 400));
      const bool named = std::any_of(head.begin(), head.begin() + std::min<std::ptrdiff_t>(2, std::ssize(head)),
                                     [&](const std::string& line) { return line.find(expected) != std::string::npos; });
      if (!named) wrong.push_back(file.path.string() + ": its first lines do not say \"" + expected + "\"");
    }
    report(wrong);
  }

  // A path of somebody's own machine helps nobody else. The words are put together here, so that this file does not contain them.
  void noFileNamesAPrivatePath() {
    const std::array<std::string, 3> forbidden{std::string("/wo") + "rk/", std::string("/ho") + "me/", std::string("/ro") + "ot/"};
    std::vector<std::string> wrong;
    for (const SourceFile& file : files_) {
      int number = 0;
      for (const std::string& line : lines(file.text)) {
        ++number;
        for (const std::string& word : forbidden) {
          if (line.find(word) != std::string::npos) wrong.push_back(file.path.string() + ":" + std::to_string(number) + ": " + line);
        }
      }
    }
    report(wrong);
  }

  void headersAreIncludedOnce() {
    std::vector<std::string> wrong;
    for (const SourceFile& file : files_) {
      if (file.path.extension() != ".h" || !roomOf(file.path)) continue;
      if (file.text.find("#pragma once") == std::string::npos) wrong.push_back(file.path.string() + ": no #pragma once");
    }
    report(wrong);
  }

  void noRoomHidesBehindAVagueName() {
    static const std::regex kVague("(^|_)(utils?|helpers?|manager|common|misc)(_|\\.|$)");
    std::vector<std::string> wrong;
    for (const SourceFile& file : files_) {
      if (std::regex_search(file.path.filename().string(), kVague)) wrong.push_back(file.path.string());
    }
    report(wrong);
  }

 private:
  std::vector<SourceFile> files_;
};

OVERCOMMIT_TEST(LayeringTest)
#include "layering_test.moc"
