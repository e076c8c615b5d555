// What imapflow makes of us: each test is one function, named for what must
// work, and the capability it needs.  TAP on stdout.
//
//	node imapflow.js PORT USER PASSWORD MESSAGE...
//
// INBOX has the messages in this order, \Seen on the first; Sent is special.
// What went over the wire is left in files raw.N, for the parser of the tests.
//
// What can go wrong: a promise that never settles (each has a deadline), or
// one that fails where nobody waits (that ends the run).

'use strict';

const assert = require('node:assert');
const fs = require('node:fs');

// Debian 12's node is older than imapflow asks for; this is all it lacks.
globalThis.crypto ??= require('node:crypto').webcrypto;
const { ImapFlow } = require('imapflow');

const [port, user, pass, ...paths] = process.argv.slice(2);
const wire = path => Buffer.from(fs.readFileSync(path, 'latin1')
	.replace(/\r?\n/g, '\r\n'), 'latin1');
const messages = paths.map(wire);
let connections = 0;

// Everything that imapflow says it read, in one file for each connection.
function recorder() {
	const file = 'raw.' + ++connections;
	const note = line => {
		if (line.src === 's' && line.data)
			fs.appendFileSync(file, Buffer.from(line.data, 'base64'));
	};
	const log = { trace: note, debug: note, info: note, warn() {}, error() {} };
	log.child = () => log;
	return log;
}

async function open(options = {}) {
	const client = new ImapFlow({
		host: '127.0.0.1', port: Number(port), secure: false,
		doSTARTTLS: false, auth: { user, pass }, logRaw: true,
		logger: recorder(), disableAutoIdle: true, ...options
	});
	client.on('error', () => {});
	await client.connect();
	return client;
}

