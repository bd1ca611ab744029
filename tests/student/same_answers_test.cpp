// SPDX-License-Identifier: GPL-2.0-or-later
// A policy that answers as ESX does changes nothing in a run, to the last event; one that answers otherwise does. The policies are those
// that the documentation shows.
#include <QRegularExpression>
#include <fstream>
#include <map>
#include <set>

#include "host/support/overcommitted_host.h"
#include "policy/builtin_policies.h"
#include "student/support.h"
#include "student/walk_examination.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

RunConfig crowded() {
  RunConfig config = overcommittedHost(80, 150);
  config.audit = false;
  return config;
}

struct Ran {
  std::string digest, failure;
  std::uint64_t questions = 0, requests = 0, wrong = 0, shares = 0;
  std::vector<Event> printed;
};

Ran runWith(const BuiltPolicy* built, std::uint32_t layout = 0) {
  std::unique_ptr<StudentPolicies> policies;
  Policies asked;
  if (built != nullptr) {
    PolicySettings settings;
    settings.layout = layout;
    auto started = StudentPolicies::start({*built}, settings);
    if (!started) return {"", started.error().text, 0, 0, 0, 0, {}};
    policies = std::move(*started);
    asked = policies->asked();
  }
  TestHost test(crowded(), {}, asked);
  for (const EventKind kind : {EventKind::Refusal, EventKind::Share, EventKind::PolicyPrinted}) test.keep(kind);
  if (policies) policies->reportTo(test.log());
  Ran ran;
  if (!test.start() || !test.runUntilOff(seconds(600))) return {"", test.error(), 0, 0, 0, 0, {}};
  if (policies) {
    policies->finish();
    ran.questions = policies->outcomes().front().questions;
    ran.requests = policies->outcomes().front().requests;
    if (const PolicyFailure* failure = policies->failure()) ran.failure = failure->text;
  }
  ran.digest = test.digest();
  for (const Event& event : test.events()) {
    if (event.kind == EventKind::PolicyPrinted) ran.printed.push_back(event);
    if (event.kind == EventKind::Refusal && event.values[0] >= static_cast<std::uint64_t>(RefusalReason::WrongMatch) &&
        event.values[0] <= static_cast<std::uint64_t>(RefusalReason::WrongTargets))
      ++ran.wrong;
  }
  ran.shares = test.count(EventKind::Share);
  return ran;
}

// What the engine has for targets, as a submission.
void copyAllocation(const std::filesystem::path& folder) {
  for (const char* file : {"policy/allocation.h", "policy/allocation.cpp", "policy/idle_tax.h", "policy/idle_tax.cpp", "policy/wide.h",
                           "base/ids.h", "base/error.h"}) {
    std::filesystem::create_directories((folder / file).parent_path());
    std::filesystem::copy_file(std::filesystem::path(OVERCOMMIT_SOURCE_DIR "/core") / file, folder / file,
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::ofstream(folder / "targets.cpp") << R"(#define FMT_HEADER_ONLY
#include "policy/allocation.cpp"
#include "policy/idle_tax.cpp"
#include <overcommit/targets.h>
namespace overcommit {
void invariantBroken(std::string_view, const char*, int) { std::abort(); }
}
class AsTheEngine : public overcommit::policy::TargetsPolicy {
  void targets(const overcommit::policy::TargetsQuestion& question, std::span<const overcommit::policy::VmClaim> vms,
               std::span<std::uint64_t> targets) override {
    using overcommit::Pages;
    std::vector<overcommit::VmClaim> claims;
    for (const auto& vm : vms)
      claims.push_back({vm.shares, Pages(vm.configured), Pages(vm.reservation), Pages(vm.active), Pages(vm.limit), Pages(vm.wanted)});
    const overcommit::IdleTax tax{question.tax_percent, static_cast<overcommit::IdleTaxCurve>(question.curve)};
    const auto all = overcommit::allocationTargets(Pages(question.available), claims, tax);
    for (std::size_t i = 0; i < all.size(); ++i) targets[i] = all[i].value();
  }
};
OVERCOMMIT_TARGETS(AsTheEngine)
)";
}

}  // namespace

class SameAnswersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    if (!confinementHere().complete()) QSKIP(confinementHere().text().c_str());
    builtin_ = runWith(nullptr);
    QVERIFY2(builtin_.digest.size() == 32, builtin_.failure.c_str());
    QFile page(OVERCOMMIT_SOURCE_DIR "/docs/reference/student-policies.md");
    QVERIFY(page.open(QIODevice::ReadOnly));
    static const QRegularExpression kExample("```(cpp|python)\n(.*?)```", QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression kMacro("OVERCOMMIT_([A-Z_]+)\\(");
    for (auto match = kExample.globalMatch(QString::fromUtf8(page.readAll())); match.hasNext();) {
      const auto found = match.next();
      const QString text = found.captured(2);
      if (found.captured(1) == "python")
        examples_["zip.py"] = text.toStdString();
      else
        examples_[kMacro.match(text).captured(1).toLower().toStdString() + ".cpp"] = text.toStdString();
    }
    QCOMPARE(examples_.size(), std::size_t{7});
  }

  void aPolicyThatAnswersAsTheBuiltInOneChangesNothing_data() {
    QTest::addColumn<int>("subject");
    for (const char* file : {"match.cpp", "victim.cpp", "zip.cpp", "free_state.cpp", "zip.py"}) {
      for (const PolicySubjectInfo& info : policySubjects()) {
        if (std::string(file).starts_with(std::string(info.file) + ".")) QTest::addRow("%s", file) << static_cast<int>(info.subject);
      }
    }
  }
  void aPolicyThatAnswersAsTheBuiltInOneChangesNothing() {
    QFETCH(const int, subject);
    const auto built = example(QTest::currentDataTag(), static_cast<PolicySubject>(subject));
    VERIFY_BUILT(built);
    QCOMPARE(built->warnings, std::string());
    const Ran ran = runWith(&*built);
    QCOMPARE(ran.failure, std::string());
    QCOMPARE(ran.wrong, 0u);
    QVERIFY2(ran.questions > 20, std::to_string(ran.questions).c_str());
    QCOMPARE(ran.digest, builtin_.digest);
  }

  void targetsThatAreTheEnginesOwnChangeNothing() {
    const std::filesystem::path folder = files_.path() / "allocation";
    copyAllocation(folder);
    const auto built = build(PolicySubject::Targets, folder);
    VERIFY_BUILT(built);
    const Ran ran = runWith(&*built);
    QCOMPARE(ran.failure, std::string());
    QVERIFY(ran.questions > 10);
    QCOMPARE(ran.digest, builtin_.digest);
  }

  void targetsByShareAloneAreOthersAndRight() {
    const auto built = example("targets.cpp", PolicySubject::Targets);
    VERIFY_BUILT(built);
    const Ran ran = runWith(&*built);
    QCOMPARE(ran.failure, std::string());
    QCOMPARE(ran.wrong, 0u);
    QVERIFY(ran.digest != builtin_.digest);
  }

  // Whoever compares the bytes himself comes to what comparing hashes comes to, the engine's own comparison being behind it.
  void aMatchPolicySeesBothPages() {
    const auto built = build(PolicySubject::Match, files_.write("bytes.cpp", R"(#include <overcommit/match.h>
using namespace overcommit::policy;
class Bytes : public MatchPolicy {
  bool wants_bytes() const override { return true; }
  MatchAnswer match(const MatchQuestion& question, const PageBytes& bytes) override {
    const bool equal = std::memcmp(bytes.page, bytes.known, kPageBytes) == 0;
    return equal && question.salt == question.known_salt ? MatchAnswer::CompareAndShare : MatchAnswer::Leave;
  }
};
OVERCOMMIT_MATCH(Bytes)
)"));
    VERIFY_BUILT(built);
    const Ran ran = runWith(&*built);
    QCOMPARE(ran.failure, std::string());
    QCOMPARE(ran.shares, builtin_.shares);
    QCOMPARE(ran.digest, builtin_.digest);
  }

  void whatAPolicyPrintsStandsInTheTraceAtTheTimeOfItsQuestion() {
    const auto built = build(PolicySubject::Targets, files_.write("says.cpp", R"(#include <overcommit/targets.h>
using namespace overcommit::policy;
class Says : public TargetsPolicy {
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<std::uint64_t> targets) override {
    std::printf("%zu VMs\n%llu pages\n", vms.size(), static_cast<unsigned long long>(question.available));
    for (std::size_t i = 0; i < vms.size(); ++i) targets[i] = vms[i].reservation;
  }
};
OVERCOMMIT_TARGETS(Says)
)"));
    VERIFY_BUILT(built);
    const Ran ran = runWith(&*built);
    QCOMPARE(ran.failure, std::string());
    QCOMPARE(ran.printed.size(), static_cast<std::size_t>(2 * ran.questions));
    QVERIFY(ran.printed.back().text.ends_with(" pages"));
    QVERIFY(ran.printed.back().hostTime > ran.printed.front().hostTime);
    QCOMPARE(ran.printed.front().values[0], static_cast<std::uint64_t>(PolicySubject::Targets));
  }

  // Who decides by an address is found out by another layout.
  void anotherLayoutTellsWhoDecidesByAddresses_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::addRow("C++") << "addresses.cpp"
                         << R"(#include <overcommit/victim.h>
#include <memory>
using namespace overcommit::policy;
class ByAddress : public VictimPolicy {
  std::uint32_t choose(const VictimQuestion&, std::span<const VictimCandidate> candidates) override {
    number_ = number_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>((number_ >> 33) % candidates.size());
  }
  std::unique_ptr<char[]> kept_ = std::make_unique<char[]>(1 << 20);
  std::uint64_t number_ = reinterpret_cast<std::uintptr_t>(kept_.get());
};
OVERCOMMIT_VICTIM(ByAddress)
)";
    QTest::addRow("Python") << "hashes.py"
                            << R"(from overcommit_policy import VictimPolicy, serve

