// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/elf_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "abi/overcommit_abi.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostHeaders = 64;

// A copy of the structure at `offset`; nothing if it does not lie wholly in the file.
template <typename T>
std::optional<T> readAt(std::span<const std::byte> file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

std::optional<Error> problemWithHeader(const Elf64_Ehdr& header) {
  const auto* ident = header.e_ident;
  if (ident[EI_CLASS] != ELFCLASS64) return Error{"it is not a 64-bit file (ELF class " + std::to_string(ident[EI_CLASS]) + ")"};
  if (ident[EI_DATA] != ELFDATA2LSB) return Error{"it is not little-endian"};
  if (ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT) return Error{"its ELF version is not 1"};
  if (header.e_machine != EM_X86_64) return Error{fmt::format("it is for machine type {}, not for x86-64", header.e_machine)};
  if (header.e_type == ET_REL) return Error{"it is an object file: link it first"};
  if (header.e_type == ET_DYN) return Error{"it is a shared object or position-independent: link it statically with -no-pie"};
  if (header.e_type != ET_EXEC) return Error{fmt::format("its type {} is not that of an executable", header.e_type)};
  if (header.e_ehsize != sizeof(Elf64_Ehdr))
    return Error{fmt::format("its header claims {} bytes instead of {}", header.e_ehsize, sizeof(Elf64_Ehdr))};
  if (header.e_phnum == 0) return Error{"it has no program headers: nothing to load"};
  if (header.e_phentsize != sizeof(Elf64_Phdr)) {
    return Error{fmt::format("its program headers claim {} bytes each instead of {}", header.e_phentsize, sizeof(Elf64_Phdr))};
  }
  if (header.e_phnum > kMostHeaders)
    return Error{fmt::format("it has {} program headers; at most {} are accepted", header.e_phnum, kMostHeaders)};
  return std::nullopt;
}

// What makes a whole file unusable whatever the header's fields say.
std::optional<Error> problemWithKind(const Elf64_Phdr& program) {
  if (program.p_type == PT_INTERP) return Error{"it asks for a dynamic linker: link it with -static"};
  if (program.p_type == PT_DYNAMIC) return Error{"it has a dynamic section: link it with -static -no-pie"};
  if (program.p_type == PT_TLS) return Error{"it has thread-local storage, which a kernel without threads cannot set up"};
  return std::nullopt;
}

std::optional<Error> problemWithSegment(const Elf64_Phdr& program, std::size_t index, std::uint64_t fileSize, Bytes memory) {
  const auto problem = [index](const std::string& text) { return Error{fmt::format("segment {} {}", index, text)}; };
  if (program.p_filesz > program.p_memsz) {
    return problem(fmt::format("has more bytes in the file ({}) than in memory ({})", program.p_filesz, program.p_memsz));
  }
  if (program.p_offset > fileSize || fileSize - program.p_offset < program.p_filesz) {
    return problem(fmt::format("lies outside the file: {} bytes at offset {} of {}", program.p_filesz, program.p_offset, fileSize));
  }
  if (program.p_paddr < OC_IMAGE_LOWEST_ADDRESS) {
    return problem(fmt::format("lies at physical address {:#x}, below {:#x}", program.p_paddr, OC_IMAGE_LOWEST_ADDRESS));
  }
  if (program.p_paddr > memory.value() || memory.value() - program.p_paddr < program.p_memsz) {
    return problem(
        fmt::format("of {} bytes at {:#x} lies outside the VM's memory of {} bytes", program.p_memsz, program.p_paddr, memory.value()));
  }
  if (program.p_vaddr != program.p_paddr) {
    return problem(fmt::format("has virtual address {:#x} but physical address {:#x}: the kernel runs identity mapped", program.p_vaddr,
                               program.p_paddr));
  }
  return std::nullopt;
}

}  // namespace

Result<ElfImage> parseElf(std::span<const std::byte> file, Bytes memory) {
  const auto reject = [](const Error& why) { return failure("cannot load this guest kernel: {}", why.text); };

  const auto magic = readAt<std::array<unsigned char, SELFMAG>>(file, 0);
  if (!magic || std::memcmp(magic->data(), ELFMAG, SELFMAG) != 0) return reject({"it is not an ELF file"});
  const auto header = readAt<Elf64_Ehdr>(file, 0);
  if (!header) return reject({fmt::format("it ends within its header, after {} bytes", file.size())});
  if (const auto problem = problemWithHeader(*header)) return reject(*problem);

  ElfImage image{Gpa(header->e_entry), Gpa(), {}};
  for (std::size_t i = 0; i < header->e_phnum; ++i) {
    const std::uint64_t tableAt = header->e_phoff;
    const std::optional<Elf64_Phdr> program =
        tableAt > file.size() ? std::nullopt : readAt<Elf64_Phdr>(file, tableAt + i * sizeof(Elf64_Phdr));
    if (!program) return reject({fmt::format("its program header {} lies outside the file of {} bytes", i, file.size())});
    if (const auto problem = problemWithKind(*program)) return reject(*problem);
    if (program->p_type != PT_LOAD || program->p_memsz == 0) continue;
    if (const auto problem = problemWithSegment(*program, i, file.size(), memory)) return reject(*problem);
    image.segments.push_back({Gpa(program->p_paddr), file.subspan(program->p_offset, program->p_filesz), Bytes(program->p_memsz),
                              (program->p_flags & PF_W) != 0, (program->p_flags & PF_X) != 0});
  }
  if (image.segments.empty()) return reject({"it has no loadable segment"});

  std::sort(image.segments.begin(), image.segments.end(), [](const ElfSegment& a, const ElfSegment& b) { return a.address < b.address; });
  std::uint64_t end = 0;
  bool entryIsCode = false;
  for (const ElfSegment& segment : image.segments) {
    const std::uint64_t start = segment.address.value();
    if (start < end) return reject({fmt::format("two segments overlap at {:#x}", start)});
    end = start + segment.memory.value();
    entryIsCode = entryIsCode || (segment.executable && image.entry.value() >= start && image.entry.value() < end);
  }
  if (!entryIsCode) return reject({fmt::format("its entry point {:#x} lies in no executable segment", image.entry.value())});
  image.end = Gpa(bytesOf(pagesOf(Bytes(end))).value());
  return image;
}

}  // namespace overcommit
