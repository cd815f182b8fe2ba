// SPDX-License-Identifier: GPL-2.0-only
/*
 * params.c: the module's parameters.
 *
 * Owns their names, ranges and what is said when one is wrong.  Who asks
 * gets them all, valid, or an error.
 */
#include <ssi/core.h>

#include <linux/module.h>

/* TIPC's own limits of a link's tolerance. */
#define TOLERANCE_MIN_MS	50
#define TOLERANCE_MAX_MS	30000

static int session_id = -1;
module_param(session_id, int, 0444);
MODULE_PARM_DESC(session_id, "session, 1..9999; nodes of other sessions are not seen");

static int node_id = -1;
module_param(node_id, int, 0444);
MODULE_PARM_DESC(node_id, "this node's number in the session, 0..1023");

static char *netdev;
module_param(netdev, charp, 0444);
MODULE_PARM_DESC(netdev, "network interface to the other nodes, up, for example eth0");

static int tolerance_ms = 1500;
module_param(tolerance_ms, int, 0444);
MODULE_PARM_DESC(tolerance_ms, "silence after which a node is dead, 50..30000 ms (default 1500)");

static char *quorum = "majority";
module_param(quorum, charp, 0444);
MODULE_PARM_DESC(quorum, "who decides in a cluster that this node creates: majority (default), majority+head, any");

static int quorum_head = -1;
module_param(quorum_head, int, 0444);
MODULE_PARM_DESC(quorum_head, "node with the casting vote, for quorum=majority+head");

static char *key_file;
module_param(key_file, charp, 0444);
MODULE_PARM_DESC(key_file, "file with the key, root's alone; for example /run/ssi/key");

static char *security;
module_param(security, charp, 0444);
MODULE_PARM_DESC(security, "off: no key, everything between nodes in clear, anybody may come in");

static int check_range(const char *name, int value, int min, int max)
{
	if (value >= min && value <= max)
		return 0;
	if (value == -1)
		pr_err("parameter %s is missing, give %d..%d\n", name, min, max);
	else
		pr_err("parameter %s=%d is out of range, give %d..%d\n",
		       name, value, min, max);
	return -EINVAL;
}

static int get_quorum(struct ssi_params *params)
{
	static const char *const names[] = {
		[SSI_QUORUM_MAJORITY] = "majority",
		[SSI_QUORUM_HEAD] = "majority+head",
		[SSI_QUORUM_ANY] = "any",
	};
	unsigned int i;

	for (i = SSI_QUORUM_MAJORITY; i <= SSI_QUORUM_ANY; i++)
		if (quorum && !strcmp(quorum, names[i]))
			break;
	if (i > SSI_QUORUM_ANY) {
		pr_err("parameter quorum=%s is none of majority, majority+head, any\n",
		       quorum ?: "");
		return -EINVAL;
	}
	params->quorum = i;
	params->quorum_head = quorum_head;
	if (i == SSI_QUORUM_HEAD)
		return check_range("quorum_head", quorum_head, 0,
				   SSI_MAX_NODES - 1);
	if (quorum_head == -1)
		return 0;
	pr_err("parameter quorum_head=%d is for quorum=majority+head only\n",
	       quorum_head);
	return -EINVAL;
}

/* Nobody is without security by an oversight: it takes a word to be so. */
static int get_security(struct ssi_params *params)
{
	bool off = security && !strcmp(security, "off");

	if (security && !off && strcmp(security, "on")) {
		pr_err("parameter security=%s is neither on nor off\n", security);
		return -EINVAL;
	}
	if (off && key_file) {
		pr_err("parameters security=off and key_file do not go together\n");
		return -EINVAL;
	}
	if (!off && (!key_file || *key_file != '/')) {
		pr_err("no key: give key_file=/run/ssi/key (xos-ssi-deploy brings it there), or security=off to have everything between nodes in clear\n");
		return -EINVAL;
	}
	params->secure = !off;
	if (strscpy(params->key_file, key_file ?: "",
		    sizeof(params->key_file)) < 0) {
		pr_err("parameter key_file is too long\n");
		return -EINVAL;
	}
	return 0;
}

/**
 * ssi_params_get() - the parameters, when they are valid
 * @params: filled in
 * Return: 0; -EINVAL when one is missing or wrong, which has been logged.
 */
int ssi_params_get(struct ssi_params *params)
{
	if (check_range("session_id", session_id, SSI_SESSION_MIN,
			SSI_SESSION_MAX) ||
	    check_range("node_id", node_id, 0, SSI_MAX_NODES - 1) ||
	    check_range("tolerance_ms", tolerance_ms, TOLERANCE_MIN_MS,
			TOLERANCE_MAX_MS))
		return -EINVAL;
	if (!netdev || !*netdev) {
		pr_err("parameter netdev is missing, give an interface such as eth0\n");
		return -EINVAL;
	}
	if (strscpy(params->netdev, netdev, sizeof(params->netdev)) < 0) {
		pr_err("parameter netdev=%s is too long\n", netdev);
		return -EINVAL;
	}
	if (get_quorum(params))
		return -EINVAL;
	params->session = session_id;
	params->node = node_id;
	params->tolerance_ms = tolerance_ms;
	return get_security(params);
}
