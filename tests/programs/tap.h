/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP for tests in C. A program is made of families of checks, each with the
 * number of its checks; each runs in a process of its own, so that one that
 * dies takes no other with it.
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

struct family {
	const char *name;
	int checks;
	void (*run)(void);
};

/*
 * What a family may take, in seconds, before it is taken for hung; PATIENCE=10 makes it ten times
 * that.
 */
extern int family_limit;

/*
 * Runs the families that are named, all of them if none is, and returns the
 * status to exit with. The last family has no name. NAME@32 is that family of
 * the program's 32-bit build.
 */
int run_families(const struct family *families, char **names);

/* What a system call returned, an error as the negative errno. */
#define R(call) ({ long long r_ = (call); r_ == -1 ? -errno : r_; })

/* The same of mmap, 0 if it succeeded. */
#define RMAP(call) ((call) == MAP_FAILED ? -errno : 0)

/* One check: the condition holds. */
bool ok(bool condition, const char *name, ...)
	__attribute__((format(printf, 2, 3)));

/* One check: this value is the wanted one; negative ones are errnos. */
bool gives(long long got, long long wanted, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/* One check: these bytes are the wanted ones. */
bool same(const void *got, const void *wanted, size_t count, const char *name, ...)
	__attribute__((format(printf, 4, 5)));

void diag(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* Ends the family: a call that must not fail has failed. */
#define die(...) die_at(__FILE__, __LINE__, __VA_ARGS__)
void die_at(const char *file, int line, const char *what, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* For calls that only prepare a check. */
#define must(call) ({					\
	long long m_ = (long long)(call);		\
	if (m_ == -1)					\
		die(#call);				\
	m_;						\
})

#endif
