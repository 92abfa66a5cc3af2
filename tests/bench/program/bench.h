/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the parts of the bench program. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* The subject of a measurement: a device of a module, or a file. */
struct subject {
	const char *name;
	const char *path;
	const char *module;	/* NULL: it exists already */
	const char *log_module;	/* logs what is written to it, in `log` */
	const char *log;
};

extern const struct subject subjects[];

/* A file of a subject that is being measured. */
struct target {
	const struct subject *subject;
	int fd;
	int append;	/* the same, opened with O_APPEND */
	int log;	/* the log's, or -1 */
};

/* An operation. `run` performs it `count` times and returns a negative errno on failure. */
struct operation {
	const char *name;
	int count;
	void (*prepare)(struct target *target);
	long (*run)(struct target *target, int count);
	bool logged;	/* with the module that logs loaded */
};

extern const struct operation operations[];

/* Measures or profiles an operation on a target. */
typedef void work_on(struct target *target, const struct operation *operation);

/* Calls `work` for each wanted operation of a list, whose last entry has no name. */
void work_on_all(struct target *target, const struct operation *operations, work_on *work);

/* Loads the modules of disks and interfaces, if one of their operations is wanted. */
void load_types(void);
/* Calls `work` for each wanted operation of disks and interfaces. */
void each_type(work_on *work);

/* Measures the times of each wanted operation that can be performed on two CPUs at once. */
void time_all(void);

bool is_wanted(const char *operation);
bool load(const char *module, const char *parameters);
/* Fills the first 64 KiB of a file. */
bool fill(int fd, const char *path);
void failed(const char *what, const char *which, int error);

/* The body of an operation: repeats the call until it fails, or `count` times. */
#define REPEAT(expression)					\
	do {							\
		long result = 0;				\
								\
		for (int i = 0; i < count; i++) {		\
			result = (expression);			\
			if (__builtin_expect(result < 0, 0))	\
				break;				\
		}						\
		return result;					\
	} while (0)

/* The `prepare` of an operation that needs none. */
void nothing(struct target *target);

/* Opens the files that operations use besides their target. */
void prepare_operations(void);

/* Makes a system call, with a sixth argument of 0. Returns a negative errno on failure. */
static inline long call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#endif
