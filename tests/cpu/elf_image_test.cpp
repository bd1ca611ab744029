// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/elf_image.h"

#include <elf.h>

#include <cstring>
#include <functional>

#include "base/random.h"
#include "support/test.h"

using namespace overcommit;

namespace {

constexpr Bytes kMemory{16u << 20};

// An ELF file with a code segment at 1 MiB and a data segment with zeros behind it at 1 MiB + 64 KiB.
struct ElfFile {
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> programs{2};
  std::vector<std::byte> contents = std::vector<std::byte>(4096, std::byte{0x90});

  ElfFile() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = 0x10'0010;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 2;
    programs[0] = {PT_LOAD, PF_R | PF_X, 0x400, 0x10'0000, 0x10'0000, 0x200, 0x200, 0x1000};
    programs[1] = {PT_LOAD, PF_R | PF_W, 0x600, 0x11'0000, 0x11'0000, 0x100, 0x2345, 0x1000};
  }

  [[nodiscard]] std::vector<std::byte> bytes() const {
    std::vector<std::byte> file = contents;
    std::memcpy(file.data(), &header, sizeof header);
    for (std::size_t i = 0; i < programs.size(); ++i)
      std::memcpy(&file[sizeof header + i * sizeof(Elf64_Phdr)], &programs[i], sizeof(Elf64_Phdr));
    return file;
  }
};

struct Malformation {
  const char* name;
  std::function<void(ElfFile&)> damage;
  const char* reason;
};

