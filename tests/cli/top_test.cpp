// SPDX-License-Identifier: GPL-2.0-or-later
// `overcommit top`: from outside, as a person and a script see it; its screen also on a terminal of the kernel's own.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmath>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/top_screen.h"
#include "support/test.h"
#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// The cells of a line of CSV in which every cell is quoted.
QStringList cellsOf(const QByteArray& line) {
  QStringList cells;
  QString cell;
  bool inside = false;
  for (qsizetype i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && inside && i + 1 < line.size() && line[i + 1] == '"') {
      cell += line[i++];
    } else if (line[i] == '"') {
      inside = !inside;
    } else if (line[i] == ',' && !inside) {
      cells << cell;
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return cells << cell;
}

// The command on a terminal of 80 columns and 24 rows.
class OnATerminal {
 public:
  explicit OnATerminal(const QStringList& arguments) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) qFatal("no terminal can be had");
    resize(80, 24);
    const QByteArray name = ::ptsname(master_);
    slave_ = ::open(name.constData(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    QVERIFY(::tcgetattr(slave_, &before_) == 0);
    process_.setChildProcessModifier([name] {
      const int terminal = ::open(name.constData(), O_RDWR | O_NOCTTY);
      ::dup2(terminal, 0);
      ::dup2(terminal, 1);
    });
    process_.start(kCommand, arguments);
    QVERIFY(process_.waitForStarted());
  }
  ~OnATerminal() {
    if (process_.state() != QProcess::NotRunning) process_.kill();
    process_.waitForFinished();
    ::close(slave_);
    ::close(master_);
  }
  void resize(unsigned short columns, unsigned short rows) {
    const winsize size{rows, columns, 0, 0};
    ::ioctl(master_, TIOCSWINSZ, &size);
    if (process_.processId() != 0) signal(SIGWINCH);  // it is not the terminal that it belongs to
  }
  void press(const QByteArray& keys) { QCOMPARE(::write(master_, keys.constData(), static_cast<std::size_t>(keys.size())), keys.size()); }
  // Reads what the command writes until `text` is among what came since the last call.
  [[nodiscard]] bool shows(const QByteArray& text) {
    QByteArray seen;
    while (!seen.contains(text)) {
      pollfd input{master_, POLLIN, 0};
      if (::poll(&input, 1, 60'000) <= 0) return false;
      std::array<char, 4096> bytes{};
      const ssize_t got = ::read(master_, bytes.data(), bytes.size());
      if (got <= 0) return false;
      seen.append(bytes.data(), got);
      all_.append(bytes.data(), got);
    }
    return true;
  }
  void signal(int which) { QCOMPARE(::kill(static_cast<pid_t>(process_.processId()), which), 0); }
  [[nodiscard]] bool ends() { return process_.waitForFinished(60'000); }
  [[nodiscard]] int exitCode() const { return process_.exitCode(); }
  // The terminal is as it was, and then the last screen was left.
  [[nodiscard]] bool isAsBefore() {
    if (!all_.contains(kLeft) && !shows(kLeft)) return false;
    termios now{};
    return ::tcgetattr(slave_, &now) == 0 && now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag;
  }

 private:
  static constexpr const char* kLeft = "\033[?25h\033[?1049l";
  int master_ = -1, slave_ = -1;
  termios before_{};
  QProcess process_;
  QByteArray all_;
};

MemoryFigures someFigures() {
  MemoryFigures figures;
  figures.time = seconds(12);
  figures.memory = 16'384;
  figures.frames[static_cast<std::size_t>(FrameUse::Free)] = 1'024;
  figures.state = FreeState::Soft;
  figures.vms.resize(2);
  figures.vms[0].on = true;
  figures.vms[0].memory = 8'192;
  figures.vms[0].pages[static_cast<std::size_t>(PagePlace::Swapped)] = 256;
  return figures;
}

}  // namespace

class TopTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    good_ = folder_.write("good.toml", overcommittedScenario());
    trace_ = folder_.path("good.octrace");
    QCOMPARE(overcommitCommand({"run", good_, "--quiet", "--trace", trace_}).code, 0);
  }

  void aPipeGetsAScreenForEachRefreshWithoutControlCodes() {
    const Outcome outcome = overcommitCommand({"top", good_, "-d", "500ms"});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    QCOMPARE(outcome.out.count("PSHARE/MB:"), 4);
    QVERIFY(outcome.out.startsWith("0:00:00.500  2 VMs on"));
    QVERIFY(!outcome.out.contains('\033') && !outcome.out.contains('\r'));
    for (const QByteArray& line : outcome.out.split('\n')) QVERIFY2(line.size() <= 80, line.constData());
  }

  void aTraceShowsWhatTheRunShowed() {
    for (const QStringList& how : {QStringList{"-b", "-d", "300ms"}, QStringList{"-d", "1"}, QStringList{"--at", "700ms"}}) {
      const Outcome run = overcommitCommand(QStringList{"top", good_} + how), trace = overcommitCommand(QStringList{"top", trace_} + how);
      QCOMPARE(run.code, 0);
      QCOMPARE(trace.code, 0);
      QVERIFY(!run.out.isEmpty());
      QCOMPARE(QString(trace.out).replace("good.octrace", "good.toml"), QString(run.out));
    }
  }

  void theScreenIsThatOfEsxtopInEightyColumns() {
    TopView view;
    const std::vector<std::string> lines = topScreen({someFigures(), {}}, {"a.toml", {"web1", "web2"}}, view, 80);
    const QStringList wanted{
        "0:00:12.000  1 VM on,  MEM overcommit avg: 0.00, 0.00, 0.00  a.toml",
        "PMEM  /MB:  64.00 total:   0.00 cos:   0.00 vmk:  60.00 other:   4.00 free",
        "VMKMEM/MB:  64.00 managed:   0.00 minfree:   0.00 rsvd:  64.00 ursvd: soft state",
        "NUMA  /MB:      -",
        "PSHARE/MB:   0.00 shared:   0.00 common:   0.00 saving",
        "SWAP  /MB:   1.00 curr:   0.00 rclmtgt:   0.00 r/s:   0.00 w/s",
        "ZIP   /MB:   0.00 zipped:   0.00 saved",
        "MEMCTL/MB:   0.00 curr:   0.00 target:   0.00 max",
        "",
        "GID NAME           MEMSZ   GRANT SHRDSVD   SZTGT    TCHD  MCTLSZ MCTLTGT   SWCUR",
        "  1 web1           32.00    0.00    0.00    0.00    0.00    0.00    0.00    1.00",
    };
    QStringList got;
    for (const std::string& line : lines) got << QString::fromStdString(line);
    QVERIFY2(got == wanted, qPrintable(got.join('\n')));
    view.vms = TopVms::All;
    QCOMPARE(topScreen({someFigures(), {}}, {"", {"web1", "web2"}}, view, 80).back(),
             std::string("  2 web2               -       -       -       -       -       -       -       -"));
    view.fields = *parseTopFields("swap,numa,ashrs");
    const std::string header = topScreen({someFigures(), {}}, {"", {"web1", "web2"}}, view, topScreenWidth(view)).at(9);
    QVERIFY2(header.ends_with("SWCUR   SWTGT   SWR/s   SWW/s     NHN   NRMEM     N%L GST_ND0 OVD_ND0   ASHRS"), header.c_str());
  }

  void batchModeIsACsvThatParses() {
    const Outcome outcome = overcommitCommand({"top", trace_, "-b", "-d", "500ms"});
    QCOMPARE(outcome.code, 0);
    const QList<QByteArray> lines = outcome.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 1 + 4);
    const QStringList header = cellsOf(lines[0]);
    QCOMPARE(header[0], QString("(PDH-CSV 4.0) (UTC)(0)"));
    QVERIFY(header.contains(R"(\\host\Memory\Free MBytes)"));
    QVERIFY(header.contains(R"(\\host\Group Memory(2:b)\Swapped MBytes)"));
    const qsizetype numa = header.indexOf(R"(\\host\Group Memory(1:a)\NHN)");
    QVERIFY(numa > 0);
    for (qsizetype row = 1; row < lines.size(); ++row) {
      const QStringList cells = cellsOf(lines[row]);
      QCOMPARE(cells.size(), header.size());
      QVERIFY(cells[0].startsWith("01/01/1970 00:00:0"));
      QCOMPARE(cells[numa], QString("-"));
      for (qsizetype i = 1; i < cells.size(); ++i) {
        bool isNumber = false;
        (void)cells[i].toDouble(&isNumber);
        QVERIFY2(isNumber || cells[i] == "-", qPrintable(header[i] + ": " + cells[i]));
      }
    }
    QCOMPARE(overcommitCommand({"top", trace_, "-b", "-d", "500ms", "-n", "2"}).out.count('\n'), 1 + 2);
  }

  void lookingDoesNotDependOnHowOften() {
    const QByteArray coarse = overcommitCommand({"top", good_, "--at", "2s"}).out;
    const QByteArray fine = overcommitCommand({"top", good_, "-d", "100ms"}).out;
    const auto lineOf = [](const QByteArray& text, const char* name) {
      const qsizetype at = text.lastIndexOf(name);
      return text.mid(at, text.indexOf('\n', at) - at);
    };
    for (const char* line : {"PMEM", "PSHARE", "ZIP", "MEMCTL"}) QCOMPARE(lineOf(fine, line), lineOf(coarse, line));
  }

  void aDamagedTraceIsAnErrorAndNoCrash() {
    const QByteArray bytes = ScenarioFolder::read(trace_);
    for (const qsizetype at : {qsizetype{30}, bytes.size() / 3, bytes.size() / 2, bytes.size() - 40}) {
      QByteArray changed = bytes;
      for (qsizetype i = at; i < at + 8; ++i) changed[i] = static_cast<char>(~changed[i]);
      const Outcome outcome = overcommitCommand({"top", folder_.write("damaged.octrace", changed), "-d", "1"});
      QVERIFY2(outcome.code == 2 || outcome.code == 0, outcome.err.constData());
      QVERIFY2(outcome.err.startsWith("overcommit: "), outcome.err.constData());
    }
  }

  void aTraceThatIsCutOffIsShownAsFarAsItGoes() {
    const QString whole = folder_.path("long.octrace"), cut = folder_.path("cut.octrace");
    QCOMPARE(overcommitCommand({"run", good_, "--quiet", "--duration", "40s", "--trace", whole}).code, 0);
    const QByteArray bytes = ScenarioFolder::read(whole);
    folder_.write("cut.octrace", bytes.left(bytes.size() / 2));
    const auto reader = TraceReader::open(cut.toStdString());
    VERIFY_OK(reader);
    const VirtualTime last = reader->lastTime();
    QVERIFY(last > seconds(1) && last < seconds(39));
    const Outcome screens = overcommitCommand({"top", cut, "-d", "1"});
    QCOMPARE(screens.code, 0);
    const QByteArray shown = screens.out.mid(screens.out.lastIndexOf("0:00:"), 11);
    QCOMPARE(shown, QString::asprintf("0:00:%06.3f", std::floor(static_cast<double>(last.value()) / 1e6) / 1e3).toUtf8());
    const Outcome beyond = overcommitCommand({"top", cut, "--at", "39s"});
    QCOMPARE(beyond.code, 2);
    QVERIFY2(beyond.err.startsWith("overcommit: --at: 39 s is beyond the end of the trace: ") && beyond.err.count('\n') == 1,
             beyond.err.constData());
  }

  // A name of a VM is shown, not obeyed.
  void aTraceCannotWriteToTheTerminal() {
    TraceHeader header;
    header.hostMemory = Pages(16);
    header.duration = seconds(1);
    header.vms = {TraceVm{"\033]0;evil\007\n\"x", Pages(8), Pages(0), ""}};
    const QString path = folder_.path("evil.octrace");
    auto writer = TraceWriter::create(path.toStdString(), header);
    VERIFY_OK(writer);
    Event on;
    on.sequence = 1;
    on.kind = EventKind::PowerOn;
    on.vm = VmId(0);
    on.values[0] = 8;
    (*writer)->onEvent(on);
    (*writer)->finish({});
    const Outcome screen = overcommitCommand({"top", path}), csv = overcommitCommand({"top", path, "-b"});
    QCOMPARE(screen.code, 0);
    QVERIFY2(screen.out.contains("?]0;evil??\"x"), screen.out.constData());
    QVERIFY(!screen.out.contains('\033') && !screen.out.contains('\007'));
    QCOMPARE(csv.out.count('\n'), 2);
    QVERIFY(csv.out.contains("Group Memory(1:?]0;evil??\"\"x)"));
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("field") << QStringList{"--fields", "SWCUR,mctsz"} << QByteArray("no field or group \"mctsz\"; did you mean \"mctlsz\"?");
    QTest::newRow("delay") << QStringList{"-d", "0"} << QByteArray("-d: a refresh is a millisecond");
    QTest::newRow("delay unit") << QStringList{"-d", "5x"} << QByteArray("-d: ");
    QTest::newRow("none") << QStringList{"-n", "0"} << QByteArray("-n: at least one");
    QTest::newRow("both") << QStringList{"--at", "1s", "-b"} << QByteArray("--at shows one screen");
  }
  void mistakesAreNamed() {
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, message);
    const Outcome outcome = overcommitCommand(QStringList{"top", good_} + arguments);
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.err.startsWith("overcommit: ") && outcome.err.contains(message), outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray());
    QCOMPARE(overcommitCommand({"top", trace_, "--seed", "3"}).code, 2);
  }

  void keysMoveThroughATrace() {
    OnATerminal terminal({"top", trace_, "-d", "500ms"});
    QVERIFY(terminal.shows("0:00:00.500"));
    terminal.press("p");
    QVERIFY(terminal.shows("paused"));
    terminal.press("\033[F");
    QVERIFY(terminal.shows("0:00:02.000"));
    terminal.press("\033[D");
    QVERIFY(terminal.shows("0:00:01.500"));
    terminal.press("\033[C");
    QVERIFY(terminal.shows("0:00:02.000"));
    terminal.press("f");
    QVERIFY(terminal.shows("* A: size"));
    terminal.press("a");
    QVERIFY(terminal.shows("  A: size"));
    terminal.press("\033");
    QVERIFY(terminal.shows("GID NAME         SHRDSVD"));
    terminal.press("h");
    QVERIFY(terminal.shows("Any key goes back"));
    terminal.press(" ");
    terminal.resize(200, 50);
    QVERIFY(terminal.shows("UNZIP/s"));
    terminal.press("s");
    QVERIFY(terminal.shows("virtual seconds a refresh"));
    terminal.press("1\r");
    terminal.press("\033[D");
    QVERIFY(terminal.shows("0:00:01.000"));
    terminal.press("q");
    QVERIFY(terminal.ends());
    QCOMPARE(terminal.exitCode(), 0);
    QVERIFY(terminal.isAsBefore());
  }

  void aRunIsWatchedWhileItGoesOn() {
    OnATerminal terminal({"top", good_, "-d", "100ms", "-n", "3"});
    QVERIFY(terminal.shows("0:00:00.300"));
    QVERIFY(terminal.ends());
    QCOMPARE(terminal.exitCode(), 0);
    QVERIFY(terminal.isAsBefore());
  }

  void everySignalLeavesTheTerminalAsItWas_data() {
    QTest::addColumn<int>("signal");
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGABRT, SIGKILL}) QTest::addRow("signal %d", signal) << signal;
  }
  void everySignalLeavesTheTerminalAsItWas() {
    QFETCH(int, signal);
    OnATerminal terminal({"top", good_, "-d", "1"});
    QVERIFY(terminal.shows("PSHARE"));
    terminal.signal(signal);
    QVERIFY(terminal.ends());
    if (signal == SIGINT || signal == SIGTERM) QCOMPARE(terminal.exitCode(), static_cast<int>(ExitCode::Interrupted));
    QVERIFY(terminal.isAsBefore());
  }

 private:
  ScenarioFolder folder_;
  QString good_, trace_;
};

OVERCOMMIT_TEST(TopTest)
#include "top_test.moc"
