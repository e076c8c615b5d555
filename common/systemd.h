/*
 * What systemd tells a service when it starts it, and what a service tells
 * systemd.  Both do nothing where something else started us.
 */
#ifndef COMMON_SYSTEMD_H
#define COMMON_SYSTEMD_H

/* How many descriptors were passed to this very process (sd_listen_fds(3)),
 * from SYSTEMD_FDS_START on; the environment forgets them.  0: none. */
int systemd_listen_fds(void);
enum {
	SYSTEMD_FDS_START = 3
};

/* Say "READY=1" or "STATUS=..." (sd_notify(3)); failing is no one's concern. */
void systemd_notify(const char *text);

#endif
