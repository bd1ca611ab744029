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
    QStringList pages;
    for (const QString& name : QDir(kSource).entryList({"*.md"}, QDir::Files)) pages << kSource + "/" + name;
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

  // The recipes of CONTRIBUTING.md name files and folders; capitals and <> stand for what the reader chooses.
  void everyPlaceThatTheRecipesNameIsThere() {
    static const QRegularExpression kPlace("`((?:core|gui|guests|labs|tests|docs|cmake)/[a-z0-9_./-]+)`");
    const QString page = QString::fromUtf8(ScenarioFolder::read(kSource + "/CONTRIBUTING.md"));
    int places = 0;
    for (auto match = kPlace.globalMatch(page); match.hasNext(); ++places) {
      const QString place = match.next().captured(1);
      QVERIFY2(QFileInfo::exists(kSource + "/" + place), qPrintable(place));
    }
    QVERIFY(places > 15);
  }

  // What a reader does who does just what the page says.
  void theScenarioOfTheHowToGrowsAsThePageSays() {
    static const QRegularExpression kStep(R"(```toml\n(.*?)```|(?:^|`)(?:overcommit|\./dev run) ([^`\n]+))",
                                          QRegularExpression::MultilineOption | QRegularExpression::DotMatchesEverythingOption);
    const ScenarioFolder folder;
    QByteArray scenario;
    int commands = 0;
    const QString page = QString::fromUtf8(ScenarioFolder::read(kSource + "/docs/how-to/write-a-scenario.md"));
    for (auto match = kStep.globalMatch(page); match.hasNext();) {
      const auto step = match.next();
      if (const QByteArray block = step.captured(1).toUtf8(); !block.isEmpty()) {
        if (block.startsWith("[[vm]]")) scenario.truncate(scenario.indexOf("[[vm]]"));  // "in the place of"
        scenario += block + "\n";
        continue;
      }
      folder.write("mine.toml", scenario);
      QStringList words = step.captured(2).split(' ');
      for (QString& word : words) {
        if (word.endsWith(".toml") || word.endsWith(".octrace")) word = folder.path(word);
      }
      QString into;
      if (const qsizetype at = words.indexOf(">"); at >= 0) {
        into = words.value(at + 1);
        words = words.first(at);
      }
      const Outcome outcome = overcommitCommand(words);
      QVERIFY2(outcome.code == 0, qPrintable(step.captured(2) + "\n" + QString::fromUtf8(outcome.out + outcome.err)));
      if (!into.isEmpty()) folder.write(QFileInfo(into).fileName(), outcome.out);
      ++commands;
    }
    QVERIFY(commands >= 7);
  }

  void theReadmeShowsTheDemoAsItRuns() {
    const QByteArray golden = ScenarioFolder::read(kSource + "/tests/scenario/golden_digests.txt");
    const auto digest =
        QRegularExpression("^demo ([0-9a-f]{32})$", QRegularExpression::MultilineOption).match(QString::fromUtf8(golden)).captured(1);
    QCOMPARE(digest.size(), 32);
    QVERIFY2(ScenarioFolder::read(kSource + "/README.md").contains("digest " + digest.toUtf8()), "renew the transcript: ./dev demo");
  }

  void theReadmeShowsTheMapAsItIsDrawn() {
    static const QRegularExpression kMap("```\n(web1: [^`]*legend: [^`]*)```");
    const auto shown = kMap.match(QString::fromUtf8(ScenarioFolder::read(kSource + "/README.md")));
    QVERIFY(shown.hasMatch());
    const Outcome outcome = overcommitCommand({"map", kSource + "/labs/scenarios/demo.toml", "--at", "20s", "--vm", "web1"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.out.mid(outcome.out.indexOf("web1:")), shown.captured(1).toUtf8());
  }
};

OVERCOMMIT_TEST(DocumentationTest)
#include "documentation_test.moc"
