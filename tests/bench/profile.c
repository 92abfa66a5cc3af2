// SPDX-License-Identifier: GPL-2.0
/*
 * A TCG plugin of QEMU: counts the instructions at each address between two marks.
 *
 *	-plugin profile.so,begin=HEX,end=HEX,out=FILE
 *
 * The marks are addresses of functions of the bench program. When it passes them for the first
 * time, nothing is counted, but from then on each instruction is instrumented: the boot before that
 * is as fast as without the plugin. For each later time, FILE has a line "begin", and a line
 * "ADDRESS COUNT" for each address. A string instruction counts once per repetition.
 *
 * Debian's QEMU has no package with qemu-plugin.h, so the parts of it that are used are declared
 * here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*cb)(unsigned int, void *),
					    enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_reset(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t));

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 4;

/* Slots are found by address; a used slot belongs to its address permanently. */
#define SLOTS (1u << 20)

struct slot {
	uint64_t address;
	uint64_t count;
};

static struct slot *slots;
static uint64_t begin, end;
static bool counting;
static FILE *out;
static qemu_plugin_id_t self;

static struct slot *slot_of(uint64_t address)
{
	uint64_t i = address * 0x9e3779b97f4a7c15 >> 44;

	while (slots[i].address && slots[i].address != address)
		i = (i + 1) % SLOTS;
	slots[i].address = address;
	return &slots[i];
}

static void start_counting(void)
{
	for (size_t i = 0; i < SLOTS; i++)
		slots[i].count = 0;
	counting = true;
}

static void stop_counting(void)
{
	counting = false;
	fprintf(out, "begin\n");
	for (size_t i = 0; i < SLOTS; i++)
		if (slots[i].count)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n", slots[i].address, slots[i].count);
	fflush(out);
}

static void executed(unsigned int cpu, void *data)
{
	struct slot *slot = data;

	(void)cpu;
	if (slot->address == begin)
		start_counting();
	else if (slot->address == end && counting)
		stop_counting();
	else if (counting)
		slot->count++;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, QEMU_PLUGIN_CB_NO_REGS,
						       slot_of(qemu_plugin_insn_vaddr(insn)));
	}
}

/* Called after all code translated so far was discarded. */
static void instrument(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
}

static void passed_first(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	qemu_plugin_reset(self, instrument);
}

static void translated_before(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_vaddr(insn) == end)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, passed_first, QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	self = id;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "begin=", 6))
			begin = strtoull(argv[i] + 6, NULL, 16);
		else if (!strncmp(argv[i], "end=", 4))
			end = strtoull(argv[i] + 4, NULL, 16);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	}
	slots = calloc(SLOTS, sizeof(*slots));
	if (!begin || !end || !out || !slots) {
		fprintf(stderr, "profile: begin=, end= and out=, or memory, are missing\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated_before);
	return 0;
}
