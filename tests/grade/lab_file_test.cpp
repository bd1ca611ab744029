// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "grade/lab.h"
#include "grade/lab_keys.h"
#include "support/test.h"

using namespace overcommit;

namespace {

const std::string kTop = "title = \"T\"\nnumber = 1\nminutes = 5\noutcomes = [\"o\"]\n";
const std::string kRun = "[[run]]\nname = \"main\"\nscenario = \"s.toml\"\n";

std::string checkTable(const std::string& kind, const std::string& more) {
  return fmt::format("[[check]]\nid = \"1\"\ntitle = \"c\"\nkind = \"{}\"\n{}", kind, more);
}

std::string errorOf(const std::string& text) {
  const auto lab = parseLab(text, "lab.toml");
  return lab ? "" : lab.error().text;
}

std::string labKeyTable(std::string_view section) {
  std::string table = "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const LabKey& key : labKeys()) {
    if (key.section != section) continue;
    std::string type(key.type);
    for (std::size_t at = 0; (at = type.find('|', at)) != std::string::npos; at += 2) type.insert(at, "\\");
    const bool isWord = key.fallback == "required" || key.fallback.empty();
    table += fmt::format("| `{}` | {} | {} | {} |\n", key.key, type, isWord ? std::string(key.fallback) : fmt::format("`{}`", key.fallback),
                         key.meaning);
  }
  return table;
}

}  // namespace

class LabFileTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatIsWrongIsToldWithItsPlace_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("wanted");
    const auto row = [](const char* name, const std::string& text, const char* wanted) {
      QTest::newRow(name) << QString::fromStdString(text) << wanted;
    };
    row("no TOML", "title = ", "lab.toml:1:");
    row("no checks", kTop, "lacks the key \"check\"");
    row("misspelt key", kTop + kRun + checkTable("event", "run = \"main\"\nevnt = \"zip\"\n"),
        "lab.toml:13:1: unknown key \"evnt\" in [[check]]; did you mean \"event\"?");
    row("key of another kind", kTop + kRun + checkTable("event", "run = \"main\"\nevent = \"zip\"\nfull = 3\n"),
        "full does not go with kind = \"event\"");
    row("unknown kind", kTop + checkTable("answr", ""), "kind = \"answr\" is not one of answer");
    row("unknown run", kTop + kRun + checkTable("event", "run = \"mian\"\nevent = \"zip\"\n"),
        "there is no run \"mian\"; did you mean \"main\"?");
    row("unknown event", kTop + kRun + checkTable("event", "run = \"main\"\nevent = \"swapout\"\n"), "did you mean \"swap-out\"?");
    row("unknown field", kTop + kRun + checkTable("event", "run = \"main\"\nevent = \"zip\"\nwhere = { compresed_bytes = 1 }\n"),
        "did you mean \"compressed_bytes\"?");
    row("unknown metric", kTop + kRun + checkTable("metric", "run = \"main\"\nmetric = \"host.fre\"\nmin = \"1 MiB\"\n"),
        "did you mean \"host.free\"?");
    row("no unit", kTop + kRun + checkTable("metric", "run = \"main\"\nmetric = \"host.free\"\nmin = 3\n"), "min needs a unit");
    row("no band", kTop + kRun + checkTable("metric", "run = \"main\"\nmetric = \"host.free\"\nfull = \"3 MiB\"\n"), "full and none");
    row("way out", kTop + "[[run]]\nname = \"main\"\nscenario = \"../s.toml\"\n" + checkTable("text", "file = \"a\"\n"),
        "within the folder");
    row("later need", kTop + checkTable("text", "file = \"a\"\nneeds = [\"2\"]\n"), "there is no check \"2\" before this one");
    row("four decimals", kTop + checkTable("text", "file = \"a\"\npoints = 1.0001\n"), "three decimals");
    row("points of nobody", kTop + checkTable("text", "file = \"a\"\npoints = -1\n"), "points must be a number");
    row("no source", kTop + "[[question]]\nid = \"q\"\ntext = \"?\"\n" + checkTable("answer", "question = \"q\"\n"),
        "just one of right, metric");
    row("wrong choice",
        kTop + "[[question]]\nid = \"q\"\ntext = \"?\"\nchoices = [\"a: x\"]\n" + checkTable("answer", "question = \"q\"\nright = \"b\"\n"),
        "none of the question's choices");
    row("a run that a student could not have",
        kTop + "[[run]]\nname = \"answers\"\nscenario = \"s.toml\"\nset = { seed = 3 }\n" + checkTable("text", "file = \"a\"\n"),
        "students get it as answers.toml, and that is another file's name");
    row("any time",
        kTop + kRun + "[[question]]\nid = \"q\"\ntext = \"?\"\n" +
            checkTable("answer", "question = \"q\"\nrun = \"main\"\nevent = \"swap-in\"\nfield = \"time\"\nwhich = \"any\"\n"),
        "any is for names and numbers");
    row("laws without audit", kTop + kRun + checkTable("invariant", "run = \"main\"\nlaw = \"laws\"\n"), "audit = true");
    row("twice", kTop + checkTable("text", "file = \"a\"\n") + checkTable("text", "file = \"b\"\n"), "there are two checks \"1\"");
    row("sizes of nobody",
        kTop + "[[run]]\nname = \"main\"\nscenario = \"s.toml\"\nvary = { seed = [1] }\n" + checkTable("text", "file = \"a\"\n"),
        "vary needs seed");
    row("saboteur of nothing", kTop + checkTable("text", "file = \"a\"\n") + "[[saboteur]]\nname = \"s\"\ntext = \"t\"\nfails = [\"9\"]\n",
        "there is no check \"9\"");
  }
  void whatIsWrongIsToldWithItsPlace() {
    QFETCH(QString, text);
    QFETCH(QString, wanted);
    const QString error = QString::fromStdString(errorOf(text.toStdString()));
    QVERIFY2(error.startsWith("lab.toml:"), qPrintable(error));
    QVERIFY2(error.contains(wanted), qPrintable(error));
  }

  void whatIsHardlyMeantIsWarnedOf() {
    const auto lab = parseLab(
        kTop + kRun + "[[run]]\nname = \"unused\"\nscenario = \"s.toml\"\n[[question]]\nid = \"q\"\ntext = \"?\"\n" +
            "[[check]]\nid = \"1\"\ntitle = \"a\"\nkind = \"metric\"\nrun = \"main\"\nmetric = \"host.free\"\nmin = \"1 MiB\"\npoints = 1\n"
            "[[check]]\nid = \"2\"\ntitle = \"b\"\nkind = \"metric\"\nrun = \"main\"\nmetric = \"host.free\"\nmin = \"1 MiB\"\npoints = "
            "1\n",
        "lab.toml");
    VERIFY_OK(lab);
    QCOMPARE(lab->warnings.size(), std::size_t{3});
    QVERIFY(lab->warnings[0].find("the run \"unused\"") != std::string::npos);
    QVERIFY(lab->warnings[1].find("the question \"q\"") != std::string::npos);
    QVERIFY(lab->warnings[2].find("counts twice") != std::string::npos);
  }

  void pointsAreExactThousandths() {
    const auto lab = parseLab(kTop + checkTable("text", "file = \"a\"\npoints = 2.125\n"), "lab.toml");
    VERIFY_OK(lab);
    QCOMPARE(lab->checks.front().points, MilliPoints{2125});
    QCOMPARE(pointsText(2125), std::string("2.125"));
    QCOMPARE(pointsText(2500), std::string("2.5"));
    QCOMPARE(pointsText(0), std::string("0"));
  }

  void theReferencePageHasEveryKey() {
    std::ifstream file(OVERCOMMIT_SOURCE_DIR "/docs/reference/lab.md", std::ios::binary);
    std::ostringstream page;
    page << file.rdbuf();
    for (const std::string_view section : {"", "step", "run", "knob", "policy", "question", "mutant", "check", "saboteur"}) {
      const std::string table = labKeyTable(section);
      QVERIFY2(page.str().find(table) != std::string::npos, ("docs/reference/lab.md should have\n" + table).c_str());
    }
  }
};

OVERCOMMIT_TEST(LabFileTest)
#include "lab_file_test.moc"
