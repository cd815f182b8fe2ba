// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-capability.c: Kerrighed's capabilities, a call for each ioctl.
 */
#include "kerrighed.h"
#include "krg-application.h"

#include <stdint.h>
#include <ssi/app.h>

_Static_assert(sizeof(krg_cap_t) == sizeof(struct ksys_cap),
	       "the library's sets are the kernel's");

int krg_capset(const krg_cap_t *caps)
{
	return call_kerrighed_services(KSYS_SET_CAP, (void *)caps);
}

int krg_capget(krg_cap_t *caps)
{
	return call_kerrighed_services(KSYS_GET_CAP, caps);
}

int krg_father_capset(const krg_cap_t *caps)
{
	return call_kerrighed_services(KSYS_SET_FATHER_CAP, (void *)caps);
}

int krg_father_capget(krg_cap_t *caps)
{
	return call_kerrighed_services(KSYS_GET_FATHER_CAP, caps);
}

int krg_pid_capset(pid_t pid, const krg_cap_t *caps)
{
	struct ksys_cap_pid args = { .pid = pid, .caps = (uintptr_t)caps };

	return call_kerrighed_services(KSYS_SET_PID_CAP, &args);
}

int krg_pid_capget(pid_t pid, krg_cap_t *caps)
{
	struct ksys_cap_pid args = { .pid = pid, .caps = (uintptr_t)caps };

	return call_kerrighed_services(KSYS_GET_PID_CAP, &args);
}

int krg_cap_get_supported(int *set)
{
	return call_kerrighed_services(KSYS_GET_SUPPORTED_CAP, set);
}
