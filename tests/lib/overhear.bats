# The relay itself: what it hears must be able to fail.

load bed

setup_file() {
	:
}

setup() {
	:
}

teardown() {
	:
}

teardown_file() {
	:
}

# hears: a dialogue from stdin, C: and S:, and what the relay reports of it.
hears() {
	local program

	program=$(
		cat <<-'PY'
			import sys, overhear
			ear = overhear.Ear(print)
			sides = {"C": "client", "S": "server"}
			for line in sys.stdin.read().splitlines():
			    ear.hear(sides[line[0]], line[3:].encode() + b"\r\n")
			ear.end()
		PY
	)
	PYTHONPATH=$BED_ROOT/tests/lib /usr/bin/python3 -B -c "$program"
}

@test "commands, literals, IDLE and logins are told apart" {
	run -0 hears <<-'EOT'
		S: * OK hi
		C: a AUTHENTICATE PLAIN
		S: + go on
		C: AGEAYg==
		S: a OK in
		C: b LOGIN {3}
		S: + go on
		C: ada x
		S: b NO no
		C: c LOGIN {3}
		S: c NO that is too long
		C: d APPEND x {10+}
		C: e NOOP
		C: ab
		S: d OK there
		C: f IDLE
		S: + waiting
		S: * 3 EXISTS
		C: DONE
		C: g NOOP
		S: f OK was
		S: g OK too
	EOT
	echo "$output"
	[[ $output == "11 responses to 6 commands" ]]
}

@test "a tag that nobody sent, or twice, or too early, is an error" {
	run -0 hears <<-'EOT'
		S: * OK hi
		C: a NOOP
		S: b OK what
	EOT
	[[ $output == "error after 2 responses: "*tag* ]]
	run -0 hears <<-'EOT'
		S: * OK hi
		C: a NOOP
		S: a OK one
		S: a OK two
	EOT
	[[ $output == "error after "*tag* ]]
	run -0 hears <<-'EOT'
		S: * OK hi
		C: a NOOP
		C: b NOOP
		S: b OK one
	EOT
	[[ $output == "error after "*tag* ]]
}

@test "what no rule allows is an error" {
	run -0 hears <<-'EOT'
		S: * OK hi
		C: a NOOP
		S: * 3 EXISTED
	EOT
	[[ $output == "error after 1 responses: "* ]]
}
