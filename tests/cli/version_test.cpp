// SPDX-License-Identifier: GPL-2.0-or-later
// The version is in project() of CMakeLists.txt, and everything else that names one agrees.
#include <QDirIterator>
#include <QRegularExpression>

#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

namespace {

// What the first match captures; "" if there is none.
QString captured(const QString& pattern, const QString& text) {
  return QRegularExpression(pattern, QRegularExpression::MultilineOption).match(text).captured(1);
}

QString source(const QString& path) { return QString::fromUtf8(ScenarioFolder::read(kSource + "/" + path)); }

}  // namespace

class VersionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    version_ = captured("^project\\(overcommit VERSION (\\d+\\.\\d+\\.\\d+) ", source("CMakeLists.txt"));
    QVERIFY(!version_.isEmpty());
  }

  void theCommandSaysIt() {
    QCOMPARE(QString::fromUtf8(overcommitCommand({"--version"}).out), QStringLiteral("overcommit %1\n").arg(version_));
  }

  void theManualPageSaysIt() {
    const QString page = QString::fromUtf8(overcommitCommand({"help", "--man"}).out);
    QCOMPARE(captured("^\\.TH OVERCOMMIT 1 \"[^\"]*\" \"Overcommit ([^\"]*)\"", page), version_);
  }

  // Above it may stand what is in no version yet; ./dev release refuses that.
  void theChangelogsNewestHeadingIsIt() {
    const QString log = source("CHANGELOG.md");
    QCOMPARE(captured("^## \\[(?!Unreleased\\])([^\\]]*)\\]", log), version_);
    QVERIFY2(!captured("^## \\[[^\\]]*\\] - (\\d{4}-\\d{2}-\\d{2})$", log).isEmpty(), "a version's heading ends with its date");
  }

  // As far as the desktop app has metainfo: its newest release is this one.
  void theMetainfosNewestReleaseIsIt() {
    const QDir desktop(kSource + "/gui/desktop");
    const QStringList files = desktop.entryList({"*.metainfo.xml*", "*.appdata.xml*"}, QDir::Files);
    if (files.isEmpty()) QSKIP("there is no metainfo");
    for (const QString& name : files) {
      const QString text = source("gui/desktop/" + name);
      const QString release = captured("<release [^>]*version=\"([^\"]*)\"", text);
      QVERIFY2(release == version_ || release == QStringLiteral("@PROJECT_VERSION@"), qPrintable(name + ": " + release));
    }
  }

  // A second place would be forgotten.
  void noSourceFileWritesItOut() {
    for (const char* folder : {"core", "gui", "cmake"}) {
      QDirIterator files(kSource + "/" + folder, {"*.h", "*.cpp", "*.cmake", "*.txt", "*.desktop"}, QDir::Files,
                         QDirIterator::Subdirectories);
      while (files.hasNext()) {
        const QString path = files.next();
        QVERIFY2(!QString::fromUtf8(ScenarioFolder::read(path)).contains('"' + version_ + '"'), qPrintable(path));
      }
    }
  }

 private:
  QString version_;
};

OVERCOMMIT_TEST(VersionTest)
#include "version_test.moc"
