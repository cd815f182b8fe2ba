// SPDX-License-Identifier: GPL-2.0-only
/*
 * bite.c: one bug for each sanitizer, made when the module is loaded with
 * bug=NAME.  For tests/sanitize/bite.sh, which asserts that each is reported;
 * never part of anything that is installed.
 *
 *	leak	memory that nothing points to		kmemleak
 *	atomic	may sleep with a spinlock held		DEBUG_ATOMIC_SLEEP
 *	rcu	dereference outside a read section	PROVE_RCU
 *	abba	two mutexes in both orders		PROVE_LOCKING
 *	write	one byte past an object			KASAN
 *	free	a byte of an object that is freed	KASAN
 *	index	beyond an array inside a struct		UBSAN_BOUNDS
 *	timer	frees an object with a pending timer	DEBUG_OBJECTS
 *	list	adds a list entry twice			DEBUG_LIST
 */
#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

#define OBJECT_BYTES 40
#define LEAKS 8

struct pair {
	int low[4];
	int high[4];
};

struct timed {
	struct timer_list timer;
};

static char *bug = "";
module_param(bug, charp, 0);
MODULE_PARM_DESC(bug, "which one");

static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(mutex_a);
static DEFINE_MUTEX(mutex_b);
static int __rcu *shared;
static struct pair pair;

static void bite_leak(void)
{
	void *object;
	int i;

	/* Several: a stale copy on a stack may hide one. */
	for (i = 0; i < LEAKS; i++) {
		object = kmalloc(OBJECT_BYTES, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(object);
	}
}

static void bite_atomic(void)
{
	void *object;

	spin_lock(&spin);
	object = kmalloc(OBJECT_BYTES, GFP_KERNEL);
	spin_unlock(&spin);
	kfree(object);
}

static void bite_rcu(void)
{
	if (rcu_dereference(shared))
		pr_info("never\n");
}

static void bite_abba(void)
{
	mutex_lock(&mutex_a);
	mutex_lock(&mutex_b);
	mutex_unlock(&mutex_b);
	mutex_unlock(&mutex_a);

	mutex_lock(&mutex_b);
	mutex_lock(&mutex_a);
	mutex_unlock(&mutex_a);
	mutex_unlock(&mutex_b);
}

static void bite_write(void)
{
	char *object = kmalloc(OBJECT_BYTES, GFP_KERNEL);
	size_t past = OBJECT_BYTES;

	if (!object)
		return;
	OPTIMIZER_HIDE_VAR(past);
	WRITE_ONCE(object[past], 1);
	kfree(object);
}

static void bite_free(void)
{
	char *object = kmalloc(OBJECT_BYTES, GFP_KERNEL);
	char *stale = object;

	OPTIMIZER_HIDE_VAR(stale);
	kfree(object);
	WRITE_ONCE(*stale, 1);
}

static void bite_index(void)
{
	/* One past the end would be a valid address, which is what is taken. */
	size_t past = ARRAY_SIZE(pair.low) + 1;

	/* Memory of the same struct: only the type tells. */
	OPTIMIZER_HIDE_VAR(past);
	WRITE_ONCE(pair.low[past], 1);
}

static void timed_out(struct timer_list *timer)
{
}

static void bite_timer(void)
{
	struct timed *timed = kmalloc(sizeof(*timed), GFP_KERNEL);

	if (!timed)
		return;
	timer_setup(&timed->timer, timed_out, 0);
	mod_timer(&timed->timer, jiffies + 3600 * HZ);
	kfree(timed);
}

static void bite_list(void)
{
	struct list_head entry;
	LIST_HEAD(head);

	list_add(&entry, &head);
	list_add(&entry, &head);
}

static const struct {
	const char *name;
	void (*make)(void);
} bugs[] = {
	{ "leak", bite_leak },
	{ "atomic", bite_atomic },
	{ "rcu", bite_rcu },
	{ "abba", bite_abba },
	{ "write", bite_write },
	{ "free", bite_free },
	{ "index", bite_index },
	{ "timer", bite_timer },
	{ "list", bite_list },
};

static int __init bite_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bug, bugs[i].name))
			continue;
		bugs[i].make();
		return 0;
	}
	return -EINVAL;
}

static void __exit bite_exit(void)
{
}

module_init(bite_init);
module_exit(bite_exit);

MODULE_DESCRIPTION("One bug for each sanitizer, for tests");
MODULE_LICENSE("GPL v2");
