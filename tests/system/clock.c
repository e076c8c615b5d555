/*
 * A preloaded clock that is CLOCK_OFFSET seconds off, for tests of what a
 * clock that was set back may not do.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
clock_gettime(clockid_t which, struct timespec *ts)
{
	const char *text = getenv("CLOCK_OFFSET");
	long rc = syscall(SYS_clock_gettime, which, ts);

	if (which == CLOCK_REALTIME && text != NULL)
		ts->tv_sec += strtol(text, NULL, 10);
	return (int)rc;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
