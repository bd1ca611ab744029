# SPDX-License-Identifier: GPL-2.0-or-later
# Guests are x86-64 on every processor. Only an x86-64 processor runs them on KVM, so other builds leave the KVM back end out, with what tests
# it; core/cpu/kvm_absent.cpp says so where it is asked for.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(OVERCOMMIT_LEFT_OUT "/kvm_absent\\.cpp$")
else()
  set(OVERCOMMIT_LEFT_OUT "/(kvm_(backend|exit_text|system|vcpu)|(kvm|kvm_host|kvm_vcpu)_test|kvm_bench)\\.cpp$")
endif()
