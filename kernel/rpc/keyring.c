// SPDX-License-Identifier: GPL-2.0-only
/*
 * keyring.c: reads the key file; HMAC from the kernel's crypto API.
 *
 * Owns what is said when a key file is not as it should be.  Keeps nothing: each
 * buffer that held a secret is wiped before it is given back.
 */
#include "keyring.h"

#include <ssi/core.h>

#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>

#define NEXT_STEP "xos-ssi-deploy resume delivers it"

/* auth.h has what this is for */
int ssi_hmac_sha256(const void *key, size_t key_len,
		    const struct ssi_bytes *parts, unsigned int nr_parts,
		    u8 *out)
{
	struct crypto_shash *tfm = crypto_alloc_shash("hmac(sha256)", 0, 0);
	struct shash_desc *desc;
	unsigned int i;
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	err = -ENOMEM;
	desc = kmalloc(sizeof(*desc) + crypto_shash_descsize(tfm), GFP_KERNEL);
	if (!desc)
		goto out_free_tfm;
	desc->tfm = tfm;
	err = crypto_shash_setkey(tfm, key, key_len) ?: crypto_shash_init(desc);
	for (i = 0; !err && i < nr_parts; i++)
		err = crypto_shash_update(desc, parts[i].data, parts[i].len);
	if (!err)
		err = crypto_shash_final(desc, out);
	kfree_sensitive(desc);

out_free_tfm:
	crypto_free_shash(tfm);
	return err;
}

/* Root's, nobody else's, and a file; else somebody may know the key. */
static int check_file(const struct file *file, const char *path)
{
	const struct inode *inode = file_inode(file);

	if (!S_ISREG(inode->i_mode)) {
		pr_err("key file %s is not a file\n", path);
		return -EINVAL;
	}
	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID) || inode->i_mode & 0077) {
		pr_err("key file %s is not root's alone (mode %04o, owner %u): chown root, chmod 400, and rotate the key, others may know it\n",
		       path, inode->i_mode & 07777,
		       from_kuid(&init_user_ns, inode->i_uid));
		return -EPERM;
	}
	return 0;
}

static ssize_t read_text(const char *path, char *text)
{
	struct file *file = filp_open(path, O_RDONLY | O_NOFOLLOW, 0);
	loff_t at = 0;
	ssize_t len;

	if (IS_ERR(file)) {
		pr_err("key file %s can not be opened (%ld); " NEXT_STEP "\n",
		       path, PTR_ERR(file));
		return PTR_ERR(file);
	}
	len = check_file(file, path);
	if (!len)
		len = kernel_read(file, text, SSI_KEY_TEXT_MAX, &at);
	filp_close(file, NULL);
	return len;
}

/**
 * ssi_keyring_read() - read the key file
 * @params: its name, and the session it has to be for
 * @keys: filled in; wiped on failure
 * Context: process context, sleeps.
 * Return: 0; -EPERM when it is not root's alone, -EBADMSG when it is no key
 *	file, -EDOM when it is another session's, or why it can not be read; the
 *	cause has been logged.
 */
int ssi_keyring_read(const struct ssi_params *params, struct ssi_keys *keys)
{
	char *text = kmalloc(SSI_KEY_TEXT_MAX, GFP_KERNEL);
	ssize_t len;
	int err;

	if (!text)
		return -ENOMEM;
	len = read_text(params->key_file, text);
	if (len < 0) {
		err = len;
		goto out_free;
	}
	err = ssi_keys_parse(text, len, params->session, keys);
	if (err == -EBADMSG)
		pr_err("key file %s is none; " NEXT_STEP "\n", params->key_file);
	else if (err == -EDOM)
		pr_err("key file %s is not for session %u; " NEXT_STEP "\n",
		       params->key_file, params->session);
	else if (err)
		pr_err("no HMAC with SHA-256 (%d)\n", err);
	if (err)
		memzero_explicit(keys, sizeof(*keys));

out_free:
	kfree_sensitive(text);
	return err;
}
