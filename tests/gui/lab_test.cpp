// SPDX-License-Identifier: GPL-2.0-or-later
// Coursework in the app: begun, done, checked, and looked into, as a student does it.
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTextBrowser>
#include <QTimer>
#include <QTreeWidget>
#include <algorithm>

#include "gui/app/main_window.h"
#include "gui/app/session_store.h"
#include "gui/lab/lab_work.h"
#include "gui/link/live_run.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

constexpr int kLabPatience = 60'000;

QByteArray labFileText(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void writeLabFile(const QString& path, const QByteArray& text) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QCOMPARE(file.write(text), text.size());
}

}  // namespace

class LabTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    qputenv("OVERCOMMIT_ENGINE", OVERCOMMIT_BINARY_DIR "/overcommit");
    folder_ = std::make_unique<QTemporaryDir>();
    theme_ = std::make_unique<Theme>();
    options_ = std::make_unique<ViewOptions>();
    window_ = std::make_unique<MainWindow>(*theme_, *options_);
    window_->resize(1280, 900);
    window_->show();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
  }
  void cleanup() {
    window_.reset();
    qunsetenv("OVERCOMMIT_ENGINE");
  }

  // --- the files

  void anAnswerIsWrittenUnderItsQuestionAndNothingElseChanges() {
    const QString path = folder_->filePath(QStringLiteral("answers.toml"));
    writeLabFile(path,
                 "# Your answers.\nstudent = \"ada\"\n\n# Which\n# one?\n#   a: the one\n#   b: the other,\n# of two\n# which = \"...\"\n\n"
                 "# How much?\n# much = \"... MiB\"\n\n# How many?\n# many = ...\n\n# Who?\n# who = [\"...\", \"...\"]\n\n# By hand?\nhand "
                 "= { a = 1 }\n");
    auto answers = AnswerFile::read(path);
    VERIFY_OK(answers);
    QCOMPARE(answers->fields().size(), std::size_t{5});
    QCOMPARE(answers->fields()[0].question, QStringLiteral("Which one?"));
    QCOMPARE(answers->fields()[0].choices.size(), std::size_t{2});
    QCOMPARE(answers->fields()[0].choices[1].text, QStringLiteral("b: the other, of two"));
    QVERIFY(answers->fields()[4].byHand);
    // Written with an editor while the app shows it.
    writeLabFile(path, labFileText(path) + "# a remark\n");
    VERIFY_OK(answers->set(QStringLiteral("which"), QStringLiteral("b")));
    VERIFY_OK(answers->set(QStringLiteral("much"), QStringLiteral("3.4 \"MiB\"")));
    VERIFY_OK(answers->set(QStringLiteral("many"), QStringLiteral("881")));
    VERIFY_OK(answers->set(QStringLiteral("who"), QStringLiteral("web1, web2")));
    const QByteArray text = labFileText(path);
    QVERIFY(text.contains("\nwhich = \"b\"\n") && text.contains("\nmuch = \"3.4 \\\"MiB\\\"\"\n") && text.contains("\nmany = 881\n"));
    QVERIFY(text.contains("\nwho = [\"web1\", \"web2\"]\n") && text.contains("# a remark\n") &&
            text.startsWith("# Your answers.\nstudent"));
    const auto again = AnswerFile::read(path);
    VERIFY_OK(again);
    QCOMPARE(again->fields()[1].answer, QStringLiteral("3.4 \"MiB\""));
    QCOMPARE(again->fields()[3].answer, QStringLiteral("web1, web2"));
    VERIFY_OK(answers->set(QStringLiteral("many"), QString()));
    QVERIFY(labFileText(path).contains("\n# many = ...\n"));
  }

  void whatAnEditorWroteIsUnderstoodOrLeftAlone() {
    const QString path = folder_->filePath(QStringLiteral("answers.toml"));
    writeLabFile(path,
                 "# Q?\n# which = \"...\"\nwhich=\"a\"\n\n# N?\n# many = ...\n\n# T?\n# twice = \"...\"\ntwice = \"a\"\ntwice = \"b\"\n");
    auto answers = AnswerFile::read(path);
    VERIFY_OK(answers);
    QCOMPARE(answers->fields().size(), std::size_t{3});
    QCOMPARE(answers->fields()[0].answer, QStringLiteral("a"));
    VERIFY_OK(answers->set(QStringLiteral("which"), QStringLiteral("b\x7f")));
    VERIFY_OK(answers->set(QStringLiteral("many"), QStringLiteral("007")));
    QVERIFY(labFileText(path).startsWith("# Q?\n# which = \"...\"\nwhich = \"b\"\n\n# N?\nmany = \"007\"\n"));
    QVERIFY(!answers->set(QStringLiteral("twice"), QStringLiteral("c")));
    // A list of several lines, written while the app shows the question.
    QByteArray text = labFileText(path);
    writeLabFile(path, text.replace("many = \"007\"", "many = [\n 1,\n]"));
    const auto refused = answers->set(QStringLiteral("many"), QStringLiteral("3"));
    QVERIFY(!refused && refused.error().text.find("only an editor") != std::string::npos);
    QCOMPARE(labFileText(path), text);
    writeLabFile(path, "# Gr\xfc\xdf dich\n# who = \"...\"\n");
    const auto latin = AnswerFile::read(path);
    QVERIFY(!latin && latin.error().text.find("UTF-8") != std::string::npos);
  }

  void whatIsTypedIsKeptWhateverHappens() {
    beginTour();
    find<QTabWidget>("labTabs")->setCurrentIndex(1);
    auto* digest = find<QLineEdit>("labAnswer.digest");
    digest->setFocus();
    QTest::keyClicks(digest, QStringLiteral("12"));
    options_->setSeat(Seat::Hypervisor);
    QCOMPARE(find<QLineEdit>("labAnswer.digest"), digest);
    theme_->setZoom(120);
    QCOMPARE(find<QLineEdit>("labAnswer.digest")->text(), QStringLiteral("12"));
    QVERIFY(labFileText(work("answers.toml")).contains("\ndigest = \"12\"\n"));
    // And what an editor writes is seen when the window is in front again.
    QByteArray text = labFileText(work("answers.toml"));
    writeLabFile(work("answers.toml"), text.replace("\"12\"", "\"34\""));
    QEvent back(QEvent::WindowActivate);
    QCoreApplication::sendEvent(find<QWidget>("labTasks"), &back);
    QCOMPARE(find<QLineEdit>("labAnswer.digest")->text(), QStringLiteral("34"));
  }

  void anAnswerThatCannotBeWrittenIsToldOf() {
    const QString path = folder_->filePath(QStringLiteral("answers.toml"));
    writeLabFile(path, "# Who?\n# who = \"...\"\n");
    auto answers = AnswerFile::read(path);
    VERIFY_OK(answers);
    writeLabFile(path, "# nothing is asked any more\n");
    const auto gone = answers->set(QStringLiteral("who"), QStringLiteral("x"));
    QVERIFY(!gone && gone.error().text.find("no line for who") != std::string::npos);
    writeLabFile(path, QByteArray((1 << 20) + 1, '#'));
    QVERIFY(!AnswerFile::read(path));
  }

  void aTourIsReadAsItWasWritten() {
    const QString path = folder_->filePath(QStringLiteral("tour.toml"));
    TourLog log = TourLog::read(path);
    QVERIFY(log.add({{QStringLiteral("what"), QStringLiteral("seek")}, {QStringLiteral("state"), QStringLiteral("hard")}}));
    QVERIFY(!log.add({{QStringLiteral("what"), QStringLiteral("seek")}, {QStringLiteral("state"), QStringLiteral("hard")}}));
    QVERIFY(log.add({{QStringLiteral("what"), QStringLiteral("step-back")}}));
    VERIFY_OK(log.write());
    const TourLog again = TourLog::read(path);
    QCOMPARE(again.deeds(), log.deeds());
    QVERIFY(again.has({{QStringLiteral("what"), QStringLiteral("seek")}, {QStringLiteral("state"), QStringLiteral("hard")}}));
    QVERIFY(!again.has({{QStringLiteral("what"), QStringLiteral("seek")}, {QStringLiteral("state"), QStringLiteral("low")}}));
    // What somebody wrote there stays.
    writeLabFile(path, "# by hand\n[[did]]\nwhat = \"seek\"\nsteps = 3");
    TourLog byHand = TourLog::read(path);
    QVERIFY(byHand.add({{QStringLiteral("what"), QStringLiteral("step-back")}}));
    VERIFY_OK(byHand.write());
    VERIFY_OK(byHand.write());
    QCOMPARE(labFileText(path), QByteArray("# by hand\n[[did]]\nwhat = \"seek\"\nsteps = 3\n\n[[did]]\nwhat = \"step-back\"\n"));
    writeLabFile(path, "[[did]]\nwhat = 3\nsome \"rubbish\n[[did]\n");
    QVERIFY(TourLog::read(path).deeds().empty());
  }

  // --- in the window

  void aFolderThatIsNoWorkIsRefused() {
    const auto opened = window_->openLab(folder_->path());
    QVERIFY(!opened);
    QVERIFY(opened.error().text.find(".overcommit-lab") != std::string::npos);
  }

  void withoutTheCommandThereAreNoLabsAndThatIsSaid() {
    qputenv("OVERCOMMIT_ENGINE", "/nowhere/overcommit");
    window_->beginLab({});
    QVERIFY(find<QLabel>("banner")->isVisible());
    QVERIFY(find<QLabel>("banner")->text().contains(QStringLiteral("OVERCOMMIT_ENGINE")));
  }

  void aLabIsBegunDoneCheckedAndLookedInto() {
    beginTour();
    QCOMPARE(find<QComboBox>("labChoice")->currentText(), QStringLiteral("0  A tour"));
    QVERIFY(find<QTextBrowser>("labHandout")->toPlainText().contains(QStringLiteral("A tour")));
    auto* tabs = find<QTabWidget>("labTabs");
    tabs->setCurrentIndex(1);
    for (int step = 1; step <= 7; ++step) QVERIFY(!stepText(step).contains(QStringLiteral("✓")));

    QTest::mouseClick(find<QPushButton>("labRun.small-host.toml"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window_->run() != nullptr, kLabPatience);
    Playback& playback = window_->run()->playback();
    playback.setSpeed(kMostSpeed);
    playback.play();
    QTRY_VERIFY_WITH_TIMEOUT(window_->link().live()->state() == LiveRun::State::Over, kLabPatience);
    playback.stop();
    doTheTour();
    tabs->setCurrentIndex(1);
    for (int step = 1; step <= 7; ++step) QVERIFY2(stepText(step).contains(QStringLiteral("✓")), qPrintable(stepText(step)));
    QVERIFY(labFileText(work("tour.toml")).contains("what = \"step-back\""));

    auto* digest = find<QLineEdit>("labAnswer.digest");
    QCOMPARE(window_->link().live()->digest(), QStringLiteral("109b284260de256e915f5eb04dfcc62e"));
    digest->setFocus();
    QTest::keyClicks(digest, QStringLiteral("109b284260de256e915f5eb04dfcc62e"));
    QTest::keyClick(digest, Qt::Key_Return);
    QVERIFY(labFileText(work("answers.toml")).contains("\ndigest = \"109b284260de256e915f5eb04dfcc62e\"\n"));
    QTest::mouseClick(find<QPushButton>("labCheck"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(reportIsComplete(), kLabPatience);
    QVERIFY(window_->labWork().report()->passed);
    auto* checks = find<QTreeWidget>("labChecks");
    QCOMPARE(checks->topLevelItemCount(), 9);
    for (int i = 0; i < 9; ++i) QVERIFY(checks->topLevelItem(i)->text(0).startsWith(QStringLiteral("✓")));
    QCOMPARE(find<QLabel>("labPoints")->text(), QStringLiteral("passed"));

    // A wrong answer is explained, and leads to the run.
    tabs->setCurrentIndex(1);
    digest = find<QLineEdit>("labAnswer.digest");
    digest->setFocus();
    digest->selectAll();
    QTest::keyClicks(digest, QStringLiteral("42"));
    QTest::keyClick(digest, Qt::Key_Return);
    writeLabFile(work("answers.toml"), labFileText(work("answers.toml")) + "\nnobody-asked = 1\n");
    QTest::keyClick(window_.get(), Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(reportIsComplete(), kLabPatience);
    QVERIFY(!window_->labWork().report()->passed);
    QVERIFY(find<QTextBrowser>("labCheckText")->toPlainText().contains(QStringLiteral("The usual cause")));
    QCOMPARE(checks->topLevelItemCount(), 10);
    QVERIFY(checks->topLevelItem(0)->text(0).startsWith(QStringLiteral("!")));
    checks->setCurrentItem(checks->topLevelItem(0));
    QVERIFY(find<QTextBrowser>("labCheckText")->toPlainText().contains(QStringLiteral("nobody-asked")));
    QVERIFY(!find<QPushButton>("labMoment")->isEnabled());
    checks->setCurrentItem(checks->topLevelItem(1));
    const auto* before = window_->run();
    QTest::mouseClick(find<QPushButton>("labMoment"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window_->run() != before, kLabPatience);
    QVERIFY(window_->windowTitle().contains(QStringLiteral("A small host")));
  }

  void aCheckCanBeCancelled() {
    beginTour();
    auto* check = find<QPushButton>("labCheck");
    QTest::mouseClick(check, Qt::LeftButton);
    QVERIFY(window_->labWork().checking());
    QCOMPARE(check->text(), QStringLiteral("Cancel"));
    QTest::mouseClick(check, Qt::LeftButton);
    QVERIFY(!window_->labWork().checking());
    QCOMPARE(check->text(), QStringLiteral("Check"));
  }

  // Each lab is looked at as it was left: zoom, seat, speed, panels. Also the next time.
  void everyLabHasAViewOfItsOwn() {
    beginTour();
    theme_->setZoom(150);
    options_->setSeat(Seat::GuestOs);
    window_->labWork().begin(window_->labWork().labs().at(1), folder_->filePath(QStringLiteral("other")), QString());
    QTRY_COMPARE_WITH_TIMEOUT(window_->labWork().name(), QStringLiteral("lab-1-first-touch"), kLabPatience);
    QCOMPARE(theme_->zoom(), 150);  // a lab that is new is shown as things are
    theme_->setZoom(110);
    options_->setSeat(Seat::Hypervisor);
    VERIFY_OK(window_->openLab(work("")));
    QCOMPARE(theme_->zoom(), 150);
    QCOMPARE(options_->seat(), Seat::GuestOs);
    saveSession(window_->session());
    const StoredSession session = loadSession();
    QCOMPARE(session.labViews.size(), 2);
    Theme theme;
    ViewOptions options;
    MainWindow next(theme, options);
    next.restore(session);
    QCOMPARE(theme.zoom(), 150);
    VERIFY_OK(next.openLab(folder_->filePath(QStringLiteral("other"))));
    QCOMPARE(theme.zoom(), 110);
    QCOMPARE(options.seat(), Seat::Hypervisor);
  }

  void workIsOpenAgainTheNextTime() {
    beginTour();
    const StoredSession session = window_->session();
    QCOMPARE(session.lab, work(""));
    MainWindow next(*theme_, *options_);
    next.restore(session);
    next.labWork().waitForList();
    QVERIFY(next.labWork().lab() != nullptr);
    QCOMPARE(next.labWork().lab()->number, 0);
  }

 private:
  template <typename T>
  T* find(const char* name) const {
    T* found = window_->findChild<T*>(QLatin1String(name));
    if (found == nullptr) qFatal("there is no %s", name);
    return found;
  }
  [[nodiscard]] QString work(const char* file) const {
    return QDir::cleanPath(folder_->filePath(QStringLiteral("work/")) + QLatin1String(file));
  }
  [[nodiscard]] QString stepText(int step) const { return find<QLabel>(qPrintable(QStringLiteral("labStep.%1").arg(step)))->text(); }
  [[nodiscard]] bool reportIsComplete() const {
    return !window_->labWork().checking() && window_->labWork().report() && window_->labWork().report()->complete;
  }

  void beginTour() {
    QTimer fill;
    fill.setInterval(20);
    connect(&fill, &QTimer::timeout, this, [&] {
      auto* dialog = window_->findChild<QDialog*>(QStringLiteral("beginLab"));
      if (dialog == nullptr || !dialog->isVisible()) return;
      fill.stop();
      dialog->findChild<QComboBox*>(QStringLiteral("beginLabChoice"))->setCurrentIndex(0);
      auto* folder = dialog->findChild<QLineEdit*>(QStringLiteral("beginLabFolder"));
      auto* begin = dialog->findChild<QPushButton*>(QStringLiteral("beginLabBegin"));
      folder->setText(QStringLiteral("/"));
      const bool refused = !begin->isEnabled();
      folder->setText(work(""));
      if (refused) QTest::mouseClick(begin, Qt::LeftButton);
    });
    fill.start();
    QTest::keyClick(window_.get(), Qt::Key_L, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(window_->labWork().folder(), work(""), kLabPatience);
    QVERIFY(window_->labWork().lab() != nullptr);
  }

  void doTheTour() {
    Run& run = *window_->run();
    Playback& playback = run.playback();
    QTest::mouseClick(window_->findChild<QWidget*>(QStringLiteral("guestFloor")), Qt::LeftButton, Qt::NoModifier, QPoint(30, 60));
    run.waitForHistory();
    for (std::uint64_t ms = 0; ms <= 4000 && run.world().host().freeState != FreeState::Hard; ms += 20) playback.seek(milliseconds(ms));
    QCOMPARE(run.world().host().freeState, FreeState::Hard);
    playback.seek(playback.end());
    for (const PagePlace place : {PagePlace::Shared, PagePlace::Swapped}) {
      std::optional<Gfn> found;
      run.world().forEachPage(VmId(0), [&](std::uint64_t gfn, PageCell page) {
        if (page.place() == place) found = Gfn(gfn);
      });
      QVERIFY(found);
      run.selection().selectPage(VmId(0), *found);
    }
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QTest::keyClick(window_.get(), Qt::Key_3);
    QTest::keyClick(window_.get(), Qt::Key_E, Qt::ShiftModifier);
    run.waitForAnswers();
    QTRY_VERIFY_WITH_TIMEOUT(window_->labWork().isDone(window_->labWork().lab()->steps[3]), kLabPatience);
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Theme> theme_;
  std::unique_ptr<ViewOptions> options_;
  std::unique_ptr<MainWindow> window_;
};

OVERCOMMIT_TEST(LabTest)
#include "lab_test.moc"