class ByHash(VictimPolicy):
    def choose(self, question, candidates):
        return hash("policy") % len(candidates)

serve(ByHash())
)";
  }
  void anotherLayoutTellsWhoDecidesByAddresses() {
    QFETCH(const QString, name);
    QFETCH(const QString, text);
    const auto built = build(PolicySubject::Victim, files_.write(name.toStdString(), text.toStdString()));
    VERIFY_BUILT(built);
    std::set<std::string> digests;
    for (const std::uint32_t layout : {1u, 2u}) {
      const Ran ran = runWith(&*built, layout);
      QCOMPARE(ran.failure, std::string());
      QCOMPARE(ran.digest.size(), std::size_t{32});
      digests.insert(ran.digest);
    }
    QVERIFY(digests.size() > 1);
    if (name.endsWith(".py")) QVERIFY(digests.contains(runWith(&*built, 1).digest));
  }

  // The walk of the documentation agrees with the engine's about every page of a running guest.
  void theWalkerOfTheDocumentationWalksAsTheEngine() {
    const auto built = example("walk.cpp", PolicySubject::Walk);
    VERIFY_BUILT(built);
    auto started = StudentPolicies::start({*built}, {});
    VERIFY_BUILT(started);
    PolicyProcess& walker = *(*started)->walker();
    RunConfig config = crowded();
    config.vms.erase(config.vms.begin(), config.vms.begin() + 2);
    config.vms[0].operations = 0;
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(500));
    const VirtualMachine& vm = test.vm(0);
    const GuestPhysicalMemory& guest = vm.memory()->guest;
    const MachineMemory& machine = test.host().machine();
    const auto read = [&](policy::Space space, std::uint64_t address) -> std::optional<std::uint64_t> {
      if (space != policy::Space::Machine || address / kPageSize >= machine.frames().value()) return std::nullopt;
      std::uint64_t word = 0;
      std::memcpy(&word, machine.bytes(Mfn(address / kPageSize)).data() + address % kPageSize, sizeof word);
      return word;
    };
    std::map<policy::WalkEnd, int> ends;
    std::uint64_t most = 0;
    Random random(1, "addresses");
    for (int i = 0; i < 400; ++i) {
      // The identity map, the dynamic area, and anywhere.
      const std::uint64_t base = i % 4 == 0 ? 0 : i % 4 == 3 ? random.below(std::uint64_t{1} << 48) << 8 : std::uint64_t{1} << 40;
      const Gva address(base + random.below(6 * kMiB));
      policy::WalkQuestion question{};
      question.address = address.value();
      const Host::NestedWalk truth = test.host().walk(VmId(0), address);
      question.guest_root = truth.guest.stepCount > 0 ? truth.guest.steps[0].entryAt.value() & ~std::uint64_t{0xfff} : 0;
      question.nested_root = guest.table().root().value() * kPageSize;
      question.guest_memory = bytesOf(guest.memory()).value();
      const auto answered = askWalk(walker, question, read);
      QVERIFY2(answered.has_value(), walker.failure() ? walker.failure()->text.c_str() : "");
      ++ends[answered->answer.end];
      most = std::max(most, answered->machineReads);
      switch (truth.guest.end) {
        case GuestWalkEnd::NotCanonical: QCOMPARE(answered->answer.end, policy::WalkEnd::NotCanonical); break;
        case GuestWalkEnd::NotPresent: QCOMPARE(answered->answer.end, policy::WalkEnd::GuestFault); break;
        case GuestWalkEnd::Mapped: {
          QCOMPARE(answered->answer.guest_physical, truth.guest.address.value());
          const NptEntry entry = guest.entry(gfnOf(truth.guest.address));
          QCOMPARE(answered->answer.end, entry.present() ? policy::WalkEnd::Mapped : policy::WalkEnd::NestedFault);
          if (entry.present())
            QCOMPARE(answered->answer.machine, entry.mfn().value() * kPageSize + truth.guest.address.value() % kPageSize);
          break;
        }
        case GuestWalkEnd::OutsideMemory:
        case GuestWalkEnd::TableNotReadable:
        case GuestWalkEnd::ReservedBit: QFAIL("no guest of ours does that");
      }
    }
    QVERIFY(ends[policy::WalkEnd::Mapped] > 50 && ends[policy::WalkEnd::GuestFault] > 10 && ends[policy::WalkEnd::NotCanonical] > 10);
    QCOMPARE(most, 24u);
  }

 private:
  [[nodiscard]] PolicyResult<BuiltPolicy> example(const std::string& file, PolicySubject subject) {
    return build(subject, files_.write(file, examples_.at(file)));
  }
  Submissions files_;
  std::map<std::string, std::string> examples_;
  Ran builtin_;
};

OVERCOMMIT_TEST(SameAnswersTest)
#include "same_answers_test.moc"
