// SPDX-License-Identifier: GPL-2.0
/*
 * Records which of KCOV's trace points in the modules below were passed, by any process, from init
 * to exit: KCOV itself follows one task at a time. /sys/kernel/debug/coverage has a line for each
 * point: the module, "text" or "init", and the point's offset in that memory of the module. The
 * points are kept when a module is unloaded.
 */
#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#define LARGEST SZ_256K

/* The size is 0 while the memory is not the module's. */
static struct watched {
	const char *module, *memory;
	enum mod_mem_type type;
	u32 names;
	unsigned long base, size;
	DECLARE_BITMAP(passed, LARGEST);
} watched[] = {
	{ "hello", "text", MOD_TEXT },
	{ "hello", "init", MOD_INIT_TEXT },
	{ "hello_log", "text", MOD_TEXT },
	{ "hello_log", "init", MOD_INIT_TEXT },
	/* Generic and inlined code is compiled into other modules, such as these. */
	{ "attributes", "text", MOD_TEXT },
	{ "dynamic", "text", MOD_TEXT },
	{ "everything", "text", MOD_TEXT },
	{ "hostile", "text", MOD_TEXT },
	{ "nodes", "text", MOD_TEXT },
	{ "pipe", "text", MOD_TEXT },
	{ "retract", "text", MOD_TEXT },
	{ "reuse", "text", MOD_TEXT },
	{ "scratch", "text", MOD_TEXT },
	{ "single", "text", MOD_TEXT },
	{ "tally", "text", MOD_TEXT },
	{ "waits", "text", MOD_TEXT },
	{ "window", "text", MOD_TEXT },
};

/* A test also loads another hello, whose symbol names contain another hash. */
static u32 names(const struct module *module)
{
	const struct mod_kallsyms *symbols;
	unsigned int i;
	u32 hash = 0;

	rcu_read_lock();
	symbols = rcu_dereference(module->kallsyms);
	for (i = 0; i < symbols->num_symtab; i++) {
		const char *name = symbols->strtab + symbols->symtab[i].st_name;

		hash = full_name_hash((void *)(unsigned long)hash, name, strlen(name));
	}
	rcu_read_unlock();
	return hash;
}

static void watch(struct watched *w, const struct module *module)
{
	const struct module_memory *memory = &module->mem[w->type];
	u32 hash = names(module);

	if (w->names && w->names != hash)
		return;
	w->names = hash;
	if (memory->size > LARGEST)
		pr_err("%s of %s is larger than %u: not all of it is noted\n", w->memory, w->module, LARGEST);
	WRITE_ONCE(w->base, (unsigned long)memory->base);
	smp_store_release(&w->size, min(memory->size, LARGEST));
}

static int follow(struct notifier_block *block, unsigned long state, void *data)
{
	const struct module *module = data;
	struct watched *w;

	for (w = watched; w < watched + ARRAY_SIZE(watched); w++) {
		if (strcmp(w->module, module->name))
			continue;
		if (state == MODULE_STATE_COMING)
			watch(w, module);
		else if (state == MODULE_STATE_GOING || w->type == MOD_INIT_TEXT)
			WRITE_ONCE(w->size, 0);
	}
	return NOTIFY_OK;
}

/*
 * Called at the first instruction of the function that the points call: the return address is on
 * the stack.
 */
static int note(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long offset, point = *(unsigned long *)regs->sp;
	struct watched *w;

	for (w = watched; w < watched + ARRAY_SIZE(watched); w++) {
		unsigned long size = smp_load_acquire(&w->size);

		offset = point - READ_ONCE(w->base);
		if (offset < size && !test_bit(offset, w->passed))
			set_bit(offset, w->passed);
	}
	return 0;
}

static int coverage_show(struct seq_file *file, void *data)
{
	unsigned long offset;
	struct watched *w;

	for (w = watched; w < watched + ARRAY_SIZE(watched); w++)
		for_each_set_bit(offset, w->passed, LARGEST)
			seq_printf(file, "%s %s %lx\n", w->module, w->memory, offset);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(coverage);

static struct kprobe probe = { .symbol_name = "__sanitizer_cov_trace_pc", .pre_handler = note };
static struct notifier_block block = { .notifier_call = follow };
static struct dentry *file;

static int __init coverage_init(void)
{
	int error = register_module_notifier(&block);

	if (error)
		return error;
	error = register_kprobe(&probe);
	if (error)
		unregister_module_notifier(&block);
	else
		file = debugfs_create_file("coverage", 0400, NULL, NULL, &coverage_fops);
	return error;
}

static void __exit coverage_exit(void)
{
	debugfs_remove(file);
	unregister_kprobe(&probe);
	unregister_module_notifier(&block);
}

module_init(coverage_init);
module_exit(coverage_exit);
MODULE_DESCRIPTION("Notes which lines of hello, hello_log and test modules were run");
MODULE_LICENSE("GPL");
