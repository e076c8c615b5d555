# LIST-EXTENDED (RFC 5258).

load ../lib/bed

setup() {
	bed_setup
	maildir_make .Fruit
	maildir_make .Fruit.Apple
	maildir_make .Fruit.Banana
	maildir_make .Tofu
	maildir_make .Veg.Leek
	printf 'V\t2\n\nINBOX\nFruit\tBanana\nFruit\tPeach\nVeg\tLeek\n' \
		>"$MAILDIR/subscriptions"
	bed_own "$MAILDIR/subscriptions"
}

@test "SUBSCRIBED: exactly those, with true attributes (RFC 5258 3.1)" {
	login_imap <<-'EOT'
		C: a CAPABILITY
		S: * CAPABILITY ...LIST-EXTENDED...
		S: a OK...
		C: b LIST (SUBSCRIBED) "" "*"
		S+ * LIST (\HasNoChildren \Subscribed) "/" INBOX
		S+ * LIST (\HasNoChildren \Subscribed) "/" Fruit/Banana
		S+ * LIST (\NonExistent \HasNoChildren \Subscribed) "/" Fruit/Peach
		S+ * LIST (\HasNoChildren \Subscribed) "/" Veg/Leek
		S: b OK...
		C: c LIST (SUBSCRIBED) "" "%"
		S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
		S: c OK...
		C: d list (subscribed subscribed remote) "" "*" return (special-use)
		S* * LIST ... Veg/Leek
		S: d OK...
	EOT
}

@test "return options SUBSCRIBED and CHILDREN (RFC 5258 3.2)" {
	login_imap <<-'EOT'
		C: a LIST "" "%" RETURN (SUBSCRIBED CHILDREN)
		S+ * LIST (\HasNoChildren \Subscribed) "/" INBOX
		S+ * LIST (\HasChildren) "/" Fruit
		S+ * LIST (\HasNoChildren) "/" Tofu
		S+ * LIST (\NonExistent \HasChildren) "/" Veg
		S: a OK...
		C: b LIST () "" "Fruit/%" RETURN ()
		S+ * LIST (\HasNoChildren) "/" Fruit/Apple
		S+ * LIST (\HasNoChildren) "/" Fruit/Banana
		S: b OK...
	EOT
}

@test "several patterns: each name once, empty ones are no pattern (RFC 5258 3)" {
	login_imap <<-'EOT'
		C: a LIST "" (INBOX "Fruit" "F*t" "")
		S+ * LIST (\HasNoChildren) "/" INBOX
		S+ * LIST (\HasChildren) "/" Fruit
		S: a OK...
		C: b LIST "Fruit/" (%) RETURN (CHILDREN)
		S+ * LIST (\HasNoChildren) "/" Fruit/Apple
		S+ * LIST (\HasNoChildren) "/" Fruit/Banana
		S: b OK...
		C: c LIST "" ("")
		S: c OK...
		C: d LIST () "" ""
		S: d OK...
		C: e LIST "" ({4}
		S: + ...
		C: Tofu {5+}
		C: Fruit)
		S+ * LIST (\HasNoChildren) "/" Tofu
		S+ * LIST (\HasChildren) "/" Fruit
		S: e OK...
	EOT
}

@test "RECURSIVEMATCH: CHILDINFO where the answer lies below (RFC 5258 3.5)" {
	login_imap <<-'EOT'
		C: a LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
		S+ * LIST (\HasNoChildren \Subscribed) "/" INBOX
		S+ * LIST (\HasChildren) "/" Fruit (CHILDINFO ("SUBSCRIBED"))
		S+ * LIST (\NonExistent \HasChildren) "/" Veg (CHILDINFO ("SUBSCRIBED"))
		S: a OK...
		C: b LIST (RECURSIVEMATCH SUBSCRIBED) "" "*"
		S+ * LIST (\HasNoChildren \Subscribed) "/" INBOX
		S+ * LIST (\HasNoChildren \Subscribed) "/" Fruit/Banana
		S+ * LIST (\NonExistent \HasNoChildren \Subscribed) "/" Fruit/Peach
		S+ * LIST (\HasNoChildren \Subscribed) "/" Veg/Leek
		S: b OK...
		C: c SUBSCRIBE Fruit
		S: c OK...
		C: d LIST (SUBSCRIBED RECURSIVEMATCH) "" "Fr*t"
		S: * LIST (\HasChildren \Subscribed) "/" Fruit (CHILDINFO ("SUBSCRIBED"))
		S: d OK...
	EOT
}

@test "BAD: RECURSIVEMATCH alone, unknown options, bad lists (RFC 5258 3, 3.1)" {
	login_imap <<-'EOT'
		C: a LIST (RECURSIVEMATCH) "" "*"
		S: a BAD...
		C: b LIST (RECURSIVEMATCH REMOTE) "" "*"
		S: b BAD...
		C: c LIST (NONSENSE) "" "*"
		S: c BAD...
		C: d LIST "" "*" RETURN (NONSENSE)
		S: d BAD...
		C: e LIST "" "*" RETURN
		S: e BAD...
		C: f LIST "" ("*"
		S: f BAD...
		C: g LIST "" ()
		S: g BAD...
		C: h LSUB (SUBSCRIBED) "" "*"
		S: h BAD...
		C: i LIST "" "*" X
		S: i BAD...
	EOT
}
