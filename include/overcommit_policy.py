# SPDX-License-Identifier: MIT
"""Policies of a hypervisor in Python: the same questions and answers as include/overcommit/*.h.

    from overcommit_policy import VictimPolicy, serve

    class LeastRecent(VictimPolicy):
        candidates_wanted = 16
        def choose(self, question, candidates):
            return min(range(len(candidates)), key=lambda i: candidates[i].seen)

    serve(LeastRecent())

Times are virtual nanoseconds, sizes pages of 4 KiB. docs/reference/student-policies.md tells what each question means.
"""

import mmap
import os
import struct
import sys
from collections import namedtuple

ABI_VERSION = 2

LEAVE, COMPARE_AND_SHARE = 0, 1
SWAP, ZIP = 0, 1
HIGH, CLEAR, SOFT, HARD, LOW = range(5)
HINT, SHARED = 0, 1
READ, WRITE = 0, 1
MAPPED, NOT_CANONICAL, GUEST_FAULT, NESTED_FAULT, OUTSIDE_MEMORY = range(5)

_HELLO, _REQUEST, _ANSWER, _READ = 0x4C50434F, 0x5150434F, 0x4150434F, 0x5250434F
_MESSAGES, _BUFFER = 3, 4
_ITEMS_AT, _BYTES_AT, _BUFFER_BYTES = 64 << 10, 1 << 20, (1 << 20) + 2 * 256 * 4096


def _value(name, form, fields):
    """A plain value: how it lies in the buffer, and its fields by name."""
    value = namedtuple(name, fields)
    value.form = struct.Struct("<" + form)
    return value


MatchQuestion = _value("MatchQuestion", "QQQQQHHB3xI4x", "hash known_hash salt known_salt gfn vm known_vm known sharers")
VictimCandidate = _value("VictimCandidate", "QQQI4x", "gfn placed seen sharers")
VictimQuestion = _value("VictimQuestion", "QIIH6x", "now first count vm")
ZipQuestion = _value("ZipQuestion", "QQQIH2x", "gfn frames most_frames bytes vm")
ZippedCandidate = _value("ZippedCandidate", "QQI4x", "gfn zipped bytes")
EvictQuestion = _value("EvictQuestion", "QIIH6x", "now first count vm")
FreeStateQuestion = _value("FreeStateQuestion", "QQQQQQQB7x", "free high soft hard low hysteresis clear current")
TargetsQuestion = _value("TargetsQuestion", "QIB3x", "available tax_percent progressive")
VmClaim = _value("VmClaim", "QQQQQQ", "shares configured reservation active limit wanted")
WalkQuestion = _value("WalkQuestion", "QQQQB7x", "address guest_root nested_root guest_memory access")
WalkAnswer = namedtuple("WalkAnswer", "end level guest_physical machine accessed dirty", defaults=(0, 0, 0, 0, 0))


class MatchPolicy:
    """Do two pages with an equal hash match? page and known are their 4096 bytes, or None unless wants_bytes."""

    kind, candidates_wanted, wants_bytes = 1, 1, False

    def match(self, question, page, known):
        raise NotImplementedError("write match(self, question, page, known)")

    def answer(self, engine, _request):
        return b"".join(
            bytes([self.match(question, engine.page(i, 0), engine.page(i, 1))])
            for i, question in enumerate(engine.questions(MatchQuestion))
        )


class VictimPolicy:
    """Which of the candidates leaves memory? The answer is its index."""

    kind, candidates_wanted, wants_bytes = 2, 16, False

    def choose(self, question, candidates):
        raise NotImplementedError("write choose(self, question, candidates)")

    def answer(self, engine, _request):
        candidates = engine.items(VictimCandidate)
        return b"".join(
            struct.pack("<I", self.choose(question, candidates[question.first : question.first + question.count]))
            for question in engine.questions(VictimQuestion)
        )


