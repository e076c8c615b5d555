/*
 * Which commands there are, and where each may be given.
 */
#include "imapd/cmd.h"

static const struct cmd cmds[] = {
	{"APPEND",       ST_USER,     0,                     cmd_append      },
	{"AUTHENTICATE", ST_LOGIN,    0,                     cmd_authenticate},
	{"CANCELUPDATE", ST_SELECTED, 0,                     cmd_cancelupdate},
	{"CAPABILITY",   ST_ANY,      0,                     cmd_capability  },
	{"CHECK",        ST_SELECTED, 0,                     cmd_noop        },
	{"CLOSE",        ST_SELECTED, CMD_QUIET,             cmd_close       },
	{"COMPRESS",     ST_USER,     0,                     cmd_compress    },
	{"COPY",         ST_SELECTED, CMD_SEQ | CMD_NUMBERS, cmd_copy        },
	{"CREATE",       ST_USER,     0,                     cmd_create      },
	{"DELETE",       ST_USER,     0,                     cmd_delete      },
	{"DELETEACL",    ST_USER,     0,                     cmd_deleteacl   },
	{"ENABLE",       ST_USER,     0,                     cmd_enable      },
	{"ESEARCH",      ST_USER,     CMD_UID | CMD_NUMBERS, cmd_esearch     },
	{"EXAMINE",      ST_USER,     CMD_QUIET,             cmd_examine     },
	{"EXPUNGE",      ST_SELECTED, CMD_UID,               cmd_expunge     },
	{"FETCH",        ST_SELECTED, CMD_SEQ | CMD_NUMBERS, cmd_fetch       },
	{"GETACL",       ST_USER,     0,                     cmd_getacl      },
	{"GETMETADATA",  ST_USER,     0,                     cmd_getmetadata },
	{"GETQUOTA",     ST_USER,     0,                     cmd_getquota    },
	{"GETQUOTAROOT", ST_USER,     0,                     cmd_getquotaroot},
	{"ID",           ST_ANY,      0,                     cmd_id          },
	{"IDLE",         ST_USER,     0,                     cmd_idle        },
	{"LIST",         ST_USER,     0,                     cmd_list        },
	{"LISTRIGHTS",   ST_USER,     0,                     cmd_listrights  },
	{"LOGIN",        ST_LOGIN,    0,                     cmd_login       },
	{"LOGOUT",       ST_ANY,      CMD_QUIET,             cmd_logout      },
	{"LSUB",         ST_USER,     0,                     cmd_lsub        },
	{"MOVE",         ST_SELECTED, CMD_SEQ,               cmd_move        },
	{"MYRIGHTS",     ST_USER,     0,                     cmd_myrights    },
	{"NAMESPACE",    ST_USER,     0,                     cmd_namespace   },
	{"NOOP",         ST_ANY,      0,                     cmd_noop        },
	{"NOTIFY",       ST_USER,     0,                     cmd_notify      },
	{"RENAME",       ST_USER,     0,                     cmd_rename      },
	{"REPLACE",      ST_SELECTED, CMD_SEQ,               cmd_replace     },
	{"SEARCH",       ST_SELECTED, CMD_SEQ | CMD_NUMBERS, cmd_search      },
	{"SELECT",       ST_USER,     CMD_QUIET,             cmd_select      },
	{"SETACL",       ST_USER,     0,                     cmd_setacl      },
	{"SETMETADATA",  ST_USER,     0,                     cmd_setmetadata },
	{"SORT",         ST_SELECTED, CMD_SEQ | CMD_NUMBERS, cmd_sort        },
	{"STARTTLS",     ST_LOGIN,    0,                     cmd_starttls    },
	{"STATUS",       ST_USER,     0,                     cmd_status      },
	{"STORE",        ST_SELECTED, CMD_SEQ | CMD_NUMBERS, cmd_store       },
	{"SUBSCRIBE",    ST_USER,     0,                     cmd_subscribe   },
	{"THREAD",       ST_SELECTED, CMD_SEQ | CMD_NUMBERS, cmd_thread      },
	{"UIDBATCHES",   ST_SELECTED, 0,                     cmd_uidbatches  },
	{"UNSELECT",     ST_SELECTED, CMD_QUIET,             cmd_unselect    },
	{"UNSUBSCRIBE",  ST_USER,     0,                     cmd_unsubscribe },
};

const struct cmd *
cmd_find(struct str name, unsigned state, bool uid)
{
	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		const struct cmd *c = &cmds[i];

		if (str_iis(name, c->name) && (c->states & state) != 0 &&
			(!uid || (c->flags & CMD_UID) != 0))
			return c;
	}
	return NULL;
}
