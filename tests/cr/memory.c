// SPDX-License-Identifier: GPL-2.0-only
/* memory.c: every kind of private memory, and what its pages say. */
#include "program.h"

#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE	4096ul
#define PAGES	300ul

static char data[3 * PAGE] = "data";
static char bss[5 * PAGE];

static void fill(unsigned char *at, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		at[i] = seed >> 16;
	}
}

static int is_filled(const unsigned char *at, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		if (at[i] != (unsigned char)(seed >> 16))
			return 0;
	}
	return 1;
}

static unsigned char *map(size_t len, int flags, int fd)
{
	unsigned char *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
				 flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	must(at != MAP_FAILED);
	return at;
}

static int has_flag(const void *at, const char *flag)
{
	char line[512], wanted[32];
	FILE *file = fopen("/proc/self/smaps", "r");
	int inside = 0, found = 0;
	unsigned long start, end;

	snprintf(wanted, sizeof(wanted), " %s ", flag);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (unsigned long)at >= start &&
				 (unsigned long)at < end;
		if (inside && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, wanted) != NULL;
	}
	fclose(file);
	return found;
}

int main(int argc, char **argv)
{
	unsigned char *anon, *sparse, *readonly, *none, *private, *shared, *heap;
	unsigned char *advised, *stack = alloca(20 * PAGE);
	void *brk_end;
	int fd;

	(void)argc;
	begin(argv);
	fill((unsigned char *)data, sizeof(data), 1);
	fill((unsigned char *)bss + PAGE, PAGE, 2);
	fill(stack, 20 * PAGE, 3);
	anon = map(PAGES * PAGE, MAP_PRIVATE, -1);
	fill(anon, PAGES * PAGE, 4);
	sparse = map(1ul << 32, MAP_PRIVATE | MAP_NORESERVE, -1);
	fill(sparse + (1ul << 31), 3 * PAGE, 5);
	readonly = map(4 * PAGE, MAP_PRIVATE, -1);
	fill(readonly, 4 * PAGE, 6);
	must(!mprotect(readonly, 4 * PAGE, PROT_READ));
	none = map(4 * PAGE, MAP_PRIVATE, -1);
	fill(none, 4 * PAGE, 7);
	must(!mprotect(none, 4 * PAGE, PROT_NONE));
	fd = open("memory.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0 && !ftruncate(fd, 8 * PAGE));
	private = map(8 * PAGE, MAP_PRIVATE, fd);
	fill(private + 2 * PAGE, PAGE, 8);
	shared = map(8 * PAGE, MAP_SHARED, fd);
	fill(shared + 5 * PAGE, PAGE, 9);
	must(!close(fd));
	advised = map(16 * PAGE, MAP_PRIVATE, -1);
	must(!madvise(advised, 4 * PAGE, MADV_DONTFORK));
	must(!madvise(advised + 4 * PAGE, 4 * PAGE, MADV_DONTDUMP));
	must(!madvise(advised + 8 * PAGE, 4 * PAGE, MADV_WIPEONFORK));
	must(!mlock(advised + 12 * PAGE, 4 * PAGE));
	heap = sbrk(64 * PAGE);
	fill(heap, 64 * PAGE, 10);
	brk_end = sbrk(0);

	wait_until_told();

	/* First, for the C library moves it too. */
	must(sbrk(0) >= brk_end && is_filled(heap, 64 * PAGE, 10));
	must(sbrk(PAGE) >= brk_end);
	must(is_filled((unsigned char *)data, sizeof(data), 1));
	must(!bss[0] && is_filled((unsigned char *)bss + PAGE, PAGE, 2));
	must(is_filled(stack, 20 * PAGE, 3));
	must(is_filled(anon, PAGES * PAGE, 4));
	must(is_filled(sparse + (1ul << 31), 3 * PAGE, 5));
	must(!sparse[0] && !sparse[(1ul << 32) - 1]);
	must(is_filled(readonly, 4 * PAGE, 6) && has_flag(readonly, "rd") &&
	     !has_flag(readonly, "wr"));
	must(!has_flag(none, "rd") && !mprotect(none, 4 * PAGE, PROT_READ));
	must(is_filled(none, 4 * PAGE, 7));
	must(is_filled(private + 2 * PAGE, PAGE, 8) && !private[7 * PAGE]);
	must(is_filled(private + 5 * PAGE, PAGE, 9));
	must(is_filled(shared + 5 * PAGE, PAGE, 9) && !shared[2 * PAGE]);
	must(has_flag(advised, "dc") && has_flag(advised + 4 * PAGE, "dd") &&
	     has_flag(advised + 8 * PAGE, "wf") &&
	     has_flag(advised + 12 * PAGE, "lo"));
	/* A stack that still grows */
	fill(alloca(200 * PAGE), 200 * PAGE, 11);
	say("pass");
	return 0;
}
