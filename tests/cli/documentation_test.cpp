// SPDX-License-Identifier: GPL-2.0-or-later
// What the documentation shows and links to must be there.
#include <QDirIterator>
#include <QRegularExpression>

#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

class DocumentationTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyLinkLeadsToAFile() {
    static const QRegularExpression kLink(R"(\]\(([^)#\s]+)(#[^)]*)?\))");
    QStringList pages{kSource + "/README.md"};
    for (QDirIterator all(kSource + "/docs", {"*.md"}, QDir::Files, QDirIterator::Subdirectories); all.hasNext();) pages << all.next();
    QVERIFY(pages.size() > 10);
    QStringList broken;
    int links = 0;
    for (const QString& page : pages) {
      for (auto match = kLink.globalMatch(QString::fromUtf8(ScenarioFolder::read(page))); match.hasNext();) {
        const QString target = match.next().captured(1);
        if (target.contains("://")) continue;
        ++links;
        if (!QFileInfo::exists(QFileInfo(page).dir().filePath(target))) broken << page + " -> " + target;
      }
    }
    QVERIFY(links > 20);
    QVERIFY2(broken.isEmpty(), qPrintable(broken.join('\n')));
  }

  void theReadmeShowsTheDemoAsItRuns() {
    const QByteArray golden = ScenarioFolder::read(kSource + "/tests/scenario/golden_digests.txt");
    const auto digest =
        QRegularExpression("^demo ([0-9a-f]{32})$", QRegularExpression::MultilineOption).match(QString::fromUtf8(golden)).captured(1);
    QCOMPARE(digest.size(), 32);
    QVERIFY2(ScenarioFolder::read(kSource + "/README.md").contains("digest " + digest.toUtf8()), "renew the transcript: ./dev demo");
  }
};

OVERCOMMIT_TEST(DocumentationTest)
#include "documentation_test.moc"
