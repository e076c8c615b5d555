#!/usr/bin/python3
r"""The parser of responses held against a table: lines that must pass, lines
that must not, each bad one with the rule that refuses it.

Escapes as Python has them; \r\n ends each line and is added here.
"""

import sys

sys.dont_write_bytecode = True
import grammar  # noqa: E402

ALL = ("IMAP4rev1 IMAP4rev2 ID ENABLE ESEARCH SORT THREAD=REFERENCES UIDPLUS "
       "NAMESPACE CONDSTORE QRESYNC OBJECTID PREVIEW SAVEDATE BINARY QUOTA ACL "
       "METADATA NOTIFY UIDONLY UIDBATCHES PARTIAL CONTEXT=SEARCH INPROGRESS "
       "MESSAGELIMIT=1000 STATUS=SIZE LIST-EXTENDED APPENDLIMIT SEARCHRES")
ENV = ('("Mon, 1 Jan 2024 00:00:00 +0000" "s" (("A B" NIL "a" "b.c")) NIL '
       'NIL NIL NIL NIL NIL "<x@y>")')
TEXT = ('"TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" 3 1')

GOOD = [
    'a OK Done', 'a.1 NO [TRYCREATE] Make it first', 'a BAD What?',
    '* OK [ALERT] Look', '* BYE Gone', '+ ', '+ idling', '+ cGxhaW4=',
    '* OK [UNSEEN 3] First', '* OK [PERMANENTFLAGS ()] None',
    r'* OK [PERMANENTFLAGS (\Seen $Junk \*)] Some',
    '* OK [BADCHARSET (UTF-8 "US-ASCII")] No', '* NO [BADCHARSET] No',
    'a OK [APPENDUID 38505 3955] Done', 'a OK [APPENDUID 1 3:5] Done',
    'a OK [COPYUID 38505 304,319:320 3956:3958] Done',
    'a OK [MODIFIED 7,9] Conditional', '* OK [HIGHESTMODSEQ 715194045007] Hi',
    'a OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Made',
    'a NO [METADATA TOOMANY] No', 'a NO [METADATA MAXSIZE 1024] No',
    '* OK [INPROGRESS ("a" 175 1000)] On', '* OK [INPROGRESS] On',
    '* OK [INPROGRESS (NIL 3 NIL)] On',
    'a OK [MESSAGELIMIT 1000 23221] More', '* NO [NOUPDATE "a"] Full',
    '* OK [NOTIFICATIONOVERFLOW] Enough', 'a NO [NOTIFICATIONOVERFLOW] Much',
    'a NO [BADEVENT (MessageNew messageexpunge MailboxName)] No',
    'a OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Logged in',
    '* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+',
    r'* FLAGS (\Answered \Recent $Forwarded a[b)', '* FLAGS ()',
    '* 0 EXISTS', '* 0 RECENT', '* 4294967295 EXISTS', '* 1 EXPUNGE',
    '* SEARCH', '* SEARCH 2 84 882', '* SEARCH 2 5 (MODSEQ 917162500)',
    '* SORT 5 3 4', '* THREAD', '* THREAD (2)(3 6 (4 23)(44 7 96))',
    '* THREAD ((1)(2))', '* THREAD (1 (2)(3 (4)(5)))',
    '* ESEARCH (TAG "a") UID COUNT 5 ALL 4:19,21,28',
    '* ESEARCH', '* ESEARCH UID', '* ESEARCH (TAG "a") MIN 1 MAX 3 MODSEQ 9',
    '* ESEARCH (TAG "a" MAILBOX "x" UIDVALIDITY 3) UID ALL 1',
    '* ESEARCH (TAG "a") ADDTO (1 2,4) ADDTO (0 7)',
    '* ESEARCH (TAG "a") UID PARTIAL (-1:-100 NIL)',
    '* ESEARCH (TAG "a") PARTIAL (1:2 4,9)',
    r'* LIST (\HasNoChildren \Sent) "/" Sent', '* LIST () NIL inbox',
    r'* LIST (\Noselect) "/" ""', r'* LSUB () "." "a b"',
    '* LIST () "/" &AOk-t&AOk-', '* LIST () "/" "a&-b"',
    '* LIST (\\NonExistent) "/" {3}\r\nx"y',
    r'* LIST (\HasChildren) "/" x ("CHILDINFO" ("SUBSCRIBED"))',
    r'* LIST (\NonExistent \NoAccess) "/" x', '* METADATA "" /shared/a /private/b',
    '* STATUS x (UIDVALIDITY 1 HIGHESTMODSEQ 4)',
    '* ESEARCH (TAG "a") UID REMOVEFROM (2 4 3 3) ADDTO (0 7:9)',
    r'* LIST () "/" new (OLDNAME ("old"))', r'* LIST () "\\" a',
    '* STATUS x ()', '* STATUS "a b" (MESSAGES 0 UIDNEXT 1 SIZE '
    '9223372036854775807 APPENDLIMIT NIL MAILBOXID (a-b_1))',
    '* NAMESPACE (("" "/")) NIL NIL',
    '* NAMESPACE (("" "/")("#x." "." "X-A" ("b"))) NIL (("s" NIL))',
    '* ENABLED', '* ID NIL', '* ID ("name" "x" "v" NIL)',
    '* VANISHED 1:5,9', '* VANISHED (EARLIER) 300:310',
    '* QUOTA "" (STORAGE 10 512)', '* QUOTA "r" ()', '* QUOTAROOT INBOX ""',
    '* ACL INBOX fred rwipslda david lr', '* MYRIGHTS x rwiptsldaex',
    '* LISTRIGHTS x fred "" l r s w', '* LISTRIGHTS x fred la r',
    '* METADATA "" (/shared/comment "x" /private/a NIL)',
    '* METADATA x /shared/comment /private/vendor/a/b',
    '* UIDBATCHES (TAG "a") 215295:99696,99695:20351', '* UIDBATCHES (TAG a)',
    '* UIDBATCHES (TAG "a") 7:7', 'a NO [TOOFEW] At least 500',
    r'* 3 FETCH (FLAGS (\Seen \Recent) UID 7 MODSEQ (12) RFC822.SIZE 0)',
    '* 3 FETCH (INTERNALDATE " 1-Jan-2024 23:59:60 -0330")',
    '* 3 FETCH (EMAILID (M6d99) THREADID NIL PREVIEW NIL SAVEDATE NIL)',
    '* 3 FETCH (BODY[] {3}\r\nab\xff BODY[TEXT]<0> "" RFC822 NIL)',
    '* 3 FETCH (BODY[HEADER.FIELDS (FROM "To")] {2}\r\n\r\n)',
    '* 3 FETCH (BODY[1.2.HEADER.FIELDS.NOT (X)]<9> NIL BODY[1.MIME] "")',
    '* 3 FETCH (BINARY[1] ~{2}\r\na\0 BINARY.SIZE[1.2] 5 BINARY[]<0> "")',
    '* 3 FETCH (ENVELOPE %s)' % ENV,
    '* 3 FETCH (BODY (%s))' % TEXT,
    '* 3 FETCH (BODYSTRUCTURE (%s NIL ("inline" NIL) ("de" "en") NIL))' % TEXT,
    '* 3 FETCH (BODY ((%s)(%s) "MIXED"))' % (TEXT, TEXT),
    '* 3 FETCH (BODYSTRUCTURE ((%s)(%s NIL) "MIXED" ("b" "x") NIL NIL))'
    % (TEXT, TEXT),
    '* 3 FETCH (BODY ("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 %s (%s) 4))'
    % (ENV, TEXT),
    '* 3 FETCH (BODY ("APPLICATION" "PDF" NIL "<i>" "d" "BASE64" 9))',
]

