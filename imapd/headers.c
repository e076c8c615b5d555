/*
 * Which fields are kept: those that Thunderbird, mutt, K-9, Roundcube and
 * others were seen to ask for.  One name that is not here and the file is
 * opened, as ever.  DKIM signatures and the like, which nobody lists and which
 * are most of a modern header, are not kept.
 */
#include "imapd/headers.h"

static const char *const kept[] = {
	"Bcc",
	"Cc",
	"Content-Description",
	"Content-Transfer-Encoding",
	"Content-Type",
	"Date",
	"Delivered-To",
	"Disposition-Notification-To",
	"Followup-To",
	"From",
	"Importance",
	"In-Reply-To",
	"Lines",
	"List-Id",
	"List-Post",
	"List-Unsubscribe",
	"Mail-Followup-To",
	"Mail-Reply-To",
	"Message-ID",
	"MIME-Version",
	"Newsgroups",
	"Organization",
	"Priority",
	"Received",
	"References",
	"Reply-To",
	"Return-Path",
	"Sender",
	"Subject",
	"To",
	"User-Agent",
	"X-Label",
	"X-Mailer",
	"X-Priority",
	"X-Spam-Flag",
	"X-Spam-Status",
};

static bool
is_kept(struct str name)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (str_iis(name, kept[i]))
			return true;
	return false;
}

bool
headers_enough(const struct section *sections)
{
	for (const struct section *s = sections; s != NULL; s = s->next) {
		if (s->kind != SECTION_FIELDS || s->depth > 0 || s->decode)
			return false;
		for (size_t i = 0; i < s->nfield; i++)
			if (!is_kept(s->field[i]))
				return false;
	}
	return sections != NULL;
}

void
headers_put(struct buf *b, const struct mime_part *root)
{
	for (uint32_t i = 0; i < root->nfield; i++) {
		struct str field = root->field[i].whole;

		if (!is_kept(root->field[i].name))
			continue;
		buf_adds(b, field);
		if (field.n > 0 && field.p[field.n - 1] != '\n')
			buf_putc(b, '\n');
	}
	buf_putc(b, '\n');
}