class ZipPolicy:
    """The compression cache: what comes in (ZIP or SWAP), and which of the candidates, oldest first, leaves a full one."""

    kind, candidates_wanted, wants_bytes = 3, 1, False

    def admit(self, question):
        raise NotImplementedError("write admit(self, question)")

    def evict(self, question, candidates):
        raise NotImplementedError("write evict(self, question, candidates)")

    def answer(self, engine, request):
        if request == 3:
            return bytes(self.admit(question) for question in engine.questions(ZipQuestion))
        candidates = engine.items(ZippedCandidate)
        return b"".join(
            struct.pack("<I", self.evict(question, candidates[question.first : question.first + question.count]))
            for question in engine.questions(EvictQuestion)
        )


class FreeStatePolicy:
    """The host's free-memory state: HIGH, CLEAR (only if question.clear is not 0), SOFT, HARD or LOW."""

    kind, candidates_wanted, wants_bytes = 4, 1, False

    def next(self, question):
        raise NotImplementedError("write next(self, question)")

    def answer(self, engine, _request):
        return bytes(self.next(question) for question in engine.questions(FreeStateQuestion))


class TargetsPolicy:
    """How many pages should each VM have? A list, one number a VM."""

    kind, candidates_wanted, wants_bytes = 5, 1, False

    def targets(self, question, vms):
        raise NotImplementedError("write targets(self, question, vms)")

    def answer(self, engine, _request):
        vms = engine.items(VmClaim)
        return struct.pack(f"<{len(vms)}Q", *self.targets(engine.questions(TargetsQuestion)[0], vms))


class Walker:
    """Where does a guest-virtual address lead? memory.machine(address) and memory.guest(address) read 8 bytes, and count."""

    kind, candidates_wanted, wants_bytes = 6, 1, False

    def walk(self, question, memory):
        raise NotImplementedError("write walk(self, question, memory)")

    def answer(self, engine, _request):
        return b"".join(
            struct.pack("<BBBB4xQQ", a.end, a.level, a.accessed, a.dirty, a.guest_physical, a.machine)
            for a in (self.walk(question, engine) for question in engine.questions(WalkQuestion))
        )


class _Engine:
    """The engine's end of the pipe, as a policy sees it."""

    def __init__(self):
        try:
            self._buffer = mmap.mmap(_BUFFER, _BUFFER_BYTES, mmap.MAP_SHARED, mmap.PROT_READ)
        except OSError:
            sys.exit("this program is a policy: the engine runs it (overcommit run SCENARIO --policy KIND=FILE)")
        self._questions = self._items = self._bytes = 0

    @staticmethod
    def send(message):
        while message:
            message = message[os.write(_MESSAGES, message) :]

    @staticmethod
    def receive(size):
        message = b""
        while len(message) < size:
            part = os.read(_MESSAGES, size - len(message))
            if not part:
                sys.exit(0)
            message += part
        return message

    def next(self):
        magic, kind, sequence, self._questions, self._items, self._bytes = struct.unpack("<6I", self.receive(24))
        if magic != _REQUEST:
            sys.exit("the engine sent something that is no request")
        return kind, sequence

    def _values(self, value, at, count):
        return [value(*fields) for fields in value.form.iter_unpack(self._buffer[at : at + count * value.form.size])]

    def questions(self, value):
        return self._values(value, 0, self._questions)

    def items(self, value):
        return self._values(value, _ITEMS_AT, self._items)

    def page(self, question, which):
        at = _BYTES_AT + (2 * question + which) * 4096
        return self._buffer[at : at + 4096] if self._bytes else None

    def _read(self, space, address):
        self.send(struct.pack("<IIQQ", _READ, space, address, 0))
        return struct.unpack("<QQ", self.receive(16))[0]

    def guest(self, address):
        return self._read(0, address)

    def machine(self, address):
        return self._read(1, address)


def serve(policy):
    """Answers the engine's questions until it has no more; never returns."""
    engine = _Engine()
    wants_bytes = 1 if policy.wants_bytes else 0
    engine.send(struct.pack("<6I", _HELLO, ABI_VERSION, policy.kind, policy.candidates_wanted, wants_bytes, 0))
    while True:
        kind, sequence = engine.next()
        answers = policy.answer(engine, kind)
        count = engine._items if kind == 6 else engine._questions
        sys.stdout.flush()
        engine.send(struct.pack("<6I", _ANSWER, kind, sequence, count, len(answers), 0) + answers)
