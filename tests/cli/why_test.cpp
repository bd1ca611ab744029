// SPDX-License-Identifier: GPL-2.0-or-later
// The command `overcommit why`, on the trace of a shipped scenario.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include "cli/command.h"
#include "support/test.h"

using namespace overcommit::test;

class WhyCommandTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    trace_ = folder_.path("limit.octrace");
    const Outcome run = overcommitCommand({"run", kSource + "/labs/scenarios/a-limit-bites.toml", "--quiet", "--trace", trace_});
    QCOMPARE(run.err, QByteArray());
    QCOMPARE(run.code, 0);
  }

  // With OVERCOMMIT_UPDATE_GOLDEN=1 the page is renewed instead.
  void theGuideShowsWhatTheCommandPrints() {
    const QString path = kSource + "/docs/how-to/look-into-a-run.md";
    QString page = QString::fromUtf8(ScenarioFolder::read(path));
    const auto command = QRegularExpression("^overcommit why limit\\.octrace (.*)$", QRegularExpression::MultilineOption).match(page);
    QVERIFY(command.hasMatch());
    const Outcome outcome = overcommitCommand(QStringList{"why", trace_} + command.captured(1).split(' '));
    QCOMPARE(outcome.err, QByteArray());
    const QString mark = "the effect first:\n\n```\n";
    const auto from = page.indexOf(mark, command.capturedEnd()) + mark.size();
    const auto to = page.indexOf("```\n", from);
    QVERIFY(from > mark.size() && to > from);
    if (qEnvironmentVariableIsSet("OVERCOMMIT_UPDATE_GOLDEN")) {
      page.replace(from, to - from, QString::fromUtf8(outcome.out));
      QFile file(path);
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(page.toUtf8());
      return;
    }
    QVERIFY2(page.mid(from, to - from).toUtf8() == outcome.out, "renew it: OVERCOMMIT_UPDATE_GOLDEN=1 ./dev test -R cli.why_test");
  }

  // Whatever the page, its sentences fit and its numbers are events of the trace.
  void everyLinkNamesAnEventOfTheTrace() {
    const auto lines =
        overcommitCommand({"trace", "events", trace_, "--kind", "swap-out", "--vm", "limited", "--format", "json"}).out.split('\n');
    QVERIFY(lines.size() > 100);
    for (qsizetype i = 0; i < 40; i += 8) {
      const QString gfn = QString::number(QJsonDocument::fromJson(lines[i]).object()["gfn"].toInteger());
      const QStringList page{"why", trace_, "--vm", "limited", "--gfn", gfn};
      for (const QByteArray& line : overcommitCommand(page).out.split('\n')) QVERIFY2(line.size() <= 100, line.constData());
      const QJsonObject answer = QJsonDocument::fromJson(overcommitCommand(page + QStringList{"--json"}).out).object();
      QCOMPARE(QString::number(answer["gfn"].toInteger()), gfn);
      const QJsonArray chains = answer["chains"].toArray();
      QVERIFY(!chains.isEmpty());
      for (const auto& chain : chains) {
        const QJsonArray links = chain.toObject()["links"].toArray();
        for (qsizetype link = 0; link + 1 < links.size(); ++link)
          QCOMPARE(links[link].toObject()["cause"].toInteger(), links[link + 1].toObject()["sequence"].toInteger());
      }
    }
  }

  void hexadecimalAndDecimalPagesAreTheSame() {
    QCOMPARE(overcommitCommand({"why", trace_, "--vm", "limited", "--gfn", "0x854"}).out,
             overcommitCommand({"why", trace_, "--vm", "limited", "--gfn", "2132"}).out);
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("no VM") << QStringList{"--vm", "limitd", "--gfn", "1"} << QByteArray("--vm: there is no VM \"limitd\"");
    QTest::newRow("meant") << QStringList{"--vm", "limitd", "--gfn", "1"} << QByteArray("did you mean \"limited\"?");
    QTest::newRow("no page") << QStringList{"--vm", "limited", "--gfn", "0x2000"}
                             << QByteArray("--gfn: limited has no page 0x2000; its 8192 pages are 0 to 0x1fff");
    QTest::newRow("no number") << QStringList{"--vm", "limited", "--gfn", "x"} << QByteArray("--gfn: \"x\" is not a whole number");
    QTest::newRow("beyond") << QStringList{"--vm", "limited", "--gfn", "1", "--at", "16s"}
                            << QByteArray("16 s is beyond the end of the trace, which is at 15");
    QTest::newRow("missing") << QStringList{"--vm", "limited"} << QByteArray("--gfn N is missing");
  }
  void mistakesAreNamed() {
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, message);
    const Outcome outcome = overcommitCommand(QStringList{"why", trace_} + arguments);
    QCOMPARE(outcome.code, 2);
    QCOMPARE(outcome.out, QByteArray());
    QVERIFY2(outcome.err.contains(message), outcome.err.constData());
  }

  void aTraceThatIsCutOffIsExplainedAsFarAsItGoes() {
    const QByteArray whole = ScenarioFolder::read(trace_);
    const QString cut = folder_.write("cut.octrace", whole.left(whole.size() / 2));
    const Outcome outcome = overcommitCommand({"why", cut, "--vm", "limited", "--gfn", "0x854"});
    QCOMPARE(outcome.code, 0);
    QVERIFY(outcome.out.startsWith("limited gfn 0x854 is "));
    QVERIFY2(outcome.err.contains("ends within a block"), outcome.err.constData());
    const Outcome later = overcommitCommand({"why", cut, "--vm", "limited", "--gfn", "0x854", "--at", "15s"});
    QCOMPARE(later.code, 2);
    QVERIFY2(later.err.contains("beyond the end of the trace"), later.err.constData());
  }

 private:
  ScenarioFolder folder_;
  QString trace_;
};

OVERCOMMIT_TEST(WhyCommandTest)
#include "why_test.moc"
