/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rca-private.h - what rca-cert.c and rca-make.c share */
#ifndef _XOS_RCA_PRIVATE_H
#define _XOS_RCA_PRIVATE_H

/*
 * A VO of the holder is a URI among its names.  An extension of our own would need
 * a registered number: GnuTLS takes none of those that can be made from a UUID.
 */
#define RCA_VO_URI "urn:xos-ssi:vo:"

#endif /* _XOS_RCA_PRIVATE_H */
