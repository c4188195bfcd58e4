"""Whether the certified results come out again: from a clean copy, number by number."""