function soon(what, promise) {
	let timer;
	const late = new Promise((_, fail) => {
		timer = setTimeout(() => fail(new Error(what + ': never')), 10000);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const event = (client, name) => soon(name,
	new Promise(done => client.once(name, done)));

async function all(client, range, query, options) {
	const out = [];
	for await (const message of client.fetch(range, query, options))
		out.push(message);
	return out;
}

const tests = [
	['the list of mailboxes, with INBOX and special uses', null, async c => {
		const list = await c.list();
		const paths = list.map(box => box.path).sort();
		assert.deepStrictEqual(paths, ['INBOX', 'Sent']);
		if (c.capabilities.has('SPECIAL-USE'))
			assert.strictEqual(list.find(b => b.path === 'Sent').specialUse,
				'\\Sent');
		const status = await c.status('INBOX', { messages: true,
			unseen: true, uidNext: true, uidValidity: true });
		assert.strictEqual(status.messages, messages.length);
		assert.strictEqual(status.unseen, messages.length - 1);
	}],

	['every message octet for octet, whole and in pieces', null, async c => {
		await c.mailboxOpen('INBOX', { readOnly: true });
		const got = await all(c, '1:*', { source: true, uid: true,
			envelope: true, bodyStructure: true, flags: true,
			size: true, internalDate: true });
		assert.strictEqual(got.length, messages.length);
		got.forEach((m, i) => {
			assert.ok(m.source.equals(messages[i]), paths[i]);
			assert.strictEqual(m.size, messages[i].length);
		});
		assert.ok(got[0].flags.has('\\Seen'));
		for (let i = 1; i <= messages.length; i++) {
			const { content } = await c.download(i, undefined,
				{ chunkSize: 100 });
			const pieces = [];
			for await (const piece of content)
				pieces.push(piece);
			assert.ok(Buffer.concat(pieces).equals(messages[i - 1]));
		}
	}],

	['flags, APPEND, COPY, delete', null, async c => {
		await c.mailboxOpen('INBOX');
		assert.ok(await c.messageFlagsAdd('2', ['\\Flagged', '$Label1']));
		const two = await c.fetchOne('2', { flags: true });
		assert.ok(two.flags.has('\\Flagged') && two.flags.has('$Label1'));
		assert.ok(await c.messageFlagsRemove('2', ['\\Flagged']));
		const put = await c.append('Sent', messages[0], ['\\Seen'],
			new Date('2020-01-02T03:04:05Z'));
		assert.strictEqual(put.destination, 'Sent');
		const copied = await c.messageCopy('1:2', 'Sent');
		if (c.capabilities.has('UIDPLUS')) {
			assert.ok(put.uid > 0);
			assert.strictEqual(copied.uidMap.size, 2);
		}
		await c.mailboxOpen('Sent');
		assert.strictEqual(c.mailbox.exists, 3);
		const first = await c.fetchOne('1', { internalDate: true,
			source: true });
		assert.ok(first.source.equals(messages[0]));
		assert.strictEqual(first.internalDate.toISOString(),
			'2020-01-02T03:04:05.000Z');
		assert.ok(await c.messageDelete('1:*'));
		assert.strictEqual(c.mailbox.exists, 0);
	}],

	['MOVE tells the new UIDs', 'MOVE', async c => {
		await c.mailboxOpen('INBOX');
		const count = c.mailbox.exists;
		const moved = await c.messageMove(String(count), 'Sent');
		assert.strictEqual(moved.uidMap.size, 1);
		assert.strictEqual(c.mailbox.exists, count - 1);
		await c.mailboxOpen('Sent');
		const back = await c.messageMove('1:*', 'INBOX');
		assert.strictEqual(back.uidMap.size, 1);
	}],

	['mailboxes made, renamed, subscribed, deleted', null, async c => {
		const made = await c.mailboxCreate(['Työ', '子']);
		assert.ok(made.created);
		assert.ok(await c.mailboxSubscribe(made.path));
		const list = await c.list();
		assert.ok(list.find(b => b.path === 'Työ/子').subscribed);
		await c.mailboxRename('Työ/子', 'Työ/b & c');
		assert.ok((await c.list()).some(b => b.path === 'Työ/b & c'));
		await c.mailboxDelete('Työ/b & c');
		await c.mailboxUnsubscribe('Työ/子');
		assert.ok(!(await c.list()).some(b => b.path.startsWith('Työ/')));
	}],

	['SEARCH by flags, headers, dates and UIDs', 'SEARCH', async c => {
		await c.mailboxOpen('INBOX');
		const uids = await c.search({ all: true }, { uid: true });
		assert.strictEqual(uids.length, messages.length);
		assert.deepStrictEqual(await c.search({ seen: true }), [1]);
		assert.deepStrictEqual(await c.search({ or: [{ seen: true },
			{ uid: String(uids[1]) }] }), [1, 2]);
		assert.deepStrictEqual(await c.search({ subject: 'no such' }), []);
		assert.ok((await c.search({ subject: 'second' })).includes(2));
		assert.deepStrictEqual(
			await c.search({ sentSince: new Date('2099-01-01') }), []);
	}],

	['new mail and expunges come in IDLE', 'IDLE', async c => {
		const other = await open();
		await c.mailboxOpen('INBOX');
		const idle = c.idle();
		const exists = event(c, 'exists');
		await other.append('INBOX', messages[0]);
		assert.strictEqual((await exists).count, c.mailbox.exists);
		const gone = event(c, 'expunge');
		await other.mailboxOpen('INBOX');
		await other.messageDelete(String(other.mailbox.exists));
		await gone;
		const flags = event(c, 'flags');
		await other.messageFlagsAdd('1', ['\\Flagged']);
		assert.ok((await flags).flags.has('\\Flagged'));
		await other.messageFlagsRemove('1', ['\\Flagged']);
		await c.noop();
		await idle;
		await other.logout();
	}],

	['what changed since a modseq', 'CONDSTORE', async c => {
		await c.mailboxOpen('INBOX');
		assert.ok(c.enabled.has('CONDSTORE'));
		const before = c.mailbox.highestModseq;
		assert.ok(typeof before === 'bigint' && before > 0n);
		await c.messageFlagsAdd('3', ['\\Answered']);
		const changed = await all(c, '1:*', { flags: true, uid: true },
			{ changedSince: before });
		assert.deepStrictEqual(changed.map(m => m.seq), [3]);
		assert.ok(changed[0].modseq > before);
	}],

	['expunges come as VANISHED, also since a modseq', 'QRESYNC', async () => {
		const c = await open({ qresync: true });
		assert.ok(c.enabled.has('QRESYNC'));
		await c.append('INBOX', messages[0]);
		await c.mailboxOpen('INBOX');
		const before = c.mailbox.highestModseq;
		const last = await c.fetchOne('*', { uid: true });
		const gone = event(c, 'expunge');
		await c.messageDelete(String(last.uid), { uid: true });
		const told = await gone;
		assert.ok(told.vanished);
		assert.strictEqual(told.uid, last.uid);
		const earlier = event(c, 'expunge');
		await all(c, '1:*', { flags: true, uid: true },
			{ uid: true, changedSince: before });
		const again = await earlier;
		assert.ok(again.earlier);
		assert.strictEqual(again.uid, last.uid);
		await c.logout();
	}],

	['everything went through DEFLATE', 'COMPRESS=DEFLATE', async c => {
		assert.ok(c._inflate);
		const plain = await open({ disableCompression: true });
		assert.ok(!plain._inflate);
		await plain.mailboxOpen('INBOX');
		await plain.logout();
	}],

	['messages and mailboxes have ids that stay', 'OBJECTID', async c => {
		await c.mailboxOpen('INBOX');
		assert.ok(c.mailbox.mailboxId);
		const one = await c.fetchOne('1', { threadId: true, uid: true });
		assert.ok(one.emailId);
		await c.messageCopy('1', 'Sent');
		await c.mailboxOpen('Sent');
		const copy = await c.fetchOne('*', { threadId: true });
		assert.strictEqual(copy.emailId, one.emailId);
		await c.messageDelete('*');
	}],

	['the quota', 'QUOTA', async c => {
		const quota = await c.getQuota('INBOX');
		assert.ok(quota === false || quota.path === 'INBOX');
	}]
];

async function one(number, [name, needs, run]) {
	const client = await soon('connect', open());
	if (needs && needs !== 'SEARCH' && !client.capabilities.has(needs)) {
		console.log(`ok ${number} - ${name} (${needs} is not there yet)`);
		return client.logout();
	}
	try {
		await soon(name, run(client));
		console.log(`ok ${number} - ${name}`);
	} catch (e) {
		console.log(`not ok ${number} - ${name}`);
		console.log(String(e.stack).replace(/^/gm, '# '));
		if (e.response)
			console.log('# ' + JSON.stringify(e.responseText || e.response));
		process.exitCode = 1;
	}
	return soon('logout', client.logout());
}

(async () => {
	for (const [i, test] of tests.entries())
		await one(i + 1, test);
	console.log(`1..${tests.length}`);
	// Whatever a failed test left open.
	process.exit();
})();
