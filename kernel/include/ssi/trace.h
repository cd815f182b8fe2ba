/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h: tracepoints, in the group ssi of tracefs.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ssi

#if !defined(_SSI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _SSI_TRACE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(ssi_record,
	TP_PROTO(int node, int type, size_t len),
	TP_ARGS(node, type, len),
	TP_STRUCT__entry(
		__field(int, node)
		__field(int, type)
		__field(size_t, len)
	),
	TP_fast_assign(
		__entry->node = node;
		__entry->type = type;
		__entry->len = len;
	),
	TP_printk("node=%d type=%d len=%zu", __entry->node, __entry->type,
		  __entry->len)
);

/* A record was queued for a node. */
DEFINE_EVENT(ssi_record, ssi_send,
	TP_PROTO(int node, int type, size_t len),
	TP_ARGS(node, type, len)
);

/* A record came from a node; -1 before it said hello. */
DEFINE_EVENT(ssi_record, ssi_receive,
	TP_PROTO(int node, int type, size_t len),
	TP_ARGS(node, type, len)
);

/* A node went from one &enum ssi_node_state to another. */
TRACE_EVENT(ssi_state,
	TP_PROTO(int node, int old_state, int new_state),
	TP_ARGS(node, old_state, new_state),
	TP_STRUCT__entry(
		__field(int, node)
		__field(int, old_state)
		__field(int, new_state)
	),
	TP_fast_assign(
		__entry->node = node;
		__entry->old_state = old_state;
		__entry->new_state = new_state;
	),
	TP_printk("node=%d %d->%d", __entry->node, __entry->old_state,
		  __entry->new_state)
);

#endif /* _SSI_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ssi
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
