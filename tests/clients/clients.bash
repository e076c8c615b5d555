# shellcheck shell=bash
#
# What the tests of mail programs share: their configuration, and whether every
# message arrived.
#
#	load ../lib/bed
#	load clients

# rc FILE: a client's configuration from stdin, readable for its user alone.
rc() {
	cat >"$BED_HOME/$1"
	chmod 600 "$BED_HOME/$1"
	bed_own "$BED_HOME/$1"
}

# there [-h HEADERS] DIR MESSAGE...: every message arrived as it was, but for
# these header lines.
there() {
	local -a header=()
	local dir

	if [[ $1 == -h ]]; then
		header=(-h "$2")
		shift 2
	fi
	dir=$1
	shift
	/usr/bin/python3 "$BED_ROOT/tests/clients/same.py" "${header[@]}" \
		"$dir" "${@/#/$BED_MAIL/}"
}