BAD = [
    ('a YES Done', 'resp-cond-state'), ('a OK ', 'text'), ('a OK', 'resp-c'),
    ('a+b OK x', 'response-tagged'), ('+go on', 'continue-req'),
    ('* OK [NEWCODE] x', 'resp-text-code'), ('* OK [ALERT]', 'resp-text'),
    ('* OK [UIDNEXT 0] x', 'nz-number'), ('* OK [UIDNEXT] x', 'resp-text-c'),
    ('* OK [TRYCREATE x] y', 'resp-text-code'), ('* OK caf\xe9', 'TEXT-CHAR'),
    ('* OK [UIDVALIDITY 4294967296] x', 'nz-number'),
    ('a OK [COPYUID 1 2:3 9] x', 'COPYUID'),
    ('a OK [COPYUID 1 2,2 8:9] x', 'uid-set'),
    ('a OK [APPENDUID 1 0] x', 'uid-set'),
    ('a OK [MODIFIED *] x', 'MODIFIED'),
    ('a NO [BADEVENT ()] x', 'unsupported-events-code'),
    ('a NO [BADEVENT] x', 'resp-text-code'),
    ('a NO [BADEVENT (MessageRead)] x', 'event-name'),
    ('* NO [NOUPDATE a] x', 'quoted'),
    ('* ESEARCH (TAG "a") ADDTO (1)', 'context-position'),
    ('* ESEARCH (TAG "a") REMOVEFROM ()', 'context-position'),
    ('* LIST () "/" x ("OLDNAME" (a b))', 'oldname'),
    ('* OK [PERMANENTFLAGS (\\Recent)] x', ''),
    ('* CAPABILITY LITERAL+', 'capability-data'),
    ('* CAPABILITY IMAP4rev1 A A', 'capability-data'),
    ('* CAPABILITY IMAP4rev1 ', 'capability'),
    ('* FLAGS (\\Seen \\Seen)', 'flag-list'), ('* FLAGS (\\New)', 'flag-list'),
    ('* FLAGS (\\Seen  $x)', 'flag-list'), ('* FLAGS (a]b)', 'flag-list'),
    ('* 01 EXISTS', 'number'), ('* 0 EXPUNGE', 'message-data'),
    ('* 1 EXPUNGE ', 'CRLF'), ('* 1  EXISTS', 'message-data'),
    ('* 4294967296 EXISTS', 'number'), ('* EXISTS 3', 'response-data'),
    ('* SEARCH ', 'nz-number'), ('* SEARCH 3 3', 'SEARCH'),
    ('* SEARCH 0', 'nz-number'), ('* SEARCH 1 (MODSEQ 0)', 'mod-seq'),
    ('* THREAD (1 (2))', 'thread-nested'), ('* THREAD ()', 'thread-members'),
    ('* THREAD 1', 'thread-data'), ('* THREAD ', 'thread-data'),
    ('* ESEARCH (TAG "a") ALL', 'search-return-data'),
    ('* ESEARCH (TAG "a") MIN 0', 'nz-number'),
    ('* ESEARCH (TAG "a") ALL 1,1', 'uid-set'),
    ('* ESEARCH (TAG "a") FOO 1', 'search-return-data'),
    ('* ESEARCH (MAILBOX x)', 'search-correlator'),
    ('* LIST (\\Noselect \\NonExistent) "/" x', 'mbx-list-sflag'),
    ('* LIST (\\HasChildren \\HasNoChildren) "/" x', 'child-mbox-flag'),
    ('* LIST (\\Subscribed \\subscribed) "/" x', 'mbx-list-oflag'),
    ('* LIST (\\Odd) "/" x', 'mbx-list-oflag'), ('* LIST () / x', 'quoted'),
    ('* LIST () "//" x', 'separator'), ('* LIST () "/" ""', 'mailbox'),
    ('* LIST () "/" a b', 'mbox-list-extended'), ('* LIST () "/" a%', 'CRLF'),
    ('* LIST () "/" "caf\xe9"', 'QUOTED-CHAR'),
    ('* LIST () "/" a&b', 'mailbox'), ('* LIST () "/" &AGE-', 'mailbox'),
    ('* LIST () "/" {1}\r\n\xe9', 'mailbox'),
    ('* LIST () "/" {2+}\r\nab', 'literal'),
    ('* LIST () "/" x (FOO (1))', 'mbox-list-extended-item'),
    ('* STATUS x (MESSAGES)', 'status-att'), ('* STATUS x', 'STATUS'),
    ('* STATUS x (MESSAGES 1 MESSAGES 1)', 'status-att'),
    ('* STATUS x (ODD 1)', 'status-att'),
    ('* NAMESPACE (("" "/")) NIL', 'namespace'),
    ('* NAMESPACE () NIL NIL', 'namespace'), ('* ID (a b)', 'id-params-list'),
    ('* ENABLED ', 'capability'), ('* VANISHED', 'expunged-resp'),
    ('* VANISHED 0:1', 'known-uids'), ('* QUOTA r (STORAGE 1)', 'quota-res'),
    ('* LISTRIGHTS x fred', 'listrights'), ('* ACL x fred ll', 'rights'),
    ('* UIDBATCHES (TAG "a") 1:5', 'uid-range'),
    ('* UIDBATCHES (TAG "a") 5', 'uid-range'),
    ('* UIDBATCHES (TAG "a") 9:5,5:1', 'uid-range'),
    ('* UIDBATCHES 9:5', 'uidbatches-response'),
    ('* 3 UIDFETCH (FLAGS ())', 'UIDFETCH'),
    ('* OK [INPROGRESS ("a]" 1 2)] x', 'inprogress-tag'),
    ('* OK [INPROGRESS ("a" 2 2)] x', 'inprogress'),
    ('* OK [INPROGRESS ("a" NIL 2)] x', 'inprogress-state'),
    ('a OK [INPROGRESS ("a" 1 2)] x', 'inprogress'),
    ('* METADATA x (/comment "y")', 'entry'), ('* ODD 1', 'response-data'),
    ('* 3 FETCH ()', 'msg-att'), ('* 3 FETCH (UID 0)', 'nz-number'),
    ('* 0 FETCH (UID 1)', 'message-data'), ('* 3 FETCH (ODD 1)', 'msg-att'),
    ('* 3 FETCH (UID 1 UID 1)', 'msg-att'), ('* 3 FETCH (UID 1 )', 'msg-att'),
    ('* 3 FETCH (FLAGS (\\*))', 'flag-fetch'),
    ('* 3 FETCH (MODSEQ 5)', 'fetch-mod-resp'),
    ('* 3 FETCH (RFC822.SIZE -1)', 'number64'),
    ('* 3 FETCH (INTERNALDATE "1-Jan-2024 00:00:00 +0000")', 'date-time'),
    ('* 3 FETCH (INTERNALDATE "30-Feb-2024 00:00:00 +0000")', 'date-day'),
    ('* 3 FETCH (INTERNALDATE "01-jan-2024 00:00:00 +0000")', 'date-time'),
    ('* 3 FETCH (BODY[] {3}\r\na\0b)', 'CHAR8'),
    ('* 3 FETCH (BODY[] ~{1}\r\na)', 'nstring'),
    ('* 3 FETCH (BODY[] "a\xe9")', 'QUOTED-CHAR'),
    ('* 3 FETCH (BODY[] "a\\b")', 'quoted-specials'),
    ('* 3 FETCH (BODY[] abc)', 'nstring'), ('* 3 FETCH (BODY[MIME] "")', ''),
    ('* 3 FETCH (BODY[HEADER.FIELDS ()] "")', 'header-list'),
    ('* 3 FETCH (BODY[0] "")', 'nz-number'),
    ('* 3 FETCH (BODY.PEEK[] "")', 'msg-att'),
    ('* 3 FETCH (BINARY[TEXT] "")', 'nz-number'),
    ('* 3 FETCH (EMAILID M1)', 'objectid'),
    ('* 3 FETCH (ENVELOPE %s)' % ENV.replace('((', '(').replace('))', ')'),
     'address'),
    ('* 3 FETCH (ENVELOPE %s)' % ENV.replace('(("A B"', '(() ("A B"'),
     'addr-name'),
    ('* 3 FETCH (ENVELOPE %s)' % ENV.replace(') NIL', ') ()', 1), 'address'),
    ('* 3 FETCH (BODY (%s NIL))' % TEXT, 'body, not'),
    ('* 3 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3))', 'body-type-t'),
    ('* 3 FETCH (BODY ("TEXT" "PLAIN" () NIL NIL "7BIT" 3 1))', 'body-fld-p'),
    ('* 3 FETCH (BODY ("TEXT" "PLAIN" ("b" NIL) NIL NIL "7BIT" 3 1))',
     'body-fld-param'),
    ('* 3 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL NIL 3 1))', 'body-fld-enc'),
    ('* 3 FETCH (BODY ("RELATED" NIL))', ''),
    ('* 3 FETCH (BODY ("MULTIPART" "MIXED" NIL NIL NIL "7BIT" 3))',
     'body-type-mpart'),
    ('* 3 FETCH (BODYSTRUCTURE (%s NIL NIL NIL NIL NIL))' % TEXT,
     'body-extension'),
    ('* 3 FETCH (BODYSTRUCTURE ((%s) "MIXED" ("b"))))' % TEXT, 'body-fld-p'),
]