std::vector<Malformation> malformations() {
  constexpr std::uint64_t kHuge = 0xffff'ffff'ffff'f000;
  return {
      {"wrong magic", [](ElfFile& f) { f.header.e_ident[1] = 'X'; }, "it is not an ELF file"},
      {"empty file", [](ElfFile& f) { f.contents.clear(); }, "it is not an ELF file"},
      {"32 bits", [](ElfFile& f) { f.header.e_ident[EI_CLASS] = ELFCLASS32; }, "it is not a 64-bit file (ELF class 1)"},
      {"big-endian", [](ElfFile& f) { f.header.e_ident[EI_DATA] = ELFDATA2MSB; }, "it is not little-endian"},
      {"version in the identification", [](ElfFile& f) { f.header.e_ident[EI_VERSION] = 7; }, "its ELF version is not 1"},
      {"version in the header", [](ElfFile& f) { f.header.e_version = 7; }, "its ELF version is not 1"},
      {"another machine", [](ElfFile& f) { f.header.e_machine = EM_AARCH64; }, "it is for machine type 183, not for x86-64"},
      {"object file", [](ElfFile& f) { f.header.e_type = ET_REL; }, "it is an object file: link it first"},
      {"shared object", [](ElfFile& f) { f.header.e_type = ET_DYN; },
       "it is a shared object or position-independent: link it statically with -no-pie"},
      {"core dump", [](ElfFile& f) { f.header.e_type = ET_CORE; }, "its type 4 is not that of an executable"},
      {"header size", [](ElfFile& f) { f.header.e_ehsize = 52; }, "its header claims 52 bytes instead of 64"},
      {"no program headers", [](ElfFile& f) { f.header.e_phnum = 0; }, "it has no program headers: nothing to load"},
      {"program header size", [](ElfFile& f) { f.header.e_phentsize = 32; }, "its program headers claim 32 bytes each instead of 56"},
      {"too many program headers", [](ElfFile& f) { f.header.e_phnum = 65; }, "it has 65 program headers; at most 64 are accepted"},
      {"program headers behind the end", [](ElfFile& f) { f.header.e_phoff = 4096 - 100; },
       "its program header 1 lies outside the file of 4096 bytes"},
      {"program headers at a huge offset", [](ElfFile& f) { f.header.e_phoff = ~std::uint64_t{0} - 20; },
       "its program header 0 lies outside the file"},
      {"interpreter", [](ElfFile& f) { f.programs[0].p_type = PT_INTERP; }, "it asks for a dynamic linker: link it with -static"},
      {"dynamic section", [](ElfFile& f) { f.programs[0].p_type = PT_DYNAMIC; }, "it has a dynamic section: link it with -static -no-pie"},
      {"thread-local storage", [](ElfFile& f) { f.programs[1].p_type = PT_TLS; }, "it has thread-local storage"},
      {"larger in the file than in memory", [](ElfFile& f) { f.programs[1].p_memsz = 0xff; },
       "segment 1 has more bytes in the file (256) than in memory (255)"},
      {"segment behind the end of the file", [](ElfFile& f) { f.programs[1].p_offset = 4000; },
       "segment 1 lies outside the file: 256 bytes at offset 4000 of 4096"},
      {"segment at a huge offset", [](ElfFile& f) { f.programs[1].p_offset = kHuge; }, "segment 1 lies outside the file"},
      {"huge size in the file", [](ElfFile& f) { f.programs[1].p_filesz = f.programs[1].p_memsz = kHuge; },
       "segment 1 lies outside the file"},
      {"below 1 MiB", [](ElfFile& f) { f.programs[0].p_paddr = f.programs[0].p_vaddr = 0xff000; },
       "segment 0 lies at physical address 0xff000, below 0x100000"},
      {"beyond memory", [](ElfFile& f) { f.programs[1].p_paddr = f.programs[1].p_vaddr = 0xff'f000; },
       "segment 1 of 9029 bytes at 0xfff000 lies outside the VM's memory of 16777216 bytes"},
      {"at a huge address", [](ElfFile& f) { f.programs[1].p_paddr = f.programs[1].p_vaddr = kHuge; }, "lies outside the VM's memory"},
      {"huge size in memory", [](ElfFile& f) { f.programs[1].p_memsz = kHuge; }, "lies outside the VM's memory"},
      {"another virtual address", [](ElfFile& f) { f.programs[0].p_vaddr = 0xffff'ffff'8010'0000; },
       "segment 0 has virtual address 0xffffffff80100000 but physical address 0x100000"},
      {"overlapping segments", [](ElfFile& f) { f.programs[1].p_paddr = f.programs[1].p_vaddr = 0x10'01ff; },
       "two segments overlap at 0x1001ff"},
      {"no loadable segment", [](ElfFile& f) { f.programs[0].p_type = f.programs[1].p_type = PT_NOTE; }, "it has no loadable segment"},
      {"entry in data", [](ElfFile& f) { f.header.e_entry = 0x11'0000; }, "its entry point 0x110000 lies in no executable segment"},
      {"entry behind the code", [](ElfFile& f) { f.header.e_entry = 0x10'0200; }, "its entry point 0x100200 lies in no executable segment"},
  };
}

}  // namespace

class ElfImageTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void goodFileIsRead();
  void segmentsComeInOrderOfTheirAddresses();
  void otherProgramHeadersAreSkipped();
  void everyMalformationHasAReasonOfItsOwn_data();
  void everyMalformationHasAReasonOfItsOwn();
  void everyCutIsRejectedOrHarmless();
  void randomDamageNeverEscapesTheFileOrMemory();
};

void ElfImageTest::goodFileIsRead() {
  const auto file = ElfFile().bytes();
  const auto image = parseElf(file, kMemory);
  VERIFY_OK(image);
  QCOMPARE(image->entry, Gpa(0x10'0010));
  QCOMPARE(image->end, Gpa(0x11'3000));
  QCOMPARE(image->segments.size(), std::size_t{2});
  const ElfSegment& code = image->segments[0];
  QCOMPARE(code.address, Gpa(0x10'0000));
  QCOMPARE(code.bytes.data(), file.data() + 0x400);
  QCOMPARE(code.bytes.size(), std::size_t{0x200});
  QVERIFY(code.executable && !code.writable);
  const ElfSegment& data = image->segments[1];
  QCOMPARE(data.bytes.size(), std::size_t{0x100});
  QCOMPARE(data.memory, Bytes(0x2345));
  QVERIFY(!data.executable && data.writable);
}

void ElfImageTest::segmentsComeInOrderOfTheirAddresses() {
  ElfFile file;
  std::swap(file.programs[0], file.programs[1]);
  const auto bytes = file.bytes();
  const auto image = parseElf(bytes, kMemory);
  VERIFY_OK(image);
  QVERIFY(image->segments[0].address < image->segments[1].address);
}

void ElfImageTest::otherProgramHeadersAreSkipped() {
  ElfFile file;
  file.header.e_phnum = 4;
  file.programs.push_back({PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16});
  file.programs.push_back({PT_LOAD, PF_R, 0, 0, 0, 0, 0, 0});  // empty: linkers leave such behind
  const auto bytes = file.bytes();
  const auto image = parseElf(bytes, kMemory);
  VERIFY_OK(image);
  QCOMPARE(image->segments.size(), std::size_t{2});
}

void ElfImageTest::everyMalformationHasAReasonOfItsOwn_data() {
  QTest::addColumn<int>("number");
  int number = 0;
  for (const Malformation& malformation : malformations()) QTest::newRow(malformation.name) << number++;
}

void ElfImageTest::everyMalformationHasAReasonOfItsOwn() {
  QFETCH(int, number);
  const Malformation malformation = malformations()[static_cast<std::size_t>(number)];
  ElfFile file;
  malformation.damage(file);
  const auto bytes = file.contents.empty() ? std::vector<std::byte>() : file.bytes();
  const auto image = parseElf(bytes, kMemory);
  QVERIFY(!image);
  QVERIFY2(image.error().text.find("cannot load this guest kernel: " + std::string(malformation.reason)) == 0 ||
               image.error().text.find(malformation.reason) != std::string::npos,
           image.error().text.c_str());
}

void ElfImageTest::everyCutIsRejectedOrHarmless() {
  const auto whole = ElfFile().bytes();
  for (std::size_t length = 0; length < 0x700; ++length) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    QVERIFY(!parseElf(cut, kMemory));
  }
}

void ElfImageTest::randomDamageNeverEscapesTheFileOrMemory() {
  const auto whole = ElfFile().bytes();
  Random random(1, "elf damage");
  for (int round = 0; round < 20'000; ++round) {
    auto file = whole;
    for (std::uint64_t i = 0; i <= random.below(4); ++i) file[random.below(0xb0)] = static_cast<std::byte>(random.below(256));
    const auto image = parseElf(file, kMemory);
    if (!image) continue;
    QVERIFY(image->end.value() <= kMemory.value());
    for (const ElfSegment& segment : image->segments) {
      QVERIFY(segment.bytes.data() >= file.data() && segment.bytes.data() + segment.bytes.size() <= file.data() + file.size());
      QVERIFY(segment.address.value() >= 0x10'0000 && segment.address.value() + segment.memory.value() <= kMemory.value());
    }
  }
}

OVERCOMMIT_TEST(ElfImageTest)
#include "elf_image_test.moc"
