# The driver itself: what a transcript promises must be able to fail.

load bed

setup_file() {
	:
}

setup() {
	BED_TMP=$BATS_TEST_TMPDIR
}

teardown_file() {
	:
}

# Echoes each line: the simplest server there is.
echoes() {
	/usr/bin/python3 "$BED_ROOT/tests/lib/talk.py" --deadline 2 \
		--errors "$BED_TMP/errors" "$@" -- \
		sed -u 's/$//'
}

@test "a line that matches passes, through a pipe and a socket pair" {
	local via

	for via in pipe unix; do
		echoes --via $via <<-'EOT'
			# a comment
			C: hello world
			S: hello...

			C~ raw\r\nmore\0\r\n
			S: raw
			S~ more\0\r\n
			CLOSE
			EOF
		EOT
	done
}

@test "a line that does not match fails and is shown" {
	run -1 echoes <<-'EOT'
		C: +OK 2 messages
		S: +OK 3 messages
	EOT
	[[ $output == *"line 2"*"expected: S: +OK 3 messages"* ]]
	[[ $output == *"came: +OK 2 messages"* ]]
}

@test "a server that says too little, or too much, fails" {
	run -1 echoes <<-'EOT'
		S: never comes
	EOT
	[[ $output == *"nothing for 2 s"* ]]
	run -1 echoes <<-'EOT'
		C: one
		C: two
		S: one
	EOT
	[[ $output == *"more than the transcript has: two"* ]]
}

@test "a line without CR fails" {
	run -1 echoes <<-'EOT'
		C~ bare\n
		S: bare
	EOT
	[[ $output == *"a line without CR"* ]]
}

@test "a name binds once and must agree later" {
	echoes <<-'EOT'
		C: * 1 FETCH (FLAGS () UID 47 X)
		S: * 1 FETCH (...UID ${uid}...)
		C: ${uid}
		S: 47
		C: 48
		S: ${other}
	EOT
	run -1 echoes <<-'EOT'
		C: 47
		S: ${uid}
		C: 48
		S: ${uid}
	EOT
}

@test "S* passes over lines, S+ takes them in any order" {
	echoes <<-'EOT'
		C: a
		C: b
		C: c
		S* b
		C: d
		S+ d
		S+ c
	EOT
	run -1 echoes <<-'EOT'
		C: a
		C: b
		S+ b
		S+ c
	EOT
}

@test "connections have numbers, and a shell command may come between" {
	echoes <<-'EOT'
		C: first
		C2: second
		S2: second
		RUN test -d "$BED_ROOT"
		S: first
	EOT
	run -1 echoes <<-'EOT'
		RUN false
	EOT
}

@test "the status of the server counts" {
	run -1 /usr/bin/python3 "$BED_ROOT/tests/lib/talk.py" -- false </dev/null
	/usr/bin/python3 "$BED_ROOT/tests/lib/talk.py" -- false <<<"EXIT 1"
}