# What was said before, then a line, then the rule or None.
AFTER = [
    (['* ENABLED IMAP4rev2'], '* LIST () "/" "caf\xc3\xa9"', None),
    (['* ENABLED UTF8=ACCEPT'], '* LIST () "/" "caf\xc3\xa9"', None),
    (['* ENABLED UTF8=ACCEPT'], '* LIST () "/" "cafe\xcc\x81"', 'mailbox'),
    (['* ENABLED UTF8=ACCEPT'], '* LIST () "/" "\xe9"', 'QUOTED-CHAR'),
    (['* ENABLED IMAP4rev2'], '* 0 RECENT', 'no RECENT'),
    (['* ENABLED IMAP4rev2'], '* SEARCH 1', 'ESEARCH'),
    (['* ENABLED IMAP4rev2'], '* 1 FETCH (FLAGS (\\Recent))', 'flag-fetch'),
    (['* ENABLED QRESYNC'], '* 1 EXPUNGE', 'VANISHED'),
    (['* ENABLED UIDONLY'], '* 1 FETCH (UID 1)', 'no message numbers'),
    (['* ENABLED UIDONLY'], '* 1 EXPUNGE', 'no message numbers'),
    (['* ENABLED UIDONLY'], '* OK [UNSEEN 1] x', 'no message numbers'),
    (['* ENABLED UIDONLY'], '* 3 UIDFETCH (FLAGS ())', None),
    (['* CAPABILITY IMAP4rev1'], '* ESEARCH', 'capability'),
    (['* CAPABILITY IMAP4rev1'], '* 1 FETCH (MODSEQ (1))', 'capability'),
    (['* CAPABILITY IMAP4rev1'], 'a OK [APPENDUID 1 1] x', 'capability'),
    (['* CAPABILITY IMAP4rev1 QRESYNC'], '* VANISHED 1', None),
    (['* OK [CAPABILITY IMAP4rev1] x'], '* SORT 1', 'capability'),
]
GREETINGS = [('* OK Hello', None), ('* PREAUTH You', None), ('* BYE No', None),
             ('* NO x', 'resp-cond'), ('a OK x', 'greeting'),
             ('* 1 EXISTS', 'resp-cond'), ('+ x', 'greeting')]


def refused(before, line, greeting=False):
    """The rule that refuses the line, or None."""
    session = grammar.Session(greeting=greeting)
    wire = "".join(one + "\r\n" for one in before + [line])
    octets = wire.encode("latin-1")
    try:
        # In two pieces: a response may come in any.
        seen = list(session.feed(octets[:len(octets) // 2]))
        seen += list(session.feed(octets[len(octets) // 2:]))
        session.end()
    except grammar.Bad as e:
        return e.rule
    return None if len(seen) == len(before) + 1 else "not one response"


def main():
    table = [(["* CAPABILITY " + ALL], line, None, False) for line in GOOD]
    table += [(["* CAPABILITY " + ALL], line, rule, False)
              for line, rule in BAD]
    table += [(before, line, rule, False) for before, line, rule in AFTER]
    table += [([], line, rule, True) for line, rule in GREETINGS]
    failed = 0
    for before, line, rule, greeting in table:
        got = refused(before, line, greeting)
        if (got is None) != (rule is None) or got and not got.startswith(rule):
            print("%r\n  wanted %r, got %r" % (line, rule, got))
            failed += 1
    print("%d lines, %d wrong" % (len(table), failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
